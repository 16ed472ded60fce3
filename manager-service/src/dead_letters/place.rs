//! The name of a letter: where it stands on the dead letters topic.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use timeoff_log::Position;

/// Where a letter stands. Written `PARTITION:OFFSET`, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    partition: i32,
    offset: i64,
}

/// A text that names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a dead letter is named by PARTITION:OFFSET, two whole numbers such as 0:7; the list shows them"
)]
pub(crate) struct InvalidPlace;

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Place, InvalidPlace> {
        let (partition, offset) = text.split_once(':').ok_or(InvalidPlace)?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(partition) || !is_number(offset) {
            return Err(InvalidPlace);
        }
        Ok(Place {
            partition: partition.parse().map_err(|_| InvalidPlace)?,
            offset: offset.parse().map_err(|_| InvalidPlace)?,
        })
    }
}

impl From<&Position> for Place {
    fn from(position: &Position) -> Place {
        Place {
            partition: position.partition,
            offset: position.offset,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.partition, self.offset)
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidPlace, Place};

    #[test]
    fn a_place_is_read_as_it_is_written() {
        for text in ["0:0", "2:1234567890123", "2147483647:9223372036854775807"] {
            let place: Place = text.parse().expect(text);
            assert_eq!(place.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_two_whole_numbers_is_no_place() {
        for text in [
            "",
            ":",
            "1",
            "1:",
            ":1",
            "1:2:3",
            "-1:2",
            "1:-2",
            "+1:2",
            "1: 2",
            "a:b",
            "2147483648:0",
            "0:9223372036854775808",
        ] {
            assert_eq!(text.parse::<Place>(), Err(InvalidPlace), "{text}");
        }
    }
}
