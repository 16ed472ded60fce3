//! What a person has been granted, what became of it, and the form to grant them more or to correct it.

use std::collections::HashMap;

use timeoff_ledger::account::{Share, Use};
use timeoff_ledger::{Balance, Date, Fact, Place, Schedule};
use timeoff_models::Departments;
use timeoff_views::{self as views, Queries, ViewError};

use super::super::shown::{amount, date, names_of_people};
use super::granting::GrantForm;
use crate::account::{Account, read};

/// What a person has been granted, of the types that need it.
pub(super) struct Holdings {
    /// The types that can be granted: the name, and what people call it.
    pub(super) types: Vec<(String, String)>,
    pub(super) rows: Vec<Holding>,
}

/// An entitlement.
pub(super) struct Holding {
    pub(super) id: String,
    pub(super) leave_type: String,
    pub(super) label: String,
    pub(super) minutes: u32,
    /// `240 h (30 days)`, or that it was taken back.
    pub(super) amount: String,
    pub(super) from: Date,
    pub(super) until: Date,
    /// The days on which it can be used: `Fri 1 Jan 2027 to Fri 31 Dec 2027`.
    pub(super) when: String,
    /// Who has granted it, or corrected it last.
    pub(super) by: Option<String>,
    /// What became of it: `16 h booked`.
    pub(super) parts: Vec<String>,
}

impl Holdings {
    /// Those of a person at home; `None` where no policy has been set.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub(super) fn of(
        queries: &Queries,
        departments: &Departments,
        place: &Place,
        found: &views::Person,
        today: Date,
    ) -> Result<Option<Holdings>, ViewError> {
        let Some(account) = Account::of(queries, departments, found)? else {
            return Ok(None);
        };
        let mut granted_by: HashMap<String, String> = HashMap::new();
        let events = queries.events_about(found.partition, &found.id)?;
        for event in events.iter().filter(|one| one.kind == "EntitlementGranted") {
            if let Some(known) = read(event, departments)
                && let Fact::EntitlementGranted { entitlement, .. } = known.fact
                && let Some(by) = &event.by
            {
                granted_by.insert(entitlement.id.to_string(), by.clone());
            }
        }
        let names = names_of_people(queries, granted_by.values().cloned().collect())?;
        let length = place.person.schedule.unwrap_or_default();
        let balances = account.balances(today);
        let of_type = |balance: &Balance| {
            let shares = balance.explanation.as_ref();
            let shares = shares.map_or(&[][..], |why| &why.shares);
            let shares = shares.iter();
            let rows = shares.map(|share| Holding::of(balance, share, &length, today));
            rows.collect::<Vec<_>>()
        };
        let mut rows: Vec<Holding> = balances.iter().flat_map(of_type).collect();
        for row in &mut rows {
            let by = granted_by.get(&row.id);
            row.by = by.and_then(|by| names.get(by).cloned());
        }
        let (_, policy) = account.policy();
        let types = policy.types().iter().filter(|kind| kind.needs_entitlement);
        Ok(Some(Holdings {
            types: types
                .map(|kind| (kind.name.to_string(), kind.label.to_string()))
                .collect(),
            rows,
        }))
    }

    /// The entitlement with this id.
    pub(super) fn with_id(&self, id: &str) -> Option<&Holding> {
        self.rows.iter().find(|row| row.id == id)
    }
}

impl Holding {
    fn of(balance: &Balance, share: &Share, schedule: &Schedule, today: Date) -> Holding {
        let all = |uses: &[Use]| uses.iter().map(|one| one.minutes).sum::<u64>();
        let later = match share.entitlement.from > today {
            true => "to be taken later",
            false => "left",
        };
        let parts = [
            (all(&share.booked), "booked"),
            (all(&share.reserved), "reserved by what waits"),
            (share.available + share.later, later),
            (share.expired, "ended unused"),
        ];
        let given = &share.entitlement;
        Holding {
            id: given.id.to_string(),
            leave_type: balance.leave_type.to_string(),
            label: balance.label.clone(),
            minutes: given.minutes,
            amount: match given.minutes {
                0 => "taken back".to_owned(),
                minutes => in_days(minutes, schedule),
            },
            from: given.from,
            until: given.until,
            when: format!("{} to {}", date(given.from), date(given.until)),
            by: None,
            parts: parts
                .into_iter()
                .filter(|(minutes, _)| *minutes > 0)
                .map(|(minutes, what)| format!("{} {what}", amount(minutes)))
                .collect(),
        }
    }

    /// What distinguishes it as it is now from what it may become.
    pub(super) fn mark(&self) -> String {
        format!("{} {} {}", self.minutes, self.from, self.until)
    }

    /// The form that corrects it, filled with what it is.
    pub(super) fn form(&self, key: String) -> GrantForm {
        GrantForm {
            key,
            entitlement: self.id.clone(),
            seen: self.mark(),
            r#type: self.leave_type.clone(),
            hours: (self.minutes / 60).to_string(),
            minutes: match self.minutes % 60 {
                0 => String::new(),
                minutes => minutes.to_string(),
            },
            from: self.from.to_string(),
            until: self.until.to_string(),
        }
    }
}

/// Working time in hours, and in days if all of somebody's working days are of one length: `240 h (30 days)`.
pub(super) fn in_days(minutes: u32, schedule: &Schedule) -> String {
    let hours = amount(minutes.into());
    let Some(length) = schedule.day_length() else {
        return hours;
    };
    let days = (f64::from(minutes) / f64::from(length) * 100.0).round() / 100.0;
    match days == 1.0 {
        true => format!("{hours} (1 day)"),
        false => format!("{hours} ({days} days)"),
    }
}

#[cfg(test)]
mod tests {
    use timeoff_ledger::Schedule;

    use super::in_days;

    #[test]
    fn days_are_said_where_all_working_days_are_alike() {
        let schedule = |text: &str| -> Schedule { text.parse().expect("a schedule") };
        let full = Schedule::default();
        assert_eq!(in_days(14_400, &full), "240 h (30 days)");
        assert_eq!(in_days(480, &full), "8 h (1 day)");
        assert_eq!(in_days(7_210, &full), "120 h 10 min (15.02 days)");
        let short = schedule("456 456 456 456 456 0 0");
        assert_eq!(in_days(456, &short), "7 h 36 min (1 day)");
        let uneven = schedule("480 480 480 480 240 0 0");
        assert_eq!(in_days(480, &uneven), "8 h");
    }
}
