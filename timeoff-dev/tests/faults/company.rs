//! The people of one phase: employees, managers, a reader. Whoever is killed is replaced.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use fastrand::Rng;
use timeoff_testkit::{AUTO, LEAVING, SERVING};

use crate::checker::SIGNED;
use crate::clock::Clock;
use crate::evidence::Evidence;
use crate::hand::Hand;
use crate::heard::{TRACE, crash, desertion, last_words, manager_run, reader_run, told};
use crate::history::History;
use crate::seat::{Past, Seat};
use crate::stage::Stage;
use crate::{askers, employees, hand};

const READING: [&str; 2] = ["--output", "json"];

/// How long a place stays empty.
const REPLACEMENT: Duration = Duration::from_millis(100);

const POLL: Duration = Duration::from_millis(5);

/// Only a failure takes this long: it is much longer than a fault lasts.
const PATIENCE: Duration = Duration::from_secs(120);

/// Everybody who works on a log during one phase of a campaign.
pub(crate) struct Company<'a> {
    pub(crate) stage: &'a dyn Stage,
    pub(crate) phase: usize,
    /// The services' clock, if it is one that can be set.
    pub(crate) clock: Option<&'a Clock>,
    pub(crate) submitter: Seat,
    pub(crate) importer: Seat,
    /// A manager who decides everything, and one who leaves much undecided.
    pub(crate) managers: [Seat; 2],
    pub(crate) joiner: Seat,
    pub(crate) reader: Seat,
    /// A manager at a terminal.
    pub(crate) hand: Hand,
    /// Held while somebody who asks by commands uses the log.
    pub(crate) asking: Mutex<()>,
    history: &'a Mutex<History>,
    evidence: &'a Evidence,
    is_closing: AtomicBool,
    /// How many managers have had a policy so far.
    managers_so_far: AtomicU32,
}

/// A seat that is kept taken, and the command that takes it.
type Place<'seat, 'a> = (&'seat Seat, fn(&Company<'a>) -> Command);

impl<'a> Company<'a> {
    pub(crate) fn new(
        stage: &'a dyn Stage,
        phase: usize,
        clock: Option<&'a Clock>,
        history: &'a Mutex<History>,
        evidence: &'a Evidence,
    ) -> Company<'a> {
        Company {
            stage,
            phase,
            clock,
            submitter: Seat::default(),
            importer: Seat::default(),
            managers: Default::default(),
            joiner: Seat::default(),
            reader: Seat::default(),
            hand: Hand::default(),
            asking: Mutex::default(),
            history,
            evidence,
            is_closing: AtomicBool::new(false),
            managers_so_far: AtomicU32::new(0),
        }
    }

    /// Everybody goes to work.
    pub(crate) fn open<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, rng: &mut Rng) {
        let (first, second, third, fourth) = (rng.fork(), rng.fork(), rng.fork(), rng.fork());
        scope.spawn(move || employees::submit(self, first));
        scope.spawn(move || employees::import(self, second));
        scope.spawn(move || hand::work(self, third));
        scope.spawn(move || askers::work(self, fourth));
        scope.spawn(move || self.keep_places_taken());
    }

    /// Everybody goes home; what was begun is finished.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A service on this log, which logs what it is handed.
    pub(crate) fn command(&self, service: &str, arguments: &[&str]) -> Command {
        let mut command = self.stage.bench().command(service, arguments);
        command.args(self.stage.options());
        if let Some(clock) = self.clock {
            clock.rule(&mut command);
        }
        command.env("RUST_LOG", TRACE);
        command
    }

    /// A manager who decides everything.
    pub(crate) fn declining(&self) -> Command {
        self.signing(&AUTO)
    }

    fn leaving(&self) -> Command {
        self.signing(&LEAVING)
    }

    /// A manager who only carries out commands.
    fn serving(&self) -> Command {
        self.signing(&SERVING)
    }

    /// A manager with a policy and with a unique name, so that it must have reported whatever that name has decided.
    fn signing(&self, policy: &[&str]) -> Command {
        let number = self.managers_so_far.fetch_add(1, Ordering::Relaxed);
        let name = format!("{SIGNED}{}-{number}", self.phase);
        self.command("manager-service", &[policy, &["--name", &name]].concat())
    }

    fn reading(&self) -> Command {
        let group = ["--group", &self.stage.bench().readers];
        self.command("result-reader", &[&group[..], &READING].concat())
    }

    /// Starts one more manager: one that decides everything, one that leaves much undecided, or one that decides
    /// nothing unasked.
    pub(crate) fn join(&self, which: usize) {
        let commands = [Self::declining, Self::leaving, Self::serving];
        self.joiner.start(commands[which % 3](self));
    }

    fn keep_places_taken(&self) {
        while !self.is_closing() {
            for (seat, command) in self.places() {
                if let Some(past) = seat.bury() {
                    let deserted = desertion(&past.process);
                    self.history().wrong_ends.extend(deserted);
                    self.note(seat, &past);
                }
                if !seat.is_taken() {
                    seat.start(command(self));
                }
            }
            std::thread::sleep(REPLACEMENT);
        }
        for (seat, _) in self.places() {
            if let Some(past) = seat.dismiss() {
                self.note(seat, &past);
            }
        }
    }

    fn places(&self) -> [Place<'_, 'a>; 3] {
        let [declining, leaving] = &self.managers;
        [
            (declining, Self::declining),
            (leaving, Self::leaving),
            (&self.reader, Self::reading),
        ]
    }

    /// Has everything decided and shown, by one more manager and one more reader, undisturbed.
    pub(crate) fn finish(&self) {
        let until_caught_up = |mut command: Command| {
            command.arg("--until-caught-up");
            command
        };
        // This one has no name of its own and signs for its department.
        let manager = self.command("manager-service", &AUTO);
        for (seat, command) in [(&self.joiner, manager), (&self.reader, self.reading())] {
            seat.start(until_caught_up(command));
            let Some(past) = self.wait_for_end(seat) else {
                continue;
            };
            if !past.process.status.success() {
                let last_words = last_words(&past.process);
                self.history().wrong_ends.push(last_words);
            }
            self.note(seat, &past);
        }
    }

    /// Waits until a process has ended unaided. `None` if it was killed meanwhile: by a fault, or here because it did
    /// not end.
    pub(crate) fn wait_for_end(&self, seat: &Seat) -> Option<Past> {
        let began = Instant::now();
        while seat.is_taken() {
            if let Some(past) = seat.bury() {
                return Some(past);
            }
            if began.elapsed() > PATIENCE
                && let Some(past) = seat.kill()
            {
                let last_words = last_words(&past.process);
                self.evidence.keep(self.phase, &past);
                let text = format!("it did not end, and was killed: {last_words}");
                self.history().wrong_ends.push(text);
            }
            std::thread::sleep(POLL);
        }
        None
    }

    /// Notes what a process has done.
    pub(crate) fn note(&self, seat: &Seat, past: &Past) {
        self.note_end(past);
        let mut history = self.history();
        let (late, unknown) = told(&past.process.err);
        history.refused_late += late;
        history.unknown += unknown;
        if std::ptr::eq(seat, &self.reader) {
            history.readers.push(reader_run(past));
        } else {
            history.managers.push(manager_run(past));
        }
    }

    /// Notes how a process has ended.
    pub(crate) fn note_end(&self, past: &Past) {
        self.evidence.keep(self.phase, past);
        let crash = crash(&past.process);
        self.history().wrong_ends.extend(crash);
    }

    /// All seats that a process can be in.
    pub(crate) fn seats(&self) -> [&Seat; 6] {
        let [declining, leaving] = &self.managers;
        [
            declining,
            leaving,
            &self.reader,
            &self.importer,
            &self.submitter,
            &self.joiner,
        ]
    }
}
