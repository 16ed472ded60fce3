//! Whether a history keeps the promises. Pure: a history goes in, what is wrong with it comes out.
//!
//! It runs when no work is under way: by then every application on the log must have been decided, and every command
//! answered.

mod answers;
mod fates;
mod ledger;
mod offers;
mod office;
mod readings;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::history::{Decision, History, Lane, Place};
use crate::raw::{RawRecord, by_id, request, split, verdict};

use self::ledger::Ledgers;

/// Every manager approves up to this many hours and declines more.
pub(crate) const APPROVED_UP_TO: i64 = 16;

/// The name of a manager who decides by hand. Their comment names the employee.
pub(crate) const BY_HAND: &str = "By Hand";

/// The prefix of the names of managers that decide by a policy and sign for it.
pub(crate) const SIGNED: &str = "Policy ";

/// In the order of their partitions.
pub(crate) const DEPARTMENTS: [&str; 3] = ["HR", "IT", "OPS"];

/// 2027-07-01 in ticks: 740,162 days of 86,400 s after 0001-01-01, ten million ticks each.
const START: i64 = 740_162 * 86_400 * 10_000_000;

/// What is wrong with a history, a sentence for each violation. `settled` has the applications that were seen to be
/// decided and the commands that were seen to be answered, and by when.
pub(crate) fn violations(history: &History, settled: &BTreeMap<Place, Instant>) -> Vec<String> {
    let applications = by_id(&history.scan.applications);
    let results = by_id(&history.scan.results);
    let mut found = history.wrong_ends.clone();
    found.extend(violations_on_the_log(history));
    found.extend(unsaid_decisions(history));
    found.extend(offers::wrong(history, &applications, settled));
    found.extend(readings::wrong(history, &results));
    found
}

/// What is wrong with the log itself, given what was acknowledged.
pub(crate) fn violations_on_the_log(history: &History) -> Vec<String> {
    let applications = by_id(&history.scan.applications);
    let results = by_id(&history.scan.results);
    let mut found = missing(history);
    if history.scan.dead_letters > 0 {
        let count = history.scan.dead_letters;
        found.push(format!(
            "{count} dead letters, and nothing was wrong with any record"
        ));
    }
    found.extend(wrong_applications(history));
    found.extend(lost_or_doubled_results(history, &applications, &results));
    let ledgers = Ledgers::of(&history.scan);
    found.extend(wrong_results(&applications, &results, &ledgers));
    found.extend(answers::lost_or_doubled(history, &ledgers));
    found.extend(office::wrong_events(&history.scan, &ledgers));
    found.extend(fates::wrong(&history.scan, &ledgers));
    found
}

/// What was acknowledged and is not on the log exactly once. May be called at any time.
pub(crate) fn missing(history: &History) -> Vec<String> {
    let mut found = lost_or_doubled_applications(history, &by_id(&history.scan.applications));
    found.extend(untrue_decisions(history, &by_id(&history.scan.results)));
    found.extend(answers::untrue(history, &Ledgers::of(&history.scan)));
    found
}

/// How many commands there were, and how they were answered.
pub(crate) fn answers_in_figures(history: &History) -> String {
    answers::in_figures(&history.scan, &Ledgers::of(&history.scan))
}

/// The positions of the applications that have a result, and of the commands that have an answer.
pub(crate) fn settled(history: &History) -> BTreeSet<Place> {
    let results = by_id(&history.scan.results);
    let applications = history.scan.applications.iter();
    let decided = applications.filter(|application| results.contains_key(&application.id()));
    let of = |lane| move |record: &RawRecord| (lane, record.partition, record.offset);
    let ledgers = Ledgers::of(&history.scan);
    let answered = history.scan.commands.iter();
    let answered = answered.filter(|command| ledgers.have_answered(command));
    decided
        .map(of(Lane::Applications))
        .chain(answered.map(of(Lane::Commands)))
        .collect()
}

fn place(record: &RawRecord) -> (i32, i64) {
    (record.partition, record.offset)
}

type ById<'a> = BTreeMap<String, Vec<&'a RawRecord>>;

fn lost_or_doubled_applications(history: &History, applications: &ById<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (id, copies) in applications {
        if copies.len() > 1 {
            found.push(format!("{id} is queued {} times", copies.len()));
        }
    }
    for said in &history.submitted {
        let is_there = applications.get(&said.id).is_some_and(|copies| {
            copies
                .iter()
                .any(|copy| place(copy) == (said.partition, said.offset))
        });
        if !is_there {
            found.push(format!("{said:?} was acknowledged and is not there"));
        }
    }
    let mut by_email: BTreeMap<String, Vec<(i32, i64)>> = BTreeMap::new();
    for application in &history.scan.applications {
        let email = request(application.avro()).email;
        by_email.entry(email).or_default().push(place(application));
    }
    for file in &history.imported {
        let mut last: BTreeMap<i32, i64> = BTreeMap::new();
        for (row, email) in file.emails.iter().enumerate() {
            match by_email.get(email).map(Vec::as_slice) {
                None if row < file.acknowledged => {
                    found.push(format!(
                        "row {row} ({email}) was acknowledged and is not there"
                    ));
                }
                None => {}
                Some(&[(partition, offset)]) => {
                    let before = last.insert(partition, offset);
                    if before.is_some_and(|before| before >= offset) {
                        found.push(format!("row {row} ({email}) overtook one before it"));
                    }
                }
                Some(places) => found.push(format!("row {row} ({email}) is queued at {places:?}")),
            }
        }
    }
    found
}

/// Everything queued must have been asked for in just that way, and only once: an employee uses an address once.
fn wrong_applications(history: &History) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for application in &history.scan.applications {
        let request = request(application.avro());
        let asked = history.asked.get(&request.email);
        let is_right = asked.is_some_and(|asked| {
            let partition = DEPARTMENTS
                .iter()
                .position(|name| *name == asked.department);
            request.department == asked.department
                && request.hours == i64::from(asked.hours)
                && request.start == START
                && usize::try_from(application.partition).ok() == partition
        });
        if !is_right {
            found.push(format!(
                "{request:?} is queued at {:?}, and {asked:?} was asked for",
                place(application)
            ));
        }
        if !seen.insert(request.email.clone()) {
            found.push(format!("{} is queued more than once", request.email));
        }
    }
    found
}

fn lost_or_doubled_results(
    history: &History,
    applications: &ById<'_>,
    results: &ById<'_>,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut gone = Vec::new();
    for (id, copies) in applications {
        match results.get(id).map_or(0, Vec::len) {
            1 => {}
            0 if copies[0].is_deleted(&history.scan.applications_begin) => gone.push(copies[0]),
            0 => found.push(format!("{id} has no result")),
            count => found.push(format!("{id} has {count} results")),
        }
    }
    let said = history.managers.iter().map(|run| &run.lost);
    let said = said.chain(&history.lost_by_hand);
    found.extend(unsaid_losses("applications", &gone, said));
    for id in results.keys().filter(|id| !applications.contains_key(*id)) {
        found.push(format!("{id} has a result and was never queued"));
    }
    found
}

/// Everything that was deleted before anybody had it must be reported as lost. Reports say "up to", so they may count
/// too many.
fn unsaid_losses<'a>(
    what: &str,
    gone: &[&RawRecord],
    said: impl Iterator<Item = &'a BTreeMap<i32, usize>>,
) -> Vec<String> {
    let mut unsaid: BTreeMap<i32, isize> = BTreeMap::new();
    for record in gone {
        *unsaid.entry(record.partition).or_default() += 1;
    }
    for (partition, count) in said.flatten() {
        if let Some(unsaid) = unsaid.get_mut(partition) {
            *unsaid -= *count as isize;
        }
    }
    unsaid
        .into_iter()
        .filter(|(_, unsaid)| *unsaid > 0)
        .map(|(partition, unsaid)| {
            format!(
                "{unsaid} {what} of partition {partition} were deleted, and nobody has said that they are lost"
            )
        })
        .collect()
}

/// Results must repeat their applications. Unless a command has asked for something else, they follow the policy.
fn wrong_results(applications: &ById<'_>, results: &ById<'_>, ledgers: &Ledgers) -> Vec<String> {
    let pairs = results
        .iter()
        .filter_map(|(id, results)| Some((id, applications.get(id)?.first()?, results)));
    let mut found = Vec::new();
    for (id, application, results) in pairs {
        for result in results {
            let (request, later) = split(application.avro());
            let four_fields = application.avro().strip_suffix(later).unwrap_or_default();
            let Some(added) = result.avro().strip_prefix(four_fields) else {
                found.push(format!(
                    "the result of {id} does not repeat its application"
                ));
                continue;
            };
            if ledgers.has_decided_by_command(id) {
                continue;
            }
            let verdict = verdict(added);
            let right = match request.hours {
                ..=APPROVED_UP_TO => "Approved:",
                _ => "Declined:",
            };
            let is_right = verdict.sentence.starts_with(right)
                && result.partition == application.partition
                && match &*verdict.by {
                    BY_HAND => verdict.comment == Some(request.email),
                    by => {
                        let has_signed = by.starts_with(SIGNED)
                            || by == format!("Manager #{}", result.partition);
                        has_signed && verdict.comment.is_none()
                    }
                };
            if !is_right {
                found.push(format!(
                    "the result of {id} is wrong: {verdict:?} for {} hours",
                    request.hours
                ));
            }
        }
    }
    found
}

/// What managers reported as recorded must be on the log at that position, and must have been reported once.
fn untrue_decisions(history: &History, results: &ById<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut said = BTreeSet::new();
    for run in &history.managers {
        for decision in &run.decisions {
            if !said.insert(decision) {
                found.push(format!("{decision:?} was said twice"));
            }
            if !is_on_the_log(decision, results) {
                found.push(format!(
                    "{} said {decision:?}, which is not there",
                    run.name
                ));
            }
        }
    }
    found
}

/// A manager must have reported everything that is on the log under its name, except what its end may have cut off.
fn unsaid_decisions(history: &History) -> Vec<String> {
    let mut by_name: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for result in &history.scan.results {
        let (_, added) = split(result.avro());
        let by = verdict(added).by;
        if by.starts_with(SIGNED) {
            by_name.entry(by).or_default().insert(result.id());
        }
    }
    let mut found = Vec::new();
    for run in &history.managers {
        let recorded = run.signs.as_ref().and_then(|name| by_name.remove(name));
        let mut unsaid = recorded.unwrap_or_default();
        for decision in &run.decisions {
            unsaid.remove(&decision.id);
        }
        if unsaid.len() > run.may_be_unsaid {
            found.push(format!(
                "{:?} recorded {} decisions and did not say so: {:?}",
                run.signs,
                unsaid.len(),
                unsaid.first()
            ));
        }
    }
    for name in by_name.keys() {
        found.push(format!("'{name}' has decided and was never at work"));
    }
    found
}

fn is_on_the_log(decision: &Decision, results: &ById<'_>) -> bool {
    results.get(&decision.id).is_some_and(|results| {
        results
            .iter()
            .any(|result| place(result) == (decision.partition, decision.offset))
    })
}

#[cfg(test)]
mod tests;
