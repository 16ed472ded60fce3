//! A person thinks for longer than anything in the system waits.

use std::time::{Duration, Instant};

use timeoff_dev::kafka::KafkaDev;
use timeoff_testkit::wording::{ASKS_COMMENT, TAKEN_OVER};
use timeoff_testkit::{AUTO, Bench, Running, Terminal};

use crate::applications::{Shown, parse};

/// Every deadline a Kafka client has, as short as a busy machine allows.
const SHORT_DEADLINES: [&str; 18] = [
    "-X",
    "session.timeout.ms=4000",
    "-X",
    "heartbeat.interval.ms=500",
    "-X",
    "max.poll.interval.ms=4000",
    "-X",
    "transaction.timeout.ms=4000",
    "-X",
    "socket.timeout.ms=4000",
    "-X",
    "connections.max.idle.ms=1000",
    "-X",
    "metadata.max.age.ms=1000",
    "-X",
    "topic.metadata.refresh.interval.ms=1000",
    "-X",
    "reconnect.backoff.max.ms=1000",
];

/// Longer than the timeouts of session, poll, transaction and socket together on Kafka; longer than ten heartbeats on
/// SQLite.
const THOUGHT_ON_KAFKA: Duration = Duration::from_secs(17);
const THOUGHT_ON_SQLITE: Duration = Duration::from_secs(5);

const DEPARTMENTS: [&str; 3] = ["HR", "IT", "OPS"];

pub(crate) fn a_decision_after_a_long_thought_is_recorded_while_others_join_and_decide(
    bench: &Bench,
) {
    let (deadlines, thought) = match bench.registry {
        Some(_) => (&SHORT_DEADLINES[..], THOUGHT_ON_KAFKA),
        None => (&[][..], THOUGHT_ON_SQLITE),
    };
    let auto = [deadlines, &AUTO].concat();
    let mut colleagues = [(); 2].map(|()| {
        let mut colleague = bench.start("manager-service", &auto);
        colleague.wait_until_said("You hold ");
        colleague
    });
    let arguments = [deadlines, &["--name", "Thinker"]].concat();
    let mut person = Terminal::open(&bench.command("manager-service", &arguments));
    let own = DEPARTMENTS[holds_one(&mut person)];
    bench.submit("thought-over@example.com", own, 8).done();
    person.wait_for(&[">", "thought-over@example.com"]);
    person.type_text("a");
    person.wait_for(&[ASKS_COMMENT]);

    let began = Instant::now();
    decide_in_others(bench, own, &mut colleagues, 1);
    let mut newcomer = bench.start("manager-service", &auto);
    newcomer.wait_until_said("You hold no department yet");
    decide_in_others(bench, own, &mut colleagues, 2);
    std::thread::sleep(thought.saturating_sub(began.elapsed()));
    decide_in_others(bench, own, &mut colleagues, 3);
    person.enter("All the best");
    person.wait_for(&["approved", "thought-over@example.com", "result at"]);
    assert!(!person.text().contains(TAKEN_OVER), "{}", person.text());
    person.type_text("q");
    person.done();
    for manager in colleagues.into_iter().chain([newcomer]) {
        manager.signal("TERM");
        manager.wait().done();
    }

    let shown = results(bench);
    assert_eq!(shown.len(), 7);
    let of_own: Vec<_> = shown
        .iter()
        .filter(|result| result.department == own)
        .map(|result| (&*result.processed_by, result.comment.as_deref()))
        .collect();
    assert_eq!(of_own, [("Thinker", Some("All the best"))]);
}

/// Waits until the person holds only one department, and returns its index.
fn holds_one(person: &mut Terminal) -> usize {
    let waiting = Instant::now();
    loop {
        let screen = person.text();
        let held = |department: &&str| {
            let sentence = format!("You hold {department}.");
            screen.lines().any(|line| line.trim_end() == sentence)
        };
        if let Some(index) = DEPARTMENTS.iter().position(held) {
            return index;
        }
        assert!(waiting.elapsed() < Duration::from_secs(60), "{screen}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Has the colleagues decide one more application in each of the other departments.
fn decide_in_others(bench: &Bench, own: &str, colleagues: &mut [Running; 2], round: usize) {
    for department in DEPARTMENTS.into_iter().filter(|&other| other != own) {
        bench
            .submit(&format!("round{round}@example.com"), department, 8)
            .done();
    }
    for colleague in colleagues {
        colleague.wait_until_printed(round);
    }
}

/// A broker that quickly forgets connections, producers and transactional ids that are not used for a while.
const FORGETFUL: [(&str, &str); 5] = [
    ("connections.max.idle.ms", "5000"),
    ("producer.id.expiration.ms", "2000"),
    ("producer.id.expiration.check.interval.ms", "1000"),
    ("transactional.id.expiration.ms", "2000"),
    (
        "transaction.remove.expired.transaction.cleanup.interval.ms",
        "1000",
    ),
];

/// After this long the broker has forgotten.
const FORGOTTEN: Duration = Duration::from_secs(10);

#[test]
fn a_manager_whom_the_broker_has_forgotten_meanwhile_decides_all_the_same_and_once() {
    let mut builder = KafkaDev::builder();
    for (key, value) in FORGETFUL {
        builder = builder.broker_property(key, value);
    }
    let Some(kafka) = builder.start_or_skip() else {
        return;
    };
    let bench = Bench::kafka(&kafka);
    bench.submit("first@example.com", "IT", 8).done();
    let mut command = bench.command("manager-service", &AUTO);
    command.env("RUST_LOG", "timeoff_log=debug");
    let mut manager = Running::start(command);
    manager.wait_until_printed(1);
    std::thread::sleep(FORGOTTEN);
    bench.submit("second@example.com", "IT", 8).done();
    manager.wait_until_printed(2);
    manager.signal("TERM");
    // Its first try failed, which shows that the broker had forgotten it.
    manager.wait().done().said(&["settling again"]);

    let emails: Vec<String> = results(&bench).into_iter().map(|it| it.email).collect();
    assert_eq!(emails, ["first@example.com", "second@example.com"]);
}

fn results(bench: &Bench) -> Vec<Shown> {
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    parse(&bench.run("result-reader", &arguments).done().out)
}
