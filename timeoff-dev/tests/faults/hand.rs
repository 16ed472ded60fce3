//! A manager at a terminal, who reads what is on the screen, takes their time, and decides out of order.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fastrand::Rng;
use timeoff_testkit::wording::{ASKS_COMMENT, TAKEN_OVER};
use timeoff_testkit::{Key, Terminal};

use crate::askers::HAND;
use crate::checker::{APPROVED_UP_TO, BY_HAND};
use crate::company::Company;
use crate::heard::lost;
use crate::still::Stopped;
use crate::words::{GONE, IN_THE_INBOX, PANICKED};

/// How long the screen may stay as it is before this person gives up and starts the program again. Longer than a fault
/// lasts.
const PATIENCE: Duration = Duration::from_secs(30);

const POLL: Duration = Duration::from_millis(15);

/// The person's terminal, which others may hit.
#[derive(Default)]
pub(crate) struct Hand {
    terminal: Mutex<Option<Terminal>>,
    is_dead: AtomicBool,
    /// The lines about lost applications that the program has shown so far.
    losses: Mutex<BTreeSet<String>>,
}

impl Hand {
    /// Sends the program a signal. Returns whether it is running.
    pub(crate) fn signal(&self, name: &str) -> bool {
        let terminal = self.lock();
        let is_dead = self.is_dead.load(Ordering::Relaxed);
        let Some(terminal) = terminal.as_ref().filter(|_| !is_dead) else {
            return false;
        };
        terminal.signal(name);
        if name == "KILL" {
            self.is_dead.store(true, Ordering::Relaxed);
        }
        true
    }

    /// Keeps the terminal as it is, until the value is dropped: its program stands still, and nobody touches it.
    pub(crate) fn hold(&self) -> (Option<Stopped>, MutexGuard<'_, Option<Terminal>>) {
        let terminal = self.lock();
        let is_alive = !self.is_dead.load(Ordering::Relaxed);
        let alive = terminal.as_ref().filter(|_| is_alive);
        (
            alive.and_then(|terminal| Stopped::stop(terminal.pid())),
            terminal,
        )
    }

    fn lock(&self) -> MutexGuard<'_, Option<Terminal>> {
        self.terminal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn screen(&self) -> String {
        let screen = self
            .lock()
            .as_ref()
            .map_or_else(String::new, Terminal::text);
        let losses = screen.lines().filter(|line| line.contains(GONE));
        self.losses().extend(losses.map(str::to_owned));
        screen
    }

    fn losses(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn press(&self, key: Key) {
        if let Some(terminal) = self.lock().as_mut() {
            terminal.press(key);
        }
    }

    fn type_text(&self, text: &str) {
        if let Some(terminal) = self.lock().as_mut() {
            terminal.type_text(text);
        }
    }

    /// Waits until something is on the screen. `None` when the program is dead or does not answer.
    fn wait_for<T>(&self, company: &Company<'_>, seen: impl Fn(&str) -> Option<T>) -> Option<T> {
        let waiting = Instant::now();
        while waiting.elapsed() < PATIENCE && !self.is_dead.load(Ordering::Relaxed) {
            let screen = self.screen();
            if let Some(seen) = seen(&screen) {
                return Some(seen);
            }
            if company.is_closing() || has_given_up(&screen) {
                return None;
            }
            std::thread::sleep(POLL);
        }
        None
    }
}

/// Decides one application after another until the company closes.
pub(crate) fn work(company: &Company<'_>, mut rng: Rng) {
    let hand = &company.hand;
    while !company.is_closing() {
        // The address counts where people have been entered, the name where they have not.
        let who = ["--name", BY_HAND, "--as", HAND];
        let mut command = company.command("manager-service", &who);
        // Otherwise its log would be on the screen.
        command.env("RUST_LOG", "off");
        hand.is_dead.store(false, Ordering::Relaxed);
        let mut place = hand.lock();
        *place = Some(Terminal::open(&command));
        drop(place);
        let mut decisions = 0;
        while decide(company, hand, &mut rng).is_some() && !company.is_closing() {
            decisions += 1;
        }
        // Once it has begun, nothing that happens to the log is a reason to give up.
        let screen = hand.screen();
        if screen.contains(PANICKED) || (decisions > 0 && has_given_up(&screen)) {
            company.history().wrong_ends.push(screen);
        }
        let losses = std::mem::take(&mut *hand.losses());
        let lost = lost(losses.iter().map(String::as_str));
        company.history().lost_by_hand.push(lost);
        leave(hand);
    }
}

/// Makes one decision. `None` when the program has to be started again.
fn decide(company: &Company<'_>, hand: &Hand, rng: &mut Rng) -> Option<()> {
    hand.wait_for(company, chosen)?;
    for _ in 0..rng.usize(..6) {
        hand.press(Key::Down);
    }
    std::thread::sleep(POLL);
    let hours = hand.wait_for(company, chosen)?;
    let is_approved = hours <= APPROVED_UP_TO;
    hand.type_text(if is_approved { "a" } else { "d" });
    let (hours, email) = hand.wait_for(company, asked_about)?;
    if (hours <= APPROVED_UP_TO) != is_approved {
        // The selection has moved to another application meanwhile. Leaving does not decide it.
        return None;
    }
    let thinking = if rng.u8(..4) == 0 { 2_000 } else { 200 };
    std::thread::sleep(Duration::from_millis(rng.u64(..thinking)));
    hand.type_text(&email);
    hand.press(Key::Enter);
    let is_late = hand.wait_for(company, |screen| answered(screen, &email))?;
    if is_late {
        company.history().refused_late += 1;
    }
    Some(())
}

/// Leaves the program, or kills it if it does not answer.
fn leave(hand: &Hand) {
    let mut terminal = hand.lock();
    if let Some(terminal) = terminal.as_mut() {
        terminal.signal("CONT");
        terminal.press(Key::CtrlC);
    }
    drop(terminal);
    // Leaving a group in good order takes a moment. After that, a kill will do as well.
    std::thread::sleep(Duration::from_millis(300));
    *hand.lock() = None;
}

/// Whether the program has ended with an error.
fn has_given_up(screen: &str) -> bool {
    screen.lines().any(|line| line.starts_with("error: "))
}

/// The hours of the application that is chosen in the inbox.
fn chosen(screen: &str) -> Option<i64> {
    let line = screen.lines().rev().find(|line| !line.trim().is_empty())?;
    if !line.contains(IN_THE_INBOX) {
        return None;
    }
    let line = screen.lines().rev().find(|line| line.starts_with("> "))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// The hours and the address of the application that a comment is asked for.
fn asked_about(screen: &str) -> Option<(i64, String)> {
    let last = screen.lines().rev().find(|line| !line.trim().is_empty())?;
    if !last.contains(ASKS_COMMENT) {
        return None;
    }
    let line = screen.lines().rev().find(|line| is_request(line))?;
    let words: Vec<&str> = line.split_whitespace().collect();
    Some((words.get(1)?.parse().ok()?, (*words.get(6)?).to_owned()))
}

fn is_request(line: &str) -> bool {
    line.starts_with("Approve ") || line.starts_with("Decline ")
}

/// Whether the decision about `email` was refused, once that is known.
fn answered(screen: &str, email: &str) -> Option<bool> {
    let last = screen.lines().rev().find(|line| !line.trim().is_empty())?;
    if !last.contains(IN_THE_INBOX) {
        return None;
    }
    let since = screen
        .lines()
        .skip_while(|line| !(is_request(line) && line.contains(email)));
    Some(since.into_iter().any(|line| line.contains(TAKEN_OVER)))
}
