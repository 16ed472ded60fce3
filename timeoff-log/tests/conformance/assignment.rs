//! Sharing partitions among the members of a group.

use timeoff_log::{Assignment, Event};

use crate::bench::{Bench, texts};
use crate::member::{Member, texts_of, until_shared};

pub(crate) async fn the_first_assignment_tells_all_that_is_gained(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, 0..3, 1).await;
    let mut member = bench.join(&topic).await;
    // SQLite and Kafka may both hand over partitions one after the other; usually they come at once.
    let mut gained = Vec::new();
    while gained.len() < 3 {
        match member.event().await {
            Event::Assignment(Assignment {
                held,
                gained: new,
                lost,
                unsettled,
            }) => {
                assert_eq!(unsettled, new, "the group has settled nothing");
                gained.extend(new);
                gained.sort();
                assert_eq!((held, lost), (gained.clone(), vec![]));
            }
            other => panic!("{other:?} comes before partition 2 is assigned"),
        }
    }
    assert_eq!(gained, [0, 1, 2]);
}

pub(crate) async fn a_second_member_gets_its_share_and_the_first_keeps_the_rest(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    let mut first = bench.join(&topic).await;
    first.until_it_holds(3).await;
    let second = bench.join(&topic).await;
    let mut members = [first, second];
    until_shared(&mut members, 3).await;
    assert_eq!(members[0].held().len(), 2);
    assert_eq!(members[1].held().len(), 1);

    // Both are handed the new records, each from its own partitions.
    bench.fill(&topic, 0..3, 1).await;
    for member in &mut members {
        let held = member.held();
        let mut came = member.texts(held.len()).await;
        came.sort();
        let expected: Vec<_> = held.into_iter().flat_map(|p| texts(p, 0..1)).collect();
        assert_eq!(came, expected);
    }
}

pub(crate) async fn of_four_members_on_three_partitions_one_holds_none_and_is_told_so(
    bench: Bench,
) {
    let topic = bench.topic("a", 3).await;
    let mut members = Vec::new();
    for _ in 0..4 {
        members.push(bench.join(&topic).await);
    }
    // Waits until each member has an assignment, the one without partitions too.
    until_shared(&mut members, 3).await;
    let without: Vec<_> = members.iter().filter(|m| m.held().is_empty()).collect();
    assert_eq!(without.len(), 1);
}

pub(crate) async fn the_partitions_of_a_member_that_leaves_go_to_the_others(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    let mut members = Vec::new();
    for _ in 0..3 {
        members.push(bench.join(&topic).await);
    }
    until_shared(&mut members, 3).await;
    members.remove(1).leave().await;
    until_shared(&mut members, 3).await;
    members.remove(0).leave().await;
    until_shared(&mut members, 3).await;

    bench.fill(&topic, 0..3, 1).await;
    let mut came = members[0].texts(3).await;
    came.sort();
    assert_eq!(came, ["0/0", "1/0", "2/0"]);
}

pub(crate) async fn a_member_that_is_dropped_leaves_as_well(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    let mut members = vec![bench.join(&topic).await, bench.join(&topic).await];
    until_shared(&mut members, 2).await;
    drop(members.remove(0));
    until_shared(&mut members, 2).await;
}

pub(crate) async fn groups_do_not_share_with_each_other(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    bench.fill(&topic, 0..2, 3).await;
    let of_group = |what: &str| timeoff_log::Membership {
        group: bench.named(what).to_string(),
        announce_caught_up: true,
        ..bench.membership(&topic)
    };
    let mut first = Member::join(&bench.log, of_group("one")).await;
    let deliveries = first.until_caught_up().await;
    first.finish(deliveries).await;

    let mut other = Member::join(&bench.log, of_group("other")).await;
    let mut came = texts_of(&other.until_caught_up().await);
    came.sort();
    assert_eq!(came, ["0/0", "0/1", "0/2", "1/0", "1/1", "1/2"]);
    assert_eq!(first.held(), [0, 1]);
    assert_eq!(other.held(), [0, 1]);
}

pub(crate) async fn members_of_one_group_may_read_different_topics(bench: Bench) {
    let (a, b) = (bench.topic("a", 2).await, bench.topic("b", 3).await);
    let mut of_a = bench.join(&a).await;
    let mut of_b = bench.join(&b).await;
    of_a.until_it_holds(2).await;
    of_b.until_it_holds(3).await;
    bench.fill(&a, [1], 3).await;
    bench.fill(&b, [2], 3).await;
    let deliveries = of_a.deliveries(3).await;
    assert_eq!(texts_of(&deliveries), texts(1, 0..3));
    of_a.finish(deliveries).await;
    let deliveries = of_b.deliveries(3).await;
    assert_eq!(texts_of(&deliveries), texts(2, 0..3));
    of_b.finish(deliveries).await;
}
