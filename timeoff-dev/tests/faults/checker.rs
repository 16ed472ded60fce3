//! Whether a history keeps the promises. Pure: a history goes in, what is wrong with it comes out.
//!
//! It is asked when nothing is under way: every application that is on the log must have been decided by then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use crate::history::{Decision, Heard, History, ManagerRun};
use crate::raw::{RawRecord, by_id, request, verdict};

/// Up to so many hours are approved, more are declined, by everybody.
pub(crate) const APPROVED_UP_TO: i64 = 16;

/// How a manager who decides by hand is called. Their comment names the employee.
pub(crate) const BY_HAND: &str = "By Hand";

/// Where a record stands: partition and offset.
type Place = (i32, i64);

/// What is wrong with a history, one sentence each. `settled` are the applications that were seen to be decided, and when
/// at the latest.
pub(crate) fn violations(history: &History, settled: &BTreeMap<Place, Instant>) -> Vec<String> {
    let applications = by_id(&history.scan.applications);
    let results = by_id(&history.scan.results);
    let mut found = history.crashes.clone();
    found.extend(violations_on_the_log(history));
    found.extend(wrong_offers(history, &applications, settled));
    found.extend(wrong_readings(history, &results));
    found
}

/// What is wrong with the log itself, by all that was acknowledged.
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
    found.extend(lost_or_doubled_results(&applications, &results));
    found.extend(wrong_results(&applications, &results));
    found
}

/// What was acknowledged and is not on the log, or not once. May be asked at any time.
pub(crate) fn missing(history: &History) -> Vec<String> {
    let mut found = lost_or_doubled_applications(history, &by_id(&history.scan.applications));
    found.extend(untrue_decisions(history, &by_id(&history.scan.results)));
    found
}

/// The applications that have a result, by their place.
pub(crate) fn settled(history: &History) -> BTreeSet<Place> {
    let results = by_id(&history.scan.results);
    let applications = history.scan.applications.iter();
    applications
        .filter(|application| results.contains_key(&application.id()))
        .map(place)
        .collect()
}

fn place(record: &RawRecord) -> Place {
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
    let mut by_email: BTreeMap<String, Vec<Place>> = BTreeMap::new();
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

fn lost_or_doubled_results(applications: &ById<'_>, results: &ById<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for id in applications.keys() {
        match results.get(id).map_or(0, Vec::len) {
            1 => {}
            0 => found.push(format!("{id} has no result")),
            count => found.push(format!("{id} has {count} results")),
        }
    }
    for id in results.keys().filter(|id| !applications.contains_key(*id)) {
        found.push(format!("{id} has a result and was never queued"));
    }
    found
}

fn wrong_results(applications: &ById<'_>, results: &ById<'_>) -> Vec<String> {
    let pairs = results
        .iter()
        .filter_map(|(id, results)| Some((id, applications.get(id)?.first()?, results)));
    let mut found = Vec::new();
    for (id, application, results) in pairs {
        for result in results {
            let Some(added) = result.avro().strip_prefix(application.avro()) else {
                found.push(format!(
                    "the result of {id} does not repeat its application"
                ));
                continue;
            };
            let (request, verdict) = (request(application.avro()), verdict(added));
            let right = match request.hours {
                ..=APPROVED_UP_TO => "Approved:",
                _ => "Declined:",
            };
            let is_right = verdict.sentence.starts_with(right)
                && result.partition == application.partition
                && match &*verdict.by {
                    BY_HAND => verdict.comment == Some(request.email),
                    by => {
                        by == format!("Manager #{}", result.partition) && verdict.comment.is_none()
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

/// What managers said to be recorded is on the log, at that place, and said once.
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

fn is_on_the_log(decision: &Decision, results: &ById<'_>) -> bool {
    results.get(&decision.id).is_some_and(|results| {
        results
            .iter()
            .any(|result| place(result) == (decision.partition, decision.offset))
    })
}

/// Within a share, applications are offered in the order they were queued; and none that was settled before the
/// manager even started.
fn wrong_offers(
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
        for application in decided.map(|copies| place(copies[0])) {
            if !offered.contains(&application) {
                found.push(format!(
                    "{} decided {application:?} and was never offered it",
                    run.name
                ));
            }
        }
        for decision in &run.decisions {
            if let Some(application) = applications.get(&decision.id) {
                let known = settled.entry(place(application[0])).or_insert(run.ended);
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
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    for heard in &run.log {
        let Heard::HandedOut { partition, offset } = *heard else {
            last.clear();
            continue;
        };
        let (name, place) = (&run.name, (partition, offset));
        if last
            .insert(partition, offset)
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

/// The group of readers has been shown every result, and nothing else; each run in the order of the log.
fn wrong_readings(history: &History, results: &ById<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut shown = BTreeSet::new();
    for run in &history.readers {
        let mut last: BTreeMap<i32, i64> = BTreeMap::new();
        for line in &run.shown {
            if !is_on_the_log(line, results) {
                found.push(format!("a reader showed {line:?}, which is not there"));
            }
            // A share that went away and came back begins again where the group has come to.
            let is_new = shown.insert(line.id.clone());
            let before = last.insert(line.partition, line.offset);
            if is_new && before.is_some_and(|before| before >= line.offset) {
                found.push(format!("a reader showed {line:?} out of order"));
            }
        }
    }
    for id in results.keys().filter(|id| !shown.contains(*id)) {
        found.push(format!("no reader was shown the result of {id}"));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::history::{Imported, ReaderRun, Submitted};

    /// A history in which all is well: two applications of partition 1, one acknowledged by `submit` and declined, one
    /// by `import` and approved by hand.
    fn good() -> History {
        let began = Instant::now();
        let decision = Decision {
            id: "a@x-1".to_owned(),
            outcome: "declined".to_owned(),
            partition: 1,
            offset: 0,
        };
        let by_hand = Decision {
            id: "b@x-2".to_owned(),
            outcome: "approved".to_owned(),
            partition: 1,
            offset: 2,
        };
        let (first, second) = (application("a@x", 40), application("b@x", 8));
        let mut history = History {
            submitted: vec![Submitted {
                id: "a@x-1".to_owned(),
                partition: 1,
                offset: 0,
            }],
            imported: vec![Imported {
                emails: vec!["b@x".to_owned()],
                acknowledged: 1,
            }],
            managers: vec![ManagerRun {
                name: "auto".to_owned(),
                started: began,
                ended: began + Duration::from_secs(1),
                decisions: vec![decision.clone()],
                log: vec![
                    Heard::Share,
                    Heard::HandedOut {
                        partition: 1,
                        offset: 0,
                    },
                    Heard::HandedOut {
                        partition: 1,
                        offset: 1,
                    },
                ],
            }],
            readers: vec![ReaderRun {
                shown: vec![decision, by_hand],
            }],
            ..History::default()
        };
        history.scan.applications = vec![record(0, "a@x-1", &first), record(1, "b@x-2", &second)];
        let declined = result(&first, "Manager #1", "Declined: no", None);
        let approved = result(&second, BY_HAND, "Approved: yes", Some("b@x"));
        history.scan.results = vec![record(0, "a@x-1", &declined), record(2, "b@x-2", &approved)];
        history
    }

    fn record(offset: i64, id: &str, avro: &[u8]) -> RawRecord {
        let framed = |avro: &[u8]| [&[0, 0, 0, 0, 7], avro].concat();
        RawRecord {
            partition: 1,
            offset,
            key: framed(&text(id)),
            value: framed(avro),
        }
    }

    fn application(email: &str, hours: u8) -> Vec<u8> {
        [text(email), text("IT"), vec![hours * 2, 2]].concat()
    }

    fn result(application: &[u8], by: &str, sentence: &str, comment: Option<&str>) -> Vec<u8> {
        let comment = comment.map_or(vec![0], |comment| [vec![2], text(comment)].concat());
        [application, &text(by), &text(sentence), &comment, &[0]].concat()
    }

    fn text(text: &str) -> Vec<u8> {
        [&[text.len() as u8 * 2], text.as_bytes()].concat()
    }

    fn check(history: &History) -> Vec<String> {
        violations(history, &BTreeMap::new())
    }

    #[track_caller]
    fn assert_found(history: &History, part: &str) {
        let found = check(history);
        assert!(found.iter().any(|text| text.contains(part)), "{found:?}");
    }

    #[test]
    fn nothing_is_found_where_nothing_is_wrong() {
        assert_eq!(check(&good()), [""; 0]);
    }

    #[test]
    fn an_acknowledged_application_that_is_not_there_is_found() {
        let mut history = good();
        history.submitted[0].offset = 5;
        assert_found(&history, "was acknowledged and is not there");
        let mut history = good();
        history.imported[0].emails.insert(0, "c@x".to_owned());
        assert_found(&history, "row 0 (c@x) was acknowledged and is not there");
        history.imported[0].emails.reverse();
        assert_eq!(
            check(&history),
            [""; 0],
            "the second row was not acknowledged"
        );
    }

    #[test]
    fn an_application_that_is_there_twice_is_found() {
        let mut history = good();
        let again = record(2, "b@x-3", &application("b@x", 8));
        history.scan.applications.push(again);
        assert_found(&history, "(b@x) is queued at");
    }

    #[test]
    fn rows_in_another_order_are_found() {
        let mut history = good();
        history.imported[0] = Imported {
            emails: vec!["b@x".to_owned(), "a@x".to_owned()],
            acknowledged: 0,
        };
        assert_found(&history, "overtook");
    }

    #[test]
    fn a_missing_a_second_and_a_strange_result_are_found() {
        let mut history = good();
        history.scan.results.pop();
        assert_found(&history, "b@x-2 has no result");
        let mut history = good();
        let again = history.scan.results[0].clone();
        history.scan.results.push(again);
        assert_found(&history, "a@x-1 has 2 results");
        let mut history = good();
        history.scan.applications.remove(0);
        assert_found(&history, "never queued");
    }

    #[test]
    fn a_wrong_outcome_and_fields_that_are_not_repeated_are_found() {
        let mut history = good();
        let approved = result(&application("a@x", 40), "Manager #1", "Approved: yes", None);
        history.scan.results[0] = record(0, "a@x-1", &approved);
        assert_found(&history, "the result of a@x-1 is wrong");
        let changed = result(&application("a@x", 41), "Manager #1", "Declined: no", None);
        history.scan.results[0] = record(0, "a@x-1", &changed);
        assert_found(&history, "does not repeat");
        let other = result(
            &application("b@x", 8),
            BY_HAND,
            "Approved: yes",
            Some("a@x"),
        );
        history.scan.results[1] = record(2, "b@x-2", &other);
        assert_found(&history, "the result of b@x-2 is wrong");
    }

    #[test]
    fn a_decision_that_is_not_on_the_log_and_one_said_twice_are_found() {
        let mut history = good();
        let mut elsewhere = history.managers[0].decisions[0].clone();
        history.managers[0].decisions.push(elsewhere.clone());
        assert_found(&history, "said twice");
        elsewhere.offset = 9;
        history.managers[0].decisions.push(elsewhere);
        assert_found(&history, "which is not there");
    }

    #[test]
    fn an_offer_out_of_turn_is_found_unless_the_share_has_changed() {
        let mut history = good();
        let again = Heard::HandedOut {
            partition: 1,
            offset: 0,
        };
        history.managers[0]
            .log
            .extend([Heard::Share, again.clone()]);
        assert_eq!(check(&history), [""; 0]);
        history.managers[0].log.push(again);
        assert_found(&history, "out of turn");
    }

    #[test]
    fn an_offer_of_what_was_settled_before_the_manager_started_is_found() {
        let mut history = good();
        let mut second = history.managers[0].clone();
        second.decisions.clear();
        second.started = second.ended + Duration::from_secs(1);
        history.managers.push(second.clone());
        assert_found(&history, "which was settled before it started");
        history.managers.pop();
        let before = BTreeMap::from([((1, 1), second.started - Duration::from_secs(9))]);
        let found = violations(&history, &before);
        assert!(
            found[0].contains("(1, 1), which was settled before"),
            "{found:?}"
        );
    }

    #[test]
    fn a_result_that_no_reader_was_shown_and_one_shown_out_of_order_are_found() {
        let mut history = good();
        history.readers[0].shown.reverse();
        assert_found(&history, "out of order");
        history.readers[0].shown.truncate(1);
        assert_found(&history, "no reader was shown the result of a@x-1");
    }

    #[test]
    fn dead_letters_and_crashes_are_found() {
        let mut history = good();
        history.scan.dead_letters = 1;
        history.crashes.push("a panic".to_owned());
        assert_found(&history, "dead letters");
        assert_found(&history, "a panic");
    }
}
