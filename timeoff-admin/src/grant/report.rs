//! What has been granted, or would be, person by person.

use std::io::{self, Write};

use timeoff_cli::{Field, OutputFormat, counted, escaped, write_json_line};
use timeoff_ledger::{GrantByPolicy, hours};

use super::by_policy::{Plan, Planned};
use crate::fate::Fate;
use crate::office::Errand;

/// What is done about an entitlement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Granted,
    Corrected,
    TakenBack,
    Unchanged,
}

impl Change {
    fn of(grant: &GrantByPolicy) -> Change {
        match (&grant.held, grant.entitlement.minutes) {
            _ if grant.is_held() => Change::Unchanged,
            (None, _) => Change::Granted,
            (Some(_), 0) => Change::TakenBack,
            (Some(_), _) => Change::Corrected,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Change::Granted => "granted",
            Change::Corrected => "corrected",
            Change::TakenBack => "taken_back",
            Change::Unchanged => "unchanged",
        }
    }
}

/// The people, and what is granted to them.
pub(super) struct Report<'a> {
    pub(super) plans: &'a [Plan],
    pub(super) year: u16,
    pub(super) is_dry_run: bool,
}

impl Report<'_> {
    /// Prints it on standard output, and says how many entitlements are refused.
    ///
    /// # Errors
    ///
    /// If it cannot be printed.
    pub(super) fn print(
        &self,
        output: OutputFormat,
        fate: impl Fn(&Errand) -> Fate,
    ) -> anyhow::Result<u64> {
        let mut out = timeoff_cli::stdout();
        let mut refused = 0;
        let mut is_whole = true;
        for plan in self.plans {
            let mut parts = Vec::new();
            for planned in &plan.grants {
                let fate = planned.errand.as_ref().map(&fate);
                refused += u64::from(fate.as_ref().is_some_and(|fate| fate.reason().is_some()));
                is_whole &= !matches!(
                    fate,
                    Some(Fate::Refused(_) | Fate::Foreseen(_) | Fate::Unanswered)
                );
                match output {
                    OutputFormat::Json => write_json(&mut out, plan, planned, fate.as_ref())?,
                    OutputFormat::Text => parts.extend(text(&planned.grant, fate.as_ref())),
                }
            }
            if plan.grants.is_empty() && output == OutputFormat::Text {
                parts.push(format!("the policy grants nothing for {}", self.year));
            }
            if !parts.is_empty() {
                writeln!(out, "{}:", plan.email)?;
                for part in parts {
                    writeln!(out, "  {part}")?;
                }
            }
        }
        // Where something was refused or has no answer, the error says more.
        if output == OutputFormat::Text && is_whole {
            writeln!(out, "{}", self.summary())?;
        }
        out.flush()?;
        Ok(refused)
    }

    /// How many entitlements are new, corrected, and as they were.
    fn summary(&self) -> String {
        let count = |change| {
            let grants = self.plans.iter().flat_map(|plan| &plan.grants);
            let same = grants.filter(|planned| Change::of(&planned.grant) == change);
            same.count() as u64
        };
        let people = counted(self.plans.len() as u64, "person", "people");
        let (granted, corrected) = (count(Change::Granted), count(Change::Corrected));
        let (taken_back, unchanged) = (count(Change::TakenBack), count(Change::Unchanged));
        if granted + corrected + taken_back == 0 {
            return format!("Nothing differs: {people} for {}.", self.year);
        }
        let would = if self.is_dry_run { "would be " } else { "" };
        let taken_back = match taken_back {
            0 => String::new(),
            count => format!(", {count} {would}taken back"),
        };
        format!(
            "{people} for {}: {} {would}granted, {corrected} {would}corrected{taken_back}, {unchanged} unchanged.",
            self.year,
            counted(granted, "entitlement", "entitlements")
        )
    }
}

/// A line about an entitlement; none for one that is as it was.
fn text(grant: &GrantByPolicy, fate: Option<&Fate>) -> Option<String> {
    let one = &grant.entitlement;
    let amount = match &grant.held {
        Some(held) if held.minutes != one.minutes => {
            format!("{} -> {}", hours(held.minutes), hours(one.minutes))
        }
        _ => hours(one.minutes),
    };
    let period = format!("{} to {}", one.from, one.until);
    let period = match &grant.held {
        Some(held) if (held.from, held.until) != (one.from, one.until) => {
            format!("{} to {} -> {period}", held.from, held.until)
        }
        _ => period,
    };
    let said = format!("{} {amount}, {period}", one.leave_type);
    let change = match Change::of(grant) {
        Change::Granted => "granted",
        Change::Corrected => "corrected",
        Change::TakenBack => "taken back",
        Change::Unchanged => return None,
    };
    Some(match fate? {
        Fate::Accepted => format!("{said}: {change}"),
        Fate::Planned => format!("{said}: would be {change}"),
        Fate::Unanswered => format!("{said}: no answer yet"),
        Fate::Foreseen(reason) => {
            format!(
                "{said}: not {change}, would be refused: {}",
                escaped(reason)
            )
        }
        Fate::Refused(reason) => format!("{said}: refused: {}", escaped(reason)),
    })
}

fn write_json(
    out: &mut impl Write,
    plan: &Plan,
    planned: &Planned,
    fate: Option<&Fate>,
) -> io::Result<()> {
    let one = &planned.grant.entitlement;
    let (person, id) = (one.person.to_string(), one.id.to_string());
    let (from, until) = (one.from.to_string(), one.until.to_string());
    let is_sent = fate.is_some_and(Fate::is_sent);
    let command = planned.errand.as_ref().filter(|_| is_sent);
    let command = command.map(|errand| errand.id().to_string());
    let before = planned
        .grant
        .held
        .as_ref()
        .map(|held| i64::from(held.minutes));
    write_json_line(
        out,
        &[
            ("email", plan.email.as_str().into()),
            ("person_id", person.as_str().into()),
            ("department", plan.department.as_str().into()),
            ("command_id", command.as_deref().into()),
            ("entitlement_id", id.as_str().into()),
            ("leave_type", one.leave_type.as_str().into()),
            ("minutes", Field::from(i64::from(one.minutes))),
            ("minutes_before", before.into()),
            ("first_day", from.as_str().into()),
            ("last_day", until.as_str().into()),
            ("change", Change::of(&planned.grant).as_str().into()),
            ("answer", fate.map(Fate::as_str).into()),
            ("reason", fate.and_then(Fate::reason).into()),
        ],
    )
}
