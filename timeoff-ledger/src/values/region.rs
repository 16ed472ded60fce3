//! Where somebody works, as far as public holidays go.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use thiserror::Error;

/// Longest code, in characters.
const LENGTH_MAX: usize = 20;

/// The code of the region whose public holidays a person has, such as `DE-BY`: 1 to 20 ASCII letters, digits and
/// hyphens, in upper case.
///
/// Not promised: that a calendar knows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Region(CompactString);

impl Region {
    /// The code as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Region {
    type Err = InvalidRegion;

    /// Trims, and converts to upper case.
    ///
    /// # Errors
    ///
    /// [`InvalidRegion`] when it is empty, too long or has another character.
    fn from_str(text: &str) -> Result<Self, InvalidRegion> {
        let code = text.trim();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if (1..=LENGTH_MAX).contains(&code.len()) && code.bytes().all(allowed) {
            Ok(Self(code.to_ascii_uppercase().into()))
        } else {
            Err(InvalidRegion)
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Region(…)")
    }
}

/// A text that is not a [`Region`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "a region must be a code of 1 to {LENGTH_MAX} letters a-z, digits and hyphens, such as DE-BY"
)]
pub struct InvalidRegion;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_upper_case() {
        assert_eq!(" de-by ".parse::<Region>().unwrap().as_str(), "DE-BY");
    }

    #[test]
    fn another_text_is_no_region() {
        for text in [
            "",
            " ",
            "DE_BY",
            "Bayern, DE",
            "Österreich",
            &"A".repeat(21),
        ] {
            assert_eq!(text.parse::<Region>(), Err(InvalidRegion), "{text}");
        }
    }
}
