//! Who is away when: people by days.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};
use form_urlencoded::Serializer;
use serde::Deserialize;
use timeoff_ledger::{Half, hours};

use super::asset::Asset;
use super::frame::{Frame, Here, page};
use crate::api::{CaughtUp, Query, encoded};
use crate::away::{Leave, Period, Row, away, short};
use crate::problem::Problem;
use crate::service::{Service, now};
use crate::who::Me;

/// How many people are shown at once.
const PEOPLE: usize = 300;

/// The most characters of a name or tag that is looked for.
const NAME: usize = 200;

#[derive(Deserialize)]
pub(super) struct ChartQuery {
    department: Option<String>,
    /// The month that is shown first, or a day from which on weeks are; without it, this week and those after it.
    from: Option<String>,
    span: Option<String>,
    tag: Option<String>,
    name: Option<String>,
    /// How many people are passed over.
    after: Option<usize>,
}

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Month,
    Quarter,
}

impl Span {
    fn months(self) -> Months {
        Months::new(match self {
            Span::Month => 1,
            Span::Quarter => 3,
        })
    }

    /// As many whole weeks.
    fn weeks(self) -> Days {
        Days::new(match self {
            Span::Month => 35,
            Span::Quarter => 91,
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Span::Month => "month",
            Span::Quarter => "quarter",
        }
    }
}

/// What is asked for, made whole.
#[derive(Clone)]
struct Asked {
    department: String,
    /// The first of a month, or any day if it is shown by weeks.
    from: NaiveDate,
    by_weeks: bool,
    span: Span,
    tag: String,
    name: String,
    after: usize,
}

impl Asked {
    /// The address of another part of the chart.
    fn address(&self) -> String {
        let format = if self.by_weeks { "%Y-%m-%d" } else { "%Y-%m" };
        let mut query = Serializer::new(String::new());
        query
            .append_pair("department", &self.department)
            .append_pair("from", &self.from.format(format).to_string())
            .append_pair("span", self.span.as_str());
        for (name, value) in [("tag", &self.tag), ("name", &self.name)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if self.after > 0 {
            query.append_pair("after", &self.after.to_string());
        }
        format!("/wallchart?{}", query.finish())
    }

    /// The first day after what is shown.
    fn next(&self) -> Option<NaiveDate> {
        match self.by_weeks {
            true => self.from.checked_add_days(self.span.weeks()),
            false => self.from.checked_add_months(self.span.months()),
        }
    }

    /// The first day of as much before it.
    fn before(&self) -> Option<NaiveDate> {
        match self.by_weeks {
            true => self.from.checked_sub_days(self.span.weeks()),
            false => self.from.checked_sub_months(self.span.months()),
        }
    }

    /// The address of the chart from another day on.
    fn from(&self, from: Option<NaiveDate>) -> Option<String> {
        let from = from?;
        (1..=9999).contains(&from.year()).then(|| {
            Asked {
                from,
                ..self.clone()
            }
            .address()
        })
    }

    /// Whether somebody has the tag and, in lower case, the name.
    fn has(&self, row: &Row, name: &str) -> bool {
        let has_tag = self.tag.is_empty() || row.tags.split(' ').any(|tag| tag == self.tag);
        has_tag && (name.is_empty() || row.name.to_lowercase().contains(name))
    }
}

/// A month at the head of the chart.
struct Month {
    name: String,
    days: usize,
}

/// A day at the head of the chart.
struct Head {
    number: u32,
    weekday: &'static str,
    /// For those who hear it: `Thursday 1 July`, `Thursday 6 May, Ascension Day`.
    spoken: String,
    /// The holiday that all have.
    holiday: Option<String>,
    class: &'static str,
}

/// Somebody's day.
#[derive(Default)]
struct Cell {
    is_weekend: bool,
    is_today: bool,
    /// What their holiday on it is called, and whether it takes the afternoon only.
    holiday: Option<(String, bool)>,
    /// What their leave takes of it: at most two, of a half each. What is approved comes first.
    marks: Vec<Mark>,
}

/// What a leave takes of a day.
struct Mark {
    is_waiting: bool,
    half: Half,
    minutes: u16,
    /// What is at the beginning of a leave that may be opened: its address, and what it is.
    opens: Option<(String, String)>,
}

impl Mark {
    /// In words: `away`, `away in the morning`.
    fn words(&self) -> String {
        let state = match self.is_waiting {
            true => "waits for a decision",
            false => "away",
        };
        match (self.half, self.is_waiting) {
            (Half::Both, _) => state.to_owned(),
            (Half::Morning, true) => format!("{state}, in the morning"),
            (Half::Morning, false) => format!("{state} in the morning"),
            (Half::Afternoon, true) => format!("{state}, in the afternoon"),
            (Half::Afternoon, false) => format!("{state} in the afternoon"),
            (Half::Any, true) => format!("{state}, {}", hours(self.minutes)),
            (Half::Any, false) => format!("{state} for {}", hours(self.minutes)),
        }
    }

    /// As a class of the style sheet.
    fn class(&self) -> &'static str {
        match (self.is_waiting, self.half) {
            (false, Half::Both) => "a",
            (false, Half::Morning) => "a am",
            (false, Half::Afternoon) => "a pm",
            (false, Half::Any) => "a part",
            (true, Half::Both) => "q",
            (true, Half::Morning) => "q am",
            (true, Half::Afternoon) => "q pm",
            (true, Half::Any) => "q part",
        }
    }
}

impl Cell {
    /// Puts what a leave takes of the day into it. Of two that take the same half, the approved one counts.
    fn take(&mut self, mark: Mark) {
        let fits = |there: &Mark| {
            let halves = [there.half, mark.half];
            halves == [Half::Morning, Half::Afternoon] || halves == [Half::Afternoon, Half::Morning]
        };
        if let Some(there) = self.marks.iter_mut().find(|there| !fits(there)) {
            if there.is_waiting && !mark.is_waiting {
                *there = mark;
            }
            return;
        }
        self.marks.push(mark);
        self.marks.sort_by_key(|mark| mark.half == Half::Afternoon);
    }

    fn class(&self) -> String {
        let own = match (&self.holiday, self.is_weekend) {
            (Some((_, false)), _) => "h",
            (Some((_, true)), _) => "h half",
            (None, true) => "w",
            (None, false) => "",
        };
        // The bars are drawn by the marks: a cell has the class of one if that is all that is in it.
        let mark = match &*self.marks {
            [mark] => mark.class(),
            _ => "",
        };
        let today = if self.is_today { "today" } else { "" };
        let classes = [own, mark, today];
        let said = classes.into_iter().filter(|class| !class.is_empty());
        said.collect::<Vec<_>>().join(" ")
    }
}

struct PersonRow {
    name: String,
    cells: Vec<Cell>,
}

/// A choice among others.
struct Choice {
    value: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "wallchart.html")]
struct Chart {
    frame: Frame,
    asked: Asked,
    /// `July 2027`, or `July to September 2027`.
    title: String,
    departments: Vec<Choice>,
    tags: Vec<Choice>,
    months: Vec<Month>,
    days: Vec<Head>,
    people: Vec<PersonRow>,
    /// How many are away on each day.
    away: Vec<(&'static str, usize)>,
    /// Whether anybody is of the department at all.
    has_people: bool,
    decides: bool,
    before: Option<String>,
    later: Option<String>,
    /// The address of this week and those after it.
    today: String,
    /// The other span, and its address.
    other_span: (&'static str, String),
    /// The address without a name and a tag.
    everybody: String,
    /// The address of the people after these.
    more: Option<String>,
}

pub(super) async fn show(
    State(service): State<Arc<Service>>,
    _: CaughtUp,
    me: Me,
    Query(query): Query<ChartQuery>,
) -> Result<Response, Problem> {
    let department = me.one_department(&service, query.department.as_deref().filter(is_said))?;
    let today = now().date();
    let (from, by_weeks) = match query.from.as_deref().filter(is_said) {
        Some(text) => begin(text)?,
        None => (this_week(today), true),
    };
    let asked = Asked {
        department: department.as_str().to_owned(),
        from,
        by_weeks,
        span: match query.span.as_deref() {
            Some("quarter") => Span::Quarter,
            _ => Span::Month,
        },
        tag: query.tag.unwrap_or_default().trim().to_owned(),
        name: query.name.unwrap_or_default().trim().to_owned(),
        after: query.after.unwrap_or_default(),
    };
    let next = asked.next();
    let last = next.and_then(|next| next.checked_sub_days(Days::new(1)));
    let period = Period {
        first: asked.from,
        last: last.unwrap_or(asked.from),
    };
    if asked.name.chars().count() > NAME || asked.tag.chars().count() > NAME {
        let detail = format!("A name or tag to look for has at most {NAME} characters.");
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let rows = away(&service, &me, department, period).await?;
    let departments = service.contract.departments();
    let known = departments
        .iter()
        .filter(|department| me.knows(&service, department).is_some());
    let mut tags: Vec<&str> = rows.iter().flat_map(|row| row.tags.split(' ')).collect();
    tags.sort_unstable();
    tags.dedup();
    let choice = |value: &str, chosen: &str| Choice {
        value: value.to_owned(),
        is_chosen: value == chosen,
    };
    let dates: Vec<NaiveDate> = period.days().collect();
    let name = asked.name.to_lowercase();
    let found: Vec<&Row> = rows.iter().filter(|row| asked.has(row, &name)).collect();
    let days: Vec<Head> = dates.iter().map(|day| head(*day, today, &found)).collect();
    let shown = found.iter().skip(asked.after).take(PEOPLE);
    let more = (found.len() > asked.after.saturating_add(PEOPLE)).then(|| {
        let after = asked.after + PEOPLE;
        Asked {
            after,
            ..asked.clone()
        }
        .address()
    });
    let other_span = match asked.span {
        Span::Month => Span::Quarter,
        Span::Quarter => Span::Month,
    };
    let chart = Chart {
        frame: Frame::of(&service, &me, Here::Wallchart),
        title: title(period),
        departments: known
            .map(|known| choice(known.as_str(), &asked.department))
            .collect(),
        tags: tags
            .into_iter()
            .filter(|tag| !tag.is_empty())
            .map(|tag| choice(tag, &asked.tag))
            .collect(),
        months: months(&dates),
        away: dates
            .iter()
            .zip(&days)
            .map(|(day, head)| (head.class, count(&found, *day)))
            .collect(),
        days,
        people: shown.map(|row| person(row, &dates, today)).collect(),
        has_people: !rows.is_empty(),
        decides: me
            .knows(&service, department)
            .is_some_and(|here| me.sees(here)),
        before: asked.from(asked.before()),
        later: asked.from(next),
        today: Asked {
            from: this_week(today),
            by_weeks: true,
            ..asked.clone()
        }
        .address(),
        other_span: (
            match other_span {
                Span::Month => "Shorter",
                Span::Quarter => "Longer",
            },
            Asked {
                span: other_span,
                ..asked.clone()
            }
            .address(),
        ),
        everybody: Asked {
            name: String::new(),
            tag: String::new(),
            ..asked.clone()
        }
        .address(),
        more,
        asked,
    };
    Ok(page(StatusCode::OK, &chart))
}

fn is_said(text: &&str) -> bool {
    !text.trim().is_empty()
}

/// The Monday of a day's week.
fn this_week(day: NaiveDate) -> NaiveDate {
    day.week(Weekday::Mon).first_day()
}

/// What is asked for as `2027-07`, a month, or `2027-07-05`, weeks from that day on; and whether it is the latter.
fn begin(text: &str) -> Result<(NaiveDate, bool), Problem> {
    let text = text.trim();
    let by_weeks = text.parse::<NaiveDate>().is_ok();
    let day = text.parse().or_else(|_| format!("{text}-01").parse());
    let day = day
        .ok()
        .filter(|day: &NaiveDate| (1..=9999).contains(&day.year()));
    day.ok_or_else(|| {
        let detail = format!("{text:?} is no month: write it as 2027-07.");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
    .map(|day| (day, by_weeks))
}

fn title(period: Period) -> String {
    let Period { first, last } = period;
    let is_months = first.day() == 1 && last.succ_opt().is_none_or(|next| next.day() == 1);
    if !is_months {
        let day = |day: NaiveDate| day.format("%-d %B %Y").to_string();
        return format!("{} to {}", day(first), day(last));
    }
    let end = last.format("%B %Y");
    match (first.month() == last.month(), first.year() == last.year()) {
        (true, _) => end.to_string(),
        (false, true) => format!("{} to {end}", first.format("%B")),
        (false, false) => format!("{} to {end}", first.format("%B %Y")),
    }
}

fn months(days: &[NaiveDate]) -> Vec<Month> {
    days.chunk_by(|one, other| one.month() == other.month())
        .map(|days| Month {
            // There is no room for more above a few days.
            name: match days.len() {
                0..5 => days[0].format("%b").to_string(),
                _ => days[0].format("%B %Y").to_string(),
            },
            days: days.len(),
        })
        .collect()
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// A day, with the holiday that all of these people have.
fn head(day: NaiveDate, today: NaiveDate, rows: &[&Row]) -> Head {
    let holiday = holiday_of_all(rows, day);
    let spoken = day.format("%A %-d %B");
    Head {
        number: day.day(),
        weekday: match day.weekday() {
            Weekday::Mon => "Mo",
            Weekday::Tue => "Tu",
            Weekday::Wed => "We",
            Weekday::Thu => "Th",
            Weekday::Fri => "Fr",
            Weekday::Sat => "Sa",
            Weekday::Sun => "Su",
        },
        spoken: match &holiday {
            Some(name) => format!("{spoken}, {name}"),
            None => spoken.to_string(),
        },
        class: match (day == today, &holiday, is_weekend(day)) {
            (true, ..) => "today",
            (false, Some(_), _) => "h",
            (false, None, true) => "w",
            (false, None, false) => "",
        },
        holiday,
    }
}

/// The holiday that all of these people have on a whole day: its name, if it has one for all.
fn holiday_of_all(rows: &[&Row], day: NaiveDate) -> Option<String> {
    let mut names = rows.iter().map(|row| {
        let holiday = row.holidays.iter().find(|holiday| holiday.date == day)?;
        (!holiday.is_half).then_some(&holiday.name)
    });
    let first = names.next()??;
    names
        .all(|name| name == Some(first))
        .then(|| first.to_owned())
}

/// How many of these are away on a day, as far as that is decided.
fn count(rows: &[&Row], day: NaiveDate) -> usize {
    let is_away = |leave: &Leave| !leave.is_waiting && leave.days.iter().any(|on| on.date == day);
    rows.iter()
        .filter(|row| row.leaves.iter().any(is_away))
        .count()
}

fn person(row: &Row, days: &[NaiveDate], today: NaiveDate) -> PersonRow {
    let first = days[0];
    let mut cells: Vec<Cell> = days
        .iter()
        .map(|day| Cell {
            is_weekend: is_weekend(*day),
            is_today: *day == today,
            ..Cell::default()
        })
        .collect();
    let place = |date: NaiveDate| usize::try_from((date - first).num_days()).ok();
    for holiday in &row.holidays {
        if let Some(cell) = place(holiday.date).and_then(|place| cells.get_mut(place)) {
            cell.holiday = Some((holiday.name.clone(), holiday.is_half));
        }
    }
    for leave in &row.leaves {
        let mut opens = leave.application.as_ref().map(|id| {
            let address = format!("/applications/{}", encoded(id));
            (address, described(row, leave))
        });
        for day in &leave.days {
            if let Some(cell) = place(day.date).and_then(|place| cells.get_mut(place)) {
                cell.take(Mark {
                    is_waiting: leave.is_waiting,
                    half: day.half,
                    minutes: day.minutes,
                    opens: opens.take(),
                });
            }
        }
    }
    PersonRow {
        name: row.name.clone(),
        cells,
    }
}

/// What a leave is, for whoever points at it: `Ada Lovelace, 1 Jul to 9 Jul, approved`.
fn described(row: &Row, leave: &Leave) -> String {
    let state = match leave.is_waiting {
        true => "waits",
        false => "approved",
    };
    format!("{}, {}, {state}", row.name, short(&leave.days))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_a_year_once_if_that_is_enough() {
        let title = |first: &str, last: &str| {
            title(Period {
                first: first.parse().unwrap(),
                last: last.parse().unwrap(),
            })
        };
        assert_eq!(title("2027-07-01", "2027-07-31"), "July 2027");
        assert_eq!(title("2027-07-01", "2027-09-30"), "July to September 2027");
        assert_eq!(
            title("2027-12-01", "2028-02-29"),
            "December 2027 to February 2028"
        );
        assert_eq!(
            title("2026-11-30", "2027-01-03"),
            "30 November 2026 to 3 January 2027"
        );
    }

    #[test]
    fn a_month_can_be_said_with_a_day_or_without() {
        let day = "2027-07-01".parse().unwrap();
        assert_eq!(begin("2027-07").ok(), Some((day, false)));
        assert_eq!(begin("2027-07-01").ok(), Some((day, true)));
        for text in ["", "2027", "2027-13", "+20000-01", "July"] {
            assert!(begin(text).is_err(), "{text}");
        }
    }
}
