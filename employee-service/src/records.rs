//! The records of a CSV file, split into fields at the commas, or at whatever separates values there.

use std::io::{self, BufRead, BufReader, Read};
use std::mem;
use std::ops::Range;

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

/// How many bytes are read at once.
const BUFFER: usize = 64 * 1024;

/// The length of the longest record, in bytes. An application is a thousandth of that, but a quote that is not closed
/// makes one record of all that follows.
const MAX_RECORD: usize = 256 * 1024;

/// How the records of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// What is between two values.
    pub(crate) separator: u8,
    /// What ends a line, with or without a carriage return before it: `\n`, or `\r` in files of old Macs.
    pub(crate) line_end: u8,
}

impl Dialect {
    /// The usual one.
    pub(crate) const USUAL: Dialect = Dialect {
        separator: b',',
        line_end: b'\n',
    };
}

/// Why no record can be read from here on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("line {line}: a quote is opened and not closed before the end of the file")]
    OpenQuote {
        /// Where the record with the quote begins.
        line: u64,
    },
    #[error("it could not be read at line {line}")]
    Source {
        line: u64,
        #[source]
        source: io::Error,
    },
}

/// Reads a file record by record, in constant memory.
///
/// Nearly all records are lines without quotes, which are split at their separators as they are. The parser of the csv
/// crate reads the others. It also reads the first line, which may have a byte order mark, and any line of which the
/// source has given only a part yet.
pub(crate) struct Records<R> {
    source: BufReader<R>,
    dialect: Dialect,
    quotes: csv_core::Reader,
    /// The record's lines while it is read, then its fields one after another.
    text: Vec<u8>,
    /// Where the fields are in the text.
    fields: Vec<Range<usize>>,
    /// Where the record begins, counted from 1.
    line: u64,
    /// How many lines the record has.
    lines: u64,
    /// What the parser writes to.
    unquoted: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: Read> Records<R> {
    /// Reads records of that dialect; the source begins with line `line`.
    pub(crate) fn new(source: R, dialect: Dialect, line: u64) -> Records<R> {
        Records {
            source: BufReader::with_capacity(BUFFER, source),
            dialect,
            // A carriage return before the line end is white space, which does not count at the end of a value.
            quotes: ReaderBuilder::new()
                .delimiter(dialect.separator)
                .terminator(Terminator::Any(dialect.line_end))
                .build(),
            text: Vec::new(),
            fields: Vec::new(),
            line,
            lines: 0,
            unquoted: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// The first record that is not an empty line, without a byte order mark, or `None` where there is none.
    pub(crate) fn first(&mut self) -> Result<Option<Record<'_>>, Unreadable> {
        let is_there = self.parse()?;
        Ok(is_there.then(|| self.record()))
    }

    /// The next record, or `None` at the end. Empty lines may be left out or be records with an empty field.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, Unreadable> {
        let is_there = self.split_line() || self.parse()?;
        Ok(is_there.then(|| self.record()))
    }

    /// Where the record that was read last begins, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    fn record(&self) -> Record<'_> {
        Record {
            line: self.line,
            text: &self.text,
            fields: &self.fields,
        }
    }

    /// Goes on to the line after the record.
    fn begin(&mut self) {
        self.line += mem::take(&mut self.lines);
        self.text.clear();
        self.fields.clear();
    }

    /// Reads a record that is a line without quotes, if that comes next and was read from the source already.
    fn split_line(&mut self) -> bool {
        self.begin();
        let Dialect {
            separator,
            line_end,
        } = self.dialect;
        let buffer = self.source.buffer();
        let mut from = 0;
        // No byte that matters is above the separator and the quote. So nearly every byte of a file with commas takes
        // only one comparison.
        let highest = separator.max(b'"');
        let bytes = buffer.iter().enumerate();
        for (place, &byte) in bytes.filter(|&(_, &byte)| byte <= highest) {
            match byte {
                _ if byte == separator => {
                    self.fields.push(from..place);
                    from = place + 1;
                }
                _ if byte == line_end => {
                    self.fields.push(from..place);
                    self.text.extend_from_slice(&buffer[..place]);
                    self.source.consume(place + 1);
                    self.lines = 1;
                    return true;
                }
                b'"' => return false,
                _ => {}
            }
        }
        false
    }

    /// Adds a line to the text. Returns whether there is one.
    fn read_line(&mut self) -> Result<bool, Unreadable> {
        let room = (MAX_RECORD - self.text.len().min(MAX_RECORD)) as u64;
        let mut source = self.source.by_ref().take(room + 1);
        let too_long = || {
            io::Error::other(format!(
                "a row is longer than {} KiB; is a quote not closed?",
                MAX_RECORD / 1024
            ))
        };
        match source.read_until(self.dialect.line_end, &mut self.text) {
            Ok(0) => return Ok(false),
            Ok(_) if self.text.len() > MAX_RECORD => Err(too_long()),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
        .map_err(|source| Unreadable::Source {
            line: self.line,
            source,
        })?;
        self.lines += 1;
        // The last line may lack a line end.
        if self.text.last() != Some(&self.dialect.line_end) {
            self.text.push(self.dialect.line_end);
        }
        Ok(true)
    }

    /// Reads a record with the parser. Returns whether there is one.
    fn parse(&mut self) -> Result<bool, Unreadable> {
        self.begin();
        let mut is_at_end = !self.read_line()?;
        let (mut read, mut written, mut ended) = (0, 0, 0);
        loop {
            // Without its quotes, no text is longer; and no field is shorter than its comma. So there is room.
            let room = self.text.len() + 1;
            self.unquoted.resize(room.max(self.unquoted.len()), 0);
            self.ends.resize(room.max(self.ends.len()), 0);
            let (result, bytes, output, ends) = self.quotes.read_record(
                &self.text[read..],
                &mut self.unquoted[written..],
                &mut self.ends[ended..],
            );
            read += bytes;
            written += output;
            ended += ends;
            match result {
                ReadRecordResult::End => return Ok(false),
                ReadRecordResult::Record if is_at_end => {
                    return Err(Unreadable::OpenQuote { line: self.line });
                }
                ReadRecordResult::Record => break,
                _ => {
                    if (written, ended) == (0, 0) {
                        // The line was empty: the record begins after it.
                        self.begin();
                        read = 0;
                    }
                    is_at_end = !self.read_line()?;
                }
            }
        }
        mem::swap(&mut self.text, &mut self.unquoted);
        let mut from = 0;
        for &end in &self.ends[..ended] {
            self.fields.push(from..end);
            from = end;
        }
        self.text.truncate(written);
        Ok(true)
    }
}

/// One record of a file.
pub(crate) struct Record<'a> {
    /// The line at which it begins, counted from 1.
    pub(crate) line: u64,
    text: &'a [u8],
    fields: &'a [Range<usize>],
}

impl<'a> Record<'a> {
    /// How many fields it has: one at least.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is nothing in any of its fields, as in the rows below a table.
    pub(crate) fn is_blank(&self) -> bool {
        self.fields().all(is_nothing)
    }

    pub(crate) fn fields(&self) -> impl Iterator<Item = &'a [u8]> {
        self.fields.iter().map(|field| &self.text[field.clone()])
    }

    /// The fields as UTF-8. All are checked at once, not one by one.
    pub(crate) fn texts(&self) -> Texts<'a> {
        Texts {
            bytes: self.text,
            text: std::str::from_utf8(self.text).ok(),
            fields: self.fields,
        }
    }
}

/// Whether a field has nothing but white space, or what some programs leave at the end of a file: a no-break space (in
/// UTF-8 or Latin-1), or the Ctrl-Z of old ones.
pub(crate) fn is_nothing(field: &[u8]) -> bool {
    const LATIN1_NO_BREAK_SPACE: u8 = 0xa0;
    let field = field.trim_ascii();
    let is_left_over = |c: char| c.is_whitespace() || matches!(c, '\u{1a}' | '\u{feff}');
    field.is_empty()
        || std::str::from_utf8(field).is_ok_and(|text| text.chars().all(is_left_over))
        || field.iter().all(|&byte| byte == LATIN1_NO_BREAK_SPACE)
}

/// The fields of a record as texts.
pub(crate) struct Texts<'a> {
    bytes: &'a [u8],
    /// The whole text, unless one of the fields, perhaps one that does not matter, is in another encoding.
    text: Option<&'a str>,
    fields: &'a [Range<usize>],
}

impl<'a> Texts<'a> {
    /// A field without the white space around it, or `None` if it is not in UTF-8.
    pub(crate) fn get(&self, index: usize) -> Option<&'a str> {
        let Range { start, end } = self.fields[index];
        match self.text.and_then(|text| text.get(start..end)) {
            Some(text) => Some(text.trim_ascii()),
            None => std::str::from_utf8(self.bytes[start..end].trim_ascii()).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, Records, Unreadable, is_nothing};
    use proptest::prelude::*;

    /// The fields of a record.
    type Fields = Vec<Vec<u8>>;

    /// The records' fields, and whether the last record has a quote that is not closed.
    fn read(file: &[u8], dialect: Dialect) -> (Vec<Fields>, bool) {
        let fields = |record: super::Record<'_>| record.fields().map(<[u8]>::to_vec).collect();
        let mut records = Records::new(file, dialect, 1);
        let mut read: Vec<Fields> = Vec::new();
        match records.first() {
            Ok(Some(record)) => read.push(fields(record)),
            Ok(None) => return (read, false),
            Err(error) => return (read, is_open_quote(&error)),
        }
        loop {
            match records.next() {
                Ok(Some(record)) if record.is_blank() => {}
                Ok(Some(record)) => read.push(fields(record)),
                Ok(None) => return (read, false),
                Err(error) => return (read, is_open_quote(&error)),
            }
        }
    }

    fn is_open_quote(error: &Unreadable) -> bool {
        matches!(error, Unreadable::OpenQuote { .. })
    }

    /// The same as read by the csv crate, which ends an open quote where the file ends.
    fn read_by_csv(file: &[u8], dialect: Dialect) -> Vec<Fields> {
        let reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(dialect.separator)
            .terminator(csv::Terminator::Any(dialect.line_end))
            .from_reader(file);
        let is_blank = |fields: &Fields| fields.iter().all(|field| is_nothing(field));
        reader
            .into_byte_records()
            .map(|record| record.expect("memory"))
            .map(|record| record.iter().map(<[u8]>::to_vec).collect())
            .enumerate()
            .filter(|(index, fields)| *index == 0 || !is_blank(fields))
            .map(|(_, fields)| fields)
            .collect()
    }

    /// Pieces of a file; those that matter come more often.
    fn piece() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            4 => "[,;\t\"\n\r]",
            2 => "[a \u{feff}é]{1,3}",
            1 => "\"(a|,|\n|\"\")*\"[,;\t]",
        ]
        .prop_map(String::into_bytes)
        .boxed()
        .prop_union(proptest::collection::vec(any::<u8>(), 1..3).boxed())
    }

    proptest! {
        #[test]
        fn the_records_of_any_bytes_are_those_that_the_csv_crate_reads(
            pieces in proptest::collection::vec(piece(), 0..40),
            separator in prop_oneof![3 => Just(b','), 1 => Just(b';'), 1 => Just(b'\t')],
            line_end in prop_oneof![3 => Just(b'\n'), 1 => Just(b'\r')],
        ) {
            let file = pieces.concat();
            let dialect = Dialect { separator, line_end };
            let (records, is_open) = read(&file, dialect);
            let mut expected = read_by_csv(&file, dialect);
            if is_open {
                prop_assert!(expected.len() <= records.len() + 1, "only the last one is open");
                expected.truncate(records.len());
            }
            prop_assert_eq!(records, expected);
        }
    }

    #[test]
    fn a_quoted_value_may_end_with_a_line_end_where_the_file_ends() {
        let (records, is_open) = read(b"a\n\"b\n\"", Dialect::USUAL);
        assert_eq!(records, [[b"a".to_vec()], [b"b\n".to_vec()]]);
        assert!(!is_open);
    }
}
