//! Delivering records to the members of a group.

use std::collections::BTreeSet;

use crate::bench::{Bench, record, texts};
use crate::member::{of_partition, texts_of, until_shared};

pub(crate) async fn a_new_group_begins_at_the_first_record(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    bench.fill(&topic, [0], 5).await;
    let mut member = bench.join(&topic).await;
    assert_eq!(member.texts(5).await, texts(0, 0..5));
}

pub(crate) async fn deliveries_come_in_the_order_of_their_partition(bench: Bench) {
    let topic = bench.topic("a", 3).await;
    bench.fill(&topic, 0..3, 1_000).await;
    let mut member = bench.join(&topic).await;
    let mut deliveries = member.deliveries(3_000).await;
    for partition in 0..3 {
        let (own, others) = of_partition(deliveries, partition);
        assert_eq!(texts_of(&own), texts(partition, 0..1_000));
        deliveries = others;
    }
}

pub(crate) async fn what_is_appended_later_is_delivered(bench: Bench) {
    let topic = bench.topic("a", 2).await;
    let writer = bench.opened_again().await;
    let mut member = bench.join(&topic).await;
    member.until_it_holds(2).await;
    for index in 0..100 {
        let later = format!("later {index}");
        let record = record(&topic, index % 2, &later);
        let position = writer.append(vec![record]).await.unwrap().remove(0);
        let delivery = member.delivery().await;
        assert_eq!(texts_of(&[delivery]), [later]);
        assert_eq!(position.partition, index % 2);
    }
}

pub(crate) async fn members_are_handed_each_record_once_between_them(bench: Bench) {
    let topic = bench.topic("a", 4).await;
    let mut members = vec![bench.join(&topic).await, bench.join(&topic).await];
    until_shared(&mut members, 4).await;
    bench.fill(&topic, 0..4, 100).await;
    let mut seen = BTreeSet::new();
    for member in &mut members {
        for text in member.texts(200).await {
            assert!(seen.insert(text.clone()), "{text} was handed out twice");
        }
    }
    assert_eq!(seen.len(), 400);
}
