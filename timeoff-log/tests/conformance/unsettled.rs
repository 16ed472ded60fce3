//! Records that a group has not settled can be read from outside it, and the group does not notice.

use std::sync::Arc;

use timeoff_log::{ReadEvent, Reader, Settled};

use crate::bench::{Bench, DEADLINE, record, text, texts};
use crate::member::{of_partition, texts_of};

/// The group whose settlements are read.
const GROUP: &str = "group";

async fn read_unsettled(bench: &Bench, group: &str, topic: &str) -> Reader {
    // As another process would read it.
    let log = bench.opened_again().await;
    log.read_unsettled(&bench.named(group), topic, None)
        .await
        .unwrap()
}

/// Everything that comes until the reader is caught up, in the order of partitions.
async fn until_caught_up(reader: &mut Reader) -> Vec<String> {
    let mut records = Vec::new();
    loop {
        let event = tokio::time::timeout(DEADLINE, reader.next()).await;
        match event.expect("the reader comes to the end").unwrap() {
            ReadEvent::Record(record) => records.push(record),
            ReadEvent::CaughtUp => break,
            other => panic!("the reader says {other:?}"),
        }
    }
    // Stable: the order within a partition is the reader's.
    records.sort_by_key(|record| record.position.partition);
    records.iter().map(text).collect()
}

async fn unsettled(bench: &Bench, topic: &str) -> Vec<String> {
    until_caught_up(&mut read_unsettled(bench, GROUP, topic).await).await
}

/// Settles the records of one partition that have these indices, in any order, each with an output.
async fn settle_some(bench: &Bench, topic: &Arc<str>, partition: i32, these: &[usize]) {
    let results = bench.topic("r", 1).await;
    let mut member = bench.join_to_catch_up(topic).await;
    let (own, _) = of_partition(member.until_caught_up().await, partition);
    let wanted = texts(partition, these.iter().copied());
    for delivery in own {
        let told = text(delivery.record());
        if wanted.contains(&told) {
            let settled = member
                .settle(delivery, vec![record(&results, 0, &told)])
                .await;
            assert!(matches!(settled, Settled::Recorded(_)));
        }
    }
    member.leave().await;
}

pub(crate) async fn of_a_group_that_never_was_all_is_unsettled(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    assert!(unsettled(&bench, &topic).await.is_empty());
    bench.fill(&topic, 0..2, 3).await;
    let expected: Vec<_> = (0..2).flat_map(|p| texts(p, 0..3)).collect();
    assert_eq!(unsettled(&bench, &topic).await, expected);
}

pub(crate) async fn what_is_settled_in_any_order_does_not_come_and_what_is_not_does(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, 0..3, 6).await;
    settle_some(&bench, &topic, 1, &[0, 1, 3, 5]).await;
    let expected = [texts(0, 0..6), texts(1, [2, 4]), texts(2, 0..6)].concat();
    assert_eq!(unsettled(&bench, &topic).await, expected);

    settle_some(&bench, &topic, 1, &[2, 4]).await;
    settle_some(&bench, &topic, 2, &[0, 1, 2, 3, 4, 5]).await;
    assert_eq!(unsettled(&bench, &topic).await, texts(0, 0..6));

    let mut of_another = read_unsettled(&bench, "another", &topic).await;
    assert_eq!(until_caught_up(&mut of_another).await.len(), 18);
}

pub(crate) async fn what_is_unsettled_is_counted(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    assert_eq!(counts(&bench, &topic).await, [0, 0, 0]);
    bench.fill(&topic, 0..2, 6).await;
    assert_eq!(counts(&bench, &topic).await, [6, 6, 0]);
    settle_some(&bench, &topic, 1, &[0, 1, 3, 5]).await;
    assert_eq!(counts(&bench, &topic).await, [6, 2, 0]);
    bench.fill(&topic, 1..3, 1).await;
    assert_eq!(counts(&bench, &topic).await, [6, 3, 1]);
    settle_some(&bench, &topic, 1, &[2]).await;
    assert_eq!(counts(&bench, &topic).await, [6, 2, 1]);
}

/// How many records the group has not settled, per partition and in their order.
async fn counts(bench: &Bench, topic: &str) -> Vec<u64> {
    let group = bench.named(GROUP);
    let mut counts = Vec::new();
    for partition in 0..3 {
        let partition = [partition];
        let count = bench.log.count_unsettled(&group, topic, &partition);
        counts.push(count.await.unwrap());
    }
    let all = bench.log.count_unsettled(&group, topic, &[2, 0, 1]).await;
    assert_eq!(all.unwrap(), counts.iter().sum::<u64>());
    counts
}

pub(crate) async fn what_is_appended_later_follows(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 2).await;
    settle_some(&bench, &topic, 0, &[0, 1]).await;
    let mut reader = read_unsettled(&bench, GROUP, &topic).await;
    assert!(until_caught_up(&mut reader).await.is_empty());
    let later = record(&topic, 0, "later");
    bench.log.append(vec![later]).await.unwrap();
    let event = tokio::time::timeout(DEADLINE, reader.next()).await;
    match event.expect("what is appended comes").unwrap() {
        ReadEvent::Record(record) => assert_eq!(text(&record), "later"),
        other => panic!("the reader says {other:?}"),
    }
}

pub(crate) async fn reading_what_is_unsettled_takes_nothing_from_the_group(bench: Bench) {
    const ROUNDS: usize = 10;
    let topic = bench.topic("a", 2).await;
    let mut member = bench.join(&topic).await;
    member.until_it_holds(2).await;
    let mut readers = Vec::new();
    for round in 0..ROUNDS {
        let records = (0..2).map(|partition| record(&topic, partition, &format!("{round}")));
        bench.log.append(records.collect()).await.unwrap();
        let mut reader = read_unsettled(&bench, GROUP, &topic).await;
        assert_eq!(until_caught_up(&mut reader).await.len(), 2);
        readers.push(reader);
        // If reading had joined the group, it would have a share of this: it would not come here, or would be refused.
        let deliveries = member.deliveries(2).await;
        assert_eq!(
            texts_of(&deliveries),
            [format!("{round}"), format!("{round}")]
        );
        member.finish(deliveries).await;
        assert_eq!(member.held(), [0, 1]);
    }
}

pub(crate) async fn of_a_topic_that_does_not_exist_nothing_can_be_read(bench: Bench) {
    let topic = bench.named("missing");
    let Err(error) = bench.log.read_unsettled(GROUP, &topic, None).await else {
        panic!("it can be read");
    };
    assert!(error.to_string().contains(bench.log.address()), "{error}");
}
