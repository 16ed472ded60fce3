//! Where rows come from: a file that is read twice.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::SystemTime;

use anyhow::Context;
use timeoff_cli::{Shutdown, UsageError};

/// A file that can be read twice: once to check it, once to queue it.
pub(crate) struct Source {
    name: String,
    file: File,
}

/// The state of a file; it differs once somebody has written to the file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Version {
    bytes: u64,
    written: Option<SystemTime>,
}

impl Source {
    /// Opens a file; `-` is standard input.
    ///
    /// A source that cannot be read twice, such as a pipe, is copied to a nameless temporary file first.
    pub(crate) async fn open(path: &Path, shutdown: &Shutdown) -> anyhow::Result<Source> {
        if path == Path::new("-") {
            let name = "standard input".to_owned();
            let file = copied(io::stdin(), shutdown)
                .await
                .with_context(|| format!("could not copy {name} to a temporary file"))?;
            return Ok(Source { name, file });
        }
        let name = path.display().to_string();
        let unusable = |reason: &dyn std::fmt::Display| {
            UsageError(format!("{name} could not be opened: {reason}"))
        };
        let metadata = std::fs::metadata(path).map_err(|error| unusable(&error))?;
        if metadata.is_dir() {
            return Err(unusable(&"it is a folder").into());
        }
        if metadata.is_file() {
            let file = File::open(path).map_err(|error| unusable(&error))?;
            return Ok(Source { name, file });
        }
        let path = path.to_owned();
        // Opening a pipe waits until somebody opens it for writing.
        let pipe = tokio::task::spawn_blocking(move || File::open(path));
        let pipe = tokio::select! {
            pipe = pipe => pipe?.map_err(|error| unusable(&error))?,
            () = shutdown.requested() => return Err(stopped()),
        };
        let file = copied(pipe, shutdown)
            .await
            .with_context(|| format!("could not copy {name} to a temporary file"))?;
        Ok(Source { name, file })
    }

    /// What a person calls it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The file, from its beginning.
    pub(crate) fn rewound(&self) -> anyhow::Result<&File> {
        let mut file = &self.file;
        file.rewind()
            .with_context(|| format!("{} could not be read from its beginning", self.name))?;
        Ok(file)
    }

    /// The version of the file that is there now.
    pub(crate) fn version(&self) -> anyhow::Result<Version> {
        let metadata = self
            .file
            .metadata()
            .with_context(|| format!("{} could not be looked at", self.name))?;
        Ok(Version {
            bytes: metadata.len(),
            written: metadata.modified().ok(),
        })
    }
}

async fn copied(
    mut input: impl Read + Send + 'static,
    shutdown: &Shutdown,
) -> anyhow::Result<File> {
    let copying = tokio::task::spawn_blocking(move || {
        let mut file = tempfile::tempfile().with_context(|| {
            let folder = std::env::temp_dir();
            format!(
                "could not make a file in {}; name another folder with TMPDIR",
                folder.display()
            )
        })?;
        io::copy(&mut input, &mut file)?;
        anyhow::Ok(file)
    });
    tokio::select! {
        copied = copying => Ok(copied??),
        () = shutdown.requested() => Err(stopped()),
    }
}

fn stopped() -> anyhow::Error {
    anyhow::anyhow!("stopped while it was read; nothing was queued")
}
