//! Whether ledgers and results agree.

use std::collections::BTreeMap;

use super::SIGNED;
use super::ledger::Ledgers;
use crate::happened::{Event, Fate, Happened, WITHDRAWN};
use crate::raw::{RawRecord, Scan, by_id, split, verdict};
use crate::wanted::What;

/// Each decision on a ledger must have exactly one result, which says the same. From the moment when people were entered,
/// each result must have exactly one such event.
pub(super) fn wrong(scan: &Scan, ledgers: &Ledgers) -> Vec<String> {
    let results = by_id(&scan.results);
    let mut found = Vec::new();
    let mut decided: BTreeMap<&str, (i32, &Happened)> = BTreeMap::new();
    for (partition, event) in ledgers.all_events() {
        let Event::Decided { application, .. } = &event.what else {
            continue;
        };
        if decided.insert(application, (partition, event)).is_some() {
            found.push(format!("{application} was decided twice: {event:?}"));
        }
        match results.get(application).map(Vec::as_slice) {
            Some([result]) if agrees(result, partition, event, ledgers) => {}
            Some([result]) => {
                let verdict = verdict(split(result.avro()).1);
                found.push(format!("{event:?} has another result: {verdict:?}"));
            }
            None => found.push(format!("{event:?} has no result")),
            // That there is more than one is found elsewhere.
            Some(_) => {}
        }
    }
    let mut since: BTreeMap<i32, i64> = BTreeMap::new();
    for result in &scan.results {
        let (id, sentence) = (result.id(), verdict(split(result.avro()).1).sentence);
        match decided.get(&*id) {
            // An employee can withdraw where nobody has been entered.
            Some((_, event)) if is_withdrawn(event) => {}
            Some(_) => {
                since.entry(result.partition).or_insert(result.offset);
            }
            None if sentence == WITHDRAWN => {
                found.push(format!("{id} is withdrawn, and the ledger does not say so"));
            }
            None if since.contains_key(&result.partition) => found.push(format!(
                "the result of {id} at {:?} is not on the ledger, and earlier ones are",
                (result.partition, result.offset)
            )),
            None => {}
        }
    }
    found
}

fn is_withdrawn(event: &Happened) -> bool {
    matches!(
        event.what,
        Event::Decided {
            fate: Fate::Withdrawn,
            ..
        }
    )
}

/// Whether a result says what the ledger says: the outcome, who decided, and the comment of the command.
fn agrees(result: &RawRecord, partition: i32, event: &Happened, ledgers: &Ledgers) -> bool {
    let Event::Decided { fate, policy, .. } = &event.what else {
        return false;
    };
    let said = verdict(split(result.avro()).1);
    let is_fate = said.sentence.starts_with(fate.sentence())
        && (*fate == Fate::Withdrawn) == (said.sentence == WITHDRAWN);
    let by_policy = said.by.starts_with(SIGNED) || said.by == format!("Manager #{partition}");
    let is_by = match ledgers.name_of(partition, event.by.as_deref()) {
        Some(name) => policy.is_none() && said.by == name,
        None if *fate == Fate::Withdrawn => said.by == "The employee",
        None => policy.is_some() && by_policy,
    };
    let command = event.command_id.clone();
    let command = command.and_then(|id| ledgers.commands.get(&(partition, id)));
    let is_comment = match command.map(|command| &command.what) {
        Some(What::Decide { comment, .. }) => said.comment == *comment,
        Some(_) => said.comment.is_none(),
        None => true,
    };
    result.partition == partition && is_fate && is_by && is_comment
}
