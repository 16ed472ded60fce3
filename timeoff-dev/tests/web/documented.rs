//! The lines in docs/api.md work as they stand there.

use std::process::{Command, Stdio};

use timeoff_dev::services::workspace;
use timeoff_testkit::Bench;

use crate::needed::skip;
use crate::office::{Web, dismiss, staffed};

/// The first curl that knows --json.
const CURL: (u32, u32) = (7, 82);

#[test]
fn the_lines_in_the_documentation_of_the_api_work() {
    if !has_curl() {
        skip(&format!(
            "the lines in docs/api.md need curl {}.{}",
            CURL.0, CURL.1
        ));
        return;
    }
    let text = std::fs::read_to_string(workspace().join("docs/api.md")).unwrap();
    let blocks = text.split("```sh\n").skip(1);
    let lines: Vec<&str> = blocks
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(lines.len() > 3, "{lines:?}");

    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let run = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &lines.concat()])
        .current_dir(bench.folder.path())
        .env("TIMEOFF", format!("http://{}", web.address))
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{}\n{out}\n{err}", run.status);
    assert!(out.contains(r#""state":"accepted""#), "{out}");
    web.stop();
    dismiss(manager);
}

fn has_curl() -> bool {
    let asked = Command::new("curl")
        .arg("--version")
        .stderr(Stdio::null())
        .output();
    let Ok(asked) = asked else { return false };
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    let version = said.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = version
        .split('.')
        .filter_map(|number| number.parse::<u32>().ok());
    numbers
        .next()
        .zip(numbers.next())
        .is_some_and(|version| version >= CURL)
}
