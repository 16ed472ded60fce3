//! The identities of people and commands.

use std::{fmt, str::FromStr};

use thiserror::Error;
use timeoff_models::LeaveType;
use uuid::Uuid;

/// A text or number that is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an id must be a UUID other than the nil UUID")]
pub struct InvalidId;

/// Defines an id: a UUID that is not nil, 16 bytes without alignment.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// It is read in any of the usual forms of a UUID and shown in the one with hyphens, in lower case.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// The 16 bytes.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = InvalidId;

            /// # Errors
            ///
            /// [`InvalidId`] for the nil UUID: it is what a program sends that has forgotten to choose one.
            fn try_from(uuid: Uuid) -> Result<Self, InvalidId> {
                if uuid.is_nil() {
                    return Err(InvalidId);
                }
                Ok(Self(uuid))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// # Errors
            ///
            /// [`InvalidId`] when it is not a UUID, or the nil UUID.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map_err(|_| InvalidId)?.try_into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

id! {
    /// Names a person on the ledger without saying who they are: a UUID made when they are entered.
    PersonId
}

id! {
    /// Names a command, so that one that is sent twice is carried out once: a UUID chosen by whoever asks.
    CommandId
}

id! {
    /// Names an entitlement, so that it can be corrected: a UUID chosen by whoever grants it.
    EntitlementId
}

impl EntitlementId {
    /// The id of what a command grants by hand: the same when the command is sent again with its id.
    #[must_use]
    pub fn granted_by(command: CommandId) -> Self {
        Self(Uuid::new_v5(&command.0, b"entitlement"))
    }

    /// The id of a part of what a policy grants somebody for a year.
    #[must_use]
    pub(crate) fn of_policy(
        person: PersonId,
        year: u16,
        part: &str,
        leave_type: &LeaveType,
    ) -> Self {
        let name = format!("{year} {part} {leave_type}");
        Self(Uuid::new_v5(&person.0, name.as_bytes()))
    }
}

impl CommandId {
    /// The id of the command that brings the part of an account over that has this name, when the person moves by a command
    /// with this id.
    #[must_use]
    pub(crate) fn of_part(self, name: &str) -> Self {
        Self(Uuid::new_v5(&self.0, name.as_bytes()))
    }

    /// The id of the admission that a move with this id brings about: always the same one, so that it too is carried
    /// out once.
    #[must_use]
    pub fn of_admission(self) -> Self {
        Self(Uuid::new_v5(&self.0, b"AdmitPerson"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_any_form_and_shown_in_one() {
        let shown = "0190163d-8694-739b-aea5-966c26f8ad90";
        for text in [
            shown,
            "0190163D-8694-739B-AEA5-966C26F8AD90",
            "0190163d8694739baea5966c26f8ad90",
            "{0190163d-8694-739b-aea5-966c26f8ad90}",
        ] {
            assert_eq!(text.parse::<PersonId>().unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_no_uuid_or_the_nil_uuid_is_no_id() {
        for text in ["", "ada", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(text.parse::<CommandId>(), Err(InvalidId), "{text}");
        }
    }

    #[test]
    fn a_move_has_one_admission_and_no_other_move_has_it() {
        let id = |text: &str| text.parse::<CommandId>().unwrap();
        let (a, b) = (
            id("0190163d-8694-739b-aea5-966c26f8ad90"),
            id("0190163d-8694-739b-aea5-966c26f8ad91"),
        );
        assert_eq!(a.of_admission(), a.of_admission());
        assert_ne!(a.of_admission(), b.of_admission());
        assert_ne!(a.of_admission(), a);
        assert_eq!(size_of::<CommandId>(), 16);
    }
}
