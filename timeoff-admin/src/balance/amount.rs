//! Amounts of leave, and the days on which it is used.

use timeoff_ledger::account::Use;
use timeoff_ledger::{Date, Person, hours};

/// How amounts are written for one person.
#[derive(Clone, Copy)]
pub(super) struct Amounts {
    /// The minutes of a day of theirs, where all are alike.
    day: Option<u16>,
}

impl Amounts {
    pub(super) fn of(person: &Person) -> Amounts {
        Amounts {
            day: person.schedule.unwrap_or_default().day_length(),
        }
    }

    /// "A day is 8 h.", for those who have such a day.
    pub(super) fn day(self) -> Option<String> {
        self.day.map(hours)
    }

    /// "3.5 days"; with a ~ before it where that is not exact. `None` where days differ.
    pub(super) fn days(self, minutes: u64) -> Option<String> {
        let day = u64::from(self.day?);
        let hundredths = (minutes * 100 + day / 2) / day;
        let about = if (minutes * 100).is_multiple_of(day) {
            ""
        } else {
            "~"
        };
        let (whole, rest) = (hundredths / 100, hundredths % 100);
        let number = match rest {
            0 => whole.to_string(),
            rest => format!("{whole}.{rest:02}")
                .trim_end_matches('0')
                .to_owned(),
        };
        let unit = if number == "1" { "day" } else { "days" };
        Some(format!("{about}{number} {unit}"))
    }

    /// "28 h (3.5 days)".
    pub(super) fn both(self, minutes: u64) -> String {
        match self.days(minutes) {
            Some(days) => format!("{} ({days})", hours(minutes)),
            None => hours(minutes),
        }
    }
}

/// Consecutive days on which the same leave uses the same entitlement, and how much it uses on them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) leave: u32,
    pub(super) first: Date,
    pub(super) last: Date,
    pub(super) minutes: u64,
}

impl Run {
    /// Of uses that are in the order of their dates, as runs in the order of the first date.
    pub(super) fn all(uses: &[Use]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for one in uses {
            let mut latest = runs.iter_mut().rev();
            let continued = latest.find(|run| run.leave == one.leave);
            match continued.filter(|run| run.last.next() == Some(one.date)) {
                Some(run) => {
                    run.last = one.date;
                    run.minutes += one.minutes;
                }
                None => runs.push(Run {
                    leave: one.leave,
                    first: one.date,
                    last: one.date,
                    minutes: one.minutes,
                }),
            }
        }
        runs
    }

    /// "2027-03-01 to 2027-03-05".
    pub(super) fn days(&self) -> String {
        match self.first == self.last {
            true => self.first.to_string(),
            false => format!("{} to {}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use timeoff_ledger::account::Use;

    use super::{Amounts, Run};
    use crate::options::date;

    #[test]
    fn days_are_exact_or_say_that_they_are_not() {
        let amounts = Amounts { day: Some(480) };
        for (minutes, days) in [
            (0, "0 days"),
            (480, "1 day"),
            (1680, "3.5 days"),
            (14400, "30 days"),
            (360, "0.75 days"),
            (1000, "~2.08 days"),
            (481, "~1 day"),
        ] {
            assert_eq!(amounts.days(minutes).as_deref(), Some(days), "{minutes}");
        }
        assert_eq!(Amounts { day: None }.days(480), None);
        assert_eq!(Amounts { day: None }.both(480), "8 h");
    }

    #[test]
    fn days_in_a_row_are_one_line_for_each_leave() {
        let used = |leave, day: &str, minutes| Use {
            leave,
            date: date(day).expect("a day"),
            minutes,
        };
        let uses = [
            used(0, "2027-03-04", 480),
            used(0, "2027-03-05", 240),
            used(1, "2027-03-05", 240),
            used(0, "2027-03-08", 480),
            used(1, "2027-03-06", 60),
        ];
        let runs: Vec<(u32, String, u64)> = Run::all(&uses)
            .iter()
            .map(|run| (run.leave, run.days(), run.minutes))
            .collect();
        let run = |leave, days: &str, minutes| (leave, days.to_owned(), minutes);
        assert_eq!(
            runs,
            [
                run(0, "2027-03-04 to 2027-03-05", 720),
                run(1, "2027-03-05 to 2027-03-06", 300),
                run(0, "2027-03-08", 480),
            ]
        );
    }
}
