//! A fold that is killed at any instruction loses nothing and doubles nothing.
//!
//! The process that is killed is this test program once more, started to run only [`a_folding_process`].

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};

use super::dump::assert_same;
use super::world::{DEADLINE, World, contract};
use crate::file::{Folder, Opened, current};
use crate::fold::positions;
use crate::{Queries, Views};

const LOG: &str = "TIMEOFF_VIEWS_TEST_LOG";
const VIEW: &str = "TIMEOFF_VIEWS_TEST_VIEW";
const KILLS: usize = 12;

fn start(log: &Path, view: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "tests::killed::a_folding_process"])
        .env(LOG, log)
        .env(VIEW, view)
        // The process ends when this end of the pipe is closed, so it cannot outlive its test.
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the process where it stands. Fails if it had already ended.
fn kill(mut process: Child) {
    const SIGKILL: i32 = 9;
    process.kill().unwrap();
    let status = process.wait().unwrap();
    assert_eq!(status.signal(), Some(SIGKILL), "it has ended: {status}");
}

#[test]
#[ignore = "not a test: the process that other tests start and kill"]
fn a_folding_process() {
    let path = |name| PathBuf::from(std::env::var_os(name).expect("the test says what to fold"));
    let (log, view) = (path(LOG), path(VIEW));
    std::thread::spawn(|| {
        let mut input = std::io::stdin();
        while input.read(&mut [0]).is_ok_and(|bytes| bytes > 0) {}
        std::process::exit(1);
    });
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let contract = contract(&log).await;
        let mut views = Views::open(&view, &contract).unwrap();
        views.follow(&contract, |_| ()).await.unwrap();
    });
}

/// How many records have been folded into the newest file, published or not.
fn folded(view: &Path) -> i64 {
    let newest = std::fs::read_dir(view)
        .ok()
        .into_iter()
        .flatten()
        .find_map(|entry| {
            let path = entry.unwrap().path();
            (path.extension()? == "db").then_some(path)
        });
    let Some(newest) = newest else { return 0 };
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let open = rusqlite::Connection::open_with_flags(newest, flags);
    let count = |connection: rusqlite::Connection| {
        connection.query_row(
            "SELECT coalesce(sum(offset + 1), 0) FROM positions",
            [],
            |row| row.get(0),
        )
    };
    // The tables may not be there yet.
    open.and_then(count).unwrap_or(0)
}

fn wait_until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < DEADLINE, "it does not come true");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_is_killed_again_and_again_says_what_a_fold_from_zero_says() {
    let world = World::new().await;
    world.fill(0, 5_000).await;
    let mut rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut index = 5_000;
    let mut between = 0;
    for _ in 0..KILLS {
        let before = folded(&world.view());
        let process = start(&world.log_path(), &world.view());
        // Kills come while the old records are folded and while new ones come.
        wait_until(|| folded(&world.view()) > before);
        for _ in 0..rng.random_range(0..4) {
            world.fill(index, 25).await;
            index += 25;
        }
        std::thread::sleep(Duration::from_micros(rng.random_range(0..30_000)));
        kill(process);
        let here = folded(&world.view());
        let all: i64 = world_size(&world).await;
        between += i64::from(here < all);
        world.fill(index, 25).await;
        index += 25;
    }
    assert!(between > 0, "no kill came in the middle of anything");
    world.catch_up(&world.view()).await;
    let killed = Queries::open(&world.view()).unwrap();
    assert_same(
        &killed.connection,
        &world.folded_from_zero().await.connection,
    );
    let applications: i64 = killed
        .connection
        .query_row("SELECT count(*) FROM applications", [], |row| row.get(0))
        .unwrap();
    assert_eq!(applications, index as i64);
}

/// How many records are on the topics.
async fn world_size(world: &World) -> i64 {
    let mut size = 0;
    for topic in crate::Topic::ALL {
        let name = topic.name(world.contract.topics());
        let ends = world.contract.log().ends(name).await.unwrap();
        size += ends
            .values()
            .map(|range| range.end - range.start)
            .sum::<i64>();
    }
    size
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_killed_goes_on_where_it_was_and_the_old_view_stays_until_then() {
    let world = World::new().await;
    world.fill(0, 50).await;
    world.catch_up(&world.view()).await;
    let old = current(&world.view()).unwrap().unwrap();
    world.fill(50, 200).await;
    // As if it was killed after its first batch.
    let mut views = Views::rebuild(&world.view(), &world.contract).unwrap();
    tokio::select! {
        biased;
        outcome = views.follow(&world.contract, |news| panic!("{news:?}")) => panic!("{outcome:?}"),
        () = tokio::task::yield_now() => {}
    }
    drop(views);
    let still = current(&world.view()).unwrap().unwrap();
    assert_eq!(still.path(), old.path());
    let asked = Queries::open(&world.view()).unwrap();
    world.catch_up(&world.view()).await;
    assert!(asked.is_replaced().unwrap());
    assert!(!old.path().exists());
    let rebuilt = Queries::open(&world.view()).unwrap();
    assert_same(
        &rebuilt.connection,
        &world.folded_from_zero().await.connection,
    );
    // The old one can be asked still.
    let count = |queries: &Queries| {
        let sql = "SELECT count(*) FROM applications";
        let count: i64 = queries
            .connection
            .query_row(sql, [], |row| row.get(0))
            .unwrap();
        count
    };
    assert_eq!((count(&asked), count(&rebuilt)), (50, 250));
}

#[tokio::test]
async fn the_positions_are_those_of_the_records_that_are_in_the_tables() {
    let world = World::new().await;
    world.fill(0, 20).await;
    world.catch_up(&world.view()).await;
    let (folder, _lock) = Folder::take(&world.view()).unwrap();
    let identity = crate::file::Identity::of(&world.contract);
    let build = folder.current().unwrap().unwrap();
    let Opened::Ours { connection, .. } = build.open(&identity).unwrap() else {
        panic!("it is a view of this layout");
    };
    let applications: i64 = positions(&connection)
        .unwrap()
        .iter()
        .filter(|position| position.topic == crate::Topic::Applications)
        .map(|position| position.offset + 1)
        .sum();
    assert_eq!(applications, 20);
}
