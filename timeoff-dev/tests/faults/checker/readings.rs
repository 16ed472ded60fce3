//! Whether the readers were shown what is there.

use std::collections::{BTreeMap, BTreeSet};

use super::{ById, is_on_the_log, unsaid_losses};
use crate::history::History;

/// The group of readers must have shown every result and nothing else, each run in the order of the log.
pub(super) fn wrong(history: &History, results: &ById<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut shown = BTreeSet::new();
    for run in &history.readers {
        let mut again = 0;
        let mut last: BTreeMap<i32, i64> = BTreeMap::new();
        for line in &run.shown {
            if !is_on_the_log(line, results) {
                found.push(format!("a reader showed {line:?}, which is not there"));
            }
            // A partition that was lost and assigned again begins at the group's progress.
            let is_new = shown.insert(line.id.clone());
            let before = last.insert(line.partition, line.offset);
            if is_new && before.is_some_and(|before| before >= line.offset) {
                found.push(format!("a reader showed {line:?} out of order"));
            }
            again += usize::from(!is_new);
        }
        // The members that had them before may have shown what they had in hand without marking it.
        if again > run.shares * history.unmarked {
            found.push(format!(
                "a reader with {} shares showed {again} results again",
                run.shares
            ));
        }
    }
    let mut gone = Vec::new();
    for (id, copies) in results.iter().filter(|(id, _)| !shown.contains(*id)) {
        match copies[0].is_deleted(&history.scan.results_begin) {
            true => gone.push(copies[0]),
            false => found.push(format!("no reader was shown the result of {id}")),
        }
    }
    let said = history.readers.iter().map(|run| &run.lost);
    found.extend(unsaid_losses("results", &gone, said));
    found
}
