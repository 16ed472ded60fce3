//! A topic with fewer partitions than there are departments, and departments that are added.

use timeoff_log::{KafkaSettings, Log};
use timeoff_testkit::{AUTO, Bench, Ended, Running, submit};

use crate::applications::{Decision, parse};

pub(crate) fn departments_are_added_by_the_command_that_a_refusal_names(bench: &Bench) {
    let among = |departments: &str, service: &str, arguments: &[&str]| {
        let options = ["--departments", departments];
        bench.run(service, &[&options, arguments].concat())
    };
    let add = |departments: &str, new: &str| -> Ended {
        among(departments, "manager-service", &["departments", "add", new])
    };
    let for_hr = submit("ada@example.com", "HR", "8");
    let first = among("HR", "employee-service", &for_hr).done();
    let made = format!("Made topics {}", bench.applications);
    first.said(&[&made, "a partition for each department: HR."]);

    // Makes the topics of commands and the ledger, which grow with the others.
    let mut serving = bench.start("manager-service", &["--departments", "HR", "serve"]);
    serving.wait_until_said("You hold HR.");
    serving.signal("TERM");
    serving.wait().done();

    let refused = [
        bench.run("employee-service", &for_hr),
        bench.run("manager-service", &AUTO),
        bench.run("result-reader", &[]),
    ];
    for service in refused {
        let service = service.exited_with(1).said(&[
            &bench.log,
            &format!("topic {} has 1 partition", bench.applications),
            "3 departments need 3",
            "manager-service --departments HR departments add IT",
        ]);
        assert_eq!(service.out, [""; 0], "{}", service.name);
    }

    // A manager that runs meanwhile decides what was queued by then, and nothing of a department that it does not know.
    let mut arguments = [&["--departments", "HR"], &AUTO[..]].concat();
    if bench.registry.is_some() {
        // So that the service notices sooner than by default.
        arguments.extend(["-X", "topic.metadata.refresh.interval.ms=500"]);
    }
    let mut old = bench.start("manager-service", &arguments);
    old.wait_until_printed(1);
    assert_eq!(add("HR", "IT").done().out, ["HR,IT"]);
    let old = old.wait().exited_with(2);
    let old = old.said(&["1 department is named: HR", "with --departments"]);
    assert_eq!(old.out.len(), 1);

    add("HR", "IT")
        .exited_with(1)
        .said(&["nothing was added", "the list is now HR,IT"]);
    add("HR,IT", "it")
        .exited_with(2)
        .said(&["IT is in the list already, as partition 1"]);
    add("HR,IT,OPS", "SALES")
        .exited_with(1)
        .said(&["name only those that it has"]);
    assert_eq!(add("HR,IT", "OPS").done().out, ["HR,IT,OPS"]);
    let listed = bench
        .run("manager-service", &["departments", "list"])
        .done();
    assert_eq!(listed.out, ["0  HR", "1  IT", "2  OPS"]);
    let three = |topic: &str| format!("{topic} 3");
    listed.said(&[
        &three(&bench.applications),
        &three(&bench.results),
        &three(&bench.dead_letters),
        &three(&bench.commands),
        &three(&bench.ledger),
    ]);

    bench.submit("ada@example.com", "OPS", 8).done();
    let auto = [&AUTO[..], &["--until-caught-up"]].concat();
    let decided: Vec<Decision> = parse(&bench.run("manager-service", &auto).done().out);
    let [decision] = &decided[..] else {
        panic!("{decided:?}");
    };
    assert_eq!(decision.partition, 2);
}

pub(crate) fn nobody_decides_beside_a_ledger_that_lags_behind(bench: &Bench) {
    let mut serving = bench.start("manager-service", &["serve"]);
    serving.wait_until_said("You hold HR, IT and OPS.");
    serving.signal("TERM");
    serving.wait().done();
    grow(bench, &bench.applications, 4);

    const FOUR: [&str; 2] = ["--departments", "HR,IT,OPS,SALES"];
    let run = |service: &str, arguments: &[&str]| bench.run(service, &[&FOUR, arguments].concat());
    run("employee-service", &submit("ada@example.com", "HR", "8")).done();
    let auto = [&AUTO[..], &["--until-caught-up"]].concat();
    for arguments in [&auto[..], &["serve"]] {
        let refused = run("manager-service", arguments).exited_with(1).said(&[
            &format!("topic {} has 3 partitions", bench.commands),
            "complete it with manager-service --departments HR,IT,OPS,SALES departments add SALES",
        ]);
        assert_eq!(refused.out, [""; 0]);
    }

    let completed = run("manager-service", &["departments", "add", "SALES"]).done();
    assert_eq!(completed.out, ["HR,IT,OPS,SALES"]);
    completed.said(&[&format!(
        "Completed {}, {}: 4 partitions, as {} has.",
        bench.commands, bench.ledger, bench.applications
    )]);
    run("manager-service", &["departments", "add", "SALES"])
        .exited_with(2)
        .said(&["SALES is in the list already"]);
    assert_eq!(run("manager-service", &auto).done().out.len(), 1);
}

/// Gives a topic more partitions, as an administrator of the cluster may do.
fn grow(bench: &Bench, topic: &str, partitions: i32) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = bench.log.parse().unwrap();
        let log = Log::open(&url, &KafkaSettings::new()).await.unwrap();
        assert!(log.add_partitions(&topic.into(), partitions).await.unwrap());
        log.close().await;
    });
}

#[test]
fn a_list_of_ones_own_makes_topics_on_a_cluster_only_when_that_is_meant() {
    let Some(bench) = Bench::shared_kafka() else {
        return;
    };
    let run = |options: &[&str]| {
        let arguments = [options, &submit("ada@example.com", "HR", "8")].concat();
        let mut command = bench.command("employee-service", &arguments);
        command.env_remove("TIMEOFF_CREATE");
        Running::start(command).wait()
    };
    run(&["--departments", "HR,IT"]).exited_with(2).said(&[
        "there is no topic",
        "start once with --create",
        "HR,IT",
    ]);
    run(&["--departments", "HR,IT", "--create"])
        .done()
        .said(&["Made topics", "HR,IT."]);
    run(&["--departments", "HR,IT"]).done();
}
