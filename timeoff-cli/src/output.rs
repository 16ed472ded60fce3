//! The product, on standard output.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::escape::is_dangerous;
use crate::outlet::OUTPUT;
use crate::terminal_size::window_size;

/// Whether the reader of our standard output has gone away.
static READER_IS_GONE: AtomicBool = AtomicBool::new(false);

/// How a product is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// A line for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Standard output, buffered: flush what is to be seen.
///
/// When its reader goes away, writing fails. A command that stops because of that has not failed: [`run`](crate::run)
/// ends quietly with 0. When its reader takes nothing, writing waits; once a stop has been requested, it waits only a
/// moment and then fails.
pub struct Product {
    out: BufWriter<StandardOutput>,
}

struct StandardOutput;

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        OUTPUT.write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard output.
pub fn stdout() -> Product {
    Product {
        out: BufWriter::with_capacity(64 * 1024, StandardOutput),
    }
}

impl Write for Product {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).inspect_err(note_reader_gone)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().inspect_err(note_reader_gone)
    }
}

fn note_reader_gone(error: &io::Error) {
    if error.kind() == io::ErrorKind::BrokenPipe {
        READER_IS_GONE.store(true, Ordering::SeqCst);
    }
}

/// Whether writing to standard output has failed because nobody reads it any more.
pub(crate) fn reader_is_gone() -> bool {
    READER_IS_GONE.load(Ordering::SeqCst)
}

/// Whether colours may be written to standard output.
pub fn stdout_takes_colour() -> bool {
    io::stdout().is_terminal() && colours_are_wanted()
}

/// The width of standard output's terminal in columns; `None` if standard output is not a terminal.
pub fn stdout_columns() -> Option<u16> {
    io::stdout().is_terminal().then(|| window_size().0)
}

/// Whether colours may be written to a terminal at all.
pub(crate) fn colours_are_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// What a field of a printed object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// A text.
    Text(&'a str),
    /// A text that is known to be the same in JSON: no quote, no backslash, and only printable ASCII characters.
    Plain(&'a str),
    /// A number.
    Number(i64),
    /// `null`.
    Nothing,
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Field::Text(text)
    }
}

impl From<i32> for Field<'_> {
    fn from(number: i32) -> Self {
        Field::Number(number.into())
    }
}

impl From<i64> for Field<'_> {
    fn from(number: i64) -> Self {
        Field::Number(number)
    }
}

impl<'a, T: Into<Field<'a>>> From<Option<T>> for Field<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Field::Nothing, Into::into)
    }
}

/// A line's initial capacity in bytes, enough for most lines.
const USUAL_LINE_BYTES: usize = 512;

/// Writes one JSON object as a line. The names must not need escaping.
///
/// The line is built by hand because that is much of the cost of printing a result; `docs/decisions.md` says how much.
///
/// # Errors
///
/// Those of the destination.
pub fn write_json_line(out: &mut impl Write, fields: &[(&str, Field<'_>)]) -> io::Result<()> {
    let mut line = Vec::with_capacity(USUAL_LINE_BYTES);
    for (name, field) in fields {
        line.extend_from_slice(if line.is_empty() { b"{\"" } else { b",\"" });
        line.extend_from_slice(name.as_bytes());
        line.extend_from_slice(b"\":");
        match field {
            Field::Text(text) if !is_plain(text) => write_json_text(&mut line, text)?,
            Field::Text(text) | Field::Plain(text) => {
                line.push(b'"');
                line.extend_from_slice(text.as_bytes());
                line.push(b'"');
            }
            Field::Number(number) => serde_json::to_writer(&mut line, number)?,
            Field::Nothing => line.extend_from_slice(b"null"),
        }
    }
    line.extend_from_slice(b"}\n");
    out.write_all(&line)
}

/// Writes a text with everything escaped that could control a terminal or change the direction of a line. A JSON parser
/// reads the same text back.
fn write_json_text(line: &mut Vec<u8>, text: &str) -> io::Result<()> {
    for c in serde_json::to_string(text)?.chars() {
        if is_dangerous(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(line, "\\u{unit:04x}")?;
            }
        } else {
            line.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Ok(())
}

/// Whether a text is the same in JSON (RFC 8259, section 7) and has only printable ASCII characters.
fn is_plain(text: &str) -> bool {
    // No short-circuiting, so that the compiler can vectorise the loop.
    let escapes = |byte: u8| (byte.wrapping_sub(0x20) > 0x5e) | (byte == b'"') | (byte == b'\\');
    !text
        .bytes()
        .fold(false, |escaped, byte| escaped | escapes(byte))
}

#[cfg(test)]
mod tests {
    use super::{Field, is_dangerous, write_json_line};

    #[test]
    fn a_line_is_the_object_whatever_its_texts_have() {
        let texts = [
            "",
            "plain é",
            "\"",
            "\\",
            "\u{0}",
            "a\nb",
            "\u{1f}\u{20}\u{7f}",
            "\u{2028}",
            "\u{9b}2J\u{202e}\u{e0041}",
        ];
        for text in texts {
            let mut line = Vec::new();
            let fields = [
                ("text", text.into()),
                ("least", i64::MIN.into()),
                ("nothing", Field::from(None::<i32>)),
            ];
            write_json_line(&mut line, &fields).expect("a vector takes it");
            assert_eq!(line.iter().filter(|&&byte| byte == b'\n').count(), 1);
            let object: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
            let wanted = serde_json::json!({ "text": text, "least": i64::MIN, "nothing": null });
            assert_eq!(object, wanted);
            let shown = String::from_utf8(line).expect("text");
            assert!(!shown.trim_end().chars().any(is_dangerous), "{shown}");
        }
    }
}
