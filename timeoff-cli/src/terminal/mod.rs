//! Asking a person: prompts, and a block of lines that is drawn anew whenever something changes.
//!
//! All of it goes to standard error, so that standard output stays the product's. Everything impure is an argument of
//! [`Terminal`]: tests build one from a [`Script`] of keys and look at what it drew.
//!
//! | file | what it does |
//! |---|---|
//! | `key` | what a terminal sends → what a person pressed |
//! | `raw_mode` | the terminal's mode while keys are read, and its restoration whatever happens |
//! | `screen`, `line` | a block of lines, erased and drawn again |
//! | `edit` | the text of a line while it is typed |
//! | `text`, `choice`, `confirmation` | the prompts: what a key does to each, and what each looks like. No I/O |
//! | `prompt` | asks a prompt until it is answered or the person leaves |
//! | `script` | a terminal for tests |

mod choice;
mod confirmation;
mod edit;
mod key;
mod line;
mod prompt;
mod raw_mode;
mod screen;
mod script;
mod text;

use std::io::{self, IsTerminal};
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use tokio::sync::mpsc;

pub use key::Key;
pub use line::{Line, Tone};
pub use prompt::Answer;
pub use raw_mode::RawMode;
pub(crate) use raw_mode::restore;
pub use script::Script;

use crate::command::UsageError;
use crate::shutdown::Shutdown;
use screen::Screen;

/// How often it is looked whether the terminal is still there: not every hang-up comes with a signal.
const HANG_UP_CHECK: Duration = Duration::from_millis(500);

/// A person at a terminal.
pub struct Terminal {
    keys: Keys,
    screen: Screen,
    shutdown: Shutdown,
}

enum Keys {
    Real(EventStream),
    Scripted(mpsc::UnboundedReceiver<Event>),
}

impl Terminal {
    /// The process's own terminal.
    ///
    /// `instead` completes "use … instead": the command that does the same without a terminal.
    ///
    /// # Errors
    ///
    /// [`UsageError`] unless both standard input and standard error are terminals.
    pub fn open(instead: &str, shutdown: &Shutdown) -> Result<Terminal, UsageError> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(UsageError(format!(
                "nobody can be asked: standard input and standard error must be a terminal; use {instead} instead"
            )));
        }
        let is_coloured = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Ok(Terminal {
            keys: Keys::Real(EventStream::new()),
            screen: Screen::new(Box::new(io::stderr()), size(), is_coloured),
            shutdown: shutdown.clone(),
        })
    }

    /// A terminal for tests, of that many columns and rows, without colours, and the person at it.
    pub fn scripted(columns: u16, rows: u16, shutdown: &Shutdown) -> (Terminal, Script) {
        let (script, keys, out) = Script::new();
        let terminal = Terminal {
            keys: Keys::Scripted(keys),
            screen: Screen::new(Box::new(out), (columns, rows), false),
            shutdown: shutdown.clone(),
        };
        (terminal, script)
    }

    /// Keeps the terminal in raw mode (keys come one by one and unechoed) until the guard is dropped.
    ///
    /// Prompts do this by themselves; it is for [`Terminal::next_key`]. Guards may be nested. Output is processed as
    /// ever meanwhile: a plain newline is one.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn raw_mode(&self) -> io::Result<RawMode> {
        match self.keys {
            Keys::Real(_) => RawMode::enter(),
            Keys::Scripted(_) => Ok(RawMode::pretended()),
        }
    }

    /// Waits for the next key, or a change of the window's size. `None`: the person leaves (Ctrl-C, the terminal was
    /// hung up) or the process was asked to stop.
    ///
    /// Safe to cancel: no key is lost. Hold a [`RawMode`] while calling it.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub async fn next_key(&mut self) -> io::Result<Option<Key>> {
        loop {
            let Some(event) = self.next_event().await? else {
                return Ok(None);
            };
            match Key::of(event) {
                Some(Key::Control('c')) => return Ok(None),
                Some(Key::Resized { columns, rows }) => {
                    self.screen.resize((columns, rows));
                    return Ok(Some(Key::Resized { columns, rows }));
                }
                Some(key) => return Ok(Some(key)),
                None => {}
            }
        }
    }

    async fn next_event(&mut self) -> io::Result<Option<Event>> {
        loop {
            if self.shutdown.is_requested() {
                return Ok(None);
            }
            let next = async {
                match &mut self.keys {
                    Keys::Real(stream) => stream.next().await.transpose(),
                    Keys::Scripted(events) => Ok(events.recv().await),
                }
            };
            tokio::select! {
                event = next => return event,
                () = self.shutdown.requested() => return Ok(None),
                () = tokio::time::sleep(HANG_UP_CHECK) => {
                    if matches!(self.keys, Keys::Real(_)) && !io::stdin().is_terminal() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Draws a block of lines in the place of the one drawn before.
    ///
    /// Lines are cut to the window's width and a block to its height; control characters are escaped.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn draw(&mut self, lines: &[Line]) -> io::Result<()> {
        self.screen.draw(lines, None)
    }

    /// Erases the block.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn erase(&mut self) -> io::Result<()> {
        self.screen.draw(&[], None)
    }

    /// Prints a line that stays, above the block.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn say(&mut self, line: impl Into<Line>) -> io::Result<()> {
        self.screen.print_above(&[line.into()])
    }

    /// Leaves the block as it is; what comes next is drawn below it.
    ///
    /// # Errors
    ///
    /// Those of the terminal.
    pub fn keep(&mut self) -> io::Result<()> {
        self.screen.keep()
    }

    /// The window's columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.screen.size()
    }
}

fn size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => (columns, rows),
        _ => (80, 24),
    }
}
