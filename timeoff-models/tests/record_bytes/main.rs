//! What the records of commands and of the ledger look like in bytes, worked out from the Avro specification: a text is
//! its length and itself, a number is zig-zag with seven bits a byte, an optional field is preceded by 0 if it is null
//! and by 1 (zig-zag: 2) if it is not, and a record is its fields, one after the other.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod application;
mod commands;
mod events;
mod leave_commands;
mod leave_events;

use std::fmt::Debug;

use apache_avro::{Schema, reader::datum::GenericDatumReader, writer::datum::GenericDatumWriter};
use serde::{Serialize, de::DeserializeOwned};

/// 2024-01-01 in ticks, and its bytes.
const DAY: i64 = 638_396_640_000_000_000;
const DAY_BYTES: &[u8] = b"\x80\x80\x86\x90\x93\x97\x85\xdc\x11";

/// Checks that a record has these bytes under its schema, and is read from them.
#[track_caller]
fn check<T>(schema: &str, record: &T, bytes: &[&[u8]])
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let schema = Schema::parse_str(schema).unwrap();
    let bytes = bytes.concat();
    let writer = GenericDatumWriter::builder(&schema).build().unwrap();
    assert_eq!(writer.write_ser_to_vec(record).unwrap(), bytes);
    let reader = GenericDatumReader::builder(&schema).build().unwrap();
    let mut rest = bytes.as_slice();
    let read: T = reader.read_deser(&mut rest).unwrap();
    assert_eq!((&read, rest), (record, &[][..]));
}
