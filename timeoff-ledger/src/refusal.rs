//! Why something may not be.

use std::borrow::Cow;

use thiserror::Error;
use timeoff_models::Department;

use crate::{Date, Fate, InvalidField, PersonName, Role};

/// The longest id of an application that a command can be about, in bytes. Other programs choose ids, of any length; an
/// event has the id twice, as its key and as a field, and could otherwise be too large for the log.
pub(crate) const NAMED_ID_MAX: usize = 1024;

/// Why a command or a decision is refused.
///
/// `Display` is for the person who asked: it may name a colleague, but gives no e-mail address. What stands on the
/// ledger is [`reason`](Self::reason).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A decision by somebody who has not said who they are.
    #[error("People have been entered in {department}: say who you are with --as EMAIL.")]
    Unnamed {
        /// Where.
        department: Department,
    },
    /// A command that needs a right, where nobody can have it yet.
    #[error("Nobody has been entered in {department} yet: name its first admin first.")]
    NobodyEntered {
        /// Where.
        department: Department,
    },
    /// The asker is not a person who is active here.
    #[error(
        "Nobody with your e-mail address is active in {department}: ask an admin to enter you there."
    )]
    UnknownAsker {
        /// Where.
        department: Department,
    },
    /// The asker is no admin.
    #[error("Only an admin of {department} can do this, and you are {}: ask an admin.", with_article(*role))]
    NotAdmin {
        /// Where.
        department: Department,
        /// What they are.
        role: Role,
    },
    /// There is an admin, who can be asked.
    #[error(
        "{} is an admin of {department} already: ask them to enter you.",
        name_or(admin, "Somebody")
    )]
    AdminExists {
        /// Where.
        department: Department,
        /// Who; `None` if they have gone since.
        admin: Option<PersonName>,
    },
    /// The person to be entered is here.
    #[error("This person has been entered in {department} already: change them instead.")]
    PersonIsHere {
        /// Where.
        department: Department,
    },
    /// The person is not here.
    #[error("No such person is in {department}: enter them first, or ask in their department.")]
    NoSuchPerson {
        /// Where.
        department: Department,
    },
    /// Somebody else has the address.
    #[error(
        "Another person in {department} has this e-mail address: give another one, or say which day was their last \
         first."
    )]
    AddressTaken {
        /// Where.
        department: Department,
    },
    /// A period of no days.
    #[error("The last day is before the first one: give a later last day.")]
    EndsBeforeItBegins,
    /// The person is entered with an earlier last day, which would hold all the same.
    #[error(
        "This person is entered with {until} as their last day, which would hold all the same: change that first \
         (until), or give a day that is not after it."
    )]
    LastDayAfterUntil {
        /// The last day with which they are entered.
        until: Date,
    },
    /// The department would be without an admin.
    #[error("This would leave {department} without an admin: enter another admin first.")]
    LastAdmin {
        /// Where.
        department: Department,
    },
    /// The person to be moved is a guest here.
    #[error("This person belongs to {home}: ask for the move there.")]
    Guest {
        /// Where they are at home.
        home: Department,
    },
    /// The person to be moved is there.
    #[error("This person belongs to {department} already.")]
    AlreadyAtHome {
        /// Where.
        department: Department,
    },
    /// The asker may not decide on leave.
    #[error(
        "Only an approver or an admin of {department}, or somebody who stands in for one today, can decide on leave."
    )]
    NotApprover {
        /// Where.
        department: Department,
    },
    /// The asker asks for the leave.
    #[error("Nobody decides on their own leave: ask another approver or an admin of {department}.")]
    OwnLeave {
        /// Where.
        department: Department,
    },
    /// The asker stands in for who asks for the leave.
    #[error(
        "You stand in for the one whose leave this is, so you cannot decide on it: ask another approver or an admin \
         of {department}."
    )]
    LeaveOfDelegator {
        /// Where.
        department: Department,
    },
    /// The application is decided.
    #[error("{} has {} it already.", decider.name(), fate.as_verb())]
    AlreadyDecided {
        /// How.
        fate: Fate,
        /// Who decided.
        decider: PastDecider,
    },
    /// The asker knows of more than has happened here.
    #[error(
        "You expected version {expected} of this application, and it has version {actual}: look at it again and then \
         decide."
    )]
    UnexpectedVersion {
        /// How many events the asker knew of.
        expected: u32,
        /// How many there are.
        actual: u32,
    },
    /// No application with that id waits.
    #[error("No such application is waiting in {department}.")]
    NoSuchApplication {
        /// Where.
        department: Department,
    },
    /// An id that is longer than any that events name.
    #[error(
        "The id of the application is longer than {} bytes: nothing is done by a command about such a one.",
        NAMED_ID_MAX
    )]
    IdTooLong,
    /// Somebody else's application.
    #[error("Only the employee who asked for this leave can withdraw it.")]
    NotTheEmployee,
    /// A delegation by somebody else.
    #[error(
        "Only the approver themself or an admin of {department} can say who stands in for them."
    )]
    NotTheirDelegation {
        /// Where.
        department: Department,
    },
    /// A delegation by somebody who has nothing to delegate.
    #[error(
        "Only for an active approver or admin of {department} can somebody stand in, and this person is none."
    )]
    NothingToDelegate {
        /// Where.
        department: Department,
    },
    /// A delegation to somebody who is not here.
    #[error("Whoever stands in must be active in {department}: enter them there first.")]
    NoSuchDelegate {
        /// Where.
        department: Department,
    },
    /// A delegation to oneself.
    #[error("Nobody stands in for themself: name somebody else.")]
    DelegatesToThemself,
    /// A command of a type that this version does not know.
    #[error(
        "This version does not know commands of the type {name}: have the manager's service of {department} updated, \
         and ask again."
    )]
    UnknownType {
        /// Where.
        department: Department,
        /// The name of the record.
        name: String,
    },
    /// A command with an impossible value.
    #[error("The command cannot be understood: {error}.")]
    Unreadable {
        /// Which value.
        error: InvalidField,
    },
}

/// Who decided on an application, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastDecider {
    /// Somebody who has been entered.
    Person(PersonName),
    /// The employee, when they withdrew it.
    Employee,
    /// A rule.
    Policy,
    /// Somebody who has not been entered.
    Somebody,
}

impl PastDecider {
    fn name(&self) -> &str {
        match self {
            Self::Person(name) => name.as_str(),
            Self::Employee => "The employee",
            Self::Policy => "A policy",
            Self::Somebody => "Somebody",
        }
    }
}

impl Refusal {
    /// The sentence that goes onto the ledger. It names nobody: names stand in the events about people only, so that
    /// they can be erased there. Whoever shows it can find out who decided from the application's own event.
    #[must_use]
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::AlreadyDecided {
                fate,
                decider: PastDecider::Person(_),
            } => format!("Another person has {} it already.", fate.as_verb()).into(),
            Self::AdminExists { department, .. } => {
                format!("{department} has an admin already: ask them to enter you.").into()
            }
            _ => self.to_string().into(),
        }
    }
}

fn name_or<'a>(name: &'a Option<PersonName>, otherwise: &'a str) -> &'a str {
    name.as_ref().map_or(otherwise, PersonName::as_str)
}

fn with_article(role: Role) -> &'static str {
    match role {
        Role::Employee => "an employee",
        Role::Approver => "an approver",
        Role::Admin => "an admin",
    }
}
