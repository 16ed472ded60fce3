//! When a leave starts.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use thiserror::Error;

use crate::{
    ticks::{InvalidTicks, Ticks},
    trim::trim,
};

/// The start of a leave: a day, or a day and a time, in the employee's own calendar (no time zone).
///
/// People give a day, `YYYY-MM-DD`, from 0001-01-01 to 9999-12-31; other programs may send any [`Ticks`]. `Display` is
/// `YYYY-MM-DD`. If the start is not at midnight, `THH:MM:SS` follows, and a fraction of seven digits if that is not
/// zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaveStart(Ticks);

impl LeaveStart {
    /// The start in ticks, as it is on the wire.
    #[must_use]
    pub fn ticks(self) -> Ticks {
        self.0
    }

    /// The day of the start.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0.date()
    }
}

impl From<Ticks> for LeaveStart {
    fn from(ticks: Ticks) -> Self {
        Self(ticks)
    }
}

impl TryFrom<NaiveDate> for LeaveStart {
    type Error = InvalidTicks;

    /// # Errors
    ///
    /// [`InvalidTicks`] outside the years 1 to 9999.
    fn try_from(date: NaiveDate) -> Result<Self, InvalidTicks> {
        date.try_into().map(Self)
    }
}

impl FromStr for LeaveStart {
    type Err = InvalidLeaveStart;

    /// Reads `YYYY-MM-DD`, trimmed: four, two and two digits.
    ///
    /// # Errors
    ///
    /// [`InvalidLeaveStart`] when it has another shape, or there is no such day in the years 1 to 9999.
    fn from_str(text: &str) -> Result<Self, InvalidLeaveStart> {
        let text = trim(text);
        let not_a_day = || InvalidLeaveStart::NotADay {
            value: text.to_owned(),
        };
        let (year, month, day) = read_digits(text).ok_or_else(not_a_day)?;
        let date = NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| {
            InvalidLeaveStart::NoSuchDay {
                value: text.to_owned(),
            }
        })?;
        Self::try_from(date).map_err(|_| not_a_day())
    }
}

/// Year, month and day of `YYYY-MM-DD`, whether or not there is such a day.
fn read_digits(text: &str) -> Option<(i32, u32, u32)> {
    let text: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if (text[4], text[7]) != (b'-', b'-') {
        return None;
    }
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |number, digit| {
            let is_digit = digit.is_ascii_digit();
            is_digit.then(|| 10 * number + u32::from(digit - b'0'))
        })
    };
    let year = number(&text[..4])? as i32;
    Some((year, number(&text[5..7])?, number(&text[8..])?))
}

impl fmt::Display for LeaveStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = NaiveDateTime::from(self.0);
        let (date, time) = (start.date(), start.time());
        if time == NaiveTime::MIN {
            return f.pad(text_of(&digits_of(date)));
        }
        let mut text = format!("{}T{}", text_of(&digits_of(date)), time.format("%H:%M:%S"));
        if time.nanosecond() != 0 {
            text += &format!(".{:07}", time.nanosecond() / 100);
        }
        f.pad(&text)
    }
}

/// `YYYY-MM-DD`, built without a formatter, because this is most of the cost of printing a result.
pub(crate) fn digits_of(date: NaiveDate) -> [u8; 10] {
    let mut digits = *b"0000-00-00";
    // Ticks are of the years 1 to 9999.
    let year = date.year().unsigned_abs();
    let mut set = |places: std::ops::Range<usize>, mut number: u32| {
        for place in places.rev() {
            digits[place] = b'0' + (number % 10) as u8;
            number /= 10;
        }
    };
    set(0..4, year);
    set(5..7, date.month());
    set(8..10, date.day());
    digits
}

fn text_of(digits: &[u8; 10]) -> &str {
    std::str::from_utf8(digits).expect("digits and hyphens")
}

/// A text that is not a day from 0001-01-01 to 9999-12-31.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidLeaveStart {
    /// It has another shape, or a year outside 1 to 9999.
    #[error(
        "{value:?} is not a start date: it must be a day YYYY-MM-DD from 0001-01-01 to 9999-12-31"
    )]
    NotADay {
        /// The text as it was given, trimmed.
        value: String,
    },
    /// It looks like a day that the calendar does not have.
    #[error("{value:?} is not a start date: there is no such day")]
    NoSuchDay {
        /// The text as it was given, trimmed.
        value: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_and_printed() {
        for text in ["0001-01-01", "2028-02-29", "9999-12-31"] {
            assert_eq!(text.parse::<LeaveStart>().unwrap().to_string(), text);
        }
        let start: LeaveStart = " 2024-01-01 ".parse().unwrap();
        assert_eq!(start.ticks().get(), 638_396_640_000_000_000);
    }

    #[test]
    fn an_impossible_or_oddly_written_day_is_refused() {
        for text in [
            "",
            "tomorrow",
            "2027-02-29",
            "2027-13-01",
            "0000-01-01",
            "10000-01-01",
            "2027-1-1",
            "+027-01-01",
            "01.02.2027",
            "2027-01-01T08:00:00",
            "２０27-01",
        ] {
            assert!(text.parse::<LeaveStart>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_that_the_calendar_does_not_have_is_named_as_that() {
        let refused = |text: &str| text.parse::<LeaveStart>().unwrap_err().to_string();
        for text in ["2027-02-29", "2027-04-31", "2027-13-01", "2027-00-10"] {
            let expected = format!("{text:?} is not a start date: there is no such day");
            assert_eq!(refused(text), expected);
        }
        for text in ["0000-01-01", "2027-2-9", "soon"] {
            assert!(refused(text).contains("YYYY-MM-DD"), "{text}");
        }
    }

    #[test]
    fn a_start_within_the_day_is_printed_with_its_time() {
        let midnight: LeaveStart = "2027-03-01".parse().unwrap();
        let plus = |ticks: i64| {
            let ticks = Ticks::try_from(midnight.ticks().get() + ticks).unwrap();
            LeaveStart::from(ticks).to_string()
        };
        assert_eq!(plus(8 * 36_000_000_000), "2027-03-01T08:00:00");
        assert_eq!(plus(1), "2027-03-01T00:00:00.0000001");
        assert_eq!(plus(15_000_000), "2027-03-01T00:00:01.5000000");
        assert_eq!(
            format!("{midnight:>12}|{midnight:<11}|"),
            "  2027-03-01|2027-03-01 |"
        );
    }
}
