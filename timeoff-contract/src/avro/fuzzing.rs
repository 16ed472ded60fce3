//! What must hold for any bytes of a key or a value, and for any schema that they name.

mod made_up;

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::LazyLock;

use serde_json::json;
use timeoff_models::generated::{
    KEY_SCHEMA, LEAVE_APPLICATION_PROCESSED_SCHEMA, LEAVE_APPLICATION_RECEIVED_SCHEMA,
    LeaveApplicationProcessed, LeaveApplicationReceived,
};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, LeaveResult};

use self::made_up::some_type;
use super::codec::Content;
use super::commands_and_ledger::{CommandType, EventType};
use super::framing;
use super::kind::{Key, Kind, Processed, Received};
use super::own_schema::OwnSchema;
use super::poison::Poison;
use super::shared_topic::{RecordType, Shared, Typed};
use super::value_bytes::{self, ToAvro};
use super::writer_schema::WriterSchema;

static KEY: LazyLock<Own> = LazyLock::new(|| Own::new(KEY_SCHEMA));
static RECEIVED: LazyLock<Own> = LazyLock::new(|| Own::new(LEAVE_APPLICATION_RECEIVED_SCHEMA));
static PROCESSED: LazyLock<Own> = LazyLock::new(|| Own::new(LEAVE_APPLICATION_PROCESSED_SCHEMA));

/// How many prefixes of a value are read.
const CUTS: usize = 8;

/// One of our own schemas, and the same as if it were another program's.
struct Own {
    schema: OwnSchema,
    foreign: WriterSchema,
}

impl Own {
    fn new(text: &'static str) -> Own {
        let schema = OwnSchema::parse(text);
        let foreign = WriterSchema::Other(Box::new(schema.target().clone().into()));
        Own { schema, foreign }
    }

    /// Reads a value that was written under `writer`. Checks that we can write it, and that it is the same then.
    fn read<'avro, K: Kind>(
        &self,
        writer: &WriterSchema,
        avro: &'avro [u8],
    ) -> Option<K::Value<'avro>> {
        let value: K::Value<'_> = writer.read(&self.schema, avro).ok()?;
        let again = written(&value);
        let value: Result<K::Value<'_>, _> = value_bytes::read(&again);
        assert_eq!(value.map(|value| written(&value)).as_ref(), Ok(&again));
        // No value is a prefix of another one.
        for length in (0..avro.len()).rev().take(CUTS) {
            let cut: Result<K::Value<'_>, _> = writer.read(&self.schema, &avro[..length]);
            assert!(
                cut.is_err(),
                "understood although it is cut off at {length}"
            );
        }
        writer.read(&self.schema, avro).ok()
    }

    /// Reads a value that our own programs may have written. Checks that the library understands the same.
    fn read_own<'avro, K: Kind>(&self, avro: &'avro [u8]) -> Option<K::Value<'avro>> {
        let theirs: Result<K::Value<'_>, Poison> = self.foreign.read(&self.schema, avro);
        let ours: Result<K::Value<'_>, Poison> = value_bytes::read(avro);
        assert_eq!(ours.ok(), theirs.ok());
        let value = self.read::<K>(&WriterSchema::Ours, avro)?;
        // Only a number may have been written longer than it needs to be.
        let again = written(&value);
        assert!(again.len() <= avro.len(), "the value has grown");
        assert!(again.len() < avro.len() || again == avro, "other bytes");
        Some(value)
    }

    /// Reads a value that was written under another program's schema.
    fn read_foreign<'avro, K: Kind>(
        &self,
        text: &str,
        avro: &'avro [u8],
    ) -> Option<K::Value<'avro>> {
        let writer = WriterSchema::parse(text, &self.schema).ok()?;
        self.read::<K>(&writer, avro)
    }
}

fn written(value: &impl ToAvro) -> Vec<u8> {
    let mut avro = Vec::new();
    value.write(&mut avro);
    avro
}

/// A frame splits into the parts that make the same frame again.
pub(crate) fn framing(bytes: &[u8]) {
    match framing::split(bytes) {
        Ok((id, avro)) => {
            let mut again = framing::start(id, avro.len());
            again.extend_from_slice(avro);
            assert_eq!(again, bytes);
        }
        Err(reason) => assert!(
            bytes.len() < 5 || bytes[0] != 0,
            "refused, though it is a frame: {reason}"
        ),
    }
}

/// A framed key is read as an id, or refused.
pub(crate) fn key(bytes: &[u8]) {
    let Ok((_, avro)) = framing::split(bytes) else {
        return;
    };
    if let Some(key) = KEY.read_own::<Key>(avro) {
        check_key(key);
    }
}

/// The first byte says what to read. From 128 on, that is one of the commands, then one of the events; below it is an
/// application if it is even, a result if it is odd. The rest is its Avro.
pub(crate) fn value(bytes: &[u8]) {
    match bytes {
        [which @ 128..=255, avro @ ..] => {
            let which = usize::from(which - 128);
            let (commands, events) = (CommandType::ALL, EventType::ALL);
            if let Some(&command) = commands.get(which) {
                one_of_several(command, avro);
            } else if let Some(&event) = events.get(which - commands.len()) {
                one_of_several(event, avro);
            }
        }
        [which, avro @ ..] if which % 2 == 0 => {
            if let Some(wire) = RECEIVED.read_own::<Received>(avro) {
                check_application(&wire);
            }
        }
        [_, avro @ ..] => {
            if let Some(wire) = PROCESSED.read_own::<Processed>(avro) {
                check_result(wire);
            }
        }
        [] => {}
    }
}

/// A record of one of a topic's types is read as the library reads it, can be written, and then says the same.
fn one_of_several<T: RecordType>(of: T, avro: &[u8])
where
    for<'avro> T::Record<'avro>: PartialEq + Debug,
{
    let foreign = WriterSchema::Other(Box::new(of.schema().target().clone().into()));
    let ours = of.read(&WriterSchema::Ours, avro).ok();
    assert_eq!(ours, of.read(&foreign, avro).ok());
    let Some(record) = ours else {
        return;
    };
    let again = written(&record);
    let read_again = of.read(&WriterSchema::Ours, &again);
    assert_eq!(
        read_again.map(|record| written(&record)).as_ref(),
        Ok(&again)
    );
    assert!(again.len() < avro.len() || again == avro, "other bytes");
    for length in (0..avro.len()).rev().take(CUTS) {
        let cut = of.read(&WriterSchema::Ours, &avro[..length]);
        assert!(
            cut.is_err(),
            "understood although it is cut off at {length}"
        );
    }
}

/// Whatever a topic with several types has under any schema is read or refused.
fn any_of_several<T: RecordType>(text: &str, avro: &[u8]) {
    if let Ok(schema) = Shared::<T>::writer_schema(text, &[])
        && let Ok(Typed::Known(record)) = Shared::<T>::read(&schema, avro)
    {
        let again = written(&record);
        let of = T::of(&record);
        let read_again = of.read(&WriterSchema::Ours, &again);
        assert_eq!(
            read_again.map(|record| written(&record)).as_ref(),
            Ok(&again)
        );
    }
}

/// The first byte says what to read: a command from 64 on, an event from 96 on, below an application, a result or a key.
/// Then come the text of the writer's schema, a
/// zero byte and the Avro. From 128 on, it is an application with one more field, whose type is made from the bytes.
pub(crate) fn foreign(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else {
        return;
    };
    if *which >= 128 {
        return made_up(bytes);
    }
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let (Some(text), Some(avro)) = (parts.next(), parts.next()) else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    match *which {
        64..96 => any_of_several::<CommandType>(text, avro),
        96.. => any_of_several::<EventType>(text, avro),
        which if which % 3 == 0 => {
            if let Some(wire) = RECEIVED.read_foreign::<Received>(text, avro) {
                check_application(&wire);
            }
        }
        which if which % 3 == 1 => {
            if let Some(wire) = PROCESSED.read_foreign::<Processed>(text, avro) {
                check_result(wire);
            }
        }
        _ => {
            if let Some(key) = KEY.read_foreign::<Key>(text, avro) {
                check_key(key);
            }
        }
    }
}

/// The bytes say the type of a field, and then what the field holds.
fn made_up(mut bytes: &[u8]) {
    let made_up = some_type(&mut bytes);
    let mut schema: serde_json::Value =
        serde_json::from_str(LEAVE_APPLICATION_RECEIVED_SCHEMA).expect("our own schema is JSON");
    let field = json!({ "name": "MadeUp", "type": made_up });
    if let Some(fields) = schema["fields"].as_array_mut() {
        fields.push(field);
    }
    let wire =
        LeaveApplicationReceived::version_1("ada@example.com", "IT", 8, 638_396_640_000_000_000);
    let mut avro = written(&wire);
    avro.extend_from_slice(bytes);
    if let Some(read) = RECEIVED.read_foreign::<Received>(&schema.to_string(), &avro) {
        assert_eq!(read, wire);
    }
}

fn check_key(key: Cow<'_, str>) {
    let id = ApplicationId::from_key(&*key);
    assert_eq!(id.as_str(), key);
    assert_eq!(id.to_string(), key);
    if let Some(at) = id.submitted_at() {
        let (_, digits) = key.rsplit_once('-').expect("ticks stand after a hyphen");
        assert_eq!(digits.parse(), Ok(at.get()));
    }
}

/// An application that was read can be written, and then says the same; its start and hours are the same number for
/// number.
fn check_application(wire: &LeaveApplicationReceived<'_>) {
    let departments = Departments::default();
    match LeaveApplication::from_wire(wire, &departments) {
        Ok(application) => {
            let again = LeaveApplicationReceived::from(&application);
            assert_eq!(
                LeaveApplication::from_wire(&again, &departments),
                Ok(application.clone())
            );
            assert_eq!(again.leave_start_date_ticks, wire.leave_start_date_ticks);
            assert_eq!(again.leave_duration_in_hours, wire.leave_duration_in_hours);
        }
        Err(reason) => assert!(!reason.to_string().is_empty()),
    }
}

fn check_result(wire: LeaveApplicationProcessed<'_>) {
    match LeaveResult::from_wire(wire.clone(), &Departments::default()) {
        Ok(result) => {
            assert_eq!(result.text, wire.result);
            assert!(result.text.starts_with(match result.outcome {
                timeoff_models::Outcome::Approved => "Approved:",
                timeoff_models::Outcome::Declined => "Declined:",
            }));
            assert_eq!(result.comment, wire.comment);
            assert_eq!(
                result.decided_at.map(timeoff_models::Ticks::get),
                wire.decided_at_ticks
            );
            assert!(!result.application.start.to_string().is_empty());
        }
        Err(reason) => assert!(!reason.to_string().is_empty()),
    }
}
