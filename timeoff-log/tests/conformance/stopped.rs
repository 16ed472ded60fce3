//! A member that stood still while others took over, and that does not know of the takeover, decides nothing when it
//! goes on.

use timeoff_log::{Membership, Settled};

use crate::bench::{Bench, record, text};
use crate::member::Member;
use crate::process::{MemberProcess, Task};

/// What happens while the member stands still, and what it does then.
#[derive(Debug, Clone, Copy)]
struct Case {
    /// Whether its late settlement has a result.
    with_output: bool,
    /// Whether the member that took over has left by then, so that the group has no living member.
    alone: bool,
}

pub(crate) async fn a_member_that_stood_still_while_another_took_over_is_refused(bench: Bench) {
    let case = |with_output, alone| stand_still(&bench, Case { with_output, alone });
    tokio::join!(
        case(true, false),
        case(true, true),
        case(false, false),
        case(false, true),
    );
}

async fn stand_still(bench: &Bench, case: Case) {
    let name = format!("{}-{}", case.with_output, case.alone);
    let topic = bench.topic(&format!("a-{name}"), 1).await;
    let results = bench.topic(&format!("r-{name}"), 1).await;
    let membership = Membership {
        group: bench.named(&format!("group-{name}")).to_string(),
        announce_caught_up: true,
        ..bench.membership(&topic)
    };
    let join = || Member::join(&bench.log, membership.clone());
    bench.fill(&topic, [0], 3).await;

    let task = Task::Hold {
        with_output: case.with_output,
    };
    let mut still = MemberProcess::start(bench, &membership, &results, task);
    assert_eq!(still.says().await, "holding");
    still.stop();

    let mut heir = join().await;
    for delivery in heir.deliveries(2).await {
        let output = record(&results, 0, &text(delivery.record()));
        let settled = heir.settle(delivery, vec![output]).await;
        assert!(matches!(settled, Settled::Recorded(_)), "{case:?}");
    }
    let heir = if case.alone {
        heir.leave().await;
        None
    } else {
        Some(heir)
    };

    still.tell();
    still.go_on();
    assert_eq!(still.says().await, "stale", "{case:?}");
    still.kill();
    if let Some(heir) = heir {
        heir.leave().await;
    }

    // Nothing of the late decision is left: neither its result, nor its outdated view of the others' decisions.
    let mut next = join().await;
    let offered: Vec<_> = next.until_caught_up().await;
    assert_eq!(offered.len(), 1, "{case:?}: {offered:?}");
    assert_eq!(text(offered[0].record()), "0/2", "{case:?}");
    assert_eq!(bench.read_texts(&results).await, ["0/0", "0/1"], "{case:?}");
}
