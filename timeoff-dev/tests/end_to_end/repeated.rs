//! The same id twice, from a foreign producer.

use timeoff_log::{NewRecord, Position};
use timeoff_testkit::{AUTO, Bench};

use crate::applications::{Decision, Shown, parse};
use crate::letters::{list_among, retry};
use crate::raw_log::RawLog;

/// Appends the first application a second time. Returns where the two are.
pub(crate) fn append_the_first_again(bench: &Bench) -> (Position, Position) {
    let raw = RawLog::open(bench);
    let records = raw.read_all(&bench.applications);
    let (_, first) = records.into_iter().next().unwrap();
    let again = NewRecord {
        topic: first.position.topic.clone(),
        partition: first.position.partition,
        key: first.key,
        value: first.value,
        headers: Vec::new(),
    };
    (first.position, raw.append(vec![again]).remove(0))
}

pub(crate) fn an_id_that_comes_a_second_time_becomes_a_dead_letter_and_is_not_put_back(
    bench: &Bench,
) {
    bench.submit("ada@example.com", "IT", 8).done();
    bench.submit("bob@example.com", "IT", 8).done();
    let (place, copy) = append_the_first_again(bench);

    let decide = || -> Vec<Decision> {
        let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
        parse(&bench.run("manager-service", &arguments).done().out)
    };
    assert_eq!(decide().len(), 2);
    let letters = list_among(bench, "HR,IT,OPS");
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].from_offset, Some(copy.offset));
    let (partition, offset) = (place.partition, place.offset);
    let reason = format!("its id was used before, at partition {partition}, offset {offset}");
    assert_eq!(letters[0].reason, reason);

    // Putting back all that can be understood does not get it decided a second time.
    let retried = retry(bench, "HR,IT,OPS", &[]).done();
    assert_eq!(retried.said(&["decided twice", "left: 1"]).out, [""; 0]);
    assert!(decide().is_empty());
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let shown: Vec<Shown> = parse(&bench.run("result-reader", &arguments).done().out);
    assert_eq!(shown.len(), 2);
}
