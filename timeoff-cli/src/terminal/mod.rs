//! Asking a person: prompts, and a block of lines that is drawn anew whenever something changes.
//!
//! Questions go to standard error, a command's product to standard output. Keys are awaited, so that a signal can end a
//! prompt and a screen can be redrawn when something else happens. The terminal is in raw mode from the first wait for
//! a key until the [`Terminal`] is dropped. Afterwards its mode is as before, however the program ends.
//!
//! | file | what it does |
//! |---|---|
//! | `keys` | where keys come from: standard input, or a test |
//! | `key` | what a terminal sends → what a person pressed |
//! | `mode` | the terminal's mode while keys are read, and its restoration whatever happens |
//! | `screen`, `line` | a block of lines, drawn by ratatui, drawn again in place and erased |
//! | `inline` | ratatui's backend for such a block |
//! | `text`, `edit` | the prompt for a line of text: what a key does to it, and what it looks like. No I/O |
//! | `dialog` | the prompts that dialoguer has: one of several items, yes or no |
//! | `prompt` | what a prompt is, and what a person does at one |
//! | `ask` | asks until there is an answer or the person leaves |
//! | `script` | a terminal for tests |

mod ask;
mod dialog;
mod edit;
mod inline;
mod key;
mod keys;
mod line;
mod mode;
mod prompt;
mod screen;
mod script;
mod text;

use std::collections::VecDeque;
use std::io::{self, IsTerminal, Write};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::Frame;
use tokio::sync::mpsc;

pub use line::{Tone, cut, wrapped};
pub(crate) use mode::restore;
pub use prompt::Answer;
pub use script::{Typist, Written};

use crate::error_messages::UsageError;
use crate::output::{self, colours_are_wanted};
use crate::shutdown::Shutdown;
use crate::terminal_size::{USUAL_SIZE, window_size};
use key::Key;
use keys::{CONTINUED, Keyboard, Keys};
use line::Line;
use mode::RawMode;
use screen::Screen;

/// What happens at a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A key other than those that leave.
    Key(KeyEvent),
    /// The person leaves: Ctrl-C, Ctrl-D, the terminal was hung up, or the process was asked to stop.
    Leave,
    /// The window has a new size: redraw what is shown.
    Resized,
}

/// A person at a terminal.
pub struct Terminal {
    keys: Keys,
    /// What was typed while waiting only for the person to leave.
    typed_ahead: VecDeque<Event>,
    screen: Screen,
    product: Box<dyn Write + Send>,
    shutdown: Shutdown,
    raw_mode: Option<RawMode>,
    /// Whether the process has resumed after Ctrl-Z, but has not received the signal for that yet.
    has_resumed: bool,
}

impl Terminal {
    /// The terminal that the program was started from.
    ///
    /// Its mode is left alone until the first wait for a key: until then Ctrl-C is a signal.
    ///
    /// # Errors
    ///
    /// [`UsageError`] if standard input or standard error is not a terminal, or one that cannot move its cursor
    /// (`TERM=dumb`); `instead` names the command to use then.
    pub fn open(shutdown: Shutdown, instead: &str) -> anyhow::Result<Terminal> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(UsageError(format!(
                "there is no terminal to ask questions on; use '{instead}' instead"
            ))
            .into());
        }
        if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
            return Err(UsageError(format!(
                "this terminal cannot move its cursor (TERM=dumb); use '{instead}' instead"
            ))
            .into());
        }
        Ok(Terminal {
            keys: Keys::Real(Keyboard::open()?),
            screen: Screen::new(Box::new(io::stderr()), window_size(), colours_are_wanted()),
            product: Box::new(output::stdout()),
            typed_ahead: VecDeque::new(),
            shutdown,
            raw_mode: None,
            has_resumed: false,
        })
    }

    /// A terminal with the given keys, and the two texts that it writes: the screen and the product. For tests.
    ///
    /// When the keys are used up, the person leaves.
    pub fn scripted(
        keys: impl IntoIterator<Item = KeyEvent>,
        shutdown: Shutdown,
    ) -> (Terminal, Written, Written) {
        let (terminal, typist, screen, product) = Terminal::typed(shutdown);
        typist.press(keys);
        (terminal, screen, product)
    }

    /// As [`Terminal::scripted`], with somebody who presses keys as the test goes on. The person leaves when the typist is
    /// dropped and the keys are used up.
    pub fn typed(shutdown: Shutdown) -> (Terminal, Typist, Written, Written) {
        let (sender, events) = mpsc::unbounded_channel();
        let (screen, product) = (Written::default(), Written::default());
        let terminal = Terminal {
            keys: Keys::Scripted(events),
            screen: Screen::new(Box::new(screen.clone()), USUAL_SIZE, false),
            product: Box::new(product.clone()),
            typed_ahead: VecDeque::new(),
            shutdown,
            raw_mode: None,
            has_resumed: false,
        };
        (terminal, Typist::new(sender), screen, product)
    }

    /// Waits for the next key. Safe to cancel: no key is lost.
    pub async fn next(&mut self) -> Input {
        loop {
            match self.next_event().await {
                Some(Event::Key(key)) if key.kind == KeyEventKind::Release => {}
                Some(Event::Key(key)) if leaves(&key) => return Input::Leave,
                Some(Event::Key(key)) => return Input::Key(key),
                Some(Event::Resize(..)) => return Input::Resized,
                Some(_) => {}
                None => return Input::Leave,
            }
        }
    }

    /// Waits until the person leaves with Ctrl-C, or has to leave. Other keys are kept for the next question. Safe to
    /// cancel.
    ///
    /// Await it beside something that takes a while.
    pub async fn left(&mut self) {
        loop {
            match self.read_event().await {
                Some(Event::Key(key)) if Key::of(Event::Key(key)) == Some(Key::Control('c')) => {
                    return;
                }
                Some(event) => self.typed_ahead.push_back(event),
                None => return,
            }
        }
    }

    /// The next event; `None` if no more can come or may be waited for.
    async fn next_event(&mut self) -> Option<Event> {
        match self.typed_ahead.pop_front() {
            Some(event) if !self.shutdown.is_requested() => Some(event),
            _ => self.read_event().await,
        }
    }

    async fn read_event(&mut self) -> Option<Event> {
        if self.enter_raw_mode().is_err() || self.shutdown.is_requested() {
            return None;
        }
        let next = async {
            match &mut self.keys {
                Keys::Real(keyboard) => keyboard.next().await,
                Keys::Scripted(events) => events.recv().await,
            }
        };
        let event = tokio::select! {
            event = next => event?,
            () = self.shutdown.requested() => return None,
        };
        if event == CONTINUED {
            return self.begin_anew().ok();
        }
        if let Event::Resize(columns, rows) = event {
            self.screen.resize((columns, rows));
        }
        if self.raw_mode.is_some() && Key::of(event.clone()) == Some(Key::Control('z')) {
            return self.suspend().ok();
        }
        Some(event)
    }

    /// Stops the process until its shell resumes it. The window must then be redrawn.
    fn suspend(&mut self) -> io::Result<Event> {
        self.screen.erase()?;
        mode::suspend()?;
        let event = self.begin_anew();
        self.has_resumed = true;
        event
    }

    /// Starts anew below what the window, perhaps another one, shows now.
    fn begin_anew(&mut self) -> io::Result<Event> {
        // After Ctrl-Z, `suspend` has done this already by the time the signal arrives.
        match std::mem::take(&mut self.has_resumed) {
            true => self.screen.erase()?,
            false => self.screen.leave()?,
        }
        let (columns, rows) = window_size();
        self.screen.resize((columns, rows));
        Ok(Event::Resize(columns, rows))
    }

    /// Waits until the window changes, and notes its new size. Reads no keys. Safe to cancel.
    async fn next_window(&mut self) {
        let Keys::Real(keyboard) = &mut self.keys else {
            return std::future::pending().await;
        };
        if let Event::Resize(columns, rows) = keyboard.window_event().await {
            self.screen.resize((columns, rows));
        }
    }

    /// Discards what was typed and not read yet: it was not meant for the next question.
    pub async fn forget_typed(&mut self) {
        self.typed_ahead.clear();
        if let Keys::Real(keyboard) = &mut self.keys {
            keyboard.forget_typed().await;
        }
    }

    fn enter_raw_mode(&mut self) -> io::Result<()> {
        if self.raw_mode.is_none() && matches!(self.keys, Keys::Real(_)) {
            self.raw_mode = Some(RawMode::enter()?);
        }
        Ok(())
    }

    /// Draws a block of lines in place of the one that was drawn last.
    ///
    /// Lines are cut to the window's width and the block to its height; control characters are escaped.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn draw(&mut self, lines: &[(String, Tone)]) -> io::Result<()> {
        let lines: Vec<Line> = lines
            .iter()
            .map(|(text, tone)| Line::new(text, *tone))
            .collect();
        self.screen.draw_lines(&lines, None)
    }

    /// Lets ratatui draw a block of this height in place of the last one. The caller has to escape control characters.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn draw_block(
        &mut self,
        height: u16,
        render: impl FnOnce(&mut Frame<'_>),
    ) -> io::Result<()> {
        self.screen.draw(height, render)
    }

    /// The most columns and rows that a block can have.
    pub fn room(&self) -> (u16, u16) {
        self.screen.room()
    }

    /// Prints a text that stays on the screen, in place of the block. It may be longer than a line.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn say(&mut self, text: &str, tone: Tone) -> io::Result<()> {
        self.screen.print(&Line::new(text, tone))
    }

    /// Writes a line of the command's product to standard output, and removes the block.
    ///
    /// # Errors
    ///
    /// Those of standard output.
    pub fn produce(&mut self, line: &str) -> io::Result<()> {
        self.screen.erase()?;
        writeln!(self.product, "{line}")?;
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

    /// The window's columns and rows.
    fn size(&self) -> (u16, u16) {
        self.screen.size()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The terminal may be gone; there is nobody left to tell. The mode is restored after this.
        let _ = self.screen.erase();
    }
}

fn leaves(key: &KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd'))
}
