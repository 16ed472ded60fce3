//! One topic's partitions, or those that were added to it later, being read.

use std::collections::BTreeMap;
use std::sync::Arc;

use timeoff_log::{Log, LogError, ReadFrom, Reader, Record};

use crate::error::ViewError;
use crate::fold::{Folded, print_of};
use crate::topic::Topic;

pub(super) struct Lane {
    pub(super) topic: Topic,
    name: Arc<str>,
    pub(super) reader: Reader,
    /// The offset that the next record has at least, of each partition.
    next: BTreeMap<i32, i64>,
    /// The record that was folded last, of each partition in which no record has been read yet.
    folded: BTreeMap<i32, Folded>,
    pub(super) is_caught_up: bool,
}

impl Lane {
    /// Begins to read `partitions`. Where one has been folded before, its last record is read again, to see whether it
    /// is still the same: a topic that was made again has the same name and other records.
    pub(super) async fn begin(
        log: &Log,
        topic: Topic,
        name: &Arc<str>,
        partitions: impl IntoIterator<Item = i32>,
        folded: &[Folded],
    ) -> Result<Lane, LogError> {
        let folded: BTreeMap<i32, Folded> = folded
            .iter()
            .filter(|folded| folded.topic == topic)
            .map(|folded| (folded.partition, folded.clone()))
            .collect();
        let starts: BTreeMap<i32, i64> = partitions
            .into_iter()
            .map(|partition| (partition, folded.get(&partition).map_or(0, |f| f.offset)))
            .collect();
        let reader = log.read(name, ReadFrom::Only(starts.clone())).await?;
        Ok(Lane {
            topic,
            name: name.clone(),
            reader,
            next: starts,
            folded,
            is_caught_up: false,
        })
    }

    /// The topic's name.
    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn has(&self, partition: i32) -> bool {
        self.next.contains_key(&partition)
    }

    /// The end that each partition must have at least.
    pub(super) fn read_to(&self) -> impl Iterator<Item = (i32, i64)> {
        self.next.iter().map(|(&partition, &next)| {
            let is_folded = self.folded.contains_key(&partition);
            (partition, next + i64::from(is_folded))
        })
    }

    /// Whether a record is to be folded, rather than the one that was folded last.
    pub(super) fn is_new(&mut self, record: &Record) -> Result<bool, ViewError> {
        let (partition, offset) = (record.position.partition, record.position.offset);
        let other_topic = |found: String| ViewError::OtherTopic {
            topic: self.name.clone(),
            partition,
            found,
        };
        let next = self.next.entry(partition).or_insert(0);
        if offset < *next {
            return Err(other_topic(format!(
                "has a record at offset {offset}, and was folded up to offset {next}"
            )));
        }
        *next = offset + 1;
        let Some(folded) = self.folded.remove(&partition) else {
            return Ok(true);
        };
        if offset > folded.offset {
            // The record has expired.
            return Ok(true);
        }
        if (record.timestamp_ms, print_of(record)) != (folded.appended_ms, folded.print) {
            return Err(other_topic(format!(
                "has another record at offset {offset} than the one that was folded"
            )));
        }
        Ok(false)
    }
}
