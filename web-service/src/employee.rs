//! Whoever applies for leave, and when they work.

use std::sync::Arc;

use timeoff_ledger::{self as ledger, Date, DayOff, Days, Policy, Schedule, WorkingDay};
use timeoff_models::LeaveApplication;
use timeoff_models::generated::LedgerRecord;
use timeoff_views::{Person, Queries, ViewError};

use crate::account::record;
use crate::who::{has_left, today};

/// Somebody who applies for leave, as the department says where they work.
#[derive(Clone)]
pub(crate) struct Employee {
    /// What they are called; their address if nobody has been entered with it.
    pub(crate) name: String,
    /// `None`: nobody has been entered, so eight hours from Monday to Friday are taken for granted.
    person: Option<ledger::Person>,
    policy: Option<Arc<Policy>>,
}

impl Employee {
    /// The one with this e-mail address who works in a partition, or else anywhere.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub(crate) fn of(
        queries: &Queries,
        email: &str,
        partition: i32,
    ) -> Result<Employee, ViewError> {
        let today = today();
        let mut places = queries.places_of(email)?;
        places.sort_by_key(|place| (has_left(place, today), place.partition != partition));
        let Some(place) = places.into_iter().next() else {
            return Ok(Employee::unknown(email));
        };
        let policy = policy_in(queries, place.partition)?;
        Ok(Employee::entered(&place, policy))
    }

    /// Somebody who has been entered, in a department with this policy.
    pub(crate) fn entered(person: &Person, policy: Option<Arc<Policy>>) -> Employee {
        Employee {
            name: person.name.clone(),
            person: read(person),
            policy,
        }
    }

    /// Somebody with an address with which nobody has been entered.
    pub(crate) fn unknown(email: &str) -> Employee {
        Employee {
            name: email.to_owned(),
            person: None,
            policy: None,
        }
    }

    /// The days that their leave takes, as a manager counts them; `None` if it cannot be counted, as when there is no
    /// working time in it.
    pub(crate) fn days(&self, leave: &LeaveApplication) -> Option<Days> {
        match &self.person {
            Some(person) => Days::of(leave, |date| person.works(self.policy.as_deref(), date)),
            None => Days::usual(leave),
        }
        .ok()
    }

    /// Whether they work on a day: by their schedule, and if it is no holiday for all of the day.
    pub(crate) fn works(&self, date: Date) -> bool {
        let works = match &self.person {
            Some(person) => person.works(self.policy.as_deref(), date),
            None => WorkingDay::of(Schedule::default().on(date)),
        };
        works.minutes() > 0
    }

    /// Their holiday on a day.
    pub(crate) fn day_off(&self, date: Date) -> Option<DayOff<'_>> {
        self.person.as_ref()?.day_off(self.policy.as_deref(), date)
    }
}

/// The policy of a partition; `None` if it has none that can be read.
///
/// # Errors
///
/// [`ViewError::File`] if the view cannot be read.
pub(crate) fn policy_in(
    queries: &Queries,
    partition: i32,
) -> Result<Option<Arc<Policy>>, ViewError> {
    let Some(LedgerRecord::PolicySet(set)) =
        queries.policy_in(partition)?.as_ref().and_then(record)
    else {
        return Ok(None);
    };
    // It was checked when it was set.
    Ok(Policy::read(&set.policy, |_| true).ok().map(Arc::new))
}

/// What somebody works by their schedule, without holidays: what programs go by that know no calendar.
pub(crate) fn usual_days(schedule: Schedule, leave: &LeaveApplication) -> Option<Days> {
    Days::of(leave, |date| WorkingDay::of(schedule.on(date))).ok()
}

/// A person as the ledger has them, to their last day.
fn read(person: &Person) -> Option<ledger::Person> {
    let date = |ticks: Option<i64>| ticks.map(Date::try_from).transpose().ok();
    let last = person.until_date.into_iter().chain(person.left_on).min();
    Some(ledger::Person {
        id: person.id.parse().ok()?,
        email: person.email.parse().ok()?,
        name: person.name.parse().ok()?,
        role: person.role.parse().ok()?,
        region: parsed(person.region.as_deref())?,
        schedule: parsed(person.schedule.as_deref())?,
        from: date(person.from_date)?,
        until: date(last)?,
        tags: person.tags.parse().ok()?,
        earlier: parsed(person.earlier_terms.as_deref())?,
    })
}

fn parsed<T: std::str::FromStr>(text: Option<&str>) -> Option<Option<T>> {
    text.map(str::parse).transpose().ok()
}
