//! People as they are entered.

use std::{fmt, str::FromStr};

use thiserror::Error;
use timeoff_models::{Email, ManagerName};

use crate::{Date, EarlierTerms, PersonId, Region, Role, Schedule, Tags};

/// Somebody's name: 1 to 100 characters after trimming, no control characters.
///
/// It is personal data: `Debug` does not print it, `Display` does.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName(ManagerName);

impl PersonName {
    /// The name as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name as results have it; every name of a person can be the one of a manager.
    #[must_use]
    pub fn as_manager_name(&self) -> &ManagerName {
        &self.0
    }
}

impl FromStr for PersonName {
    type Err = InvalidPersonName;

    /// # Errors
    ///
    /// [`InvalidPersonName`] when it is empty, too long or has control characters; it does not repeat the text.
    fn from_str(text: &str) -> Result<Self, InvalidPersonName> {
        text.parse().map(Self).map_err(|_| InvalidPersonName)
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonName(…)")
    }
}

/// A text that cannot be a [`PersonName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a person's name must have 1 to 100 characters, no control characters")]
pub struct InvalidPersonName;

/// A person as they are entered or changed; the department stands beside it.
///
/// Not promised: that `until` is not before `from`, which is one of the rules. `Debug` prints the id and the role only.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Names them on the ledger.
    pub id: PersonId,
    /// Who they are when they ask for something.
    pub email: Email,
    /// What they are called.
    pub name: PersonName,
    /// What they may do.
    pub role: Role,
    /// Whose public holidays they have; `None`: none.
    pub region: Option<Region>,
    /// How long they work; `None`: the default.
    pub schedule: Option<Schedule>,
    /// Their first day; `None`: they have always been there.
    pub from: Option<Date>,
    /// Their last day; `None`: no end is known.
    pub until: Option<Date>,
    /// Words by which policy can pick them.
    pub tags: Tags,
    /// Region and schedule of earlier times. In a command to change somebody, `None` is: as they are.
    pub earlier: Option<EarlierTerms>,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}
