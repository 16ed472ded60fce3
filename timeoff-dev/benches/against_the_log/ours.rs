//! TimeOff's processes, timed from start to end, with their output checked.

use std::cell::RefCell;
use std::collections::HashSet;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use timeoff_dev::services::Services;
use timeoff_testkit::Running;

use crate::ground::{Ground, Names};

/// The policy that decides: up to 16 hours are approved, more are declined.
pub(crate) const POLICY: [&str; 7] = [
    "auto",
    "--approve-up-to-hours",
    "16",
    "--otherwise",
    "decline",
    "--output",
    "json",
];

/// About the length of the longest line that is printed for a record.
const LINE_BYTES: usize = 400;

/// The services in release mode.
pub(crate) struct Ours {
    services: Services,
    /// The last output. The buffer is kept, so that reading a pipe costs no more than copying out of it.
    printed: RefCell<Vec<u8>>,
}

/// The fields that every line for a decision or a result has.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: &'a str,
    partition: i32,
    offset: i64,
}

impl Ours {
    pub(crate) fn build() -> Ours {
        Ours {
            services: Services::build().unwrap(),
            printed: RefCell::default(),
        }
    }

    /// Queues all rows of a file.
    pub(crate) fn submit(
        &self,
        ground: &dyn Ground,
        names: &Names,
        csv: &Path,
        rows: usize,
    ) -> Duration {
        let mut command = self.command("employee-service", ground, names);
        command.arg("import").arg(csv).args(["--output", "json"]);
        let took = self.run(command, 1);
        let told = format!("{{\"queued\":{rows},\"rejected\":0}}\n");
        assert_eq!(std::str::from_utf8(&self.printed.borrow()).unwrap(), told);
        took
    }

    /// Decides the whole backlog.
    pub(crate) fn decide(&self, ground: &dyn Ground, names: &Names, rows: usize) -> Duration {
        let mut command = self.command("manager-service", ground, names);
        command
            .args(["--group", &names.group])
            .args(POLICY)
            .arg("--until-caught-up");
        let took = self.run(command, rows);
        must_be_whole(&self.printed.borrow(), rows);
        took
    }

    /// Reads all results.
    pub(crate) fn read(&self, ground: &dyn Ground, names: &Names, rows: usize) -> Duration {
        let mut command = self.command("result-reader", ground, names);
        command
            .args(["--from-beginning", "--until-caught-up"])
            .args(["--output", "json"]);
        let took = self.run(command, rows);
        must_be_whole(&self.printed.borrow(), rows);
        took
    }

    /// Starts a manager who only carries out commands.
    pub(crate) fn serve(&self, ground: &dyn Ground, names: &Names) -> Running {
        let mut command = self.command("manager-service", ground, names);
        command.args(["--group", &names.group, "serve", "--output", "json"]);
        Running::start(command)
    }

    /// Runs a command to its end, reading what it prints through a pipe as fast as it comes.
    fn run(&self, mut command: Command, lines: usize) -> Duration {
        let mut printed = self.printed.borrow_mut();
        // Written to once, so that the memory is really there before the timing starts.
        printed.resize(lines * LINE_BYTES, b'\n');
        printed.clear();
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stdout.take().unwrap();
        pipe.read_to_end(&mut printed).unwrap();
        let status = child.wait().unwrap();
        let took = began.elapsed();
        assert!(status.success(), "{command:?} ended with {status}");
        took
    }

    pub(crate) fn command(&self, service: &str, ground: &dyn Ground, names: &Names) -> Command {
        let mut command = self.services.command(service);
        command
            .args(["--log", &ground.log_url(names)])
            .current_dir(std::env::temp_dir())
            .env("TIMEOFF_APPLICATIONS_TOPIC", &names.applications)
            .env("TIMEOFF_RESULTS_TOPIC", &names.results)
            .env("TIMEOFF_DEAD_LETTERS_TOPIC", &names.dead_letters)
            .env("TIMEOFF_COMMANDS_TOPIC", &names.commands)
            .env("TIMEOFF_LEDGER_TOPIC", &names.ledger);
        if let Some(registry) = ground.registry_url() {
            command.args(["--schema-registry", registry]);
        }
        command
    }
}

/// Checks that the output has every application once, every position once, and `rows` of them.
fn must_be_whole(out: &[u8], rows: usize) {
    let text = std::str::from_utf8(out).unwrap();
    let (mut ids, mut places) = (HashSet::new(), HashSet::new());
    for line in text.lines() {
        let line: Line<'_> = serde_json::from_str(line).unwrap();
        assert!(ids.insert(line.id), "{} came twice", line.id);
        assert!(places.insert((line.partition, line.offset)));
    }
    assert_eq!(ids.len(), rows, "records were lost");
}
