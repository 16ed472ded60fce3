//! Reading values that somebody else may have written, under the schema they were written with.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::ResolvedSchema;
use serde::de::DeserializeOwned;

use super::Poison;
use super::plain_schema::{self, NotASchema};
use super::weight::{self, Unfit};

/// A schema that somebody wrote with, ready to read with.
pub(super) enum WriterSchema {
    /// It is ours, so that values need not be resolved, and what reads them is made once.
    Ours(Box<OwnReader>),
    Other(Schema),
}

/// What reads values under our own schema.
pub(super) struct OwnReader {
    schema: &'static Schema,
    names: ResolvedSchema<'static>,
    reader: GenericDatumReader<'static>,
}

/// Why a schema's text is of no use. Completes the sentence that begins with the schema.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnusableSchema {
    #[error("is not a schema we can parse: {0}")]
    NotASchema(#[from] NotASchema),
    #[error("is of another record")]
    OtherRecord,
}

impl WriterSchema {
    /// Reads a schema's text.
    pub(super) fn parse(
        text: &str,
        reader_schema: &'static Schema,
    ) -> Result<WriterSchema, UnusableSchema> {
        // For a length within a value. The library keeps one limit for the process; asking again changes nothing.
        apache_avro::util::max_allocation_bytes(weight::LIMIT_BYTES);
        let schema = plain_schema::parse(text)?;
        if !is_same_record(&schema, reader_schema) {
            return Err(UnusableSchema::OtherRecord);
        }
        Ok(match schema == *reader_schema {
            true => WriterSchema::Ours(Box::new(OwnReader::new(reader_schema))),
            false => WriterSchema::Other(schema),
        })
    }

    /// The value that `avro` is, as `reader_schema` has it.
    pub(super) fn read<T: DeserializeOwned>(
        &self,
        reader_schema: &Schema,
        avro: &[u8],
    ) -> Result<T, Poison> {
        let schema = match self {
            WriterSchema::Ours(own) => return own.read(avro),
            WriterSchema::Other(schema) => schema,
        };
        let names = ResolvedSchema::new(schema).map_err(|_| malformed())?;
        weigh(schema, &names, avro)?;
        let reader = GenericDatumReader::builder(schema)
            .resolved_writer_schemata(names)
            .build()
            .map_err(|_| malformed())?;
        let mut rest = avro;
        let value = reader.read_value(&mut rest).map_err(|_| malformed())?;
        debug_assert!(rest.is_empty(), "the library reads what was weighed");
        let unresolved = |_| Poison("the schema it names does not resolve to ours".to_owned());
        let resolved = value.resolve(reader_schema).map_err(unresolved)?;
        apache_avro::from_value(&resolved).map_err(unresolved)
    }
}

impl OwnReader {
    fn new(schema: &'static Schema) -> OwnReader {
        const RESOLVES: &str = "our own schema resolves";
        OwnReader {
            schema,
            names: ResolvedSchema::new(schema).expect(RESOLVES),
            reader: GenericDatumReader::builder(schema).build().expect(RESOLVES),
        }
    }

    fn read<T: DeserializeOwned>(&self, avro: &[u8]) -> Result<T, Poison> {
        weigh(self.schema, &self.names, avro)?;
        let mut rest = avro;
        self.reader.read_deser(&mut rest).map_err(|_| malformed())
    }
}

/// What the library says of an error may quote the value; what is kept of it is where it was found.
fn malformed() -> Poison {
    Poison("the bytes do not match the schema they name".to_owned())
}

/// Looks at the bytes before the library does: it would take memory as they say, follow them as deep as they go, and take
/// what is missing at the end for null.
fn weigh(schema: &Schema, names: &ResolvedSchema<'_>, avro: &[u8]) -> Result<(), Poison> {
    match weight::check(schema, names.get_names(), avro) {
        Ok([]) => Ok(()),
        Ok(rest) => Err(Poison(format!("{} bytes follow the value", rest.len()))),
        Err(Unfit::Malformed) => Err(malformed()),
        Err(unfit @ Unfit::TooHeavy) => Err(Poison(unfit.to_string())),
    }
}

/// Records resolve only to records of the same name, by the specification; the library does not look. Programs that are
/// not ours may have another namespace.
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
    use std::collections::HashMap;

    use apache_avro::Schema;
    use timeoff_models::wire::{
        KEY_SCHEMA, LEAVE_APPLICATION_PROCESSED_SCHEMA, LEAVE_APPLICATION_RECEIVED_SCHEMA,
    };

    use super::WriterSchema;
    use crate::avro::Poison;

    /// Reads a key as somebody wrote it.
    fn key(text: &str, avro: &[u8]) -> Result<String, Poison> {
        static STRING: Schema = Schema::String;
        let writer = WriterSchema::parse(text, &STRING).expect("a schema");
        writer.read(&STRING, avro)
    }

    fn forever(text: &str) -> &'static Schema {
        Box::leak(Box::new(Schema::parse_str(text).expect("a schema")))
    }

    #[test]
    fn our_own_schemas_need_no_resolving() {
        for text in [
            KEY_SCHEMA,
            LEAVE_APPLICATION_RECEIVED_SCHEMA,
            LEAVE_APPLICATION_PROCESSED_SCHEMA,
        ] {
            let writer = WriterSchema::parse(text, forever(text)).expect("a schema");
            assert!(matches!(writer, WriterSchema::Ours(_)), "{text}");
        }
    }

    #[test]
    fn what_is_cut_off_is_poison_under_any_schema() {
        // The library would take each of them for null, where it may be.
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
        let schema = forever(ours);
        let writer = WriterSchema::parse(theirs, schema).expect("a schema");
        let read = |avro| writer.read::<HashMap<String, Option<String>>>(schema, avro);
        assert!(read(b"\x00").is_ok());
        assert!(read(b"").is_err());
    }

    #[test]
    fn bytes_after_the_value_are_counted() {
        for text in [r#""string""#, r#""bytes""#] {
            let error = key(text, b"\x06ada??").expect_err("two too many");
            assert_eq!(error, Poison("2 bytes follow the value".to_owned()));
        }
    }
}
