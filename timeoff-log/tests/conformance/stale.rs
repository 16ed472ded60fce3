//! A member that decides what another has since taken over is told that it is stale, and nothing of it is recorded.

use timeoff_log::{Delivery, Settled};

use crate::bench::{Bench, record, text};
use crate::member::{Member, of_partition, until_shared};

/// Two members on two partitions: the first has one delivery from each in hand, and has lost one of the partitions.
struct Takeover {
    old: Member,
    new: Member,
    /// From the partition that the old member has kept.
    kept: Delivery,
    /// From the partition that the new member now holds.
    taken: Delivery,
    /// The same record as `taken`, as the new member is offered it.
    offered: Delivery,
}

async fn take_over(bench: &Bench, topic: &std::sync::Arc<str>) -> Takeover {
    bench.fill(topic, 0..2, 1).await;
    let mut old = bench.join(topic).await;
    let deliveries = old.deliveries(2).await;
    let mut members = [old, bench.join(topic).await];
    let mut offered = until_shared(&mut members, 2).await.remove(1);
    let [old, mut new] = members;
    if offered.is_empty() {
        offered.push(new.delivery().await);
    }
    let [partition] = new.held()[..] else {
        panic!("the new member holds {:?}", new.held());
    };
    let (mut taken, mut kept) = of_partition(deliveries, partition);
    let (taken, kept) = (taken.remove(0), kept.remove(0));
    let offered = offered.remove(0);
    assert_eq!(offered.position(), taken.position());
    Takeover {
        old,
        new,
        kept,
        taken,
        offered,
    }
}

pub(crate) async fn a_decision_on_a_partition_that_went_to_another_is_refused(bench: Bench) {
    let (topic, results) = (bench.topic("a", 2).await, bench.topic("r", 1).await);
    let Takeover {
        old,
        new,
        kept,
        taken,
        offered,
    } = take_over(&bench, &topic).await;
    let late = record(&results, 0, "late");
    assert_eq!(old.settle(taken, vec![late]).await, Settled::Stale);
    assert!(bench.read_all(&results).await.is_empty());

    let told = text(offered.record());
    let output = record(&results, 0, &told);
    let settled = new.settle(offered, vec![output]).await;
    assert!(matches!(settled, Settled::Recorded(_)));
    assert_eq!(bench.read_texts(&results).await, [told]);

    // The old member may still decide what it has kept.
    let output = record(&results, 0, "kept");
    let settled = old.settle(kept, vec![output]).await;
    assert!(matches!(settled, Settled::Recorded(_)));
    assert_eq!(bench.read_texts(&results).await.len(), 2);
}

pub(crate) async fn a_stale_settlement_does_not_hold_back_the_others_of_its_batch(bench: Bench) {
    let (topic, results) = (bench.topic("a", 2).await, bench.topic("r", 1).await);
    let Takeover {
        old,
        new,
        kept,
        taken,
        offered,
    } = take_over(&bench, &topic).await;
    let output = |told| vec![record(&results, 0, told)];
    let settled = old
        .settle_all(vec![
            taken.settle_with(output("late")),
            kept.settle_with(output("kept")),
        ])
        .await;
    assert_eq!(settled[0], Settled::Stale);
    assert!(matches!(&settled[1], Settled::Recorded(at) if at.len() == 1));
    assert_eq!(bench.read_texts(&results).await, ["kept"]);
    let settled = new.settle(offered, output("new")).await;
    assert!(matches!(settled, Settled::Recorded(_)));
    assert_eq!(bench.read_texts(&results).await, ["kept", "new"]);
}

pub(crate) async fn an_old_delivery_stays_stale_when_its_partition_comes_back(bench: Bench) {
    let (topic, results) = (bench.topic("a", 2).await, bench.topic("r", 1).await);
    let Takeover {
        mut old,
        new,
        kept,
        taken,
        offered,
    } = take_over(&bench, &topic).await;
    drop(offered);
    new.leave().await;
    let deliveries = old.until_it_holds(2).await;
    assert!(deliveries.is_empty(), "{deliveries:?}");
    let again = old.delivery().await;
    assert_eq!(again.position(), taken.position());

    let output = |told| vec![record(&results, 0, told)];
    assert_eq!(old.settle(taken, output("old")).await, Settled::Stale);
    let settled = old.settle(again, output("again")).await;
    assert!(matches!(settled, Settled::Recorded(_)));
    old.finish(vec![kept]).await;
    assert_eq!(bench.read_texts(&results).await, ["again"]);
}
