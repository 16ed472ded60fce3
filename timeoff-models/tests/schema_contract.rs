//! What other programs rely on: every published schema and the current one read each other's bytes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use apache_avro::{
    Schema, from_value,
    reader::datum::GenericDatumReader,
    schema_compatibility::{Compatibility, SchemaCompatibility},
    types::Value,
    writer::datum::GenericDatumWriter,
};
use serde::de::DeserializeOwned;
use timeoff_models::generated::*;

/// Every schema text that was ever published, oldest first.
const PUBLISHED_RECEIVED: &[&str] = &[
    include_str!("published/LeaveApplicationReceived.v1.avsc"),
    include_str!("published/LeaveApplicationReceived.v2.avsc"),
];
const PUBLISHED_PROCESSED: &[&str] = &[include_str!("published/LeaveApplicationProcessed.v1.avsc")];

/// What was published of a record on the commands topic or the ledger, and what it is now. After the record's name come
/// the versions after the first.
macro_rules! published {
    ($($record:ident $($later:literal)*),* $(,)?) => {
        [$((
            &[
                include_str!(concat!("published/", stringify!($record), ".v1.avsc")),
                $(include_str!(concat!("published/", stringify!($record), ".", $later, ".avsc")),)*
            ],
            $record::SCHEMA,
        )),*]
    };
}

/// Every record: what was published of it, and what it is now.
fn every_record() -> Vec<(&'static [&'static str], &'static str)> {
    let commands_and_events: [(&[&str], &str); 33] = published![
        NameFirstAdmin,
        EnterPerson "v2",
        ChangePerson "v2",
        MovePerson,
        AdmitPerson "v2" "v3",
        EndEmployment,
        DelegateApproval,
        DecideApplication "v2",
        WithdrawApplication,
        GrantEntitlement,
        SetPolicy "v2",
        AskToCancel,
        DecideCancellation,
        RecalculateLeave,
        AdmitEntitlement,
        AdmitLeave,
        PersonEntered "v2" "v3",
        PersonChanged "v2",
        PersonMoved,
        PersonLeft,
        ApprovalDelegated,
        LeaveBooked "v2",
        LeaveDeclined "v2",
        LeaveWithdrawn,
        EntitlementGranted,
        PolicySet,
        StageApproved,
        CancellationAsked,
        LeaveReleased,
        CancellationDeclined,
        LeaveRecalculated,
        LeaveAdmitted,
        CommandRefused "v2",
    ];
    let mut every = vec![
        (PUBLISHED_RECEIVED, LEAVE_APPLICATION_RECEIVED_SCHEMA),
        (PUBLISHED_PROCESSED, LEAVE_APPLICATION_PROCESSED_SCHEMA),
    ];
    every.extend(commands_and_events);
    every
}

/// `ada@example.com`, `IT`, 8, 638396640000000000 as version 1 writes it, worked out from the Avro
/// specification: strings with a zig-zag length, then two zig-zag numbers.
const RECEIVED_BY_VERSION_1: &[u8] =
    b"\x1eada@example.com\x04IT\x10\x80\x80\x86\x90\x93\x97\x85\xdc\x11";

fn schema(text: &str) -> Schema {
    Schema::parse_str(text).unwrap()
}

fn received() -> LeaveApplicationReceived<'static> {
    LeaveApplicationReceived::version_1("ada@example.com", "IT", 8, 638_396_640_000_000_000)
}

fn processed() -> LeaveApplicationProcessed<'static> {
    LeaveApplicationProcessed {
        emp_email: "ada@example.com".into(),
        emp_department: "IT".into(),
        leave_duration_in_hours: 8,
        leave_start_date_ticks: 638_396_640_000_000_000,
        processed_by: "Manager #1".into(),
        result: "Approved: Your leave application has been approved.".into(),
        comment: Some("Enjoy".into()),
        decided_at_ticks: Some(638_400_000_000_000_000),
    }
}

fn version_1_value(processed: &LeaveApplicationProcessed) -> Value {
    let text = |text: &str| Value::String(text.to_owned());
    Value::Record(vec![
        ("EmpEmail".into(), text(&processed.emp_email)),
        ("EmpDepartment".into(), text(&processed.emp_department)),
        (
            "LeaveDurationInHours".into(),
            Value::Int(processed.leave_duration_in_hours),
        ),
        (
            "LeaveStartDateTicks".into(),
            Value::Long(processed.leave_start_date_ticks),
        ),
        ("ProcessedBy".into(), text(&processed.processed_by)),
        ("Result".into(), text(&processed.result)),
    ])
}

fn write(schema: &Schema, record: &impl serde::Serialize) -> Vec<u8> {
    let writer = GenericDatumWriter::builder(schema).build().unwrap();
    writer.write_ser_to_vec(record).unwrap()
}

fn write_value(schema: &Schema, value: Value) -> Vec<u8> {
    let writer = GenericDatumWriter::builder(schema).build().unwrap();
    writer.write_value_to_vec(value).unwrap()
}

/// Reads bytes written under the schema `written_with`, as a program that knows only `read_with` does. No bytes may be
/// left.
fn read_value(mut bytes: &[u8], written_with: &Schema, read_with: &Schema) -> Value {
    let reader = GenericDatumReader::builder(written_with)
        .reader_schema(read_with)
        .build()
        .unwrap();
    let value = reader.read_value(&mut bytes).unwrap();
    assert!(bytes.is_empty());
    value
}

fn read<T: DeserializeOwned>(bytes: &[u8], written_with: &Schema, read_with: &Schema) -> T {
    from_value(&read_value(bytes, written_with, read_with)).unwrap()
}

/// Reads bytes of the current schema straight into the struct, without a `Value` in between.
fn read_directly<T: DeserializeOwned>(mut bytes: &[u8], schema: &Schema) -> T {
    let reader = GenericDatumReader::builder(schema).build().unwrap();
    let record = reader.read_deser(&mut bytes).unwrap();
    assert!(bytes.is_empty());
    record
}

#[test]
fn every_published_schema_and_the_current_one_are_fully_compatible() {
    for (published, current) in every_record() {
        for text in published {
            assert_eq!(
                SchemaCompatibility::mutual_read(&schema(text), &schema(current)),
                Ok(Compatibility::Full)
            );
        }
    }
}

#[test]
fn every_schema_file_is_one_of_the_records_that_are_checked() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../schemas");
    let mut checked = every_record();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "avsc")
        {
            let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
            let before = checked.len();
            checked.retain(|(_, current)| current.replace("\r\n", "\n") != text);
            assert_eq!(checked.len() + 1, before, "{}", path.display());
        }
    }
    assert_eq!(checked, []);
}

#[test]
fn every_field_says_what_it_holds() {
    for (_, text) in every_record() {
        let Schema::Record(record) = schema(text) else {
            panic!("not a record");
        };
        assert!(record.doc.is_some(), "{}", record.name.name());
        for field in &record.fields {
            assert!(field.doc.is_some(), "{}", field.name);
        }
    }
}

#[test]
fn a_change_that_breaks_version_1_is_told_apart() {
    let without_default = LEAVE_APPLICATION_PROCESSED_SCHEMA.replace(r#""default": null,"#, "");
    let renamed = LEAVE_APPLICATION_PROCESSED_SCHEMA.replace("ProcessedBy", "DecidedBy");
    for text in [without_default, renamed] {
        assert_ne!(text, LEAVE_APPLICATION_PROCESSED_SCHEMA);
        let version_1 = schema(PUBLISHED_PROCESSED[0]);
        assert!(SchemaCompatibility::mutual_read(&version_1, &schema(&text)).is_err());
    }
}

#[test]
fn the_first_fields_are_version_1_in_its_order_and_the_rest_is_optional() {
    for (published, current) in every_record() {
        let (version_1, current) = (schema(published[0]), schema(current));
        let (Schema::Record(version_1), Schema::Record(current)) = (version_1, current) else {
            panic!("not records");
        };
        assert_eq!(version_1.name, current.name);
        let (first, rest) = current.fields.split_at(version_1.fields.len());
        for (theirs, ours) in version_1.fields.iter().zip(first) {
            assert_eq!((&theirs.name, &theirs.schema), (&ours.name, &ours.schema));
            assert_eq!(ours.default, theirs.default, "{}", ours.name);
        }
        for field in rest {
            assert_eq!(
                field.default,
                Some(serde_json::Value::Null),
                "{}",
                field.name
            );
        }
    }
}

#[test]
fn a_record_comes_back_as_it_was_written() {
    let received_schema = schema(LEAVE_APPLICATION_RECEIVED_SCHEMA);
    let bytes = write(&received_schema, &received());
    assert_eq!(
        read::<LeaveApplicationReceived>(&bytes, &received_schema, &received_schema),
        received()
    );
    assert_eq!(
        read_directly::<LeaveApplicationReceived>(&bytes, &received_schema),
        received()
    );

    let processed_schema = schema(LEAVE_APPLICATION_PROCESSED_SCHEMA);
    let silent = LeaveApplicationProcessed {
        comment: None,
        decided_at_ticks: None,
        ..processed()
    };
    for record in [processed(), silent] {
        let bytes = write(&processed_schema, &record);
        assert_eq!(
            read::<LeaveApplicationProcessed>(&bytes, &processed_schema, &processed_schema),
            record
        );
        assert_eq!(
            read_directly::<LeaveApplicationProcessed>(&bytes, &processed_schema),
            record
        );
    }
}

#[test]
fn a_key_is_a_bare_avro_string() {
    let key = schema(KEY_SCHEMA);
    let bytes = write(&key, &"ada@example.com-1");
    assert_eq!(bytes, b"\x22ada@example.com-1");
    assert_eq!(read_directly::<String>(&bytes, &key), "ada@example.com-1");
}

#[test]
fn an_application_has_the_bytes_of_version_1_and_then_nulls() {
    let current = schema(LEAVE_APPLICATION_RECEIVED_SCHEMA);
    let bytes = write(&current, &received());
    assert_eq!(bytes, [RECEIVED_BY_VERSION_1, &[0; 9]].concat());
    assert_eq!(
        read::<LeaveApplicationReceived>(
            RECEIVED_BY_VERSION_1,
            &schema(PUBLISHED_RECEIVED[0]),
            &current
        ),
        received()
    );
}

#[test]
fn a_result_of_version_1_is_read_without_a_comment() {
    let version_1 = schema(PUBLISHED_PROCESSED[0]);
    let bytes = write_value(&version_1, version_1_value(&processed()));
    let record: LeaveApplicationProcessed = read(
        &bytes,
        &version_1,
        &schema(LEAVE_APPLICATION_PROCESSED_SCHEMA),
    );
    let expected = LeaveApplicationProcessed {
        comment: None,
        decided_at_ticks: None,
        ..processed()
    };
    assert_eq!(record, expected);
}

#[test]
fn our_result_is_read_by_a_program_of_version_1() {
    let current = schema(LEAVE_APPLICATION_PROCESSED_SCHEMA);
    let version_1 = schema(PUBLISHED_PROCESSED[0]);
    let bytes = write(&current, &processed());
    assert_eq!(
        read_value(&bytes, &current, &version_1),
        version_1_value(&processed())
    );
    // So does a program that knows only its own schema and stops after the fields it knows.
    assert!(bytes.starts_with(&write_value(&version_1, version_1_value(&processed()))));
}

#[test]
fn a_producer_with_one_more_optional_field_is_read() {
    let text = PUBLISHED_RECEIVED[0].replace(
        "]}",
        r#",{"name":"Reason","type":["null","string"],"default":null}]}"#,
    );
    let theirs = schema(&text);
    let Value::Record(mut fields) = read_value(
        RECEIVED_BY_VERSION_1,
        &schema(PUBLISHED_RECEIVED[0]),
        &theirs,
    ) else {
        panic!("not a record");
    };
    let reason = Value::Union(1, Box::new(Value::String("Sea".into())));
    *fields.last_mut().unwrap() = ("Reason".into(), reason);
    let bytes = write_value(&theirs, Value::Record(fields));
    assert!(bytes.len() > RECEIVED_BY_VERSION_1.len());
    let record: LeaveApplicationReceived =
        read(&bytes, &theirs, &schema(LEAVE_APPLICATION_RECEIVED_SCHEMA));
    assert_eq!(record, received());
}
