//! Dead letters: records that nobody understands, with the position they came from and the reason.

use timeoff_log::{Header, NewRecord, Record};

use super::Contract;

/// The headers that make a record a dead letter: its original position, and the reason. They come before the headers
/// that the record had. All are text.
pub const DEAD_LETTER_HEADERS: [&str; 4] = [
    "timeoff.topic",
    "timeoff.partition",
    "timeoff.offset",
    "timeoff.reason",
];

impl Contract {
    /// The dead letter of a record: the same key and value, with its original position and the reason in headers.
    ///
    /// The headers are [`DEAD_LETTER_HEADERS`], before those that the record had.
    pub fn dead_letter(&self, record: &Record, reason: &str) -> NewRecord {
        let position = &record.position;
        let (partition, offset) = (position.partition.to_string(), position.offset.to_string());
        let texts = [&*position.topic, &partition, &offset, reason];
        let mut headers: Vec<Header> = DEAD_LETTER_HEADERS
            .into_iter()
            .zip(texts)
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .collect();
        headers.extend(record.headers.iter().cloned());
        let topic = &self.topics.dead_letters;
        NewRecord {
            partition: position.partition % self.partitions[topic],
            topic: topic.clone(),
            key: record.key.clone(),
            value: record.value.clone(),
            headers,
        }
    }
}
