//! The number of undecided records among decided ones is bounded by what the log can record. Reaching the bound is
//! reported, not hidden.

use timeoff_log::Event;

use crate::bench::{Bench, record, text, texts};
use crate::member::texts_of;

/// More gaps than Kafka can record beside an offset. SQLite can record as many, and more.
const COUNT: usize = 20_000;

pub(crate) async fn a_full_window_is_told_and_opens_when_some_are_decided(bench: Bench) {
    let topic = bench.topic("a", 1).await;
    let mut appender = bench.log.appender();
    for told in texts(0, 0..COUNT) {
        appender.push(record(&topic, 0, &told)).await.unwrap();
    }
    appender.finish().await.unwrap();

    let mut member = bench.join_to_catch_up(&topic).await;
    let mut undecided = Vec::new();
    let mut decided = Vec::new();
    let mut handed_out = 0;
    while handed_out < COUNT {
        match member.event().await {
            Event::Delivery(delivery) => {
                assert_eq!(text(delivery.record()), format!("0/{handed_out}"));
                handed_out += 1;
                if handed_out % 2 == 0 {
                    decided.push(delivery);
                } else {
                    undecided.push(delivery);
                }
                if decided.len() == 500 {
                    member.finish(std::mem::take(&mut decided)).await;
                }
            }
            Event::WindowFull {
                topic: of,
                partition,
                undecided: told,
            } => {
                assert_eq!((&of, partition), (&topic, 0));
                assert!(told > 1_000, "full with only {told} undecided");
                // It may have been reported before the most recent decisions.
                assert!(told <= handed_out as i64, "{told} of {handed_out}");
                // Whatever is reported, more comes once some records at the front are decided.
                member.finish(undecided.drain(..500).collect()).await;
            }
            other => assert!(matches!(other, Event::Assignment(_)), "{other:?}"),
        }
    }
    member.finish(decided).await;
    assert!(member.until_caught_up().await.is_empty());
    let left = texts_of(&undecided);
    drop(undecided);
    member.leave().await;

    let mut next = bench.join_to_catch_up(&topic).await;
    let deliveries = next.until_caught_up().await;
    assert!(texts_of(&deliveries) == left, "others are offered");
    next.finish(deliveries).await;
    next.leave().await;
    let mut last = bench.join_to_catch_up(&topic).await;
    assert!(last.until_caught_up().await.is_empty());
}
