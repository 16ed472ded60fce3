//! The fields of our own schemas as Avro binary.
//!
//! This is written by hand, and not left to a library, because it is most of the work that TimeOff adds to a record;
//! see `docs/decisions.md`. The tests and the fuzz targets compare each type with `apache-avro` and the schema itself.

use std::borrow::Cow;

use super::binary::{Rest, write_number};
use super::poison::Poison;
use super::weight::{LIMIT_BYTES, Unfit};

/// A value that can be written.
pub(crate) trait ToAvro {
    /// The most bytes that it can take.
    fn most_bytes(&self) -> usize;

    /// Appends it to `out`.
    fn write(&self, out: &mut Vec<u8>);
}

/// A value that can be read. Texts are borrowed from the bytes.
pub(crate) trait FromAvro<'avro>: Sized {
    /// Takes it off the front; `None` if something else is there.
    fn read(rest: &mut Rest<'avro>) -> Option<Self>;
}

/// Reads `avro` as one value. Nothing in it repeats, so it takes no more memory than its bytes, and their number is its
/// weight.
pub(super) fn read<'avro, T: FromAvro<'avro>>(avro: &'avro [u8]) -> Result<T, Poison> {
    if avro.len() > LIMIT_BYTES {
        return Err(Poison(Unfit::TooHeavy.to_string()));
    }
    let mut rest = Rest(avro);
    let value = T::read(&mut rest).ok_or_else(Poison::malformed)?;
    match rest.0 {
        [] => Ok(value),
        rest => Err(Poison::followed_by(rest.len())),
    }
}

/// The branches of a field that is null unless a value is given.
const NULL: i64 = 0;
const VALUE: i64 = 1;

/// The most bytes that a number of 32 or of 64 bits takes.
const INT_BYTES: usize = 5;
const LONG_BYTES: usize = 10;

impl ToAvro for str {
    fn most_bytes(&self) -> usize {
        LONG_BYTES + self.len()
    }

    fn write(&self, out: &mut Vec<u8>) {
        // Nothing in memory is too long for that.
        write_number(self.len() as i64, out);
        out.extend_from_slice(self.as_bytes());
    }
}

impl ToAvro for Cow<'_, str> {
    fn most_bytes(&self) -> usize {
        str::most_bytes(self)
    }

    fn write(&self, out: &mut Vec<u8>) {
        str::write(self, out);
    }
}

impl<'avro> FromAvro<'avro> for Cow<'avro, str> {
    fn read(rest: &mut Rest<'avro>) -> Option<Cow<'avro, str>> {
        let length = usize::try_from(rest.number()?).ok()?;
        let text = std::str::from_utf8(rest.bytes(length)?).ok()?;
        Some(Cow::Borrowed(text))
    }
}

impl ToAvro for i32 {
    fn most_bytes(&self) -> usize {
        INT_BYTES
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_number(i64::from(*self), out);
    }
}

impl<'avro> FromAvro<'avro> for i32 {
    fn read(rest: &mut Rest<'avro>) -> Option<i32> {
        rest.number()?.try_into().ok()
    }
}

impl ToAvro for bool {
    fn most_bytes(&self) -> usize {
        1
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push((*self).into());
    }
}

impl<'avro> FromAvro<'avro> for bool {
    fn read(rest: &mut Rest<'avro>) -> Option<bool> {
        match rest.bytes(1)? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

impl ToAvro for i64 {
    fn most_bytes(&self) -> usize {
        LONG_BYTES
    }

    fn write(&self, out: &mut Vec<u8>) {
        write_number(*self, out);
    }
}

impl<'avro> FromAvro<'avro> for i64 {
    fn read(rest: &mut Rest<'avro>) -> Option<i64> {
        rest.number()
    }
}

impl<T: ToAvro> ToAvro for Option<T> {
    fn most_bytes(&self) -> usize {
        1 + self.as_ref().map_or(0, T::most_bytes)
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            None => write_number(NULL, out),
            Some(value) => {
                write_number(VALUE, out);
                value.write(out);
            }
        }
    }
}

impl<'avro, T: FromAvro<'avro>> FromAvro<'avro> for Option<T> {
    fn read(rest: &mut Rest<'avro>) -> Option<Option<T>> {
        // Most fields that may be null are, which is a single byte.
        if let [0, after @ ..] = rest.0 {
            rest.0 = after;
            return Some(None);
        }
        match rest.number()? {
            NULL => Some(None),
            VALUE => T::read(rest).map(Some),
            _ => None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::borrow::Cow;
    use std::fmt::Debug;

    use apache_avro::Schema;
    use apache_avro::reader::datum::GenericDatumReader;
    use apache_avro::writer::datum::GenericDatumWriter;
    use proptest::prelude::*;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use timeoff_models::generated::{
        KEY_SCHEMA, LEAVE_APPLICATION_PROCESSED_SCHEMA, LEAVE_APPLICATION_RECEIVED_SCHEMA,
        LeaveApplicationProcessed, LeaveApplicationReceived,
    };

    use super::{FromAvro, LIMIT_BYTES, Rest, ToAvro, Unfit, read};

    /// Checks that the library writes the same bytes under the schema, and reads the same value from them. `theirs` is
    /// where the library writes to.
    pub(in crate::avro) fn the_library_agrees<'avro, T>(
        schema: &str,
        value: &T,
        theirs: &'avro mut Vec<u8>,
    ) where
        T: ToAvro + FromAvro<'avro> + Serialize + DeserializeOwned + PartialEq + Debug,
    {
        let schema = Schema::parse_str(schema).expect("our own schema");
        GenericDatumWriter::builder(&schema)
            .build()
            .and_then(|writer| writer.write_ser(theirs, value))
            .expect("a value of the schema");
        let theirs = theirs.as_slice();
        let mut ours = Vec::new();
        value.write(&mut ours);
        assert_eq!(ours, theirs);
        assert!(ours.len() <= value.most_bytes());

        let mut rest = Rest(theirs);
        assert_eq!(T::read(&mut rest).as_ref(), Some(value));
        assert!(rest.0.is_empty());
        let read: T = GenericDatumReader::builder(&schema)
            .build()
            .and_then(|reader| reader.read_value(&mut ours.as_slice()))
            .and_then(|read| apache_avro::from_value(&read))
            .expect("what was written");
        assert_eq!(&read, value);
        for length in 0..theirs.len() {
            let mut cut = Rest(&theirs[..length]);
            assert!(T::read(&mut cut).is_none(), "cut off at {length}");
        }
    }

    proptest! {
        #[test]
        fn a_key_is_what_the_library_says(key: String) {
            the_library_agrees(KEY_SCHEMA, &Cow::from(key), &mut Vec::new());
        }

        #[test]
        fn an_application_is_what_the_library_says(
            texts: [String; 2],
            leave_duration_in_hours: i32,
            leave_start_date_ticks: i64,
            later_texts: [Option<String>; 7],
            leave_end_date_ticks: Option<i64>,
            leave_minutes: Option<i32>,
        ) {
            let [emp_email, emp_department] = texts;
            let [leave_type, first_day, last_day, note, substitute, submitted_by, replaces] =
                later_texts.map(|text| text.map(Cow::from));
            let application = LeaveApplicationReceived {
                leave_type,
                leave_end_date_ticks,
                first_day,
                last_day,
                leave_minutes,
                note,
                substitute,
                submitted_by,
                replaces,
                ..LeaveApplicationReceived::version_1(
                    emp_email,
                    emp_department,
                    leave_duration_in_hours,
                    leave_start_date_ticks,
                )
            };
            the_library_agrees(LEAVE_APPLICATION_RECEIVED_SCHEMA, &application, &mut Vec::new());
        }

        #[test]
        fn a_result_is_what_the_library_says(
            texts: [String; 4],
            leave_duration_in_hours: i32,
            leave_start_date_ticks: i64,
            comment: Option<String>,
            decided_at_ticks: Option<i64>,
        ) {
            let [emp_email, emp_department, processed_by, result] = texts.map(Cow::from);
            let result = LeaveApplicationProcessed {
                emp_email,
                emp_department,
                leave_duration_in_hours,
                leave_start_date_ticks,
                processed_by,
                result,
                comment: comment.map(Cow::from),
                decided_at_ticks,
            };
            the_library_agrees(LEAVE_APPLICATION_PROCESSED_SCHEMA, &result, &mut Vec::new());
        }
    }

    #[test]
    fn a_value_that_is_too_heavy_is_told_so() {
        let mut avro = Vec::new();
        "x".repeat(LIMIT_BYTES).write(&mut avro);
        let error = read::<Cow<'_, str>>(&avro).expect_err("too heavy");
        assert_eq!(error.to_string(), Unfit::TooHeavy.to_string());
        avro.clear();
        "x".repeat(LIMIT_BYTES / 2).write(&mut avro);
        assert!(read::<Cow<'_, str>>(&avro).is_ok());
    }

    #[test]
    fn what_the_schema_does_not_allow_is_not_read() {
        // An int of 33 bits, a branch that does not exist, a length below zero, a text that is not UTF-8.
        assert_eq!(i32::read(&mut Rest(b"\x80\x80\x80\x80\x20")), None);
        assert_eq!(Option::<i64>::read(&mut Rest(b"\x04\x00")), None);
        assert_eq!(Cow::<str>::read(&mut Rest(b"\x01")), None);
        assert_eq!(Cow::<str>::read(&mut Rest(b"\x02\xff")), None);
    }
}
