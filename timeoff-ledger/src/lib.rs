//! The ledger of one department: what its events say, and what becomes of the commands to it. No I/O, no clock.
//!
//! Whoever holds a department's partition is the only writer of its ledger. They fold the ledger into a [`State`], ask
//! the state what becomes of each command and each decision, write the events that it answers with, and fold those:
//!
//! ```text
//! the ledger ──▶ LedgerRecord ──Event::from_record──▶ Event ──State::evolve──▶ State
//! a command ──▶ CommandRecord ──Command::from_record──▶ Command ──State::carry_out──▶ Answer: events, result, refusal
//! the inbox, a policy ──────────────────────────────────────────State::decide_here──▶ events, or a Refusal
//! ```
//!
//! The same events give the same state, and the same state and command the same answer: time comes in with commands and
//! events.
//!
//! E-mail addresses, names and comments are personal data: `Debug` leaves them out, and no reason that is written onto
//! the ledger has any.
//!
//! | where | what it has |
//! |---|---|
//! | `ids`, `values`, `person` | what people and commands consist of |
//! | `calendar` | the public holidays of a region |
//! | `working_time`, `days` | when somebody works, and what a leave takes of it |
//! | `command`, `event` | what can be wanted, what can happen |
//! | `record`, `field` | both in and out of the records on the log |
//! | `state`, `evolve` | what the ledger says, and how an event changes it |
//! | `decide`, `refusal` | the rules, and why something may not be |
//! | `account` | what somebody may still take: entitlements, booked leave and what is left |
//! | `policy` | what an operator has decided: types of leave, entitlements, stages, cover, windows, holidays |
//! | `what_if` | what would have been decided under another policy |
//! | `working_hours` | hours as people write them |
//! | `everywhere` | what has to be asked of which department, so that all say the same of a person |

pub mod account;
mod calendar;
mod command;
mod days;
mod decide;
mod event;
mod everywhere;
mod evolve;
mod field;
mod ids;
mod person;
mod policy;
mod record;
mod refusal;
mod sabotage;
mod state;
mod values;
mod what_if;
mod working_hours;
mod working_time;

pub use calendar::{Calendar, Holiday, HolidayShare, RegionCalendar};
pub use command::{AdmittedLeave, Asked, Command, Entitlement, PolicyText, Request};
pub use days::{Days, Half, InvalidDays, LeaveDay, Uncountable, WorkingDay};
pub use decide::{
    Answer, Application, Available, Away, Balance, BookedLeave, DecidedHere, Decider,
    GrantByPolicy, Look, Recount, Ruling,
};
pub use event::{Cause, Event, Fact, Judged, LeaveDecided, Reason};
pub use everywhere::{Place, Step, Wanted};
pub use field::{FieldRule, InvalidField};
pub use ids::{CommandId, EntitlementId, InvalidId, PersonId};
pub use person::{InvalidPersonName, Person, PersonName};
pub use policy::{
    Blackout, CarryOver, CompanyHoliday, Complaint, Consequence, Cover, CoverLimit, DayOfYear,
    Entitled, EntitlementRule, HolidayChange, HolidayDate, HolidayPart, InvalidDayOfYear,
    InvalidHolidayDate, InvalidLabel, InvalidPolicy, InvalidTag, Label, LeaveKind, Policy,
    PolicyPlace, Problem, Problems, Scope, StageRule, StruckHoliday, Tag, Window,
};
pub use refusal::{Broken, Overdrawn, PastDecider, Refusal, hours};
pub use state::{Entered, Fate, StandsIn, State};
pub use timeoff_models::{Date, InvalidDate};
pub use values::{
    EarlierTerms, InvalidRegion, InvalidRole, InvalidSchedule, InvalidTags, InvalidTerms, Region,
    Role, Schedule, Tags, Terms,
};
pub use what_if::{Comparison, Difference, Ending, How, WhatIf};
pub use working_hours::{InvalidHours, minutes_of_hours};
pub use working_time::DayOff;

#[cfg(test)]
mod tests;
