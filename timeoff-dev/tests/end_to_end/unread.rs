//! Output that nobody reads: a full pipe is standard output, or standard error.

use std::fs;
use std::io::{PipeReader, PipeWriter, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use timeoff_testkit::{AUTO, Bench, signal};

use crate::applications::write_csv;

/// Applications that are queued, decided and not shown.
const ROWS: usize = 50;

/// How long after a stop a service may still run; two seconds are promised, and the machine may be busy.
const END: Duration = Duration::from_secs(3);

/// Only a failure waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn a_service_whose_output_nobody_reads_ends_when_it_is_stopped(bench: &Bench) {
    let csv = write_csv(bench, ROWS);
    let import = ["import", csv.to_str().unwrap()];
    let said = unread_output(bench.command("employee-service", &import));
    assert!(said.contains("nobody reads"), "{said}");

    let said = unread_output(bench.command("manager-service", &AUTO));
    assert!(said.contains("nobody reads"), "{said}");
    assert!(
        said.contains("are recorded, but could not be printed"),
        "{said}"
    );

    let readers = ["--group", &bench.readers, "--output", "json"];
    let said = unread_output(bench.command("result-reader", &readers));
    assert!(said.contains("nobody reads"), "{said}");

    // Import and policy have done what they could not report. What was not written is not marked as read.
    let to_the_end = [&readers[..], &["--until-caught-up"]].concat();
    let shown = bench.run("result-reader", &to_the_end).done();
    assert_eq!(shown.out.len(), ROWS);

    let full = FullPipe::new();
    let mut quiet = bench.command("manager-service", &AUTO);
    quiet.stdout(Stdio::null()).stderr(full.writer());
    assert_ends_when_stopped(quiet).wait().unwrap();
}

/// Runs a service whose standard output is full, stops it, and returns what it said.
fn unread_output(mut command: Command) -> String {
    let full = FullPipe::new();
    command.stdout(full.writer()).stderr(Stdio::piped());
    let service = assert_ends_when_stopped(command);
    let output = service.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

/// Starts a service, waits until a full pipe holds it up, and stops it. Returns it when it has ended.
fn assert_ends_when_stopped(mut command: Command) -> Child {
    let mut service = command.stdin(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !is_held_up(service.id()) {
        assert!(started.elapsed() < PATIENCE, "it writes nothing");
        std::thread::sleep(Duration::from_millis(10));
    }
    signal("TERM", service.id());
    let stopped = Instant::now();
    let status = loop {
        if let Some(status) = service.try_wait().unwrap() {
            break status;
        }
        if stopped.elapsed() > END {
            service.kill().unwrap();
            panic!("it still runs {END:?} after it was stopped");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(status.code().is_some(), "{status}");
    service
}

/// Whether a thread of the process waits for room in a pipe.
fn is_held_up(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    let waits_for = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("wchan"));
    threads
        .flatten()
        .filter_map(|thread| waits_for(thread).ok())
        .any(|place| place.contains("pipe_write"))
}

/// A pipe that has no room, and that nobody reads.
struct FullPipe {
    _reader: PipeReader,
    writer: PipeWriter,
}

impl FullPipe {
    fn new() -> FullPipe {
        let (reader, writer) = std::io::pipe().unwrap();
        let mut filler = writer.try_clone().unwrap();
        // The thread waits forever in its last write, and ends with the reader.
        std::thread::spawn(move || while filler.write_all(&[b'.'; 4096]).is_ok() {});
        FullPipe {
            _reader: reader,
            writer,
        }
    }

    fn writer(&self) -> PipeWriter {
        self.writer.try_clone().unwrap()
    }
}
