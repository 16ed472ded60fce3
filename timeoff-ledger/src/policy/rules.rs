//! What a policy consists of.

use super::{DayOfYear, HolidayDate, Label, Tag};
use crate::{Date, Person, Region};
use timeoff_models::{Department, LeaveType};

/// A type of leave that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaveKind {
    /// Its name on the wire.
    pub name: LeaveType,
    /// What people read.
    pub label: Label,
    /// Whether it can be taken only from an entitlement.
    pub needs_entitlement: bool,
    /// Up to how many minutes nobody has to decide; `None`: somebody always has to.
    pub approve_automatically_up_to: Option<u32>,
}

/// What is granted for a year, to people with a tag or to all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntitlementRule {
    /// The type of leave that it is for.
    pub leave_type: LeaveType,
    /// Whose it is; `None`: everybody's.
    pub tag: Option<Tag>,
    /// For a whole year, what can be carried over included.
    pub minutes_a_year: u32,
    /// What can be used in the next year as well; `None`: nothing.
    pub carry_over: Option<CarryOver>,
    /// Whether those who are there for a part of the year get that part.
    pub pro_rata: bool,
}

impl EntitlementRule {
    /// Whether it is for this person.
    #[must_use]
    pub fn is_for(&self, person: &Person) -> bool {
        self.tag.as_ref().is_none_or(|tag| tag.picks(person))
    }
}

/// What of a year's entitlement can be used in the next year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CarryOver {
    /// How many minutes, from 1 to the year's.
    pub minutes: u32,
    /// The last day of the next year on which they can be used.
    pub until: DayOfYear,
}

/// Who decides after the approver on leave of a length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageRule {
    /// The types of leave; empty: all.
    pub types: Vec<LeaveType>,
    /// Only leave of more minutes than this.
    pub longer_than: u32,
    /// Whose approval it needs after the approver's, one person's of each in this order; never empty.
    pub after_approver: Vec<Tag>,
}

impl StageRule {
    /// Whether it is about that type of leave.
    #[must_use]
    pub fn has(&self, leave_type: &LeaveType) -> bool {
        self.types.is_empty() || self.types.contains(leave_type)
    }
}

/// To which leave a rule applies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The types of leave; empty: all.
    pub types: Vec<LeaveType>,
    /// The departments; empty: all.
    pub departments: Vec<Department>,
}

impl Scope {
    /// Whether leave of that type in that department is in it.
    #[must_use]
    pub fn has(&self, leave_type: &LeaveType, department: &Department) -> bool {
        (self.types.is_empty() || self.types.contains(leave_type))
            && (self.departments.is_empty() || self.departments.contains(department))
    }
}

/// How many people of a group must be there on a working day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    /// The departments whose groups are meant, each for itself; empty: all.
    pub departments: Vec<Department>,
    /// The people of the group; `None`: the whole department.
    pub tag: Option<Tag>,
    /// How many.
    pub limit: CoverLimit,
    /// What becomes of leave that would break it.
    pub then: Consequence,
}

/// How many people of a group must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverLimit {
    /// The fewest people who must be present, from 1.
    LeastPresent(u32),
    /// The largest share of the group that may be absent, in percent from 1 to 99.
    LargestShareAbsent(u8),
}

/// What becomes of leave that breaks a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// Whoever approves it has to confirm that they have seen the warning.
    Warn,
    /// It cannot be approved.
    Block,
}

/// When leave can be asked for. Days are counted from the day of asking to the first day of the leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// Which leave.
    pub scope: Scope,
    /// The fewest days ahead; `None`: no notice. Never together with `back_days`.
    pub notice_days: Option<u32>,
    /// The most days back; `None`: any.
    pub back_days: Option<u32>,
    /// The most days ahead; `None`: any. Not fewer than `notice_days`.
    pub ahead_days: Option<u32>,
    /// What becomes of leave that breaks it.
    pub then: Consequence,
}

/// A period in which no leave should be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blackout {
    /// What people read.
    pub name: Label,
    /// Its first day.
    pub from: Date,
    /// Its last day, not before the first.
    pub until: Date,
    /// Which leave.
    pub scope: Scope,
    /// What becomes of leave in it.
    pub then: Consequence,
}

/// A day off that the calendar of public holidays does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyHoliday {
    /// What people read.
    pub name: Label,
    /// When.
    pub date: HolidayDate,
    /// How much of the day.
    pub part: HolidayPart,
    /// Whose; empty: everybody's.
    pub regions: Vec<Region>,
}

/// How much of its day a holiday takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HolidayPart {
    /// All of it.
    Whole,
    /// The half after noon.
    Afternoon,
}

/// A public holiday on which people work all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StruckHoliday {
    /// When.
    pub date: HolidayDate,
    /// Whose; empty: everybody's.
    pub regions: Vec<Region>,
}

/// What a policy does to the public holidays on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolidayChange<'a> {
    /// There is one more.
    Added(&'a CompanyHoliday),
    /// There is none.
    Struck,
}

/// Whether a list of regions has that one; an empty list has everybody, also those without a region.
pub(super) fn is_for(regions: &[Region], region: Option<&Region>) -> bool {
    regions.is_empty() || region.is_some_and(|region| regions.contains(region))
}
