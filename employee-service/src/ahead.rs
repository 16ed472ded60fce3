//! Reading a file ahead, on a thread of its own: while rows are queued, the next ones are read and checked.

use std::thread;

use timeoff_models::Departments;
use tokio::sync::mpsc;

use crate::import::rows;
use crate::rows::{Row, UnusableFile};
use crate::source::Source;

/// How many rows are handed over together: what that costs is little for many.
const TOGETHER: usize = 256;

/// How many such chunks may wait.
const WAITING: usize = 8;

/// The rows of a file, in order. Dropping it ends the reading.
pub(crate) struct RowsAhead {
    chunks: mpsc::Receiver<Result<Vec<Row>, UnusableFile>>,
}

impl RowsAhead {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// If there can be no more threads.
    pub(crate) fn start(source: &Source, departments: &Departments) -> std::io::Result<RowsAhead> {
        let (source, departments) = (source.clone(), departments.clone());
        let (sender, chunks) = mpsc::channel(WAITING);
        thread::Builder::new()
            .name("csv-reader".to_owned())
            .spawn(move || {
                if let Err(error) = read(&source, &departments, &sender) {
                    // Nobody listening is as good.
                    let _ = sender.blocking_send(Err(error));
                }
            })?;
        Ok(RowsAhead { chunks })
    }

    /// The next rows, at least one; `None` at the end of the file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read on.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Row>>, UnusableFile> {
        self.chunks.recv().await.transpose()
    }
}

fn read(
    source: &Source,
    departments: &Departments,
    sender: &mpsc::Sender<Result<Vec<Row>, UnusableFile>>,
) -> Result<(), UnusableFile> {
    let mut rows = rows(source, departments)?;
    loop {
        let mut chunk = Vec::with_capacity(TOGETHER);
        while chunk.len() < TOGETHER
            && let Some(row) = rows.next()?
        {
            chunk.push(row);
        }
        if chunk.is_empty() || sender.blocking_send(Ok(chunk)).is_err() {
            return Ok(());
        }
    }
}
