//! What kind of leave is asked for.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use thiserror::Error;

use crate::trim::trim;

/// Longest name, in characters.
const LENGTH_MAX: usize = 40;

/// A kind of leave, such as `annual`, as a policy names it: 1 to 40 ASCII letters, digits and hyphens, in lower case.
///
/// Not promised: that a policy knows it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaveType(CompactString);

impl LeaveType {
    /// The name as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for LeaveType {
    type Err = InvalidLeaveType;

    /// Trims, and converts to lower case.
    ///
    /// # Errors
    ///
    /// [`InvalidLeaveType`] when it is empty, too long or has another character.
    fn from_str(text: &str) -> Result<Self, InvalidLeaveType> {
        let name = trim(text);
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if (1..=LENGTH_MAX).contains(&name.len()) && name.bytes().all(allowed) {
            Ok(Self(name.to_ascii_lowercase().into()))
        } else {
            Err(InvalidLeaveType)
        }
    }
}

impl fmt::Display for LeaveType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for LeaveType {
    /// Which kind of leave somebody takes may say something of their health.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LeaveType(…)")
    }
}

/// A text that is not a [`LeaveType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a leave type must be a name of 1 to {LENGTH_MAX} letters a-z, digits and hyphens, such as annual"
)]
pub struct InvalidLeaveType;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_in_lower_case() {
        assert_eq!(" Annual ".parse::<LeaveType>().unwrap().as_str(), "annual");
        for text in ["", " ", "sick leave", "a_b", "Ürlaub", &"a".repeat(41)] {
            assert_eq!(text.parse::<LeaveType>(), Err(InvalidLeaveType), "{text}");
        }
    }
}
