use futures_util::FutureExt as _;

use super::{Fixture, TOPIC, record};
use crate::sqlite::hand_out::Flow;
use crate::sqlite::member::Member;
use crate::subscription::{Delivery, Event, Membership, Subscription};

/// Takes steps until nothing more is handed out for now. Returns what is left to do, and what was handed out.
fn step_on(member: &mut Member, subscription: &mut Subscription) -> (Flow, Vec<Delivery>) {
    let flow = loop {
        match member.step().expect("the log answers") {
            Flow::More => {}
            flow => break flow,
        }
    };
    let mut deliveries = Vec::new();
    while let Some(event) = subscription.try_next().expect("goes on") {
        match event {
            Event::Delivery(delivery) => deliveries.push(delivery),
            Event::Assignment(_) => {}
            other => panic!("{other:?}"),
        }
    }
    (flow, deliveries)
}

#[tokio::test]
async fn a_member_whose_hands_are_full_of_bytes_waits_and_looks_for_nothing() {
    const LARGE: usize = 1_000_000;
    let fixture = Fixture::new().await;
    let mut large = record(0);
    large.value = Some(vec![0; LARGE]);
    let records = vec![large; 8];
    fixture.log.append(records).await.expect("appends");
    let membership = Membership {
        group: "g".to_owned(),
        topic: TOPIC.into(),
        alongside: Vec::new(),
        max_in_hand: 10_000,
        max_bytes_in_hand: 4 * LARGE,
        announce_caught_up: false,
    };
    let (mut subscription, channels) = Subscription::new();
    let file = &fixture.log.file;
    let mut member = Member::new(file, &membership, channels.events).expect("joins");
    member.keep_seat().expect("has a seat");

    let (flow, mut in_hand) = step_on(&mut member, &mut subscription);
    assert_eq!((flow, in_hand.len()), (Flow::NoRoom, 4));
    for left in [4, 2] {
        for _ in 0..20 {
            let waiting = member.room().now_or_never();
            assert_eq!(waiting, None, "there is room, {left} left");
            let (flow, more) = step_on(&mut member, &mut subscription);
            assert_eq!((flow, more.len()), (Flow::NoRoom, 0), "{left} left");
        }
        in_hand.truncate(2);
        let woken = member.room().now_or_never();
        assert_eq!(woken, Some(()), "there is no room, {left} left");
        let (_, more) = step_on(&mut member, &mut subscription);
        assert_eq!(more.len(), 2, "{left} left");
        in_hand.extend(more);
    }
    drop(in_hand);
    let (flow, more) = step_on(&mut member, &mut subscription);
    assert_eq!((flow, more.len()), (Flow::Nothing, 0));
}

#[tokio::test]
async fn large_records_of_one_partition_do_not_keep_those_of_another_waiting() {
    const LARGE: usize = 400_000;
    let fixture = Fixture::new().await;
    for partition in 0..3 {
        let mut large = record(partition);
        large.value = Some(vec![0; LARGE]);
        let records = vec![large; 12];
        fixture.log.append(records).await.expect("appends");
    }
    let membership = Membership {
        group: "g".to_owned(),
        topic: TOPIC.into(),
        alongside: Vec::new(),
        max_in_hand: 10_000,
        max_bytes_in_hand: 2 * LARGE,
        announce_caught_up: false,
    };
    let (mut subscription, channels) = Subscription::new();
    let file = &fixture.log.file;
    let mut member = Member::new(file, &membership, channels.events).expect("joins");
    member.keep_seat().expect("has a seat");

    let mut handed_out = [0; 3];
    for _ in 0..6 {
        let (_, deliveries) = step_on(&mut member, &mut subscription);
        assert_eq!(deliveries.len(), 2);
        for delivery in &deliveries {
            handed_out[delivery.position().partition as usize] += 1;
        }
        // A step taken before there is room again, as happens at each poll.
        step_on(&mut member, &mut subscription);
    }
    assert_eq!(handed_out, [4, 4, 4]);
}
