//! A small separate disk, which can be filled and write-protected: a file with a file system in it.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use timeoff_testkit::tell;

/// How large the disk is: more for a long campaign, whose log grows by about 1 MiB a second. What is not used takes no
/// space, but filling it up takes time.
const MIB: u64 = 448;
const MIB_A_SECOND: u64 = 2;

/// The file that takes all the space.
const BALLAST: &str = "ballast";

/// How often to copy the disk until it has not changed meanwhile.
const COPIES: u32 = 5;

/// If this is set, a campaign that cannot have such a disk fails.
const REQUIRE: &str = "TIMEOFF_REQUIRE_DISK";

/// A mounted file system. Dropping it unmounts it.
pub(crate) struct Disk {
    image: PathBuf,
    folder: PathBuf,
}

impl Disk {
    /// Makes a disk and mounts it on a new folder below `parent`. `None`, after a loud message, where this user may not
    /// or cannot do that; with `TIMEOFF_REQUIRE_DISK=1` that is a failure.
    ///
    /// `seconds`: how long there will be faults.
    pub(crate) fn mount_or_skip(parent: &Path, seconds: u64) -> Option<Disk> {
        let disk = Disk::mount(parent, seconds);
        if disk.is_none() {
            let message = "a separate disk needs root, mkfs.ext4, chattr and a loop device";
            assert!(std::env::var_os(REQUIRE).is_none(), "{message}");
            tell(&format!(
                "SKIPPED the faults disk-full, read-only and power-cut: {message}"
            ));
        }
        disk
    }

    fn mount(parent: &Path, seconds: u64) -> Option<Disk> {
        let image = parent.join("disk.img");
        let mib = MIB + seconds * MIB_A_SECOND;
        File::create(&image).unwrap().set_len(mib << 20).unwrap();
        run("mkfs.ext4", &["-q".as_ref(), &image])
            .then(|| Disk::of(image, parent))
            .flatten()
    }

    fn of(image: PathBuf, parent: &Path) -> Option<Disk> {
        let folder = parent.join("disk");
        std::fs::create_dir(&folder).unwrap();
        run("mount", &["-o".as_ref(), "loop".as_ref(), &image, &folder])
            .then_some(Disk { image, folder })
    }

    /// What would be on the disk if the power went now: a copy of it, without anything that was not written through.
    /// Nobody may use the disk meanwhile. The copy of a disk that was full or protected at that moment has room and is
    /// writable again. `None` if the system itself kept writing to the disk.
    pub(crate) fn after_power_cut(&self, parent: &Path) -> Option<Disk> {
        let image = parent.join("disk.img");
        let is_copied = (0..COPIES).any(|_| {
            run("cp", &["--sparse=always".as_ref(), &self.image, &image])
                && run("cmp", &["-s".as_ref(), &self.image, &image])
        });
        let left = is_copied.then(|| Disk::of(image, parent)).flatten()?;
        let ballast = left.folder.join(BALLAST);
        run("chattr", &["-R".as_ref(), "-i".as_ref(), &left.folder]);
        if ballast.exists() {
            std::fs::remove_file(ballast).unwrap();
        }
        Some(left)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes all the space that is left, until the value is dropped.
    pub(crate) fn fill(&self) -> Ballast {
        let path = self.folder.join(BALLAST);
        let mut file = File::create(&path).unwrap();
        // Large pieces first, then what is left of a block.
        for size in [1 << 20, 4096, 1] {
            let piece = vec![1; size];
            while file.write_all(&piece).is_ok() {}
        }
        // Data has taken its space for certain only when it is on the disk.
        let _ = file.sync_all();
        Ballast { path }
    }

    /// Protects a file, if there is one, until the value is dropped; also from processes that have it open.
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

/// The file that takes the space. Dropping it frees the space.
pub(crate) struct Ballast {
    path: PathBuf,
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.path).unwrap();
    }
}

/// A file that nobody can write. Dropping it lifts the protection.
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
