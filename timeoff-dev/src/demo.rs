//! `timeoff-dev demo`: the three services, as real processes, on a fresh embedded log.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail, ensure};

/// Run the three services on a fresh embedded log with a sample of applications.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Leaves of up to this many hours are approved, longer ones declined.
    #[arg(long, default_value_t = 40, value_name = "N")]
    approve_up_to_hours: u32,
}

/// The packages whose binaries are run; binary and package have one name.
const SERVICES: [&str; 3] = ["employee-service", "manager-service", "result-reader"];

/// Runs the demo.
///
/// # Errors
///
/// If a service cannot be built or fails, or not every application has a result.
pub fn run(args: &DemoArgs) -> anyhow::Result<()> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the package lies in a workspace")?;
    let binaries = build(workspace)?;
    let sample = workspace.join("timeoff-dev/sample/applications.csv");
    let folder = tempfile::tempdir().context("could not make a folder for the log")?;
    let log = format!("sqlite:{}", folder.path().join("timeoff.db").display());
    let demo = Demo {
        binaries,
        workspace: workspace.to_owned(),
        log,
    };
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
    binaries: PathBuf,
    workspace: PathBuf,
    log: String,
}

impl Demo {
    /// Runs a service, shows what it prints, and returns it.
    fn show(&self, caption: &str, service: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let shown: Vec<&str> = arguments
            .iter()
            .map(|argument| {
                argument
                    .strip_prefix(&*format!("{}/", self.workspace.display()))
                    .unwrap_or(argument)
            })
            .collect();
        say(&format!(
            "\n{caption}\n\n  $ {service} {}\n",
            shown.join(" ")
        ))?;
        let output = Command::new(self.binaries.join(service))
            .args(arguments)
            .args(["--log", &self.log])
            .stderr(std::process::Stdio::inherit())
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

/// Builds the services beside this binary, in the same profile. Returns the folder they are in.
fn build(workspace: &Path) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("could not find this program's own file")?;
    let binaries = own
        .parent()
        .context("a program's file lies in a folder")?
        .to_owned();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(workspace).arg("build");
    if binaries.ends_with("release") {
        command.arg("--release");
    }
    for service in SERVICES {
        command.args(["--package", service]);
    }
    let status = command.status().context("could not run cargo")?;
    ensure!(status.success(), "cargo build ended with {status}");
    Ok(binaries)
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("could not write to standard output")
}
