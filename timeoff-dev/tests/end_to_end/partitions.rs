//! A topic with fewer partitions than there are departments.

use crate::bench::{AUTO, Bench};

pub(crate) fn a_topic_with_fewer_partitions_than_departments_is_refused_with_the_command_that_adds_them(
    bench: &Bench,
) {
    let for_one = |service: &str, arguments: &[&str]| {
        bench.run(service, &[&["--departments", "HR"], arguments].concat())
    };
    let submit = [
        "submit",
        "--email",
        "ada@example.com",
        "--department",
        "HR",
        "--hours",
        "8",
        "--start",
        "2027-07-01",
    ];
    for_one("employee-service", &submit).done();

    let refused = [
        bench.run("employee-service", &submit),
        bench.run("manager-service", &AUTO),
        bench.run("result-reader", &[]),
    ];
    for service in refused {
        let service = service.exited_with(1).said(&[
            &bench.log,
            &format!("topic {} has 1 partitions", bench.applications),
            "3 departments need 3",
            "--departments",
            &command_that_adds_them(bench),
        ]);
        assert_eq!(service.out, [""; 0], "{}", service.name);
    }

    let auto = [&AUTO[..], &["--until-caught-up"]].concat();
    let decided = for_one("manager-service", &auto).done();
    assert_eq!(
        decided.out.len(),
        1,
        "nothing was queued by the refused one"
    );
}

fn command_that_adds_them(bench: &Bench) -> String {
    match bench.log.strip_prefix("kafka://") {
        Some(servers) => format!(
            "kafka-topics --bootstrap-server {servers} --alter --topic {} --partitions 3",
            bench.applications
        ),
        None => format!(
            "sqlite3 '{}' 'INSERT INTO partitions ",
            bench.log.strip_prefix("sqlite:").unwrap()
        ),
    }
}
