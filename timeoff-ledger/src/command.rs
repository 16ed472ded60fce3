//! What somebody wants.

use std::fmt;
use std::sync::Arc;

use timeoff_models::{ApplicationId, Comment, Department, Email, LeaveType, Outcome, Ticks};

use crate::{CommandId, Date, Days, EntitlementId, Person, PersonId, PersonName};

/// What somebody wants, and who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Who wants it, and when.
    pub asked: Asked,
    /// What they want.
    pub request: Request,
}

/// What every command begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// A repeated one gets its first answer and changes nothing.
    pub command_id: CommandId,
    /// Who asks.
    pub by: Email,
    /// When they asked (UTC). Whether somebody is active, or stands in for somebody, is judged on this day.
    pub at: Ticks,
}

impl Asked {
    /// The day on which it was asked.
    #[must_use]
    pub fn date(&self) -> Date {
        Date::of(self.at)
    }
}

/// What can be wanted of the owner of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Enter the first admin, where nobody can be asked who is one.
    NameFirstAdmin {
        /// Names them on the ledger, unless they have been entered already.
        person: PersonId,
        /// Their e-mail address.
        email: Email,
        /// What they are called.
        name: PersonName,
        /// Where they are at home.
        department: Department,
    },
    /// Enter a person: one of this department, or a guest who decides or administers here.
    EnterPerson {
        /// The person.
        person: Box<Person>,
        /// Where they are at home.
        department: Department,
    },
    /// Replace all that has been entered of a person but their department.
    ChangePerson {
        /// The whole person anew.
        person: Box<Person>,
    },
    /// Move a person from this department to another.
    MovePerson {
        /// Who moves.
        person: PersonId,
        /// Where to.
        to: Department,
    },
    /// Take in a person who moves here: asked for by the owner of the partition they come from, which has checked that
    /// this may be.
    AdmitPerson {
        /// The person.
        person: Box<Person>,
        /// Where they are at home from now on: this department.
        department: Department,
        /// Where they come from.
        from: Department,
        /// Their last day, if it was said there that they leave.
        left: Option<Date>,
    },
    /// Say which day is a person's last.
    EndEmployment {
        /// Who leaves.
        person: PersonId,
        /// Their last day.
        last_date: Date,
    },
    /// Have somebody stand in for an approver.
    DelegateApproval {
        /// The approver.
        from: PersonId,
        /// Who stands in for them.
        to: PersonId,
        /// The first day.
        from_date: Date,
        /// The last day.
        until_date: Date,
    },
    /// Approve or decline a leave.
    DecideApplication {
        /// The application.
        application: ApplicationId<'static>,
        /// Which of the two.
        outcome: Outcome,
        /// What the employee is told.
        comment: Option<Comment>,
        /// How many events about the application the asker knew of, as [`State::version_of`](crate::State::version_of)
        /// counts them; `None`: whatever has happened.
        expected_version: Option<u32>,
        /// Whether what the policy only warns of is accepted.
        accept_warnings: bool,
    },
    /// Take back an application that waits.
    WithdrawApplication {
        /// The application.
        application: ApplicationId<'static>,
    },
    /// Grant somebody leave that they can take, or correct what was granted.
    GrantEntitlement {
        /// The entitlement.
        entitlement: Box<Entitlement>,
    },
    /// Have leave judged by a policy from now on.
    SetPolicy {
        /// The policy.
        policy: PolicyText,
        /// How many policies the asker knew to have been set in the department; `None`: whatever has been set.
        expected_version: Option<u32>,
    },
    /// Ask that booked leave be cancelled.
    AskToCancel {
        /// Its application.
        application: ApplicationId<'static>,
    },
    /// Decide on that.
    DecideCancellation {
        /// The application of the leave.
        application: ApplicationId<'static>,
        /// Approved: the leave is given back.
        outcome: Outcome,
    },
    /// Count booked leave anew.
    RecalculateLeave {
        /// Its application.
        application: ApplicationId<'static>,
    },
    /// Take over an entitlement of a person who moves here; as [`Request::AdmitPerson`].
    AdmitEntitlement {
        /// The entitlement.
        entitlement: Box<Entitlement>,
        /// Where they come from.
        from: Department,
    },
    /// Take over booked leave of a person who moves here; as [`Request::AdmitPerson`].
    AdmitLeave {
        /// The leave.
        leave: Box<AdmittedLeave>,
        /// Where they come from.
        from: Department,
    },
}

/// Leave of one type that a person can take between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Names it; one that is there already is replaced.
    pub id: EntitlementId,
    /// Whose it is.
    pub person: PersonId,
    /// What kind of leave.
    pub leave_type: LeaveType,
    /// Working minutes; 0 takes it back.
    pub minutes: u32,
    /// The first day on which they can be taken.
    pub from: Date,
    /// The last day on which they can be taken.
    pub until: Date,
}

/// Booked leave that somebody brings from another department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmittedLeave {
    /// Its application.
    pub application: ApplicationId<'static>,
    /// Whose leave it is.
    pub person: PersonId,
    /// What kind of leave; `None` where there was no policy.
    pub leave_type: Option<LeaveType>,
    /// When.
    pub days: Days,
}

/// A policy as somebody wrote it. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyText(pub Arc<str>);

impl fmt::Debug for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyText(…)")
    }
}

impl Request {
    /// The application that it is about, if it is about one.
    #[must_use]
    pub fn application(&self) -> Option<&ApplicationId<'static>> {
        match self {
            Self::DecideApplication { application, .. }
            | Self::WithdrawApplication { application }
            | Self::AskToCancel { application }
            | Self::DecideCancellation { application, .. }
            | Self::RecalculateLeave { application } => Some(application),
            Self::AdmitLeave { leave, .. } => Some(&leave.application),
            Self::NameFirstAdmin { .. }
            | Self::EnterPerson { .. }
            | Self::ChangePerson { .. }
            | Self::MovePerson { .. }
            | Self::AdmitPerson { .. }
            | Self::EndEmployment { .. }
            | Self::DelegateApproval { .. }
            | Self::GrantEntitlement { .. }
            | Self::AdmitEntitlement { .. }
            | Self::SetPolicy { .. } => None,
        }
    }

    /// The person that it is about, if it is not about an application. Of a delegation, that is the approver.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::NameFirstAdmin { person, .. }
            | Self::MovePerson { person, .. }
            | Self::EndEmployment { person, .. }
            | Self::DelegateApproval { from: person, .. } => Some(*person),
            Self::EnterPerson { person, .. }
            | Self::ChangePerson { person }
            | Self::AdmitPerson { person, .. } => Some(person.id),
            Self::GrantEntitlement { entitlement } | Self::AdmitEntitlement { entitlement, .. } => {
                Some(entitlement.person)
            }
            Self::AdmitLeave { leave, .. } => Some(leave.person),
            Self::DecideApplication { .. }
            | Self::WithdrawApplication { .. }
            | Self::AskToCancel { .. }
            | Self::DecideCancellation { .. }
            | Self::RecalculateLeave { .. }
            | Self::SetPolicy { .. } => None,
        }
    }
}
