//! Whether what managers were handed was theirs to decide.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::ById;
use crate::history::{Heard, History, Lane, ManagerRun, Place};
use crate::raw::RawRecord;

/// Within an assignment, applications must be offered in the order in which they were queued, and so must commands. None
/// may be offered that was settled before the manager even started.
pub(super) fn wrong(
    history: &History,
    applications: &ById<'_>,
    settled: &BTreeMap<Place, Instant>,
) -> Vec<String> {
    let mut settled = settled.clone();
    let mut found = Vec::new();
    for run in &history.managers {
        let offered: BTreeSet<Place> = run.log.iter().filter_map(Heard::place).collect();
        let decided = run
            .decisions
            .iter()
            .filter_map(|decision| applications.get(&decision.id));
        for application in decided.map(|copies| of_application(copies[0])) {
            if !offered.contains(&application) {
                found.push(format!(
                    "{} decided {application:?} and was never offered it",
                    run.name
                ));
            }
        }
        for decision in &run.decisions {
            if let Some(application) = applications.get(&decision.id) {
                let known = settled
                    .entry(of_application(application[0]))
                    .or_insert(run.ended);
                *known = run.ended.min(*known);
            }
        }
    }
    let wrong = |run| wrong_offers_to(run, &settled);
    found.extend(history.managers.iter().flat_map(wrong));
    found
}

fn wrong_offers_to(run: &ManagerRun, settled: &BTreeMap<Place, Instant>) -> Vec<String> {
    let mut found = Vec::new();
    let mut last: BTreeMap<(Lane, i32), i64> = BTreeMap::new();
    for heard in &run.log {
        let Heard::HandedOut(place) = *heard else {
            last.clear();
            continue;
        };
        let (name, (lane, partition, offset)) = (&run.name, place);
        if last
            .insert((lane, partition), offset)
            .is_some_and(|last| last >= offset)
        {
            found.push(format!("{name} was offered {place:?} out of turn"));
        }
        if settled
            .get(&place)
            .is_some_and(|&known| known < run.started)
        {
            found.push(format!(
                "{name} was offered {place:?}, which was settled before it started"
            ));
        }
    }
    found
}

fn of_application(record: &RawRecord) -> Place {
    (Lane::Applications, record.partition, record.offset)
}
