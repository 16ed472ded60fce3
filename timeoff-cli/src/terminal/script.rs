//! A terminal for tests: keys from a list, a screen in memory.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tokio::sync::mpsc;

/// The person at a [`Terminal::scripted`](super::Terminal::scripted): presses keys and sees what was drawn.
///
/// Keys may be pressed before they are asked for. Dropping it hangs up.
#[derive(Debug)]
pub struct Script {
    keys: mpsc::UnboundedSender<Event>,
    drawn: Drawn,
}

/// What was written to the screen.
#[derive(Debug, Clone, Default)]
pub(super) struct Drawn(Arc<Mutex<Vec<u8>>>);

impl Script {
    pub(super) fn new() -> (Script, mpsc::UnboundedReceiver<Event>, Drawn) {
        let (keys, receiver) = mpsc::unbounded_channel();
        let drawn = Drawn::default();
        let script = Script {
            keys,
            drawn: drawn.clone(),
        };
        (script, receiver, drawn)
    }

    /// Types a text; `\n` is Enter.
    pub fn type_text(&self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => self.press(KeyCode::Enter),
                c => self.press(KeyCode::Char(c)),
            }
        }
    }

    /// Presses a key.
    pub fn press(&self, code: KeyCode) {
        self.send(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    /// Presses a letter with Ctrl.
    pub fn press_control(&self, letter: char) {
        let code = KeyCode::Char(letter);
        self.send(Event::Key(KeyEvent::new(code, KeyModifiers::CONTROL)));
    }

    /// Pastes a text.
    pub fn paste(&self, text: &str) {
        self.send(Event::Paste(text.to_owned()));
    }

    /// Gives the window another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.send(Event::Resize(columns, rows));
    }

    /// All that was written to the screen so far, with its control sequences.
    pub fn drawn(&self) -> String {
        String::from_utf8_lossy(&self.drawn.bytes()).into_owned()
    }

    /// What a window of that size shows.
    #[cfg(test)]
    pub(super) fn visible(&self, columns: u16, rows: u16) -> String {
        let mut window = vt100::Parser::new(rows, columns, 0);
        window.process(&self.drawn.bytes());
        let text = window.screen().contents();
        text.trim_end().to_owned()
    }

    fn send(&self, event: Event) {
        // A terminal that is no longer there hears no keys.
        let _ = self.keys.send(event);
    }
}

impl Drawn {
    fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Write for Drawn {
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
