//! `timeoff-dev demo`: the three services, as real processes, on a fresh embedded log.

use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

use crate::services::{Services, workspace};

/// Run the three services on a fresh embedded log with a sample of applications.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Leaves of up to this many hours are approved, longer ones declined.
    #[arg(long, default_value_t = 40, value_name = "N")]
    approve_up_to_hours: u32,
}

/// Runs the demo.
///
/// # Errors
///
/// If a service cannot be built or fails, or not every application has a result.
pub fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let services = Services::build()?;
    let sample = workspace().join("timeoff-dev/sample/applications.csv");
    let folder = tempfile::tempdir().context("could not make a folder for the log")?;
    let log = format!("sqlite:{}", folder.path().join("timeoff.db").display());
    let demo = Demo { services, log };
    let limit = args.approve_up_to_hours.to_string();
    let began = Instant::now();
    demo.show(
        "Employees queue their applications, each in the partition of its department:",
        "employee-service",
        &["import", &sample.display().to_string()],
    )?;
    demo.show(
        "A manager decides what waits. Each decision and the fact that it was made are recorded as one:",
        "manager-service",
        &[
            "auto",
            "--approve-up-to-hours",
            &limit,
            "--otherwise",
            "decline",
            "--until-caught-up",
        ],
    )?;
    let table = demo.show(
        "Everybody sees the results:",
        "result-reader",
        &["--from-beginning", "--until-caught-up"],
    )?;
    let took = began.elapsed();
    let applications = std::fs::read_to_string(&sample)?.lines().count() - 1;
    let results = table.lines().count();
    ensure!(
        results == applications,
        "{applications} applications were queued, but {results} results were read"
    );
    say(&format!(
        "{results} applications, {results} results, {} ms for three processes and all they wrote to disk.",
        took.as_millis()
    ))?;
    say(GO_ON)
}

const GO_ON: &str = "
Now by hand, in three terminals (the log is ./timeoff.db; --help tells the rest):

    cargo run --release -p result-reader
    cargo run --release -p manager-service
    cargo run --release -p employee-service

On a real Kafka (needs Java and Maven), with nothing else changed:

    cargo run --release -p timeoff-dev -- kafka";

struct Demo {
    services: Services,
    log: String,
}

impl Demo {
    /// Runs a service, shows what it prints, and returns it.
    fn show(&self, caption: &str, service: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let shown: Vec<&str> = arguments
            .iter()
            .map(|argument| {
                argument
                    .strip_prefix(&*format!("{}/", workspace().display()))
                    .unwrap_or(argument)
            })
            .collect();
        say(&format!(
            "\n{caption}\n\n  $ {service} {}\n",
            shown.join(" ")
        ))?;
        let output = self
            .services
            .command(service)
            .args(arguments)
            .args(["--log", &self.log])
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("could not run {service}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        for line in text.lines() {
            say(&format!("  {line}"))?;
        }
        if !output.status.success() {
            bail!("{service} ended with {}", output.status);
        }
        Ok(text)
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("could not write to standard output")
}
