//! Asking a person at a terminal.
//!
//! The terminal is in raw mode while a [`Terminal`] lives, and as it was afterwards, however the program ends. Keys are
//! awaited, so that a prompt can be left by a signal and a screen can be drawn again when something else happens.
//! Questions go to standard error; what a command produces goes to standard output.

mod editor;
mod prompts;
mod screen;

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt;

use crate::command::UsageError;
use crate::shutdown::Shutdown;
use screen::Screen;
pub use screen::Tone;

/// How wide a terminal is taken to be that does not say.
const USUAL_COLUMNS: usize = 80;

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T> {
    /// It was answered.
    Given(T),
    /// The person has left: Ctrl-C, Ctrl-D, or a signal.
    Left,
}

/// What was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A key other than those that leave.
    Key(KeyEvent),
    /// Ctrl-C, Ctrl-D, or the end of the input.
    Leave,
    /// The window has another size now: what is on the screen should be drawn again.
    Resized,
}

/// A person at a terminal.
pub struct Terminal {
    keys: Keys,
    screen: Screen,
    shutdown: Shutdown,
    product: Box<dyn Write + Send>,
    line_end: &'static str,
    is_raw: bool,
}

enum Keys {
    Typed(EventStream),
    Scripted(VecDeque<KeyEvent>),
}

impl Terminal {
    /// The terminal that the program was started from.
    ///
    /// # Errors
    ///
    /// [`UsageError`] if standard input or standard error is not a terminal; `instead` names the command to use then.
    pub fn open(shutdown: Shutdown, instead: &str) -> anyhow::Result<Terminal> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(UsageError(format!(
                "there is no terminal to ask questions on; use '{instead}' instead"
            ))
            .into());
        }
        crossterm::terminal::enable_raw_mode()?;
        let is_coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let line_end = if io::stdout().is_terminal() {
            "\r\n"
        } else {
            "\n"
        };
        Ok(Terminal {
            keys: Keys::Typed(EventStream::new()),
            screen: Screen::new(Box::new(io::stderr()), is_coloured),
            shutdown,
            product: Box::new(io::stdout()),
            line_end,
            is_raw: true,
        })
    }

    /// A terminal whose keys are given, and the two texts that it writes: the screen and the product. For tests.
    ///
    /// When the keys are used up, the person leaves.
    pub fn scripted(
        keys: impl IntoIterator<Item = KeyEvent>,
        shutdown: Shutdown,
    ) -> (Terminal, Written, Written) {
        let (screen, product) = (Written::default(), Written::default());
        let terminal = Terminal {
            keys: Keys::Scripted(keys.into_iter().collect()),
            screen: Screen::new(Box::new(screen.clone()), false),
            shutdown,
            product: Box::new(product.clone()),
            line_end: "\n",
            is_raw: false,
        };
        (terminal, screen, product)
    }

    /// Waits for the next key. Safe to cancel.
    pub async fn next(&mut self) -> Input {
        let shutdown = self.shutdown.clone();
        tokio::select! {
            biased;
            () = shutdown.requested() => Input::Leave,
            input = self.typed() => input,
        }
    }

    async fn typed(&mut self) -> Input {
        let stream = match &mut self.keys {
            Keys::Scripted(keys) => return keys.pop_front().map_or(Input::Leave, input_of),
            Keys::Typed(stream) => stream,
        };
        loop {
            match stream.next().await {
                Some(Ok(Event::Key(key))) if key.kind != KeyEventKind::Release => {
                    return input_of(key);
                }
                Some(Ok(Event::Resize(..))) => return Input::Resized,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Input::Leave,
            }
        }
    }

    /// Draws a block of lines in place of the one that was drawn last.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn draw(&mut self, lines: &[(String, Tone)]) -> io::Result<()> {
        self.draw_with_cursor(lines, None)
    }

    fn draw_with_cursor(
        &mut self,
        lines: &[(String, Tone)],
        cursor: Option<(u16, u16)>,
    ) -> io::Result<()> {
        self.screen.draw(lines, cursor, columns())
    }

    /// Says something that stays on the screen, in place of the block. It may be longer than a line.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn say(&mut self, text: &str, tone: Tone) -> io::Result<()> {
        self.screen.print(text, tone, usize::MAX)
    }

    /// Writes a line of what the command produces to standard output.
    ///
    /// # Errors
    ///
    /// Those of standard output.
    pub fn produce(&mut self, line: &str) -> io::Result<()> {
        self.screen.erase()?;
        write!(self.product, "{line}{}", self.line_end)?;
        self.product.flush()
    }

    /// Removes the block.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn erase(&mut self) -> io::Result<()> {
        self.screen.erase()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The terminal may be gone; there is nobody left to tell.
        let _ = self.screen.erase();
        if self.is_raw {
            restore();
        }
    }
}

/// Gives the terminal back as it was. Does nothing if it was never taken.
pub(crate) fn restore() {
    let _ = crossterm::terminal::disable_raw_mode();
}

fn input_of(key: KeyEvent) -> Input {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    if is_control && matches!(key.code, KeyCode::Char('c' | 'd')) {
        Input::Leave
    } else {
        Input::Key(key)
    }
}

fn columns() -> usize {
    crossterm::terminal::size()
        .ok()
        .map(|(columns, _)| usize::from(columns))
        .filter(|&columns| columns > 0)
        .unwrap_or(USUAL_COLUMNS)
}

/// What was written, for tests to look at.
#[derive(Debug, Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// All of it so far, escape sequences included.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
