//! Words by which people can be picked.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use thiserror::Error;

/// Longest text of tags, in characters.
const LENGTH_MAX: usize = 1000;

/// Words by which policy can pick people: in the order in which they were given, each once, perhaps none.
///
/// As text: words with a space between them, at most 1000 characters, no control characters. `Debug` does not print
/// them: they may say something personal.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Tags(CompactString);

impl Tags {
    /// The tags with spaces between them, as they are on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// One tag after the other.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_whitespace()
    }
}

impl FromStr for Tags {
    type Err = InvalidTags;

    /// Reads words with white space between them.
    ///
    /// # Errors
    ///
    /// [`InvalidTags`] when they are too long, or have control characters.
    fn from_str(text: &str) -> Result<Self, InvalidTags> {
        let mut tags: Vec<&str> = Vec::new();
        for tag in text.split_whitespace() {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        let tags = CompactString::from(tags.join(" "));
        if tags.chars().count() > LENGTH_MAX || tags.chars().any(char::is_control) {
            return Err(InvalidTags);
        }
        Ok(Self(tags))
    }
}

impl fmt::Debug for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tags(…)")
    }
}

/// A text that is not [`Tags`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "tags must be words with spaces between them, at most {LENGTH_MAX} characters, no control characters"
)]
pub struct InvalidTags;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_words_each_once() {
        let tags: Tags = " nights first-aid\tnights ".parse().unwrap();
        assert_eq!(tags.as_str(), "nights first-aid");
        assert_eq!(tags.iter().collect::<Vec<_>>(), ["nights", "first-aid"]);
        assert_eq!("".parse(), Ok(Tags::default()));
        assert!("".parse::<Tags>().unwrap().iter().next().is_none());
    }

    #[test]
    fn tags_that_are_too_long_or_control_a_terminal_are_refused() {
        assert_eq!("é".repeat(1001).parse::<Tags>(), Err(InvalidTags));
        assert!("é".repeat(1000).parse::<Tags>().is_ok());
        assert_eq!("a\u{1b}[2Jb".parse::<Tags>(), Err(InvalidTags));
    }
}
