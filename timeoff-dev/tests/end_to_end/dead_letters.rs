//! Records that cannot be understood: listed, and put back after a fix, once each.

use std::collections::HashMap;
use std::time::Duration;

use timeoff_dev::garbage::Frames;
use timeoff_log::NewRecord;
use timeoff_testkit::{AUTO, Bench, Running, submit, tell};

use crate::applications::{Decision, Shown, parse};
use crate::bounded::bounded;
use crate::garbage::{AFTER, BEFORE, Fate, Writer, Written};
use crate::letters::{
    Listed, PutBack, assert_all_bad_ones_are_listed, assert_are_the_records_that_they_were, list,
    list_command, put_back, retry, retry_command,
};
use crate::raw_log::RawLog;

pub(crate) fn what_cannot_be_understood_is_listed_and_after_a_fix_what_can_be_is_put_back_once(
    bench: &Bench,
) {
    let (raw, writer) = on_four_partitions(bench);
    let written = writer.interleaved(8);
    let positions = raw.append(records_of(&written));

    let decided = decide(bench, BEFORE);
    let good = ids(&written, |fate| matches!(fate, Fate::Decided(_)));
    assert_eq!(sorted(decided.iter().map(|decision| &decision.id)), good);

    let letters = list(bench);
    assert_all_bad_ones_are_listed(bench, &written, &positions, &letters);
    assert_eq!(list(bench), letters, "listing changes nothing");

    // Retries that name a letter that cannot be understood, and one that does not exist.
    let (hopeless, fixable): (Vec<&Listed>, Vec<&Listed>) = letters
        .iter()
        .partition(|letter| !letter.id.as_ref().is_some_and(|id| id.starts_with("later")));
    let named = hopeless[0].place();
    retry(bench, AFTER, &[&named])
        .exited_with(1)
        .said(&[&format!("{named} stays a dead letter"), "0 were put back"]);
    retry(bench, AFTER, &[&fixable[0].place(), "0:999999"])
        .exited_with(1)
        .said(&["no dead letter waits at 0:999999", "nothing was put back"]);
    retry(bench, AFTER, &["0-7"])
        .exited_with(2)
        .said(&["PARTITION:OFFSET"]);
    assert_eq!(list(bench), letters, "nothing was put back");

    // Before the fix a retry puts nothing back. After it, one retry puts back the letter it names, and the next one
    // the others.
    let too_early = retry(bench, BEFORE, &[]).done();
    assert_eq!(too_early.out, [""; 0]);
    let one = put_back(retry(bench, AFTER, &[&fixable[1].place()]).done());
    assert_eq!(one.len(), 1);
    assert_eq!(Some(&one[0].id), fixable[1].id.as_ref());
    let others = put_back(retry(bench, AFTER, &[]).done());
    let all: Vec<PutBack> = one.into_iter().chain(others).collect();
    assert_are_the_records_that_they_were(bench, &raw, &fixable, &all);
    assert!(
        list(bench).iter().eq(hopeless),
        "what was not put back waits"
    );
    retry(bench, AFTER, &[&fixable[0].place()])
        .exited_with(1)
        .said(&["no dead letter waits at"]);
    assert_eq!(retry(bench, AFTER, &[]).done().out, [""; 0]);

    let decided = decide(bench, AFTER);
    let later = ids(&written, |fate| matches!(fate, Fate::UnderstoodLater(_)));
    assert_eq!(sorted(decided.iter().map(|decision| &decision.id)), later);
    assert!(decide(bench, AFTER).is_empty());
    assert_each_has_one_result(bench, good.into_iter().chain(later).collect());
}

pub(crate) fn a_retry_that_is_killed_again_and_again_puts_nothing_back_twice(bench: &Bench) {
    const LETTERS: usize = 8_000;
    /// How long after it has resumed printing each retry is killed, in milliseconds.
    const KILLS: [u64; 3] = [0, 1, 3];
    /// It prints no more than this many lines and a full pipe: far fewer than a third of the letters.
    const PRINTED: usize = 1_200;
    let (raw, writer) = on_four_partitions(bench);
    let written: Vec<Written> = (0..LETTERS)
        .map(|number| writer.of_the_new_department(number))
        .collect();
    let positions = raw.append(records_of(&written));
    assert!(decide(bench, BEFORE).is_empty());

    let mut runs = Vec::new();
    for milliseconds in KILLS {
        let mut running = Running::start_held_at(1, retry_command(bench));
        running.wait_until_printed(1);
        running.out.hold_at(PRINTED);
        std::thread::sleep(Duration::from_millis(milliseconds));
        runs.push(running.kill());
    }
    let listed = list_command(bench, BEFORE).done();
    let waiting = listed.out.len();
    assert!(waiting > 0, "all was put back before the last kill");
    let last = Running::start(retry_command(bench)).wait().done();
    assert_eq!(last.out.len(), waiting, "the last puts back what waited");
    let [listed, last] = [listed, last].map(bounded);
    tell(&format!(
        "{}: {LETTERS} letters; killed after {:?} lines, then {waiting} in {:.1} s, {} KiB; list {:.1} s, {} KiB",
        bench.log.split(':').next().unwrap_or_default(),
        runs.iter().map(|run| run.out.len()).collect::<Vec<_>>(),
        last.took.as_secs_f32(),
        last.peak_kib,
        listed.took.as_secs_f32(),
        listed.peak_kib,
    ));
    assert!(list(bench).is_empty());

    let records = raw.read_all(&bench.applications);
    let mut copies: HashMap<&[u8], usize> = HashMap::new();
    for record in records.values() {
        *copies.entry(record.key.as_deref().unwrap()).or_default() += 1;
    }
    for (position, written) in positions.iter().zip(&written) {
        let count = copies[written.record.key.as_deref().unwrap()];
        assert_eq!(count, 2, "{position}, as it came and once put back");
    }
    runs.push(last);
    for put_back in runs.into_iter().flat_map(put_back) {
        let record = &records[&(put_back.partition, put_back.offset)];
        assert!(
            record
                .key
                .as_ref()
                .unwrap()
                .ends_with(put_back.id.as_bytes())
        );
    }

    let ids = ids(&written, |_| true);
    let decided = decide(bench, AFTER);
    assert_eq!(sorted(decided.iter().map(|decision| &decision.id)), ids);
    assert_each_has_one_result(bench, ids);
}

pub(crate) fn what_is_no_application_of_this_topic_is_listed_and_left_with_the_reason(
    bench: &Bench,
) {
    let (raw, writer) = on_four_partitions(bench);
    let nonsense = |topic: &str, partition| NewRecord {
        topic: topic.into(),
        partition,
        key: None,
        value: Some(b"nonsense".to_vec()),
        headers: Vec::new(),
    };
    let result = raw.append(vec![nonsense(&bench.results, 1)]).remove(0);
    let reader = ["--departments", BEFORE, "--until-caught-up"];
    bench.run("result-reader", &reader).done();
    // What other programs may put there: a record that is no letter, a letter of another office, and a letter of a
    // partition that is gone.
    let letter = |topic: &str, partition: i32| {
        let headers = [
            ("timeoff.topic", topic.to_owned()),
            ("timeoff.partition", partition.to_string()),
            ("timeoff.offset", "7".to_owned()),
            ("timeoff.reason", "a whim".to_owned()),
        ];
        NewRecord {
            topic: bench.dead_letters.as_str().into(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.into_bytes()))
                .to_vec(),
            ..writer.of_the_new_department(partition as usize).record
        }
    };
    raw.append(vec![
        nonsense(&bench.dead_letters, 0),
        letter("of-another-office", 0),
        letter(&bench.applications, 99),
    ]);

    let letters = list(bench);
    assert_eq!(letters.len(), 4);
    let of_result = letters.iter().find(|letter| {
        letter.from_topic.as_ref() == Some(&bench.results)
            && letter.from_offset == Some(result.offset)
    });
    assert_eq!(of_result.unwrap().id, None);
    let unknown = letters.iter().find(|letter| letter.from_topic.is_none());
    assert_eq!(unknown.unwrap().from_partition, None);

    let before = raw.read_all(&bench.applications).len();
    let retried = retry(bench, AFTER, &[]).done().said(&[
        "it is a result",
        "result-reader --from-beginning",
        "its headers do not say where it came from",
        "it came from topic of-another-office",
        "it came from partition 99 of",
        "Put back: 0; left: 4.",
    ]);
    assert_eq!(retried.out, [""; 0]);
    assert_eq!(list(bench), letters);
    assert_eq!(raw.read_all(&bench.applications).len(), before);
}

pub(crate) fn without_dead_letters_there_is_nothing_to_list_and_nothing_to_put_back(bench: &Bench) {
    let listed = list_command(bench, BEFORE)
        .done()
        .said(&["No dead letter waits."]);
    assert_eq!(listed.out, [""; 0]);
    let retried = retry(bench, BEFORE, &[]).done();
    assert_eq!(retried.said(&["Put back: 0"]).out, [""; 0]);
}

#[test]
fn a_retry_that_cannot_keep_all_that_it_leaves_apart_says_so_and_ends() {
    /// More than there are bits in the metadata that Kafka keeps beside an offset.
    const HOPELESS: usize = 20_000;
    let Some(bench) = Bench::shared_kafka() else {
        return;
    };
    let (raw, writer) = on_four_partitions(&bench);
    let fixable = writer.of_the_new_department(0);
    let hopeless = NewRecord {
        value: None,
        ..fixable.record.clone()
    };
    raw.append(vec![hopeless; HOPELESS]);
    raw.append(vec![fixable.record]);
    assert!(decide(&bench, BEFORE).is_empty());
    assert_eq!(list(&bench).len(), HOPELESS + 1);

    let retried = retry(&bench, AFTER, &[]).exited_with(1);
    let retried = retried.said(&[
        "those behind them cannot be reached now",
        "Remove from the topic",
    ]);
    assert_eq!(retried.out, [""; 0]);
    bounded(retried);
    assert_eq!(list(&bench).len(), HOPELESS + 1);
}

/// Topics of four partitions, with one application on them that is decided. It shows how our services write one.
fn on_four_partitions(bench: &Bench) -> (RawLog, Writer<'_>) {
    let sample = submit("sample@example.com", "IT", "8");
    let arguments = [&["--departments", BEFORE], &sample[..]].concat();
    bench.run("employee-service", &arguments).done();
    assert_eq!(decide(bench, BEFORE).len(), 1);
    let raw = RawLog::open(bench);
    let frames = {
        let records = raw.read_all(&bench.applications);
        let sample = records.values().next().unwrap();
        let (key, value) = (sample.key.as_deref(), sample.value.as_deref());
        Frames::of(key.unwrap(), value.unwrap()).unwrap()
    };
    (raw, Writer { bench, frames })
}

fn records_of(written: &[Written]) -> Vec<NewRecord> {
    written
        .iter()
        .map(|written| written.record.clone())
        .collect()
}

/// The ids of the records with such a fate, sorted.
fn ids(written: &[Written], is_meant: impl Fn(&Fate) -> bool) -> Vec<String> {
    let meant = written.iter().map(|written| &written.fate);
    sorted(
        meant
            .filter(|fate| is_meant(fate))
            .filter_map(|fate| match fate {
                Fate::Decided(id) | Fate::UnderstoodLater(id) => Some(id),
                Fate::Poison { .. } => None,
            }),
    )
}

fn sorted<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut ids: Vec<String> = ids.cloned().collect();
    ids.sort();
    ids
}

fn decide(bench: &Bench, departments: &str) -> Vec<Decision> {
    let options = ["--until-caught-up", "--departments", departments];
    let arguments = [&AUTO[..], &options].concat();
    parse(&bench.run("manager-service", &arguments).done().out)
}

/// Checks that these and no others, besides the sample, have a result, and one each.
fn assert_each_has_one_result(bench: &Bench, mut ids: Vec<String>) {
    ids.sort();
    let arguments = ["--from-beginning", "--until-caught-up", "--output", "json"];
    let options = ["--departments", AFTER];
    let reader = bench.run("result-reader", &[&arguments[..], &options].concat());
    let shown: Vec<Shown> = parse(&reader.done().out);
    let told = shown.iter().map(|result| &result.id);
    assert_eq!(sorted(told.filter(|id| !id.starts_with("sample"))), ids);
    assert_eq!(shown.len(), ids.len() + 1);
}
