//! What is wrong with the text of a policy.

use std::fmt;

use thiserror::Error;

use super::TEXT_MAX;

/// Longest message about one problem, in characters: a message may repeat what is written.
const MESSAGE_MAX: usize = 300;

/// Most problems that are shown at once.
const SHOWN_MAX: usize = 20;

/// A text that is not a [`Policy`](super::Policy).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidPolicy {
    /// It is longer than an event should be.
    #[error("the policy has {bytes} bytes, and {TEXT_MAX} are the most: shorten its comments")]
    TooLong {
        /// How long it is.
        bytes: usize,
    },
    /// It is not TOML, or a key is unknown, missing or has a value of the wrong type.
    #[error("line {line}, column {column}: {what}")]
    Unreadable {
        /// The line, from 1.
        line: usize,
        /// The character in it, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// Its values cannot be used, or contradict each other.
    #[error(transparent)]
    Contradictory(#[from] Problems),
}

impl InvalidPolicy {
    /// All that is wrong, each with its place; at least one complaint.
    #[must_use]
    pub fn complaints(&self) -> Vec<Complaint> {
        match self {
            Self::Contradictory(problems) => problems.iter().map(Complaint::from).collect(),
            Self::Unreadable { line, column, what } => vec![Complaint {
                key: None,
                line: Some(*line),
                column: Some(*column),
                what: what.clone(),
            }],
            Self::TooLong { .. } => vec![Complaint {
                key: None,
                line: None,
                column: None,
                what: self.to_string(),
            }],
        }
    }
}

/// Something that is wrong with a policy, or may be, for whoever mends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The path of the key; `None` if it is not about a key.
    pub key: Option<String>,
    /// The line, from 1; `None` if it is about the whole text.
    pub line: Option<usize>,
    /// The character in the line, from 1, if it is known.
    pub column: Option<usize>,
    /// What is wrong, and what to do. Harmless for a terminal.
    pub what: String,
}

impl From<&Problem> for Complaint {
    fn from(problem: &Problem) -> Self {
        Self {
            key: Some(problem.place.key.clone()),
            line: Some(problem.place.line),
            column: None,
            what: problem.what.clone(),
        }
    }
}

/// All that is wrong with the values of a policy; at least one problem.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// In the order of the rules that they break.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// Fails if there are any.
    pub(super) fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }
}

impl fmt::Display for Problems {
    /// One line for each of the first twenty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().take(SHOWN_MAX).enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{problem}")?;
        }
        match self.0.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

/// One thing that is wrong with a policy, where, and what to do.
///
/// `Display` has no control characters, whatever the policy has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong, and what to do.
    pub what: String,
}

impl Problem {
    pub(super) fn new(place: Place, what: &str) -> Self {
        Self {
            place,
            what: shown(what),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A place in the text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path of the key, such as `cover[1].tag`: the key `tag` of the first `[[cover]]`.
    pub key: String,
    /// The line in which the table with the key begins, from 1.
    pub line: usize,
}

impl Place {
    /// A key of the table that is here.
    pub(super) fn key(&self, key: &str) -> Self {
        Self {
            key: format!("{}.{key}", self.key),
            line: self.line,
        }
    }

    /// An element of the list that is here; from 0.
    pub(super) fn element(&self, index: usize) -> Self {
        Self {
            key: format!("{}[{}]", self.key, index + 1),
            line: self.line,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {})", shown(&self.key), self.line)
    }
}

/// A text that may repeat what is written, safe for a terminal and short enough to be read.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == MESSAGE_MAX {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}
