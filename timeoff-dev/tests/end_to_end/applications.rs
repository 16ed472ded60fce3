//! Generated applications, and what must become of them.

use std::collections::HashSet;
use std::fmt::Write;
use std::ops::Range;
use std::path::PathBuf;

use serde::Deserialize;
use timeoff_testkit::Bench;

const DEPARTMENTS: [&str; 3] = ["HR", "IT", "OPS"];
const APPROVED_UP_TO: u32 = 16;

/// A line of `auto --output json`.
#[derive(Debug, Deserialize, PartialEq, Eq, Hash)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decision {
    pub(crate) id: String,
    pub(crate) outcome: String,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// A line of `result-reader --output json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) department: String,
    pub(crate) hours: u32,
    pub(crate) start: String,
    pub(crate) outcome: String,
    pub(crate) result: String,
    pub(crate) processed_by: String,
    pub(crate) comment: Option<String>,
    pub(crate) topic: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) decided_at: Option<String>,
}

/// Lines of JSON as values.
pub(crate) fn parse<T: for<'a> Deserialize<'a>>(lines: &[String]) -> Vec<T> {
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// A row of a file to import; everything follows from its number.
struct Row {
    email: String,
    partition: usize,
    hours: u32,
    start: String,
}

fn row(number: usize) -> Row {
    Row {
        email: format!("e{number:06}@example.com"),
        partition: number * 7 / 5 % DEPARTMENTS.len(),
        hours: 1 + (number * 17 + number / 40) as u32 % 40,
        start: format!("2027-{:02}-{:02}", 1 + number % 12, 1 + number % 28),
    }
}

/// Writes a file of this many rows to import.
pub(crate) fn write_csv(bench: &Bench, rows: usize) -> PathBuf {
    write_csv_of(bench, 0..rows)
}

/// Writes a file of the rows with these numbers.
pub(crate) fn write_csv_of(bench: &Bench, numbers: Range<usize>) -> PathBuf {
    let mut text = "email,department,hours,start\n".to_owned();
    for number in numbers {
        let row = row(number);
        let department = DEPARTMENTS[row.partition];
        writeln!(
            text,
            "{},{department},{},{}",
            row.email, row.hours, row.start
        )
        .unwrap();
    }
    let path = bench.folder.path().join("applications.csv");
    std::fs::write(&path, text).unwrap();
    path
}

/// Checks that each of the rows has one result, the right one, and that the results of a partition are in the order of
/// their rows.
pub(crate) fn assert_decided_once_each(bench: &Bench, shown: &[Shown], rows: usize) {
    let ids: HashSet<&str> = shown.iter().map(|result| result.id.as_str()).collect();
    assert_eq!((shown.len(), ids.len()), (rows, rows), "results, ids");
    let mut so_far = InOrder::default();
    for result in shown {
        so_far.assert_next(bench, result);
    }
}

/// The results so far: the row and the offset of the last one in each partition.
#[derive(Default)]
pub(crate) struct InOrder([Option<(usize, i64)>; DEPARTMENTS.len()]);

impl InOrder {
    /// Checks that the next result is right for its row, and comes after the earlier ones of its partition.
    pub(crate) fn assert_next(&mut self, bench: &Bench, result: &Shown) {
        let number = number_of(result);
        assert_result_of_row(bench, result, number);
        let place = (number, result.offset);
        let last = &mut self.0[result.partition as usize];
        // Strictly ascending, so no row comes twice.
        assert!(
            last.is_none_or(|last| last.0 < place.0 && last.1 < place.1),
            "{place:?} comes after {last:?} in partition {}",
            result.partition
        );
        *last = Some(place);
    }
}

fn number_of(result: &Shown) -> usize {
    result.email["e".len()..]
        .split('@')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("not one of ours: {result:?}"))
}

fn assert_result_of_row(bench: &Bench, result: &Shown, number: usize) {
    let row = row(number);
    let (outcome, sentence) = match row.hours {
        ..=APPROVED_UP_TO => ("approved", "Approved:"),
        _ => ("declined", "Declined:"),
    };
    let ticks = result.id.strip_prefix(&format!("{}-", row.email));
    let is_right = ticks.is_some_and(|ticks| ticks.parse::<i64>().is_ok())
        && result.email == row.email
        && result.department == DEPARTMENTS[row.partition]
        && result.hours == row.hours
        && result.start == row.start
        && result.outcome == outcome
        && result.result.starts_with(sentence)
        && result.processed_by == format!("Manager #{}", row.partition)
        && result.comment.is_none()
        && result.topic == bench.results
        && result.partition == row.partition as i32;
    assert!(is_right, "row {number}: {result:?}");
}

/// Checks that each decision that a manager printed as recorded is on the log just like that, and was printed once.
pub(crate) fn assert_are_on_the_log(decisions: &[Decision], shown: &[Shown]) {
    let on_the_log: HashSet<Decision> = shown
        .iter()
        .map(|result| Decision {
            id: result.id.clone(),
            outcome: result.outcome.clone(),
            topic: result.topic.clone(),
            partition: result.partition,
            offset: result.offset,
        })
        .collect();
    for decision in decisions {
        assert!(
            on_the_log.contains(decision),
            "not on the log: {decision:?}"
        );
    }
    let printed: HashSet<&Decision> = decisions.iter().collect();
    assert_eq!(
        printed.len(),
        decisions.len(),
        "a decision was printed twice"
    );
}
