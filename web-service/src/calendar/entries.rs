//! A leave as entries of a calendar: one for the days that follow each other, so one for most leaves.

use chrono::{DateTime, NaiveDate, Utc};
use timeoff_ledger::{Half, hours};

use super::text::{Entry, Kind};
use crate::away::Day;

/// What all entries of a leave have in common.
pub(super) struct About {
    /// The UID of its first entry.
    pub(super) uid: String,
    pub(super) sequence: u32,
    pub(super) changed: DateTime<Utc>,
    /// What it is called: `Annual leave`, or `Ada Lovelace: away`.
    pub(super) title: String,
    pub(super) is_waiting: bool,
    /// Whether it is somebody else's time, as far as the calendar is concerned.
    pub(super) is_of_others: bool,
}

/// The entries of a leave with these days, in order. `works` says whether its employee works on a day: days on which they
/// do not, as weekends and holidays, do not break an entry in two; a day of work does, as when it was given back.
///
/// The first entry has the leave's own UID. Others also have their first day in it.
pub(super) fn entries(
    about: &About,
    days: &[Day],
    works: impl Fn(NaiveDate) -> bool,
) -> Vec<Entry> {
    let runs = days.chunk_by(|day, next| {
        let between = day.date.iter_days().skip(1);
        let mut between = between.take_while(|date| *date < next.date);
        between.all(|date| !works(date))
    });
    runs.enumerate()
        .filter_map(|(number, run)| {
            let (first, last) = (run.first()?.date, run.last()?.date);
            let uid = match number {
                0 => about.uid.clone(),
                _ => format!("{}-{}", about.uid, first.format("%Y%m%d")),
            };
            Some(Entry {
                uid,
                sequence: about.sequence,
                changed: about.changed,
                summary: summary(about, run),
                first,
                last,
                kind: kind(about, run),
            })
        })
        .collect()
}

fn kind(about: &About, run: &[Day]) -> Kind {
    match () {
        () if about.is_of_others => Kind::Other,
        () if about.is_waiting => Kind::Waiting,
        () if run.iter().all(|day| day.is_part) => Kind::PartlyAway,
        () => Kind::Away,
    }
}

/// `Annual leave`, `Annual leave, morning`, `Annual leave (Fri 2 Jul: 4 h)`.
fn summary(about: &About, run: &[Day]) -> String {
    let title = &about.title;
    let amount = |day: &Day| match day.half {
        Half::Morning => "morning".to_owned(),
        Half::Afternoon => "afternoon".to_owned(),
        Half::Any | Half::Both => hours(day.minutes),
    };
    let parts: Vec<String> = run
        .iter()
        .filter(|day| day.is_part)
        .map(|day| format!("{}: {}", day.date.format("%a %-d %b"), amount(day)))
        .collect();
    let what = match run {
        [day] if day.is_part => format!("{title}, {}", amount(day)),
        _ if parts.is_empty() => title.clone(),
        _ => format!("{title} ({})", parts.join(", ")),
    };
    match about.is_waiting {
        true => format!("{what} – not decided yet"),
        false => what,
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike as _, Weekday};

    use super::*;

    fn day(date: &str, half: Half) -> Day {
        Day {
            date: date.parse().expect("a day"),
            minutes: if half == Half::Both { 480 } else { 240 },
            half,
            is_part: half != Half::Both,
        }
    }

    fn whole(date: &str) -> Day {
        day(date, Half::Both)
    }

    /// Whoever works from Monday to Friday.
    fn usual(date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
    }

    fn about() -> About {
        About {
            uid: "a".to_owned(),
            sequence: 1,
            changed: DateTime::UNIX_EPOCH,
            title: "Annual leave".to_owned(),
            is_waiting: false,
            is_of_others: false,
        }
    }

    fn shown(about: &About, days: &[Day], works: impl Fn(NaiveDate) -> bool) -> Vec<String> {
        entries(about, days, works)
            .into_iter()
            .map(|entry| {
                let Entry {
                    uid,
                    summary,
                    first,
                    last,
                    kind,
                    ..
                } = entry;
                format!("{uid} {first} {last} {summary} {kind:?}")
            })
            .collect()
    }

    #[test]
    fn a_weekend_does_not_break_an_entry_in_two() {
        // 2027-07-02 is a Friday.
        let days = [whole("2027-07-02"), whole("2027-07-05")];
        assert_eq!(
            shown(&about(), &days, usual),
            ["a 2027-07-02 2027-07-05 Annual leave Away"]
        );
    }

    #[test]
    fn a_leave_over_the_end_of_a_year_is_one_entry() {
        // 2027-12-31 is a Friday.
        let days = [whole("2027-12-31"), whole("2028-01-03")];
        assert_eq!(
            shown(&about(), &days, usual),
            ["a 2027-12-31 2028-01-03 Annual leave Away"]
        );
    }

    #[test]
    fn a_day_of_work_in_the_middle_makes_two_entries_with_uids_of_their_own() {
        let days = [whole("2027-07-06"), whole("2027-07-08")];
        assert_eq!(
            shown(&about(), &days, usual),
            [
                "a 2027-07-06 2027-07-06 Annual leave Away",
                "a-20270708 2027-07-08 2027-07-08 Annual leave Away",
            ]
        );
        // Whoever does not work on that Wednesday, because of a schedule or a holiday, is away all the time.
        assert_eq!(
            shown(&about(), &days, |date| usual(date)
                && date != whole("2027-07-07").date),
            ["a 2027-07-06 2027-07-08 Annual leave Away"]
        );
    }

    #[test]
    fn a_part_of_a_day_is_said_and_does_not_take_the_day_up() {
        assert_eq!(
            shown(&about(), &[day("2027-07-01", Half::Any)], usual),
            ["a 2027-07-01 2027-07-01 Annual leave, 4 h PartlyAway"]
        );
        assert_eq!(
            shown(&about(), &[day("2027-07-01", Half::Morning)], usual),
            ["a 2027-07-01 2027-07-01 Annual leave, morning PartlyAway"]
        );
        let halves = [
            day("2027-07-01", Half::Afternoon),
            whole("2027-07-02"),
            day("2027-07-05", Half::Morning),
        ];
        assert_eq!(
            shown(&about(), &halves, usual),
            [
                "a 2027-07-01 2027-07-05 Annual leave (Thu 1 Jul: afternoon, Mon 5 Jul: morning) Away"
            ]
        );
        let days = [whole("2027-07-01"), day("2027-07-02", Half::Any)];
        assert_eq!(
            shown(&about(), &days, usual),
            ["a 2027-07-01 2027-07-02 Annual leave (Fri 2 Jul: 4 h) Away"]
        );
    }

    #[test]
    fn what_waits_is_said_to_wait_and_others_take_up_nothing() {
        let days = [whole("2027-07-01")];
        let waiting = About {
            is_waiting: true,
            ..about()
        };
        assert_eq!(
            shown(&waiting, &days, usual),
            ["a 2027-07-01 2027-07-01 Annual leave – not decided yet Waiting"]
        );
        let of_others = About {
            is_of_others: true,
            ..about()
        };
        assert_eq!(
            shown(&of_others, &days, usual),
            ["a 2027-07-01 2027-07-01 Annual leave Other"]
        );
        assert!(shown(&about(), &[], usual).is_empty());
    }
}
