//! Brokers and registries that are not there when a service starts.

use std::net::TcpListener;

use timeoff_testkit::{AUTO, Bench, Running, submit, tell};

use crate::applications::write_csv;

/// Only the system's administrator could listen here, so nobody does.
const NOBODY: &str = "127.0.0.1:1";

const SUBMIT: [&str; 9] = submit("ada@example.com", "IT", "8");

#[test]
fn a_broker_that_is_not_there_is_told_with_address_step_and_remedy() {
    let registry = format!("http://{NOBODY}");
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::on(format!("kafka://{NOBODY}"), Some(registry), folder);
    let mut services = writers(&bench);
    services.push(bench.start("result-reader", &[]));
    services.push(bench.start("result-reader", &["--from-beginning"]));
    assert_told(
        services,
        &[
            "error: ",
            &bench.log,
            "could not reach a broker",
            "check that a broker listens at the address in --log",
        ],
    );
}

#[test]
fn a_registry_that_is_not_there_is_told_with_address_step_and_remedy() {
    let Some(mut bench) = Bench::shared_kafka() else {
        return;
    };
    // So that the services say nothing else.
    bench.make_topics();
    let registry = format!("http://{NOBODY}");
    bench.registry = Some(registry.clone());
    let services = writers(&bench);
    assert_told(
        services,
        &[
            "error: ",
            &registry,
            "could not register a schema as ",
            "check that a schema registry answers at the address in --schema-registry",
        ],
    );
}

#[test]
fn a_stop_while_a_broker_keeps_silent_is_answered_in_words() {
    // It takes connections, but nobody answers on them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::on(format!("kafka://{address}"), None, folder);
    for (service, arguments) in [
        ("employee-service", &SUBMIT[..]),
        ("manager-service", &AUTO),
        ("result-reader", &[]),
        ("result-reader", &["--from-beginning"]),
    ] {
        let connecting = bench.start(service, arguments);
        let connection = silent.accept().unwrap();
        connecting.signal("TERM");
        let ended = connecting.wait().exited_with(1);
        ended.said(&["error: stopped "]);
        drop(connection);
    }
}

/// All services that write, running at once.
fn writers(bench: &Bench) -> Vec<Running> {
    let csv = write_csv(bench, 10);
    vec![
        bench.start("employee-service", &SUBMIT),
        bench.start("employee-service", &["import", csv.to_str().unwrap()]),
        bench.start("manager-service", &AUTO),
    ]
}

fn assert_told(services: Vec<Running>, parts: &[&str]) {
    for service in services {
        let ended = service.wait().exited_with(1).said(parts);
        assert_eq!(ended.out, [""; 0], "{}", ended.name);
        // A manager may have made the topics that only managers need before it came to what fails.
        let told = ended
            .err
            .lines()
            .filter(|line| !line.starts_with("Made topics "));
        assert_eq!(told.count(), 1, "{}", ended.err);
        tell(&format!(
            "{}: told after {:.1} s",
            ended.name,
            ended.took.as_secs_f32()
        ));
    }
}
