//! A block of lines at the end of what is on the screen, drawn again in place.

use std::io::{self, Write};

use crossterm::style::ContentStyle;
use crossterm::{cursor, queue, style, terminal};
use ratatui::backend::IntoCrossterm;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};
use ratatui::{Frame, TerminalOptions, Viewport};

use super::inline::{Inline, Out};
use super::line::{Line, between_words, width};

/// Draws blocks.
pub(super) struct Screen {
    out: Out,
    columns: u16,
    rows: u16,
    is_coloured: bool,
    block: Option<Block>,
}

/// What is drawn: an inline viewport of ratatui's.
struct Block {
    viewport: ratatui::Terminal<Inline>,
    /// The window's size when the block was begun.
    size: (u16, u16),
    height: u16,
    /// How wide each line on the screen is.
    widths: Vec<usize>,
}

impl Screen {
    pub(super) fn new(
        out: Box<dyn Write + Send>,
        (columns, rows): (u16, u16),
        is_coloured: bool,
    ) -> Screen {
        Screen {
            out: Out::new(out),
            columns,
            rows,
            is_coloured,
            block: None,
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

    /// The most columns and rows that a block can have. The last column stays free, because terminals differ in when
    /// they wrap there, and so does a row.
    pub(super) fn room(&self) -> (u16, u16) {
        (
            self.columns.saturating_sub(1).max(1),
            self.rows.saturating_sub(1).max(1),
        )
    }

    /// Draws a block of this height in place of the last one. The cursor is hidden unless `render` places it.
    pub(super) fn draw(
        &mut self,
        height: u16,
        render: impl FnOnce(&mut Frame<'_>),
    ) -> io::Result<()> {
        let height = height.clamp(1, self.room().1);
        let size = self.size();
        let mut block = match self.block.take() {
            Some(block) if (block.height, block.size) == (height, size) => block,
            outdated => {
                self.block = outdated;
                self.erase()?;
                self.begin(height)?
            }
        };
        let drawn = block.viewport.draw(|frame| {
            render(frame);
            forget_invisible_styles(frame.buffer_mut());
        })?;
        block.widths = widths(drawn.buffer);
        self.block = Some(block);
        Ok(())
    }

    /// Draws lines in place of the last block, leaving out those that do not fit. `cursor` is a line and a column.
    pub(super) fn draw_lines(
        &mut self,
        lines: &[Line],
        cursor: Option<(usize, usize)>,
    ) -> io::Result<()> {
        if lines.is_empty() {
            return self.erase();
        }
        self.draw(u16_of(lines.len()), |frame| {
            let area = frame.area();
            for (line, row) in lines.iter().zip(area.rows()) {
                frame.render_widget(line.cut_to(area.width), row);
            }
            if let Some((line, column)) = cursor {
                frame.set_cursor_position((
                    u16_of(column).min(area.width),
                    (area.y + u16_of(line)).min(area.bottom().saturating_sub(1)),
                ));
            }
        })
    }

    fn begin(&self, height: u16) -> io::Result<Block> {
        let (width, _) = self.room();
        let backend = Inline::new(
            self.out.clone(),
            Size::new(width, self.rows),
            self.is_coloured,
        );
        let viewport = Viewport::Inline(height);
        Ok(Block {
            viewport: ratatui::Terminal::with_options(backend, TerminalOptions { viewport })?,
            size: self.size(),
            height,
            widths: Vec::new(),
        })
    }

    /// Removes the block.
    pub(super) fn erase(&mut self) -> io::Result<()> {
        let bytes = self.erasure()?;
        self.out.write(&bytes)
    }

    /// Leaves the block, if there is one, where it is, because others have written to the window.
    pub(super) fn leave(&mut self) -> io::Result<()> {
        if self.block.take().is_none() {
            return Ok(());
        }
        let mut bytes = b"\r\n".to_vec();
        queue!(bytes, terminal::Clear(terminal::ClearType::FromCursorDown))?;
        self.out.write(&bytes)
    }

    /// Prints a line that stays, in whole, in place of the block. Where it is wider than the window it is broken between
    /// words: the terminal would break it within one.
    pub(super) fn print(&mut self, line: &Line) -> io::Result<()> {
        let mut bytes = self.erasure()?;
        for row in between_words(line.text(), usize::from(self.columns)) {
            if self.is_coloured {
                let style: ContentStyle = line.style().into_crossterm();
                queue!(bytes, style::PrintStyledContent(style.apply(row)))?;
            } else {
                bytes.extend_from_slice(row.as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
        }
        self.out.write(&bytes)
    }

    /// The bytes that erase the block and leave the cursor where the block began.
    fn erasure(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let Some(block) = self.block.take() else {
            return Ok(bytes);
        };
        // If the window has become narrower, the terminal has wrapped the lines.
        let columns = usize::from(self.columns);
        let at = block.viewport.backend().cursor();
        let above = block.widths.iter().take(usize::from(at.y));
        let rows: usize = above
            .map(|&width| 1 + width.saturating_sub(1) / columns)
            .sum();
        let up = u16_of(rows + usize::from(at.x) / columns);
        bytes.push(b'\r');
        if up > 0 {
            queue!(bytes, cursor::MoveUp(up))?;
        }
        queue!(
            bytes,
            terminal::Clear(terminal::ClearType::FromCursorDown),
            cursor::Show
        )?;
        Ok(bytes)
    }
}

/// Replaces coloured blanks by plain ones, which look the same. Otherwise all blanks after a text would be written, and
/// would wrap when the window gets narrower.
fn forget_invisible_styles(buffer: &mut Buffer) {
    let visible = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
    for cell in &mut buffer.content {
        if cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(visible) {
            cell.reset();
        }
    }
}

/// How wide each line is, without trailing blanks.
fn widths(buffer: &Buffer) -> Vec<usize> {
    let columns = usize::from(buffer.area.width).max(1);
    let lines = buffer.content.chunks(columns);
    lines
        .map(|cells| {
            let text: String = cells.iter().map(|cell| cell.symbol()).collect();
            // The second half of a wide character is a cell as well.
            width(text.trim_end()).min(columns)
        })
        .collect()
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
            .draw_lines(&lines(&["one", "two", "three"]), Some((0, 2)))
            .expect("drawn");
        screen.draw_lines(&lines(&["four"]), None).expect("drawn");
        assert_eq!(script.visible(20, 6), "four");
        screen.draw_lines(&[], None).expect("drawn");
        assert_eq!(script.visible(20, 6), "");
    }

    #[test]
    fn what_is_said_takes_the_place_of_the_block_and_stays() {
        let (mut screen, script) = screen();
        screen
            .draw_lines(&lines(&["a", "b"]), Some((0, 0)))
            .expect("drawn");
        screen.print(&Line::from("said")).expect("printed");
        screen.draw_lines(&lines(&["c", "d"]), None).expect("drawn");
        assert_eq!(script.visible(20, 6), "said\nc\nd");
        screen.erase().expect("erased");
        assert_eq!(script.visible(20, 6), "said");
    }

    #[test]
    fn what_is_said_is_broken_between_words() {
        let (mut screen, script) = screen();
        let said = Line::from("8 h can be taken on Monday, 0 h after this.");
        screen.print(&said).expect("printed");
        let rows = "8 h can be taken on\nMonday, 0 h after\nthis.";
        assert_eq!(script.visible(20, 6), rows);
    }

    #[test]
    fn a_block_that_a_narrower_window_has_wrapped_is_erased_in_whole() {
        let (mut screen, script) = screen();
        screen
            .draw_lines(&lines(&["0123456789abcdef", "two"]), None)
            .expect("drawn");
        // The terminal wraps the first line: it takes two rows now.
        let rewrapped = Script::new().0;
        rewrapped.write(b"said\r\n0123456789\r\nabcdef\r\ntwo");
        let before = script.drawn().len();
        screen.resize((10, 6));
        screen.draw_lines(&lines(&["new"]), None).expect("drawn");
        rewrapped.write(&script.drawn().as_bytes()[before..]);
        assert_eq!(rewrapped.visible(10, 6), "said\nnew");
    }

    #[test]
    fn a_block_is_cut_to_the_window() {
        let (mut screen, script) = screen();
        let tall: Vec<Line> = (0..50)
            .map(|n| Line::from(format!("{n} 日本語日本語日本語日本語")))
            .collect();
        screen.draw_lines(&tall, None).expect("drawn");
        screen.draw_lines(&tall, None).expect("drawn");
        let visible = script.visible(20, 6);
        assert_eq!(visible.lines().count(), 5, "{visible}");
        assert!(visible.starts_with("0 日"), "{visible}");
        assert!(visible.lines().all(|line| line.ends_with('…')), "{visible}");
    }
}
