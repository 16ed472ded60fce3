//! A script that plays a story in a browser, and the few lines in which it speaks with us: `- STEP`, `? WISH`, which we
//! grant and answer with `done`, `= FIGURE`, and `! COMPLAINT`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use timeoff_dev::services::workspace;
use timeoff_testkit::tell;

use crate::needed::Browser;
use crate::office::{ADA, BOB, GRACE, LINUS, OLE, Web};

/// A story, and what its script is told.
pub(super) struct Script<'a> {
    pub(super) browser: &'a Browser,
    /// The name of its file.
    pub(super) story: &'a str,
    /// Where the service is.
    pub(super) origin: String,
    /// Where the pictures go; if the story fails, one of each window.
    pub(super) folder: PathBuf,
    /// Whether it may write what it needs on the log.
    pub(super) makes_data: bool,
}

impl<'a> Script<'a> {
    /// A story with a service that the test has started.
    pub(super) fn of(browser: &'a Browser, story: &'a str, web: &Web) -> Script<'a> {
        let test = std::thread::current();
        let test = test.name().unwrap_or(story).replace("::", "-");
        Script {
            browser,
            story,
            origin: format!("http://{}", web.address),
            folder: workspace().join("target/browser-failed").join(test),
            makes_data: true,
        }
    }

    /// Plays it to its end, and grants what it wishes for on the way.
    pub(super) fn play(self, mut grant: impl FnMut(&str)) {
        let settings = json!({
            "origin": self.origin,
            "folder": self.folder,
            "makesData": self.makes_data,
            "chromium": self.browser.chromium,
            "tools": self.browser.tools,
            "people": {
                "employee": ADA, "colleague": BOB, "approver": LINUS, "admin": GRACE, "other": OLE,
                "stranger": "eve@example.com",
            },
        });
        let scripts = workspace().join("timeoff-dev/tests/web/browser");
        let child = Command::new(&self.browser.node)
            .arg(scripts.join("main.mjs"))
            .args([self.story, &settings.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut node = Node(child);
        let mut answers = node.0.stdin.take().unwrap();
        let mut said = String::new();
        for line in BufReader::new(node.0.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            said = said + &line + "\n";
            if let Some(wish) = line.strip_prefix("? ") {
                grant(wish);
                writeln!(answers, "done").unwrap();
            }
            if let Some(figure) = line.strip_prefix("= ") {
                tell(figure);
            }
        }
        let ended = node.0.wait().unwrap();
        assert!(ended.success(), "{} has failed:\n{said}", self.story);
    }
}

/// The process. Its browser ends with it.
struct Node(Child);

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
