//! What a person pressed.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

/// What a person does at a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// A character, as it was typed.
    Char(char),
    /// A letter with Ctrl, in lower case.
    Control(char),
    /// Enter.
    Enter,
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// The left arrow.
    Left,
    /// The right arrow.
    Right,
    /// The up arrow.
    Up,
    /// The down arrow.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A text that was pasted.
    Paste(String),
    /// The window has another size now.
    Resized,
}

impl Key {
    /// What the event means here, if anything.
    pub(super) fn of(event: Event) -> Option<Key> {
        let event = match event {
            Event::Key(event) if event.kind != KeyEventKind::Release => event,
            Event::Paste(text) => return Some(Key::Paste(text)),
            Event::Resize(..) => return Some(Key::Resized),
            _ => return None,
        };
        let has = |modifier| event.modifiers.contains(modifier);
        match event.code {
            KeyCode::Char(c) if has(KeyModifiers::CONTROL) => match c.to_ascii_lowercase() {
                // The terminal turns an Enter that was typed before raw mode into a line feed.
                'j' | 'm' => Some(Key::Enter),
                'h' => Some(Key::Backspace),
                c => Some(Key::Control(c)),
            },
            KeyCode::Char(_) if has(KeyModifiers::ALT) => None,
            KeyCode::Char(c) => Some(Key::Char(c)),
            KeyCode::Enter => Some(Key::Enter),
            KeyCode::Tab => Some(Key::Tab),
            KeyCode::Esc => Some(Key::Escape),
            KeyCode::Backspace => Some(Key::Backspace),
            KeyCode::Delete => Some(Key::Delete),
            KeyCode::Left => Some(Key::Left),
            KeyCode::Right => Some(Key::Right),
            KeyCode::Up => Some(Key::Up),
            KeyCode::Down => Some(Key::Down),
            KeyCode::Home => Some(Key::Home),
            KeyCode::End => Some(Key::End),
            KeyCode::PageUp => Some(Key::PageUp),
            KeyCode::PageDown => Some(Key::PageDown),
            _ => None,
        }
    }
}
