//! The product, on standard output.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether whoever read our standard output has gone away.
static READER_IS_GONE: AtomicBool = AtomicBool::new(false);

/// How a product is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// A line for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Standard output, buffered: what is to be seen has to be flushed.
///
/// When its reader goes away, writing fails, and the command that stops because of it has not failed: [`run`](crate::run)
/// ends quietly with 0.
pub struct Product {
    out: BufWriter<Stdout>,
}

/// Standard output.
pub fn stdout() -> Product {
    Product {
        out: BufWriter::with_capacity(64 * 1024, io::stdout()),
    }
}

impl Write for Product {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes).inspect_err(note_reader_gone)
    }

    /// A line comes in many small pieces.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes).inspect_err(note_reader_gone)
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

/// Whether colours may be written to a terminal at all.
pub(crate) fn colours_are_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A text from somewhere else as one that changes nothing but the place of the cursor: control characters are escaped.
pub fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control() || is_invisible(c);
            let escape = escaped.then(|| c.escape_default());
            let plain = (!escaped).then_some(c);
            escape.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Characters that turn the direction of a line or hide in it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Writes one JSON object a line.
///
/// # Errors
///
/// Those of the destination.
pub fn write_json_line(out: &mut impl Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn a_foreign_text_cannot_move_the_cursor_or_turn_the_line() {
        assert_eq!(
            printable("a\u{1b}[2J\nb\u{202e}é"),
            "a\\u{1b}[2J\\nb\\u{202e}é"
        );
    }
}
