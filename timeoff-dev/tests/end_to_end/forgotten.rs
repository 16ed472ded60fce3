//! A group of managers whose committed offsets the cluster has forgotten.

use rdkafka::admin::AdminOptions;
use timeoff_testkit::{AUTO, Bench, Ended};

/// What managers say when they begin where somebody has decided before.
const BEGINS_ANEW: &str = "the results topic has records already";

#[test]
fn a_group_whose_position_is_forgotten_is_told_that_it_decides_again() {
    let Some(bench) = Bench::shared_kafka() else {
        return;
    };
    bench.submit("ada@example.com", "IT", 8).done();
    let decide = |count: usize| -> Ended {
        let arguments = [&AUTO[..], &["--until-caught-up"]].concat();
        let ended = bench.run("manager-service", &arguments).done();
        assert_eq!(ended.out.len(), count);
        ended
    };
    // A new group on a new topic is in order, and so is a group that goes on.
    assert!(!decide(1).err.contains(BEGINS_ANEW));
    bench.submit("bob@example.com", "IT", 8).done();
    assert!(!decide(1).err.contains(BEGINS_ANEW));
    forget(&bench);
    let group = format!("group '{}'", bench.managers);
    decide(2).said(&["IT: ", BEGINS_ANEW, &group]);
}

fn forget(bench: &Bench) {
    let deleted = bench.administer(async |admin| {
        let groups = [bench.managers.as_str()];
        let deleting = admin.delete_groups(&groups, &AdminOptions::new());
        deleting.await.unwrap()
    });
    assert!(deleted[0].is_ok(), "{deleted:?}");
}
