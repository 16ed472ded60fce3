//! How much of a day.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// How much of its first or last day a leave takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DayPart {
    /// All of it.
    #[default]
    Whole,
    /// The half before noon.
    Morning,
    /// The half after noon.
    Afternoon,
}

impl DayPart {
    /// The part as it is on the wire: `whole`, `morning` or `afternoon`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Morning => "morning",
            Self::Afternoon => "afternoon",
        }
    }
}

impl FromStr for DayPart {
    type Err = InvalidDayPart;

    /// Reads it in any case, trimmed.
    ///
    /// # Errors
    ///
    /// [`InvalidDayPart`] for any other text.
    fn from_str(text: &str) -> Result<Self, InvalidDayPart> {
        [Self::Whole, Self::Morning, Self::Afternoon]
            .into_iter()
            .find(|part| part.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(InvalidDayPart)
    }
}

impl fmt::Display for DayPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is not a part of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a part of a day must be whole, morning or afternoon")]
pub struct InvalidDayPart;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_read_in_any_case() {
        for part in [DayPart::Whole, DayPart::Morning, DayPart::Afternoon] {
            assert_eq!(part.to_string().to_uppercase().parse(), Ok(part));
        }
        for text in ["", "noon", "half"] {
            assert_eq!(text.parse::<DayPart>(), Err(InvalidDayPart), "{text}");
        }
    }
}
