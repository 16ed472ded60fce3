//! Reads services' output for the history.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;

use serde::Deserialize;
use timeoff_testkit::Ended;

use crate::checker::DEPARTMENTS;
use crate::history::{Answered, Decision, Heard, Lane, ManagerRun, ReaderRun};
use crate::seat::Past;
use crate::words::{CUT_SHORT, DECIDED_BY_OTHERS, GONE, PANICKED, UNKNOWN_FATE};

/// The most decisions that `auto` can have recorded without reporting them: those that it had in hand, and the batch
/// that it has decided since some of those were recorded.
const UNSAID: usize = 10_000 + 500;

/// A line of `submit`, a manager or `result-reader`; the fields that matter here.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Line {
    Answer {
        command_id: String,
        answer: String,
        partition: i32,
    },
    Decision {
        id: String,
        #[serde(default)]
        outcome: String,
        partition: i32,
        offset: i64,
    },
}

fn parsed(lines: &[String]) -> impl Iterator<Item = Line> {
    let parse = |line: &String| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    lines.iter().map(parse)
}

/// The decisions, or results, or positions, of lines of JSON.
pub(crate) fn decisions(lines: &[String]) -> Vec<Decision> {
    let decision = |line| match line {
        Line::Decision {
            id,
            outcome,
            partition,
            offset,
        } => Some(Decision {
            id,
            outcome,
            partition,
            offset,
        }),
        Line::Answer { .. } => None,
    };
    parsed(lines).filter_map(decision).collect()
}

/// The answers to commands of lines of JSON.
pub(crate) fn answers(lines: &[String]) -> Vec<Answered> {
    let answer = |line| match line {
        Line::Answer {
            command_id,
            answer,
            partition,
        } => Some(Answered {
            command_id,
            answer,
            partition,
        }),
        Line::Decision { .. } => None,
    };
    parsed(lines).filter_map(answer).collect()
}

/// What a run of a manager did.
pub(crate) fn manager_run(past: &Past) -> ManagerRun {
    ManagerRun {
        name: past.process.name.clone(),
        signs: past.signs.clone(),
        may_be_unsaid: may_be_unsaid(&past.process),
        started: past.started,
        ended: past.ended,
        decisions: decisions(&past.process.out),
        answers: answers(&past.process.out),
        log: past.process.err.lines().filter_map(heard).collect(),
        lost: lost(past.process.err.lines()),
    }
}

/// How many records were reported as lost, by partition: "HR: up to 7 applications …", "Partition 0: up to 7
/// results …".
pub(crate) fn lost<'a>(lines: impl IntoIterator<Item = &'a str>) -> BTreeMap<i32, usize> {
    let mut lost = BTreeMap::new();
    for line in lines {
        let Some((place, said)) = line.split_once(GONE) else {
            continue;
        };
        let place = place.rsplit(' ').next().unwrap_or_default();
        let named = DEPARTMENTS.iter().position(|name| *name == place);
        let partition = named.and_then(|index| i32::try_from(index).ok());
        let count = said
            .split(' ')
            .next()
            .and_then(|word| word.parse::<usize>().ok());
        if let (Some(partition), Some(count)) = (partition.or_else(|| place.parse().ok()), count) {
            *lost.entry(partition).or_default() += count;
        }
    }
    lost
}

/// The end of the line with which a subscription reports that it has lost its last partition.
const NOTHING_HELD: &str = "assignment.held=[]";

/// How often it was assigned partitions. Losing all of them is traced as an assignment as well, and is not counted.
fn shares(err: &str) -> usize {
    err.lines()
        .filter(|line| !line.ends_with(NOTHING_HELD))
        .filter(|line| heard(line) == Some(Heard::Share))
        .count()
}

/// What a run of the reader showed.
pub(crate) fn reader_run(past: &Past) -> ReaderRun {
    ReaderRun {
        shares: shares(&past.process.err),
        shown: decisions(&past.process.out),
        lost: lost(past.process.err.lines()),
    }
}

/// How many decisions a run may have recorded without reporting them. A run that was killed may have recorded its last
/// batches. For a run that failed, or says itself that it does not know, there is no limit. A run that ended in good
/// order has reported everything.
fn may_be_unsaid(process: &Ended) -> usize {
    if process.err.contains(UNKNOWN_FATE) || process.status.code() == Some(1) {
        return usize::MAX;
    }
    match process.status.code() {
        Some(0) if !process.err.contains(CUT_SHORT) => 0,
        _ => UNSAID,
    }
}

/// Reads a line of the log that [`TRACE`] asks for.
fn heard(line: &str) -> Option<Heard> {
    if line.contains(" TRACE ") && line.contains(": holds ") {
        return Some(Heard::Share);
    }
    let (_, fields) = line.split_once(": handed out ")?;
    let field = |name: &str| {
        let mut fields = fields.split(' ');
        fields.find_map(|field| field.strip_prefix(name))
    };
    // The bench names its topics so.
    let lane = match field("log.topic=")?.ends_with("-commands") {
        true => Lane::Commands,
        false => Lane::Applications,
    };
    Some(Heard::HandedOut((
        lane,
        field("log.partition=")?.parse().ok()?,
        field("log.offset=")?.parse().ok()?,
    )))
}

/// The log filter under which services report what they are handed.
pub(crate) const TRACE: &str = "warn,librdkafka=error,timeoff_log::subscription=trace";

/// How many decisions were reported as refused because they were late, and how many as of unknown fate.
pub(crate) fn told(text: &str) -> (usize, usize) {
    let count = |words: &str| -> usize {
        let lines = text.lines().filter(|line| line.contains(words));
        let numbers =
            lines.filter_map(|line| line.split(' ').find_map(|word| word.parse::<usize>().ok()));
        numbers.sum::<usize>()
    };
    (count(DECIDED_BY_OTHERS), count(UNKNOWN_FATE))
}

/// What is wrong with the way a process ended, if anything is. It may be killed, and it may give up with a message.
pub(crate) fn crash(process: &Ended) -> Option<String> {
    let is_told = match (process.status.code(), process.status.signal()) {
        (Some(0), _) | (_, Some(9 | 15)) => true,
        (Some(1), _) => process.err.contains("error: "),
        _ => false,
    };
    if is_told && !process.err.contains(PANICKED) {
        return None;
    }
    Some(last_words(process))
}

/// What is wrong with a process that follows the log and has ended unasked, if anything is. Once it has begun, nothing
/// that happens to the log is a reason to end.
pub(crate) fn desertion(process: &Ended) -> Option<String> {
    let has_begun = process.err.lines().any(|line| heard(line).is_some());
    let has_given_up = process.status.code() == Some(1) && !has_begun;
    (!has_given_up && process.status.signal().is_none()).then(|| last_words(process))
}

/// How a process ended, and the end of its output.
pub(crate) fn last_words(process: &Ended) -> String {
    let said: Vec<&str> = process
        .err
        .lines()
        .filter(|line| !line.contains(" TRACE "))
        .collect();
    let said = said[said.len().saturating_sub(20)..].join("\n");
    format!(
        "{} ended with {}; it said:\n{said}",
        process.name, process.status
    )
}

#[cfg(test)]
mod tests {
    use super::{BTreeMap, Heard, Lane, heard, lost, shares};

    #[test]
    fn what_is_handed_out_is_read_from_the_log() {
        let prefix = "2026-01-01T00:00:00.000001Z TRACE timeoff_log::subscription:";
        let line = format!("{prefix} handed out log.topic=a log.partition=2 log.offset=17");
        let out = Heard::HandedOut((Lane::Applications, 2, 17));
        assert_eq!(heard(&line), Some(out));
        let line = line.replace("=a ", "=a-commands ");
        let out = Heard::HandedOut((Lane::Commands, 2, 17));
        assert_eq!(heard(&line), Some(out));
        assert_eq!(
            heard(&format!("{prefix} holds assignment.held=[0, 2]")),
            Some(Heard::Share)
        );
        assert_eq!(heard("You hold IT."), None);
    }

    #[test]
    fn a_share_that_is_lost_is_not_given() {
        let held = ["[0, 1, 2]", "[]", "[0, 1, 2]", "[]"];
        let prefix = "2026-01-01T00:00:00.000001Z TRACE timeoff_log::subscription:";
        let err: String = held
            .map(|held| format!("{prefix} holds assignment.held={held}\n"))
            .concat();
        assert_eq!(shares(&err), 2);
    }

    #[test]
    fn what_is_gone_is_read_from_what_managers_and_readers_say() {
        let said = [
            "IT: up to 12 applications were lost to the topic's retention before anyone decided them; going on",
            "IT: up to 1 application is no longer on the topic, and this group has decided none there; going on",
            "Partition 2: up to 3 results were lost to the topic's retention before this group read them.",
            "You hold HR, IT and OPS.",
        ];
        assert_eq!(lost(said), BTreeMap::from([(1, 13), (2, 3)]));
    }
}
