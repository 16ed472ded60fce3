//! Settling: outputs and progress become visible together.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use timeoff_log::{Delivery, LogError, NewRecord, Position, Settled, Settling};

use crate::bench::{Bench, DEADLINE, record, text, texts};
use crate::member::{Member, texts_of};

/// The positions at which the outputs were recorded.
fn recorded(settled: Settled) -> Vec<Position> {
    match settled {
        Settled::Recorded(positions) => positions,
        other => panic!("{other:?}"),
    }
}

/// A result that repeats the delivery's text.
fn echo(results: &Arc<str>, delivery: &Delivery) -> NewRecord {
    record(results, 0, &text(delivery.record()))
}

/// The texts that are offered to a member of the test's group that joins now, sorted.
async fn still_offered(bench: &Bench, topic: &Arc<str>) -> Vec<String> {
    let mut member = bench.join_to_catch_up(topic).await;
    let mut texts = texts_of(&member.until_caught_up().await);
    member.leave().await;
    texts.sort();
    texts
}

pub(crate) async fn outputs_are_on_the_log_where_the_settlement_says(bench: Bench) {
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 2).await);
    bench.fill(&topic, [0], 3).await;
    let mut member = bench.join(&topic).await;
    for index in 0..3 {
        let delivery = member.delivery().await;
        let output = NewRecord {
            headers: vec![("index".into(), vec![index])],
            ..record(&results, i32::from(index % 2), &format!("result {index}"))
        };
        let positions = recorded(member.settle(delivery, vec![output.clone()]).await);
        assert_eq!(positions.len(), 1);
        let seen = bench.read_all(&results).await;
        let at_position = seen.iter().find(|r| r.position == positions[0]).unwrap();
        assert_eq!(at_position.key, output.key);
        assert_eq!(at_position.value, output.value);
        assert_eq!(at_position.headers, output.headers);
        assert_eq!(seen.len(), usize::from(index) + 1);
    }
}

pub(crate) async fn a_settled_delivery_is_offered_to_nobody_again(bench: Bench) {
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], 4).await;
    for index in 0..3 {
        // It is not offered again to a member that comes back, nor to others that have never been there.
        assert_eq!(still_offered(&bench, &topic).await, texts(0, index..4));
        let mut member = bench.join(&topic).await;
        let delivery = member.delivery().await;
        assert_eq!(text(delivery.record()), format!("0/{index}"));
        let output = echo(&results, &delivery);
        recorded(member.settle(delivery, vec![output]).await);
        // Nor is it offered to the member that has settled it: the next records come next.
        assert_eq!(member.texts(3 - index).await, texts(0, index + 1..4));
        member.leave().await;
    }
    let elsewhere = bench.opened_again().await;
    let mut member = Member::join(&elsewhere, bench.membership(&topic)).await;
    assert_eq!(member.texts(1).await, texts(0, 3..4));
    assert_eq!(bench.read_texts(&results).await, texts(0, 0..3));
}

pub(crate) async fn many_are_settled_at_once_with_several_outputs_each(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    let others = [bench.topic("r", 3).await, bench.topic("d", 3).await];
    bench.fill(&topic, 0..3, 100).await;
    let mut member = bench.join(&topic).await;
    let settlements: Vec<_> = member
        .deliveries(300)
        .await
        .into_iter()
        .enumerate()
        .map(|(index, delivery)| {
            // None, one, two or three outputs.
            let outputs: Vec<_> = (0..index % 4)
                .map(|part| {
                    let told = format!("{} part {part}", text(delivery.record()));
                    record(&others[part % 2], (index + part) as i32 % 3, &told)
                })
                .collect();
            delivery.settle_with(outputs)
        })
        .collect();
    let settled = member.settle_all(settlements).await;
    let mut places = BTreeSet::new();
    for (index, settled) in settled.into_iter().enumerate() {
        let positions = recorded(settled);
        assert_eq!(positions.len(), index % 4);
        for (part, position) in positions.into_iter().enumerate() {
            assert_eq!(position.topic, others[part % 2]);
            assert_eq!(position.partition, (index + part) as i32 % 3);
            places.insert(position);
        }
    }
    let mut seen = BTreeSet::new();
    for other in &others {
        let records = bench.read_all(other).await;
        seen.extend(records.into_iter().map(|record| record.position));
    }
    assert_eq!(seen, places);
    assert_eq!(seen.len(), 75 * (1 + 2 + 3));
    member.leave().await;
    assert!(still_offered(&bench, &topic).await.is_empty());
}

pub(crate) async fn a_delivery_settled_without_outputs_is_done(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 3).await;
    let mut member = bench.join(&topic).await;
    for _ in 0..5 {
        let delivery = member.delivery().await;
        let settled = member.settle(delivery, Vec::new()).await;
        assert_eq!(settled, Settled::Recorded(Vec::new()));
    }
    let last = texts_of(&[member.delivery().await]);
    member.leave().await;
    assert_eq!(still_offered(&bench, &topic).await, last);
}

pub(crate) async fn settling_nothing_records_nothing(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 1).await;
    let mut member = bench.join(&topic).await;
    assert!(member.settle_all(Vec::new()).await.is_empty());
    assert_eq!(member.texts(1).await, ["0/0"]);
    assert!(member.settle_all(Vec::new()).await.is_empty());
    member.leave().await;
    assert_eq!(still_offered(&bench, &topic).await, ["0/0"]);
}

pub(crate) async fn settlements_that_arrive_together_are_all_recorded(bench: Bench) {
    let (topic, results) = (bench.topic("a", 2).await, bench.topic("r", 1).await);
    bench.fill(&topic, 0..2, 50).await;
    let mut member = bench.join(&topic).await;
    let mut settling = Vec::new();
    for delivery in member.deliveries(100).await {
        let settler = member.settler();
        let output = echo(&results, &delivery);
        settling.push(tokio::spawn(async move {
            let settlement = delivery.settle_with(vec![output]);
            settler.settle(vec![settlement]).await.unwrap().remove(0)
        }));
    }
    let mut places = BTreeSet::new();
    for settling in settling {
        places.extend(recorded(settling.await.unwrap()));
    }
    assert_eq!(places.len(), 100);
    assert_eq!(bench.read_all(&results).await.len(), 100);
    member.leave().await;
    assert!(still_offered(&bench, &topic).await.is_empty());
}

pub(crate) async fn settlements_that_keep_coming_do_not_hold_back_the_first(bench: Bench) {
    // One settlement each millisecond: the first is recorded before the three seconds are over.
    const COUNT: usize = 3_000;
    const PAUSE: Duration = Duration::from_millis(1);
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], COUNT).await;
    let mut member = bench.join(&topic).await;
    let settler = member.settler();
    let mut settling = VecDeque::new();
    for delivery in member.deliveries(COUNT).await {
        let output = echo(&results, &delivery);
        settling.push_back(settler.begin(vec![delivery.settle_with(vec![output])]));
        if settling.front_mut().is_some_and(Settling::is_known) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    assert!(settling.len() < COUNT, "none was recorded while more came");
    for settling in settling {
        let settled = settling.outcome().await.unwrap();
        assert_eq!(settled.into_iter().map(recorded).count(), 1);
    }
}

pub(crate) async fn a_settlement_that_is_refused_comes_back_and_can_be_tried_again(bench: Bench) {
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], 2).await;
    let mut member = bench.join(&topic).await;
    let settlements = member
        .deliveries(2)
        .await
        .into_iter()
        .enumerate()
        .map(|(index, delivery)| {
            // There is no partition 1.
            let output = record(&results, index as i32, "result");
            delivery.settle_with(vec![output])
        })
        .collect();
    let settler = member.settler();
    let refused = tokio::time::timeout(DEADLINE, settler.settle(settlements))
        .await
        .expect("what can never be recorded is refused")
        .unwrap_err();
    assert!(refused.source.to_string().contains(bench.log.address()));
    assert!(bench.read_all(&results).await.is_empty());

    let deliveries: Vec<_> = refused
        .settlements
        .into_iter()
        .map(|settlement| settlement.into_delivery())
        .collect();
    assert_eq!(texts_of(&deliveries), texts(0, 0..2));
    for delivery in deliveries {
        let output = echo(&results, &delivery);
        recorded(member.settle(delivery, vec![output]).await);
    }
    assert_eq!(bench.read_texts(&results).await, texts(0, 0..2));
}

pub(crate) async fn a_settlement_that_is_refused_does_not_take_those_with_it_that_came_together(
    bench: Bench,
) {
    const COUNT: usize = 20;
    const REFUSED: usize = 7;
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], COUNT).await;
    let mut member = bench.join(&topic).await;
    let settler = member.settler();
    let settling: Vec<_> = member
        .deliveries(COUNT)
        .await
        .into_iter()
        .enumerate()
        .map(|(index, delivery)| {
            let output = match index {
                // There is no partition 1.
                REFUSED => record(&results, 1, "result"),
                _ => echo(&results, &delivery),
            };
            settler.begin(vec![delivery.settle_with(vec![output])])
        })
        .collect();
    let mut places = Vec::new();
    for (index, settling) in settling.into_iter().enumerate() {
        let settled = tokio::time::timeout(DEADLINE, settling.outcome())
            .await
            .expect("each is answered");
        match settled {
            Ok(mut settled) => places.extend(recorded(settled.remove(0))),
            Err(refused) => {
                assert_eq!(index, REFUSED);
                assert_eq!(refused.settlements.len(), 1);
            }
        }
    }
    assert_eq!(places.len(), COUNT - 1);
    let mut expected = texts(0, 0..COUNT);
    let refused = expected.remove(REFUSED);
    // Settlements are recorded in the order in which they were asked for.
    assert!(places.is_sorted());
    assert_eq!(bench.read_texts(&results).await, expected);
    member.leave().await;
    assert_eq!(still_offered(&bench, &topic).await, [refused]);
}

pub(crate) async fn what_is_being_settled_when_a_member_leaves_is_recorded_or_offered_again(
    bench: Bench,
) {
    const COUNT: usize = 100;
    let (topic, results) = (bench.topic("a", 1).await, bench.topic("r", 1).await);
    bench.fill(&topic, [0], COUNT).await;
    let mut member = bench.join(&topic).await;
    let mut settling = Vec::new();
    for delivery in member.deliveries(COUNT).await {
        let settler = member.settler();
        let told = text(delivery.record());
        let output = echo(&results, &delivery);
        settling.push(tokio::spawn(async move {
            let settled = settler
                .settle(vec![delivery.settle_with(vec![output])])
                .await;
            (told, settled)
        }));
    }
    // At least one is under way.
    let (first, settled) = settling.remove(0).await.unwrap();
    recorded(settled.unwrap().remove(0));
    member.leave().await;

    let mut done = vec![first];
    for settling in settling {
        match settling.await.unwrap() {
            (told, Ok(settled)) => {
                recorded(settled.into_iter().next().unwrap());
                done.push(told);
            }
            (_, Err(refused)) => assert!(matches!(refused.source, LogError::Closed)),
        }
    }
    done.sort();
    let mut results = bench.read_texts(&results).await;
    results.sort();
    assert_eq!(results, done);
    let mut all = texts(0, 0..COUNT);
    all.retain(|text| !done.contains(text));
    all.sort();
    assert_eq!(still_offered(&bench, &topic).await, all);
}
