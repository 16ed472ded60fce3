//! Points in time as the wire has them, and a clock that never repeats one.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use thiserror::Error;

const TICKS_A_SECOND: i64 = 10_000_000;
const TICKS_A_DAY: i64 = 24 * 60 * 60 * TICKS_A_SECOND;
const NANOSECONDS_A_TICK: i64 = 100;

/// A point in time in .NET ticks: 100 ns units since 0001-01-01T00:00:00, up to the end of the year 9999.
///
/// Ticks have no time zone of their own; where the instant of an event is meant, it is UTC.
///
/// Every value is a chrono date and time, so [`From`] leads there. chrono's years reach from -262143 to
/// 262142 and its steps are 1 ns, so the way back is [`TryFrom`] and drops what is finer than a tick; a leap
/// second counts as the second after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticks(i64);

impl Ticks {
    /// 0001-01-01T00:00:00.
    pub const MIN: Self = Self(0);
    /// 9999-12-31T23:59:59.9999999.
    pub const MAX: Self = Self(3_155_378_975_999_999_999);

    /// The reading of a clock. One outside the years 1 to 9999 gives the nearest end of that range.
    #[must_use]
    pub fn of(instant: DateTime<Utc>) -> Self {
        let nearest_end = if instant < epoch().and_utc() {
            Self::MIN
        } else {
            Self::MAX
        };
        Self::try_from(instant).unwrap_or(nearest_end)
    }

    /// The number, as it is on the wire.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }

    /// The day it lies in.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        NaiveDateTime::from(self).date()
    }

    /// The seconds of the day, and the ticks of the second.
    pub(crate) fn of_day(self) -> (u32, u32) {
        let of_day = self.0 % TICKS_A_DAY;
        let (seconds, ticks) = (of_day / TICKS_A_SECOND, of_day % TICKS_A_SECOND);
        // Both are below ten million.
        (seconds as u32, ticks as u32)
    }

    /// The time since `earlier`; negative when that is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> TimeDelta {
        NaiveDateTime::from(self) - NaiveDateTime::from(earlier)
    }

    /// The tick after this one; at [`Ticks::MAX`], that again.
    fn next(self) -> Self {
        Self(self.0 + 1).min(Self::MAX)
    }
}

fn epoch() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(1, 1, 1)
        .expect("0001-01-01 is a date")
        .and_time(NaiveTime::MIN)
}

impl TryFrom<i64> for Ticks {
    type Error = InvalidTicks;

    /// # Errors
    ///
    /// [`InvalidTicks`] outside `0..=3155378975999999999`.
    fn try_from(ticks: i64) -> Result<Self, InvalidTicks> {
        let candidate = Self(ticks);
        if (Self::MIN..=Self::MAX).contains(&candidate) {
            Ok(candidate)
        } else {
            Err(InvalidTicks)
        }
    }
}

impl From<Ticks> for NaiveDateTime {
    fn from(ticks: Ticks) -> Self {
        let (days, of_day) = (ticks.0 / TICKS_A_DAY, ticks.0 % TICKS_A_DAY);
        let (seconds, of_second) = (of_day / TICKS_A_SECOND, of_day % TICKS_A_SECOND);
        // chrono counts 0001-01-01 as day 1. All are in range, by the range of ticks.
        let date = NaiveDate::from_num_days_from_ce_opt(days as i32 + 1);
        let time = NaiveTime::from_num_seconds_from_midnight_opt(
            seconds as u32,
            (of_second * NANOSECONDS_A_TICK) as u32,
        );
        date.zip(time)
            .map(|(date, time)| date.and_time(time))
            .expect("ticks are of the years 1 to 9999")
    }
}

impl From<Ticks> for DateTime<Utc> {
    fn from(ticks: Ticks) -> Self {
        NaiveDateTime::from(ticks).and_utc()
    }
}

impl TryFrom<NaiveDateTime> for Ticks {
    type Error = InvalidTicks;

    /// # Errors
    ///
    /// [`InvalidTicks`] outside the years 1 to 9999.
    fn try_from(time: NaiveDateTime) -> Result<Self, InvalidTicks> {
        let time = time.and_utc();
        // Both counts are of whole seconds since 1970 and round down, so the nanoseconds are never negative.
        let seconds = time.timestamp() - epoch().and_utc().timestamp();
        let ticks = i64::from(time.timestamp_subsec_nanos()) / NANOSECONDS_A_TICK;
        seconds
            .checked_mul(TICKS_A_SECOND)
            .and_then(|whole| whole.checked_add(ticks))
            .ok_or(InvalidTicks)?
            .try_into()
    }
}

impl TryFrom<DateTime<Utc>> for Ticks {
    type Error = InvalidTicks;

    /// # Errors
    ///
    /// [`InvalidTicks`] outside the years 1 to 9999.
    fn try_from(instant: DateTime<Utc>) -> Result<Self, InvalidTicks> {
        instant.naive_utc().try_into()
    }
}

impl TryFrom<NaiveDate> for Ticks {
    type Error = InvalidTicks;

    /// The first tick of the day.
    ///
    /// # Errors
    ///
    /// [`InvalidTicks`] outside the years 1 to 9999.
    fn try_from(date: NaiveDate) -> Result<Self, InvalidTicks> {
        // chrono counts 0001-01-01 as day 1.
        let days = i64::from(date.num_days_from_ce()) - 1;
        days.checked_mul(TICKS_A_DAY)
            .ok_or(InvalidTicks)?
            .try_into()
    }
}

impl fmt::Display for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number of ticks or a date outside the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a date must be from 0001-01-01 to 9999-12-31")]
pub struct InvalidTicks;

/// Gives each event of a process its own tick: strictly increasing, even if two events fall into one tick or the
/// machine's clock steps back.
///
/// Pure: the reading of the clock is an argument. Not promised: anything between two processes.
#[derive(Debug, Default)]
pub struct TickClock {
    last: Option<Ticks>,
}

impl TickClock {
    /// A clock that has given nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `now`, or the tick after the one given last where that is later.
    ///
    /// Only the very last tick of the year 9999 is given more than once.
    pub fn stamp(&mut self, now: Ticks) -> Ticks {
        let stamp = self.last.map_or(now, |last| now.max(last.next()));
        self.last = Some(stamp);
        stamp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    #[test]
    fn known_ticks_are_the_dates_that_dotnet_gives() {
        let known = [
            (0, "0001-01-01T00:00:00"),
            (621_355_968_000_000_000, "1970-01-01T00:00:00"),
            (638_396_640_000_000_000, "2024-01-01T00:00:00"),
            (3_155_378_975_999_999_999, "9999-12-31T23:59:59.9999999"),
        ];
        for (number, text) in known {
            let ticks = Ticks::try_from(number).unwrap();
            assert_eq!(NaiveDateTime::from(ticks), at(text));
            assert_eq!(Ticks::try_from(at(text)).unwrap(), ticks);
        }
    }

    #[test]
    fn ticks_outside_the_years_1_to_9999_are_refused() {
        assert!(Ticks::try_from(-1).is_err());
        assert!(Ticks::try_from(Ticks::MAX.get() + 1).is_err());
        assert!(Ticks::try_from(at("0000-12-31T23:59:59.999999999")).is_err());
        assert!(Ticks::try_from(NaiveDateTime::MIN).is_err());
        assert!(Ticks::try_from(NaiveDateTime::MAX).is_err());
        assert_eq!(Ticks::of(DateTime::<Utc>::MIN_UTC), Ticks::MIN);
        assert_eq!(Ticks::of(DateTime::<Utc>::MAX_UTC), Ticks::MAX);
    }

    #[test]
    fn the_time_between_two_ticks_spans_the_whole_range() {
        let span = Ticks::MAX.since(Ticks::MIN);
        assert_eq!(span.num_days(), 3_652_058);
        assert_eq!(Ticks::MIN.since(Ticks::MAX), -span);
    }

    #[test]
    fn the_clock_never_gives_a_tick_twice_and_never_steps_back() {
        let noon = Ticks::try_from(at("2030-05-01T12:00:00")).unwrap();
        let before = Ticks::try_from(at("2030-05-01T11:00:00")).unwrap();
        let mut clock = TickClock::new();
        let given: Vec<i64> = [noon, noon, before, noon]
            .map(|now| clock.stamp(now).get() - noon.get())
            .into();
        assert_eq!(given, [0, 1, 2, 3]);
        let later = Ticks::try_from(at("2030-05-01T13:00:00")).unwrap();
        assert_eq!(clock.stamp(later), later);
    }
}
