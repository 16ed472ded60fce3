//! The kinds of values on the log. Each has one of our own schemas and one Rust type.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::LazyLock;

use serde::de::DeserializeOwned;
use timeoff_models::generated::{
    KEY_SCHEMA, LEAVE_APPLICATION_PROCESSED_SCHEMA, LEAVE_APPLICATION_RECEIVED_SCHEMA,
    LeaveApplicationProcessed, LeaveApplicationReceived,
};

use super::own_schema::OwnSchema;
use super::value_bytes::{FromAvro, ToAvro};

static KEY: LazyLock<OwnSchema> = LazyLock::new(|| OwnSchema::parse(KEY_SCHEMA));
static RECEIVED: LazyLock<OwnSchema> =
    LazyLock::new(|| OwnSchema::parse(LEAVE_APPLICATION_RECEIVED_SCHEMA));
static PROCESSED: LazyLock<OwnSchema> =
    LazyLock::new(|| OwnSchema::parse(LEAVE_APPLICATION_PROCESSED_SCHEMA));

/// A kind of value.
pub(crate) trait Kind {
    /// Its type in memory.
    type Value<'avro>: ToAvro + FromAvro<'avro> + DeserializeOwned + PartialEq + Debug;

    /// The schema that we write it with, and that other programs' values resolve to.
    fn schema() -> &'static OwnSchema;

    /// The subject that its schema is registered under: `<topic>-value`, as Confluent's TopicNameStrategy names it. A
    /// type that shares its topic with others has its own subject, `<topic>-<full record name>`
    /// (TopicRecordNameStrategy).
    fn subject(topic: &str) -> String {
        format!("{topic}-value")
    }
}

/// The key of every record.
pub(crate) enum Key {}

impl Kind for Key {
    type Value<'avro> = Cow<'avro, str>;

    fn schema() -> &'static OwnSchema {
        &KEY
    }

    fn subject(topic: &str) -> String {
        format!("{topic}-key")
    }
}

/// A value on the applications topic.
pub(crate) enum Received {}

impl Kind for Received {
    type Value<'avro> = LeaveApplicationReceived<'avro>;

    fn schema() -> &'static OwnSchema {
        &RECEIVED
    }
}

/// A value on the results topic.
pub(crate) enum Processed {}

impl Kind for Processed {
    type Value<'avro> = LeaveApplicationProcessed<'avro>;

    fn schema() -> &'static OwnSchema {
        &PROCESSED
    }
}
