//! Gathering what is folded in one transaction.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use timeoff_log::Record;

use crate::decode::{Change, Row};
use crate::error::ViewError;
use crate::fold::{Batch, Folded, print_of};
use crate::place::Place;
use crate::topic::Topic;

/// The most records of a batch: a transaction costs as much as some tens of them.
const ROWS: usize = 8192;

/// As [`ROWS`], in bytes, in case records are large. One record more may be in a batch.
const BYTES: usize = 8 << 20;

/// How long to wait for a batch to be filled while much is still to come.
const LINGER: Duration = Duration::from_millis(50);

#[derive(Default)]
pub(super) struct Gathering {
    batch: Batch,
    last: BTreeMap<(Topic, i32), Record>,
    records: usize,
    bytes: usize,
    since: Option<Instant>,
}

impl Gathering {
    /// Adds a record, and what it changes or why it changes nothing.
    pub(super) fn add(
        &mut self,
        topic: Topic,
        record: Record,
        change: Result<Change, String>,
    ) -> Result<(), ViewError> {
        let (partition, offset) = (record.position.partition, record.position.offset);
        let Some(place) = Place::new(partition, offset) else {
            return Err(ViewError::Unplaceable {
                position: record.position,
            });
        };
        match change {
            Ok(change) => self.batch.rows.push(Row {
                place,
                appended_ms: record.timestamp_ms,
                change,
            }),
            Err(reason) => self.batch.passed_over.push((topic, place, reason)),
        }
        self.records += 1;
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        self.bytes += length(&record.key) + length(&record.value);
        self.since.get_or_insert_with(Instant::now);
        self.last.insert((topic, partition), record);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records == 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.records >= ROWS || self.bytes >= BYTES
    }

    /// When it has been waited for more for long enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + LINGER)
    }

    /// The batch, and an empty gathering in its place.
    pub(super) fn take(&mut self) -> Batch {
        let gathered = std::mem::take(self);
        let mut batch = gathered.batch;
        batch.folded = gathered
            .last
            .into_iter()
            .map(|((topic, partition), record)| Folded {
                topic,
                partition,
                offset: record.position.offset,
                appended_ms: record.timestamp_ms,
                print: print_of(&record),
            })
            .collect();
        batch
    }
}
