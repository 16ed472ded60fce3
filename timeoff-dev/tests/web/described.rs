//! The service does what its description says, and nothing else, whoever asks: schemathesis asks it.

use std::path::Path;
use std::process::Command;

use timeoff_dev::services::workspace;
use timeoff_testkit::{Bench, asked_for, tell};

use crate::needed::{installed, skip};
use crate::office::{ADA, GRACE, LINUS, Web, dismiss, staffed};

/// How long it asks in each person's name, besides what it always asks; TIMEOFF_SCHEMATHESIS_SECONDS is longer.
const SECONDS: usize = 10;

pub(crate) fn schemathesis_finds_nothing_in_anybodys_name(bench: &Bench) {
    let Some(program) = installed("schemathesis") else {
        skip("there is no schemathesis; .ci/schemathesis installs it");
        return;
    };
    let longer = asked_for("TIMEOFF_SCHEMATHESIS_SECONDS");
    let seconds = longer.unwrap_or(SECONDS);
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    // Something to find.
    let [position, _] = [web.client(ADA), web.client(LINUS)].map(|client| {
        let body = r#"{"hours": 8, "start": "2027-07-01"}"#;
        let queued = client.post("/api/v1/applications", body).is(201);
        queued.header("timeoff-position").to_owned()
    });
    for person in [Some(ADA), Some(LINUS), Some(GRACE), None] {
        let mut command = Command::new(&program);
        let config = workspace().join("timeoff-dev/tests/web/schemathesis.toml");
        command
            .current_dir(bench.folder.path())
            .args([Path::new("--config-file"), &config])
            .args(["run", &format!("http://{}/api/openapi.json", web.address)])
            // It does not end.
            .args(["--exclude-path", "/api/v1/events"])
            // One that was made up is refused, or waited for in vain.
            .args(["--header", &format!("TimeOff-Position: {position}")])
            .args(["--checks", "all", "--no-color", "--max-examples", "10000"])
            .args(["--max-time", &seconds.to_string()]);
        if longer.is_none() {
            // The short form asks the same each time: what is new is for whoever can look into it.
            command.args(["--seed", "1"]);
        }
        if let Some(person) = person {
            command.args(["--auth", &format!("{person}:any")]);
        }
        let run = command.output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        let name = person.unwrap_or("nobody");
        assert!(run.status.success(), "in the name of {name}:\n{said}");
        let asked = said.lines().find(|line| line.contains(" generated, "));
        tell(&format!(
            "schemathesis, {name}: {}",
            asked.unwrap_or_default().trim()
        ));
    }
    web.stop();
    dismiss(manager);
}
