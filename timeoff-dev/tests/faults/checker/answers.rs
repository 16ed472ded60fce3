//! Whether every command has its answer, and only one.

use std::collections::BTreeSet;

use super::ledger::Ledgers;
use crate::happened::{Event, Fate, Happened};
use crate::history::{Answered, History};
use crate::raw::Scan;

/// Every command on the log must have exactly one answer, on the ledger of its department, however often it was sent.
/// Every answer must be to such a command, and every command must have been sent as it is there.
pub(super) fn lost_or_doubled(history: &History, ledgers: &Ledgers) -> Vec<String> {
    let mut found = ledgers.strange.clone();
    for ((partition, id), command) in &ledgers.commands {
        let key = (*partition, id.clone());
        match ledgers.answers.get(&key) {
            Some(1) => {}
            None => found.push(format!("{command:?} has no answer")),
            Some(count) => found.push(format!("{command:?} was answered {count} times")),
        }
        if history.wanted.get(id) != Some(command) {
            found.push(format!("nobody has asked for {command:?}"));
        }
    }
    let strange = ledgers.answers.keys();
    let strange = strange.filter(|key| !ledgers.commands.contains_key(*key));
    found.extend(strange.map(|key| format!("{key:?} is answered and was never asked")));
    found
}

/// Commands that were acknowledged must be on the log at that position. Answers that managers reported as recorded must
/// be on the ledger, and must have been reported once.
pub(super) fn untrue(history: &History, ledgers: &Ledgers) -> Vec<String> {
    let on_the_log: BTreeSet<(i32, i64, String)> = history
        .scan
        .commands
        .iter()
        .map(|record| (record.partition, record.offset, record.first_text()))
        .collect();
    let mut found = Vec::new();
    for queued in &history.queued {
        let place = (queued.partition, queued.offset, queued.command_id.clone());
        if !on_the_log.contains(&place) {
            found.push(format!("{queued:?} was acknowledged and is not there"));
        }
    }
    let on_the_ledger: BTreeSet<(i32, &str, bool)> = ledgers
        .all_events()
        .filter_map(|(partition, event)| {
            Some((partition, event.command_id.as_deref()?, is_refusal(event)))
        })
        .collect();
    let mut said = BTreeSet::new();
    for run in &history.managers {
        for answered in &run.answers {
            let Answered {
                command_id,
                answer,
                partition,
            } = answered;
            let is_there =
                |is_refused| on_the_ledger.contains(&(*partition, command_id, is_refused));
            let is_true = match &**answer {
                "accepted" => is_there(false),
                "refused" => is_there(true),
                // One copy after another may be answered so.
                _ => is_there(false) || is_there(true),
            };
            if !is_true {
                found.push(format!(
                    "{} said {answered:?}, which is not there",
                    run.name
                ));
            }
            if answer != "repeated" && !said.insert((*partition, command_id)) {
                found.push(format!("{answered:?} was said twice"));
            }
        }
    }
    found
}

/// How many commands there were, and how they were answered.
pub(super) fn in_figures(scan: &Scan, ledgers: &Ledgers) -> String {
    let answers: Vec<&Happened> = ledgers
        .all_events()
        .map(|(_, event)| event)
        .filter(|event| event.command_id.is_some())
        .collect();
    let refused = answers.iter().filter(|event| is_refusal(event)).count();
    let count = |wanted| {
        let is_it = |event: &&&Happened| matches!(event.what, Event::Decided { fate, .. } if (fate == Fate::Withdrawn) == wanted);
        answers.iter().filter(is_it).count()
    };
    format!(
        "{} commands, sent {} times: {} applications decided, {} withdrawn, {refused} refused",
        ledgers.commands.len(),
        scan.commands.len(),
        count(false),
        count(true)
    )
}

fn is_refusal(event: &Happened) -> bool {
    event.what == Event::Refused
}
