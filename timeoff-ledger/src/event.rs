//! What has happened.

use std::borrow::Cow;
use std::fmt;

use timeoff_models::{ApplicationId, Department, Ticks};

use crate::{CommandId, Date, Person, PersonId};

/// What has happened, and why. It borrows its texts from the record that it was read from.
///
/// People are named by their ids; an e-mail address and a name stand in [`Fact::PersonEntered`] and
/// [`Fact::PersonChanged`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Why it has happened.
    pub cause: Cause,
    /// What has happened.
    pub fact: Fact<'a>,
}

/// What every event begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The command that it is the answer to; `None` for a decision at the inbox or by a policy.
    pub command_id: Option<CommandId>,
    /// Who asked or decided; `None` for a policy, and for somebody who has not been entered.
    pub by: Option<PersonId>,
    /// When it was asked or decided (UTC).
    pub at: Ticks,
}

/// What can happen on the ledger of a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<'a> {
    /// A person is here, whether or not they were before.
    PersonEntered {
        /// All that is known of them.
        person: Box<Person>,
        /// Where they are at home.
        department: Department,
        /// Where they come from, if they have moved.
        moved_from: Option<Department>,
        /// Their last day, if it was said before they moved that they leave.
        left: Option<Date>,
    },
    /// A person is now as this says.
    PersonChanged {
        /// All that is known of them.
        person: Box<Person>,
    },
    /// A person has gone to another department.
    PersonMoved {
        /// Who.
        person: PersonId,
        /// Where to.
        to: Department,
    },
    /// A person's last day is known.
    PersonLeft {
        /// Who.
        person: PersonId,
        /// Their last day.
        last_date: Date,
    },
    /// Somebody stands in for an approver.
    ApprovalDelegated {
        /// The approver.
        from: PersonId,
        /// Who stands in for them.
        to: PersonId,
        /// The first day.
        from_date: Date,
        /// The last day.
        until_date: Date,
    },
    /// A leave has been approved.
    LeaveBooked(LeaveDecided<'a>),
    /// A leave has been declined.
    LeaveDeclined(LeaveDecided<'a>),
    /// The employee has taken the application back.
    LeaveWithdrawn {
        /// The application.
        application: ApplicationId<'a>,
        /// Whose leave it was; `None` if they have not been entered.
        person: Option<PersonId>,
        /// As in [`LeaveDecided`].
        known_offset: Option<i64>,
    },
    /// A command was not carried out.
    CommandRefused {
        /// The application that it was about.
        application: Option<ApplicationId<'a>>,
        /// The person that it was about.
        person: Option<PersonId>,
        /// Why: a sentence for whoever asked.
        reason: Reason<'a>,
        /// As in [`LeaveDecided`].
        known_offset: Option<i64>,
    },
}

/// A decision on an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveDecided<'a> {
    /// The application.
    pub application: ApplicationId<'a>,
    /// Whose leave it is; `None` if they have not been entered.
    pub person: Option<PersonId>,
    /// The approver who had the right, if somebody stood in for them.
    pub on_behalf_of: Option<PersonId>,
    /// The rule that decided, if no person did.
    pub policy: Option<Cow<'a, str>>,
    /// The offset of the last event of the partition that was recorded when this was decided.
    pub known_offset: Option<i64>,
}

/// Why a command was refused: a sentence, which may hold what another program wrote. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason<'a>(pub Cow<'a, str>);

impl fmt::Debug for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reason(…)")
    }
}

impl Event<'_> {
    /// The same event, with the offset of the last event of the partition that was recorded when it was decided. Rules
    /// do not know offsets: whoever writes the event sets it. Changes nothing where the event has no such field.
    #[must_use]
    pub fn with_known_offset(mut self, offset: Option<i64>) -> Self {
        match &mut self.fact {
            Fact::LeaveBooked(LeaveDecided { known_offset, .. })
            | Fact::LeaveDeclined(LeaveDecided { known_offset, .. })
            | Fact::LeaveWithdrawn { known_offset, .. }
            | Fact::CommandRefused { known_offset, .. } => *known_offset = offset,
            Fact::PersonEntered { .. }
            | Fact::PersonChanged { .. }
            | Fact::PersonMoved { .. }
            | Fact::PersonLeft { .. }
            | Fact::ApprovalDelegated { .. } => {}
        }
        self
    }
}
