//! A topic that is not the one that was folded: made again, or without its end.

use std::fs;

use super::dump::assert_same;
use super::world::{World, contract, expect_caught_up, in_time};
use crate::{Queries, ViewError, Views};

/// Puts another log in the place of the world's, with `count` applications from `first` on.
async fn put_another_log(world: World, first: usize, count: usize) -> World {
    let World {
        folder,
        contract: old,
    } = world;
    old.log().clone().close().await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::remove_file(path).unwrap();
        }
    }
    let contract = contract(&folder.path().join("log.db")).await;
    let world = World { folder, contract };
    world.fill(first, count).await;
    world
}

async fn refused(world: &World) -> ViewError {
    let mut views = Views::open(&world.view(), &world.contract).unwrap();
    let error = in_time(views.catch_up(&world.contract, |_| ()))
        .await
        .unwrap_err();
    assert!(matches!(error, ViewError::OtherTopic { .. }), "{error}");
    assert!(error.is_mended_by_rebuild());
    error
}

#[tokio::test]
async fn a_topic_that_ends_before_what_was_folded_is_refused() {
    let world = World::new().await;
    world.fill(0, 40).await;
    world.catch_up(&world.view()).await;
    let world = put_another_log(world, 0, 8).await;
    let error = refused(&world).await.to_string();
    assert!(
        error.contains("ends at 2") && error.contains("offset 10"),
        "{error}"
    );
}

#[tokio::test]
async fn a_topic_that_has_grown_past_what_was_folded_with_other_records_is_refused() {
    let world = World::new().await;
    world.fill(0, 40).await;
    world.catch_up(&world.view()).await;
    let before = Queries::open(&world.view()).unwrap().position().unwrap();
    let world = put_another_log(world, 1_000, 80).await;
    let error = refused(&world).await.to_string();
    assert!(error.contains("another record at offset"), "{error}");
    // Nothing of it was folded.
    let queries = Queries::open(&world.view()).unwrap();
    assert_eq!(queries.position().unwrap(), before);

    let mut views = Views::rebuild(&world.view(), &world.contract).unwrap();
    in_time(views.catch_up(&world.contract, expect_caught_up))
        .await
        .unwrap();
    drop(views);
    let rebuilt = Queries::open(&world.view()).unwrap();
    assert_same(
        &rebuilt.connection,
        &world.folded_from_zero().await.connection,
    );
}
