//! Taking up a record out of turn that was read without the group.

use std::collections::BTreeMap;
use std::sync::Arc;

use timeoff_log::{Delivery, Membership, ReadEvent, ReadFrom, Record, Settled, TakenUp};

use crate::bench::{Bench, record, text, texts};
use crate::member::{Member, until_shared};

/// The record at an offset of a partition.
async fn read(bench: &Bench, topic: &Arc<str>, partition: i32, offset: i64) -> Record {
    let only = ReadFrom::Only(BTreeMap::from([(partition, offset)]));
    let mut reader = bench.log.read(topic, only).await.unwrap();
    loop {
        if let ReadEvent::Record(record) = reader.next().await.unwrap() {
            assert_eq!(record.position.offset, offset);
            return record;
        }
    }
}

/// Takes up the record at an offset of partition 0.
async fn take_up(bench: &Bench, member: &Member, topic: &Arc<str>, offset: i64) -> TakenUp {
    let record = read(bench, topic, 0, offset).await;
    member.settler().take_up(record).await.unwrap()
}

async fn taken_up(bench: &Bench, member: &Member, topic: &Arc<str>, offset: i64) -> Delivery {
    match take_up(bench, member, topic, offset).await {
        TakenUp::Delivery(delivery) => delivery,
        other => panic!("{other:?}"),
    }
}

async fn join_with_room_for(bench: &Bench, topic: &Arc<str>, max_in_hand: usize) -> Member {
    let membership = Membership {
        max_in_hand,
        ..bench.membership(topic)
    };
    Member::join(&bench.log, membership).await
}

pub(crate) async fn what_is_far_behind_the_hands_is_taken_up_and_settled_out_of_turn(bench: Bench) {
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], 1_000).await;
    let mut member = join_with_room_for(&bench, &topic, 3).await;
    let in_hand = member.deliveries(3).await;
    for offset in [900, 5, 901, 3] {
        let delivery = taken_up(&bench, &member, &topic, offset).await;
        let said = text(delivery.record());
        assert_eq!(said, format!("0/{offset}"));
        let settled = member
            .settle(delivery, vec![record(&results, 0, &said)])
            .await;
        assert!(matches!(settled, Settled::Recorded(_)), "{settled:?}");
    }
    let out_of_turn = texts(0, [900, 5, 901, 3]);
    assert_eq!(bench.read_texts(&results).await, out_of_turn);
    // Those in hand are not touched by it, and what was settled is passed over in its turn, here and by a successor.
    drop(in_hand);
    let next = member.delivery().await;
    assert_eq!(text(next.record()), "0/4");
    drop(next);
    member.leave().await;
    let mut successor = bench.join_to_catch_up(&topic).await;
    let rest = successor.until_caught_up().await;
    let left = (0..1_000).filter(|offset| ![900, 5, 901, 3].contains(offset));
    assert_eq!(crate::member::texts_of(&rest), texts(0, left));
}

pub(crate) async fn what_was_dropped_is_taken_up_again(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 3).await;
    let mut member = bench.join(&topic).await;
    drop(member.deliveries(3).await);
    let delivery = taken_up(&bench, &member, &topic, 1).await;
    member.finish(vec![delivery]).await;
    member.leave().await;
    let mut next = bench.join(&topic).await;
    assert_eq!(next.texts(2).await, texts(0, [0, 2]));
}

pub(crate) async fn of_two_settlements_of_one_record_one_is_stale(bench: Bench) {
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], 4).await;
    let mut member = join_with_room_for(&bench, &topic, 2).await;
    let mut in_hand = member.deliveries(2).await;
    let said = |said: &str| vec![record(&results, 0, said)];
    // In hand twice.
    let again = taken_up(&bench, &member, &topic, 1).await;
    let first = member.settle(again, said("first")).await;
    assert!(matches!(first, Settled::Recorded(_)), "{first:?}");
    let second = in_hand.pop().unwrap().settle_with(said("second"));
    let with_another = second.and(in_hand.pop().unwrap());
    assert_eq!(
        member.settle_all(vec![with_another]).await,
        [Settled::Stale]
    );
    assert_eq!(bench.read_texts(&results).await, ["first"]);
    // Handed out in its turn while it is in hand out of turn.
    let before = taken_up(&bench, &member, &topic, 3).await;
    drop(member.delivery().await);
    let in_turn = loop {
        let delivery = member.delivery().await;
        if delivery.position().offset == 3 {
            break delivery;
        }
    };
    let settled = member
        .settle_all(vec![
            in_turn.settle_with(said("in turn")),
            before.settle_with(said("out of turn")),
        ])
        .await;
    assert!(
        matches!(settled[..], [Settled::Recorded(_), Settled::Stale]),
        "{settled:?}"
    );
    assert_eq!(bench.read_texts(&results).await, ["first", "in turn"]);
}

pub(crate) async fn what_is_settled_or_held_by_another_is_not_taken_up(bench: Bench) {
    let (topic, other) = (bench.topic("a", 2).await, bench.topic("b", 2).await);
    bench.fill(&topic, 0..2, 2).await;
    bench.fill(&other, [0], 1).await;
    let mut members = vec![bench.join(&topic).await, bench.join(&topic).await];
    drop(until_shared(&mut members, 2).await);
    let holds_0 = |member: &Member| member.held() == [0];
    let owner = members.iter().position(holds_0).unwrap();
    let elsewhere = take_up(&bench, &members[1 - owner], &topic, 1).await;
    assert!(matches!(elsewhere, TakenUp::NotHeld), "{elsewhere:?}");
    let not_its_topic = take_up(&bench, &members[owner], &other, 0).await;
    assert!(
        matches!(not_its_topic, TakenUp::NotHeld),
        "{not_its_topic:?}"
    );
    let delivery = taken_up(&bench, &members[owner], &topic, 1).await;
    members[owner].finish(vec![delivery]).await;
    let settled = take_up(&bench, &members[owner], &topic, 1).await;
    assert!(matches!(settled, TakenUp::Settled), "{settled:?}");
}

pub(crate) async fn what_the_log_could_not_keep_apart_is_not_taken_up(bench: Bench) {
    /// More than either log can keep apart one by one, if every other one is decided.
    const COUNT: usize = 600_000;
    let topic = bench.topic("a", 1).await;
    let nothing = |_| record(&topic, 0, "");
    let records: Vec<_> = (0..COUNT).map(nothing).collect();
    for chunk in records.chunks(100_000) {
        bench.log.append(chunk.to_vec()).await.unwrap();
    }
    let mut member = join_with_room_for(&bench, &topic, 1).await;
    let _first = member.delivery().await;
    let mut reader = {
        let from = ReadFrom::Only(BTreeMap::from([(0, 2)]));
        bench.log.read(&topic, from).await.unwrap()
    };
    let mut taken_up = Vec::new();
    let full_at = loop {
        let ReadEvent::Record(record) = reader.next().await.unwrap() else {
            panic!("all were taken up: {} of them", taken_up.len());
        };
        let offset = record.position.offset;
        if offset % 2 == 1 {
            continue;
        }
        match member.settler().take_up(record).await.unwrap() {
            TakenUp::Delivery(delivery) => taken_up.push(delivery),
            TakenUp::NoRoom => break offset,
            other => panic!("{other:?}"),
        }
        if taken_up.len() == 500 {
            member.finish(std::mem::take(&mut taken_up)).await;
        }
    };
    assert!(full_at > 1_000, "{full_at}");
    // What fits is recorded, and is known to a successor.
    member.finish(taken_up).await;
    member.leave().await;
    let mut next = join_with_room_for(&bench, &topic, 3).await;
    let offsets: Vec<i64> = next
        .deliveries(3)
        .await
        .iter()
        .map(|delivery| delivery.position().offset)
        .collect();
    assert_eq!(offsets, [0, 1, 3]);
}
