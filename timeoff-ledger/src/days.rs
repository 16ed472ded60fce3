//! The days of a leave, and how many working minutes each takes.

use std::{fmt, str::FromStr};

use crate::Schedule;
use thiserror::Error;
use timeoff_models::{Date, DayPart, LeaveApplication, counted};

/// Which half of a day leave takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Half {
    /// Both.
    Both,
    /// The one before noon.
    Morning,
    /// The one after noon.
    Afternoon,
    /// Some of the day's minutes, no particular half.
    Any,
}

/// What leave takes of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LeaveDay {
    /// The day.
    pub date: Date,
    /// Working minutes, 1 to 1440.
    pub minutes: u16,
    /// Which half.
    pub half: Half,
}

/// The days on which a leave takes anything: in order, each once, at most [`Days::MOST`].
///
/// As text, as it is on the wire: the date, the minutes and, unless it is the whole day, `morning`, `afternoon` or
/// `minutes`; with `, ` between two days. For example `2027-01-07 480, 2027-01-08 240 morning`.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Days(Box<[LeaveDay]>);

/// What somebody works on a day: the minutes of each half, after public holidays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkingDay {
    /// Minutes before noon.
    pub morning: u16,
    /// Minutes after noon.
    pub afternoon: u16,
}

impl WorkingDay {
    /// The day of a schedule: the morning has half its minutes, rounded up.
    #[must_use]
    pub fn of(minutes: u16) -> Self {
        Self {
            morning: minutes.div_ceil(2),
            afternoon: minutes / 2,
        }
    }

    /// All its minutes.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.morning + self.afternoon
    }
}

/// Why an application takes no countable days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Uncountable {
    /// There is no working time in it.
    #[error("there is no working time in it")]
    NoWorkingTime,
    /// It has more days or hours than leave can have.
    #[error("it is longer than a year")]
    TooLong,
    /// More minutes than the day has.
    #[error("that day has {has} working minutes")]
    MoreThanTheDay {
        /// The day's.
        has: u16,
    },
}

/// How many days after its start a leave that is given in hours may end.
const SPAN_MAX: u32 = 3 * 366;

impl Days {
    /// The most days that one leave can take: those of a leap year. Leave that is given in hours may be spread over a longer
    /// time.
    pub const MOST: usize = 366;

    /// What an application takes, where `works` says what its employee works on a day.
    ///
    /// With a last day, each day from the first to the last counts, or the half that is asked for. Without one (version 1 of
    /// the record), the hours are taken from working days in order, beginning on the day of the start; the last one partly.
    ///
    /// # Errors
    ///
    /// [`Uncountable`].
    pub fn of(
        leave: &LeaveApplication,
        works: impl Fn(Date) -> WorkingDay,
    ) -> Result<Self, Uncountable> {
        let first = Date::of(leave.start.ticks());
        let details = leave.details.as_deref();
        if let Some(minutes) = details.and_then(|details| details.minutes) {
            return Self::some_minutes(first, minutes, works(first));
        }
        let Some(last) = details.and_then(|details| details.last_date) else {
            return Self::of_hours(first, leave.hours.get().unsigned_abs() * 60, works);
        };
        let (first_part, last_part) = details.map_or_else(Default::default, |details| {
            (details.first_day, details.last_day)
        });
        let count = last.days_since(first) + 1;
        if count > Self::MOST as i64 {
            return Err(Uncountable::TooLong);
        }
        let mut days = Vec::new();
        let mut next = Some(first).filter(|_| count > 0);
        while let Some(date) = next {
            let part = match (date == first, date == last) {
                (true, true) if first_part == DayPart::Whole => last_part,
                (true, _) => first_part,
                (_, true) => last_part,
                (false, false) => DayPart::Whole,
            };
            let works = works(date);
            let (minutes, half) = match part {
                DayPart::Whole => (works.minutes(), Half::Both),
                DayPart::Morning => (works.morning, Half::Morning),
                DayPart::Afternoon => (works.afternoon, Half::Afternoon),
            };
            if minutes > 0 {
                days.push(LeaveDay {
                    date,
                    minutes,
                    half,
                });
            }
            next = date.next().filter(|&next| next <= last);
        }
        match days.is_empty() {
            true => Err(Uncountable::NoWorkingTime),
            false => Ok(Self(days.into())),
        }
    }

    /// What an application takes as long as nothing is known of who asks: 480 minutes for each Monday to Friday.
    ///
    /// # Errors
    ///
    /// [`Uncountable`].
    pub fn usual(leave: &LeaveApplication) -> Result<Self, Uncountable> {
        let usual = Schedule::default();
        Self::of(leave, |date| WorkingDay::of(usual.on(date)))
    }

    fn some_minutes(date: Date, minutes: u16, works: WorkingDay) -> Result<Self, Uncountable> {
        let has = works.minutes();
        if has == 0 {
            return Err(Uncountable::NoWorkingTime);
        }
        if minutes > has {
            return Err(Uncountable::MoreThanTheDay { has });
        }
        let half = match minutes == has {
            true => Half::Both,
            false => Half::Any,
        };
        Ok(Self(Box::new([LeaveDay {
            date,
            minutes,
            half,
        }])))
    }

    fn of_hours(
        first: Date,
        mut left: u32,
        works: impl Fn(Date) -> WorkingDay,
    ) -> Result<Self, Uncountable> {
        let mut days = Vec::new();
        let last = first.plus(SPAN_MAX).unwrap_or(Date::MAX);
        let mut next = Some(first);
        while let Some(date) = next.filter(|_| left > 0) {
            let has = works(date).minutes();
            let minutes = u16::try_from(left).map_or(has, |left| left.min(has));
            if minutes > 0 {
                left -= u32::from(minutes);
                let half = match minutes == has {
                    true => Half::Both,
                    false => Half::Any,
                };
                days.push(LeaveDay {
                    date,
                    minutes,
                    half,
                });
            }
            next = date.next().filter(|&next| next <= last);
        }
        match days.is_empty() {
            true => Err(Uncountable::NoWorkingTime),
            false if left > 0 || days.len() > Self::MOST => Err(Uncountable::TooLong),
            false => Ok(Self(days.into())),
        }
    }

    /// One day after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, LeaveDay> {
        self.0.iter()
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[LeaveDay] {
        &self.0
    }

    /// The first day; `None` if nothing is taken.
    #[must_use]
    pub fn first(&self) -> Option<Date> {
        self.0.first().map(|day| day.date)
    }

    /// The last day; `None` if nothing is taken.
    #[must_use]
    pub fn last(&self) -> Option<Date> {
        self.0.last().map(|day| day.date)
    }

    /// What is taken in all.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        self.iter().map(|day| u32::from(day.minutes)).sum()
    }

    /// How many days, in words: `1 day`, `half a day`, `2 and a half days`. `None` if minutes of a day are taken, which are
    /// no particular part of it.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        let mut halves = 0;
        for day in self {
            halves += match day.half {
                Half::Both => 2,
                Half::Morning | Half::Afternoon => 1,
                Half::Any => return None,
            };
        }
        Some(match (halves / 2, halves % 2) {
            (0, 1) => "half a day".to_owned(),
            (days, 1) => format!("{days} and a half days"),
            (days, _) => counted(days, "day", "days"),
        })
    }

    /// What is taken on a day.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<&LeaveDay> {
        let at = self.0.binary_search_by_key(&date, |day| day.date).ok()?;
        Some(&self.0[at])
    }

    /// The same days, counted anew: each from the first to the last that is a working day. A day of which a half, or some
    /// minutes, were taken keeps that, as far as it still has so many.
    #[must_use]
    pub(crate) fn recounted(&self, works: impl Fn(Date) -> WorkingDay) -> Self {
        let mut days = Vec::new();
        let mut next = self.first();
        while let Some(date) = next {
            let works = works(date);
            let half = self.on(date).map_or(Half::Both, |day| day.half);
            let minutes = match half {
                Half::Both => works.minutes(),
                Half::Morning => works.morning,
                Half::Afternoon => works.afternoon,
                Half::Any => self
                    .on(date)
                    .map_or(0, |day| day.minutes)
                    .min(works.minutes()),
            };
            if minutes > 0 {
                days.push(LeaveDay {
                    date,
                    minutes,
                    half,
                });
            }
            next = date.next().filter(|&next| Some(next) <= self.last());
        }
        days.into()
    }

    /// Without the days from that one on.
    #[must_use]
    pub fn before(&self, date: Date) -> Self {
        self.iter()
            .filter(|day| day.date < date)
            .copied()
            .collect::<Vec<_>>()
            .into()
    }
}

impl From<Vec<LeaveDay>> for Days {
    /// The days must be in order, each once.
    fn from(days: Vec<LeaveDay>) -> Self {
        debug_assert!(days.is_sorted_by(|a, b| a.date < b.date));
        Self(days.into())
    }
}

impl<'a> IntoIterator for &'a Days {
    type Item = &'a LeaveDay;
    type IntoIter = std::slice::Iter<'a, LeaveDay>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromStr for Days {
    type Err = InvalidDays;

    /// # Errors
    ///
    /// [`InvalidDays`] for a text that is not as [`Days`] says, or has no day.
    fn from_str(text: &str) -> Result<Self, InvalidDays> {
        let mut days: Vec<LeaveDay> = Vec::new();
        for day in text.split(", ") {
            let mut parts = day.split(' ');
            let (date, minutes) = (parts.next(), parts.next());
            let half = match (parts.next(), parts.next()) {
                (None, None) => Half::Both,
                (Some("morning"), None) => Half::Morning,
                (Some("afternoon"), None) => Half::Afternoon,
                (Some("minutes"), None) => Half::Any,
                _ => return Err(InvalidDays),
            };
            let date: Date = date
                .filter(|date| date.len() == 10)
                .and_then(|date| date.parse().ok())
                .ok_or(InvalidDays)?;
            let minutes = minutes
                .filter(|minutes| minutes.bytes().all(|b| b.is_ascii_digit()))
                .and_then(|minutes| minutes.parse().ok())
                .filter(|minutes| (1..=24 * 60).contains(minutes))
                .ok_or(InvalidDays)?;
            if days.len() == Self::MOST || days.last().is_some_and(|last| last.date >= date) {
                return Err(InvalidDays);
            }
            days.push(LeaveDay {
                date,
                minutes,
                half,
            });
        }
        Ok(Self(days.into()))
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, day) in self.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{} {}", day.date, day.minutes)?;
            match day.half {
                Half::Both => {}
                Half::Morning => f.write_str(" morning")?,
                Half::Afternoon => f.write_str(" afternoon")?,
                Half::Any => f.write_str(" minutes")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Days({self})")
    }
}

/// A text that does not say days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "days must be dates in order, each with 1 to 1440 minutes and perhaps morning, afternoon or minutes, such as \
     2027-01-07 480, 2027-01-08 240 morning"
)]
pub struct InvalidDays;
