//! The product, on standard output.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

/// How a product is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// A line for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Standard output, buffered: what is to be seen has to be flushed.
pub fn stdout() -> BufWriter<Stdout> {
    BufWriter::with_capacity(64 * 1024, io::stdout())
}

/// Whether colours may be written to standard output.
pub fn stdout_takes_colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
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
