//! The whole on a real Kafka.

use timeoff_contract::{Contract, TopicNames};
use timeoff_dev::kafka::{self, Flavour};
use timeoff_log::{KafkaSettings, Log};

use super::dump::assert_same;
use super::world::{World, departments, expect_caught_up, in_time};
use crate::{Queries, Topic, Views};

fn flavour() -> Flavour {
    match std::env::var_os("TIMEOFF_TEST_KRAFT") {
        Some(_) => Flavour::KRaft,
        None => Flavour::ZooKeeper,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_folded_and_gone_on_with() {
    let Some(cluster) = tokio::task::spawn_blocking(|| kafka::shared(flavour()))
        .await
        .unwrap()
    else {
        return;
    };
    let mut settings = KafkaSettings::new();
    settings.set_schema_registry(cluster.registry_url().parse().unwrap());
    let log = Log::open(&cluster.log_url().parse().unwrap(), &settings)
        .await
        .unwrap();
    let name = |name: &str| format!("views-{}-{name}", std::process::id()).into();
    let topics = TopicNames {
        applications: name("applications"),
        results: name("results"),
        dead_letters: name("dead-letters"),
        commands: name("commands"),
        ledger: name("ledger"),
    };
    let contract = Contract::open_with_ledger(&log, topics, departments())
        .await
        .unwrap();
    let world = World {
        folder: tempfile::tempdir().unwrap(),
        contract,
    };
    world.fill(0, 300).await;
    world.catch_up(&world.view()).await;
    world.fill(300, 300).await;
    let mut views = Views::open(&world.view(), &world.contract).unwrap();
    in_time(views.catch_up(&world.contract, expect_caught_up))
        .await
        .unwrap();
    drop(views);
    let queries = Queries::open(&world.view()).unwrap();
    assert_same(
        &queries.connection,
        &world.folded_from_zero().await.connection,
    );
    let applications: i64 = queries
        .position()
        .unwrap()
        .iter()
        .filter(|position| position.topic == Topic::Applications)
        .map(|position| position.next)
        .sum();
    assert_eq!(applications, 600);
    log.close().await;
}
