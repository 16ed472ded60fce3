//! Deciding without a person.

use std::fmt;

use timeoff_ledger::{Days, Uncountable};
use timeoff_models::{LeaveApplication, LeaveHours, Outcome, counted};

/// A rule that decides by the length of the leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Leaves of up to this many hours are approved.
    pub approve_up_to: LeaveHours,
    /// What becomes of longer ones.
    pub otherwise: Otherwise,
}

/// What becomes of an application that the rule does not approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Otherwise {
    /// It is declined.
    Decline,
    /// It is left for a person.
    Leave,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.approve_up_to.get().unsigned_abs().into();
        let hours = counted(hours, "hour is", "hours are");
        let others = match self.otherwise {
            Otherwise::Decline => "longer ones are declined",
            Otherwise::Leave => "longer ones are left for a person",
        };
        write!(f, "leaves of up to {hours} approved, {others}")
    }
}

impl Policy {
    /// The outcome, or `None` if the application is left for a person. It goes by the hours that the application says, or
    /// by those of its days if they are more: whoever names days may say any hours.
    pub fn decide(&self, application: &LeaveApplication) -> Option<Outcome> {
        let most = self.approve_up_to.get().unsigned_abs() * 60;
        let has_days = application.details.is_some();
        let days = has_days.then(|| Days::usual(application));
        let is_short = match days {
            None => true,
            Some(Ok(days)) => days.minutes() <= most,
            // On a weekend, say, where the hours are all that is known.
            Some(Err(why)) => why != Uncountable::TooLong,
        };
        if is_short && application.hours <= self.approve_up_to {
            return Some(Outcome::Approved);
        }
        match self.otherwise {
            Otherwise::Decline => Some(Outcome::Declined),
            Otherwise::Leave => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Otherwise, Policy};
    use timeoff_models::{DayPart, LeaveApplication, LeaveDetails, LeaveHours, Outcome};

    fn hours(hours: i32) -> LeaveHours {
        LeaveHours::try_from(hours).expect("in range")
    }

    fn application(length: i32) -> LeaveApplication {
        LeaveApplication {
            email: "ada@example.com".parse().expect("an address"),
            department: "IT".parse().expect("a department"),
            hours: hours(length),
            start: "2026-07-01".parse().expect("a date"),
            details: None,
        }
    }

    #[test]
    fn whoever_names_a_month_and_says_one_hour_is_not_approved() {
        let policy = Policy {
            approve_up_to: hours(8),
            otherwise: Otherwise::Leave,
        };
        let with = |last: &str, first_day| {
            let details = LeaveDetails {
                last_date: Some(last.parse().expect("a day")),
                first_day,
                ..LeaveDetails::default()
            };
            LeaveApplication {
                details: Some(Box::new(details)),
                ..application(1)
            }
        };
        let whole = |last| policy.decide(&with(last, DayPart::Whole));
        assert_eq!(whole("2026-07-30"), None);
        assert_eq!(whole("2026-07-02"), None);
        assert_eq!(whole("2026-07-01"), Some(Outcome::Approved));
        let half_more = policy.decide(&with("2026-07-02", DayPart::Afternoon));
        assert_eq!(half_more, None);
    }

    #[test]
    fn a_leave_up_to_the_limit_is_approved_and_a_longer_one_is_not() {
        let policy = |otherwise| Policy {
            approve_up_to: hours(16),
            otherwise,
        };
        for otherwise in [Otherwise::Decline, Otherwise::Leave] {
            for length in [1, 16] {
                let outcome = policy(otherwise).decide(&application(length));
                assert_eq!(outcome, Some(Outcome::Approved));
            }
        }
        let declined = policy(Otherwise::Decline).decide(&application(17));
        assert_eq!(declined, Some(Outcome::Declined));
        assert_eq!(policy(Otherwise::Leave).decide(&application(17)), None);
    }
}
