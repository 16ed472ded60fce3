//! A block of lines at the end of what is on the screen, drawn again in place.

use std::io::{self, Write};

use crossterm::{cursor, queue, style, terminal};

use super::line::{Line, cut, width};

/// Draws blocks.
pub(super) struct Screen {
    out: Box<dyn Write + Send>,
    columns: u16,
    rows: u16,
    is_coloured: bool,
    /// How wide each line is that is on the screen.
    drawn: Vec<usize>,
    /// The cursor's line in the block, and its column.
    at: (usize, usize),
}

impl Screen {
    pub(super) fn new(
        out: Box<dyn Write + Send>,
        (columns, rows): (u16, u16),
        is_coloured: bool,
    ) -> Screen {
        Screen {
            out,
            columns,
            rows,
            is_coloured,
            drawn: Vec::new(),
            at: (0, 0),
        }
    }

    pub(super) fn size(&self) -> (u16, u16) {
        (self.columns, self.rows)
    }

    pub(super) fn resize(&mut self, (columns, rows): (u16, u16)) {
        if columns > 0 && rows > 0 {
            (self.columns, self.rows) = (columns, rows);
        }
    }

    /// Draws a block in place of the last one. `cursor` is a line of it and a column; without it the cursor is hidden.
    pub(super) fn draw(
        &mut self,
        lines: &[Line],
        cursor: Option<(usize, usize)>,
    ) -> io::Result<()> {
        let mut bytes = self.erasure()?;
        self.put_block(&mut bytes, lines, cursor)?;
        self.flush(&bytes)
    }

    /// Removes the block.
    pub(super) fn erase(&mut self) -> io::Result<()> {
        let bytes = self.erasure()?;
        self.flush(&bytes)
    }

    /// Prints a line that stays, in whole, in place of the block.
    pub(super) fn print(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = self.erasure()?;
        self.put(&mut bytes, line, line.text())?;
        bytes.extend_from_slice(b"\r\n");
        self.flush(&bytes)
    }

    /// What erases the block and leaves the cursor where it began.
    fn erasure(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if self.drawn.is_empty() {
            return Ok(bytes);
        }
        // Where the window became narrower, the terminal has wrapped the lines.
        let up = self.rows_between(0, self.at.0) + self.wraps(self.at.1);
        bytes.push(b'\r');
        if up > 0 {
            queue!(bytes, cursor::MoveUp(up))?;
        }
        queue!(
            bytes,
            terminal::Clear(terminal::ClearType::FromCursorDown),
            cursor::Show
        )?;
        self.drawn.clear();
        self.at = (0, 0);
        Ok(bytes)
    }

    fn put_block(
        &mut self,
        bytes: &mut Vec<u8>,
        lines: &[Line],
        cursor: Option<(usize, usize)>,
    ) -> io::Result<()> {
        // The last column stays free, where terminals differ in when they wrap.
        let room = usize::from(self.columns).saturating_sub(1);
        let height = usize::from(self.rows).saturating_sub(1).max(1);
        self.drawn.clear();
        for (index, line) in lines.iter().take(height).enumerate() {
            if index > 0 {
                bytes.extend_from_slice(b"\r\n");
            }
            let text = cut(line.text(), room);
            self.put(bytes, line, &text)?;
            self.drawn.push(width(&text));
        }
        let Some(last) = self.drawn.len().checked_sub(1) else {
            return Ok(());
        };
        self.at = (last, self.drawn[last]);
        match cursor {
            Some((line, column)) if line <= last => {
                self.at = (line, column.min(room));
                bytes.push(b'\r');
                if line < last {
                    queue!(bytes, cursor::MoveUp(u16_of(last - line)))?;
                }
                if self.at.1 > 0 {
                    queue!(bytes, cursor::MoveRight(u16_of(self.at.1)))?;
                }
            }
            _ => queue!(bytes, cursor::Hide)?,
        }
        Ok(())
    }

    fn put(&self, bytes: &mut Vec<u8>, line: &Line, text: &str) -> io::Result<()> {
        if self.is_coloured {
            queue!(bytes, style::PrintStyledContent(line.style().apply(text)))
        } else {
            bytes.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }

    /// How many rows of the window lie between the beginnings of two lines of the block.
    fn rows_between(&self, from: usize, to: usize) -> u16 {
        self.drawn[from..to]
            .iter()
            .map(|&width| 1 + self.wraps(width.saturating_sub(1)))
            .sum()
    }

    /// How many rows below the beginning of its line a column is.
    fn wraps(&self, column: usize) -> u16 {
        u16_of(column / usize::from(self.columns))
    }

    fn flush(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.out.flush()
    }
}

fn u16_of(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::Screen;
    use crate::terminal::line::Line;
    use crate::terminal::script::Script;

    fn lines(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|&text| Line::from(text)).collect()
    }

    fn screen() -> (Screen, Script) {
        let (script, _, out) = Script::new();
        (Screen::new(Box::new(out), (20, 6), false), script)
    }

    #[test]
    fn a_block_is_drawn_in_place_of_the_last_one() {
        let (mut screen, script) = screen();
        screen
            .draw(&lines(&["one", "two", "three"]), Some((0, 2)))
            .expect("drawn");
        screen.draw(&lines(&["four"]), None).expect("drawn");
        assert_eq!(script.visible(20, 6), "four");
        screen.draw(&[], None).expect("drawn");
        assert_eq!(script.visible(20, 6), "");
    }

    #[test]
    fn what_is_said_takes_the_place_of_the_block_and_stays() {
        let (mut screen, script) = screen();
        screen
            .draw(&lines(&["a", "b"]), Some((0, 0)))
            .expect("drawn");
        screen.print(&Line::from("said")).expect("printed");
        screen.draw(&lines(&["c", "d"]), None).expect("drawn");
        assert_eq!(script.visible(20, 6), "said\nc\nd");
        screen.erase().expect("erased");
        assert_eq!(script.visible(20, 6), "said");
    }

    #[test]
    fn a_block_that_a_narrower_window_has_wrapped_is_erased_in_whole() {
        let (mut screen, script) = screen();
        screen
            .draw(&lines(&["0123456789abcdef", "two"]), None)
            .expect("drawn");
        // The terminal wraps the first line: it takes two rows now.
        let rewrapped = Script::new().0;
        rewrapped.write(b"said\r\n0123456789\r\nabcdef\r\ntwo");
        let before = script.drawn().len();
        screen.resize((10, 6));
        screen.draw(&lines(&["new"]), None).expect("drawn");
        rewrapped.write(&script.drawn().as_bytes()[before..]);
        assert_eq!(rewrapped.visible(10, 6), "said\nnew");
    }

    #[test]
    fn a_block_is_cut_to_the_window() {
        let (mut screen, script) = screen();
        let tall: Vec<Line> = (0..50)
            .map(|n| Line::from(format!("{n} 日本語日本語日本語日本語")))
            .collect();
        screen.draw(&tall, None).expect("drawn");
        screen.draw(&tall, None).expect("drawn");
        let visible = script.visible(20, 6);
        assert_eq!(visible.lines().count(), 5, "{visible}");
        assert!(visible.starts_with("0 日"), "{visible}");
        assert!(visible.lines().all(|line| line.ends_with('…')), "{visible}");
    }
}
