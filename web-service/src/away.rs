//! Who is away on which days.
//!
//! Leave that is booked by its days is away on these. Where none are booked, because it waits or was approved where
//! there is no policy, they are counted as a manager counts them.

use std::collections::{BTreeSet, HashMap};

use axum::http::StatusCode;
use chrono::NaiveDate;
use timeoff_ledger::{Date, Days, Half, HolidayShare, LeaveDay, hours};
use timeoff_models::{Department, LeaveApplication, LeaveDetails, Ticks};
use timeoff_views::{Absence, Page, PageRequest, Person, PersonFilter, Queries, ViewError};

use crate::employee::{Employee, policy_in};
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{Me, has_left, today};

/// The most leaves that are looked at.
const MOST: u32 = 200_000;

/// The most days that are asked for at once: a year.
pub(crate) const MOST_DAYS: i64 = 366;

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

    /// From the first day of a leave to its last; `None` if it has none.
    pub(crate) fn of(days: &Days) -> Option<Period> {
        Some(Period {
            first: days.first()?.naive(),
            last: days.last()?.naive(),
        })
    }

    /// From the first day that an application names to the last.
    pub(crate) fn asked(leave: &LeaveApplication) -> Period {
        let first = Date::of(leave.start.ticks());
        let last = leave.details.as_ref().and_then(|details| details.last_date);
        Period {
            first: first.naive(),
            last: last.unwrap_or(first).naive(),
        }
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
    /// Their id. Their e-mail address may have been somebody else's before.
    pub(crate) person: String,
    pub(crate) email: String,
    pub(crate) name: String,
    /// Words that an admin has given them.
    pub(crate) tags: String,
    /// By their first days.
    pub(crate) leaves: Vec<Leave>,
    /// Their holidays in the period, in order.
    pub(crate) holidays: Vec<Holiday>,
    pub(crate) employee: Employee,
}

/// A leave in a period.
pub(crate) struct Leave {
    /// The id of its application, which is not shown to whoever may not see that.
    pub(crate) id: String,
    /// The same, if whoever asks may see the application.
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
    /// Which half of it, or some minutes.
    pub(crate) half: Half,
    /// Whether they work on that day, too.
    pub(crate) is_part: bool,
}

impl From<&LeaveDay> for Day {
    fn from(day: &LeaveDay) -> Day {
        Day {
            date: day.date.naive(),
            minutes: day.minutes,
            half: day.half,
            is_part: day.half != Half::Both,
        }
    }
}

impl Day {
    /// With the half that is taken: `1 Jul`, `1 Jul morning`.
    fn short(&self) -> String {
        let date = self.date.format("%-d %b");
        match self.half {
            Half::Morning => format!("{date} morning"),
            Half::Afternoon => format!("{date} afternoon"),
            Half::Both | Half::Any => date.to_string(),
        }
    }
}

/// Days of leave in a few words: `1 Jul`, `1 Jul morning`, `1 Jul (2 h)`, `1 Jul afternoon to 5 Jul`.
pub(crate) fn short(days: &[Day]) -> String {
    match days {
        [] => String::new(),
        [day] if day.half == Half::Any => {
            format!("{} ({})", day.short(), hours(day.minutes))
        }
        [day] => day.short(),
        [first, .., last] => format!("{} to {}", first.short(), last.short()),
    }
}

/// A holiday of somebody.
pub(crate) struct Holiday {
    pub(crate) date: NaiveDate,
    pub(crate) name: String,
    /// Whether it takes the afternoon only.
    pub(crate) is_half: bool,
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
    let own = me.place_in(partition).map(|place| place.id.clone());
    let department = department.clone();
    let sees: BTreeSet<i32> = me.decides_in.clone();
    let found = service.reading.ask(move |queries| {
        let mut rows = rows(
            queries,
            (partition, &department),
            (own.as_deref(), &sees),
            period,
        )?;
        for row in rows.iter_mut().flatten() {
            row.holidays = holidays(&row.employee, period);
        }
        Ok(rows)
    });
    found.await?.ok_or_else(|| {
        let detail = "Too many are away then to be shown: ask for a shorter time.";
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

/// As [`away`], without holidays, and without checking that they may see the department: for the person with this id, if there is one, who decides
/// in these partitions, in a period of any length. `None` if too many are away, or the period is not in the years 1 to 9999.
///
/// # Errors
///
/// [`ViewError::File`] if the view cannot be read.
pub(crate) fn rows(
    queries: &Queries,
    (partition, department): (i32, &Department),
    (own, sees): (Option<&str>, &BTreeSet<i32>),
    period: Period,
) -> Result<Option<Vec<Row>>, ViewError> {
    let Some(ticks) = period.ticks() else {
        return Ok(None);
    };
    let mut staff = Staff::of(queries, (partition, department), ticks)?;
    rows_of(queries, &mut staff, department, (own, sees), period)
}

/// The row of one person, as [`rows`] gives it to them: `None` too if they are not at home in the department.
///
/// # Errors
///
/// [`ViewError::File`] if the view cannot be read.
pub(crate) fn own_row(
    queries: &Queries,
    (partition, department): (i32, &Department),
    own: &str,
    period: Period,
) -> Result<Option<Row>, ViewError> {
    let Some(ticks) = period.ticks() else {
        return Ok(None);
    };
    let mut staff = Staff::of(queries, (partition, department), ticks)?.only(own);
    let seen = (Some(own), &BTreeSet::new());
    let rows = rows_of(queries, &mut staff, department, seen, period)?;
    Ok(rows.and_then(|rows| rows.into_iter().next()))
}

/// The rows of some of a department.
fn rows_of(
    queries: &Queries,
    staff: &mut Staff,
    department: &Department,
    (own, sees): (Option<&str>, &BTreeSet<i32>),
    period: Period,
) -> Result<Option<Vec<Row>>, ViewError> {
    let Some(ticks) = period.ticks() else {
        return Ok(None);
    };
    let Some(found) = leaves(queries, staff, department, ticks)? else {
        return Ok(None);
    };
    let mut rows: Vec<Row> = staff
        .people
        .iter()
        .map(|(person, employee)| Row {
            person: person.id.clone(),
            email: person.email.clone(),
            name: person.name.clone(),
            tags: person.tags.clone(),
            leaves: Vec::new(),
            holidays: Vec::new(),
            employee: employee.clone(),
        })
        .collect();
    for leave in found {
        // Whoever has not been entered is on no chart.
        let Some(row) = rows.get_mut(leave.of) else {
            continue;
        };
        let decides = sees.contains(&leave.partition);
        let is_own = own == Some(&*row.person);
        let days: Vec<Day> = leave
            .days
            .iter()
            .map(Day::from)
            .filter(|day| period.has(day.date))
            .collect();
        if days.is_empty() || leave.is_waiting && !decides && !is_own {
            continue;
        }
        let is_seen = is_own || decides && !leave.is_admitted;
        row.leaves.push(Leave {
            application: is_seen.then(|| leave.application.clone()),
            id: leave.application,
            is_waiting: leave.is_waiting,
            days,
        });
    }
    for row in &mut rows {
        row.leaves
            .sort_by_key(|leave| leave.days.first().map(|day| day.date));
    }
    rows.sort_by(|a, b| (&a.name, &a.email).cmp(&(&b.name, &b.email)));
    Ok(Some(rows))
}

fn holidays(employee: &Employee, period: Period) -> Vec<Holiday> {
    let holidays = period.days().filter_map(|date| {
        let off = employee.day_off(Date::try_from(date).ok()?)?;
        Some(Holiday {
            date,
            name: off.name.to_owned(),
            is_half: off.takes == HolidayShare::Afternoon,
        })
    });
    holidays.collect()
}

/// A leave of somebody, from its first day to its last.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) period: Period,
    pub(crate) is_waiting: bool,
    /// At least one.
    pub(crate) days: Vec<Day>,
}

impl Span {
    /// Whether one of its days is in a period.
    pub(crate) fn is_in(&self, period: Period) -> bool {
        self.days.iter().any(|day| period.has(day.date))
    }
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
    let (Some(ticks), Ok(department)) = (period.ticks(), department.parse()) else {
        return Ok(None);
    };
    let mut staff = Staff::of(queries, (partition, &department), ticks)?;
    let Some(found) = leaves(queries, &mut staff, &department, ticks)? else {
        return Ok(None);
    };
    let spans = found.into_iter().filter_map(|leave| {
        let (email, name) = staff.called(leave.of);
        let span = Span {
            email: email.to_owned(),
            name: name.to_owned(),
            period: Period::of(&leave.days)?,
            is_waiting: leave.is_waiting,
            days: leave.days.iter().map(Day::from).collect(),
        };
        span.is_in(period).then_some(span)
    });
    let mut spans: Vec<Span> = spans.collect();
    spans.sort_by(|a, b| (a.period.first, &a.name).cmp(&(b.period.first, &b.name)));
    Ok(Some(spans))
}

/// Those who work in a department at a time.
struct Staff {
    partition: i32,
    /// Whoever is at home there.
    people: Vec<(Person, Employee)>,
    by_id: HashMap<String, usize>,
    /// Their numbers; `None` is somebody who works elsewhere.
    by_email: HashMap<String, Option<usize>>,
    /// Whether everybody else is left out.
    is_one: bool,
    /// Whoever has applied there without having been entered anywhere: their numbers go on from those of the people.
    strangers: Vec<(String, Employee)>,
}

impl Staff {
    /// Whoever is at home in a department, has begun by the last day of a time and has not left before the first. Both are
    /// given as ticks.
    fn of(
        queries: &Queries,
        (partition, department): (i32, &Department),
        (first, last): (i64, i64),
    ) -> Result<Staff, ViewError> {
        let policy = policy_in(queries, partition)?;
        let filter = PersonFilter {
            department: Some(department.as_str().to_owned()),
            until: Some(first),
            ..PersonFilter::default()
        };
        let mut request = PageRequest::first(1000);
        let mut people = Vec::new();
        loop {
            let Page { rows, next } = queries.people(&filter, &request)?;
            let rows = rows.into_iter();
            people.extend(
                rows.filter(|person| person.from_date.is_none_or(|from| from <= last))
                    .map(|person| {
                        let employee = Employee::entered(&person, policy.clone());
                        (person, employee)
                    }),
            );
            match next {
                Some(next) => request.after = Some(next),
                None => break,
            }
        }
        let numbered = || people.iter().map(|(person, _)| person).zip(0..);
        // Of those who have had an address, it belongs to the one who has not left.
        let (mut by_email, today) = (HashMap::new(), today());
        for (person, number) in numbered() {
            let email = person.email.clone();
            if has_left(person, today) {
                by_email.entry(email).or_insert(Some(number));
            } else {
                by_email.insert(email, Some(number));
            }
        }
        Ok(Staff {
            partition,
            by_id: numbered()
                .map(|(person, number)| (person.id.clone(), number))
                .collect(),
            by_email,
            is_one: false,
            strangers: Vec::new(),
            people,
        })
    }

    /// Without everybody but the person with this id.
    fn only(mut self, id: &str) -> Staff {
        self.people.retain(|(person, _)| person.id == id);
        let one = self.by_id.get(id).copied();
        self.by_email
            .retain(|_, number| one.is_some() && *number == one);
        self.by_email
            .values_mut()
            .for_each(|number| *number = Some(0));
        self.by_id.retain(|person, _| person == id);
        self.by_id.values_mut().for_each(|number| *number = 0);
        self.is_one = true;
        self
    }

    /// The number of the one with this address; `None` if they work elsewhere, or are left out.
    fn with_email(&mut self, queries: &Queries, email: &str) -> Result<Option<usize>, ViewError> {
        if let Some(known) = self.by_email.get(email) {
            return Ok(*known);
        }
        if self.is_one {
            return Ok(None);
        }
        let number = match queries.places_of(email)?.is_empty() {
            true => {
                self.strangers
                    .push((email.to_owned(), Employee::unknown(email)));
                Some(self.people.len() + self.strangers.len() - 1)
            }
            false => None,
        };
        self.by_email.insert(email.to_owned(), number);
        Ok(number)
    }

    fn employee(&self, number: usize) -> &Employee {
        match self.people.get(number) {
            Some((_, employee)) => employee,
            None => &self.strangers[number - self.people.len()].1,
        }
    }

    /// An address and a name.
    fn called(&self, number: usize) -> (&str, &str) {
        let email = match self.people.get(number) {
            Some((person, _)) => &person.email,
            None => &self.strangers[number - self.people.len()].0,
        };
        (email, &self.employee(number).name)
    }
}

/// A leave, approved or waiting.
struct Found {
    /// Whose, as a number of the staff.
    of: usize,
    /// Where it is booked, or waits.
    partition: i32,
    application: String,
    is_waiting: bool,
    /// Whether its application is in another department.
    is_admitted: bool,
    /// All of them.
    days: Days,
}

/// The leaves of the staff that may have a day from `first` to `last`, given as ticks, in no order. `None` if they are too
/// many.
fn leaves(
    queries: &Queries,
    staff: &mut Staff,
    department: &Department,
    period: (i64, i64),
) -> Result<Option<Vec<Found>>, ViewError> {
    let partition = staff.partition;
    let booked = queries.booked(partition, period, MOST)?;
    let mut room = MOST.saturating_sub(booked.len() as u32);
    let booked = booked.into_iter().filter_map(|booked| {
        Some(Found {
            of: *staff.by_id.get(&booked.person)?,
            partition,
            application: booked.application,
            is_waiting: false,
            is_admitted: booked.is_admitted,
            days: booked.days,
        })
    });
    let mut leaves: Vec<Found> = booked.collect();
    // What was approved without its days being said stays where its people came from.
    let former = queries.came_from(department.as_str())?;
    for partition in [partition].into_iter().chain(former) {
        let found = queries.absences(partition, period, room)?;
        room = room.saturating_sub(found.len() as u32);
        for absence in found {
            let Some(of) = staff.with_email(queries, &absence.email)? else {
                continue;
            };
            let asked = asked(&absence, department);
            if let Some(days) = asked.and_then(|leave| staff.employee(of).days(&leave)) {
                leaves.push(Found {
                    of,
                    partition,
                    application: absence.application,
                    is_waiting: absence.is_waiting,
                    is_admitted: false,
                    days,
                });
            }
        }
    }
    Ok((room > 0).then_some(leaves))
}

/// What was asked for; `None` if it cannot be asked for.
fn asked(absence: &Absence, department: &Department) -> Option<LeaveApplication> {
    let part = |text: &Option<String>| text.as_deref().unwrap_or("whole").parse().ok();
    let details = LeaveDetails {
        last_date: absence.end.map(Date::try_from).transpose().ok()?,
        first_day: part(&absence.first_day)?,
        last_day: part(&absence.last_day)?,
        minutes: absence.minutes.map(u16::try_from).transpose().ok()?,
        ..LeaveDetails::default()
    };
    Some(LeaveApplication {
        email: absence.email.parse().ok()?,
        department: department.clone(),
        hours: absence.hours.try_into().ok()?,
        start: Ticks::try_from(absence.start).ok()?.into(),
        details: Some(Box::new(details)),
    })
}
