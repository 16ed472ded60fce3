//! Records and schemas that other programs might have written.
//!
//! Written out by hand, so that a mistake in the crate's own encoding cannot hide.

use std::sync::Arc;

use timeoff_contract::{Contract, TopicNames};
use timeoff_log::{NewRecord, Position, Record};
use timeoff_models::Departments;

use crate::avro_bytes::{number, string};
use crate::bench::{Bench, Kind};
use crate::cluster;

/// The first version of the two records' schemas, as other programs use them.
pub(crate) const RECEIVED_V1: &str =
    include_str!("../../../timeoff-models/tests/published/LeaveApplicationReceived.v1.avsc");
pub(crate) const PROCESSED_V1: &str =
    include_str!("../../../timeoff-models/tests/published/LeaveApplicationProcessed.v1.avsc");

/// 2024-01-01T00:00:00.
pub(crate) const START_TICKS: i64 = 638_396_640_000_000_000;

/// Opens the contract on fresh topics, with the default departments.
pub(crate) async fn contract(bench: &Bench) -> Contract {
    Contract::open(&bench.log, topic_names(bench), Departments::default())
        .await
        .unwrap()
}

pub(crate) fn topic_names(bench: &Bench) -> TopicNames {
    TopicNames {
        applications: bench.named("applications"),
        results: bench.named("results"),
        dead_letters: bench.named("dead-letters"),
        commands: bench.named("commands"),
        ledger: bench.named("ledger"),
    }
}

/// Registers a schema as another program would, and returns its id.
pub(crate) async fn registered(bench: &Bench, topic: &str, part: &str, schema: &str) -> u32 {
    let subject = format!("{topic}-{part}");
    match bench.kind {
        Kind::Sqlite => {
            let file = bench.folder().unwrap().path().join("log.db");
            let file = rusqlite::Connection::open(file).unwrap();
            file.execute(
                "INSERT OR IGNORE INTO schemas (subject, schema) VALUES (?1, ?2)",
                [&subject, schema],
            )
            .unwrap();
            file.query_row(
                "SELECT id FROM schemas WHERE subject = ?1 AND schema = ?2",
                [&subject, schema],
                |row| row.get(0),
            )
            .unwrap()
        }
        Kind::Kafka => registered_in_registry(&subject, schema, &[]).await,
    }
}

/// A version of a subject that a schema refers to, and the type that it stands for.
pub(crate) struct Reference<'a> {
    pub(crate) name: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) version: u32,
}

/// The same in the cluster's registry, for a schema that refers to others.
pub(crate) async fn registered_in_registry(
    subject: &str,
    schema: &str,
    references: &[Reference<'_>],
) -> u32 {
    let registry = cluster::shared().unwrap().registry_url();
    let client = reqwest::Client::builder()
        .tls_certs_only([])
        .build()
        .unwrap();
    let mut body = serde_json::json!({ "schema": schema });
    let references = references.iter().map(|reference| {
        serde_json::json!({
            "name": reference.name,
            "subject": reference.subject,
            "version": reference.version,
        })
    });
    if references.len() > 0 {
        body["references"] = references.collect();
    }
    let answer = client
        .post(format!("{registry}/subjects/{subject}/versions"))
        .header("Content-Type", "application/vnd.schemaregistry.v1+json")
        .body(body.to_string())
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let id = answer["id"].as_u64();
    id.unwrap_or_else(|| panic!("{answer}")).try_into().unwrap()
}

/// Byte 0x00, the schema's id as 4 bytes big-endian, Avro binary.
pub(crate) fn framed(schema_id: u32, avro: &[u8]) -> Vec<u8> {
    [&[0], &schema_id.to_be_bytes()[..], avro].concat()
}

/// The Avro binary of the four fields with which both records begin.
pub(crate) fn application(email: &str, department: &str, hours: i64, start_ticks: i64) -> Vec<u8> {
    let numbers = [number(hours), number(start_ticks)].concat();
    [string(email), string(department), numbers].concat()
}

/// A record as it comes off the applications topic.
pub(crate) fn received(topic: &Arc<str>, key: Option<Vec<u8>>, value: Option<Vec<u8>>) -> Record {
    Record {
        position: Position {
            topic: topic.clone(),
            partition: 1,
            offset: 5,
        },
        timestamp_ms: 0,
        key,
        value,
        headers: Vec::new(),
    }
}

/// The same record as it goes onto the topic.
pub(crate) fn to_append(record: &Record) -> NewRecord {
    NewRecord {
        topic: record.position.topic.clone(),
        partition: record.position.partition,
        key: record.key.clone(),
        value: record.value.clone(),
        headers: record.headers.clone(),
    }
}
