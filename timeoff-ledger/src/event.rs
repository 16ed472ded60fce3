//! What has happened.

use std::borrow::Cow;
use std::fmt;

use timeoff_models::{ApplicationId, Department, LeaveType, Ticks};

use crate::{AdmittedLeave, CommandId, Date, Days, Entitlement, Person, PersonId, PolicyText};

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
    /// Somebody can take leave, or what was granted has been corrected.
    EntitlementGranted {
        /// The entitlement.
        entitlement: Box<Entitlement>,
        /// Where they brought it from; `None` if it was granted here.
        moved_from: Option<Department>,
    },
    /// From now on, leave is judged by this policy.
    PolicySet {
        /// How many have been set here, this one included.
        version: u32,
        /// The policy.
        policy: PolicyText,
    },
    /// One of several stages has approved an application, which waits for the next.
    StageApproved {
        /// The application.
        application: ApplicationId<'a>,
        /// Whose leave it is.
        person: Option<PersonId>,
        /// The approver for whom the one who decided stood in.
        on_behalf_of: Option<PersonId>,
        /// Which stage, 1 for the first.
        stage: u8,
        /// How many have to approve.
        stages: u8,
        /// The version of the policy.
        policy_version: Option<u32>,
        /// As in [`LeaveDecided`].
        known_offset: Option<i64>,
    },
    /// The employee has asked that booked leave be cancelled.
    CancellationAsked {
        /// Its application.
        application: ApplicationId<'a>,
        /// Whose leave it is.
        person: PersonId,
        /// As in [`LeaveDecided`].
        known_offset: Option<i64>,
    },
    /// Booked leave has been given back.
    LeaveReleased {
        /// Its application.
        application: ApplicationId<'a>,
        /// Whose leave it was.
        person: PersonId,
        /// The approver for whom the one who decided stood in.
        on_behalf_of: Option<PersonId>,
        /// The first day that is given back; `None`: all are.
        from_date: Option<Date>,
        /// How much is given back.
        minutes: u32,
        /// As in [`LeaveDecided`].
        known_offset: Option<i64>,
    },
    /// Booked leave stays booked although its cancellation was asked for.
    CancellationDeclined {
        /// Its application.
        application: ApplicationId<'a>,
        /// Whose leave it is.
        person: PersonId,
        /// The approver for whom the one who decided stood in.
        on_behalf_of: Option<PersonId>,
        /// As in [`LeaveDecided`].
        known_offset: Option<i64>,
    },
    /// Booked leave takes other minutes than before.
    LeaveRecalculated {
        /// Its application.
        application: ApplicationId<'a>,
        /// Whose leave it is.
        person: PersonId,
        /// What it takes now.
        days: Days,
        /// The version of the policy.
        policy_version: Option<u32>,
        /// The version of the calendar.
        calendar: Option<Cow<'a, str>>,
        /// As in [`LeaveDecided`].
        known_offset: Option<i64>,
    },
    /// Somebody who came from another department has brought booked leave with them.
    LeaveAdmitted {
        /// The leave.
        leave: Box<AdmittedLeave>,
        /// Where they came from.
        moved_from: Department,
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
        /// The version of the policy, if it mattered.
        policy_version: Option<u32>,
        /// The version of the calendar, if it mattered.
        calendar: Option<Cow<'a, str>>,
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
    /// What was known of the leave; `None` in events of earlier versions, and where it could not be counted.
    pub judged: Option<Box<Judged<'a>>>,
}

/// What was known of a leave when it was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged<'a> {
    /// What kind of leave; `None` where there is no policy.
    pub leave_type: Option<LeaveType>,
    /// What it takes, in working minutes.
    pub minutes: Option<u32>,
    /// The days of booked leave, whose minutes are those above.
    pub days: Option<Days>,
    /// Minutes of the type that can be taken on the first day: of booked leave, after it. `None` if the type needs no
    /// entitlement.
    pub available: Option<u32>,
    /// The version of the policy.
    pub policy_version: Option<u32>,
    /// The version of the calendar of public holidays.
    pub calendar: Option<Cow<'a, str>>,
    /// What the policy warned of, and whoever decided accepted; of booked leave.
    pub warnings: Option<Reason<'a>>,
    /// The application whose leave this replaces; of booked leave.
    pub replaces: Option<ApplicationId<'a>>,
    /// The rule that declined it; of declined leave.
    pub reason: Option<Reason<'a>>,
}

impl<'a> LeaveDecided<'a> {
    /// What was known of the leave, as far as the event says it.
    #[must_use]
    pub fn judged(&self) -> &Judged<'a> {
        const NOTHING: &Judged<'static> = &Judged {
            leave_type: None,
            minutes: None,
            days: None,
            available: None,
            policy_version: None,
            calendar: None,
            warnings: None,
            replaces: None,
            reason: None,
        };
        self.judged.as_deref().unwrap_or(NOTHING)
    }
}

/// Why a command was refused: a sentence, which may hold what another program wrote. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Reason<'a>(pub Cow<'a, str>);

impl fmt::Debug for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reason(…)")
    }
}

impl Fact<'_> {
    /// What the ledger calls it: the name of its record.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::PersonEntered { .. } => "PersonEntered",
            Self::PersonChanged { .. } => "PersonChanged",
            Self::PersonMoved { .. } => "PersonMoved",
            Self::PersonLeft { .. } => "PersonLeft",
            Self::ApprovalDelegated { .. } => "ApprovalDelegated",
            Self::LeaveBooked(_) => "LeaveBooked",
            Self::LeaveDeclined(_) => "LeaveDeclined",
            Self::LeaveWithdrawn { .. } => "LeaveWithdrawn",
            Self::EntitlementGranted { .. } => "EntitlementGranted",
            Self::PolicySet { .. } => "PolicySet",
            Self::StageApproved { .. } => "StageApproved",
            Self::CancellationAsked { .. } => "CancellationAsked",
            Self::LeaveReleased { .. } => "LeaveReleased",
            Self::CancellationDeclined { .. } => "CancellationDeclined",
            Self::LeaveRecalculated { .. } => "LeaveRecalculated",
            Self::LeaveAdmitted { .. } => "LeaveAdmitted",
            Self::CommandRefused { .. } => "CommandRefused",
        }
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
            | Fact::StageApproved { known_offset, .. }
            | Fact::CancellationAsked { known_offset, .. }
            | Fact::LeaveReleased { known_offset, .. }
            | Fact::CancellationDeclined { known_offset, .. }
            | Fact::LeaveRecalculated { known_offset, .. }
            | Fact::CommandRefused { known_offset, .. } => *known_offset = offset,
            Fact::PersonEntered { .. }
            | Fact::PersonChanged { .. }
            | Fact::PersonMoved { .. }
            | Fact::PersonLeft { .. }
            | Fact::ApprovalDelegated { .. }
            | Fact::EntitlementGranted { .. }
            | Fact::PolicySet { .. }
            | Fact::LeaveAdmitted { .. } => {}
        }
        self
    }
}
