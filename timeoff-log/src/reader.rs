//! Reading a topic without a group.

use std::collections::BTreeMap;
use std::vec;

use tokio::sync::mpsc;
use tokio::task::coop::consume_budget;

use crate::error::LogError;
use crate::in_hand::Place;
use crate::progress::Progress;
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
    /// As [`ReadFrom::Offsets`], and partitions that are not named are not read.
    Only(BTreeMap<i32, i64>),
}

impl ReadFrom {
    /// Whether a partition is read at all.
    pub(crate) fn reads(&self, partition: i32) -> bool {
        match self {
            ReadFrom::Beginning | ReadFrom::End | ReadFrom::Offsets(_) => true,
            ReadFrom::Only(offsets) => offsets.contains_key(&partition),
        }
    }

    /// The offset at which reading a partition begins that has these ends.
    pub(crate) fn start(&self, partition: i32, (first, end): (i64, i64)) -> i64 {
        match self {
            ReadFrom::Beginning => first,
            ReadFrom::End => end,
            ReadFrom::Offsets(offsets) | ReadFrom::Only(offsets) => offsets
                .get(&partition)
                .map_or(first, |&offset| offset.max(first)),
        }
    }
}

/// What a reader reports, in order.
#[derive(Debug)]
pub enum ReadEvent {
    /// A record, in the order of its partition.
    Record(Record),
    /// Everything that was on the topic when reading began has been handed out. Reported once.
    CaughtUp,
    /// Reading a partition has been held up for long, because another program's transaction is open there. Reported
    /// once for each offset. The records behind it come when that transaction ends.
    Hidden {
        /// The partition.
        partition: i32,
        /// The offset at which the transaction begins.
        offset: i64,
    },
    /// The log does not answer. The reader keeps trying; nothing is lost.
    Unreachable {
        /// What failed, and why.
        reason: LogError,
    },
    /// The log answers again.
    Reachable,
}

/// The most records that are read ahead: a few hundred kilobytes of applications.
pub(crate) const READ_AHEAD: usize = 2048;

/// As [`READ_AHEAD`], in bytes, in case records are large. One record more may be read ahead, and the records that the
/// consumer takes at once are not counted.
pub(crate) const READ_AHEAD_BYTES: usize = 4 << 20;

/// What an adapter hands over in one message.
pub(crate) enum Handed {
    /// Records, in order. Batched: waking the receiver costs the same for one as for many.
    Records {
        records: Vec<Record>,
        /// The records' place in the room for reading ahead. It is freed when the consumer takes them.
        _room: Place,
    },
    /// An event other than a record.
    News(ReadEvent),
}

pub(crate) type ReadSender = mpsc::UnboundedSender<Result<Handed, LogError>>;

/// Reads the partitions of a topic. Dropping it ends the reading.
pub struct Reader {
    handed: mpsc::UnboundedReceiver<Result<Handed, LogError>>,
    /// Records that were handed over and are yet to be handed out.
    taken: vec::IntoIter<Record>,
    /// What a group has settled. These records are skipped.
    settled: BTreeMap<i32, Progress>,
}

impl Reader {
    /// The channel is unbounded. The adapter bounds what is queued: each record needs a place.
    pub(crate) fn new() -> (Reader, ReadSender) {
        let (sender, handed) = mpsc::unbounded_channel();
        let reader = Reader {
            handed,
            taken: Vec::new().into_iter(),
            settled: BTreeMap::new(),
        };
        (reader, sender)
    }

    /// The same reader, without the records that are settled according to `progress`.
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
    /// The stream ends with an error that the reader cannot recover from.
    pub async fn next(&mut self) -> Result<ReadEvent, LogError> {
        // Records that were taken are available without waiting. Yield regularly, so that other tasks get their turn.
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
