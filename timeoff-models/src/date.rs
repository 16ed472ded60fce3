//! Days.

use std::{fmt, str::FromStr};

use chrono::{Datelike, Days, NaiveDate, Weekday};
use thiserror::Error;

use crate::Ticks;

/// A day of the calendar, from 0001-01-01 to 9999-12-31, as people write it: the day of a leave, of an employment, of a
/// delegation.
///
/// `Display` is `YYYY-MM-DD`. On the wire it is its midnight, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(NaiveDate);

impl Date {
    /// The last day there is.
    pub const MAX: Self = Self(match NaiveDate::from_ymd_opt(9999, 12, 31) {
        Some(date) => date,
        None => NaiveDate::MAX,
    });

    /// The day in which an instant lies, in UTC.
    #[must_use]
    pub fn of(instant: Ticks) -> Self {
        Self(instant.date())
    }

    /// The day after it; `None` after [`Date::MAX`].
    #[must_use]
    pub fn next(self) -> Option<Self> {
        self.plus(1)
    }

    /// The day that many days after it; `None` after [`Date::MAX`].
    #[must_use]
    pub fn plus(self, days: u32) -> Option<Self> {
        let date = self.0.checked_add_days(Days::new(days.into()))?;
        (date <= Self::MAX.0).then_some(Self(date))
    }

    /// The day that many days before it; `None` before 0001-01-01.
    #[must_use]
    pub fn minus(self, days: u32) -> Option<Self> {
        let date = self.0.checked_sub_days(Days::new(days.into()))?;
        (date.year() >= 1).then_some(Self(date))
    }

    /// How many days after `earlier` it is; negative if it is before.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.0.signed_duration_since(earlier.0).num_days()
    }

    /// The day of the week.
    #[must_use]
    pub fn weekday(self) -> Weekday {
        self.0.weekday()
    }

    /// The year, from 1 to 9999.
    #[must_use]
    pub fn year(self) -> u16 {
        u16::try_from(self.0.year()).expect("a year from 1 to 9999")
    }

    /// The same day as chrono has it.
    #[must_use]
    pub fn naive(self) -> NaiveDate {
        self.0
    }

    /// Its first tick.
    #[must_use]
    pub fn midnight(self) -> Ticks {
        Ticks::try_from(self.0).expect("the years 1 to 9999 have ticks")
    }
}

impl TryFrom<NaiveDate> for Date {
    type Error = InvalidDate;

    /// # Errors
    ///
    /// [`InvalidDate`] outside the years 1 to 9999.
    fn try_from(date: NaiveDate) -> Result<Self, InvalidDate> {
        Ticks::try_from(date)
            .map(|_| Self(date))
            .map_err(|_| InvalidDate)
    }
}

impl TryFrom<i64> for Date {
    type Error = InvalidDate;

    /// Reads the ticks of a midnight.
    ///
    /// # Errors
    ///
    /// [`InvalidDate`] when there is no such day, or the ticks lie within one.
    fn try_from(ticks: i64) -> Result<Self, InvalidDate> {
        let date = Self::of(Ticks::try_from(ticks).map_err(|_| InvalidDate)?);
        if date.midnight().get() == ticks {
            Ok(date)
        } else {
            Err(InvalidDate)
        }
    }
}

impl FromStr for Date {
    type Err = InvalidDate;

    /// Reads `YYYY-MM-DD`, trimmed.
    ///
    /// # Errors
    ///
    /// [`InvalidDate`] for any other text, or a day that is in no calendar.
    fn from_str(text: &str) -> Result<Self, InvalidDate> {
        let text = text.trim();
        let is_in_form = text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        if !is_in_form {
            return Err(InvalidDate);
        }
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .map_err(|_| InvalidDate)?
            .try_into()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Ticks that are not the midnight of a day from 0001-01-01 to 9999-12-31, or a day outside these years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a date must be a day from 0001-01-01 to 9999-12-31 (on the wire, its midnight in ticks)")]
pub struct InvalidDate;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_midnight() {
        let midnight = 638_396_640_000_000_000;
        let date = Date::try_from(midnight).unwrap();
        assert_eq!(date.to_string(), "2024-01-01");
        assert_eq!(date.midnight().get(), midnight);
        assert_eq!(Date::of(Ticks::try_from(midnight + 1).unwrap()), date);
        assert_eq!(Date::of(Ticks::MAX), Date::MAX);
    }

    #[test]
    fn days_are_counted_over_leap_years_and_to_the_ends() {
        let date = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(date("2028-02-28").next(), Some(date("2028-02-29")));
        assert_eq!(date("2027-12-31").next(), Some(date("2028-01-01")));
        assert_eq!(date("2027-01-01").plus(365), Some(date("2028-01-01")));
        assert_eq!(date("2028-03-01").minus(1), Some(date("2028-02-29")));
        assert_eq!(date("2028-03-01").days_since(date("2027-03-01")), 366);
        assert_eq!(date("2027-01-07").weekday(), Weekday::Thu);
        assert_eq!(date("2027-01-07").year(), 2027);
        assert_eq!(Date::MAX.next(), None);
        assert_eq!(date("0001-01-01").minus(1), None);
    }

    #[test]
    fn a_date_is_read_in_one_form_only() {
        assert!(" 2028-02-29 ".parse::<Date>().is_ok());
        for text in [
            "",
            "2027-02-29",
            "2027-2-1",
            "27-02-01",
            "2027-13-01",
            "0000-01-01",
            "10000-01-01",
            "2027/02/01",
            "+027-02-01",
            "2027-02-01x",
        ] {
            assert_eq!(text.parse::<Date>(), Err(InvalidDate), "{text}");
        }
    }

    #[test]
    fn ticks_within_a_day_or_out_of_range_are_no_date() {
        for ticks in [-1, 1, 638_396_640_000_000_001, Ticks::MAX.get(), i64::MAX] {
            assert_eq!(Date::try_from(ticks), Err(InvalidDate), "{ticks}");
        }
        assert_eq!(Date::try_from(NaiveDate::MAX), Err(InvalidDate));
        assert_eq!(size_of::<Option<Date>>(), 4);
    }
}
