//! Texts from somewhere else, made harmless for whatever shows them.
//!
//! | where | rule | function |
//! |---|---|---|
//! | a message | control characters, and those that hide or change the line's direction, as escapes | [`printable`] |
//! | a line of text on standard output | the same, and backslashes doubled, so that it can be read back | [`escaped`] |
//! | a cell of CSV | as `escaped`, except tabs and line ends; an apostrophe before a would-be formula | [`cell`] |
//! | JSON | its own escapes, of the same characters | [`write_json_line`](crate::write_json_line) |

use std::borrow::Cow;

/// The rule of [`escaped`], for the help of commands.
pub const TEXT_RULE: &str = "In text, control characters and those that change the direction of a line are written as \
     \\u{…}, \\n, \\r or \\t, and a backslash as \\\\.";

/// The rule of [`cell`], to be read after [`TEXT_RULE`].
pub const CELL_RULE: &str = "In CSV the same, but tabs and line ends stay; and a cell that a spreadsheet would compute \
     (it begins with =, +, - or @), or that begins with an apostrophe, a tab or a line end, has an apostrophe before \
     it.";

/// A text from somewhere else, made unable to do more to a terminal than move the cursor along: control characters are
/// escaped.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return text.into();
    }
    escape(text, is_dangerous).into()
}

/// As [`printable`], for what a command produces: a backslash is doubled as well, so that the result reads back to this
/// text only.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'\\') {
        return text.into();
    }
    escape(text, |c| c == '\\' || is_dangerous(c)).into()
}

/// A text as a cell of CSV, harmless for a terminal and for a spreadsheet that opens the file.
///
/// To read it back: remove one leading apostrophe, if there is one; then undo the escapes.
pub fn cell(text: &str) -> Cow<'_, str> {
    let is_plain = |b: u8| matches!(b, b' '..=b'~') && b != b'\\';
    let text: Cow<'_, str> = match text.bytes().all(is_plain) {
        true => text.into(),
        false => {
            let escapes = |c| c == '\\' || (is_dangerous(c) && c != '\t' && c != '\n');
            escape(text, escapes).into()
        }
    };
    match is_computed(&text) || text.starts_with(['\'', '\t', '\n']) {
        true => format!("'{text}").into(),
        false => text,
    }
}

/// Whether a spreadsheet may take a cell for a formula, in Europe or in East Asia.
fn is_computed(cell: &str) -> bool {
    cell.trim_start()
        .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

fn escape(text: &str, escapes: impl Fn(char) -> bool) -> String {
    text.chars()
        .flat_map(|c| {
            let is_escaped = escapes(c);
            let escape = is_escaped.then(|| c.escape_default());
            let plain = (!is_escaped).then_some(c);
            escape.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// Characters that control a terminal, change the direction of a line, or hide in it.
pub(crate) fn is_dangerous(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::{cell, escaped, is_dangerous, printable};
    use proptest::prelude::*;

    /// Undoes the escapes.
    fn read_back(text: &str) -> String {
        let mut read = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c != '\\' {
                read.push(c);
                continue;
            }
            match rest.next() {
                Some('t') => read.push('\t'),
                Some('r') => read.push('\r'),
                Some('n') => read.push('\n'),
                Some('\\') => read.push('\\'),
                Some('u') => {
                    let digits: String = rest
                        .by_ref()
                        .skip(1)
                        .take_while(|&digit| digit != '}')
                        .collect();
                    let code = u32::from_str_radix(&digits, 16).expect("digits");
                    read.push(char::from_u32(code).expect("a character"));
                }
                other => panic!("{other:?} after a backslash in {text}"),
            }
        }
        read
    }

    /// Texts made of characters that matter to spreadsheets and terminals, and any others.
    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[-=+@＝'\t\r\n \u{a0}\\\\un{}\u{1b}\u{202e}\u{2066}\u{9b}\u{e0041}aé,;\"]{0,12}",
            any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn what_is_escaped_reads_back_to_the_same_and_controls_nothing(text in texts()) {
            let shown = escaped(&text);
            prop_assert!(!shown.chars().any(is_dangerous), "{shown}");
            prop_assert_eq!(read_back(&shown), text);
        }

        #[test]
        fn a_cell_reads_back_to_the_same_and_is_never_computed(text in texts()) {
            let cell = cell(&text);
            prop_assert!(!cell.chars().any(|c| is_dangerous(c) && c != '\t' && c != '\n'), "{cell}");
            let first = cell.trim_start().chars().next().unwrap_or('a');
            prop_assert!(!"=+-@＝＋－＠".contains(first), "{cell}");
            prop_assert!(!cell.starts_with(['\t', '\r', '\n']), "{cell}");
            prop_assert_eq!(read_back(cell.strip_prefix('\'').unwrap_or(&cell)), text);
        }
    }

    #[test]
    fn a_foreign_text_cannot_move_the_cursor_or_turn_the_line() {
        assert_eq!(printable(" plain~"), " plain~");
        assert_eq!(printable("\u{7f}"), "\\u{7f}");
        assert_eq!(
            printable("a\u{1b}[2J\nb\u{202e}é\\"),
            "a\\u{1b}[2J\\nb\\u{202e}é\\"
        );
    }

    #[test]
    fn what_people_write_stays_as_it_is() {
        for text in ["", "ada@example.com-1", "Grüße, \"Ada\"; 日本", "a = b"] {
            assert_eq!(escaped(text), text);
            assert_eq!(cell(text), text);
        }
        assert_eq!(cell("two\n\tlines"), "two\n\tlines");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("'quoted'"), "''quoted'");
        assert_eq!(cell("C:\\"), "C:\\\\");
    }
}
