//! A line on the screen.

use ratatui::style::Style;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::escape::printable;

/// What a line is for; it decides how the line looks where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// An ordinary line.
    #[default]
    Plain,
    /// A question, a heading.
    Strong,
    /// The selected one of several.
    Chosen,
    /// Help on the keys, and the like.
    Faint,
    /// Something is wrong.
    Wrong,
}

impl Tone {
    /// How it looks.
    pub fn style(self) -> Style {
        let style = Style::new();
        match self {
            Tone::Plain => style,
            Tone::Strong => style.bold(),
            Tone::Chosen => style.cyan(),
            Tone::Faint => style.dim(),
            Tone::Wrong => style.red(),
        }
    }
}

/// A line of text for people, of one tone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Line {
    text: String,
    tone: Tone,
}

impl Line {
    /// A line of that tone. Control characters are escaped.
    pub(super) fn new(text: &str, tone: Tone) -> Line {
        Line {
            text: printable(text).into_owned(),
            tone,
        }
    }

    /// What it says.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn style(&self) -> Style {
        self.tone.style()
    }

    /// What ratatui draws of it, cut to that many columns.
    pub(super) fn cut_to(&self, columns: u16) -> ratatui::text::Line<'static> {
        ratatui::text::Line::styled(cut(&self.text, usize::from(columns)), self.style())
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Line {
        Line::new(text, Tone::Plain)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Line {
        Line::from(text.as_str())
    }
}

/// How many columns a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// How many columns a character takes.
pub(super) fn char_width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The text in at most `columns`, with an ellipsis where something is left out.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let mut cut: String = text
        .chars()
        .take_while(|&c| {
            let fits = char_width(c) <= left;
            left = left.saturating_sub(char_width(c));
            fits
        })
        .collect();
    if columns > 0 {
        cut.push('…');
    }
    cut
}

/// The most lines that a text is broken into.
const MAX_LINES: usize = 4;

/// The text in lines of at most `columns`, broken between words where there are words. A long text keeps only its
/// beginning and its end.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(' ') {
        if !line.is_empty() && width(&line) + width(word.trim_end()) > columns {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if width(&line) + char_width(c) > columns {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if lines.len() > MAX_LINES {
        let left_out = 1..lines.len() - (MAX_LINES - 2);
        lines.splice(left_out, ["…".to_owned()]);
    }
    lines
}

/// The whole text in lines of at most `columns`, broken between words only: a longer word is left to the terminal, so that
/// it can be copied in one piece. An empty text is one line.
pub(super) fn between_words(text: &str, columns: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut begins, mut ends) = (0, 0);
    for word in text.split_inclusive(' ') {
        let with_it = &text[begins..ends + word.len()];
        if ends > begins && width(with_it.trim_end()) > columns {
            lines.push(text[begins..ends].trim_end());
            begins = ends;
        }
        ends += word.len();
    }
    lines.push(text[begins..].trim_end());
    lines
}

#[cfg(test)]
mod tests {
    use super::{Line, between_words, cut, width, wrapped};

    #[test]
    fn a_text_is_cut_to_columns_not_to_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("日本語", 6), "日本語");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "");
        for columns in 0..10 {
            assert!(width(&cut("a日b本c語", columns)) <= columns);
        }
    }

    #[test]
    fn a_foreign_text_cannot_move_the_cursor() {
        assert_eq!(Line::from("a\u{1b}[2J\nb").text(), "a\\u{1b}[2J\\nb");
    }

    #[test]
    fn what_is_said_in_whole_is_broken_between_words_only() {
        assert_eq!(between_words("", 10), [""]);
        assert_eq!(between_words("one two", 7), ["one two"]);
        assert_eq!(
            between_words("one two three four", 8),
            ["one two", "three", "four"]
        );
        assert_eq!(
            between_words("see /a/very/long/path now", 8),
            ["see", "/a/very/long/path", "now"]
        );
        assert_eq!(between_words("日本 語", 5), ["日本", "語"]);
        assert_eq!(
            between_words("  indented by two", 10),
            ["  indented", "by two"]
        );
    }

    #[test]
    fn a_text_is_broken_between_words_and_its_middle_left_out() {
        assert_eq!(wrapped("", 10), [""; 0]);
        assert_eq!(wrapped("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrapped("日本語日本語", 6), ["日本語", "日本語"]);
        let long = wrapped(&format!("begin {} the end", "x".repeat(100)), 10);
        assert_eq!(long, ["begin ", "…", "xxxxxxxxxx", " the end"]);
    }
}
