//! Records as they go onto the log and as they come off it.

use std::fmt;
use std::sync::Arc;

/// A named byte string that travels with a record, outside its key and value.
pub type Header = (String, Vec<u8>);

/// A record to be appended.
///
/// `Debug` shows sizes only: keys and values hold personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The topic it goes to.
    pub topic: Arc<str>,
    /// The partition it goes to, counted from 0.
    pub partition: i32,
    /// The key's bytes, if it has one.
    pub key: Option<Vec<u8>>,
    /// The value's bytes; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers, in order; names may repeat.
    pub headers: Vec<Header>,
}

impl NewRecord {
    /// A record for a topic's first partition, with a value of this many bytes.
    #[cfg(test)]
    pub(crate) fn of_bytes(bytes: usize) -> NewRecord {
        NewRecord {
            topic: "a".into(),
            partition: 0,
            key: None,
            value: Some(vec![0; bytes]),
            headers: Vec::new(),
        }
    }

    /// The length of its key, value and headers, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        bytes_of(&self.key, &self.value, &self.headers)
    }
}

fn bytes_of(key: &Option<Vec<u8>>, value: &Option<Vec<u8>>, headers: &[Header]) -> usize {
    let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let headers = headers.iter();
    length(key)
        + length(value)
        + headers
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>()
}

impl fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRecord")
            .field("topic", &self.topic)
            .field("partition", &self.partition)
            .field("key_bytes", &self.key.as_ref().map(Vec::len))
            .field("value_bytes", &self.value.as_ref().map(Vec::len))
            .field("headers", &self.headers.len())
            .finish()
    }
}

/// Where a record is on the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The topic.
    pub topic: Arc<str>,
    /// The partition, counted from 0.
    pub partition: i32,
    /// The offset within the partition, counted from 0. Offsets grow, but they may have gaps.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} partition {}, offset {}",
            self.topic, self.partition, self.offset
        )
    }
}

/// A record as read from the log.
///
/// `Debug` shows sizes only: keys and values hold personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Where it is.
    pub position: Position,
    /// When it was appended, in milliseconds since 1970-01-01T00:00:00Z, by the appender's or the broker's clock.
    pub timestamp_ms: i64,
    /// The key's bytes, if it has one.
    pub key: Option<Vec<u8>>,
    /// The value's bytes; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers, in order; names may repeat.
    pub headers: Vec<Header>,
}

impl Record {
    /// How many bytes of memory it takes, beyond what every record takes. A header takes more than its name and value.
    pub(crate) fn bytes(&self) -> usize {
        bytes_of(&self.key, &self.value, &self.headers) + self.headers.len() * size_of::<Header>()
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("position", &self.position)
            .field("timestamp_ms", &self.timestamp_ms)
            .field("key_bytes", &self.key.as_ref().map(Vec::len))
            .field("value_bytes", &self.value.as_ref().map(Vec::len))
            .field("headers", &self.headers.len())
            .finish()
    }
}
