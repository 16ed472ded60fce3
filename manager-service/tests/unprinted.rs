//! What was done but could not be printed is reported as done.

use std::fs::OpenOptions;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::SystemTime;

use timeoff_contract::{Contract, TopicNames};
use timeoff_log::{KafkaSettings, Log, LogUrl};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, Ticks};

/// A log with an application of a department that managers know only if --departments names it.
async fn log_with_an_application(folder: &Path) {
    let url = LogUrl::Sqlite(folder.join("timeoff.db"));
    let log = Log::open(&url, &KafkaSettings::default()).await;
    let departments: Departments = "HR,IT,SALES".parse().expect("departments");
    let log = log.expect("a log");
    let contract = Contract::open(&log, TopicNames::default(), departments);
    let contract = contract.await.expect("topics");
    let application = LeaveApplication {
        email: "ada@example.com".parse().expect("an address"),
        department: "SALES".parse().expect("a department"),
        hours: "8".parse().expect("hours"),
        start: "2127-07-01".parse().expect("a day"),
        details: None,
    };
    let id = ApplicationId::new(&application.email, Ticks::of(SystemTime::now().into()));
    let writer = contract.application_writer().await.expect("registered");
    let record = writer.record(&id, &application);
    log.append(vec![record]).await.expect("appended");
}

/// Runs the service with a standard output that takes nothing, or with one that is captured.
fn run(folder: &Path, arguments: &[&str], is_full: bool) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_manager-service"));
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("TIMEOFF_") || name_text == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.args(arguments).current_dir(folder);
    command.stderr(Stdio::piped());
    if is_full {
        let full = OpenOptions::new().write(true).open("/dev/full");
        command.stdout(full.expect("it is there"));
    } else {
        command.stdout(Stdio::piped());
    }
    let child = command.spawn().expect("started");
    child.wait_with_output().expect("waited for")
}

#[tokio::test]
async fn what_was_recorded_or_put_back_and_could_not_be_printed_is_said_to_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    log_with_an_application(folder).await;
    let auto = [
        "auto",
        "--approve-up-to-hours=16",
        "--otherwise=leave",
        "--until-caught-up",
    ];
    let retry = ["dead-letters", "retry"];
    let knowing = ["--departments", "HR,IT,SALES"];
    let buried = run(folder, &auto, false);
    assert_eq!(buried.status.code(), Some(0), "{buried:?}");

    for (arguments, said) in [
        (
            &retry[..],
            "error: 1 dead letter was put back, but that could not be printed: No space left",
        ),
        (
            &auto[..],
            "error: the last decisions are recorded, but could not be printed; result-reader --from-beginning shows \
            them: No space left",
        ),
    ] {
        let arguments = [arguments, &knowing].concat();
        let failed = run(folder, &arguments, true);
        assert_eq!(failed.status.code(), Some(1), "{failed:?}");
        let err = String::from_utf8_lossy(&failed.stderr);
        assert!(err.contains(said), "{err}");
        let again = run(folder, &arguments, false);
        assert_eq!(again.status.code(), Some(0), "{again:?}");
        assert!(again.stdout.is_empty(), "it was done already: {again:?}");
    }
}
