//! Who is away on which days.
//!
//! An application says how many hours it takes from which day on; on which days that is follows from the hours that its
//! employee works: those of their schedule, or else eight on each day from Monday to Friday.

use std::collections::{BTreeSet, HashMap};

use axum::http::StatusCode;
use chrono::{Datelike as _, Days, NaiveDate};
use timeoff_ledger::{Date, Schedule};
use timeoff_models::{Department, Ticks};
use timeoff_views::{Absence, Page, PageRequest, Person, PersonFilter, Queries, ViewError};

use crate::problem::Problem;
use crate::service::Service;
use crate::who::{Me, has_left, today};

/// The most absences that are looked at.
const MOST: u32 = 200_000;

/// The most days that are asked for at once: a year.
pub(crate) const MOST_DAYS: i64 = 366;

/// How many days a leave may last: the most hours there are (8,784), at eight in a week, are over before. Other programs
/// write days as they like.
const LONGEST: Days = Days::new(8_000);

/// What somebody works who has no schedule, in minutes from Monday to Sunday.
const USUAL: [u16; 7] = [480, 480, 480, 480, 480, 0, 0];

/// What of a first or last day is leave, if it is not the whole of it (`schemas/LeaveApplicationReceived.avsc`).
const HALVES: [&str; 2] = ["morning", "afternoon"];

/// Days, from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) first: NaiveDate,
    pub(crate) last: NaiveDate,
}

impl Period {
    pub(crate) fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.first
            .iter_days()
            .take_while(move |day| *day <= self.last)
    }

    /// From the first day of a leave to its last.
    pub(crate) fn of(absence: &Absence, schedule: Option<&Schedule>) -> Option<Period> {
        let mut days = days(absence, schedule).map(|day| day.date);
        let first = days.next()?;
        let last = days.last().unwrap_or(first);
        Some(Period { first, last })
    }

    /// Whether a day is in both.
    pub(crate) fn meets(self, other: Period) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    fn has(self, day: NaiveDate) -> bool {
        (self.first..=self.last).contains(&day)
    }

    /// The ticks of the midnights of both days.
    fn ticks(self) -> Option<(i64, i64)> {
        let ticks = |day| Some(Date::try_from(day).ok()?.midnight().get());
        Some((ticks(self.first)?, ticks(self.last)?))
    }
}

/// Somebody of a department, and when they are away.
pub(crate) struct Row {
    pub(crate) email: String,
    pub(crate) name: String,
    /// Words that an admin has given them.
    pub(crate) tags: String,
    /// By their first days.
    pub(crate) leaves: Vec<Leave>,
}

/// A leave in a period.
pub(crate) struct Leave {
    /// Its id, if whoever asks may see the application.
    pub(crate) application: Option<String>,
    pub(crate) is_waiting: bool,
    /// Its days in the period.
    pub(crate) days: Vec<Day>,
}

/// A day on which somebody is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) date: NaiveDate,
    /// How many working minutes of it.
    pub(crate) minutes: u16,
    /// Whether they work on that day, too.
    pub(crate) is_part: bool,
}

/// Who is away in a department in a period: all who are at home there, by their names.
///
/// Whoever decides there sees what waits, too. Everybody else sees what is approved of others, and all of their own.
///
/// # Errors
///
/// A problem of status 403 if whoever asks is not of the department, 400 if the period is too long or ends before it begins,
/// 503 if the view cannot be asked.
pub(crate) async fn away(
    service: &Service,
    me: &Me,
    department: &Department,
    period: Period,
) -> Result<Vec<Row>, Problem> {
    let Some(partition) = me.knows(service, department) else {
        let detail = format!("You may not see who is away in {department}.");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    };
    let days = (period.last - period.first).num_days() + 1;
    let (Some(_), true) = (period.ticks(), (1..=MOST_DAYS).contains(&days)) else {
        let detail = format!(
            "The time asked for must be from 1 to {MOST_DAYS} days, in the years 1 to 9999."
        );
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    };
    let own = me.email.to_string();
    let department = department.as_str().to_owned();
    let sees: BTreeSet<i32> = me.decides_in.clone();
    let found = service
        .reading
        .ask(move |queries| rows(queries, (partition, &department), (&own, &sees), period));
    found.await?.ok_or_else(|| {
        let detail = "Too many are away then to be shown: ask for a shorter time.";
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

/// As [`away`], without checking that they may see the department: for somebody with this e-mail address who decides in
/// these partitions, in a period of any length. `None` if too many are away, or the period is not in the years 1 to 9999.
///
/// # Errors
///
/// [`ViewError::File`] if the view cannot be read.
pub(crate) fn rows(
    queries: &Queries,
    (partition, department): (i32, &str),
    (own, sees): (&str, &BTreeSet<i32>),
    period: Period,
) -> Result<Option<Vec<Row>>, ViewError> {
    let Some(ticks) = period.ticks() else {
        return Ok(None);
    };
    let mut of: HashMap<String, Vec<(Absence, bool)>> = HashMap::new();
    let mut room = MOST;
    for here in with_former(queries, partition, department)? {
        let decides = sees.contains(&here);
        let found = queries.absences(here, ticks, room)?;
        room -= u32::try_from(found.len()).unwrap_or(room).min(room);
        for absence in found {
            let is_own = absence.email == own;
            if decides || !absence.is_waiting || is_own {
                let of_one = of.entry(absence.email.clone()).or_default();
                of_one.push((absence, decides || is_own));
            }
        }
    }
    if room == 0 {
        return Ok(None);
    }
    let mut rows: Vec<Row> = people(queries, department.to_owned(), ticks.0)?
        .into_iter()
        .filter(|person| person.from_date.is_none_or(|from| from <= ticks.1))
        .map(|person| {
            let absences = of.remove(&person.email).unwrap_or_default();
            row(person, absences, period)
        })
        .collect();
    rows.sort_by(|a, b| (&a.name, &a.email).cmp(&(&b.name, &b.email)));
    Ok(Some(rows))
}

/// A department's partition, and those of the departments from which people have moved there: what was approved there
/// counts.
fn with_former(queries: &Queries, partition: i32, department: &str) -> Result<Vec<i32>, ViewError> {
    let mut partitions = vec![partition];
    partitions.extend(queries.came_from(department)?);
    Ok(partitions)
}

/// A leave of somebody, from its first day to its last.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) period: Period,
    pub(crate) is_waiting: bool,
}

/// The leaves of whoever works in a department that are approved or wait and have a day in a period, by their first days.
/// `None` if they are too many.
///
/// # Errors
///
/// [`ViewError::File`] if the view cannot be read.
pub(crate) fn spans(
    queries: &Queries,
    (partition, department): (i32, &str),
    period: Period,
) -> Result<Option<Vec<Span>>, ViewError> {
    let Some(ticks) = period.ticks() else {
        return Ok(None);
    };
    let mut employees: HashMap<String, Employee> = HashMap::new();
    let mut spans = Vec::new();
    for here in with_former(queries, partition, department)? {
        let found = queries.absences(here, ticks, MOST)?;
        if found.len() >= MOST as usize {
            return Ok(None);
        }
        for absence in found {
            let employee = match employees.get(&absence.email) {
                Some(employee) => employee,
                None => {
                    let employee = Employee::of(queries, &absence.email, partition)?;
                    employees.entry(absence.email.clone()).or_insert(employee)
                }
            };
            if employee.is_here
                && let Some(of_leave) = Period::of(&absence, employee.schedule.as_ref())
                && of_leave.meets(period)
            {
                spans.push(Span {
                    name: employee.name.clone(),
                    email: absence.email,
                    period: of_leave,
                    is_waiting: absence.is_waiting,
                });
            }
        }
    }
    spans.sort_by(|a, b| (a.period.first, &a.name).cmp(&(b.period.first, &b.name)));
    Ok(Some(spans))
}

/// Somebody who applies for leave.
#[derive(Debug, Clone)]
pub(crate) struct Employee {
    /// What they are called; their address if nobody has been entered with it.
    pub(crate) name: String,
    pub(crate) schedule: Option<Schedule>,
    /// Whether they work in the department that was asked for, as far as that is known.
    pub(crate) is_here: bool,
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
            return Ok(Employee {
                name: email.to_owned(),
                schedule: None,
                is_here: true,
            });
        };
        Ok(Employee {
            is_here: place.partition == partition && !has_left(&place, today),
            ..place.into()
        })
    }
}

impl From<Person> for Employee {
    fn from(person: Person) -> Employee {
        Employee {
            schedule: person.schedule.and_then(|text| text.parse().ok()),
            name: person.name,
            is_here: true,
        }
    }
}

/// Whoever is at home in a department and has not left before a day, given as ticks.
fn people(queries: &Queries, department: String, day: i64) -> Result<Vec<Person>, ViewError> {
    let filter = PersonFilter {
        department: Some(department),
        until: Some(day),
        ..PersonFilter::default()
    };
    let mut request = PageRequest::first(1000);
    let mut people = Vec::new();
    loop {
        let Page { rows, next } = queries.people(&filter, &request)?;
        people.extend(rows);
        match next {
            Some(next) => request.after = Some(next),
            None => return Ok(people),
        }
    }
}

fn row(person: Person, absences: Vec<(Absence, bool)>, period: Period) -> Row {
    let (email, tags) = (person.email.clone(), person.tags.clone());
    let Employee { name, schedule, .. } = person.into();
    let leaves = absences.into_iter().filter_map(|(absence, is_seen)| {
        let days: Vec<_> = days(&absence, schedule.as_ref())
            .skip_while(|day| day.date < period.first)
            .take_while(|day| period.has(day.date))
            .collect();
        (!days.is_empty()).then_some(Leave {
            application: is_seen.then_some(absence.application),
            is_waiting: absence.is_waiting,
            days,
        })
    });
    let mut leaves: Vec<_> = leaves.collect();
    leaves.sort_by_key(|leave| leave.days.first().map(|day| day.date));
    Row {
        email,
        name,
        tags,
        leaves,
    }
}

/// The days of a leave, and how many minutes of each.
///
/// The first day counts even if it is one on which nobody works: whoever applies for a Saturday means it.
pub(crate) fn days(
    absence: &Absence,
    schedule: Option<&Schedule>,
) -> impl Iterator<Item = Day> + use<> {
    let works = schedule.map_or(USUAL, |schedule| *schedule.minutes());
    let works = match works.iter().any(|minutes| *minutes > 0) {
        true => works,
        false => USUAL,
    };
    let date = |ticks| Some(Ticks::try_from(ticks).ok()?.date());
    let first = date(absence.start);
    let last = absence.end.and_then(date);
    let is_half =
        |part: &Option<String>| part.as_deref().is_some_and(|part| HALVES.contains(&part));
    let (first_is_half, last_is_half) = (is_half(&absence.first_day), is_half(&absence.last_day));
    let mut left = absence.hours.max(0).unsigned_abs().saturating_mul(60);
    let most = first.and_then(|first| first.checked_add_days(LONGEST));
    let mut next = first;
    std::iter::from_fn(move || {
        loop {
            let day = next?;
            if most.is_some_and(|most| day > most) {
                return None;
            }
            next = day.checked_add_days(Days::new(1));
            let usual = works[day.weekday().num_days_from_monday() as usize];
            let is_first = Some(day) == first;
            let whole = match is_first && usual == 0 {
                true => USUAL[0],
                false => usual,
            };
            let minutes = match last {
                Some(last) if day > last => return None,
                Some(last) => {
                    let is_half = is_first && first_is_half || day == last && last_is_half;
                    if is_half { whole / 2 } else { whole }
                }
                None if left == 0 => return None,
                None => u32::from(whole).min(left) as u16,
            };
            left -= left.min(minutes.into());
            if minutes > 0 {
                return Some(Day {
                    date: day,
                    minutes,
                    is_part: minutes < whole,
                });
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn ticks(text: &str) -> i64 {
        Date::try_from(day(text)).unwrap().midnight().get()
    }

    fn leave(hours: i32, start: &str) -> Absence {
        Absence {
            application: String::new(),
            email: String::new(),
            hours,
            start: ticks(start),
            end: None,
            first_day: None,
            last_day: None,
            is_waiting: false,
        }
    }

    fn shown(absence: &Absence, schedule: Option<&str>) -> String {
        let schedule: Option<Schedule> = schedule.map(|text| text.parse().unwrap());
        let days = days(absence, schedule.as_ref())
            .map(|Day { date, minutes, .. }| format!("{date} {minutes}"));
        days.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn hours_are_working_days_and_the_rest_of_one() {
        // 2027-07-01 is a Thursday.
        assert_eq!(shown(&leave(4, "2027-07-01"), None), "2027-07-01 240");
        assert_eq!(
            shown(&leave(20, "2027-07-01"), None),
            "2027-07-01 480, 2027-07-02 480, 2027-07-05 240"
        );
    }

    #[test]
    fn the_first_day_counts_on_a_weekend_too() {
        assert_eq!(
            shown(&leave(16, "2027-07-03"), None),
            "2027-07-03 480, 2027-07-05 480"
        );
    }

    #[test]
    fn a_schedule_says_how_long_a_day_is() {
        let short_week = Some("480 0 300 0 0 0 0");
        assert_eq!(
            shown(&leave(20, "2027-07-05"), short_week),
            "2027-07-05 480, 2027-07-07 300, 2027-07-12 420"
        );
        let nothing = Some("0 0 0 0 0 0 0");
        assert_eq!(shown(&leave(8, "2027-07-05"), nothing), "2027-07-05 480");
    }

    #[test]
    fn a_last_day_and_halves_go_before_hours() {
        let absence = Absence {
            end: Some(ticks("2027-07-05")),
            first_day: Some("afternoon".to_owned()),
            last_day: Some("morning".to_owned()),
            ..leave(1, "2027-07-01")
        };
        assert_eq!(
            shown(&absence, None),
            "2027-07-01 240, 2027-07-02 480, 2027-07-05 240"
        );
    }

    #[test]
    fn the_longest_leave_ends() {
        let absence = leave(8784, "2027-07-01");
        assert_eq!(days(&absence, None).count(), 1098);
        // Days are counted on where no dates can be written any more.
        let last = leave(8784, "9999-12-30");
        assert_eq!(days(&last, None).count(), 1098);
    }
}
