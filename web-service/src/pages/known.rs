//! What the policy makes of a leave, as pages say it.

use chrono::NaiveDate;
use timeoff_ledger::{Away, Broken, Date, Days, Look, Refusal};

use super::shown::{NAMED, Others, amount};
use crate::account::sentences;
use crate::ledgers;

/// What the policy makes of a leave, as long as nobody has decided on it.
pub(super) struct Known {
    /// `16 h (2 days) of Annual leave`; `None` if its days cannot be counted.
    pub(super) takes: Option<String>,
    /// `40 h can be taken then, 24 h after it`; `None` if the type needs no entitlement.
    pub(super) balance: Option<String>,
    /// Why it could not be approved now.
    pub(super) against: Vec<String>,
    /// Whether it can be approved if the warnings are accepted.
    pub(super) is_warned: bool,
    /// Which of several stages is to decide.
    pub(super) stage: Option<String>,
    days: Option<Days>,
    /// Who else is away, where the whole ledger was asked.
    away: Option<Vec<Away>>,
}

impl Known {
    /// As whoever asks for it is told: nobody else is named.
    pub(super) fn of(looked: &Result<Look, Refusal>) -> Known {
        let against = match looked {
            Ok(look) => look.against.as_ref(),
            Err(refusal) => Some(refusal),
        };
        let look = looked.as_ref().ok();
        let available = look.and_then(|look| look.available);
        Known {
            takes: look.map(|look| format!("{} of {}", look.takes(), look.label)),
            balance: available.map(|known| match known.after {
                Some(after) => format!(
                    "{} can be taken then, {} after it",
                    amount(known.before),
                    amount(after)
                ),
                None => format!("{} can be taken then", amount(known.before)),
            }),
            against: against.map_or_else(Vec::new, sentences),
            is_warned: matches!(against, Some(Refusal::Warned { .. })),
            stage: look.and_then(Look::stage_in_words),
            days: look.map(|look| look.days.clone()),
            away: None,
        }
    }

    /// As whoever decides is told: who is away is named.
    pub(super) fn for_approver(known: ledgers::Known) -> Known {
        let ledgers::Known { look, away } = known;
        let against = match &look {
            Ok(look) => look.against.as_ref(),
            Err(refusal) => Some(refusal),
        };
        Known {
            against: against.map_or_else(Vec::new, |against| match against {
                Refusal::Warned { warnings } => warnings.iter().map(with_names).collect(),
                Refusal::Blocked { broken } => vec![with_names(broken)],
                other => vec![other.to_string()],
            }),
            away: look.is_ok().then_some(away),
            ..Known::of(&look)
        }
    }

    /// The days that it takes.
    pub(super) fn days(&self) -> Option<&Days> {
        self.days.as_ref()
    }

    /// Who else is away then, if the whole ledger was asked.
    pub(super) fn others(&self) -> Option<Others> {
        let away = self.away.as_ref()?;
        Some(Others::of(away.iter().map(|one| {
            let dates: Vec<NaiveDate> = one.dates.iter().copied().map(Date::naive).collect();
            (one.name.as_str(), dates)
        })))
    }
}

/// The sentence of a broken rule, with the names of some who are away.
fn with_names(broken: &Broken) -> String {
    match broken {
        Broken::Cover { away, .. } if away.len() > NAMED => {
            let some = away.iter().take(NAMED).map(|name| name.as_str());
            let some = some.collect::<Vec<_>>().join(", ");
            let more = away.len() - NAMED;
            format!("{} Away: {some} and {more} more.", broken.reason())
        }
        _ => broken.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use timeoff_ledger::{Broken, CoverLimit};

    use super::with_names;

    #[test]
    fn of_many_who_are_away_some_are_named() {
        let broken = |names: &[&str]| Broken::Cover {
            date: "2027-07-05".parse().unwrap(),
            group: "desk".into(),
            limit: CoverLimit::LeastPresent(3),
            present: 2,
            away: names.iter().map(|name| name.parse().unwrap()).collect(),
        };
        let rule = "On 2027-07-05, 2 of desk would be present, and at least 3 must be present.";
        let four = with_names(&broken(&["Ada", "Bob", "Cleo", "Dan"]));
        assert_eq!(four, format!("{rule} Away: Ada, Bob, Cleo, Dan."));
        let six = with_names(&broken(&["Ada", "Bob", "Cleo", "Dan", "Eve", "Fay"]));
        assert_eq!(six, format!("{rule} Away: Ada, Bob, Cleo, Dan and 2 more."));
    }
}
