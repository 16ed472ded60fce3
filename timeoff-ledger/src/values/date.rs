//! Days.

use std::fmt;

use chrono::NaiveDate;
use thiserror::Error;
use timeoff_models::Ticks;

/// A day of the calendar, from 0001-01-01 to 9999-12-31, as people write it in their employment or a delegation.
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

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Ticks that are not the midnight of a day from 0001-01-01 to 9999-12-31, or a day outside these years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a date must be the midnight of a day from 0001-01-01 to 9999-12-31, in ticks")]
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
    fn ticks_within_a_day_or_out_of_range_are_no_date() {
        for ticks in [-1, 1, 638_396_640_000_000_001, Ticks::MAX.get(), i64::MAX] {
            assert_eq!(Date::try_from(ticks), Err(InvalidDate), "{ticks}");
        }
        assert_eq!(Date::try_from(NaiveDate::MAX), Err(InvalidDate));
        assert_eq!(size_of::<Option<Date>>(), 4);
    }
}
