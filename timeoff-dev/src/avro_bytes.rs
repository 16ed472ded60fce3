//! Avro as apache-avro writes it, for tests and for samples that no service would write. A test of our own encoding
//! must not use that encoding to check itself.

use apache_avro::Schema;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;

/// An Avro int or long.
pub fn number(value: i64) -> Vec<u8> {
    datum(&Schema::Long, Value::Long(value))
}

/// An Avro string.
pub fn string(text: &str) -> Vec<u8> {
    datum(&Schema::String, Value::String(text.to_owned()))
}

fn datum(schema: &Schema, value: Value) -> Vec<u8> {
    GenericDatumWriter::builder(schema)
        .build()
        .and_then(|writer| writer.write_value_to_vec(value))
        .expect("the value is of the schema")
}
