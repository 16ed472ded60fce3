//! Dead letters as the commands show them, and checks on them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::Command;

use serde::Deserialize;
use timeoff_log::{Position, Record};
use timeoff_testkit::{Bench, Ended};

use crate::applications::parse;
use crate::garbage::{AFTER, BEFORE, Fate, Written};
use crate::raw_log::RawLog;

/// A line of `dead-letters list --output json`.
#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Listed {
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) since: String,
    pub(crate) id: Option<String>,
    pub(crate) from_topic: Option<String>,
    pub(crate) from_partition: Option<i32>,
    pub(crate) from_offset: Option<i64>,
    pub(crate) reason: String,
}

/// A line of `dead-letters retry --output json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutBack {
    pub(crate) id: String,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) from_topic: String,
    pub(crate) from_partition: i32,
    pub(crate) from_offset: i64,
}

impl Listed {
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.partition, self.offset)
    }
}

/// Lists the dead letters, and checks the number that the command reports.
pub(crate) fn list(bench: &Bench) -> Vec<Listed> {
    list_among(bench, BEFORE)
}

/// As [`list`], with these departments.
pub(crate) fn list_among(bench: &Bench, departments: &str) -> Vec<Listed> {
    let ended = list_command(bench, departments).done();
    let told = match ended.out.len() {
        0 => "No dead letter waits.".to_owned(),
        1 => "1 dead letter waits.".to_owned(),
        count => format!("{count} dead letters wait."),
    };
    let mut letters: Vec<Listed> = parse(&ended.said(&[&told]).out);
    let mut last = BTreeMap::new();
    for letter in &letters {
        assert_eq!(letter.topic, letters[0].topic);
        let before = last.insert(letter.partition, letter.offset);
        assert!(before < Some(letter.offset), "{letter:?} after {before:?}");
    }
    letters.sort_by_key(|letter| (letter.partition, letter.offset));
    letters
}

pub(crate) fn list_command(bench: &Bench, departments: &str) -> Ended {
    let arguments = ["dead-letters", "list", "--output", "json"];
    let options = ["--departments", departments];
    bench.run("manager-service", &[&arguments[..], &options].concat())
}

pub(crate) fn retry(bench: &Bench, departments: &str, places: &[&str]) -> Ended {
    let arguments = ["dead-letters", "retry", "--output", "json"];
    let options = ["--departments", departments];
    let arguments = [&arguments[..], &options, places].concat();
    bench.run("manager-service", &arguments)
}

pub(crate) fn retry_command(bench: &Bench) -> Command {
    let arguments = ["dead-letters", "retry", "--output", "json"];
    let options = ["--departments", AFTER];
    bench.command("manager-service", &[&arguments[..], &options].concat())
}

pub(crate) fn put_back(ended: Ended) -> Vec<PutBack> {
    parse(&ended.out)
}

/// Checks that every bad record has one letter, with its position, its id where that can be read, and its reason.
pub(crate) fn assert_all_bad_ones_are_listed(
    bench: &Bench,
    written: &[Written],
    positions: &[Position],
    letters: &[Listed],
) {
    let mut by_place: HashMap<_, &Listed> = HashMap::new();
    for letter in letters {
        assert_eq!(letter.topic, bench.dead_letters);
        assert_eq!(letter.from_topic.as_ref(), Some(&bench.applications));
        let place = (letter.from_partition, letter.from_offset);
        assert!(
            by_place.insert(place, letter).is_none(),
            "twice: {letter:?}"
        );
        assert!(letter.since.starts_with("20") && letter.since.ends_with('Z'));
    }
    for (written, position) in written.iter().zip(positions) {
        let place = (Some(position.partition), Some(position.offset));
        let letter = by_place.remove(&place);
        let (id, reason) = match &written.fate {
            Fate::Decided(id) => {
                assert!(letter.is_none(), "{id} is good");
                continue;
            }
            Fate::Poison { reason, id } => (id.clone(), *reason),
            Fate::UnderstoodLater(id) => (Some(id.clone()), "EmpDepartment"),
        };
        let letter = letter.unwrap_or_else(|| panic!("no letter of {position}: {reason}"));
        assert_eq!(letter.id, id, "{letter:?}");
        assert!(letter.reason.contains(reason), "{reason}: {letter:?}");
    }
    assert!(by_place.is_empty(), "{by_place:?}");
}

/// Checks that exactly the meant records were put back, byte for byte, each in the partition where it stood.
pub(crate) fn assert_are_the_records_that_they_were(
    bench: &Bench,
    raw: &RawLog,
    meant: &[&Listed],
    put_back: &[PutBack],
) {
    let records = raw.read_all(&bench.applications);
    let places: BTreeSet<_> = meant.iter().map(|letter| letter.place()).collect();
    let told: BTreeSet<_> = put_back
        .iter()
        .map(|put_back| format!("{}:{}", put_back.from_partition, put_back.from_offset))
        .collect();
    assert_eq!((put_back.len(), told), (meant.len(), places));
    for put_back in put_back {
        assert_eq!(put_back.topic, bench.applications);
        assert_eq!(put_back.from_topic, bench.dead_letters);
        let letter = meant
            .iter()
            .find(|letter| letter.id.as_ref() == Some(&put_back.id))
            .unwrap();
        assert_eq!(letter.from_partition, Some(put_back.partition));
        let stood = &records[&(put_back.partition, letter.from_offset.unwrap())];
        let stands = &records[&(put_back.partition, put_back.offset)];
        let bytes = |record: &Record| {
            let Record {
                key,
                value,
                headers,
                ..
            } = record.clone();
            (key, value, headers)
        };
        assert!(!stood.headers.is_empty(), "a header to be kept");
        assert_eq!(bytes(stands), bytes(stood));
    }
}
