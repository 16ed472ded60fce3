//! Somebody's year of leave: half a year back and half a year ahead. Weekdays only, and never twice on a day.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use fastrand::Rng;

/// How far the year reaches to both sides of today, in days: 26 weeks.
pub(super) const HALF_A_YEAR: i64 = 182;

/// The working hours of a day.
const DAY: u16 = 8;
const WEEK: u16 = 5 * DAY;

/// The weeks from the first Monday of July on in which summer leave begins.
const SUMMER_WEEKS: usize = 9;

const REASONS: [&str; 4] = [
    "Two of us are away that week already.",
    "The audit is on that day. Any other day is fine.",
    "Too few of us are left then. Could you take the week after?",
    "Please hand over the project first.",
];

const WISHES: [&str; 3] = [
    "Enjoy!",
    "Please tell the customer before you go.",
    "Have a good rest.",
];

/// What becomes of an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Becomes {
    /// Perhaps with a comment.
    Approved(Option<&'static str>),
    /// With the reason.
    Declined(&'static str),
    /// By the employee.
    Withdrawn,
    Waiting,
}

/// A leave that is applied for.
#[derive(Debug, Clone)]
pub(super) struct Absence {
    pub(super) first: NaiveDate,
    pub(super) last: NaiveDate,
    /// Working hours.
    pub(super) hours: u16,
    /// When it is applied for (UTC): before today.
    pub(super) applied_at: NaiveDateTime,
    pub(super) becomes: Becomes,
}

/// Somebody's calendar, which is being filled.
#[derive(Debug)]
pub(super) struct Calendar<'a> {
    today: NaiveDate,
    dice: &'a mut Rng,
    absences: Vec<Absence>,
}

impl<'a> Calendar<'a> {
    pub(super) fn new(today: NaiveDate, dice: &'a mut Rng) -> Calendar<'a> {
        Calendar {
            today,
            dice,
            absences: Vec::new(),
        }
    }

    /// What has been entered.
    pub(super) fn absences(self) -> Vec<Absence> {
        self.absences
    }

    /// Two weeks off from this Monday on, approved. It must be entered first, and so fits.
    pub(super) fn is_away_now(&mut self) -> Option<(NaiveDate, NaiveDate)> {
        let monday = monday_of(self.today);
        self.enter([monday], 2 * WEEK, Becomes::Approved(None));
        let away = self.absences.last()?;
        Some((away.first, away.last))
    }

    /// A leave in the coming weeks that nobody has decided.
    pub(super) fn waits(&mut self) {
        let in_days = 10 + self.dice.i64(0..21);
        let soon = self.day(in_days);
        let hours = self.dice.choice([4, DAY, 3 * DAY, WEEK]).unwrap_or(DAY);
        self.enter(soon.iter_days().take(28), hours, Becomes::Waiting);
    }

    /// What everybody has, more or less: `nth` says how they differ.
    pub(super) fn the_usual(&mut self, nth: usize) {
        self.enter(self.summer(nth), 2 * WEEK, Becomes::Approved(None));
        if !nth.is_multiple_of(3) {
            self.enter(self.christmas(), WEEK, Becomes::Approved(None));
        }
        let short = self.dice.u16(2..=4) * DAY;
        let some = [short, DAY, DAY / 2, DAY];
        for hours in some.into_iter().take(3 + nth % 2) {
            let days = self.any_days();
            let becomes = self.becomes();
            self.enter(days, hours, becomes);
        }
    }

    /// Enters a leave on the first of these days on which the whole of it fits into the year, and beside the others.
    fn enter(
        &mut self,
        candidates: impl IntoIterator<Item = NaiveDate>,
        hours: u16,
        becomes: Becomes,
    ) {
        let (earliest, latest) = (self.day(-HALF_A_YEAR), self.day(HALF_A_YEAR));
        let fits = |&(first, last): &(NaiveDate, NaiveDate)| {
            let is_free = |other: &Absence| last < other.first || other.last < first;
            earliest <= first && last <= latest && self.absences.iter().all(is_free)
        };
        let mut spans = candidates.into_iter().map(|day| span(day, hours));
        if let Some((first, last)) = spans.find(fits) {
            let applied_at = self.applied_at(first, becomes);
            self.absences.push(Absence {
                first,
                last,
                hours,
                applied_at,
                becomes,
            });
        }
    }

    /// When somebody applies for what begins then: some weeks before, on a working day that is over.
    fn applied_at(&mut self, first: NaiveDate, becomes: Becomes) -> NaiveDateTime {
        let day = match becomes {
            Becomes::Waiting => {
                let ago = 1 + self.dice.i64(0..6);
                self.day(-ago)
            }
            _ => {
                let (before, ago) = (14 + self.dice.i64(0..42), 7 + self.dice.i64(0..30));
                self.day(-ago).min(first - TimeDelta::days(before))
            }
        };
        let weekend = i64::from(day.weekday().num_days_from_monday()) - 4;
        let eight = TimeDelta::hours(8) + TimeDelta::seconds(self.dice.i64(0..36_000));
        (day - TimeDelta::days(weekend.max(0))).and_time(NaiveTime::MIN) + eight
    }

    fn becomes(&mut self) -> Becomes {
        match self.dice.usize(0..20) {
            0 | 1 => Becomes::Declined(self.dice.choice(REASONS).unwrap_or_default()),
            2 => Becomes::Withdrawn,
            3..6 => Becomes::Approved(self.dice.choice(WISHES)),
            _ => Becomes::Approved(None),
        }
    }

    fn day(&self, from_today: i64) -> NaiveDate {
        self.today + TimeDelta::days(from_today)
    }

    /// Days all over the year: a random one, and the same day of the week after it, round and round.
    fn any_days(&mut self) -> impl Iterator<Item = NaiveDate> + use<> {
        let (begin, offset) = (self.day(-HALF_A_YEAR), self.dice.i64(0..2 * HALF_A_YEAR));
        let round = move |week| (offset + 7 * week) % (2 * HALF_A_YEAR);
        (0..52_i64).map(move |week| begin + TimeDelta::days(round(week)))
    }

    /// Mondays of summer, of whichever summer lies in the year; everybody begins with another one.
    fn summer(&self, nth: usize) -> Vec<NaiveDate> {
        let mut mondays: Vec<NaiveDate> = self
            .years()
            .filter_map(|year| NaiveDate::from_weekday_of_month_opt(year, 7, Weekday::Mon, 1))
            .flat_map(|first| first.iter_weeks().take(SUMMER_WEEKS))
            .collect();
        mondays.rotate_left(5 * nth % SUMMER_WEEKS);
        mondays
    }

    /// The Mondays of the weeks of Christmas.
    fn christmas(&self) -> Vec<NaiveDate> {
        let days = self.years();
        let days = days.filter_map(|year| NaiveDate::from_ymd_opt(year, 12, 27));
        days.map(monday_of).collect()
    }

    fn years(&self) -> impl Iterator<Item = i32> + use<> {
        let year = self.today.year();
        year - 1..=year + 1
    }
}

/// The Monday of a day's week.
fn monday_of(day: NaiveDate) -> NaiveDate {
    day - Days::new(day.weekday().num_days_from_monday().into())
}

/// The first and the last day of a leave of these hours that begins on this day, or on the Monday after a weekend.
fn span(day: NaiveDate, hours: u16) -> (NaiveDate, NaiveDate) {
    let days = usize::from(hours.div_ceil(DAY));
    let is_weekday = |day: &NaiveDate| day.weekday().number_from_monday() <= 5;
    let mut weekdays = day.iter_days().filter(is_weekday).take(days);
    let first = weekdays.next().unwrap_or(day);
    (first, weekdays.last().unwrap_or(first))
}
