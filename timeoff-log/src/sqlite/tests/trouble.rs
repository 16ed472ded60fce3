use std::collections::VecDeque;
use std::fs;

use tokio::sync::oneshot;

use super::{Fixture, TOPIC, arc, assignment, delivery, find, next, record, words};
use crate::error::LogError;
use crate::in_hand::Room;
use crate::record::{NewRecord, Position, Record};
use crate::sqlite::group::Group;
use crate::sqlite::holdings::{Holding, Holdings};
use crate::sqlite::seat::{Look, Seat};
use crate::sqlite::settle::Ledger;
use crate::sqlite::store::THREAD;
use crate::subscription::{Batch, Delivery, Event, Settled};

fn unreachable(event: Event) -> Option<String> {
    match event {
        Event::Unreachable { reason } => Some(words(&reason)),
        _ => None,
    }
}

fn reachable(event: Event) -> Option<()> {
    matches!(event, Event::Reachable).then_some(())
}

/// Moves the file and those beside it away. The file goes first and comes back last: it must never be there without the
/// others, or SQLite would take it for a complete log.
fn move_away(path: &str) {
    for suffix in ["", "-wal", "-shm"] {
        fs::rename(format!("{path}{suffix}"), format!("{path}.aside{suffix}")).expect("is moved");
    }
}

fn put_back(path: &str) {
    for suffix in ["-shm", "-wal", ""] {
        fs::rename(format!("{path}.aside{suffix}"), format!("{path}{suffix}")).expect("is moved");
    }
}

#[tokio::test]
async fn nothing_is_told_as_durable_in_a_file_that_was_removed() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    let path = fixture.path.display().to_string();
    move_away(&path);
    let error = fixture
        .log
        .append(vec![record(0)])
        .await
        .expect_err("it is gone");
    let message = words(&error.source);
    assert!(
        message.contains("was removed or replaced") && message.contains(&path),
        "{message}"
    );
    put_back(&path);
    assert_eq!(fixture.append(0, 1).await[0].offset, 1);
}

#[tokio::test]
async fn a_member_waits_for_a_file_that_is_away_and_then_settles_what_it_was_asked_to() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    let mut subscription = fixture.join("g").await;
    let held = find(&mut subscription, delivery).await;
    let path = fixture.path.display().to_string();
    move_away(&path);
    let reason = find(&mut subscription, unreachable).await;
    assert!(reason.contains(&path), "{reason}");
    let settler = subscription.settler();
    let asked = tokio::spawn(async move {
        settler
            .settle(vec![held.settle_with(vec![record(1)])])
            .await
    });
    put_back(&path);
    find(&mut subscription, reachable).await;
    let settled = asked.await.expect("no panic").expect("an answer");
    assert!(matches!(settled[..], [Settled::Recorded(_)]), "{settled:?}");
}

#[tokio::test]
async fn in_another_file_nothing_is_held_as_it_was() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    // The other file has the same topic, record, and generations.
    let other = Fixture::new().await;
    other.append(0, 1).await;
    other.join("g").await.close().await;
    let other_path = other.path.clone();
    fixture.join("g").await.close().await;
    let mut subscription = fixture.join("g").await;
    find(&mut subscription, assignment).await;
    let held = find(&mut subscription, delivery).await;
    other
        .raw()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .expect("is moved into the file");
    let path = fixture.path.display().to_string();
    move_away(&path);
    fs::copy(&other_path, &fixture.path).expect("is replaced");
    loop {
        if find(&mut subscription, assignment).await.lost == [0, 1, 2] {
            break;
        }
    }
    let settled = subscription
        .settler()
        .settle(vec![held.settle_with(vec![])])
        .await
        .expect("an answer");
    assert_eq!(settled, [Settled::Stale]);
    let fresh = find(&mut subscription, delivery).await;
    assert_eq!(fresh.position().offset, 0);
}

#[tokio::test]
async fn a_log_with_other_schemas_in_its_place_is_neither_read_nor_written() {
    let fixture = Fixture::new().await;
    let registered = fixture.log.register_schema("a-value", "a").await;
    assert_eq!(registered.expect("registers"), 1);
    let mut subscription = fixture.join("g").await;
    find(&mut subscription, assignment).await;
    let other = Fixture::new().await;
    let registered = other.log.register_schema("b-value", "b").await;
    assert_eq!(registered.expect("registers"), 1);
    let other_path = other.path.clone();
    other.log.clone().close().await;
    move_away(&fixture.path.display().to_string());
    fs::copy(&other_path, &fixture.path).expect("is replaced");

    let assert_tells = |error: &LogError| {
        let message = words(error);
        assert!(
            message.contains("another log was put in the place"),
            "{message}"
        );
    };
    let ended = async {
        loop {
            if let Err(error) = subscription.next().await {
                return error;
            }
        }
    };
    let ended = tokio::time::timeout(super::PATIENCE, ended).await;
    assert_tells(&ended.expect("an end in time"));
    assert_tells(&fixture.log.schema_by_id(1).await.expect_err("is refused"));
    // The first append may find that the file is another one.
    for _ in 0..2 {
        let refused = fixture.log.append(vec![record(0)]).await;
        let refused = refused.expect_err("is refused").source;
        if !words(&refused).contains("was removed or replaced") {
            assert_tells(&refused);
        }
    }
    let untouched = crate::sqlite::SqliteLog::open(&fixture.path)
        .await
        .expect("opens");
    assert_eq!(
        untouched.append(vec![record(0)]).await.expect("appends")[0].offset,
        0
    );
}

#[tokio::test]
async fn a_lock_that_is_kept_is_told_and_the_share_is_kept_too() {
    let fixture = Fixture::new().await;
    let mut subscription = fixture.join("g").await;
    find(&mut subscription, assignment).await;
    let raw = fixture.raw();
    raw.execute_batch("BEGIN IMMEDIATE").expect("is locked");
    let reason = find(&mut subscription, unreachable).await;
    assert!(reason.contains("does not let go of the file"), "{reason}");
    raw.execute_batch("ROLLBACK").expect("is released");
    assert!(matches!(next(&mut subscription).await, Event::Reachable));
    fixture.append(2, 1).await;
    assert!(matches!(next(&mut subscription).await, Event::Delivery(_)));
}

#[tokio::test]
async fn decisions_that_find_the_disk_full_come_back_whole() {
    let fixture = Fixture::new().await;
    fixture.append(0, 1).await;
    let store = fixture.log.file.connect(THREAD).expect("connects");
    let group = Group {
        name: "g".to_owned(),
        topic: 1,
    };
    let mut seat = Seat::new(vec![group]);
    let tenancy = seat.look(&store, Look::Beat).expect("joins");
    let holding = Holding::take_up(&store, seat.lanes(), 0, tenancy[&0]).expect("is taken up");
    let tenure = holding.tenure;
    let mut held = Holdings::from([(0, holding)]);
    held.get_mut(&0).expect("is held").lanes[0]
        .progress
        .hand_out(0);
    let record_in_hand = Record {
        position: Position {
            topic: arc(TOPIC),
            partition: 0,
            offset: 0,
        },
        timestamp_ms: 0,
        key: None,
        value: None,
        headers: Vec::new(),
    };
    let place = Room::new(1, 1).take(0);
    let delivery = Delivery::new(record_in_hand, 0, tenure, place);
    let mut output = record(1);
    output.value = Some(vec![0; 1 << 20]);

    let pages: i64 = store
        .connection()
        .query_row("PRAGMA page_count", [], |row| row.get(0))
        .expect("is known");
    let limit = |pages: i64| {
        store
            .connection()
            .query_row(&format!("PRAGMA max_page_count={pages}"), [], |_| Ok(()))
            .expect("is set");
    };
    limit(pages);
    let ledger = Ledger {
        store: &store,
        file: &fixture.log.file,
        seat: &seat,
    };
    let (reply, mut answer) = oneshot::channel();
    let settlements = vec![delivery.settle_with(vec![output])];
    let mut pending = VecDeque::from([Batch { settlements, reply }]);
    ledger
        .settle_all(&mut held, &mut pending)
        .expect("the log answers");
    let refused = answer
        .try_recv()
        .expect("an answer")
        .expect_err("there is no room");
    assert!(
        words(&refused.source).contains("free space on the disk"),
        "{}",
        words(&refused.source)
    );

    limit(1 << 20);
    let (reply, mut answer) = oneshot::channel();
    let settlements = refused.settlements;
    let mut pending = VecDeque::from([Batch { settlements, reply }]);
    ledger
        .settle_all(&mut held, &mut pending)
        .expect("the log answers");
    let settled = answer
        .try_recv()
        .expect("an answer")
        .expect("there is room");
    assert!(matches!(settled[..], [Settled::Recorded(_)]), "{settled:?}");
}

#[tokio::test]
async fn a_record_that_is_too_large_for_sqlite_is_refused_alone_and_named() {
    let fixture = Fixture::new().await;
    let record = |bytes: usize| NewRecord {
        topic: TOPIC.into(),
        partition: 0,
        key: None,
        // Zeros take no memory until they are read.
        value: Some(vec![0; bytes]),
        headers: Vec::new(),
    };
    let beside = fixture.log.append(vec![record(1)]);
    let too_large = fixture.log.append(vec![record(1_000_000_000)]);
    let (beside, too_large) = tokio::join!(beside, too_large);
    beside.expect("it is another's");
    let error = too_large.expect_err("SQLite keeps none so large").source;
    assert!(
        matches!(&error, LogError::RecordTooLarge { topic, .. } if topic == TOPIC),
        "{error}"
    );
}

/// A log with many records. All pages of its file but the first few are damaged.
async fn damaged() -> (Fixture, crate::sqlite::SqliteLog) {
    const SOUND_BYTES: usize = 4096 * 24;
    let fixture = Fixture::new().await;
    fixture.append(0, 4000).await;
    fixture.log.clone().close().await;
    let mut bytes = fs::read(&fixture.path).expect("is read");
    bytes[SOUND_BYTES..].fill(0xff);
    fs::write(&fixture.path, bytes).expect("is written");
    let log = crate::sqlite::SqliteLog::open(&fixture.path).await;
    (fixture, log.expect("opens: the first pages are sound"))
}

fn assert_tells_damage(error: &crate::error::LogError) {
    let message = words(error);
    assert!(
        message.contains("the file is damaged: restore it from a backup"),
        "{message}"
    );
}

#[tokio::test]
async fn a_reader_of_a_damaged_file_ends_with_the_reason() {
    let (_fixture, log) = damaged().await;
    let mut reader = log
        .read(TOPIC, crate::ReadFrom::Beginning)
        .await
        .expect("begins");
    let reading = async {
        loop {
            if let Err(error) = reader.next().await {
                return error;
            }
        }
    };
    let error = tokio::time::timeout(super::PATIENCE, reading).await;
    assert_tells_damage(&error.expect("an end in time"));
}

#[tokio::test]
async fn a_member_on_a_damaged_file_ends_with_the_reason() {
    let (_fixture, log) = damaged().await;
    let membership = crate::subscription::Membership {
        group: "g".to_owned(),
        topic: TOPIC.into(),
        alongside: Vec::new(),
        max_in_hand: 10_000,
        max_bytes_in_hand: 1 << 20,
        announce_caught_up: true,
    };
    let joining = async {
        let mut subscription = match log.subscribe(membership).await {
            Ok(subscription) => subscription,
            Err(error) => return error,
        };
        let mut held = Vec::new();
        loop {
            match subscription.next().await {
                Ok(event) => held.push(event),
                Err(error) => return error,
            }
        }
    };
    let error = tokio::time::timeout(super::PATIENCE, joining).await;
    assert_tells_damage(&error.expect("an end in time"));
}
