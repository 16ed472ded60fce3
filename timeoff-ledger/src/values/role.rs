//! What a person may do.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// What a person may do in a department.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// May ask for leave.
    Employee,
    /// May also decide on the leave of others.
    Approver,
    /// May also enter and change people.
    Admin,
}

impl Role {
    /// The role as it is on the wire: `employee`, `approver` or `admin`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Employee => "employee",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }

    /// Whether somebody with this role may decide on the leave of others.
    #[must_use]
    pub fn decides(self) -> bool {
        match self {
            Self::Employee => false,
            Self::Approver | Self::Admin => true,
        }
    }
}

impl FromStr for Role {
    type Err = InvalidRole;

    /// Reads it in any case, trimmed.
    ///
    /// # Errors
    ///
    /// [`InvalidRole`] for any other text.
    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        [Self::Employee, Self::Approver, Self::Admin]
            .into_iter()
            .find(|role| role.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(InvalidRole)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is not a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a role must be employee, approver or admin")]
pub struct InvalidRole;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_in_any_case() {
        for role in [Role::Employee, Role::Approver, Role::Admin] {
            assert_eq!(role.to_string().to_uppercase().parse(), Ok(role));
        }
        for text in ["", "boss", "admins"] {
            assert_eq!(text.parse::<Role>(), Err(InvalidRole), "{text}");
        }
    }
}
