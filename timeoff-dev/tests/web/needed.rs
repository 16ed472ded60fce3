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

/// A Python that has a package: the one that .ci/schemathesis has made, or else the one on the PATH.
pub(crate) fn python_with(package: &str) -> Option<PathBuf> {
    let installed = workspace().join("target/schemathesis/bin/python");
    let has_it = |python: &PathBuf| {
        let import = Command::new(python)
            .args(["-c", &format!("import {package}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        import.is_ok_and(|status| status.success())
    };
    [installed, PathBuf::from("python3")]
        .into_iter()
        .find(has_it)
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

/// A browser, and what drives it.
pub(crate) struct Browser {
    pub(crate) node: PathBuf,
    pub(crate) chromium: PathBuf,
    /// The folder that .ci/browser has made.
    pub(crate) tools: PathBuf,
}

/// The browser, if everything is there; otherwise what is missing is said.
pub(crate) fn browser() -> Option<Browser> {
    let tools = workspace().join("target/browser");
    // The folder is renamed into place when it is complete.
    if !tools.join("packages").is_file() {
        skip("there is no playwright-core; .ci/browser installs it");
        return None;
    }
    let Some(node) = on_the_path("node") else {
        skip("there is no node, which drives the browser: install Node.js 18 or newer");
        return None;
    };
    let chromium = ["chromium", "chromium-browser", "google-chrome"];
    let Some(chromium) = chromium.into_iter().find_map(on_the_path) else {
        skip("there is no chromium: install it");
        return None;
    };
    Some(Browser {
        node,
        chromium,
        tools,
    })
}

/// The file of a program that works.
fn on_the_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|file| says_its_version(file))
}
