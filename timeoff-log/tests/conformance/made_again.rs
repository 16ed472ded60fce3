//! A topic that is deleted and made again under the same name, and has grown past its groups' committed progress.

use std::sync::Arc;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use timeoff_log::{Delivery, Event, LogUrl, Subscription};

use crate::bench::{Bench, DEADLINE, on_kafka, record, text, texts};

/// A settlement with an output is a transaction. One without is a plain commit, which is what result readers use.
#[derive(Clone, Copy)]
enum By {
    Transaction,
    Commit,
}

#[test]
fn a_manager_that_comes_back_is_offered_all_of_a_topic_that_was_made_again() {
    on_kafka(async |bench: Bench| comes_back(&bench, By::Transaction).await);
}

#[test]
fn a_reader_that_comes_back_is_shown_all_of_a_topic_that_was_made_again() {
    on_kafka(async |bench: Bench| comes_back(&bench, By::Commit).await);
}

async fn comes_back(bench: &Bench, by: By) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 3).await;
    settle_some(bench, &topic, 3, by).await;

    make_again_while_a_commit_is_on_its_way(bench, &topic).await;
    fill_again(bench, &topic, 5).await;
    let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
    let (deliveries, made_again) = first(&mut member, 5).await;
    assert_eq!(told(&deliveries), again(0..5));
    assert_eq!(made_again, [(0, 0)]);
    // Settle a part, so that the group's commit now belongs to the new topic.
    settle(&mut member, bench, deliveries.into_iter().take(4), by).await;
    member.close().await;
    let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
    let (deliveries, made_again) = first(&mut member, 1).await;
    assert_eq!(told(&deliveries), again([4]));
    assert_eq!(made_again, []);
    member.close().await;
}

#[test]
fn a_group_beyond_the_end_of_a_topic_that_was_made_again_begins_anew() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        bench.fill(&topic, [0], 3).await;
        settle_some(&bench, &topic, 3, By::Transaction).await;
        make_again_while_a_commit_is_on_its_way(&bench, &topic).await;
        fill_again(&bench, &topic, 1).await;
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let (deliveries, made_again) = first(&mut member, 1).await;
        assert_eq!(told(&deliveries), again([0]));
        assert_eq!(made_again, [(0, 0)]);
        member.close().await;
    });
}

#[test]
fn a_running_member_is_offered_all_of_a_topic_that_is_made_again_under_it() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        bench.fill(&topic, [0], 4).await;
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let (mut deliveries, _) = first(&mut member, 4).await;
        let undecided = deliveries.pop();
        settle(&mut member, &bench, deliveries, By::Transaction).await;

        make_again(&bench, &topic).await;
        fill_again(&bench, &topic, 6).await;
        let (deliveries, made_again) = first(&mut member, 6).await;
        assert_eq!(told(&deliveries), again(0..6));
        assert_eq!(made_again, [(0, 0)]);
        // The deliveries in hand are from the deleted topic: deciding them would decide other applications.
        let results = bench.topic("r", 1).await;
        let of_deleted = undecided
            .map(|delivery| delivery.settle_with(vec![record(&results, 0, "decided")]))
            .into_iter()
            .collect();
        let outcome = member.settler().settle(of_deleted).await.unwrap();
        assert_eq!(outcome, [timeoff_log::Settled::Stale]);
        settle(&mut member, &bench, deliveries, By::Transaction).await;
        member.close().await;
    });
}

/// Retention, another member, a reset by another program, and a commit of an earlier version.
#[test]
fn nothing_else_is_taken_for_a_topic_that_was_made_again() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        bench.fill(&topic, [0], 6).await;
        settle_some(&bench, &topic, 2, By::Transaction).await;

        crate::moved::delete_below(&bench, &topic, 4).await;
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let (deliveries, made_again) = first(&mut member, 2).await;
        assert_eq!(told(&deliveries), texts(0, 4..6));
        assert_eq!(made_again, []);
        settle(
            &mut member,
            &bench,
            deliveries.into_iter().take(1),
            By::Commit,
        )
        .await;

        // Another process takes over, while the first is still there and afterwards.
        let other_log = bench.opened_again().await;
        let mut other = other_log.subscribe(bench.membership(&topic)).await.unwrap();
        member.close().await;
        let (deliveries, made_again) = first(&mut other, 1).await;
        assert_eq!(told(&deliveries), texts(0, [5]));
        assert_eq!(made_again, []);
        drop(deliveries);
        other.close().await;

        // Neither another program nor an earlier version names a topic's id.
        commit_as_another_program(&bench, &topic, 4);
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let (deliveries, made_again) = first(&mut member, 2).await;
        assert_eq!(told(&deliveries), texts(0, 4..6));
        assert_eq!(made_again, []);
        member.close().await;
    });
}

/// The first `count` deliveries, and the partitions that were reported before them as made again, each with its start.
async fn first(member: &mut Subscription, count: usize) -> (Vec<Delivery>, Vec<(i32, i64)>) {
    let (mut deliveries, mut made_again) = (Vec::new(), Vec::new());
    while deliveries.len() < count {
        let next = tokio::time::timeout(DEADLINE, member.next()).await;
        match next.expect("what is waited for comes").unwrap() {
            Event::Delivery(delivery) => deliveries.push(delivery),
            Event::MadeAgain {
                partition,
                starts_at,
                ..
            } => made_again.push((partition, starts_at)),
            _ => {}
        }
    }
    (deliveries, made_again)
}

/// Has the test's group settle the first `count` records, and leaves it.
async fn settle_some(bench: &Bench, topic: &Arc<str>, count: usize, by: By) {
    let mut member = bench.log.subscribe(bench.membership(topic)).await.unwrap();
    let (deliveries, made_again) = first(&mut member, count).await;
    assert_eq!(made_again, []);
    settle(&mut member, bench, deliveries.into_iter().take(count), by).await;
    member.close().await;
}

async fn settle(
    member: &mut Subscription,
    bench: &Bench,
    deliveries: impl IntoIterator<Item = Delivery>,
    by: By,
) {
    let results = bench.topic("r", 1).await;
    let settlements: Vec<_> = deliveries
        .into_iter()
        .map(|delivery| {
            delivery.settle_with(match by {
                By::Transaction => vec![record(&results, 0, "decided")],
                By::Commit => Vec::new(),
            })
        })
        .collect();
    let outcomes = member.settler().settle(settlements).await.unwrap();
    for outcome in outcomes {
        assert!(matches!(outcome, timeoff_log::Settled::Recorded(_)));
    }
}

fn told(deliveries: &[Delivery]) -> Vec<String> {
    deliveries.iter().map(|d| text(d.record())).collect()
}

fn again(indices: impl IntoIterator<Item = usize>) -> Vec<String> {
    indices.into_iter().map(|i| format!("again {i}")).collect()
}

fn client(bench: &Bench) -> ClientConfig {
    let LogUrl::Kafka(servers) = &bench.url else {
        panic!("the log is a cluster");
    };
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", servers)
        .set("broker.address.family", "v4");
    config
}

/// When a topic is deleted, Kafka also deletes the groups' commits for it. A member that has not heard of the deletion
/// yet commits after that, and its commit stays.
async fn make_again_while_a_commit_is_on_its_way(bench: &Bench, topic: &Arc<str>) {
    let consumer: BaseConsumer = client(bench)
        .set("group.id", bench.membership(topic).group)
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition(topic, 0);
    let committed = consumer.committed_offsets(list, DEADLINE).unwrap();
    make_again(bench, topic).await;
    consumer.commit(&committed, CommitMode::Sync).unwrap();
}

/// Deletes the topic, and makes it again as soon as the cluster permits.
async fn make_again(bench: &Bench, topic: &str) {
    let admin: AdminClient<DefaultClientContext> = client(bench).create().unwrap();
    let options = AdminOptions::new();
    let deleted = admin.delete_topics(&[topic], &options).await.unwrap();
    assert!(deleted[0].is_ok(), "{deleted:?}");
    let making = async {
        loop {
            let new = NewTopic::new(topic, 1, TopicReplication::Fixed(1));
            let made = admin.create_topics(&[new], &options).await.unwrap();
            match &made[0] {
                Ok(_) => return,
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    };
    tokio::time::timeout(DEADLINE, making)
        .await
        .expect("the topic can be made again");
}

/// Fills the topic as a process would that has not known the deleted one.
async fn fill_again(bench: &Bench, topic: &Arc<str>, count: usize) {
    let log = bench.opened_again().await;
    let records = again(0..count);
    let records = records.iter().map(|text| record(topic, 0, text)).collect();
    let positions = log.append(records).await.unwrap();
    assert_eq!(positions[0].offset, 0, "it is another topic");
}

/// Moves the group's offset as `kafka-consumer-groups --reset-offsets` does, and as an earlier version did, which wrote
/// no ids.
fn commit_as_another_program(bench: &Bench, topic: &Arc<str>, offset: i64) {
    let consumer: BaseConsumer = client(bench)
        .set("group.id", bench.membership(topic).group)
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Offset(offset))
        .unwrap();
    consumer.commit(&list, CommitMode::Sync).unwrap();
}
