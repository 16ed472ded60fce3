//! Programs that stories need besides our own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use timeoff_dev::services::workspace;
use timeoff_testkit::tell;

/// If this is set, a story fails whose programs are missing.
const REQUIRE: &str = "TIMEOFF_REQUIRE_WEB";

/// Says that a story is skipped because something is missing.
pub(crate) fn skip(missing: &str) {
    assert!(std::env::var_os(REQUIRE).is_none(), "{missing}");
    tell(&format!("SKIPPED: {missing}"));
}

/// A program that .ci/schemathesis has installed, or else the one on the PATH.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let installed = workspace().join("target/schemathesis/bin").join(program);
    [installed, PathBuf::from(program)]
        .into_iter()
        .find(|program| says_its_version(program))
}

/// Whether it is there and works.
pub(crate) fn says_its_version(program: &Path) -> bool {
    let version = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}
