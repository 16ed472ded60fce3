//! Reading values that another program may have written, under the schema they were written with.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::ResolvedSchema;
use serde::de::DeserializeOwned;

use super::own_schema::OwnSchema;
use super::plain_schema::{self, NotASchema, PlainSchema};
use super::poison::Poison;
use super::value_bytes::{self, FromAvro};
use super::weight::{self, Unfit};

/// A writer's schema, ready to read with.
pub(crate) enum WriterSchema {
    /// It is our own, so values need not be resolved.
    Ours,
    Other(Box<PlainSchema>),
}

/// Why a schema's text is of no use. Completes the sentence that begins with the schema.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusableSchema {
    #[error("is not a schema we can parse: {0}")]
    NotASchema(#[from] NotASchema),
    #[error("describes another record")]
    OtherRecord,
    #[error("does not describe a record")]
    NotARecord,
    #[error("describes neither a command we know nor one that says its id, who asked and when")]
    NotACommand,
}

/// Parses a schema's text. `referenced` is as for [`WriterSchema::parse_with`].
pub(super) fn parse_plain(text: &str, referenced: &[String]) -> Result<PlainSchema, NotASchema> {
    // Limits the lengths within a value. The library has one limit for the process; setting it again changes nothing.
    apache_avro::util::max_allocation_bytes(weight::LIMIT_BYTES);
    plain_schema::parse(text, referenced)
}

impl WriterSchema {
    /// Reads a schema's text. `referenced` has the texts of what it refers to, each after what it refers to itself.
    pub(super) fn parse_with(
        text: &str,
        referenced: &[String],
        ours: &OwnSchema,
    ) -> Result<WriterSchema, UnusableSchema> {
        WriterSchema::of(parse_plain(text, referenced)?, ours)
    }

    /// Checks that values of this schema resolve to our own.
    pub(super) fn of(plain: PlainSchema, ours: &OwnSchema) -> Result<WriterSchema, UnusableSchema> {
        if !is_same_record(&plain.schema, ours.target()) {
            return Err(UnusableSchema::OtherRecord);
        }
        Ok(match plain.schema == *ours.target() {
            true => WriterSchema::Ours,
            false => WriterSchema::Other(Box::new(plain)),
        })
    }

    /// The same for a schema that refers to no other.
    #[cfg(any(test, fuzzing))]
    pub(super) fn parse(text: &str, ours: &OwnSchema) -> Result<WriterSchema, UnusableSchema> {
        WriterSchema::parse_with(text, &[], ours)
    }

    /// Decodes `avro` into a value of our own schema.
    pub(super) fn read<'avro, T: FromAvro<'avro> + DeserializeOwned>(
        &self,
        ours: &OwnSchema,
        avro: &'avro [u8],
    ) -> Result<T, Poison> {
        match self {
            WriterSchema::Ours => value_bytes::read(avro),
            WriterSchema::Other(schema) => resolve(schema, ours, avro),
        }
    }
}

/// Decodes a value with its writer's schema, and resolves it to our own.
pub(super) fn resolve<T: DeserializeOwned>(
    plain: &PlainSchema,
    ours: &OwnSchema,
    avro: &[u8],
) -> Result<T, Poison> {
    let malformed = |_| Poison::malformed();
    let schema = &plain.schema;
    let names = plain.resolved().map_err(|_| Poison::malformed())?;
    weigh(schema, &names, avro)?;
    let reader = GenericDatumReader::builder(schema)
        .resolved_writer_schemata(names)
        .build()
        .map_err(malformed)?;
    let mut rest = avro;
    let value = reader.read_value(&mut rest).map_err(malformed)?;
    debug_assert!(rest.is_empty(), "the library reads what was weighed");
    let unresolved = |_| Poison("the schema it names does not resolve to ours".to_owned());
    let resolved = value.resolve(ours.target()).map_err(unresolved)?;
    apache_avro::from_value(&resolved).map_err(unresolved)
}

/// Checks the bytes before the library reads them. It would allocate as much memory as they say, recurse as deep as
/// they go, and take what is missing at the end for null.
fn weigh(schema: &Schema, names: &ResolvedSchema<'_>, avro: &[u8]) -> Result<(), Poison> {
    match weight::check(schema, names.get_names(), avro) {
        Ok([]) => Ok(()),
        Ok(rest) => Err(Poison::followed_by(rest.len())),
        Err(Unfit::Malformed) => Err(Poison::malformed()),
        Err(unfit @ Unfit::TooHeavy) => Err(Poison(unfit.to_string())),
    }
}

/// By the specification, a record resolves only to a record of the same name; the library does not check that. Other
/// programs may use another namespace.
fn is_same_record(writer: &Schema, reader: &Schema) -> bool {
    match (writer, reader) {
        (Schema::Record(writer), Schema::Record(reader)) => {
            writer.name.name() == reader.name.name()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::HashMap;

    use timeoff_models::generated::{
        KEY_SCHEMA, LEAVE_APPLICATION_PROCESSED_SCHEMA, LEAVE_APPLICATION_RECEIVED_SCHEMA,
    };

    use super::{WriterSchema, plain_schema, resolve};
    use crate::avro::Poison;
    use crate::avro::own_schema::OwnSchema;

    /// Reads a key that was written under the schema `text`.
    fn key<'avro>(text: &str, avro: &'avro [u8]) -> Result<Cow<'avro, str>, Poison> {
        let ours = OwnSchema::parse(KEY_SCHEMA);
        let writer = WriterSchema::parse(text, &ours).expect("a schema");
        writer.read(&ours, avro)
    }

    #[test]
    fn our_own_schemas_need_no_resolving() {
        for text in [
            KEY_SCHEMA,
            LEAVE_APPLICATION_RECEIVED_SCHEMA,
            LEAVE_APPLICATION_PROCESSED_SCHEMA,
        ] {
            let writer = WriterSchema::parse(text, &OwnSchema::parse(text)).expect("a schema");
            assert!(matches!(writer, WriterSchema::Ours), "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_poison_under_any_schema() {
        // Where null is allowed, the library would take each of these for null.
        for text in [
            r#""string""#,
            r#"["null","string"]"#,
            r#"["string","null"]"#,
        ] {
            let whole: &[u8] = if text.starts_with('[') {
                b"\x00\x06ada"
            } else {
                b"\x06ada"
            };
            for length in 0..whole.len() {
                assert!(key(text, &whole[..length]).is_err(), "{text} {length}");
            }
        }
        let ours =
            r#"{"type":"record","name":"R","fields":[{"name":"A","type":["null","string"]}]}"#;
        let theirs =
            r#"{"type":"record","name":"R","fields":[{"name":"A","type":["null","bytes"]}]}"#;
        let ours = OwnSchema::parse(ours);
        let theirs = plain_schema::parse(theirs, &[]).expect("a schema");
        let read = |avro| resolve::<HashMap<String, Option<String>>>(&theirs, &ours, avro);
        assert!(read(b"\x00").is_ok());
        assert!(read(b"").is_err());
    }

    #[test]
    fn what_a_schema_refers_to_may_be_written_anywhere_before() {
        let ours = concat!(
            r#"{"type":"record","name":"R","fields":["#,
            r#"{"name":"A","type":"string"},{"name":"B","type":"string"}]}"#
        );
        let theirs = concat!(
            r#"{"type":"record","name":"R","namespace":"org","fields":["#,
            r#"{"name":"A","type":"string"},{"name":"B","type":"string"},"#,
            r#"{"name":"C","type":"org.Outer"},{"name":"D","type":["null","Inner"]}]}"#
        );
        let outer = concat!(
            r#"{"type":"record","name":"Outer","namespace":"org","fields":["#,
            r#"{"name":"inner","type":"Inner","default":{"x":7}}]}"#
        );
        let inner = r#"{"type":"record","name":"org.Inner","fields":[{"name":"x","type":"int"}]}"#;
        let referenced = [inner, outer].map(str::to_owned);
        let ours = OwnSchema::parse(ours);
        let theirs = plain_schema::parse(theirs, &referenced).expect("a schema");
        let read = |avro| resolve::<HashMap<String, String>>(&theirs, &ours, avro);
        let value = read(b"\x02a\x02b\x0e\x02\x0e").expect("understood");
        assert_eq!(value["B"], "b");
        assert!(read(b"\x02a\x02b\x0e\x02").is_err());
        assert_eq!(
            read(b"\x02a\x02b\x0e\x00??"),
            Err(Poison("2 bytes follow the value".to_owned()))
        );
    }

    #[test]
    fn what_is_referred_to_is_read_no_less_carefully() {
        let theirs = r#"{"type":"record","name":"R","fields":[{"name":"A","type":"F"}]}"#;
        let ours = OwnSchema::parse(r#"{"type":"record","name":"R","fields":[]}"#);
        let fixed = |size| format!(r#"{{"type":"fixed","name":"F","size":{size}}}"#);
        let parsed = |texts: &[String]| WriterSchema::parse_with(theirs, texts, &ours);
        for texts in [
            vec![],
            vec![r#"{"type":"record","name":"record","fields":[]}"#.to_owned()],
            vec!["[".repeat(1_000)],
            vec![r#""string""#.to_owned()],
            vec![fixed(1), fixed(2)],
            vec![" ".repeat(70_000)],
        ] {
            assert!(parsed(&texts).is_err(), "{texts:?}");
        }
        let heavy = plain_schema::parse(theirs, &[fixed(i32::MAX)]).expect("a schema");
        assert!(resolve::<HashMap<String, String>>(&heavy, &ours, b"").is_err());
    }

    #[test]
    fn bytes_after_the_value_are_counted() {
        for text in [r#""string""#, r#""bytes""#] {
            let error = key(text, b"\x06ada??").expect_err("two too many");
            assert_eq!(error, Poison("2 bytes follow the value".to_owned()));
        }
    }
}
