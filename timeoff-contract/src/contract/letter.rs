//! Turns a dead letter back into the record that it was.

use thiserror::Error;
use timeoff_log::{Header, NewRecord, Position, Record};
use timeoff_models::ApplicationId;

use super::DEAD_LETTER_HEADERS;

/// A zero byte and four bytes of schema id.
const FRAME_BYTES: usize = 5;

/// A record that could not be understood.
#[derive(Debug)]
pub struct Letter {
    /// The record as it was, where it stood.
    pub original: Record,
    /// Why it could not be understood then.
    pub reason: String,
}

/// A record of the dead letters topic that does not say what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("its headers do not say where it came from and why")]
pub struct NotALetter;

impl Letter {
    /// Reads a record of the dead letters topic as what it was before.
    ///
    /// # Errors
    ///
    /// [`NotALetter`] if it does not begin with the headers that say so.
    pub fn open(record: Record) -> Result<Letter, NotALetter> {
        let mut headers = record.headers;
        if headers.len() < DEAD_LETTER_HEADERS.len() {
            return Err(NotALetter);
        }
        let own_headers = headers.split_off(DEAD_LETTER_HEADERS.len());
        let mut texts = headers
            .into_iter()
            .zip(DEAD_LETTER_HEADERS)
            .map(|(header, name)| text_of(header, name));
        let mut next = || texts.next().flatten().ok_or(NotALetter);
        let (topic, partition, offset, reason) = (next()?, next()?, next()?, next()?);
        let position = Position {
            topic: topic.into(),
            partition: partition.parse().map_err(|_| NotALetter)?,
            offset: offset.parse().map_err(|_| NotALetter)?,
        };
        Ok(Letter {
            original: Record {
                position,
                headers: own_headers,
                timestamp_ms: record.timestamp_ms,
                key: record.key,
                value: record.value,
            },
            reason,
        })
    }

    /// The record to append: the same bytes and headers, to the topic and partition where it stood.
    pub fn into_new_record(self) -> NewRecord {
        let Record {
            position,
            key,
            value,
            headers,
            ..
        } = self.original;
        NewRecord {
            topic: position.topic,
            partition: position.partition,
            key,
            value,
            headers,
        }
    }
}

fn text_of((name, value): Header, expected: &str) -> Option<String> {
    String::from_utf8(value).ok().filter(|_| name == expected)
}

/// The id in a record's key, if the key has the right shape: a frame, then one Avro string and nothing else.
///
/// Does not ask the schema registry, so that letters can be shown even if their schemas are missing.
pub fn id_in_key(key: Option<&[u8]>) -> Option<ApplicationId<'_>> {
    let framed = key?;
    let avro = framed.get(FRAME_BYTES..).filter(|_| framed[0] == 0)?;
    let (length, text) = split_length(avro)?;
    let text = std::str::from_utf8(text).ok()?;
    (text.len() == length).then(|| ApplicationId::from_key(text))
}

/// Splits an Avro length from what follows it. The length is stored doubled, 7 bits a byte, the lowest bits first.
fn split_length(avro: &[u8]) -> Option<(usize, &[u8])> {
    let end = avro.iter().take(4).position(|byte| byte & 0x80 == 0)?;
    let (length, rest) = avro.split_at(end + 1);
    let doubled = length
        .iter()
        .rev()
        .fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f));
    (doubled % 2 == 0).then_some((doubled / 2, rest))
}

#[cfg(test)]
mod tests {
    use super::{Letter, NotALetter, id_in_key};
    use timeoff_log::{Header, NewRecord, Position, Record};

    fn header(name: &str, value: &str) -> Header {
        (name.to_owned(), value.as_bytes().to_vec())
    }

    fn ours() -> Vec<Header> {
        vec![
            header("timeoff.topic", "leave-applications"),
            header("timeoff.partition", "1"),
            header("timeoff.offset", "42"),
            header("timeoff.reason", "the record has no key"),
        ]
    }

    fn record(headers: Vec<Header>) -> Record {
        Record {
            position: Position {
                topic: "letters".into(),
                partition: 0,
                offset: 7,
            },
            timestamp_ms: 1,
            key: None,
            value: Some(vec![0, 1, 255]),
            headers,
        }
    }

    #[test]
    fn a_letter_becomes_the_record_that_it_was() {
        let theirs = [
            header("trace", "a"),
            header("trace", ""),
            header("timeoff.topic", "theirs"),
        ];
        let letter = Letter::open(record([&ours()[..], &theirs].concat())).expect("a letter");
        assert_eq!(letter.reason, "the record has no key");
        assert_eq!(letter.original.position.offset, 42);
        let expected = NewRecord {
            topic: "leave-applications".into(),
            partition: 1,
            key: None,
            value: Some(vec![0, 1, 255]),
            headers: theirs.to_vec(),
        };
        assert!(letter.into_new_record() == expected);
    }

    #[test]
    fn a_record_that_does_not_say_what_it_was_is_no_letter() {
        let with = |index: usize, header: Header| {
            let mut headers = ours();
            headers[index] = header;
            headers
        };
        let mut swapped = ours();
        swapped.swap(0, 3);
        for headers in [
            Vec::new(),
            ours()[..3].to_vec(),
            [&[header("trace", "a")], &ours()[..]].concat(),
            swapped,
            with(1, header("timeoff.partition", "one")),
            with(2, header("timeoff.offset", "")),
            with(0, ("timeoff.topic".to_owned(), vec![0xff])),
        ] {
            let told = format!("{headers:?}");
            assert_eq!(
                Letter::open(record(headers)).err(),
                Some(NotALetter),
                "{told}"
            );
        }
    }

    #[test]
    fn the_id_is_read_from_a_key_that_looks_like_one() {
        let id = |key: &[u8]| id_in_key(Some(key)).map(|id| id.to_string());
        assert_eq!(id(b"\0\0\0\0\x07\x08ada1").as_deref(), Some("ada1"));
        let long = "a".repeat(100);
        let key = [&b"\0\0\0\0\x07\xc8\x01"[..], long.as_bytes()].concat();
        assert_eq!(id(&key), Some(long));
        for key in [
            &b""[..],
            b"\0",
            b"ada@example.com-1",
            b"\0\0\0\0\x07",
            b"\0\0\0\0\x07\x08ada",
            b"\0\0\0\0\x07\x08ada12",
            b"\0\0\0\0\x07\x07ada",
            b"\0\0\0\0\x07\x04\xff\xfe",
            b"\0\0\0\0\x07\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(id(key), None, "{key:?}");
        }
        assert!(id_in_key(None).is_none());
    }
}
