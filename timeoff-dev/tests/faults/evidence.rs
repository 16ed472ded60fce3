//! The output of every process, kept for whoever has to find out what happened.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::seat::Past;

/// A campaign's own folder.
pub(crate) struct Evidence {
    folder: PathBuf,
    number: AtomicUsize,
}

impl Evidence {
    /// An empty folder below `target/tmp`. It replaces that of an earlier campaign of the same name.
    pub(crate) fn collect(name: &str) -> Evidence {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("faults")
            .join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Evidence {
            folder,
            number: AtomicUsize::new(0),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps the output of a process that has ended. The files are numbered in the order in which processes ended.
    pub(crate) fn keep(&self, phase: usize, past: &Past) {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let name = format!("{phase:02}-{number:04}-{}", past.process.name);
        let status = past.process.status;
        let said = format!("{}{status}\n", past.process.err);
        std::fs::write(self.folder.join(name.clone() + ".err"), said).unwrap();
        let printed = past.process.out.join("\n");
        std::fs::write(self.folder.join(name + ".out"), printed).unwrap();
    }
}
