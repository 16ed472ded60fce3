//! The folder: who folds into it, and which file in it is the view.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::build::Build;
use crate::error::ViewError;

const LOCK: &str = "lock";
const CURRENT: &str = "current";

/// A folder that this process folds into.
#[derive(Clone)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// No other process folds into the folder while this exists. A killed process lets go of it.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is being started just now has a copy until it is running, and
        // the lock would be held until then.
        let _ = self.file.unlock();
    }
}

impl Folder {
    /// Makes the folder if it does not exist, and takes its lock.
    pub(crate) fn take(path: &Path) -> Result<(Folder, Lock), ViewError> {
        let folder = Folder {
            path: path.to_owned(),
        };
        private_folder(path).map_err(failed(path, "make the folder"))?;
        let lock = path.join(LOCK);
        let file = private_file(&lock).map_err(failed(&lock, "make the file"))?;
        match file.try_lock() {
            Ok(()) => Ok((folder, Lock { file })),
            Err(TryLockError::WouldBlock) => Err(ViewError::InUse {
                folder: path.to_owned(),
            }),
            Err(TryLockError::Error(error)) => Err(failed(&lock, "lock the file")(error)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that is the view now. If somebody has removed it, there is none from now on.
    pub(crate) fn current(&self) -> Result<Option<Build>, ViewError> {
        let Some(build) = current(&self.path)? else {
            return Ok(None);
        };
        match build.path().try_exists() {
            Ok(true) => Ok(Some(build)),
            Ok(false) => {
                tracing::warn!(view.file = %build.path().display(), "the view has been removed; it is folded anew");
                let pointer = self.path.join(CURRENT);
                fs::remove_file(&pointer).map_err(failed(&pointer, "remove the file"))?;
                Ok(None)
            }
            Err(error) => Err(failed(build.path(), "look for the file")(error)),
        }
    }

    /// The newest file, whether it is the view or is to become it.
    pub(crate) fn newest(&self) -> Result<Option<Build>, ViewError> {
        Ok(self
            .builds()?
            .into_iter()
            .max_by_key(|build| build.number()))
    }

    /// A file beside all that are there, empty.
    pub(crate) fn new_build(&self) -> Result<Build, ViewError> {
        let number = self.newest()?.map_or(1, |build| build.number() + 1);
        let build = Build::new(&self.path, number);
        private_file(build.path()).map_err(failed(build.path(), "make the file"))?;
        Ok(build)
    }

    /// From now on this file is the view. Those who ask go on asking the old one until they open it again.
    pub(crate) fn publish(&self, build: &Build) -> Result<(), ViewError> {
        let step = "name the new view";
        let (new, current) = (self.path.join("current.new"), self.path.join(CURRENT));
        let write = || -> io::Result<()> {
            let _ = fs::remove_file(&new);
            let mut file = private_file(&new)?;
            writeln!(file, "{}", build.name())?;
            file.sync_all()?;
            fs::rename(&new, &current)?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(failed(&current, step))
    }

    /// Removes all files of views but these. Others may have them open: they keep what they have.
    pub(crate) fn remove_all_but(&self, keep: &[&Build]) -> Result<(), ViewError> {
        for build in self.builds()? {
            if keep.iter().all(|kept| kept.number() != build.number()) {
                for path in build.files() {
                    match fs::remove_file(&path) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => {
                            return Err(failed(&path, "remove the file")(error));
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok(())
    }

    fn builds(&self) -> Result<Vec<Build>, ViewError> {
        let list = || -> io::Result<Vec<Build>> {
            let mut builds = Vec::new();
            for entry in fs::read_dir(&self.path)? {
                let name = entry?.file_name();
                builds.extend(
                    name.to_str()
                        .and_then(|name| Build::named(&self.path, name)),
                );
            }
            Ok(builds)
        };
        list().map_err(failed(&self.path, "list the folder"))
    }
}

/// The file that is the view in this folder, if there is one.
pub(crate) fn current(folder: &Path) -> Result<Option<Build>, ViewError> {
    let path = folder.join(CURRENT);
    match fs::read_to_string(&path) {
        Ok(name) => match Build::named(folder, name.trim_end()) {
            Some(build) => Ok(Some(build)),
            None => Err(ViewError::Foreign { file: path }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(&path, "read the file")(error)),
    }
}

fn failed(path: &Path, step: &'static str) -> impl FnOnce(io::Error) -> ViewError {
    let path = path.to_owned();
    move |source| ViewError::Folder { path, step, source }
}

/// What is in a view is personal data: a new folder, and the files in it, are their owner's alone.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// SQLite gives the files beside a database the same mode.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::{Folder, current};
    use crate::error::ViewError;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let (_, lock) = Folder::take(&path).unwrap();
        assert!(matches!(Folder::take(&path), Err(ViewError::InUse { .. })));
        drop(lock);
        Folder::take(&path).unwrap();
    }

    #[test]
    fn the_current_view_is_the_one_that_was_published_and_the_others_can_go() {
        let place = tempfile::tempdir().unwrap();
        let (folder, _lock) = Folder::take(place.path()).unwrap();
        assert!(folder.current().unwrap().is_none());
        let first = folder.new_build().unwrap();
        let second = folder.new_build().unwrap();
        assert_ne!(first.path(), second.path());
        folder.publish(&first).unwrap();
        assert_eq!(current(place.path()).unwrap().unwrap().path(), first.path());
        folder.publish(&second).unwrap();
        folder.remove_all_but(&[&second]).unwrap();
        assert_eq!(
            current(place.path()).unwrap().unwrap().path(),
            second.path()
        );
        assert!(!first.path().exists() && second.path().exists());
    }

    #[test]
    fn a_pointer_to_something_else_is_refused() {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("current"), "../log.db\n").unwrap();
        assert!(matches!(
            current(place.path()),
            Err(ViewError::Foreign { .. })
        ));
    }

    #[test]
    #[cfg(unix)]
    fn a_view_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("view");
        let (folder, _lock) = Folder::take(&path).unwrap();
        let build = folder.new_build().unwrap();
        for (path, mode) in [(path.as_path(), 0o700), (build.path(), 0o600)] {
            let found = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "{}", path.display());
        }
    }
}
