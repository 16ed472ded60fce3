//! What has become of a command that one of many was sent as, or would be.

use crate::books::Books;
use crate::office::Errand;

/// What has become of a command.
#[derive(PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was not sent.
    Planned,
    /// It was not sent, and would be refused, for this reason.
    Foreseen(String),
    /// It is done.
    Accepted,
    /// It was sent, and has no answer yet.
    Unanswered,
    /// It was refused, for this reason.
    Refused(String),
}

impl Fate {
    /// Of one that was not sent, given why it would be refused.
    pub(crate) fn foreseen(reason: Option<&String>) -> Fate {
        match reason {
            None => Fate::Planned,
            Some(reason) => Fate::Foreseen(reason.clone()),
        }
    }

    /// Of one that was sent.
    pub(crate) fn answered(errand: &Errand, books: &Books) -> Fate {
        match books.answer(errand.id()) {
            None => Fate::Unanswered,
            Some(noted) => match noted.refusal() {
                None => Fate::Accepted,
                Some(reason) => Fate::Refused(reason.to_owned()),
            },
        }
    }

    /// What JSON calls it.
    pub(crate) fn as_str(&self) -> &'static str {
        match self {
            Fate::Planned => "planned",
            Fate::Foreseen(_) => "would_be_refused",
            Fate::Accepted => "accepted",
            Fate::Unanswered => "unanswered",
            Fate::Refused(_) => "refused",
        }
    }

    /// Why it was refused, or would be.
    pub(crate) fn reason(&self) -> Option<&str> {
        match self {
            Fate::Foreseen(reason) | Fate::Refused(reason) => Some(reason),
            Fate::Planned | Fate::Accepted | Fate::Unanswered => None,
        }
    }

    /// Whether it was sent, so that it has an id that somebody can ask about.
    pub(crate) fn is_sent(&self) -> bool {
        match self {
            Fate::Planned | Fate::Foreseen(_) => false,
            Fate::Accepted | Fate::Unanswered | Fate::Refused(_) => true,
        }
    }
}
