//! A block of lines that is drawn again in its place.

use std::io::{self, Write};

use crossterm::cursor::{MoveToColumn, MoveUp};
use crossterm::queue;
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{Clear, ClearType};
use unicode_width::UnicodeWidthChar;

/// What a line is, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Usual text.
    Plain,
    /// A question, a title.
    Strong,
    /// What is chosen.
    Chosen,
    /// A hint.
    Faint,
    /// What is wrong.
    Wrong,
}

/// Draws blocks of lines, one below the other, the last of which can be drawn again.
pub(super) struct Screen {
    out: Box<dyn Write + Send>,
    is_coloured: bool,
    /// In which line of the block the cursor is, counted from its first.
    cursor_line: u16,
}

impl Screen {
    pub(super) fn new(out: Box<dyn Write + Send>, is_coloured: bool) -> Screen {
        Screen {
            out,
            is_coloured,
            cursor_line: 0,
        }
    }

    /// Draws the block in place of the previous one; the cursor goes to `cursor` (line, column) or after the last
    /// line. Lines are cut at `columns`.
    pub(super) fn draw(
        &mut self,
        lines: &[(String, Tone)],
        cursor: Option<(u16, u16)>,
        columns: usize,
    ) -> io::Result<()> {
        self.erase()?;
        for (index, (text, tone)) in lines.iter().enumerate() {
            if index > 0 {
                queue!(self.out, Print("\r\n"))?;
            }
            self.write(text, *tone, columns)?;
        }
        let last = u16::try_from(lines.len().saturating_sub(1)).unwrap_or(u16::MAX);
        self.cursor_line = last;
        if let Some((line, column)) = cursor {
            if last > line {
                queue!(self.out, MoveUp(last - line))?;
            }
            queue!(self.out, MoveToColumn(column))?;
            self.cursor_line = line;
        }
        self.out.flush()
    }

    /// Removes the block.
    pub(super) fn erase(&mut self) -> io::Result<()> {
        if self.cursor_line > 0 {
            queue!(self.out, MoveUp(self.cursor_line))?;
        }
        self.cursor_line = 0;
        queue!(self.out, MoveToColumn(0), Clear(ClearType::FromCursorDown))?;
        self.out.flush()
    }

    /// Writes a line in place of the block; the next block comes below it.
    pub(super) fn print(&mut self, text: &str, tone: Tone, columns: usize) -> io::Result<()> {
        self.erase()?;
        self.write(text, tone, columns)?;
        queue!(self.out, Print("\r\n"))?;
        self.out.flush()
    }

    fn write(&mut self, text: &str, tone: Tone, columns: usize) -> io::Result<()> {
        let text = fitting(text, columns);
        if !self.is_coloured {
            return queue!(self.out, Print(text));
        }
        match tone {
            Tone::Plain => {}
            Tone::Strong => queue!(self.out, SetAttribute(Attribute::Bold))?,
            Tone::Chosen => queue!(self.out, SetForegroundColor(Color::Cyan))?,
            Tone::Faint => queue!(self.out, SetAttribute(Attribute::Dim))?,
            Tone::Wrong => queue!(self.out, SetForegroundColor(Color::Red))?,
        }
        queue!(
            self.out,
            Print(text),
            ResetColor,
            SetAttribute(Attribute::Reset)
        )
    }
}

/// The start of a text that fits into one line of `columns` columns.
fn fitting(text: &str, columns: usize) -> String {
    let mut used = 0;
    crate::printable(text)
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used < columns.max(2)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn a_line_is_cut_before_it_would_wrap() {
        assert_eq!(fitting("abcdef", 4), "abc");
        assert_eq!(fitting("日本語", 5), "日本");
        assert_eq!(fitting("a\u{1b}b", 80), "a\\u{1b}b");
    }
}
