//! Where keys come from.

use std::collections::VecDeque;
use std::io::{self, IsTerminal, stdin};
use std::sync::mpsc as std_mpsc;
use std::thread;
use std::time::Duration;

use crossterm::event::{self, Event};
use rustix::event::{PollFd, PollFlags, poll};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::mode;
use crate::terminal_size::window_size;

/// How long to wait for the rest of a key whose first byte is there, before somebody else reads.
const HALF_A_KEY: Duration = Duration::from_millis(100);

/// Stands for SIGCONT: the process has resumed, and another program has written to the window. The event has no other
/// use here, as nobody asks the terminal for it.
pub(super) const CONTINUED: Event = Event::FocusGained;

/// Where keys come from.
pub(super) enum Keys {
    Real(Keyboard),
    /// A test's keys; it hangs up by dropping the other end.
    Scripted(mpsc::UnboundedReceiver<Event>),
}

/// Standard input, read only while somebody waits for a key: in between, a prompt may read it.
pub(super) struct Keyboard {
    read: VecDeque<Event>,
    orders: std_mpsc::Sender<Order>,
    reports: mpsc::UnboundedReceiver<Report>,
    /// The order that the thread has not reported on yet.
    asked: Option<Order>,
    resized: Signal,
    continued: Signal,
}

/// What the keyboard thread is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Waits until there is something to read, and leaves it there.
    Watch,
    /// Reads what is there. Has to wait for the rest of a key that is only half there.
    Read,
}

enum Report {
    SomethingIsThere,
    Read(Vec<Event>),
}

impl Keyboard {
    pub(super) fn open() -> io::Result<Keyboard> {
        let (orders, ordered) = std_mpsc::channel();
        let (report, reports) = mpsc::unbounded_channel();
        thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || sit_at_it(&ordered, &report))?;
        Ok(Keyboard {
            read: VecDeque::new(),
            orders,
            reports,
            asked: None,
            resized: signal(SignalKind::window_change())?,
            continued: signal(SignalKind::from_raw(signal_hook::consts::SIGCONT))?,
        })
    }

    /// Waits for the next event; `None` after a hang-up. Safe to cancel.
    pub(super) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.read.pop_front() {
                return Some(event);
            }
            if self.asked.is_none() {
                self.ask_for(Order::Watch)?;
            }
            tokio::select! {
                report = self.reports.recv() => {
                    self.asked = None;
                    match report? {
                        Report::Read(events) => self.read.extend(events),
                        Report::SomethingIsThere if stdin().is_terminal() => {
                            self.ask_for(Order::Read)?;
                        }
                        Report::SomethingIsThere => return None,
                    }
                }
                event = window_event(&mut self.resized, &mut self.continued) => return Some(event),
            }
        }
    }

    fn ask_for(&mut self, order: Order) -> Option<()> {
        self.asked = Some(order);
        self.orders.send(order).ok()
    }

    /// Waits until the window changes. Safe to cancel.
    pub(super) async fn window_event(&mut self) -> Event {
        window_event(&mut self.resized, &mut self.continued).await
    }

    /// Stops reading, and discards what was typed. The thread may go on watching, which takes no key from anybody.
    pub(super) async fn forget_typed(&mut self) {
        if self.asked == Some(Order::Read)
            && let Ok(Some(_)) = tokio::time::timeout(HALF_A_KEY, self.reports.recv()).await
        {
            self.asked = None;
        }
        self.read.clear();
        if stdin().is_terminal() {
            drop(read_what_is_there());
        }
    }
}

/// Waits until the window has a new size, or until the process resumes after a stop, perhaps in another window.
async fn window_event(resized: &mut Signal, continued: &mut Signal) -> Event {
    tokio::select! {
        _ = resized.recv() => {}
        _ = continued.recv() => {
            // If this fails, so will reading.
            let _ = mode::reenter();
            return CONTINUED;
        }
    }
    let (columns, rows) = window_size();
    Event::Resize(columns, rows)
}

fn sit_at_it(ordered: &std_mpsc::Receiver<Order>, report: &mpsc::UnboundedSender<Report>) {
    while let Ok(order) = ordered.recv() {
        let done = match order {
            Order::Watch => {
                let stdin = stdin();
                // An interrupted wait is a reason to check the input as well.
                let _ = poll(&mut [PollFd::new(&stdin, PollFlags::IN)], None);
                Report::SomethingIsThere
            }
            Order::Read => Report::Read(read_after_all()),
        };
        if report.send(done).is_err() {
            return;
        }
    }
}

/// Reads what is there, including what crossterm has missed: if it learns of a new window size and of keys at once, it
/// notes one and never learns of the other again. Setting the mode anew wakes whoever waits for keys.
fn read_after_all() -> Vec<Event> {
    let events = read_what_is_there();
    if !events.is_empty() {
        return events;
    }
    let _ = mode::reenter();
    read_what_is_there()
}

fn read_what_is_there() -> Vec<Event> {
    let mut events = Vec::new();
    while let Ok(true) = event::poll(Duration::ZERO) {
        match event::read() {
            Ok(event) => events.push(event),
            Err(_) => break,
        }
    }
    events
}
