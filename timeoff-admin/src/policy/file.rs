//! A policy file, and what is wrong with it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context, bail};
use timeoff_cli::{Shutdown, UsageError};
use timeoff_ledger::Complaint;

/// Longer files are not read at all. A policy may have 64 KiB, which the policy itself checks.
const BYTES_MAX: u64 = 1024 * 1024;

/// As compilers put it: line, column, key, what.
pub(super) fn sentence(complaint: &Complaint, file: &str) -> String {
    let mut text = file.to_owned();
    if let Some(line) = complaint.line {
        text += &format!(":{line}");
    }
    if let Some(column) = complaint.column {
        text += &format!(":{column}");
    }
    match &complaint.key {
        Some(key) => format!("{text}: {key}: {}", complaint.what),
        None => format!("{text}: {}", complaint.what),
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
