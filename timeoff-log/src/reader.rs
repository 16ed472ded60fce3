//! Reading a topic without a group.

use std::collections::BTreeMap;

use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::error::LogError;
use crate::record::Record;

/// Where reading begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadFrom {
    /// At the first record of each partition.
    Beginning,
    /// After the last record of each partition.
    End,
    /// At the given offset of each partition named, at the first record of each other one. An offset before the
    /// first record means the first record.
    Offsets(BTreeMap<i32, i64>),
}

/// What a reader is told, in order.
#[derive(Debug)]
pub enum ReadEvent {
    /// A record, in the order of its partition.
    Record(Record),
    /// Everything that was on the topic when reading began has been handed out. Told once.
    CaughtUp,
    /// The log does not answer. The reader keeps trying; nothing is lost.
    Unreachable {
        /// What is wrong, for a person.
        reason: String,
    },
    /// The log answers again.
    Reachable,
}

/// How many records are read ahead at the most: a few hundred kilobytes of applications.
pub(crate) const READ_AHEAD: usize = 2048;

pub(crate) type ReadSender =
    mpsc::UnboundedSender<Result<(ReadEvent, Option<OwnedSemaphorePermit>), LogError>>;

/// Reads all partitions of a topic. Dropping it ends the reading.
pub struct Reader {
    events: mpsc::UnboundedReceiver<Result<(ReadEvent, Option<OwnedSemaphorePermit>), LogError>>,
}

impl Reader {
    /// The adapter bounds what is queued by a permit for each record, which is freed when the record is taken.
    pub(crate) fn new() -> (Reader, ReadSender) {
        let (sender, events) = mpsc::unbounded_channel();
        (Reader { events }, sender)
    }

    /// Waits for the next event. Safe to cancel: no event is lost.
    ///
    /// # Errors
    ///
    /// An error ends the stream: what the reader cannot recover from by itself.
    pub async fn next(&mut self) -> Result<ReadEvent, LogError> {
        match self.events.recv().await {
            Some(event) => event.map(|(event, _permit)| event),
            None => Err(LogError::Closed),
        }
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    ///
    /// As [`Reader::next`].
    pub fn try_next(&mut self) -> Result<Option<ReadEvent>, LogError> {
        match self.events.try_recv() {
            Ok(event) => event.map(|(event, _permit)| Some(event)),
            Err(mpsc::error::TryRecvError::Empty) => Ok(None),
            Err(mpsc::error::TryRecvError::Disconnected) => Err(LogError::Closed),
        }
    }
}
