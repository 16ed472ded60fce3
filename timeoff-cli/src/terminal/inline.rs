//! ratatui's backend for a block of lines at the end of what is on the screen.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::style::{ContentStyle, PrintStyledContent};
use crossterm::{cursor, queue, terminal};
use ratatui::backend::{Backend, ClearType, IntoCrossterm, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::line::width;

/// Where a screen is written to. Clones write to the same place.
#[derive(Clone)]
pub(super) struct Out(Arc<Mutex<Box<dyn Write + Send>>>);

impl Out {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Out {
        Out(Arc::new(Mutex::new(out)))
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(bytes)?;
        out.flush()
    }
}

/// Writes what ratatui draws. The first line of the block is row 0, wherever that is in the window. The cursor is moved
/// relative to where it is, so that nobody has to ask the terminal for its position.
pub(super) struct Inline {
    out: Out,
    size: Size,
    is_coloured: bool,
    at: Position,
    /// Whether this is the first frame: then everything after and below what was drawn last is still blank.
    is_fresh: bool,
    /// Whether the next flush shows the cursor.
    is_to_be_shown: bool,
    bytes: Vec<u8>,
}

impl Inline {
    /// The cursor has to be at the beginning of a line with nothing below it.
    pub(super) fn new(out: Out, size: Size, is_coloured: bool) -> Inline {
        Inline {
            out,
            size,
            is_coloured,
            at: Position::ORIGIN,
            is_fresh: true,
            is_to_be_shown: false,
            bytes: Vec::new(),
        }
    }

    /// Where the cursor is, in the block.
    pub(super) fn cursor(&self) -> Position {
        self.at
    }

    fn go_to(&mut self, to: Position) -> io::Result<()> {
        if self.is_fresh && self.at.y == to.y && self.at.x < to.x {
            let gap = usize::from(to.x - self.at.x);
            self.bytes.resize(self.bytes.len() + gap, b' ');
        } else if self.at != to {
            self.bytes.push(b'\r');
            if to.y < self.at.y {
                queue!(self.bytes, cursor::MoveUp(self.at.y - to.y))?;
            }
            // A newline scrolls where there is no line below.
            for _ in self.at.y..to.y {
                self.bytes.push(b'\n');
            }
            if to.x > 0 && self.is_fresh && to.y > self.at.y {
                self.bytes
                    .resize(self.bytes.len() + usize::from(to.x), b' ');
            } else if to.x > 0 {
                queue!(self.bytes, cursor::MoveRight(to.x))?;
            }
        }
        self.at = to;
        Ok(())
    }

    fn put(&mut self, style: ContentStyle, text: &str) -> io::Result<()> {
        if self.is_coloured {
            queue!(self.bytes, PrintStyledContent(style.apply(text)))
        } else {
            self.bytes.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
}

impl Backend for Inline {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut run = (ContentStyle::default(), String::new());
        for (x, y, cell) in content {
            let columns = u16::try_from(width(&run.1)).unwrap_or(u16::MAX);
            let style: ContentStyle = cell.style().into_crossterm();
            let goes_on = (self.at.x + columns, self.at.y) == (x, y) && run.0 == style;
            if !goes_on {
                let (style_before, text) = std::mem::replace(&mut run, (style, String::new()));
                self.put(style_before, &text)?;
                self.at.x += columns;
                self.go_to(Position { x, y })?;
            }
            run.1.push_str(cell.symbol());
        }
        self.put(run.0, &run.1)?;
        self.at.x += u16::try_from(width(&run.1)).unwrap_or(u16::MAX);
        Ok(())
    }

    fn append_lines(&mut self, count: u16) -> io::Result<()> {
        self.go_to(Position {
            x: 0,
            y: self.at.y + count,
        })
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.is_to_be_shown = false;
        queue!(self.bytes, cursor::Hide)
    }

    /// Takes effect with the next flush, when the cursor is where it belongs.
    fn show_cursor(&mut self) -> io::Result<()> {
        self.is_to_be_shown = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.go_to(position.into())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.go_to(Position::ORIGIN)?;
        self.clear_region(ClearType::AfterCursor)
    }

    fn clear_region(&mut self, region: ClearType) -> io::Result<()> {
        let region = match region {
            // Nothing above the block is ours.
            ClearType::All => return self.clear(),
            ClearType::AfterCursor => terminal::ClearType::FromCursorDown,
            ClearType::BeforeCursor => terminal::ClearType::FromCursorUp,
            ClearType::CurrentLine => terminal::ClearType::CurrentLine,
            ClearType::UntilNewLine => terminal::ClearType::UntilNewLine,
        };
        queue!(self.bytes, terminal::Clear(region))
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_to_be_shown) {
            queue!(self.bytes, cursor::Show)?;
        }
        self.is_fresh = false;
        let bytes = std::mem::take(&mut self.bytes);
        self.out.write(&bytes)
    }
}
