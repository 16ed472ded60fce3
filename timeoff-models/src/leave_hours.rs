//! How long a leave is.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::trim::trim;

/// The length of a leave in hours: 1 to 8784, the hours of a leap year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaveHours(i32);

impl LeaveHours {
    /// The shortest leave.
    pub const MIN: Self = Self(1);
    /// The longest leave: 366 days of 24 hours.
    pub const MAX: Self = Self(366 * 24);

    fn in_range(hours: i32) -> Option<Self> {
        let hours = Self(hours);
        (Self::MIN..=Self::MAX).contains(&hours).then_some(hours)
    }

    /// The number of hours, as it is on the wire.
    #[must_use]
    pub fn get(self) -> i32 {
        self.0
    }
}

impl TryFrom<i32> for LeaveHours {
    type Error = InvalidLeaveHours;

    /// # Errors
    ///
    /// [`InvalidLeaveHours`] outside 1..=8784.
    fn try_from(hours: i32) -> Result<Self, InvalidLeaveHours> {
        Self::in_range(hours).ok_or_else(|| InvalidLeaveHours {
            value: hours.to_string(),
        })
    }
}

impl FromStr for LeaveHours {
    type Err = InvalidLeaveHours;

    /// Reads a whole decimal number, trimmed.
    ///
    /// # Errors
    ///
    /// [`InvalidLeaveHours`] when it is not one, or outside 1..=8784.
    fn from_str(text: &str) -> Result<Self, InvalidLeaveHours> {
        let text = trim(text);
        let hours = text.parse().ok().and_then(Self::in_range);
        hours.ok_or_else(|| InvalidLeaveHours {
            value: text.to_owned(),
        })
    }
}

impl fmt::Display for LeaveHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A length of leave that is not a whole number from 1 to 8784.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{value:?} is not a number of hours: it must be a whole number from {} to {}",
    LeaveHours::MIN,
    LeaveHours::MAX
)]
pub struct InvalidLeaveHours {
    /// The number or text as it was given.
    pub value: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hour_and_a_leap_year_are_the_limits() {
        assert_eq!(LeaveHours::try_from(1), Ok(LeaveHours::MIN));
        assert_eq!(LeaveHours::try_from(8784), Ok(LeaveHours::MAX));
        for hours in [i32::MIN, -1, 0, 8785, i32::MAX] {
            assert!(LeaveHours::try_from(hours).is_err(), "{hours}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_whole_number_is_refused_with_the_rule() {
        for text in ["", "eight", "7.5", "8h", "99999999999"] {
            let error = text.parse::<LeaveHours>().unwrap_err();
            assert!(error.to_string().contains("1 to 8784"), "{error}");
            assert!(error.to_string().contains(text), "{error}");
        }
        assert_eq!(" 8 ".parse::<LeaveHours>().unwrap().get(), 8);
    }
}
