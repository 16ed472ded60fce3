//! What a manager decides.

use std::{fmt, str::FromStr};

use compact_str::{CompactString, ToCompactString as _};
use thiserror::Error;

use crate::{generated, ticks::Ticks};

/// Longest comment, in characters.
const COMMENT_MAX: usize = 1000;
/// Longest name of a manager, in characters.
const MANAGER_NAME_MAX: usize = 100;

/// Whether a leave was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was.
    Approved,
    /// It was not.
    Declined,
}

impl Outcome {
    /// `approved` or `declined`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
        }
    }

    /// The sentence that goes into the `Result` field of the wire.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Approved => "Approved: Your leave application has been approved.",
            Self::Declined => "Declined: Your leave application has been declined.",
        }
    }

    /// What the `Result` field of the wire says, ours or another program's: it starts with `Approved:` or
    /// `Declined:`. `None` for any other text.
    #[must_use]
    pub fn of_sentence(text: &str) -> Option<Self> {
        if text.starts_with("Approved:") {
            Some(Self::Approved)
        } else if text.starts_with("Declined:") {
            Some(Self::Declined)
        } else {
            None
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a manager writes to the employee: 1 to 1000 characters after trimming, no control characters but
/// line breaks and tabs. A line break is `\n`, however it was given.
///
/// It is personal data: `Debug` does not print it, `Display` does.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Comment(String);

impl Comment {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Comment {
    type Err = InvalidComment;

    /// # Errors
    ///
    /// [`InvalidComment`] with the rule it breaks; it does not repeat the text.
    fn from_str(text: &str) -> Result<Self, InvalidComment> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidComment::Empty);
        }
        let length = text.chars().count();
        if length > COMMENT_MAX {
            return Err(InvalidComment::TooLong { length });
        }
        if text
            .chars()
            .any(|c| c.is_control() && c != '\n' && c != '\t')
        {
            return Err(InvalidComment::ControlCharacter);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Comment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Comment(…)")
    }
}

/// A text that cannot be a [`Comment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidComment {
    /// Nothing but white space; give no comment instead.
    #[error("a comment must not be empty")]
    Empty,
    /// More than 1000 characters.
    #[error("a comment must have at most {COMMENT_MAX} characters; this one has {length}")]
    TooLong {
        /// How many it has.
        length: usize,
    },
    /// A control character that is neither a line break nor a tab.
    #[error("a comment must not have control characters other than line breaks and tabs")]
    ControlCharacter,
}

/// A manager's name: 1 to 100 characters after trimming, no control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ManagerName(CompactString);

impl ManagerName {
    /// `Manager #<partition>`, the name of a manager who gave none.
    #[must_use]
    pub fn of_partition(partition: i32) -> Self {
        let mut name = CompactString::const_new("Manager #");
        name.push_str(&partition.to_compact_string());
        Self(name)
    }

    /// The name as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ManagerName {
    type Err = InvalidManagerName;

    /// # Errors
    ///
    /// [`InvalidManagerName`] when it is empty, too long or has control characters.
    fn from_str(text: &str) -> Result<Self, InvalidManagerName> {
        let name = text.trim();
        let length_is_right = (1..=MANAGER_NAME_MAX).contains(&name.chars().count());
        if length_is_right && !name.chars().any(char::is_control) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidManagerName {
                value: text.to_owned(),
            })
        }
    }
}

impl fmt::Display for ManagerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that cannot be a [`ManagerName`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{value:?} is not a manager's name: it must have 1 to {MANAGER_NAME_MAX} characters, no control characters"
)]
pub struct InvalidManagerName {
    /// The text as it was given.
    pub value: String,
}

/// One manager's answer to one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the leave is granted.
    pub outcome: Outcome,
    /// Who decided.
    pub by: ManagerName,
    /// When, in UTC.
    pub at: Ticks,
    /// What they wrote to the employee.
    pub comment: Option<Comment>,
}

impl Decision {
    /// The record that settles `application`. Its first four fields repeat the application's bit for bit, whoever wrote
    /// them, so pass the record as it was read.
    #[must_use]
    pub fn on<'a>(
        &'a self,
        application: generated::LeaveApplicationReceived<'a>,
    ) -> generated::LeaveApplicationProcessed<'a> {
        generated::LeaveApplicationProcessed {
            emp_email: application.emp_email,
            emp_department: application.emp_department,
            leave_duration_in_hours: application.leave_duration_in_hours,
            leave_start_date_ticks: application.leave_start_date_ticks,
            processed_by: self.by.as_str().into(),
            result: self.outcome.sentence().into(),
            comment: self.comment.as_ref().map(|comment| comment.as_str().into()),
            decided_at_ticks: Some(self.at.get()),
        }
    }
}

/// An employee's taking back of an application that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The employee's name, if it is known.
    pub by: Option<ManagerName>,
    /// When it was recorded, in UTC.
    pub at: Ticks,
}

impl Withdrawal {
    /// The result of an application that was withdrawn. Its fields come back bit for bit, as of [`Decision::on`].
    #[must_use]
    pub fn on<'a>(
        &'a self,
        application: generated::LeaveApplicationReceived<'a>,
    ) -> generated::LeaveApplicationProcessed<'a> {
        let by = self.by.as_ref().map_or("The employee", ManagerName::as_str);
        generated::LeaveApplicationProcessed {
            emp_email: application.emp_email,
            emp_department: application.emp_department,
            leave_duration_in_hours: application.leave_duration_in_hours,
            leave_start_date_ticks: application.leave_start_date_ticks,
            processed_by: by.into(),
            result: "Declined: Withdrawn by the employee.".into(),
            comment: None,
            decided_at_ticks: Some(self.at.get()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_its_outcome_ours_or_not() {
        for outcome in [Outcome::Approved, Outcome::Declined] {
            assert_eq!(Outcome::of_sentence(outcome.sentence()), Some(outcome));
        }
        assert_eq!(
            Outcome::of_sentence("Approved: enjoy"),
            Some(Outcome::Approved)
        );
        for text in ["", "approved: x", " Approved:", "Approved", "Pending:"] {
            assert_eq!(Outcome::of_sentence(text), None, "{text}");
        }
    }

    #[test]
    fn a_comment_is_trimmed_and_keeps_its_lines() {
        let comment: Comment = "  Have fun.\r\n\tSee you!\r ".parse().unwrap();
        assert_eq!(comment.as_str(), "Have fun.\n\tSee you!");
        assert_eq!(format!("{comment:?}"), "Comment(…)");
    }

    #[test]
    fn a_comment_that_is_empty_too_long_or_controls_a_terminal_is_refused() {
        let parse = |text: &str| text.parse::<Comment>();
        assert!(parse(&"é".repeat(1000)).is_ok());
        assert_eq!(
            parse(&"é".repeat(1001)),
            Err(InvalidComment::TooLong { length: 1001 })
        );
        assert_eq!(parse(" \n"), Err(InvalidComment::Empty));
        assert_eq!(parse("a\u{1b}[2Jb"), Err(InvalidComment::ControlCharacter));
    }

    #[test]
    fn a_manager_has_a_name_of_1_to_100_characters() {
        assert_eq!(ManagerName::of_partition(1).as_str(), "Manager #1");
        let name: ManagerName = " Grace Hopper ".parse().unwrap();
        assert_eq!(name.to_string(), "Grace Hopper");
        for text in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(text.parse::<ManagerName>().is_err(), "{text}");
        }
    }
}
