//! A wall clock that can be set, for the services only: a small library between them and the system (`clock.c`).

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A clock that is kept in a file.
pub(crate) struct Clock {
    file: PathBuf,
}

impl Clock {
    /// A clock that shows the right time, kept in this folder.
    pub(crate) fn new(folder: &Path) -> Clock {
        let clock = Clock {
            file: folder.join("clock"),
        };
        clock.set(0);
        clock
    }

    /// Makes a command go by this clock.
    pub(crate) fn rule(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", library())
            .env("TIMEOFF_CLOCK", &self.file);
    }

    /// Sets the clock this many seconds behind the system's.
    pub(crate) fn set(&self, seconds_behind: i64) {
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        let file = options.open(&self.file).unwrap();
        file.write_all_at(&seconds_behind.to_ne_bytes(), 0).unwrap();
    }

    /// The time that a command going by this clock sees, in seconds since 1970.
    pub(crate) fn told(&self) -> i64 {
        let mut date = Command::new("date");
        date.arg("+%s");
        self.rule(&mut date);
        let text = String::from_utf8(date.output().unwrap().stdout).unwrap();
        text.trim().parse().unwrap()
    }
}

/// The library, compiled by the first call.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clock.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/clock.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"]);
        compiler.args([&library, &source]).arg("-ldl");
        assert!(
            compiler.status().unwrap().success(),
            "clock.c does not compile"
        );
        library
    })
}
