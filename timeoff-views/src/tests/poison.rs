//! Records that cannot be understood.

use timeoff_log::NewRecord;
use timeoff_models::Outcome;

use super::world::{World, id_of, in_time};
use crate::{News, PageRequest, Queries, Status, Topic, ViewError, Views};

fn poison(record: NewRecord) -> NewRecord {
    NewRecord {
        value: Some(b"not Avro".to_vec()),
        ..record
    }
}

#[tokio::test]
async fn poison_is_passed_over_and_noted_with_its_place_and_reason() {
    let world = World::new().await;
    let records = vec![
        world.application(0).await,
        poison(world.application(4).await),
        world.application(8).await,
        poison(world.result(0, Outcome::Approved).await),
        world.result(8, Outcome::Declined).await,
        poison(world.event(1, super::world::booked("c", 0)).await),
        poison(world.command(2, super::world::decide("c", 0)).await),
    ];
    world.append(records).await;
    let mut views = Views::open(&world.view(), &world.contract).unwrap();
    let mut told = 0;
    let hear = |news| match news {
        News::PassedOver { .. } => told += 1,
        News::CaughtUp => {}
        news => panic!("{news:?}"),
    };
    in_time(views.catch_up(&world.contract, hear))
        .await
        .unwrap();
    assert_eq!(told, 4);
    drop(views);
    // What was passed over is not read again.
    world.catch_up(&world.view()).await;

    let queries = Queries::open(&world.view()).unwrap();
    let places: Vec<_> = queries
        .passed_over(&PageRequest::first(10))
        .unwrap()
        .rows
        .into_iter()
        .map(|passed_over| {
            assert!(
                passed_over.reason.contains("0x6e"),
                "{}",
                passed_over.reason
            );
            (passed_over.topic, passed_over.partition, passed_over.offset)
        })
        .collect();
    let expected = [
        (Topic::Applications, 0, 1),
        (Topic::Results, 0, 0),
        (Topic::Commands, 2, 0),
        (Topic::Ledger, 1, 0),
    ];
    assert_eq!(places, expected);
    assert_eq!(queries.count_passed_over(Topic::Applications).unwrap(), 1);
    let status = |index| {
        queries
            .application(&id_of(index))
            .unwrap()
            .map(|found| found.status)
    };
    assert_eq!(status(0), Some(Status::Waiting));
    assert_eq!(status(4), None);
    assert_eq!(status(8), Some(Status::Declined));
}

#[tokio::test]
async fn a_repeated_id_does_not_overwrite_the_first_application() {
    let world = World::new().await;
    let first = world.application(0).await;
    let mut other = world.application(4).await;
    other.key.clone_from(&first.key);
    world.append(vec![first, other.clone()]).await;
    world.catch_up(&world.view()).await;
    // Once more, when all indexes are there.
    world.append(vec![other]).await;
    world.catch_up(&world.view()).await;

    let queries = Queries::open(&world.view()).unwrap();
    let application = queries.application(&id_of(0)).unwrap().unwrap();
    assert_eq!(application.hours, 1);
    let passed_over = queries.passed_over(&PageRequest::first(10)).unwrap().rows;
    let offsets: Vec<_> = passed_over.iter().map(|one| one.offset).collect();
    assert_eq!(offsets, [1, 2]);
    assert!(passed_over[0].reason.contains("used before"));
}

#[tokio::test]
async fn an_event_of_an_unknown_type_stops_the_fold_and_what_came_before_is_there() {
    let world = World::new().await;
    let known = world.event(0, super::world::booked("c", 0)).await;
    // A value of another record's type, as a newer version would write it.
    let schema = r#"{"type": "record", "name": "SabbaticalGranted", "namespace": "TimeOff.Models", "fields": [
        {"name": "CommandId", "type": ["null", "string"], "default": null},
        {"name": "By", "type": ["null", "string"], "default": null},
        {"name": "AtTicks", "type": "long"}]}"#;
    let id = register(&world, schema).await;
    let mut value = vec![0];
    value.extend(id.to_be_bytes());
    value.extend([0, 0, 0]);
    let unknown = NewRecord {
        value: Some(value),
        ..known.clone()
    };
    world.append(vec![known]).await;
    world.catch_up(&world.view()).await;
    world.append(vec![unknown]).await;

    let mut views = Views::open(&world.view(), &world.contract).unwrap();
    let error = in_time(views.catch_up(&world.contract, |_| ()))
        .await
        .unwrap_err();
    assert!(matches!(error, ViewError::NewerEvent { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("written by a newer version"), "{message}");
    assert!(message.contains("SabbaticalGranted"), "{message}");
    drop(views);
    let position = Queries::open(&world.view()).unwrap().position().unwrap();
    assert_eq!(position.len(), 1);
    assert_eq!((position[0].topic, position[0].next), (Topic::Ledger, 1));
}

async fn register(world: &World, schema: &str) -> u32 {
    let timeoff_log::SchemaHome::Table(table) = world.contract.log().schemas() else {
        panic!("a log that is a file has a table of schemas");
    };
    table
        .register("leave-ledger-TimeOff.Models.SabbaticalGranted", schema)
        .await
        .unwrap()
}
