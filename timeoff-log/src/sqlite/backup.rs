//! Backing up the file while others work on it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf, absolute};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::fault::Fault;
use super::file::LogFile;
use super::store::CALLER;
use super::{close, lineage, schema};
use crate::error::LogError;

/// How long to wait for a locked file.
const LOCK_LIMIT: Duration = Duration::from_secs(5);
const LOCK_POLL: Duration = Duration::from_millis(5);

/// A group's members are processes of the original log. A group that goes on from the backup need not wait for them.
const WITHOUT_MEMBERS: &str = "
DELETE FROM group_members;
UPDATE group_partitions SET owner = NULL, generation = generation + 1 WHERE owner IS NOT NULL;
";

/// Copies the log at `path`, as it is at one moment, to a new file. Returns that file's length in bytes.
///
/// The new file gets its name only once all of it is on disk, and has nothing beside it.
pub(super) fn make(path: &Path, to: &Path) -> Result<u64, LogError> {
    let file = LogFile::open_existing(path)?;
    let step = format!("back it up to {}", to.display());
    let to = absolute(to).unwrap_or_else(|_| to.to_owned());
    let bytes = copy_to(&file, &to);
    file.connections().begin_closing();
    close::let_go(&file);
    bytes.map_err(|fault| fault.tell(file.location(), &step))
}

fn copy_to(file: &LogFile, to: &Path) -> Result<u64, Fault> {
    if to.symlink_metadata().is_ok() {
        return Err(Fault::BackupExists {
            path: to.to_owned(),
        });
    }
    let partial = Partial::begin(to)?;
    copy(file, &partial.path)?;
    begin_a_lineage(&partial.path)?;
    partial.finish(to)
}

fn copy(file: &LogFile, to: &Path) -> Result<(), Fault> {
    let from = file.connect(CALLER)?;
    let mut copy = Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // If this is interrupted, the copy is useless anyway.
    copy.execute_batch("PRAGMA synchronous=OFF")?;
    from.back_up(|connection| {
        let backup = Backup::new(connection, &mut copy)?;
        let began = Instant::now();
        loop {
            // All pages at once: with pauses, the copy would start over whenever another process writes.
            match backup.step(-1)? {
                StepResult::Done => return Ok(()),
                _ if began.elapsed() < LOCK_LIMIT => thread::sleep(LOCK_POLL),
                _ => return Err(Fault::BackupLocked),
            }
        }
    })
}

/// Gives the copy its own lineage, and makes it a log that needs nothing beside it.
fn begin_a_lineage(copy: &Path) -> Result<(), Fault> {
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.query_row("PRAGMA journal_mode=DELETE", [], |_| Ok(()))?;
    // If the original is of an earlier version and cannot be written, its copy still lacks the lineage table.
    schema::found(&connection)?;
    let transaction = Transaction::new_unchecked(&connection, TransactionBehavior::Immediate)?;
    transaction.execute_batch(WITHOUT_MEMBERS)?;
    lineage::advance(&transaction)?;
    transaction.commit()?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// An unfinished backup, under a temporary name. Dropping it removes the file of that name.
struct Partial {
    path: PathBuf,
}

impl Partial {
    fn begin(to: &Path) -> Result<Partial, Fault> {
        let mut path = to.as_os_str().to_owned();
        path.push(".partial");
        let path = PathBuf::from(path);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(_) => Ok(Partial { path }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Fault::BackupExists { path })
            }
            Err(source) => Err(Fault::BackupUnwritable { path, source }),
        }
    }

    /// Forces it to disk, then gives it its name.
    fn finish(self, to: &Path) -> Result<u64, Fault> {
        let unwritable = |source| Fault::BackupUnwritable {
            path: to.to_owned(),
            source,
        };
        let file = File::open(&self.path).map_err(unwritable)?;
        file.sync_all().map_err(unwritable)?;
        let bytes = file.metadata().map_err(unwritable)?.len();
        // Linking never replaces a file that has got this name meanwhile; renaming would.
        match fs::hard_link(&self.path, to) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(Fault::BackupExists {
                    path: to.to_owned(),
                });
            }
            // Not every file system has hard links.
            Err(_) => fs::rename(&self.path, to).map_err(unwritable)?,
        }
        drop(self);
        if let Some(folder) = to.parent() {
            let folder = File::open(folder).map_err(unwritable)?;
            folder.sync_all().map_err(unwritable)?;
        }
        Ok(bytes)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.path.as_os_str().to_owned();
            path.push(suffix);
            // The file may not exist.
            let _ = fs::remove_file(path);
        }
    }
}
