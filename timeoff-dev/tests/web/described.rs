//! The service does what its description says, and nothing else, whoever asks: schemathesis asks it.

use std::path::Path;
use std::process::Command;

use timeoff_dev::services::workspace;
use timeoff_testkit::{Bench, asked_for, tell};

use crate::needed::{installed, skip};
use crate::office::{ADA, GRACE, LINUS, Web, dismiss, staffed};

/// How long it asks in each person's name, besides what it always asks; TIMEOFF_SCHEMATHESIS_SECONDS is longer.
pub(crate) const SECONDS: usize = 15;

pub(crate) fn schemathesis_finds_nothing_in_anybodys_name(bench: &Bench) {
    let Some(program) = installed("schemathesis") else {
        skip("there is no schemathesis; .ci/schemathesis installs it");
        return;
    };
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    // Something to find.
    let [position, _] = [web.client(ADA), web.client(LINUS)].map(|client| {
        let body = r#"{"hours": 8, "start": "2027-07-01"}"#;
        let queued = client.post("/api/v1/applications", body).is(201);
        queued.header("timeoff-position").to_owned()
    });
    let asking = Asking {
        bench,
        program: &program,
        web: &web,
        position: &position,
        seconds: asked_for("TIMEOFF_SCHEMATHESIS_SECONDS").unwrap_or(SECONDS),
        is_away: false,
    };
    for person in [Some(ADA), Some(LINUS), Some(GRACE), None] {
        asking.run(person);
    }
    web.stop();
    dismiss(manager);
}

/// What schemathesis is told.
pub(crate) struct Asking<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) program: &'a Path,
    pub(crate) web: &'a Web,
    /// A position of the log that there is: one that was made up is refused, or waited for in vain.
    pub(crate) position: &'a str,
    pub(crate) seconds: usize,
    /// Whether the log goes away meanwhile: then a 503 may be the answer, and nothing else.
    pub(crate) is_away: bool,
}

impl Asking<'_> {
    /// Asks in somebody's name, and fails if it finds anything.
    pub(crate) fn run(&self, person: Option<&str>) {
        let file = workspace().join("timeoff-dev/tests/web/schemathesis.toml");
        let mut config = std::fs::read_to_string(file).unwrap();
        if self.is_away {
            let away =
                r#"checks.not_a_server_error.expected-statuses = ["2xx", "304", "4xx", "503"]"#;
            config = format!("{away}\n{config}");
        }
        let file = self.bench.folder.path().join("schemathesis.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(self.program);
        command
            .current_dir(self.bench.folder.path())
            .args([Path::new("--config-file"), &file])
            .args([
                "run",
                &format!("http://{}/api/openapi.json", self.web.address),
            ])
            // It does not end.
            .args(["--exclude-path", "/api/v1/events"])
            .args(["--header", &format!("TimeOff-Position: {}", self.position)])
            .args(["--checks", "all", "--no-color", "--max-examples", "10000"])
            .args(["--max-time", &self.seconds.to_string()]);
        if asked_for("TIMEOFF_SCHEMATHESIS_SECONDS").is_none() {
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
}
