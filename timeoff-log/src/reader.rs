//! Reading a topic without a group.

use std::collections::BTreeMap;
use std::vec;

use tokio::sync::mpsc;
use tokio::task::coop::consume_budget;

use crate::error::LogError;
use crate::progress::Progress;
use crate::record::Record;
use crate::room::Place;

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
    /// A partition cannot be read on for long, since another program's transaction is open there. Told once for each
    /// offset; what is behind it comes when that transaction ends.
    Hidden {
        /// The partition.
        partition: i32,
        /// The offset at which the transaction begins.
        offset: i64,
    },
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

/// As [`READ_AHEAD`], in bytes, should records be large: with one record more, and what the consumer takes at once.
pub(crate) const READ_AHEAD_BYTES: usize = 4 << 20;

/// What an adapter hands over at once.
pub(crate) enum Handed {
    /// In order. What it costs to hand over one is little for many.
    Records {
        records: Vec<Record>,
        /// Their room among what is read ahead. It is free again when they are taken.
        _room: Place,
    },
    /// An event that is no record.
    News(ReadEvent),
}

pub(crate) type ReadSender = mpsc::UnboundedSender<Result<Handed, LogError>>;

/// Reads all partitions of a topic. Dropping it ends the reading.
pub struct Reader {
    handed: mpsc::UnboundedReceiver<Result<Handed, LogError>>,
    /// What was handed over and is still to be handed out.
    taken: vec::IntoIter<Record>,
    /// What a group has settled, which is passed over.
    settled: BTreeMap<i32, Progress>,
}

impl Reader {
    /// The adapter bounds what is queued by a place for each record.
    pub(crate) fn new() -> (Reader, ReadSender) {
        let (sender, handed) = mpsc::unbounded_channel();
        let reader = Reader {
            handed,
            taken: Vec::new().into_iter(),
            settled: BTreeMap::new(),
        };
        (reader, sender)
    }

    /// The same without the records that are settled according to `progress`.
    pub(crate) fn without_settled(self, progress: BTreeMap<i32, Progress>) -> Reader {
        Reader {
            settled: progress,
            ..self
        }
    }

    /// Waits for the next event. Safe to cancel: no event is lost.
    ///
    /// # Errors
    ///
    /// An error ends the stream: what the reader cannot recover from by itself.
    pub async fn next(&mut self) -> Result<ReadEvent, LogError> {
        // What was taken is there at once, again and again: others must have their turn.
        consume_budget().await;
        loop {
            if let Some(record) = self.next_taken() {
                return Ok(ReadEvent::Record(record));
            }
            let handed = self.handed.recv().await.ok_or(LogError::Closed)?;
            if let Some(news) = self.take(handed?) {
                return Ok(news);
            }
        }
    }

    /// The next event if there is one already.
    ///
    /// # Errors
    ///
    /// As [`Reader::next`].
    pub fn try_next(&mut self) -> Result<Option<ReadEvent>, LogError> {
        loop {
            if let Some(record) = self.next_taken() {
                return Ok(Some(ReadEvent::Record(record)));
            }
            let handed = match self.handed.try_recv() {
                Ok(handed) => handed?,
                Err(mpsc::error::TryRecvError::Empty) => return Ok(None),
                Err(mpsc::error::TryRecvError::Disconnected) => return Err(LogError::Closed),
            };
            if let Some(news) = self.take(handed) {
                return Ok(Some(news));
            }
        }
    }

    fn take(&mut self, handed: Handed) -> Option<ReadEvent> {
        match handed {
            Handed::Records { records, .. } => {
                self.taken = records.into_iter();
                None
            }
            Handed::News(event) => Some(event),
        }
    }

    fn next_taken(&mut self) -> Option<Record> {
        let settled = &self.settled;
        self.taken.find(|Record { position, .. }| {
            !settled
                .get(&position.partition)
                .is_some_and(|progress| progress.is_decided(position.offset))
        })
    }
}
