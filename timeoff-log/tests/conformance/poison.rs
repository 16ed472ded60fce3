//! Bad input is a fact, not a crash: for a record that cannot be understood, the reason is given, and quotes nothing
//! from the record.

use std::sync::Arc;

use timeoff_contract::{Contract, DecodeError};
use timeoff_log::Record;

use crate::avro_bytes::{number, string};
use crate::bench::Bench;
use crate::forge::{self, PROCESSED_V1, RECEIVED_V1, START_TICKS, application, framed, registered};

/// Occurs in every text of every poison record, and must not occur in any reason.
const SECRET: &str = "secret";

/// The optional fields that version 1 does not have, all null.
const LATER_FIELDS: &[u8] = &[0; 9];

/// Everything that is needed to write records of the applications topic.
struct Forge {
    contract: Contract,
    topic: Arc<str>,
    key_id: u32,
    v1_id: u32,
    /// The id of the schema with which the crate itself writes.
    own_id: u32,
}

impl Forge {
    async fn new(bench: &Bench) -> Forge {
        let contract = forge::contract(bench).await;
        let topic = contract.topics().applications.clone();
        let own = timeoff_models::generated::LEAVE_APPLICATION_RECEIVED_SCHEMA;
        Forge {
            key_id: registered(bench, &topic, "key", r#""string""#).await,
            v1_id: registered(bench, &topic, "value", RECEIVED_V1).await,
            own_id: registered(bench, &topic, "value", own).await,
            contract,
            topic,
        }
    }

    /// The schemas that an application may have, and what comes after the fields of version 1 under each.
    fn schemas(&self) -> [(u32, &'static [u8]); 2] {
        [(self.v1_id, &[]), (self.own_id, LATER_FIELDS)]
    }

    fn with_value(&self, value: Vec<u8>) -> Record {
        let key = framed(self.key_id, &string("secret key"));
        forge::received(&self.topic, Some(key), Some(value))
    }

    fn with_key(&self, key: Vec<u8>) -> Record {
        let avro = application("secret@example.com", "IT", 8, START_TICKS);
        forge::received(&self.topic, Some(key), Some(framed(self.v1_id, &avro)))
    }

    /// Why the record is poison; fails if it is not.
    async fn reason(&self, record: &Record) -> String {
        match self.contract.read_application(record).await {
            Err(DecodeError::Poison { reason }) => {
                assert!(!reason.to_lowercase().contains(SECRET), "{reason}");
                reason
            }
            Err(other) => panic!("it is not known to be poison: {other}"),
            Ok(_) => panic!("it is understood"),
        }
    }

    async fn assert_reason_says(&self, record: &Record, part: &str) {
        let reason = self.reason(record).await;
        assert!(reason.contains(part), "{part:?} is not in {reason:?}");
    }
}

pub(crate) async fn a_record_without_key_or_value_is_poison(bench: Bench) {
    let forge = Forge::new(&bench).await;
    let avro = application("secret@example.com", "IT", 8, START_TICKS);
    let (key, value) = (
        framed(forge.key_id, &string("k")),
        framed(forge.v1_id, &avro),
    );
    let whole = forge::received(&forge.topic, Some(key.clone()), Some(value.clone()));
    assert!(forge.contract.read_application(&whole).await.is_ok());
    let keyless = forge::received(&forge.topic, None, Some(value));
    forge.assert_reason_says(&keyless, "no key").await;
    let tombstone = forge::received(&forge.topic, Some(key), None);
    forge.assert_reason_says(&tombstone, "no value").await;
    // The same for a result.
    let Err(DecodeError::Poison { reason }) = forge.contract.read_result(&tombstone).await else {
        panic!("it is understood");
    };
    assert!(reason.contains("no value"), "{reason}");
}

pub(crate) async fn bytes_without_a_frame_are_poison(bench: Bench) {
    let forge = Forge::new(&bench).await;
    for bytes in [&b""[..], b"\0", b"\0\0\0\x01", b"{\"secret\":1}", b"secret"] {
        let value = forge.with_value(bytes.to_vec());
        forge.assert_reason_says(&value, "framed").await;
        let key = forge.with_key(bytes.to_vec());
        forge.assert_reason_says(&key, "key").await;
    }
}

pub(crate) async fn an_unknown_schema_id_is_poison(bench: Bench) {
    let forge = Forge::new(&bench).await;
    let avro = application("secret@example.com", "IT", 8, START_TICKS);
    for id in [
        0,
        987_654_321,
        i32::MAX as u32,
        i32::MAX as u32 + 1,
        u32::MAX,
    ] {
        let record = forge.with_value(framed(id, &avro));
        forge.assert_reason_says(&record, &id.to_string()).await;
        let record = forge.with_key(framed(id, &string("secret")));
        forge.assert_reason_says(&record, &id.to_string()).await;
    }
}

pub(crate) async fn another_records_schema_is_poison(bench: Bench) {
    let forge = Forge::new(&bench).await;
    let other = r#"{"type":"record","name":"Other","fields":[{"name":"A","type":"string"}]}"#;
    let other_id = registered(&bench, &forge.topic, "other", other).await;
    forge
        .reason(&forge.with_value(framed(other_id, &string(SECRET))))
        .await;
    // The key's schema where the value's belongs, and the other way round.
    forge
        .reason(&forge.with_value(framed(forge.key_id, &string(SECRET))))
        .await;
    let avro = application("secret@example.com", "IT", 8, START_TICKS);
    forge
        .reason(&forge.with_key(framed(forge.v1_id, &avro)))
        .await;
    // A result is no application, though it has all the fields of one: Avro resolves records of one name only.
    let result_id = registered(&bench, &forge.topic, "result", PROCESSED_V1).await;
    let result = [avro, string("secret"), string("Approved: secret")].concat();
    forge
        .reason(&forge.with_value(framed(result_id, &result)))
        .await;
}

pub(crate) async fn bytes_that_do_not_match_their_schema_are_poison(bench: Bench) {
    let forge = Forge::new(&bench).await;
    let whole = application("secret@example.com", "IT", 8, START_TICKS);
    for (id, later) in forge.schemas() {
        let whole = [&whole, later].concat();
        for length in 0..whole.len() {
            let cut = forge.with_value(framed(id, &whole[..length]));
            forge.reason(&cut).await;
        }
        // Impossible lengths: beyond the record's end, beyond all memory, below zero.
        for length in [40, 1 << 40, i64::MAX, -1] {
            let avro = [number(length), b"secret@example.com".to_vec()].concat();
            forge.reason(&forge.with_value(framed(id, &avro))).await;
        }
        // A string that is not UTF-8; a number that does not end; hours that do not fit into an int.
        let mut not_text = whole.clone();
        not_text[3] = 0xff;
        forge.reason(&forge.with_value(framed(id, &not_text))).await;
        let endless = vec![0xff; 30];
        forge.reason(&forge.with_value(framed(id, &endless))).await;
        let too_long = application("secret@example.com", "IT", 1 << 40, START_TICKS);
        let too_long = [&too_long, later].concat();
        forge.reason(&forge.with_value(framed(id, &too_long))).await;
    }
    let key = framed(forge.key_id, &number(40));
    forge.reason(&forge.with_key(key)).await;
}

pub(crate) async fn bytes_after_the_value_are_poison(bench: Bench) {
    let forge = Forge::new(&bench).await;
    let avro = application("secret@example.com", "IT", 8, START_TICKS);
    for (id, later) in forge.schemas() {
        let avro = [&avro, later, b"secret"].concat();
        let record = forge.with_value(framed(id, &avro));
        forge.assert_reason_says(&record, "6 bytes").await;
    }
    let key = framed(forge.key_id, &[string("k"), string("secret")].concat());
    forge.reason(&forge.with_key(key)).await;
}

pub(crate) async fn an_impossible_value_is_poison_and_is_not_quoted(bench: Bench) {
    let forge = Forge::new(&bench).await;
    let (email, department) = ("secret@example.com", "IT");
    let impossible = [
        (
            "EmpEmail",
            application("secret", department, 8, START_TICKS),
        ),
        (
            "EmpDepartment",
            application(email, "secret", 8, START_TICKS),
        ),
        (
            "LeaveDurationInHours",
            application(email, department, 0, START_TICKS),
        ),
        (
            "LeaveDurationInHours",
            application(email, department, 8785, START_TICKS),
        ),
        (
            "LeaveDurationInHours",
            application(email, department, -8, START_TICKS),
        ),
        ("LeaveStartDateTicks", application(email, department, 8, -1)),
        (
            "LeaveStartDateTicks",
            application(email, department, 8, i64::MAX),
        ),
    ];
    for (field, avro) in impossible {
        for (id, later) in forge.schemas() {
            let record = forge.with_value(framed(id, &[&avro, later].concat()));
            forge.assert_reason_says(&record, field).await;
        }
    }
}
