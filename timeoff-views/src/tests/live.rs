//! Following the log as it grows.

use std::fs;
use std::time::{Duration, Instant};

use timeoff_models::Outcome;
use tokio::sync::mpsc;

use super::dump::assert_same;
use super::world::{DEADLINE, World, id_of, in_time};
use crate::{News, Queries, Status, Topic, Views};

async fn until(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < DEADLINE, "it does not come true");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Follows while `then` runs; the news go to it.
async fn following<F: Future<Output = ()>>(
    world: &World,
    then: impl FnOnce(mpsc::UnboundedReceiver<News>) -> F,
) {
    let (sender, news) = mpsc::unbounded_channel();
    let mut views = Views::open(&world.view(), &world.contract).unwrap();
    tokio::select! {
        outcome = views.follow(&world.contract, |news| { let _ = sender.send(news); }) => {
            panic!("{outcome:?}")
        }
        () = in_time(then(news)) => {}
    }
}

async fn hears(news: &mut mpsc::UnboundedReceiver<News>, wanted: fn(&News) -> bool) {
    while !wanted(&news.recv().await.expect("it goes on")) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_it_has_caught_up_can_be_asked_for_soon() {
    let world = World::new().await;
    world.fill(0, 10).await;
    following(&world, async |mut news| {
        hears(&mut news, |news| matches!(news, News::CaughtUp)).await;
        let queries = Queries::open(&world.view()).unwrap();
        for index in 1_000..1_010 {
            world.append(vec![world.application(index).await]).await;
            let status = || {
                queries
                    .application(&id_of(index))
                    .unwrap()
                    .map(|found| found.status)
            };
            until(|| status() == Some(Status::Waiting)).await;
            world
                .append(vec![world.result(index, Outcome::Approved).await])
                .await;
            until(|| status() == Some(Status::Approved)).await;
        }
    })
    .await;
    let queries = Queries::open(&world.view()).unwrap();
    assert_same(
        &queries.connection,
        &world.folded_from_zero().await.connection,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_that_is_added_is_followed_as_well() {
    let world = World::new().await;
    following(&world, async |mut news| {
        hears(&mut news, |news| matches!(news, News::CaughtUp)).await;
        let log = world.contract.log();
        let name = Topic::Ledger.name(world.contract.topics());
        log.add_partitions(name, 6).await.unwrap();
        let event = super::world::entered("p5", "LEGAL", None);
        world.append(vec![world.event(5, event).await]).await;
        let queries = Queries::open(&world.view()).unwrap();
        until(|| queries.person("p5@example.com").unwrap().is_some()).await;
    })
    .await;
    // What was folded is gone on with.
    world.catch_up(&world.view()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_goes_away_and_comes_back_is_followed_on() {
    let world = World::new().await;
    world.fill(0, 10).await;
    let away = world.folder.path().join("away");
    fs::create_dir(&away).unwrap();
    let files = ["log.db", "log.db-wal", "log.db-shm"];
    let carry = |from: &std::path::Path, to: &std::path::Path| {
        for name in files {
            // The files beside the log may not be there.
            let _ = fs::rename(from.join(name), to.join(name));
        }
    };
    following(&world, async |mut news| {
        hears(&mut news, |news| matches!(news, News::CaughtUp)).await;
        carry(world.folder.path(), &away);
        hears(&mut news, |news| matches!(news, News::Unreachable { .. })).await;
        carry(&away, world.folder.path());
        hears(&mut news, |news| matches!(news, News::Reachable)).await;
        world.append(vec![world.application(500).await]).await;
        let queries = Queries::open(&world.view()).unwrap();
        until(|| queries.application(&id_of(500)).unwrap().is_some()).await;
    })
    .await;
}
