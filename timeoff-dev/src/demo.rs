//! `timeoff-dev demo`: the three services, as real processes, on a fresh embedded log, which is kept.
//!
//! Every command line that it shows can be typed: the same program, with the same options, on the same log.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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

/// How many lines of a service's output are shown where not every line matters.
const SOME_LINES: usize = 6;

/// Runs the demo.
///
/// # Errors
///
/// If a service cannot be built or fails, or not every application has a result.
pub fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let services = Services::build()?;
    let sample = workspace().join("timeoff-dev/sample/applications.csv");
    let folder = make_folder(&services.target().join("demo"))?;
    let log = format!("sqlite:{}", typed(&folder.join("timeoff.db")));
    let demo = Demo { services, log };
    let limit = args.approve_up_to_hours.to_string();
    let began = Instant::now();
    demo.show(
        "Employees queue their applications, each in the partition of its department:",
        "employee-service",
        &["import", &typed(&sample)],
        SOME_LINES,
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
        SOME_LINES,
    )?;
    demo.show(
        "Everybody sees the results:",
        "result-reader",
        &["--from-beginning", "--until-caught-up"],
        usize::MAX,
    )?;
    let took = began.elapsed();
    let lines = demo.run(
        "result-reader",
        &["--from-beginning", "--until-caught-up", "--output", "json"],
    )?;
    let results = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Value>, _>>()
        .context("a result is not JSON")?;
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
        "\n{applications} applications: {approved} approved, {} declined. \
         Three processes, with all that was queued and decided on disk, took {} ms.",
        applications - approved,
        took.as_millis()
    ))?;
    say(&go_on(&demo.log, |service| demo.program(service)))
}

/// How to go on by hand, on the same log.
fn go_on(log: &str, program: impl Fn(&str) -> String) -> String {
    let (employee, manager, reader) = (
        program("employee-service"),
        program("manager-service"),
        program("result-reader"),
    );
    let dev = program("timeoff-dev");
    format!(
        "
The log is kept: {log}. Now by hand, in three terminals (see --help of each for the rest):

    {employee} --log {log}
    {manager} --log {log}
    {reader} --log {log}

On a real Kafka (needs Java and Maven), with nothing else changed:

    {dev} kafka"
    )
}

/// Makes the folder of this demo's log, beside those of earlier ones: somebody may have gone on with them.
pub(crate) fn make_folder(demos: &Path) -> anyhow::Result<PathBuf> {
    let context = || format!("could not make a folder in {}", demos.display());
    std::fs::create_dir_all(demos).with_context(context)?;
    for number in 1.. {
        let folder = demos.join(number.to_string());
        match std::fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(context),
        }
    }
    bail!("all numbers are taken in {}", demos.display())
}

/// A path as it can be typed in a shell in the current folder.
pub(crate) fn typed(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| path.strip_prefix(here).ok());
    let text = short.unwrap_or(path).display().to_string();
    match text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-+:".contains(c))
    {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

struct Demo {
    services: Services,
    log: String,
}

impl Demo {
    /// Runs a service as a person would, and shows the first lines that it prints.
    fn show(
        &self,
        caption: &str,
        service: &str,
        arguments: &[&str],
        shown: usize,
    ) -> anyhow::Result<()> {
        say(&format!(
            "\n{caption}\n\n  $ {} {} --log {}\n",
            self.program(service),
            arguments.join(" "),
            self.log
        ))?;
        let text = self.run(service, arguments)?;
        for line in text.lines().take(shown) {
            say(&format!("  {line}"))?;
        }
        match text.lines().count().saturating_sub(shown) {
            0 => Ok(()),
            more => say(&format!("  … and {more} more")),
        }
    }

    /// Runs a service and returns what it prints.
    fn run(&self, service: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let line = format!(
            "exec {} {} --log {}",
            self.program(service),
            arguments.join(" "),
            self.log
        );
        let output = Command::new("sh")
            .args(["-c", &line])
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("could not run {service}"))?;
        if !output.status.success() {
            bail!("{service} ended with {}", output.status);
        }
        String::from_utf8(output.stdout).context("a service printed something other than text")
    }

    fn program(&self, name: &str) -> String {
        typed(&self.services.path(name))
    }
}

/// Prints lines on standard output.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("could not write to standard output")
}
