//! `timeoff-dev holidays`: the public holidays that `timeoff-ledger` has embedded, from the PyPI package `holidays`.
//!
//! Python does the work (`extract.py`), in a virtual environment under `target/`.
//! It needs Python 3.11 or newer with `venv`, and at first the network.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::services::workspace;

/// Where the files come from; a newer one is another calendar for everybody, see CONTRIBUTING.md.
const PACKAGE: &str = "holidays==0.109";

/// Makes the files, in the folder that is its argument.
const EXTRACT: &str = include_str!("extract.py");

/// Where the files are, from the workspace's folder.
const FOLDER: &str = "timeoff-ledger/src/calendar";

const FILES: [&str; 2] = ["holidays.csv", "regions.csv"];

/// Make the files with the public holidays of all countries anew, from the PyPI package `holidays`.
#[derive(Debug, clap::Args)]
pub struct HolidaysArgs {
    /// Only compare them with those that are there.
    #[arg(long)]
    check: bool,
}

/// Makes the files anew, or compares them.
///
/// # Errors
///
/// If Python or the package cannot be had, a file cannot be written, or, with `--check`, one is not as it would be made.
pub fn run(args: &HolidaysArgs) -> anyhow::Result<()> {
    let made = tempfile::tempdir().context("make a temporary folder")?;
    extract(made.path())?;
    for file in FILES {
        let anew = made.path().join(file);
        let anew = fs::read(&anew).with_context(|| format!("read {}", anew.display()))?;
        let path = workspace().join(FOLDER).join(file);
        if args.check {
            let there = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            ensure!(
                there == anew,
                "{FOLDER}/{file} is not what {PACKAGE} gives: run `timeoff-dev holidays`, and see what has changed"
            );
        } else {
            fs::write(&path, anew).with_context(|| format!("write {}", path.display()))?;
        }
    }
    Ok(())
}

/// Has Python make the files in a folder.
fn extract(into: &Path) -> anyhow::Result<()> {
    // Named by what is in it: another version has another one.
    let environment = workspace().join("target").join(PACKAGE);
    let python = environment.join("bin/python");
    let installed = environment.join("installed");
    if !installed.exists() {
        let mut make = Command::new("python3");
        succeed(make.args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet"]);
        succeed(install.args(["--disable-pip-version-check", PACKAGE]))?;
        fs::write(&installed, "").with_context(|| format!("write {}", installed.display()))?;
    }
    succeed(Command::new(&python).args(["-c", EXTRACT]).arg(into))
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let program = command.get_program().to_owned();
    let program = program.display();
    let status = command.status();
    let status = status.with_context(|| format!("could not run {program}"))?;
    ensure!(status.success(), "{program} ended with {status}");
    Ok(())
}
