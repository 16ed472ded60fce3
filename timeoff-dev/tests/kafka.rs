//! A real cluster is started, stopped, killed and left behind.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod wire;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use timeoff_dev::kafka::{Broker, Error, Flavour, KafkaDev, require_or_skip};

#[test]
fn a_killed_broker_comes_back_on_its_port_with_its_data_and_a_dropped_cluster_leaves_no_process() {
    let _turn = one_cluster_at_a_time();
    let Some(kafka) = KafkaDev::builder().start_or_skip() else {
        return;
    };
    assert_eq!(kafka.log_url(), format!("kafka://{}", kafka.bootstrap()));
    wire::create_topic(&kafka.bootstrap(), "survivor", 1);
    let id = wire::register_string_schema(&kafka.registry_url(), "survivor-key");
    let broker = &kafka.brokers()[0];
    assert_eq!(kafka.bootstrap(), format!("127.0.0.1:{}", broker.port()));
    let first = broker.pid().unwrap();

    broker.kill();
    assert_eq!(broker.pid(), None);
    assert!(is_gone(first));
    assert!(
        std::net::TcpStream::connect(kafka.bootstrap()).is_err(),
        "a killed broker does not answer"
    );
    broker.start().unwrap();
    assert_ne!(broker.pid(), Some(first));
    assert!(wire::has_topic(&kafka.bootstrap(), "survivor"));

    kafka.stop_registry();
    kafka.start_registry().unwrap();
    assert_eq!(
        wire::register_string_schema(&kafka.registry_url(), "survivor-key"),
        id
    );
    assert!(kafka.failure().is_none());

    let (pids, folder) = (kafka.pids(), kafka.folder().to_path_buf());
    assert_eq!(pids.len(), 3, "registry, Kafka, ZooKeeper: {pids:?}");
    assert!(!mentions(&folder).is_empty());
    drop(kafka);
    assert!(pids.into_iter().all(is_gone));
    assert!(!folder.exists());
    wait_until("no guard is left", || mentions(&folder).is_empty());
}

#[test]
fn a_kraft_broker_survives_being_killed_and_being_stopped_in_an_orderly_way() {
    let _turn = one_cluster_at_a_time();
    let builder = KafkaDev::builder().flavour(Flavour::KRaft).registry(false);
    let Some(kafka) = builder.start_or_skip() else {
        return;
    };
    wire::create_topic(&kafka.bootstrap(), "survivor", 1);
    let broker = &kafka.brokers()[0];
    broker.kill();
    broker.start().unwrap();
    // A frozen broker ends in an orderly way, too.
    broker.freeze();
    broker.stop();
    let log = fs::read_to_string(kafka.folder().join("kafka-1.log")).unwrap();
    assert!(
        log.trim_end().ends_with("kafka.server for 1 unregistered"),
        "{log}"
    );
    assert!(kafka.pids().is_empty());
    broker.start().unwrap();
    assert!(wire::has_topic(&kafka.bootstrap(), "survivor"));
}

#[test]
fn three_brokers_with_zookeeper_take_over_from_each_other() {
    three_brokers_take_over_from_each_other(Flavour::ZooKeeper);
}

#[test]
fn three_kraft_brokers_take_over_from_each_other() {
    three_brokers_take_over_from_each_other(Flavour::KRaft);
}

fn three_brokers_take_over_from_each_other(flavour: Flavour) {
    let _turn = one_cluster_at_a_time();
    // Nothing ever answers on the advertised ports: the brokers must not use them among themselves.
    let relays = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let advertised = relays
        .each_ref()
        .map(|relay| relay.local_addr().unwrap().port());
    let builder = KafkaDev::builder()
        .flavour(flavour)
        .registry(false)
        .brokers(3)
        .advertised_ports(advertised.to_vec())
        .broker_environment("TIMEOFF_TEST", "for brokers only");
    let Some(kafka) = builder.start_or_skip() else {
        return;
    };
    let addresses = |port: &dyn Fn(usize) -> u16| {
        let addresses = [0, 1, 2].map(|index| format!("127.0.0.1:{}", port(index)));
        addresses.join(",")
    };
    assert_eq!(kafka.bootstrap(), addresses(&|index| advertised[index]));
    let brokers = kafka.brokers();
    wire::create_topic(&addresses(&|index| brokers[index].port()), "survivor", 3);
    wait_until("groups and transactions are coordinated", || {
        kafka.group_coordinator("group").is_some()
            && kafka.transaction_coordinator("transaction").is_some()
    });
    assert_eq!(kafka.leader("unknown", 0), None);
    let another_one_than = |last: usize| {
        wait_until("another broker leads", || {
            kafka.leader("survivor", 0).is_some_and(|now| now != last)
        });
        kafka.leader("survivor", 0).unwrap()
    };
    let all_are_in_sync = || wait_until("all are in sync", || kafka.is_in_sync());
    let first = another_one_than(usize::MAX);
    let environment = fs::read(format!("/proc/{}/environ", brokers[first].pid().unwrap())).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("TIMEOFF_TEST=for brokers only"));

    brokers[first].kill();
    let second = another_one_than(first);
    assert!(!kafka.is_in_sync());
    brokers[first].start().unwrap();
    all_are_in_sync();

    brokers[second].freeze();
    assert!(state(brokers[second].pid().unwrap()).contains("stopped"));
    another_one_than(second);
    assert!(!kafka.is_in_sync());
    brokers[second].thaw();
    all_are_in_sync();

    let killed: Vec<u32> = brokers.iter().filter_map(Broker::pid).collect();
    brokers[second].freeze();
    brokers.iter().for_each(Broker::kill);
    assert_eq!(killed.len(), 3);
    assert!(killed.into_iter().all(is_gone));
    assert_eq!(kafka.leader("survivor", 0), None);
    kafka.start_brokers().unwrap();
    all_are_in_sync();
    assert!(kafka.leader("survivor", 0).is_some());
    assert!(kafka.failure().is_none());

    let (pids, folder) = (kafka.pids(), kafka.folder().to_path_buf());
    let zookeepers = usize::from(flavour == Flavour::ZooKeeper);
    assert_eq!(pids.len(), 3 + zookeepers, "{pids:?}");
    brokers[first].freeze();
    drop(kafka);
    assert!(pids.into_iter().all(is_gone));
    assert!(!folder.exists());
    wait_until("no guard is left", || mentions(&folder).is_empty());
}

#[test]
fn a_folder_that_was_asked_for_is_kept_and_served_again() {
    let _turn = one_cluster_at_a_time();
    let folder = tempfile::tempdir().unwrap();
    for flavour in [Flavour::ZooKeeper, Flavour::KRaft] {
        let builder = || {
            KafkaDev::builder()
                .flavour(flavour)
                .registry(false)
                .folder(folder.path())
        };
        let Some(kafka) = builder().start_or_skip() else {
            return;
        };
        wire::create_topic(&kafka.bootstrap(), "survivor", 1);
        let second = builder().start();
        assert!(
            matches!(second, Err(Error::FolderInUse { .. })),
            "{second:?}"
        );
        kafka.stop();
        let kafka = builder().start().unwrap();
        assert!(wire::has_topic(&kafka.bootstrap(), "survivor"));
    }
}

#[test]
fn a_port_that_was_asked_for_and_is_taken_is_an_error() {
    let Some(()) = require_or_skip() else { return };
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = KafkaDev::builder()
        .registry(false)
        .port(port)
        .start()
        .unwrap_err();
    assert!(
        matches!(error, Error::PortTaken { port: said, .. } if said == port),
        "{error}"
    );
}

#[test]
fn a_parent_killed_with_9_leaves_neither_server_nor_temporary_folder() {
    let _turn = one_cluster_at_a_time();
    let Some(()) = require_or_skip() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let mut parent = start_command(temporary.path(), &["--brokers", "2"]);
    let servers = mentions(temporary.path())
        .into_iter()
        .filter(|pid| is_java(*pid))
        .count();
    assert_eq!(servers, 4, "registry, two of Kafka, ZooKeeper");

    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until("every server is gone", || {
        mentions(temporary.path()).is_empty()
    });
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn sigterm_stops_the_command_and_everything_it_started() {
    let _turn = one_cluster_at_a_time();
    let Some(()) = require_or_skip() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let mut parent = start_command(temporary.path(), &[]);
    signal("TERM", parent.id());
    assert_eq!(parent.wait().unwrap().code(), Some(0));
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    wait_until("no guard is left", || mentions(temporary.path()).is_empty());
}

#[test]
fn a_server_that_dies_by_itself_ends_the_command_with_an_error() {
    let _turn = one_cluster_at_a_time();
    let Some(()) = require_or_skip() else { return };
    let temporary = tempfile::tempdir().unwrap();
    let parent = start_command(temporary.path(), &[]);
    let is_broker = |pid: &u32| is_java(*pid) && command_line(*pid).contains("kafka.Kafka");
    let broker = mentions(temporary.path())
        .into_iter()
        .find(is_broker)
        .unwrap();
    signal("KILL", broker);
    let output = parent.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("Kafka ended by itself"), "{said}");
    wait_until("everything else has ended, too", || {
        mentions(temporary.path()).is_empty()
    });
}

#[test]
fn without_java_the_command_says_what_to_install() {
    let output = Command::new(env!("CARGO_BIN_EXE_timeoff-dev"))
        .arg("kafka")
        .env("PATH", "/nowhere")
        .env_remove("JAVA_HOME")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("apt-get install openjdk-17-jdk-headless"),
        "{said}"
    );
}

/// Starts `timeoff-dev kafka` with its temporary folder in `temporary`, and returns when it is up.
fn start_command(temporary: &Path, arguments: &[&str]) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_timeoff-dev"))
        .arg("kafka")
        .args(arguments)
        .env("TMPDIR", temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let is_up = lines
        .map(Result::unwrap)
        .any(|line| line.contains("Ctrl-C stops it"));
    if !is_up {
        panic!(
            "the command did not start a cluster: {:?}",
            child.wait_with_output()
        );
    }
    child
}

/// Clusters are heavy, and tests run in parallel.
fn one_cluster_at_a_time() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "waited in vain until {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(name: &str, pid: u32) {
    assert!(
        Command::new("sh")
            .args(["-c", &format!("kill -s {name} {pid}")])
            .status()
            .unwrap()
            .success()
    );
}

/// The processes whose command line names the folder: servers, guards, janitors.
fn mentions(folder: &Path) -> Vec<u32> {
    let folder = folder.to_str().unwrap();
    let pids = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(|pid| command_line(*pid).contains(folder))
        .collect()
}

/// Empty for a process that has ended, reaped or not.
fn command_line(pid: u32) -> String {
    fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

fn is_java(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program.ends_with("java"))
}

/// The line with a process's state in words, for instance `T (stopped)`.
fn state(pid: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let state = status.lines().find(|line| line.starts_with("State:"));
    state.unwrap().to_owned()
}

fn is_gone(pid: u32) -> bool {
    !Path::new(&format!("/proc/{pid}")).exists()
}
