//! A record that the log does not take, among others that it does.

use timeoff_log::NewRecord;
use timeoff_testkit::{AUTO, Bench};

use crate::raw_log::RawLog;

/// The client sends nothing larger.
const LIMIT: &str = "message.max.bytes=1000";

#[test]
fn a_run_that_could_not_record_everything_fails_and_names_what_is_left() {
    let Some(bench) = Bench::shared_kafka() else {
        return;
    };
    bench.submit("ada@example.com", "IT", 8).done();
    bench.make_topics();
    // It cannot be understood, and its dead letter repeats it and so is too large.
    let hopeless = NewRecord {
        topic: bench.applications.as_str().into(),
        partition: 1,
        key: None,
        value: Some(vec![b'.'; 2_000]),
        headers: Vec::new(),
    };
    RawLog::open(&bench).append(vec![hopeless]);
    bench.submit("bob@example.com", "IT", 8).done();

    let decide = [&["-X", LIMIT], &AUTO[..], &["--until-caught-up"]].concat();
    let place = format!("{} partition 1, offset 1", bench.applications);
    let decided = bench.run("manager-service", &decide).exited_with(1).said(&[
        "error: left undecided, as they could not be recorded",
        &place,
        &bench.dead_letters,
        "message.max.bytes",
    ]);
    assert_eq!(decided.out.len(), 2, "the others are decided");
    let decide = [&AUTO[..], &["--until-caught-up"]].concat();
    bench.run("manager-service", &decide).done();
}
