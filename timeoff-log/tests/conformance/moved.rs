//! Partitions that move while something else is going on: each test stands for a defect that once existed.

use std::sync::Arc;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use timeoff_log::{
    Delivery, Event, LogError, LogUrl, Membership, Settled, Settlement, Subscription,
};

use crate::bench::{Bench, DEADLINE, on_kafka, record, text};

/// Takes events until `is_enough` is true for the deliveries so far and the partitions held.
async fn take(
    member: &mut Subscription,
    deliveries: &mut Vec<Delivery>,
    held: &mut Vec<i32>,
    is_enough: impl Fn(&[Delivery], &[i32]) -> bool,
) {
    let taking = async {
        while !is_enough(deliveries, held) {
            match member.next().await.unwrap() {
                Event::Delivery(delivery) => deliveries.push(delivery),
                Event::Assignment(assignment) => *held = assignment.held,
                _ => {}
            }
        }
    };
    tokio::time::timeout(DEADLINE, taking)
        .await
        .expect("what is waited for comes");
}

pub(crate) async fn a_partition_that_left_a_full_member_is_handed_out_when_it_comes_back(
    bench: Bench,
) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 4).await;
    let full = Membership {
        max_in_hand: 2,
        ..bench.membership(&topic)
    };
    let mut first = bench.log.subscribe(full).await.unwrap();
    let (mut in_hand, mut held) = (Vec::new(), Vec::new());
    take(&mut first, &mut in_hand, &mut held, |got, _| got.len() == 2).await;

    let other_log = bench.opened_again().await;
    let mut second = other_log.subscribe(bench.membership(&topic)).await.unwrap();
    let (mut seen, mut share) = (Vec::new(), Vec::new());
    take(&mut second, &mut seen, &mut share, |got, _| !got.is_empty()).await;
    drop(seen);
    second.close().await;

    take(&mut first, &mut in_hand, &mut held, |_, held| {
        held.len() == 2
    })
    .await;
    in_hand.clear();
    // Each delivery is dropped as it comes; a record that is handed out again after the move counts once.
    let mut told: Vec<String> = Vec::new();
    while !(0..2).all(|partition| told.contains(&format!("{partition}/3"))) {
        let mut one = Vec::new();
        take(&mut first, &mut one, &mut held, |got, _| !got.is_empty()).await;
        told.extend(one.iter().map(|delivery| text(delivery.record())));
    }
    first.close().await;
}

#[test]
fn a_decision_whose_result_was_slow_is_stale_if_its_partition_moved_meanwhile() {
    on_kafka(async |bench: Bench| {
        let (topic, results) = (bench.topic("a", 2).await, bench.topic("r", 2).await);
        bench.fill(&topic, 0..2, 1).await;
        // The result lingers in the producer, which is as good as a broker that is slow to acknowledge it.
        let slow_log = bench.opened_with(&["linger.ms=6000"]).await;
        let mut slow = slow_log.subscribe(bench.membership(&topic)).await.unwrap();
        let (mut waiting, mut held) = (Vec::new(), Vec::new());
        take(&mut slow, &mut waiting, &mut held, |got, _| got.len() == 2).await;
        let settler = slow.settler();
        let batch = decisions(waiting, &results, "slow");
        let deciding = tokio::spawn(async move { settler.settle(batch).await.unwrap() });

        let quick_log = bench.opened_again().await;
        let mut quick = quick_log.subscribe(bench.membership(&topic)).await.unwrap();
        let (mut taken_over, mut share) = (Vec::new(), Vec::new());
        take(&mut quick, &mut taken_over, &mut share, |got, _| {
            !got.is_empty()
        })
        .await;
        assert!(!deciding.is_finished(), "the result was slow enough");
        let moved = taken_over[0].position().partition;

        let outcome = deciding.await.unwrap();
        assert_eq!(outcome[moved as usize], Settled::Stale);
        assert!(matches!(outcome[1 - moved as usize], Settled::Recorded(_)));
        let batch = decisions(taken_over, &results, "quick");
        let outcome = quick.settler().settle(batch).await.unwrap();
        assert!(matches!(outcome[..], [Settled::Recorded(_)]));
        let mut told = bench.read_texts(&results).await;
        told.sort();
        let mut expected = [format!("quick {moved}"), format!("slow {}", 1 - moved)];
        expected.sort();
        assert_eq!(told, expected);
        slow.close().await;
        quick.close().await;
    });
}

/// Decisions in the order of the partitions.
fn decisions(mut deliveries: Vec<Delivery>, results: &Arc<str>, by: &str) -> Vec<Settlement> {
    deliveries.sort_by_key(|delivery| delivery.position().partition);
    deliveries
        .into_iter()
        .map(|delivery| {
            let partition = delivery.position().partition;
            let output = record(results, partition, &format!("{by} {partition}"));
            delivery.settle_with(vec![output])
        })
        .collect()
}

#[test]
fn a_member_goes_on_behind_what_retention_took_and_says_how_much_it_was() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        bench.fill(&topic, [0], 10).await;
        let little = Membership {
            max_in_hand: 2,
            ..bench.membership(&topic)
        };
        let mut member = bench.log.subscribe(little).await.unwrap();
        let (mut in_hand, mut held) = (Vec::new(), Vec::new());
        take(&mut member, &mut in_hand, &mut held, |got, _| {
            got.len() == 2
        })
        .await;
        // Decide these, so that the group has an offset; two more are in hand.
        let batch = in_hand
            .drain(..)
            .map(|delivery| delivery.settle_with(Vec::new()))
            .collect();
        member.settler().settle(batch).await.unwrap();
        take(&mut member, &mut in_hand, &mut held, |got, _| {
            got.len() == 2
        })
        .await;
        delete_below(&bench, &topic, 8).await;
        in_hand.clear();

        let mut lost = None;
        let mut told = Vec::new();
        while told.last().is_none_or(|last| last != "0/9") {
            match tokio::time::timeout(DEADLINE, member.next())
                .await
                .expect("it goes on")
                .unwrap()
            {
                Event::Delivery(delivery) => told.push(text(delivery.record())),
                Event::Expired {
                    lost: count,
                    resumed_at,
                    ..
                } => lost = Some((count, resumed_at)),
                _ => {}
            }
        }
        // Some records may have been fetched ahead. Those that were undecided below the first existing one are reported
        // as lost.
        if let Some((count, resumed_at)) = lost {
            assert_eq!(resumed_at, 8);
            assert!((1..=6).contains(&count), "{count}");
        }
        assert!(
            lost.is_some() || told.contains(&"0/4".to_owned()),
            "{told:?}"
        );
        member.close().await;
    });
}

/// A group that has decided nothing has no offset: it may have been there before, or be new.
#[test]
fn what_expires_before_a_groups_first_decision_is_told_without_calling_it_lost() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        bench.fill(&topic, [0], 4).await;
        delete_below(&bench, &topic, 3).await;
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let (delivery, expired) = first_delivery(&mut member).await;
        assert_eq!(text(delivery.record()), "0/3");
        assert!(
            matches!(
                expired[..],
                [Event::Expired {
                    partition: 0,
                    lost: 3,
                    resumed_at: 3,
                    group_was_there: false,
                    ..
                }]
            ),
            "{expired:?}"
        );
        let settled = vec![delivery.settle_with(Vec::new())];
        member.settler().settle(settled).await.unwrap();
        member.close().await;

        // With its first decision, the group has an offset: nothing is reported again, and what expires now counts as
        // lost.
        bench.fill(&topic, [0], 3).await;
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let (_, expired) = first_delivery(&mut member).await;
        assert!(expired.is_empty(), "{expired:?}");
        member.close().await;
        delete_below(&bench, &topic, 6).await;
        let mut member = bench.log.subscribe(bench.membership(&topic)).await.unwrap();
        let (_, expired) = first_delivery(&mut member).await;
        assert!(
            matches!(
                expired[..],
                [Event::Expired {
                    lost: 2,
                    resumed_at: 6,
                    group_was_there: true,
                    ..
                }]
            ),
            "{expired:?}"
        );
        member.close().await;
    });
}

/// The first delivery, and what was reported as expired before it.
async fn first_delivery(member: &mut Subscription) -> (Delivery, Vec<Event>) {
    let mut expired = Vec::new();
    loop {
        match tokio::time::timeout(DEADLINE, member.next())
            .await
            .expect("a delivery comes")
            .unwrap()
        {
            Event::Delivery(delivery) => return (delivery, expired),
            event @ Event::Expired { .. } => expired.push(event),
            _ => {}
        }
    }
}

#[test]
fn of_a_group_beyond_the_end_of_its_topic_both_causes_are_told_each_with_its_remedy() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        bench.fill(&topic, [0], 3).await;
        let membership = bench.membership(&topic);
        let LogUrl::Kafka(servers) = &bench.url else {
            panic!("the log is a cluster");
        };
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", servers)
            .set("broker.address.family", "v4")
            .set("group.id", &membership.group)
            .create()
            .unwrap();
        let mut beyond = TopicPartitionList::new();
        beyond
            .add_partition_offset(&topic, 0, Offset::Offset(4))
            .unwrap();
        consumer.commit(&beyond, CommitMode::Sync).unwrap();
        let mut member = bench.log.subscribe(membership).await.unwrap();
        let error = loop {
            match tokio::time::timeout(DEADLINE, member.next()).await.unwrap() {
                Ok(Event::Delivery(delivery)) => panic!("{delivery:?}"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        let remedy = error.remedy().expect("something can be done");
        let message = format!("{error}; {remedy}");
        assert!(
            matches!(
                error,
                LogError::BeyondEnd {
                    offset: 4,
                    end: 3,
                    ..
                }
            ),
            "{message}"
        );
        for part in [
            "offset 4",
            "ends at 3",
            "deleted and made again",
            "--to-earliest",
            "its end was lost",
            "twice",
            "--to-offset",
        ] {
            assert!(message.contains(part), "{part:?} is not in {message:?}");
        }
    });
}

pub(crate) async fn delete_below(bench: &Bench, topic: &str, offset: i64) {
    let LogUrl::Kafka(servers) = &bench.url else {
        panic!("the log is a cluster");
    };
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("broker.address.family", "v4")
        .create()
        .unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, 0, Offset::Offset(offset))
        .unwrap();
    admin
        .delete_records(&list, &AdminOptions::new())
        .await
        .unwrap();
}
