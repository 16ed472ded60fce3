//! A terminal for tests: keys from a list, a screen in memory.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::event::{Event, KeyEvent};
use tokio::sync::mpsc;

use super::dialog::Dialog;
use super::key::Key;
use super::line::{Line, Tone};
use super::prompt::Answer;
use super::screen::Screen;

/// What was written to a [`Terminal::scripted`](super::Terminal::scripted). Clones share the text.
#[derive(Debug, Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

/// Presses the keys of a [`Terminal::typed`](super::Terminal::typed).
#[derive(Debug)]
pub struct Typist(mpsc::UnboundedSender<Event>);

impl Typist {
    pub(super) fn new(sender: mpsc::UnboundedSender<Event>) -> Typist {
        Typist(sender)
    }

    /// Presses keys, one after the other. They are lost if the terminal is gone.
    pub fn press(&self, keys: impl IntoIterator<Item = KeyEvent>) {
        for key in keys {
            let _ = self.0.send(Event::Key(key));
        }
    }
}

impl Written {
    /// Everything that was written so far. A screen's text has its control sequences in it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Answers a dialog as dialoguer would, from the keys of a script.
pub(super) async fn answer(
    dialog: Dialog,
    keys: &mut mpsc::UnboundedReceiver<Event>,
    screen: &mut Screen,
) -> io::Result<Answer<usize>> {
    let (question, items, mut chosen) = match dialog {
        Dialog::Choice {
            question,
            items,
            default,
        } => (question, items, default),
        Dialog::Confirmation { question, default } => (
            question,
            vec!["no".to_owned(), "yes".to_owned()],
            usize::from(default),
        ),
    };
    screen.print(&Line::new(&question, Tone::Strong))?;
    let is_confirmation = items == ["no", "yes"];
    while let Some(event) = keys.recv().await {
        match Key::of(event) {
            Some(Key::Control('c')) => return Ok(Answer::Left),
            Some(Key::Escape) => return Ok(Answer::Back),
            Some(Key::Enter) => {}
            Some(Key::Char('y')) if is_confirmation => chosen = 1,
            Some(Key::Char('n')) if is_confirmation => chosen = 0,
            Some(Key::Down) if !is_confirmation => {
                chosen = (chosen + 1) % items.len();
                continue;
            }
            _ => continue,
        }
        let answer = items.get(chosen).map_or("", String::as_str);
        screen.print(&Line::from(format!("{question}: {answer}")))?;
        return Ok(Answer::Given(chosen));
    }
    Ok(Answer::Left)
}

#[cfg(test)]
pub(super) use person::Script;

#[cfg(test)]
mod person {
    use std::collections::VecDeque;
    use std::io::Write;
    use std::num::NonZeroU16;

    use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
    use tokio::sync::mpsc;

    use super::Written;
    use crate::shutdown::Shutdown;
    use crate::terminal::Terminal;
    use crate::terminal::keys::Keys;
    use crate::terminal::screen::Screen;

    /// A person who presses keys, before or while a question is asked, and sees the screen. Dropping it hangs up.
    pub(in crate::terminal) struct Script {
        keys: mpsc::UnboundedSender<Event>,
        screen: Written,
    }

    impl Script {
        pub(in crate::terminal) fn new() -> (Script, mpsc::UnboundedReceiver<Event>, Written) {
            let (keys, receiver) = mpsc::unbounded_channel();
            let screen = Written::default();
            let script = Script {
                keys,
                screen: screen.clone(),
            };
            (script, receiver, screen)
        }

        /// At a terminal of that many columns and rows.
        pub(in crate::terminal) fn at(
            columns: u16,
            rows: u16,
            shutdown: &Shutdown,
        ) -> (Terminal, Script) {
            let (script, keys, screen) = Script::new();
            let terminal = Terminal {
                keys: Keys::Scripted(keys),
                screen: Screen::new(Box::new(screen), (columns, rows), false),
                product: Box::new(std::io::sink()),
                typed_ahead: VecDeque::new(),
                shutdown: shutdown.clone(),
                raw_mode: None,
                has_resumed: false,
            };
            (terminal, script)
        }

        /// Types a text; `\n` is Enter.
        pub(in crate::terminal) fn type_text(&self, text: &str) {
            for c in text.chars() {
                match c {
                    '\n' => self.press(KeyCode::Enter),
                    c => self.press(KeyCode::Char(c)),
                }
            }
        }

        pub(in crate::terminal) fn paste(&self, text: &str) {
            self.send(Event::Paste(text.to_owned()));
        }

        pub(in crate::terminal) fn press(&self, code: KeyCode) {
            self.send(Event::Key(code.into()));
        }

        pub(in crate::terminal) fn press_control(&self, letter: char) {
            let code = KeyCode::Char(letter);
            self.send(Event::Key(KeyEvent::new(code, KeyModifiers::CONTROL)));
        }

        pub(in crate::terminal) fn send(&self, event: Event) {
            self.keys.send(event).expect("the terminal is open");
        }

        /// Writes to the screen as a program other than the one under test would.
        pub(in crate::terminal) fn write(&self, bytes: &[u8]) {
            self.screen.clone().write_all(bytes).expect("memory");
        }

        pub(in crate::terminal) fn drawn(&self) -> String {
            self.screen.text()
        }

        /// What a window of that size shows.
        pub(in crate::terminal) fn visible(&self, columns: u16, rows: u16) -> String {
            let size = |count| NonZeroU16::new(count).expect("a window has a size");
            let mut window = vt100::Parser::new(size(rows), size(columns), 0);
            window.process(&self.screen.bytes());
            window.screen().contents().trim_end().to_owned()
        }
    }
}
