//! The program in its own folder.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// The notice of the first run that uses the log in a folder.
pub(crate) const MADE: &str = "Made topics leave-applications, leave-applications-results and \
    leave-applications-dead-letters \
    on sqlite:timeoff.db, with a partition for each department: HR,IT,OPS.\n";

/// A folder with a log in it.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Folder {
        let folder = tempfile::tempdir().expect("a folder");
        Folder { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("written");
    }

    /// Whether there is a log: there is one as soon as a run has opened it.
    pub(crate) fn has_log(&self) -> bool {
        self.path("timeoff.db").exists()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_employee-service"));
        for (name, _) in std::env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("TIMEOFF_") || name_text == "RUST_LOG" {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        ended(self.command(arguments).spawn().expect("started"))
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("started");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input).expect("read");
        drop(stdin);
        ended(child)
    }
}

pub(crate) fn ended(child: Child) -> Ended {
    let output = child.wait_with_output().expect("waited for");
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}
