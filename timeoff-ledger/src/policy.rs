//! The policy of a department: what an operator writes, as values that can be asked.
//!
//! A [`Policy`] is read from a TOML text; `docs/policy.example.toml` has every key, with comments. The whole text
//! travels in an event, and whoever folds the ledger reads it again, so reading depends on nothing but the text:
//!
//! - A command that sets a policy is read with the calendar's regions, an event with `|_| true`: a later calendar that
//!   has lost a region does not make the ledger unreadable.
//! - A later version of this module takes every text that an earlier one has taken, and reads the same policy from it.
//!   A new contradiction may be refused in commands only.
//!
//! Amounts are whole minutes, days are calendar days. Where several rules could answer one question (entitlements,
//! stages), the first that fits counts, so that more than one never has to be added up. Of rules that can only refuse
//! (cover, windows, blackouts), all that fit apply.
//!
//! | where | what it has |
//! |---|---|
//! | `written` | the shape of the TOML |
//! | `reading`, `contradictions`, `problem` | from it to the rules, and what is wrong on the way |
//! | `rules`, `words`, `day` | the rules and what they consist of |
//! | `entitlements` | what they grant a person for a year |

mod contradictions;
mod day;
mod entitlements;
mod problem;
mod reading;
mod rules;
mod words;
mod written;

use timeoff_models::{Department, Departments, LeaveType};

use crate::{Calendar, Date, Region};

pub use day::{DayOfYear, HolidayDate, InvalidDayOfYear, InvalidHolidayDate};
pub use entitlements::Entitled;
pub use problem::{Complaint, InvalidPolicy, Place as PolicyPlace, Problem, Problems};
pub use rules::{
    Blackout, CarryOver, CompanyHoliday, Consequence, Cover, CoverLimit, EntitlementRule,
    HolidayChange, HolidayPart, LeaveKind, Scope, StageRule, StruckHoliday, Window,
};
pub use words::{InvalidLabel, InvalidTag, Label, Tag};

/// Longest text of a policy, in bytes: it is one field of an event.
const TEXT_MAX: usize = 64 * 1024;

/// A rule, or a part of one, with its place in the text.
type Placed<T> = (problem::Place, T);

/// The rules of a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    text: Box<str>,
    /// Its index in `types`.
    default_type: usize,
    waiting_leave_reserves: bool,
    types: Vec<LeaveKind>,
    entitlement_rules: Vec<EntitlementRule>,
    stage_rules: Vec<StageRule>,
    cover: Vec<Cover>,
    windows: Vec<Window>,
    blackouts: Vec<Blackout>,
    company_holidays: Vec<CompanyHoliday>,
    struck_holidays: Vec<StruckHoliday>,
    departments: Vec<Placed<Department>>,
}

impl Policy {
    /// Reads a text of at most 64 KiB.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`] when it is too long, is not TOML of this shape, or contradicts itself. Of what is not TOML or
    /// has not its shape, the first is reported; of the rest, all.
    pub fn read(text: &str, knows_region: impl Fn(&Region) -> bool) -> Result<Self, InvalidPolicy> {
        reading::read(text, &knows_region)
    }

    /// Reads a text that somebody wants to set: its regions are those of the calendar that this version has.
    ///
    /// # Errors
    ///
    /// As [`Policy::read`].
    pub fn read_to_set(text: &str) -> Result<Self, InvalidPolicy> {
        let calendar = Calendar::embedded();
        Self::read(text, |region| calendar.knows(region))
    }

    /// The text from which it was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What could be a mistake, though it may be meant: departments that are not configured. They can be added later.
    #[must_use]
    pub fn warnings(&self, configured: &Departments) -> Vec<Problem> {
        self.departments
            .iter()
            .filter(|(_, department)| configured.partition_of(department).is_none())
            .map(|(place, department)| {
                let what = format!(
                    "{department} is not one of the departments {configured}: the rule does nothing until it is"
                );
                Problem::new(place.clone(), &what)
            })
            .collect()
    }

    /// Whether applications of the same person that were queued earlier, and still wait, reserve their minutes.
    #[must_use]
    pub fn waiting_leave_reserves(&self) -> bool {
        self.waiting_leave_reserves
    }

    /// The types of leave, in the order in which they are written; at least one.
    #[must_use]
    pub fn types(&self) -> &[LeaveKind] {
        &self.types
    }

    /// The type that is meant when an application names none.
    #[must_use]
    pub fn default_type(&self) -> &LeaveKind {
        &self.types[self.default_type]
    }

    /// The type of that name.
    #[must_use]
    pub fn leave_type(&self, name: &LeaveType) -> Option<&LeaveKind> {
        self.types.iter().find(|kind| kind.name == *name)
    }

    /// Whether leave of that type and length is approved without anybody deciding.
    #[must_use]
    pub fn approves_automatically(&self, leave_type: &LeaveType, minutes: u32) -> bool {
        self.leave_type(leave_type)
            .and_then(|kind| kind.approve_automatically_up_to)
            .is_some_and(|most| minutes <= most)
    }

    /// Whose approval leave of that type and length needs after the approver's, in this order; empty: nobody's.
    ///
    /// Each stage is decided by another person, also where a tag is there twice.
    #[must_use]
    pub fn stages(&self, leave_type: &LeaveType, minutes: u32) -> &[Tag] {
        self.stage_rules
            .iter()
            .find(|rule| rule.has(leave_type) && minutes > rule.longer_than)
            .map_or(&[], |rule| &rule.after_approver)
    }

    /// Those who decide at any stage after the approver's, perhaps several times.
    pub fn later_deciders(&self) -> impl Iterator<Item = &Tag> {
        self.stage_rules
            .iter()
            .flat_map(|rule| &rule.after_approver)
    }

    pub(crate) fn leave_out_cover(&mut self) {
        self.cover.clear();
    }

    /// The cover that a department has to keep.
    pub fn cover(&self, department: &Department) -> impl Iterator<Item = &Cover> {
        self.cover.iter().filter(move |cover| {
            cover.departments.is_empty() || cover.departments.contains(department)
        })
    }

    /// The windows for leave of that type in that department.
    pub fn windows(
        &self,
        leave_type: &LeaveType,
        department: &Department,
    ) -> impl Iterator<Item = &Window> {
        let windows = self.windows.iter();
        windows.filter(move |window| window.scope.has(leave_type, department))
    }

    /// The blackouts for leave of that type in that department, whenever they are.
    pub fn blackouts(
        &self,
        leave_type: &LeaveType,
        department: &Department,
    ) -> impl Iterator<Item = &Blackout> {
        let blackouts = self.blackouts.iter();
        blackouts.filter(move |blackout| blackout.scope.has(leave_type, department))
    }

    /// What becomes of the public holidays of a region, or of nobody's region, on a day; `None`: they stay.
    ///
    /// A region is the one that is written and no other: `DE` does not mean `DE-BY`.
    #[must_use]
    pub fn holiday(&self, region: Option<&Region>, date: Date) -> Option<HolidayChange<'_>> {
        let mut company = self.company_holidays.iter();
        let added = company
            .find(|day| day.date.is_on(date) && rules::is_for(&day.regions, region))
            .map(HolidayChange::Added);
        added.or_else(|| {
            let mut struck = self.struck_holidays.iter();
            struck
                .find(|day| day.date.is_on(date) && rules::is_for(&day.regions, region))
                .map(|_| HolidayChange::Struck)
        })
    }
}
