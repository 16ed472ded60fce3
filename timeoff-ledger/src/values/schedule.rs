//! How long somebody works on which weekday.

use std::{fmt, str::FromStr};

use thiserror::Error;
use timeoff_models::Date;

/// The minutes of a day.
const MINUTES_MAX: u16 = 24 * 60;

/// How many minutes somebody works on each day of a week, Monday first: 0 to 1440 each.
///
/// As text: seven whole numbers with a space between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Schedule([u16; 7]);

impl Schedule {
    /// The minutes of Monday to Sunday.
    #[must_use]
    pub fn minutes(&self) -> &[u16; 7] {
        &self.0
    }

    /// The minutes of a day, without holidays.
    #[must_use]
    pub fn on(&self, date: Date) -> u16 {
        self.0[date.weekday().num_days_from_monday() as usize]
    }

    /// The minutes of a working day, where all working days have the same; `None` where they differ, and where there are
    /// none.
    #[must_use]
    pub fn day_length(&self) -> Option<u16> {
        let mut working_days = self.0.iter().copied().filter(|&minutes| minutes > 0);
        let first = working_days.next()?;
        working_days
            .all(|minutes| minutes == first)
            .then_some(first)
    }
}

impl Default for Schedule {
    /// What somebody works who has no schedule: 8 hours from Monday to Friday.
    fn default() -> Self {
        Self([480, 480, 480, 480, 480, 0, 0])
    }
}

impl TryFrom<[u16; 7]> for Schedule {
    type Error = InvalidSchedule;

    /// # Errors
    ///
    /// [`InvalidSchedule`] when a day has more than 1440 minutes.
    fn try_from(minutes: [u16; 7]) -> Result<Self, InvalidSchedule> {
        if minutes.iter().all(|&day| day <= MINUTES_MAX) {
            Ok(Self(minutes))
        } else {
            Err(InvalidSchedule)
        }
    }
}

impl FromStr for Schedule {
    type Err = InvalidSchedule;

    /// Reads seven whole numbers with white space between them.
    ///
    /// # Errors
    ///
    /// [`InvalidSchedule`] when they are fewer or more, or one is not from 0 to 1440.
    fn from_str(text: &str) -> Result<Self, InvalidSchedule> {
        let mut minutes = [0; 7];
        let mut numbers = text.split_whitespace();
        for day in &mut minutes {
            let number = numbers.next().ok_or(InvalidSchedule)?;
            if !number.bytes().all(|b| b.is_ascii_digit()) {
                return Err(InvalidSchedule);
            }
            *day = number.parse().map_err(|_| InvalidSchedule)?;
        }
        match numbers.next() {
            Some(_) => Err(InvalidSchedule),
            None => minutes.try_into(),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(f, "{first}")?;
        rest.iter().try_for_each(|day| write!(f, " {day}"))
    }
}

/// A text or numbers that are not a [`Schedule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a schedule must be the minutes of Monday to Sunday: seven whole numbers from 0 to {MINUTES_MAX}, \
     with spaces between them"
)]
pub struct InvalidSchedule;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_is_read_and_shown() {
        let schedule: Schedule = " 480 480  480 480 300 0 1440 ".parse().unwrap();
        assert_eq!(schedule.minutes(), &[480, 480, 480, 480, 300, 0, 1440]);
        assert_eq!(schedule.to_string(), "480 480 480 480 300 0 1440");
    }

    #[test]
    fn a_week_of_another_length_or_a_day_that_is_too_long_is_refused() {
        for text in [
            "",
            "480 480 480 480 480 0",
            "480 480 480 480 480 0 0 0",
            "480 480 480 480 480 0 1441",
            "480 480 480 480 480 0 -1",
            "480 480 480 480 480 0 +1",
            "480 480 480 480 480 0 7.5",
            "480 480 480 480 480 0 99999",
        ] {
            assert_eq!(text.parse::<Schedule>(), Err(InvalidSchedule), "{text}");
        }
    }
    #[test]
    fn a_day_has_a_length_where_all_working_days_have_the_same() {
        let length = |text: &str| text.parse::<Schedule>().unwrap().day_length();
        assert_eq!(length("456 456 456 456 0 0 0"), Some(456));
        assert_eq!(length("480 480 480 480 300 0 0"), None);
        assert_eq!(length("0 0 0 0 0 0 0"), None);
        assert_eq!(Schedule::default().day_length(), Some(480));
    }
}
