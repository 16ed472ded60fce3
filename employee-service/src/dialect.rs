//! How a file is written, as its first bytes show: what separates values, what ends lines, or that it is no CSV.

use std::io::{self, Chain, Cursor, Read};

use crate::columns::{UnusableFile, named_columns};
use crate::records::{Dialect, Records, Unreadable};

/// At most this many bytes are looked at.
const HEAD: u64 = 64 * 1024;

/// What may separate values, if the file does not say; in order of preference.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// What other formats begin with, and what to do with them.
const OTHER_FORMATS: [(&[u8], &str); 7] = [
    (
        b"PK\x03\x04",
        "a spreadsheet (.xlsx, .ods) or another ZIP file, not CSV; save the sheet as CSV in UTF-8",
    ),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old spreadsheet (.xls), not CSV; save the sheet as CSV in UTF-8",
    ),
    (
        b"\x1f\x8b",
        "compressed with gzip; unpack it first (gunzip)",
    ),
    (b"BZh", "compressed with bzip2; unpack it first (bunzip2)"),
    (b"\xfd7zXZ\0", "compressed with xz; unpack it first (unxz)"),
    (
        b"\x28\xb5\x2f\xfd",
        "compressed with zstd; unpack it first (unzstd)",
    ),
    (b"%PDF-", "a PDF, not CSV"),
];

/// The whole of a file: its first bytes, which were looked at, then the rest.
pub(crate) type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// A file that can be read as records.
pub(crate) struct Opened<R> {
    pub(crate) source: Whole<R>,
    pub(crate) dialect: Dialect,
    /// The line at which its records begin, counted from 1.
    pub(crate) line: u64,
}

/// Looks at the first bytes of a file.
pub(crate) fn open<R: Read>(mut source: R) -> Result<Opened<R>, UnusableFile> {
    let mut head = Vec::new();
    read_head(&mut source, &mut head)
        .map_err(|source| UnusableFile::Unreadable(Unreadable::Source { line: 1, source }))?;
    if let Some((_, what)) = OTHER_FORMATS
        .iter()
        .find(|(start, _)| head.starts_with(start))
    {
        return Err(UnusableFile::OtherFormat { what });
    }
    let line_end = line_end(&head);
    let (separator, skipped) = match separator_line(&head, line_end) {
        Some((separator, bytes)) => (separator, bytes),
        None => (separator(&head, line_end), 0),
    };
    let mut head = Cursor::new(head);
    head.set_position(skipped as u64);
    Ok(Opened {
        source: head.chain(source),
        dialect: Dialect {
            separator,
            line_end,
        },
        line: if skipped > 0 { 2 } else { 1 },
    })
}

fn read_head(source: &mut impl Read, head: &mut Vec<u8>) -> io::Result<usize> {
    source.by_ref().take(HEAD).read_to_end(head)
}

/// Lines end with a carriage return if the first one comes before any line feed and stands alone.
fn line_end(head: &[u8]) -> u8 {
    let first = head.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let is_alone =
        |place: usize| head[place] == b'\r' && !matches!(head.get(place + 1), Some(b'\r' | b'\n'));
    match first {
        Some(place) if is_alone(place) => b'\r',
        _ => b'\n',
    }
}

/// The separator that a first line such as `sep=;` names, and how many bytes come before the line after it.
fn separator_line(head: &[u8], line_end: u8) -> Option<(u8, usize)> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    let end = text.iter().position(|&byte| byte == line_end)?;
    let line = &text[..end];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let quoted = line
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""));
    match quoted.unwrap_or(line) {
        [name @ .., separator] if name.eq_ignore_ascii_case(b"sep=") => {
            let is_legal = separator.is_ascii_punctuation() || *separator == b'\t';
            let bytes = head.len() - text.len() + end + 1;
            (is_legal && *separator != b'"').then_some((*separator, bytes))
        }
        _ => None,
    }
}

/// The separator with which the first line names most of the columns.
fn separator(head: &[u8], line_end: u8) -> u8 {
    let named = |separator: u8| {
        let dialect = Dialect {
            separator,
            line_end,
        };
        let mut records = Records::new(head, dialect, 1);
        let header = records.first().ok().flatten();
        header.map_or(0, |header| named_columns(&header))
    };
    let mut best = (0, Dialect::USUAL.separator);
    for separator in SEPARATORS {
        let count = named(separator);
        if count > best.0 {
            best = (count, separator);
        }
    }
    best.1
}
