//! How much memory a value would take, worked out from its bytes before anything is allocated.
//!
//! The library trusts the lengths, counts and references in the writer's schema and in the bytes. A schema of one page
//! can ask for more memory than there is without a byte of data: by a type of fixed size, by nested records that double
//! at each level, by a record that is a field of itself.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{DecimalSchema, InnerDecimalSchema, Name, UuidSchema};
use apache_avro::types::Value;

use super::binary::Rest;

/// The most memory that one value may take. Kafka takes records of 1 MiB unless told otherwise, and ours are a
/// thousandth of that, but a broken one may claim to be larger.
pub(super) const LIMIT_BYTES: usize = 4 * 1024 * 1024;

/// How much memory may be moved while decoding one value: the library lists an array anew for each of its blocks.
const MOVE_LIMIT_BYTES: usize = 64 * LIMIT_BYTES;

/// How deep values may be nested: the library keeps each level on the stack.
const MAX_DEPTH: usize = 64;

/// The least memory that a value takes: itself, and its place in a box or a list.
const VALUE_BYTES: usize = 2 * size_of::<Value>();

/// Why bytes are not to be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error("the bytes do not match their schema")]
    Malformed,
    #[error(
        "the value takes too much memory or time, or is nested too deeply, under the schema it names"
    )]
    TooHeavy,
}

/// Walks over one value. Returns the bytes after it.
pub(super) fn check<'avro>(
    schema: &Schema,
    names: &HashMap<Name, &Schema>,
    avro: &'avro [u8],
) -> Result<&'avro [u8], Unfit> {
    let mut walk = Walk {
        names,
        rest: Rest(avro),
        bytes_left: LIMIT_BYTES,
        moves_left: MOVE_LIMIT_BYTES,
    };
    walk.value(schema, None, MAX_DEPTH)?;
    Ok(walk.rest.0)
}

struct Walk<'schema, 'avro> {
    names: &'schema HashMap<Name, &'schema Schema>,
    rest: Rest<'avro>,
    /// How much memory may still be taken.
    bytes_left: usize,
    /// How much may still be moved.
    moves_left: usize,
}

impl Walk<'_, '_> {
    fn value(
        &mut self,
        schema: &Schema,
        namespace: Option<&str>,
        depth: usize,
    ) -> Result<(), Unfit> {
        self.weigh(VALUE_BYTES)?;
        let depth = depth.checked_sub(1).ok_or(Unfit::TooHeavy)?;
        match schema {
            Schema::Null => Ok(()),
            Schema::Boolean => self.skip(1),
            Schema::Int
            | Schema::Long
            | Schema::Date
            | Schema::TimeMillis
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos => self.number().map(|_| ()),
            Schema::Float => self.skip(4),
            Schema::Double => self.skip(8),
            Schema::Bytes
            | Schema::String
            | Schema::BigDecimal
            | Schema::Uuid(UuidSchema::String | UuidSchema::Bytes)
            | Schema::Decimal(DecimalSchema {
                inner: InnerDecimalSchema::Bytes,
                ..
            }) => self.bytes(),
            Schema::Fixed(fixed)
            | Schema::Duration(fixed)
            | Schema::Uuid(UuidSchema::Fixed(fixed))
            | Schema::Decimal(DecimalSchema {
                inner: InnerDecimalSchema::Fixed(fixed),
                ..
            }) => self.skip(fixed.size),
            Schema::Enum(symbols) => {
                let index = self.index()?;
                let symbol = symbols.symbols.get(index).ok_or(Unfit::Malformed)?;
                self.weigh(symbol.len())
            }
            Schema::Array(array) => self.blocks(|walk| walk.value(&array.items, namespace, depth)),
            Schema::Map(map) => self.blocks(|walk| {
                walk.bytes()?;
                walk.value(&map.types, namespace, depth)
            }),
            Schema::Union(union) => {
                let index = self.index()?;
                let variant = union.variants().get(index).ok_or(Unfit::Malformed)?;
                self.value(variant, namespace, depth)
            }
            Schema::Record(record) => {
                let name = record.name.fully_qualified_name(namespace);
                for field in &record.fields {
                    self.weigh(field.name.len())?;
                    self.value(&field.schema, name.namespace(), depth)?;
                }
                Ok(())
            }
            Schema::Ref { name } => {
                let name = name.fully_qualified_name(namespace);
                let named = *self.names.get(name.as_ref()).ok_or(Unfit::Malformed)?;
                self.value(named, name.namespace(), depth)
            }
        }
    }

    /// An array or a map: blocks, each with its number of items, until one has none.
    fn blocks(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), Unfit>,
    ) -> Result<(), Unfit> {
        let mut listed = 0_usize;
        loop {
            let mut count = self.number()?;
            if count < 0 {
                // The block's length in bytes, for readers that want to skip it.
                self.number()?;
                count = count.checked_neg().ok_or(Unfit::Malformed)?;
            }
            if count == 0 {
                return Ok(());
            }
            self.moves_left = self
                .moves_left
                .checked_sub(listed * VALUE_BYTES)
                .ok_or(Unfit::TooHeavy)?;
            // Each item weighs something, so this loop ends.
            for _ in 0..count {
                item(self)?;
                listed += 1;
            }
        }
    }

    /// A length, and that many bytes.
    fn bytes(&mut self) -> Result<(), Unfit> {
        let length = self.index()?;
        self.skip(length)
    }

    fn skip(&mut self, count: usize) -> Result<(), Unfit> {
        self.rest.bytes(count).ok_or(Unfit::Malformed)?;
        self.weigh(count)
    }

    /// A number that is not below zero.
    fn index(&mut self) -> Result<usize, Unfit> {
        usize::try_from(self.number()?).map_err(|_| Unfit::Malformed)
    }

    /// A number of more than 64 bits is malformed: the library would drop some of them.
    fn number(&mut self) -> Result<i64, Unfit> {
        self.rest.number().ok_or(Unfit::Malformed)
    }

    fn weigh(&mut self, bytes: usize) -> Result<(), Unfit> {
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(Unfit::TooHeavy)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use apache_avro::Schema;
    use apache_avro::schema::ResolvedSchema;

    use super::{LIMIT_BYTES, MAX_DEPTH, Unfit, VALUE_BYTES, check};

    /// Checks one value. Returns the bytes after it.
    fn rest<'avro>(text: &str, avro: &'avro [u8]) -> Result<&'avro [u8], Unfit> {
        let schema = Schema::parse_str(text).expect("a schema");
        let names = ResolvedSchema::new(&schema).expect("all is defined");
        check(&schema, names.get_names(), avro)
    }

    /// A number as the library writes it.
    fn number(value: i64) -> Vec<u8> {
        let mut avro = Vec::new();
        apache_avro::writer::datum::GenericDatumWriter::builder(&Schema::Long)
            .build()
            .and_then(|writer| writer.write_ser(&mut avro, &value))
            .expect("a number");
        avro
    }

    #[test]
    fn a_value_of_every_kind_ends_where_it_ends() {
        let fixed = r#"{"type":"fixed","name":"F","size":2}"#;
        let kinds: [(&str, &[u8]); 14] = [
            (r#""null""#, b""),
            (r#""boolean""#, b"\x01"),
            (r#""long""#, b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
            (r#""float""#, b"1234"),
            (r#""double""#, b"12345678"),
            (r#""bytes""#, b"\x04ab"),
            (r#""string""#, b"\x00"),
            (fixed, b"ab"),
            (r#"{"type":"enum","name":"E","symbols":["A","B"]}"#, b"\x02"),
            (
                r#"{"type":"array","items":"int"}"#,
                b"\x02\x06\x03\x04\x07\x08\x00",
            ),
            (r#"{"type":"map","values":"int"}"#, b"\x02\x02k\x06\x00"),
            (r#"["null","string"]"#, b"\x02\x02a"),
            (
                r#"{"type":"record","name":"N","namespace":"a.b","fields":[{"name":"X","type":["null","N"]}]}"#,
                b"\x02\x02\x00",
            ),
            (
                r#"{"type":"bytes","logicalType":"decimal","precision":4}"#,
                b"\x02a",
            ),
        ];
        for (text, avro) in kinds {
            let followed = [avro, b"rest"].concat();
            assert_eq!(rest(text, &followed), Ok(&b"rest"[..]), "{text}");
            for length in 0..avro.len() {
                assert_eq!(rest(text, &avro[..length]), Err(Unfit::Malformed), "{text}");
            }
        }
    }

    #[test]
    fn what_no_schema_allows_is_malformed() {
        for (text, avro) in [
            (r#"["null"]"#, number(1)),
            (r#"["null"]"#, number(-1)),
            (r#""bytes""#, number(-1)),
            (r#""bytes""#, number(i64::MAX)),
            (r#""long""#, vec![0x80; 10]),
            (r#""long""#, [vec![0x80; 9], vec![0x02]].concat()),
            (r#"{"type":"enum","name":"E","symbols":["A"]}"#, number(1)),
            (
                r#"{"type":"fixed","name":"F","size":18446744073709551615}"#,
                Vec::new(),
            ),
            (
                r#"{"type":"array","items":"null"}"#,
                [number(i64::MIN), number(0)].concat(),
            ),
        ] {
            assert_eq!(rest(text, &avro), Err(Unfit::Malformed), "{text}");
        }
    }

    #[test]
    fn values_that_take_no_bytes_take_memory_all_the_same() {
        let nulls = r#"{"type":"array","items":"null"}"#;
        let most = (LIMIT_BYTES / VALUE_BYTES) as i64 - 1;
        let list = |count| [number(count), number(0)].concat();
        assert_eq!(rest(nulls, &list(most)), Ok(&[][..]));
        assert_eq!(rest(nulls, &list(most + 1)), Err(Unfit::TooHeavy));
        assert_eq!(rest(nulls, &list(i64::MAX)), Err(Unfit::TooHeavy));
    }

    #[test]
    fn an_array_comes_in_blocks_but_not_in_countless_ones() {
        let numbers = r#"{"type":"array","items":"boolean"}"#;
        let block = [number(10), vec![0; 10]].concat();
        let blocks = |count| [block.repeat(count), number(0)].concat();
        assert_eq!(rest(numbers, &blocks(100)), Ok(&[][..]));
        assert_eq!(rest(numbers, &blocks(3_000)), Err(Unfit::TooHeavy));
    }

    #[test]
    fn values_lie_in_each_other_to_a_limit() {
        let list = r#"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#;
        // Each level is a record, its reference and its union.
        let deepest = MAX_DEPTH / 3;
        let deep = |levels| [number(1).repeat(levels), number(0)].concat();
        assert_eq!(rest(list, &deep(deepest - 1)), Ok(&[][..]));
        assert_eq!(rest(list, &deep(deepest + 1)), Err(Unfit::TooHeavy));
        let itself = r#"{"type":"record","name":"L","fields":[{"name":"next","type":"L"}]}"#;
        assert_eq!(rest(itself, b""), Err(Unfit::TooHeavy));
    }
}
