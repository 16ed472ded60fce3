//! The words of a policy: what people read, and what picks people.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use thiserror::Error;

use crate::{Person, Tags};

/// Longest label, in characters.
const LENGTH_MAX: usize = 100;

/// What people read of a leave type, a blackout or a holiday: 1 to 100 characters after trimming, no control
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label(CompactString);

impl Label {
    /// The label as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Label {
    type Err = InvalidLabel;

    /// # Errors
    ///
    /// [`InvalidLabel`] when it is empty, too long or has control characters.
    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        let label = text.trim();
        let length = label.chars().count();
        if (1..=LENGTH_MAX).contains(&length) && !label.chars().any(char::is_control) {
            Ok(Self(label.into()))
        } else {
            Err(InvalidLabel)
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that is not a [`Label`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must have 1 to {LENGTH_MAX} characters, no control characters")]
pub struct InvalidLabel;

/// One of the words that [`Tags`] consist of. Upper and lower case differ, as they do there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag(CompactString);

impl Tag {
    /// The tag as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a person has it.
    #[must_use]
    pub fn picks(&self, person: &Person) -> bool {
        person.tags.iter().any(|tag| tag == self.0)
    }
}

impl FromStr for Tag {
    type Err = InvalidTag;

    /// # Errors
    ///
    /// [`InvalidTag`] when it is not one word that [`Tags`] can have.
    fn from_str(text: &str) -> Result<Self, InvalidTag> {
        let tags: Tags = text.parse().map_err(|_| InvalidTag)?;
        let is_one_word = text.split_whitespace().count() == 1;
        is_one_word
            .then(|| Self(tags.as_str().into()))
            .ok_or(InvalidTag)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that is not a [`Tag`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be one word, as people have it among their tags")]
pub struct InvalidTag;
