//! Why something may not be.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;
use timeoff_models::{Department, LeaveType};

use crate::account::Shortfall;
use crate::policy::CoverLimit;
use crate::{Date, Fate, InvalidField, PersonName, Role, Uncountable};

/// The longest id of an application that a command can be about, in bytes. Other programs choose ids, of any length; an
/// event has the id twice, as its key and as a field, and could otherwise be too large for the log.
pub(crate) const NAMED_ID_MAX: usize = 1024;

/// The largest entitlement, in minutes.
pub(crate) const ENTITLEMENT_MAX: u32 = 20 * 366 * 24 * 60;

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
    /// What the employee asks for cannot be counted.
    #[error("This leave cannot be approved: {why}.")]
    Uncountable {
        /// Why.
        why: Uncountable,
    },
    /// A type that the policy does not have.
    #[error("The policy knows no leave of the type {name}: it must be one of {known}.")]
    UnknownLeaveType {
        /// The type.
        name: LeaveType,
        /// Those that there are.
        known: String,
    },
    /// Leave of somebody who has not been entered, where there is a policy.
    #[error(
        "Nobody with this e-mail address has been entered in {department}, so nothing is known of what they can take: \
         enter them, or decline it."
    )]
    UnknownApplicant {
        /// Where.
        department: Department,
    },
    /// Leave of somebody who has moved, with their account.
    #[error(
        "The employee has moved from {department} to another department: decline it, and have them ask there."
    )]
    ApplicantMoved {
        /// Where from.
        department: Department,
    },
    /// Leave of a guest: their account is where they are at home.
    #[error(
        "The employee belongs to {home}, where their leave is booked: decline it, and have them ask there."
    )]
    ApplicantElsewhere {
        /// Where they are at home.
        home: Department,
    },
    /// The same time is booked already.
    #[error(
        "The employee has booked leave {} that takes the same time on {date}: change one of them.",
        period(*first, *last)
    )]
    Collides {
        /// The first day on which both take the same time.
        date: Date,
        /// The first day of the booked leave.
        first: Date,
        /// Its last day.
        last: Date,
    },
    /// The account does not have so much.
    #[error("{overdrawn}")]
    Overdrawn {
        /// What was known.
        overdrawn: Box<Overdrawn>,
    },
    /// A rule of the policy that blocks.
    #[error("This leave cannot be approved: {broken}")]
    Blocked {
        /// Which.
        broken: Box<Broken>,
    },
    /// Rules of the policy that warn.
    #[error("{} {}", sentences(warnings), Refusal::ACCEPT_WARNINGS)]
    Warned {
        /// Which.
        warnings: Vec<Broken>,
    },
    /// The leave that is to be replaced is not booked.
    #[error(
        "The leave that this one is to replace is not booked for the employee: decline it, and have them ask again."
    )]
    NothingToReplace,
    /// An edit that gives back days that are over.
    #[error(
        "The leave that this one is to replace has begun, and days of it that are over would be given back: only an \
         admin of {department} can approve that."
    )]
    ReplacesPast {
        /// Where.
        department: Department,
    },
    /// Another stage is next.
    #[error(
        "An approver has approved this leave, and it waits for somebody with the tag {tag} now."
    )]
    WaitsForStage {
        /// Who decides next.
        tag: String,
    },
    /// A stage at the inbox.
    #[error(
        "This leave has to be approved by several people one after the other: approve it on the web or with timeoff-admin."
    )]
    StagesByCommand,
    /// One person for two stages.
    #[error("You have approved this leave already: it takes another person to approve it next.")]
    OnePersonForTwoStages,
    /// A policy of a later version of the program.
    #[error(
        "This version cannot read the policy that holds here: have the manager's service updated, or set another one."
    )]
    PolicyUnreadable,
    /// A text that is no policy.
    #[error("The policy is not set: {why}")]
    InvalidPolicy {
        /// What is wrong with it.
        why: String,
    },
    /// Entitlements where there is no policy.
    #[error("No policy has been set in {department} yet: set one first.")]
    NoPolicy {
        /// Where.
        department: Department,
    },
    /// An entitlement to leave of a type that needs none.
    #[error("Leave of the type {name} needs no entitlement.")]
    NeedsNoEntitlement {
        /// The type.
        name: LeaveType,
    },
    /// The entitlement belongs to somebody else, or has another type.
    #[error(
        "There is an entitlement with this id that is another person's or of another type: take a new id."
    )]
    OtherEntitlement,
    /// More minutes than anybody can take.
    #[error(
        "An entitlement can be of at most {} minutes, twenty years of working days.",
        ENTITLEMENT_MAX
    )]
    TooMuch,
    /// A correction that would leave booked leave without an entitlement.
    #[error(
        "Booked leave uses this entitlement: with the correction, {} would be missing on {date}. Have leave cancelled \
         first, or grant more.",
        hours(*minutes)
    )]
    Uses {
        /// Minutes.
        minutes: u64,
        /// The first day.
        date: Date,
    },
    /// No such leave is booked.
    #[error("No such leave is booked in {department}.")]
    NoSuchLeave {
        /// Where.
        department: Department,
    },
    /// Its cancellation has been asked for.
    #[error("The cancellation of this leave has been asked for already, and waits for a decision.")]
    CancellationWaits,
    /// Its cancellation has not been asked for.
    #[error("The employee has not asked for this leave to be cancelled.")]
    CancellationNotAsked,
    /// Nothing is left to be given back.
    #[error("All of this leave is over: only an admin of {department} can give it back.")]
    LeaveIsOver {
        /// Where.
        department: Department,
    },
    /// Counting anew leaves nothing.
    #[error("Counted anew, this leave takes nothing: give it back instead.")]
    NothingLeft,
    /// Counting anew changes nothing.
    #[error("Counted anew, this leave takes the same as before.")]
    SameAsBefore,
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
    /// Another policy was set than the asker knew of.
    #[error(
        "You expected {}, and {}: look at it, and then set yours.",
        policy_number(*expected),
        in_force(*actual)
    )]
    OtherPolicy {
        /// How many policies the asker knew of.
        expected: u32,
        /// How many have been set.
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
    /// How the sentence of [`Refusal::Warned`] ends, also on the ledger: by it, a refused approval is known as one that is
    /// carried out if the warnings are accepted.
    pub const ACCEPT_WARNINGS: &str = "To approve it all the same, accept the warning.";

    /// Whether the policy stands against an approval, or what it counts: not a right, a version or an id.
    pub(crate) fn is_by_policy(&self) -> bool {
        matches!(
            self,
            Self::Uncountable { .. }
                | Self::UnknownLeaveType { .. }
                | Self::UnknownApplicant { .. }
                | Self::ApplicantElsewhere { .. }
                | Self::Collides { .. }
                | Self::Overdrawn { .. }
                | Self::Blocked { .. }
                | Self::Warned { .. }
                | Self::NothingToReplace
                | Self::WaitsForStage { .. }
                | Self::OnePersonForTwoStages
                | Self::PolicyUnreadable
        )
    }

    /// The sentence that goes onto the ledger. It names nobody: names stand in the events about people only, so that
    /// they can be erased there. Whoever shows it can find out who decided from the application's own event.
    #[must_use]
    pub fn reason(&self) -> Cow<'static, str> {
        match self {
            Self::AlreadyDecided {
                fate,
                decider: PastDecider::Person(_),
            } => format!("Another person has {} it already.", fate.as_verb()).into(),
            Self::Blocked { broken } => {
                format!("This leave cannot be approved: {}", broken.reason()).into()
            }
            Self::Warned { warnings } => {
                let told: Vec<String> = warnings.iter().map(Broken::reason).collect();
                format!("{} {}", told.join(" "), Self::ACCEPT_WARNINGS).into()
            }
            Self::AdminExists { department, .. } => {
                format!("{department} has an admin already: ask them to enter you.").into()
            }
            _ => self.to_string().into(),
        }
    }
}

fn policy_number(version: u32) -> String {
    match version {
        0 => "no policy".to_owned(),
        version => format!("policy {version}"),
    }
}

fn in_force(version: u32) -> String {
    match version {
        0 => "none has been set".to_owned(),
        version => format!("policy {version} is in force"),
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

/// That more is asked for than the account has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overdrawn {
    /// What people call the type of leave.
    pub label: Box<str>,
    /// What is missing.
    pub shortfall: Shortfall,
    /// Whether what can be taken is so little because earlier applications wait.
    pub is_reserved: bool,
}

impl fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            label,
            shortfall,
            is_reserved,
        } = self;
        write!(
            f,
            "This leave takes {} of {label}, and {} of it has no entitlement, on {}",
            hours(shortfall.asked),
            hours(shortfall.missing_minutes()),
            shortfall
                .missing
                .first()
                .map_or(shortfall.first_date, |(date, _)| *date),
        )?;
        if shortfall.missing.len() > 1 {
            f.write_str(" and later")?;
        }
        match &shortfall.usable[..] {
            [] => write!(f, ": nothing can be taken on {}.", shortfall.first_date)?,
            usable => {
                write!(f, ": on {}, what can be taken is ", shortfall.first_date)?;
                for (place, usable) in usable.iter().enumerate() {
                    let between = if place > 0 { " and " } else { "" };
                    write!(
                        f,
                        "{between}{} until {}",
                        hours(usable.minutes),
                        usable.until
                    )?;
                }
                f.write_str(".")?;
            }
        }
        if *is_reserved {
            f.write_str(" What the employee asked for earlier, and waits, is counted as taken.")?;
        }
        Ok(())
    }
}

/// A rule of the policy that a leave breaks. `Display` may name colleagues.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Broken {
    /// Too few would be present.
    #[error("{}{}", self.reason(), names(away))]
    Cover {
        /// The first day on which it would be so.
        date: Date,
        /// The department, or the tag of the group.
        group: Box<str>,
        /// How many must be present.
        limit: CoverLimit,
        /// How many others are present.
        present: usize,
        /// Who is away.
        away: Vec<PersonName>,
    },
    /// Asked for too late.
    #[error("{}", self.reason())]
    Notice {
        /// How many days before it has to be asked for.
        notice: u32,
        /// Its first day.
        first: Date,
    },
    /// Too long ago.
    #[error("{}", self.reason())]
    TooFarBack {
        /// How many days after it can be asked for.
        back: u32,
        /// Its first day.
        first: Date,
    },
    /// Too far in the future.
    #[error("{}", self.reason())]
    TooFarAhead {
        /// How many days before it can be asked for.
        most: u32,
        /// Its first day.
        first: Date,
    },
    /// In a period in which no leave should be taken.
    #[error("{}", self.reason())]
    Blackout {
        /// What people call it.
        name: Box<str>,
        /// The first day in it.
        date: Date,
    },
}

impl Broken {
    /// The sentence that goes onto the ledger: it names nobody.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Cover {
                date,
                group,
                limit,
                present,
                ..
            } => {
                let limit = match limit {
                    CoverLimit::LeastPresent(least) => format!("at least {least} must be present"),
                    CoverLimit::LargestShareAbsent(percent) => {
                        format!("at most {percent} % may be away")
                    }
                };
                format!("On {date}, {present} of {group} would be present, and {limit}.")
            }
            Self::Notice { notice, first } => {
                format!("Leave from {first} on has to be asked for {notice} days before.")
            }
            Self::TooFarBack { back, first } => {
                format!("Leave from {first} on could be asked for until {back} days after.")
            }
            Self::TooFarAhead { most, first } => {
                format!("Leave from {first} on can be asked for {most} days before, not earlier.")
            }
            Self::Blackout { name, date } => {
                format!("{date} is in a time without leave: {name}.")
            }
        }
    }
}

fn names(away: &[PersonName]) -> String {
    if away.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = away.iter().map(PersonName::as_str).collect();
    format!(" Away: {}.", names.join(", "))
}

fn sentences(broken: &[Broken]) -> String {
    let told: Vec<String> = broken.iter().map(ToString::to_string).collect();
    told.join(" ")
}

fn period(first: Date, last: Date) -> String {
    match first == last {
        true => format!("on {first}"),
        false => format!("from {first} to {last}"),
    }
}

/// Minutes as people read them: `16 h`, `7 h 36 min`, `30 min`.
#[must_use]
pub fn hours(minutes: impl Into<u64>) -> String {
    let minutes = minutes.into();
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
