//! The folder a cluster lives in: a temporary one that cannot outlive us, or one that is kept.

use std::fs::{self, File, TryLockError};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::Error;

/// Removes the folder when standard input ends. It tries several times, because the servers are being killed at that
/// moment and may still write. The line "done" says that there is nothing left to remove.
const JANITOR: &str = r#"read -r word && exit 0
for attempt in 1 2 3 4 5; do rm -rf "$1" && exit 0; sleep 1; done"#;

/// Where the configuration, the data and the logs are.
#[derive(Debug)]
pub(super) enum Folder {
    /// Removed on drop by `TempDir`, and by the janitor if we end without dropping it.
    Temporary { folder: TempDir, _janitor: Janitor },
    /// Stays; the lock keeps a second cluster out.
    Kept { folder: PathBuf, _lock: File },
}

impl Folder {
    pub(super) fn temporary() -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix("timeoff-kafka-")
            .tempdir()
            .map_err(Error::io(
                "create a temporary folder in",
                std::env::temp_dir(),
            ))?;
        let janitor = Janitor::spawn(folder.path())?;
        Ok(Self::Temporary {
            folder,
            _janitor: janitor,
        })
    }

    pub(super) fn kept(folder: &Path) -> Result<Self, Error> {
        let folder = std::path::absolute(folder).map_err(Error::io("find", folder))?;
        fs::create_dir_all(&folder).map_err(Error::io("create the folder", &folder))?;
        let file = folder.join("timeoff-dev.lock");
        let lock = File::create(&file).map_err(Error::io("create", &file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self::Kept {
                folder,
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(Error::FolderInUse { folder }),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", &file)(source)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Temporary { folder, .. } => folder.path(),
            Self::Kept { folder, .. } => folder,
        }
    }

    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Self::Kept { .. })
    }
}

#[derive(Debug)]
pub(super) struct Janitor(Child);

impl Janitor {
    fn spawn(folder: &Path) -> Result<Self, Error> {
        Command::new("sh")
            .args(["-c", JANITOR, "janitor"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map(Self)
            .map_err(Error::io("start a janitor for", folder))
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        use std::io::Write;
        if let Some(mut stdin) = self.0.stdin.take() {
            let _ = writeln!(stdin, "done");
        }
        let _ = self.0.wait();
    }
}
