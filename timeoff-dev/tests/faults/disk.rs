//! A small disk of our own, which can be filled and write-protected: a file with a file system in it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::figures::tell;

/// How large the disk is.
const MIB: u64 = 512;

/// Set to 1, a campaign that cannot have such a disk fails.
const REQUIRE: &str = "TIMEOFF_REQUIRE_DISK";

/// A mounted file system. Dropping it unmounts it.
pub(crate) struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Makes a disk and mounts it on a new folder below `parent`. `None`, after a loud message, where this user may not, or
    /// cannot; with `TIMEOFF_REQUIRE_DISK=1` that is a failure.
    pub(crate) fn mount_or_skip(parent: &Path) -> Option<Disk> {
        let disk = Disk::mount(parent);
        if disk.is_none() {
            let message = "a disk of our own needs root, mkfs.ext4, chattr and a loop device";
            assert!(std::env::var_os(REQUIRE).is_none(), "{message}");
            tell(&format!(
                "SKIPPED the faults disk-full and read-only: {message}"
            ));
        }
        disk
    }

    fn mount(parent: &Path) -> Option<Disk> {
        let (image, folder) = (parent.join("disk.img"), parent.join("disk"));
        std::fs::create_dir(&folder).unwrap();
        File::create(&image).unwrap().set_len(MIB << 20).unwrap();
        let is_mounted = run("mkfs.ext4", &["-q".as_ref(), &image])
            && run("mount", &["-o".as_ref(), "loop".as_ref(), &image, &folder]);
        is_mounted.then_some(Disk { folder })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes all the space that is left, until the value is dropped.
    pub(crate) fn fill(&self) -> Ballast {
        let path = self.folder.join("ballast");
        let mut file = File::create(&path).unwrap();
        // Large pieces first, then what is left of a block.
        for size in [1 << 20, 4096, 1] {
            let piece = vec![1; size];
            while file.write_all(&piece).is_ok() {}
        }
        // Only what is on the disk has taken its space for certain.
        let _ = file.sync_all();
        Ballast { path }
    }

    /// Protects a file, if there is one, also from those who have it open, until the value is dropped.
    pub(crate) fn protect(&self, file: &str) -> Option<Protected> {
        let path = self.folder.join(file);
        run("chattr", &["+i".as_ref(), &path]).then_some(Protected { path })
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        run("umount", &["-l".as_ref(), &self.folder]);
    }
}

/// What takes the space.
pub(crate) struct Ballast {
    path: PathBuf,
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.path).unwrap();
    }
}

/// A file that nobody can write.
pub(crate) struct Protected {
    path: PathBuf,
}

impl Drop for Protected {
    fn drop(&mut self) {
        run("chattr", &["-i".as_ref(), &self.path]);
    }
}

fn run(program: &str, arguments: &[&Path]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
