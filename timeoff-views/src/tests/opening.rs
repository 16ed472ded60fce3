//! Whose folder it is, and what is in it.

use rusqlite::Connection;

use super::dump::assert_same;
use super::world::{World, contract};
use crate::file::current;
use crate::{Queries, ViewError, Views};

#[tokio::test]
async fn a_folder_is_folded_into_by_one_and_asked_by_any_number() {
    let world = World::new().await;
    world.fill(0, 10).await;
    world.catch_up(&world.view()).await;
    let views = Views::open(&world.view(), &world.contract).unwrap();
    for refused in [
        Views::open(&world.view(), &world.contract),
        Views::rebuild(&world.view(), &world.contract),
    ] {
        let error = refused.err().unwrap();
        assert!(matches!(error, ViewError::InUse { .. }), "{error}");
    }
    let one = Queries::open(&world.view()).unwrap();
    let other = Queries::open(&world.view()).unwrap();
    assert_eq!(one.position().unwrap(), other.position().unwrap());
    drop(views);
    Views::open(&world.view(), &world.contract).unwrap();
}

#[tokio::test]
async fn a_view_of_another_log_is_refused_until_it_is_rebuilt() {
    let world = World::new().await;
    world.fill(0, 10).await;
    world.catch_up(&world.view()).await;
    let other = contract(&world.folder.path().join("other.db")).await;
    let error = Views::open(&world.view(), &other).err().unwrap();
    assert!(error.is_mended_by_rebuild(), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("log.db") && message.contains("other.db"),
        "{message}"
    );

    let mut views = Views::rebuild(&world.view(), &other).unwrap();
    views.catch_up(&other, |_| ()).await.unwrap();
    drop(views);
    assert_eq!(
        Queries::open(&world.view()).unwrap().position().unwrap(),
        []
    );
    Views::open(&world.view(), &other).unwrap();
}

#[tokio::test]
async fn a_rebuild_for_another_log_that_was_given_up_does_not_keep_the_view_from_going_on() {
    let world = World::new().await;
    world.fill(0, 10).await;
    world.catch_up(&world.view()).await;
    let other = contract(&world.folder.path().join("other.db")).await;
    drop(Views::rebuild(&world.view(), &other).unwrap());
    world.fill(10, 10).await;
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    assert_same(
        &queries.connection,
        &world.folded_from_zero().await.connection,
    );
}

#[tokio::test]
async fn a_clean_end_leaves_the_view_as_one_file() {
    let world = World::new().await;
    world.fill(0, 10).await;
    world.catch_up(&world.view()).await;
    let mut names: Vec<_> = std::fs::read_dir(world.view())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["current", "lock", "view-1.db"]);
}

#[tokio::test]
async fn there_is_no_view_before_the_first_has_caught_up() {
    let world = World::new().await;
    let open = || Queries::open(&world.view());
    assert!(matches!(open(), Err(ViewError::NoView { .. })));
    let views = Views::open(&world.view(), &world.contract).unwrap();
    assert!(matches!(open(), Err(ViewError::NoView { .. })));
    drop(views);
    world.catch_up(&world.view()).await;
    assert_eq!(open().unwrap().position().unwrap(), []);
}

fn set_layout(world: &World, version: i64) {
    let build = current(&world.view()).unwrap().unwrap();
    let connection = Connection::open(build.path()).unwrap();
    connection
        .pragma_update(None, "user_version", version)
        .unwrap();
    // So that only a fold from zero has it again.
    connection.execute("DELETE FROM applications", []).unwrap();
}

#[tokio::test]
async fn a_view_of_an_older_layout_is_folded_anew() {
    let world = World::new().await;
    world.fill(0, 30).await;
    world.catch_up(&world.view()).await;
    set_layout(&world, 0);
    let error = Queries::open(&world.view()).err().unwrap();
    assert!(matches!(error, ViewError::OlderLayout { .. }), "{error}");
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    assert_same(
        &queries.connection,
        &world.folded_from_zero().await.connection,
    );
}

#[tokio::test]
async fn a_view_of_a_newer_layout_is_left_alone() {
    let world = World::new().await;
    world.fill(0, 10).await;
    world.catch_up(&world.view()).await;
    set_layout(&world, 1_000);
    let errors = [
        Views::open(&world.view(), &world.contract).err(),
        Views::rebuild(&world.view(), &world.contract).err(),
        Queries::open(&world.view()).err(),
    ];
    for error in errors {
        let error = error.unwrap();
        assert!(matches!(error, ViewError::NewerLayout { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_view_is_left_alone() {
    let world = World::new().await;
    world.catch_up(&world.view()).await;
    let build = current(&world.view()).unwrap().unwrap();
    let other = world.folder.path().join("notes.db");
    let notes = Connection::open(&other).unwrap();
    notes
        .execute_batch("CREATE TABLE notes (text TEXT)")
        .unwrap();
    drop(notes);
    for foreign in [
        b"what is this? It is not a database at all, and longer than a header of one.".repeat(20),
        std::fs::read(&other).unwrap(),
    ] {
        std::fs::write(build.path(), &foreign).unwrap();
        let error = Views::open(&world.view(), &world.contract).err().unwrap();
        assert!(matches!(error, ViewError::Foreign { .. }), "{error}");
        assert_eq!(std::fs::read(build.path()).unwrap(), foreign);
    }
}

#[tokio::test]
async fn a_view_that_somebody_removed_is_folded_anew() {
    let world = World::new().await;
    world.fill(0, 10).await;
    world.catch_up(&world.view()).await;
    std::fs::remove_file(current(&world.view()).unwrap().unwrap().path()).unwrap();
    let views = Views::open(&world.view(), &world.contract).unwrap();
    let error = Queries::open(&world.view()).err().unwrap();
    assert!(matches!(error, ViewError::NoView { .. }), "{error}");
    drop(views);
    world.catch_up(&world.view()).await;
    let queries = Queries::open(&world.view()).unwrap();
    assert_same(
        &queries.connection,
        &world.folded_from_zero().await.connection,
    );
}

#[tokio::test]
async fn a_damaged_view_says_so_and_can_be_rebuilt() {
    let world = World::new().await;
    world.fill(0, 10).await;
    world.catch_up(&world.view()).await;
    let build = current(&world.view()).unwrap().unwrap();
    let mut damaged = std::fs::read(build.path()).unwrap();
    // The header stays.
    damaged[100..].fill(0xff);
    std::fs::write(build.path(), damaged).unwrap();
    let error = Views::open(&world.view(), &world.contract).err().unwrap();
    assert!(error.is_mended_by_rebuild(), "{error:?}");
    let mut views = Views::rebuild(&world.view(), &world.contract).unwrap();
    views.catch_up(&world.contract, |_| ()).await.unwrap();
    let queries = Queries::open(&world.view()).unwrap();
    assert_same(
        &queries.connection,
        &world.folded_from_zero().await.connection,
    );
}
