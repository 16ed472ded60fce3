use std::time::{Duration, Instant};

use rusqlite::params;

use super::{Fixture, PARTITIONS, assignment, delivery, find, next, record};
use crate::error::LogError;
use crate::subscription::{Event, Settled};

/// A member as a killed process leaves it: its row is there, its beat no longer moves.
fn leave_a_killed_members_traces(fixture: &Fixture, group: &str) {
    let raw = fixture.raw();
    raw.execute(
        "INSERT INTO group_members (group_name, topic, beat) VALUES (?1, 1, 7)",
        [group],
    )
    .expect("is inserted");
    let member = raw.last_insert_rowid();
    for partition in 0..PARTITIONS {
        raw.execute(
            "INSERT INTO group_partitions VALUES (?1, 1, ?2, ?3, 1, 0, '')",
            params![group, partition, member],
        )
        .expect("is inserted");
    }
}

#[tokio::test]
async fn what_a_killed_member_held_is_taken_over_within_two_seconds() {
    let fixture = Fixture::new().await;
    leave_a_killed_members_traces(&fixture, "g");
    let began = Instant::now();
    let mut subscription = fixture.join("g").await;
    let first = find(&mut subscription, assignment).await;
    assert!(first.held.is_empty(), "it is not known to be dead yet");
    let second = find(&mut subscription, assignment).await;
    assert_eq!(second.held, [0, 1, 2]);
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn who_joins_is_given_a_share_and_who_leaves_gives_it_back() {
    let fixture = Fixture::new().await;
    let mut first = fixture.join("g").await;
    assert_eq!(find(&mut first, assignment).await.held, [0, 1, 2]);
    let mut second = fixture.join("g").await;
    let lost = find(&mut first, assignment).await;
    assert_eq!(lost.held, [0, 1]);
    assert_eq!(lost.lost, [2]);
    loop {
        let share = find(&mut second, assignment).await;
        if share.held == [2] {
            break;
        }
        assert!(share.held.is_empty());
    }
    first.close().await;
    let all = find(&mut second, assignment).await;
    assert_eq!(all.held, [0, 1, 2]);
    assert_eq!(all.gained, [0, 1]);
    drop(second);
    let mut third = fixture.join("g").await;
    loop {
        if find(&mut third, assignment).await.held == [0, 1, 2] {
            break;
        }
    }
}

#[tokio::test]
async fn a_member_taken_for_dead_records_nothing_and_joins_anew() {
    let fixture = Fixture::new().await;
    let mut subscription = fixture.join("g").await;
    assert_eq!(find(&mut subscription, assignment).await.held, [0, 1, 2]);
    fixture.append(1, 1).await;
    let stale = find(&mut subscription, delivery).await;
    let raw = fixture.raw();
    // What another member does when it takes this one for dead.
    raw.execute_batch(
        "BEGIN IMMEDIATE; \
         DELETE FROM group_members; \
         UPDATE group_partitions SET owner = NULL, generation = generation + 1; \
         COMMIT;",
    )
    .expect("is done");
    let settled = subscription
        .settler()
        .settle(vec![stale.settle_with(vec![record(2)])])
        .await
        .expect("an answer");
    assert_eq!(settled, [Settled::Stale]);
    let lost = find(&mut subscription, assignment).await;
    assert_eq!(lost.lost, [0, 1, 2]);
    let again = find(&mut subscription, assignment).await;
    assert_eq!(again.gained, [0, 1, 2]);
    let fresh = find(&mut subscription, delivery).await;
    assert_eq!(fresh.position().offset, 0);
    let settled = subscription
        .settler()
        .settle(vec![fresh.settle_with(vec![record(2)])])
        .await
        .expect("an answer");
    assert!(
        matches!(&settled[..], [Settled::Recorded(positions)] if positions[0].offset == 0),
        "{settled:?}"
    );
}

#[tokio::test]
async fn a_delivery_is_recorded_once_also_within_one_batch() {
    let fixture = Fixture::new().await;
    fixture.append(0, 2).await;
    let mut subscription = fixture.join("g").await;
    let first = find(&mut subscription, delivery).await;
    let second = find(&mut subscription, delivery).await;
    subscription.close().await;
    let mut subscription = fixture.join("g").await;
    let settled = subscription
        .settler()
        .settle(vec![first.settle_with(vec![]), second.settle_with(vec![])])
        .await
        .expect("an answer");
    assert_eq!(
        settled,
        [Settled::Stale, Settled::Stale],
        "another subscription's deliveries"
    );
    let first = find(&mut subscription, delivery).await;
    let settled = subscription
        .settler()
        .settle(vec![first.settle_with(vec![])])
        .await
        .expect("an answer");
    assert_eq!(settled, [Settled::Recorded(vec![])]);
}

#[tokio::test]
async fn a_state_that_cannot_be_read_ends_the_stream() {
    let fixture = Fixture::new().await;
    fixture.join("g").await.close().await;
    fixture
        .raw()
        .execute(
            "UPDATE group_partitions SET ranges = '!' WHERE partition = 1",
            [],
        )
        .expect("is set");
    let mut subscription = fixture.join("g").await;
    loop {
        match subscription.next().await {
            Ok(Event::Assignment(share)) => assert!(!share.held.contains(&1)),
            Ok(other) => panic!("{other:?}"),
            Err(LogError::UnknownProgress {
                group, partition, ..
            }) => {
                assert_eq!((group.as_str(), partition), ("g", 1));
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(matches!(subscription.next().await, Err(LogError::Closed)));
}

#[tokio::test]
async fn records_that_were_removed_before_they_were_settled_are_told_as_expired() {
    let fixture = Fixture::new().await;
    fixture.append(0, 10).await;
    fixture.append(1, 5).await;
    fixture.join("g").await.close().await;
    fixture
        .raw()
        .execute(
            "DELETE FROM records WHERE partition = 1 OR (partition = 0 AND offset < 4)",
            [],
        )
        .expect("are removed");
    let mut subscription = fixture.join("g").await;
    let mut expired = Vec::new();
    let mut offsets = Vec::new();
    loop {
        match next(&mut subscription).await {
            Event::Expired {
                partition,
                lost,
                resumed_at,
                group_was_there: true,
                ..
            } => expired.push((partition, lost, resumed_at)),
            Event::Delivery(delivery) => offsets.push(delivery.position().offset),
            Event::CaughtUp => break,
            _ => {}
        }
    }
    expired.sort_unstable();
    assert_eq!(expired, [(0, 4, 4), (1, 5, 5)]);
    assert_eq!(offsets, [4, 5, 6, 7, 8, 9]);
    // For a group that has never read the topic, records that were removed earlier are not lost.
    let mut newcomer = fixture.join("newcomer").await;
    loop {
        match next(&mut newcomer).await {
            Event::Expired { .. } => panic!("nothing is lost to it"),
            Event::CaughtUp => break,
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_removed_record_before_many_decided_ones_does_not_hold_up_those_behind_them() {
    const DECIDED: usize = 1_000;
    let fixture = Fixture::new().await;
    fixture.append(0, DECIDED + 1).await;
    let mut subscription = fixture.join("g").await;
    let left = find(&mut subscription, delivery).await;
    for _ in 0..DECIDED {
        let delivery = find(&mut subscription, delivery).await;
        let settlement = delivery.settle_with(vec![]);
        subscription
            .settler()
            .settle(vec![settlement])
            .await
            .expect("an answer");
    }
    drop(left);
    subscription.close().await;
    fixture
        .raw()
        .execute("DELETE FROM records WHERE offset = 0", [])
        .expect("is removed");
    fixture.append(0, 1).await;
    let mut subscription = fixture.join("g").await;
    let lost = |event| match event {
        Event::Expired { lost, .. } => Some(lost),
        _ => None,
    };
    assert_eq!(find(&mut subscription, lost).await, 1);
    let behind = find(&mut subscription, delivery).await;
    assert_eq!(behind.position().offset, DECIDED as i64 + 1);
}

#[tokio::test]
async fn a_member_without_partitions_is_caught_up_when_the_others_have_settled() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    let mut all: Vec<_> = Vec::new();
    for _ in 0..PARTITIONS {
        all.push(fixture.join("g").await);
    }
    let held = find(&mut all[0], delivery).await;
    let mut idle = fixture.join("g").await;
    assert!(find(&mut idle, assignment).await.held.is_empty());
    fixture.append(0, 1).await;
    assert!(
        idle.try_next().expect("no end").is_none(),
        "one is not settled"
    );
    all[0]
        .settler()
        .settle(vec![held.settle_with(vec![])])
        .await
        .expect("an answer");
    let caught_up = |event| matches!(event, Event::CaughtUp).then_some(());
    find(&mut idle, caught_up).await;
}
