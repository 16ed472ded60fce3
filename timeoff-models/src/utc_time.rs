//! Points in time as text.

use crate::leave_start::digits_of;
use crate::ticks::Ticks;

/// An instant in UTC, in the format of RFC 3339: `2027-03-01T08:00:00Z`, with a fraction of seven digits if that is not
/// zero. No tick is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UtcTime {
    text: [u8; 28],
    length: usize,
}

impl UtcTime {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).expect("digits and what separates them")
    }
}

impl From<Ticks> for UtcTime {
    fn from(ticks: Ticks) -> Self {
        let mut text = *b"0000-00-00T00:00:00.0000000Z";
        text[..10].copy_from_slice(&digits_of(ticks.date()));
        let (seconds, fraction) = ticks.of_day();
        let mut set = |places: std::ops::Range<usize>, mut number: u32| {
            for place in places.rev() {
                text[place] = b'0' + (number % 10) as u8;
                number /= 10;
            }
        };
        set(11..13, seconds / 3600);
        set(14..16, seconds / 60 % 60);
        set(17..19, seconds % 60);
        if fraction == 0 {
            text[19] = b'Z';
            return Self { text, length: 20 };
        }
        set(20..27, fraction);
        Self { text, length: 28 }
    }
}

#[cfg(test)]
mod tests {
    use super::UtcTime;
    use crate::Ticks;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_instant_reads_back_to_the_same_tick(ticks in 0..=Ticks::MAX.get()) {
            let ticks = Ticks::try_from(ticks).unwrap();
            let time = UtcTime::from(ticks);
            let read: DateTime<Utc> = time.as_str().parse().unwrap();
            prop_assert_eq!(Ticks::of(read), ticks);
        }
    }

    #[test]
    fn a_fraction_is_shown_where_there_is_one() {
        let noon = 638_400_192_000_000_000;
        let shown = |ticks: i64| {
            UtcTime::from(Ticks::try_from(ticks).unwrap())
                .as_str()
                .to_owned()
        };
        assert_eq!(shown(noon), "2024-01-05T02:40:00Z");
        assert_eq!(shown(noon + 1), "2024-01-05T02:40:00.0000001Z");
        assert_eq!(shown(0), "0001-01-01T00:00:00Z");
    }
}
