//! A transactional id that belongs to this process alone, and that the next process inherits.
//!
//! Two live processes must not share one: the broker fences the older. A killed process leaves a transaction open,
//! which holds readers back until it times out, unless a producer with the same id starts and aborts it at once. So the
//! ids of a machine are numbered. A process holds the lowest free number with a file lock, which the system releases
//! when the process ends, however it ends.

use std::fs::{File, OpenOptions};
use std::hash::BuildHasher;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// How many processes of one user on one machine can hold an id of a group.
const SLOTS: u32 = 1024;

/// A transactional id, held until this value is dropped.
#[derive(Debug)]
pub(crate) struct Instance {
    transactional_id: String,
    _lock: Option<File>,
}

impl Instance {
    /// Takes the lowest free id of this machine for `group`.
    ///
    /// If no folder can be written, the id is random: unique, but inherited by nobody.
    pub(crate) fn acquire(group: &str) -> Instance {
        let folders = state_folders();
        for folder in &folders {
            match acquire_in(folder, group) {
                Ok(instance) => return instance,
                Err(error) => {
                    tracing::debug!(folder = %folder.display(), %error, "no instance lock here")
                }
            }
        }
        Instance {
            transactional_id: format!("timeoff-{group}-{:016x}", random()),
            _lock: None,
        }
    }

    pub(crate) fn transactional_id(&self) -> &str {
        &self.transactional_id
    }
}

fn state_folders() -> Vec<PathBuf> {
    let of_user = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))
        .filter(|folder| folder.is_absolute());
    of_user
        .into_iter()
        .chain([std::env::temp_dir()])
        .map(|folder| folder.join("timeoff"))
        .collect()
}

fn acquire_in(folder: &Path, group: &str) -> io::Result<Instance> {
    std::fs::create_dir_all(folder)?;
    let machine = machine_id(folder)?;
    let group_in_file_name: String = group
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    for slot in 0..SLOTS {
        let path = folder.join(format!("{group_in_file_name}-{slot}.lock"));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => {
                return Ok(Instance {
                    transactional_id: format!("timeoff-{group}-{machine}-{slot}"),
                    _lock: Some(file),
                });
            }
            Err(std::fs::TryLockError::WouldBlock) => continue,
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::other(format!(
        "{SLOTS} processes hold an id already"
    )))
}

/// A name for this machine: random, drawn once and kept beside the locks.
fn machine_id(folder: &Path) -> io::Result<String> {
    let path = folder.join("machine-id");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    file.lock()?;
    let id = io::read_to_string(&file)?;
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(id);
    }
    let id = format!("{:016x}", random());
    file.set_len(0)?;
    io::Seek::rewind(&mut file)?;
    file.write_all(id.as_bytes())?;
    Ok(id)
}

/// The standard library seeds its hash maps with the system's randomness.
fn random() -> u64 {
    std::hash::RandomState::new().hash_one(std::process::id())
}

#[cfg(test)]
mod tests {
    use super::acquire_in;

    #[test]
    fn an_id_is_held_by_one_and_inherited_by_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = acquire_in(folder.path(), "g").expect("free");
        let second = acquire_in(folder.path(), "g").expect("another is free");
        assert_ne!(first.transactional_id(), second.transactional_id());
        let other_group = acquire_in(folder.path(), "h").expect("free");
        assert_ne!(first.transactional_id(), other_group.transactional_id());
        let id = first.transactional_id().to_owned();
        drop(first);
        let heir = acquire_in(folder.path(), "g").expect("free again");
        assert_eq!(heir.transactional_id(), id);
    }
}
