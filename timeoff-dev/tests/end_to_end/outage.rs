//! Brokers and registries that fail and come back under running services.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use timeoff_dev::kafka::{KafkaDev, require_or_skip};
use timeoff_testkit::wording::{
    ASKS_COMMENT, ASKS_CONFIRMATION, ASKS_DEPARTMENT, ASKS_EMAIL, ASKS_END, ASKS_START, QUEUED,
};
use timeoff_testkit::{AUTO, Bench, Ended, Running, Terminal, tell};

use crate::applications::{Decision, Shown, parse, write_csv};

const HOLDS_ALL: &str = "You hold HR, IT and OPS.";

#[test]
fn while_the_registry_is_away_services_wait_and_then_go_on_without_dead_letters() {
    let Some(cluster) = Cluster::take() else {
        return;
    };
    let bench = Bench::kafka(cluster.kafka);
    bench.submit("first@example.com", "IT", 8).done();
    let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
    bench.run("manager-service", &arguments).done();
    // The manager has read no schema yet, and is asleep when the next application comes.
    let mut manager = bench.start("manager-service", &AUTO);
    manager.wait_until_said(HOLDS_ALL);
    manager.signal("STOP");
    bench.submit("second@example.com", "IT", 8).done();
    cluster.kafka.stop_registry();
    manager.signal("CONT");
    let mut reader = bench.start("result-reader", &["--from-beginning", "--output", "json"]);
    for service in [&mut manager, &mut reader] {
        service.wait_until_said("Waiting for the schema registry");
        assert_eq!(service.out.count(), 0);
    }

    cluster.kafka.start_registry().unwrap();
    manager.wait_until_printed(1);
    reader.wait_until_printed(2);
    let manager = stop(manager).said(&["The schema registry answers again."]);
    let decided: Vec<Decision> = parse(&manager.out);
    assert!(decided[0].id.starts_with("second@example.com-"));
    let shown: Vec<Shown> = parse(&stop(reader).out);
    let emails: Vec<&str> = shown.iter().map(|result| result.email.as_str()).collect();
    assert_eq!(emails, ["first@example.com", "second@example.com"]);
    assert!(!manager.err.contains("dead letter"), "{}", manager.err);
}

#[test]
fn when_a_killed_broker_comes_back_services_go_on_by_themselves() {
    let Some(cluster) = Cluster::take() else {
        return;
    };
    let bench = Bench::kafka(cluster.kafka);
    let mut manager = bench.start("manager-service", &AUTO);
    let readers = ["--group", bench.readers.as_str(), "--output", "json"];
    let mut of_group = bench.start("result-reader", &readers);
    let mut of_all = bench.start("result-reader", &["--from-beginning", "--output", "json"]);
    manager.wait_until_said(HOLDS_ALL);
    bench.submit("first@example.com", "IT", 8).done();
    of_group.wait_until_printed(1);
    of_all.wait_until_printed(1);

    cluster.kafka.brokers()[0].kill();
    for service in [&mut manager, &mut of_group, &mut of_all] {
        service.wait_until_said("The log does not answer, trying again: ");
    }
    let refused = bench.submit("nobody@example.com", "IT", 8).exited_with(1);
    refused.said(&[&bench.log, "could not reach a broker"]);
    let impatient = bench.start("result-reader", &readers);
    impatient.signal("TERM");
    impatient.wait();

    cluster.kafka.start_brokers().unwrap();
    for service in [&mut manager, &mut of_group, &mut of_all] {
        service.wait_until_said("The log answers again.");
    }
    bench.submit("second@example.com", "IT", 8).done();
    of_group.wait_until_printed(2);
    of_all.wait_until_printed(2);
    assert_eq!(stop(manager).out.len(), 2);
    for reader in [of_group, of_all] {
        let shown: Vec<Shown> = parse(&stop(reader).out);
        let emails: Vec<&str> = shown.iter().map(|result| result.email.as_str()).collect();
        assert_eq!(emails, ["first@example.com", "second@example.com"]);
    }
}

#[test]
fn a_broker_that_is_gone_or_silent_is_told_within_ten_seconds_by_all_who_wait_for_it() {
    /// How soon it must be reported, from the moment when somebody waits.
    const LIMIT: Duration = Duration::from_secs(10);
    const NO_ANSWER: &str = "The log does not answer, trying again: kafka://";
    type Fault = fn(&KafkaDev);
    let faults: [(&str, Fault, Fault); 2] = [
        (
            "killed",
            |kafka| kafka.brokers()[0].kill(),
            |kafka| kafka.start_brokers().unwrap(),
        ),
        (
            "silent",
            |kafka| kafka.brokers()[0].freeze(),
            |kafka| kafka.brokers()[0].thaw(),
        ),
    ];
    let Some(cluster) = Cluster::take() else {
        return;
    };
    for (fault, begin, end) in faults {
        let bench = Bench::kafka(cluster.kafka);
        bench.submit("first@example.com", "IT", 8).done();
        let readers = ["--group", bench.readers.as_str()];
        let mut of_group = bench.start("result-reader", &readers);
        let mut of_all = bench.start("result-reader", &["--from-beginning"]);
        let mut inbox = Terminal::open(&bench.command("manager-service", &[]));
        inbox.wait_for(&[">", "first@example.com"]);
        inbox.type_text("a");
        inbox.wait_for(&[ASKS_COMMENT]);
        inbox.enter("");
        of_group.wait_until_printed(1);
        of_all.wait_until_printed(1);
        bench.submit("another@example.com", "IT", 8).done();
        inbox.wait_for(&[">", "another@example.com"]);
        let mut form = Terminal::open(&bench.command("employee-service", &[]));
        for (question, answer) in [
            (ASKS_EMAIL, "second@example.com"),
            (ASKS_DEPARTMENT, ""),
            (ASKS_START, ""),
            (ASKS_END, ""),
        ] {
            form.wait_for(&[question]);
            form.enter(answer);
        }
        form.wait_for(&[ASKS_CONFIRMATION]);
        begin(cluster.kafka);
        let began = Instant::now();
        form.enter("");
        let mut took = vec![("form", form.wait_for(&["Still waiting: kafka://"]))];
        for (name, service) in [
            ("reader of a group", &mut of_group),
            ("reader of all", &mut of_all),
        ] {
            service.wait_until_said(NO_ANSWER);
            took.push((name, began.elapsed()));
        }
        inbox.wait_for(&[NO_ANSWER]);
        took.push(("inbox", began.elapsed()));
        tell(&format!(
            "told of a broker that is {fault} after {took:.1?}"
        ));
        assert!(
            took.iter().all(|(_, took)| *took < LIMIT),
            "{fault}: {took:?}"
        );

        end(cluster.kafka);
        form.wait_for(&[QUEUED]);
        for service in [&mut of_group, &mut of_all] {
            service.wait_until_said("The log answers again.");
        }
        inbox.wait_for(&["The log answers again."]);
    }
}

#[test]
fn when_a_broker_is_shut_down_again_and_again_a_manager_decides_all_that_is_queued_afterwards() {
    let Some(cluster) = Cluster::take() else {
        return;
    };
    let bench = Bench::kafka(cluster.kafka);
    let manager = bench.start("manager-service", &AUTO);
    manager_decides_after_outages(&cluster, &bench, manager);
}

#[test]
fn so_does_a_manager_of_people_who_reads_commands_alongside() {
    let Some(cluster) = Cluster::take() else {
        return;
    };
    let bench = Bench::kafka(cluster.kafka);
    let serve = bench.start("manager-service", &["serve"]);
    let init = ["init", "--admin", "admin@example.com"];
    bench.run("timeoff-admin", &init).done();
    stop(serve);
    let manager = bench.start("manager-service", &AUTO);
    manager_decides_after_outages(&cluster, &bench, manager);
}

fn manager_decides_after_outages(cluster: &Cluster, bench: &Bench, mut manager: Running) {
    const OUTAGES: usize = 4;
    const ROWS: usize = 42;
    let csv = write_csv(bench, ROWS);
    let import = ["import", csv.to_str().unwrap()];
    manager.wait_until_said(HOLDS_ALL);
    // After this the manager has a coordinator, and a transaction behind it.
    bench.submit("first@example.com", "IT", 8).done();
    manager.wait_until_printed(1);
    for outage in 1..=OUTAGES {
        cluster.kafka.brokers()[0].stop();
        manager.wait_until_said("The log does not answer, trying again: ");
        cluster.kafka.start_brokers().unwrap();
        bench.run("employee-service", &import).done();
        manager.wait_until_printed(1 + outage * ROWS);
    }
    let decided: Vec<Decision> = parse(&stop(manager).out);
    assert_eq!(decided.len(), 1 + OUTAGES * ROWS);
}

fn stop(service: Running) -> Ended {
    service.signal("TERM");
    service.wait().done()
}

/// A cluster whose servers may be stopped: the tests of this file take turns with it.
struct Cluster {
    kafka: &'static KafkaDev,
    _turn: MutexGuard<'static, ()>,
}

impl Cluster {
    fn take() -> Option<Cluster> {
        static TURN: Mutex<()> = Mutex::new(());
        static KAFKA: OnceLock<Option<KafkaDev>> = OnceLock::new();
        require_or_skip()?;
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let kafka = KAFKA.get_or_init(|| KafkaDev::builder().start_or_skip());
        let kafka = kafka.as_ref()?;
        // An earlier test may have failed in the middle.
        kafka.start_brokers().unwrap();
        kafka.start_registry().unwrap();
        Some(Cluster { kafka, _turn: turn })
    }
}
