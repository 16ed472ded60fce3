//! A policy file, and what is wrong with it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, bail};
use timeoff_cli::{Shutdown, UsageError};
use timeoff_ledger::{Calendar, InvalidPolicy, Policy};

/// Longer files are not read at all. A policy may have 64 KiB, which the policy itself checks.
const BYTES_MAX: u64 = 1024 * 1024;

/// Something that is wrong with a policy, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The path of the key; `None` if it is not about a key.
    pub(super) key: Option<String>,
    /// The line, from 1; `None` if it is about the whole file.
    pub(super) line: Option<usize>,
    /// The character in the line, from 1, if it is known.
    pub(super) column: Option<usize>,
    /// What is wrong, and what to do. Harmless for a terminal.
    pub(super) what: String,
}

impl Complaint {
    /// As compilers put it: line, column, key, what.
    pub(super) fn sentence(&self, file: &str) -> String {
        let mut text = file.to_owned();
        if let Some(line) = self.line {
            text += &format!(":{line}");
        }
        if let Some(column) = self.column {
            text += &format!(":{column}");
        }
        match &self.key {
            Some(key) => format!("{text}: {key}: {}", self.what),
            None => format!("{text}: {}", self.what),
        }
    }
}

/// Reads the text; '-' is standard input.
///
/// # Errors
///
/// [`UsageError`] if it cannot be read, is too long or no text; another error if somebody asks to stop.
pub(super) async fn read(path: &Path, shutdown: &Shutdown) -> anyhow::Result<String> {
    let name = path.display().to_string();
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || text(&path));
    let text = tokio::select! {
        text = reading => text.context("reading the file was interrupted")?,
        () = shutdown.requested() => bail!("stopped before the file was read"),
    };
    text.map_err(|why| UsageError(format!("{name}: {why}")).into())
}

fn text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = match path == Path::new("-") {
        true => io::stdin().take(BYTES_MAX + 1).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|error| format!("it could not be read: {error}"))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err("it is longer than 1 MiB, so it is no policy".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    // Some editors put a mark of the byte order first.
    Ok(text
        .strip_prefix('\u{feff}')
        .map_or(text.clone(), str::to_owned))
}

/// The policy of a text, by the rules of whoever is asked to set it.
///
/// # Errors
///
/// All that is wrong with it.
pub(super) fn understand(text: &str) -> Result<Policy, Vec<Complaint>> {
    let calendar = Calendar::embedded();
    Policy::read(text, |region| calendar.knows(region)).map_err(complaints)
}

fn complaints(error: InvalidPolicy) -> Vec<Complaint> {
    match error {
        InvalidPolicy::Contradictory(problems) => problems.iter().map(of_problem).collect(),
        InvalidPolicy::Unreadable { line, column, what } => vec![Complaint {
            key: None,
            line: Some(line),
            column: Some(column),
            what,
        }],
        InvalidPolicy::TooLong { .. } => vec![Complaint {
            key: None,
            line: None,
            column: None,
            what: error.to_string(),
        }],
    }
}

/// The complaint about a problem with values.
pub(super) fn of_problem(problem: &timeoff_ledger::Problem) -> Complaint {
    Complaint {
        key: Some(problem.place.key.clone()),
        line: Some(problem.place.line),
        column: None,
        what: problem.what.clone(),
    }
}
