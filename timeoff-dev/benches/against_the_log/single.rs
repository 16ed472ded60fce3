//! What one person notices: how long one application takes from form to reader, how soon a program is ready, and what
//! it uses while nothing happens.

use std::process::Command;
use std::time::{Duration, Instant};

use timeoff_testkit::wording::{
    ASKS_ANOTHER, ASKS_CONFIRMATION, ASKS_EMAIL, ASKS_END, ASKS_START, HOLDS_ALL,
};
use timeoff_testkit::{Key, Running, Terminal};

use crate::asker::Asker;
use crate::ground::{Ground, Names, count as records};
use crate::ours::{Ours, POLICY};
use crate::table::{Side, Table, say};

/// The interval between checks for a question or a line.
const POLL: Duration = Duration::from_micros(200);

/// How often each way to start is timed.
const STARTS: usize = 20;

/// A service rests for the first of these, and is then watched doing nothing for the second.
const REST: Duration = Duration::from_secs(3);
const IDLE: Duration = Duration::from_secs(10);

/// The last line of a choice, such as that of the department.
const CHOICE: &str = "OPS";

/// Only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Measures everything on one log.
pub(crate) fn measure(ours: &Ours, ground: &dyn Ground, count: usize, table: &mut Table) {
    let work = |what: &str| format!("{} {what}", ground.name());
    let (own, bare) = (Names::new("one-ours"), Names::new("one-floor"));
    let people = Names::new("one-people");
    for names in [&own, &bare, &people] {
        ground.make(names);
    }
    let company = Company::start(ours, ground, &own);
    company.rest(ground);
    let without = company.one_at_a_time(count);
    table.note_each(&work("one at a time"), Side::Ours, without.clone());
    table.note_each(
        &work("one at a time"),
        Side::Floor,
        ground.one_at_a_time(&bare, count),
    );
    starts(ours, ground, &own, table);

    let entered = Asker::open(ground, &people).enter_everybody();
    let with = Company::start(ours, ground, &people).one_at_a_time(count);
    let events = ground.take(&people, &people.ledger);
    assert_eq!(records(&events), entered + count + 1);
    let work = work("one with a ledger");
    table.note_each(&work, Side::Ours, with);
    table.note_each(&work, Side::Floor, without);
    for names in [&own, &bare, &people] {
        ground.remove(names);
    }
}

/// A form on a terminal, a policy, a reader.
struct Company {
    form: Terminal,
    policy: Running,
    reader: Running,
}

impl Company {
    fn start(ours: &Ours, ground: &dyn Ground, names: &Names) -> Company {
        let mut policy = ours.command("manager-service", ground, names);
        policy.args(["--group", &names.group]).args(POLICY);
        let mut reader = ours.command("result-reader", ground, names);
        reader.args(["--from-beginning", "--output", "json"]);
        let mut policy = Running::start(policy);
        policy.wait_until_said(HOLDS_ALL);
        Company {
            form: Terminal::open(&ours.command("employee-service", ground, names)),
            policy,
            reader: Running::start(reader),
        }
    }

    /// How long each application takes from the last key to the reader's line. The first one is not counted.
    fn one_at_a_time(mut self, count: usize) -> Vec<Duration> {
        let mut times = Vec::with_capacity(count);
        for number in 0..=count {
            self.wait_until_asked(ASKS_EMAIL);
            if number == 0 {
                self.form.type_text("ada@example.com");
            }
            // For the others, Enter takes what was answered before.
            for next in [CHOICE, ASKS_START, ASKS_END, ASKS_CONFIRMATION] {
                self.form.press(Key::Enter);
                self.wait_until_asked(next);
            }
            let began = Instant::now();
            self.form.press(Key::Enter);
            while self.reader.out.count() <= number {
                assert!(
                    began.elapsed() < PATIENCE,
                    "no result comes; the form:\n{}",
                    self.form.text()
                );
                std::thread::sleep(POLL);
            }
            if number > 0 {
                times.push(began.elapsed());
            }
            self.wait_until_asked(ASKS_ANOTHER);
            self.form.type_text(if number < count { "y" } else { "n" });
        }
        self.form.done();
        for running in [self.policy, self.reader] {
            running.signal("TERM");
            assert_eq!(running.wait().done().out.len(), count + 1);
        }
        times
    }

    /// Waits until the last line of the form asks this.
    fn wait_until_asked(&self, question: &str) {
        let began = Instant::now();
        loop {
            let text = self.form.text();
            let last = text.lines().rev().find(|line| !line.trim().is_empty());
            if last.is_some_and(|line| line.contains(question)) {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "'{question}' is not asked:\n{text}"
            );
            std::thread::sleep(POLL);
        }
    }

    /// Reports what the policy and the reader use while nothing happens.
    fn rest(&self, ground: &dyn Ground) {
        std::thread::sleep(REST);
        let services = [("policy", self.policy.pid()), ("reader", self.reader.pid())];
        let before = services.map(|(_, pid)| ticks_used(pid));
        std::thread::sleep(IDLE);
        for ((name, pid), before) in services.into_iter().zip(before) {
            let seconds = (ticks_used(pid) - before) as f64 / TICKS_A_SECOND;
            say(&format!(
                "{} idle {name}: {:.2} % of a core, {} KiB resident",
                ground.name(),
                100.0 * seconds / IDLE.as_secs_f64(),
                resident_kib(pid)
            ));
        }
    }
}

/// Times from the start of a process until it asks, and until it has queued an application. The floor only prints its
/// version.
fn starts(ours: &Ours, ground: &dyn Ground, names: &Names, table: &mut Table) {
    let form = || ours.command("employee-service", ground, names);
    let version = || {
        let mut command = form();
        command.arg("--version");
        to_the_end(command)
    };
    let prompt = || {
        let began = Instant::now();
        let mut terminal = Terminal::open(&form());
        terminal.wait_for(&[ASKS_EMAIL]);
        let took = began.elapsed();
        terminal.press(Key::CtrlC);
        took
    };
    let submit = || {
        let mut command = form();
        command
            .args(["submit", "--email", "ada@example.com", "--department", "IT"])
            .args(["--hours", "8", "--start", "2027-07-01"]);
        to_the_end(command)
    };
    let starts: [(&str, &dyn Fn() -> Duration); 2] =
        [("start to prompt", &prompt), ("start to queued", &submit)];
    for (what, start) in starts {
        let (mut times, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            times.push(start());
            floor.push(version());
        }
        let work = format!("{} {what}", ground.name());
        table.note_each(&work, Side::Ours, times);
        table.note_each(&work, Side::Floor, floor);
    }
}

fn to_the_end(mut command: Command) -> Duration {
    let began = Instant::now();
    let output = command.output().unwrap();
    let took = began.elapsed();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    took
}

/// `USER_HZ`, which is 100 on every Linux there is: proc(5).
const TICKS_A_SECOND: f64 = 100.0;

/// The processor time used so far by all threads.
fn ticks_used(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    // After the name, which is in parentheses and may hold anything; utime and stime are fields 14 and 15 of all.
    let fields = stat.rsplit(") ").next().unwrap().split(' ');
    fields
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap())
        .sum()
}

pub(crate) fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok())
        .unwrap()
}
