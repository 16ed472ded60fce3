//! Large records: the deliveries in a service's hands are bounded in bytes, too, and no record is too large to be
//! handed out.

use std::collections::VecDeque;
use std::sync::Arc;

use timeoff_log::{Delivery, Membership, NewRecord, Record, Settled};

use crate::bench::{Bench, record, texts};
use crate::member::Member;

/// A Kafka topic accepts a little more than this.
const LARGE: usize = 1_000_000;

/// A record of slightly more than `bytes`, whose key is `text`.
fn sized(topic: &Arc<str>, partition: i32, text: &str, bytes: usize) -> NewRecord {
    NewRecord {
        value: Some(vec![b'.'; bytes]),
        ..record(topic, partition, text)
    }
}

fn key(record: &Record) -> String {
    String::from_utf8(record.key.clone().unwrap()).unwrap()
}

fn keys<'a>(deliveries: impl IntoIterator<Item = &'a Delivery>) -> Vec<String> {
    deliveries.into_iter().map(|d| key(d.record())).collect()
}

fn bytes_of(delivery: &Delivery) -> usize {
    delivery.record().value.as_ref().map_or(0, Vec::len)
}

async fn fill(bench: &Bench, topic: &Arc<str>, partitions: i32, count: usize) {
    let records = (0..partitions).flat_map(|partition| {
        texts(partition, 0..count)
            .into_iter()
            .map(move |text| sized(topic, partition, &text, LARGE))
    });
    let positions = bench.log.append(records.collect()).await.unwrap();
    assert_eq!(positions.len(), partitions as usize * count);
}

async fn join_with_room_for(bench: &Bench, topic: &Arc<str>, max_bytes_in_hand: usize) -> Member {
    let membership = Membership {
        max_in_hand: 10_000,
        max_bytes_in_hand,
        announce_caught_up: true,
        ..bench.membership(topic)
    };
    Member::join(&bench.log, membership).await
}

/// Gives the log several occasions to hand out more, and checks that it does not.
async fn assert_no_more_comes(member: &mut Member) {
    for _ in 0..10 {
        member.finish(Vec::new()).await;
        let more = member.event_if_any();
        assert!(more.is_none(), "{more:?} is handed out");
    }
}

pub(crate) async fn no_more_bytes_are_handed_out_than_may_be_in_hand(bench: Bench) {
    const COUNT: usize = 12;
    // Four records are below the bound, so a fifth comes; five are not below it.
    const BOUND: usize = 4 * LARGE + LARGE / 2;
    let topic = bench.topic("a", 2).await;
    let outputs = bench.topic("b", 1).await;
    fill(&bench, &topic, 2, COUNT).await;
    let mut member = join_with_room_for(&bench, &topic, BOUND).await;
    let mut in_hand: VecDeque<Delivery> = VecDeque::new();
    let (mut offered, mut dropped) = (Vec::new(), Vec::new());
    while offered.len() < 2 * COUNT {
        if in_hand.len() == 5 {
            assert_no_more_comes(&mut member).await;
            let oldest = in_hand.pop_front().unwrap();
            match offered.len() % 3 {
                0 => dropped.push(oldest.position().clone()),
                1 => member.finish(vec![oldest]).await,
                _ => {
                    let output = sized(&outputs, 0, &key(oldest.record()), bytes_of(&oldest));
                    let settled = member.settle(oldest, vec![output]).await;
                    assert!(matches!(settled, Settled::Recorded(_)), "{settled:?}");
                }
            }
        }
        let next = member.delivery().await;
        let before: usize = in_hand.iter().map(bytes_of).sum();
        assert!(before < BOUND, "{before} bytes are in hand");
        offered.push(key(next.record()));
        in_hand.push_back(next);
    }
    for partition in 0..2 {
        let prefix = format!("{partition}/");
        let own = offered.iter().filter(|t| t.starts_with(&prefix)).cloned();
        assert_eq!(own.collect::<Vec<_>>(), texts(partition, 0..COUNT));
    }
    dropped.extend(in_hand.iter().map(|delivery| delivery.position().clone()));
    drop(in_hand);
    assert!(member.until_caught_up().await.is_empty());
    member.leave().await;

    // Exactly those that were dropped are offered to the next one.
    let mut next = bench.join_to_catch_up(&topic).await;
    let again = next.until_caught_up().await;
    let mut again: Vec<_> = again.iter().map(|d| d.position().clone()).collect();
    again.sort();
    dropped.sort();
    assert_eq!(again, dropped);
}

pub(crate) async fn a_record_larger_than_all_that_may_be_in_hand_is_handed_out(bench: Bench) {
    const BOUND: usize = 1_000;
    let topic = bench.topic("a", 1).await;
    let sizes = [10, 10, 10, 100 * BOUND, 10, 10];
    let records = sizes.iter().zip(texts(0, 0..sizes.len()));
    let records = records.map(|(&bytes, text)| sized(&topic, 0, &text, bytes));
    bench.log.append(records.collect()).await.unwrap();
    let mut member = join_with_room_for(&bench, &topic, BOUND).await;
    let mut in_hand = member.deliveries(4).await;
    assert_eq!(keys(&in_hand), texts(0, 0..4));
    assert_no_more_comes(&mut member).await;
    let large = in_hand.pop().unwrap();
    member.finish(in_hand).await;
    assert_no_more_comes(&mut member).await;
    member.finish(vec![large]).await;
    let rest = member.deliveries(2).await;
    assert_eq!(keys(&rest), texts(0, 4..6));
    member.finish(rest).await;
    assert!(member.until_caught_up().await.is_empty());
}

pub(crate) async fn where_a_byte_may_be_in_hand_records_come_one_by_one(bench: Bench) {
    const COUNT: usize = 10;
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, 0..3, COUNT).await;
    let mut member = join_with_room_for(&bench, &topic, 1).await;
    let mut seen = Vec::new();
    while seen.len() < 3 * COUNT {
        let delivery = member.delivery().await;
        seen.push(key(delivery.record()));
        // After the last one, an event does come: the member has caught up.
        if seen.len() < 3 * COUNT {
            assert_no_more_comes(&mut member).await;
        }
        member.finish(vec![delivery]).await;
    }
    seen.sort();
    let mut all: Vec<_> = (0..3).flat_map(|p| texts(p, 0..COUNT)).collect();
    all.sort();
    assert_eq!(seen, all);
    assert!(member.until_caught_up().await.is_empty());
}

pub(crate) async fn large_records_are_settled_together_and_all_are_recorded(bench: Bench) {
    const COUNT: usize = 12;
    let topic = bench.topic("a", 1).await;
    let outputs = bench.topic("b", 1).await;
    fill(&bench, &topic, 1, COUNT).await;
    let mut member = bench.join_to_catch_up(&topic).await;
    let settler = member.settler();
    let deliveries = member.until_caught_up().await;
    assert_eq!(keys(&deliveries), texts(0, 0..COUNT));
    // All are waiting before the first is recorded, if the log permits.
    let settlings: Vec<_> = deliveries
        .into_iter()
        .map(|delivery| {
            let output = sized(&outputs, 0, &key(delivery.record()), bytes_of(&delivery));
            settler.begin(vec![delivery.settle_with(vec![output])])
        })
        .collect();
    for settling in settlings {
        let settled = settling.outcome().await.unwrap();
        assert!(matches!(settled[..], [Settled::Recorded(_)]), "{settled:?}");
    }
    let recorded = bench.read_all(&outputs).await;
    let recorded: Vec<_> = recorded.iter().map(key).collect();
    assert_eq!(recorded, texts(0, 0..COUNT));
}

pub(crate) async fn a_reader_reads_more_large_records_than_it_reads_ahead(bench: Bench) {
    const COUNT: usize = 8;
    let topic = bench.topic("a", 2).await;
    fill(&bench, &topic, 2, COUNT).await;
    let records = bench.read_all(&topic).await;
    for partition in 0..2 {
        let own = records
            .iter()
            .filter(|r| r.position.partition == partition)
            .map(key);
        assert_eq!(own.collect::<Vec<_>>(), texts(partition, 0..COUNT));
    }
}
