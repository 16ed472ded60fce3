//! A line on the screen.

use crossterm::style::{Attribute, Color, ContentStyle, Stylize};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::output::printable;

/// What a line is for; it decides how the line looks where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As any.
    #[default]
    Plain,
    /// A question, a heading.
    Strong,
    /// The chosen one of several.
    Chosen,
    /// What keys do, and the like.
    Faint,
    /// Something is wrong.
    Wrong,
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
            text: printable(text),
            tone,
        }
    }

    /// What it says.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn style(&self) -> ContentStyle {
        let style = ContentStyle::new();
        match self.tone {
            Tone::Plain => style,
            Tone::Strong => style.attribute(Attribute::Bold),
            Tone::Chosen => style.with(Color::Cyan),
            Tone::Faint => style.attribute(Attribute::Dim),
            Tone::Wrong => style.with(Color::Red),
        }
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
pub(super) fn cut(text: &str, columns: usize) -> String {
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

#[cfg(test)]
mod tests {
    use super::{Line, cut, width};

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
}
