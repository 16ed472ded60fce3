//! `timeoff-dev demo`: the three services, as real processes, on a fresh embedded log.

use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use serde_json::Value;

use crate::services::{Services, workspace};

/// Run the three services on a fresh embedded log with a sample of applications.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Leaves of up to this many hours are approved, longer ones declined.
    #[arg(long, default_value_t = 40, value_name = "N")]
    approve_up_to_hours: u32,
}

/// How many lines of a service's output are shown.
const SHOWN_LINES: usize = 6;

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
    let lines = demo.run(
        "Everybody sees the results:",
        "result-reader",
        &["--until-caught-up", "--output", "json"],
    )?;
    let took = began.elapsed();
    let results = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Value>, _>>()
        .context("a result is not JSON")?;
    say(&table(&results))?;
    let applications = std::fs::read_to_string(&sample)?.lines().count() - 1;
    ensure!(
        results.len() == applications,
        "{applications} applications were queued, but {} results were read",
        results.len()
    );
    let approved = results
        .iter()
        .filter(|result| result["outcome"] == "approved")
        .count();
    say(&format!(
        "\n{applications} applications: {approved} approved, {} declined. Three processes, and all that was queued and decided on disk, took {} ms.",
        applications - approved,
        took.as_millis()
    ))?;
    say(GO_ON)
}

/// The results as a table, by date.
fn table(results: &[Value]) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut rows: Vec<[String; 6]> = results
        .iter()
        .map(|result| {
            [
                "start",
                "hours",
                "department",
                "email",
                "outcome",
                "processed_by",
            ]
            .map(|field| text(&result[field]))
        })
        .collect();
    rows.sort();
    let header = [
        "from",
        "hours",
        "department",
        "employee",
        "outcome",
        "decided by",
    ]
    .map(str::to_owned);
    let rule = [10, 5, 10, 28, 8, 10].map(|width| "-".repeat(width));
    [header, rule]
        .iter()
        .chain(&rows)
        .map(|[from, hours, department, employee, outcome, by]| {
            format!(
                "  {from:<10}  {hours:>5}  {department:<10}  {employee:<28}  {outcome:<8}  {by}"
            )
        })
        .collect::<Vec<_>>()
        .join("\n")
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
    /// Runs a service and shows the first lines that it prints.
    fn show(&self, caption: &str, service: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let text = self.run(caption, service, arguments)?;
        for line in text.lines().take(SHOWN_LINES) {
            say(&format!("  {line}"))?;
        }
        match text.lines().count().saturating_sub(SHOWN_LINES) {
            0 => Ok(()),
            more => say(&format!("  … and {more} more")),
        }
    }

    /// Runs a service and returns what it prints.
    fn run(&self, caption: &str, service: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let workspace = format!("{}/", workspace().display());
        let shown: Vec<&str> = arguments
            .iter()
            .map(|argument| argument.strip_prefix(&*workspace).unwrap_or(argument))
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
        if !output.status.success() {
            bail!("{service} ended with {}", output.status);
        }
        String::from_utf8(output.stdout).context("a service printed something other than text")
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("could not write to standard output")
}
