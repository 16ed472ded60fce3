//! Days of a policy that need not be of one year.

use std::{fmt, str::FromStr};

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use crate::Date;

/// A day that every year has, as `MM-DD`; 29 February is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DayOfYear {
    month: u32,
    day: u32,
}

impl DayOfYear {
    /// New Year's Day.
    pub(super) const FIRST: Self = Self { month: 1, day: 1 };

    /// 31 December.
    pub(super) const LAST: Self = Self { month: 12, day: 31 };

    /// The day in a year from 1 to 9999; `None` for another year.
    #[must_use]
    pub fn in_year(self, year: u16) -> Option<Date> {
        let date = NaiveDate::from_ymd_opt(year.into(), self.month, self.day)?;
        date.try_into().ok()
    }

    /// The day of the year that a date is; `None` for a 29 February.
    #[must_use]
    pub fn of(date: Date) -> Option<Self> {
        let (month, day) = (date.naive().month(), date.naive().day());
        ((month, day) != (2, 29)).then_some(Self { month, day })
    }
}

impl FromStr for DayOfYear {
    type Err = InvalidDayOfYear;

    /// Reads `MM-DD`, trimmed.
    ///
    /// # Errors
    ///
    /// [`InvalidDayOfYear`] for any other text, a day that is in no calendar, or 29 February.
    fn from_str(text: &str) -> Result<Self, InvalidDayOfYear> {
        let in_a_leap_year: Date = format!("2000-{}", text.trim())
            .parse()
            .map_err(|_| InvalidDayOfYear::Malformed)?;
        Self::of(in_a_leap_year).ok_or(InvalidDayOfYear::NotInEveryYear)
    }
}

impl fmt::Display for DayOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl fmt::Debug for DayOfYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a [`DayOfYear`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidDayOfYear {
    /// It is not `MM-DD`, or there is no such day.
    #[error("must be a day of every year as \"MM-DD\", such as \"03-31\"")]
    Malformed,
    /// It is 29 February.
    #[error("must be a day that every year has, and 02-29 is not: write 02-28 or 03-01")]
    NotInEveryYear,
}

/// The date of a holiday: of one year, or of every year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HolidayDate {
    /// This day only.
    Once(Date),
    /// This day of every year.
    EveryYear(DayOfYear),
}

impl HolidayDate {
    /// Whether it is that day.
    #[must_use]
    pub fn is_on(self, date: Date) -> bool {
        match self {
            Self::Once(day) => day == date,
            Self::EveryYear(day) => DayOfYear::of(date) == Some(day),
        }
    }

    /// Whether there is a day that is both.
    pub(super) fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Once(day), other) | (other, Self::Once(day)) => other.is_on(day),
            (Self::EveryYear(one), Self::EveryYear(other)) => one == other,
        }
    }
}

impl FromStr for HolidayDate {
    type Err = InvalidHolidayDate;

    /// Reads `YYYY-MM-DD` or `MM-DD`, trimmed.
    ///
    /// # Errors
    ///
    /// [`InvalidHolidayDate`] for any other text, or a day that is in no calendar.
    fn from_str(text: &str) -> Result<Self, InvalidHolidayDate> {
        if let Ok(date) = text.parse() {
            return Ok(Self::Once(date));
        }
        match text.parse() {
            Ok(day) => Ok(Self::EveryYear(day)),
            Err(InvalidDayOfYear::Malformed) => Err(InvalidHolidayDate::Malformed),
            Err(InvalidDayOfYear::NotInEveryYear) => Err(InvalidHolidayDate::NotInEveryYear),
        }
    }
}

impl fmt::Display for HolidayDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once(date) => date.fmt(f),
            Self::EveryYear(day) => day.fmt(f),
        }
    }
}

/// A text that is not a [`HolidayDate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidHolidayDate {
    /// It has neither form, or there is no such day.
    #[error("must be a date as \"YYYY-MM-DD\", or a day of every year as \"MM-DD\"")]
    Malformed,
    /// It is 29 February of no year in particular.
    #[error("02-29 is not in every year: write the date with its year")]
    NotInEveryYear,
}
