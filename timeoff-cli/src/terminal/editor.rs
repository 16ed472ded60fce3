//! One line of text being typed. No I/O.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_width::UnicodeWidthChar;

/// Text with a cursor in it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Editor {
    text: Vec<char>,
    cursor: usize,
}

impl Editor {
    /// Takes a key. Keys that mean nothing here change nothing.
    pub(super) fn press(&mut self, key: KeyEvent) {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            match key.code {
                KeyCode::Char('a') => self.cursor = 0,
                KeyCode::Char('e') => self.cursor = self.text.len(),
                KeyCode::Char('u') => {
                    self.text.drain(..self.cursor);
                    self.cursor = 0;
                }
                KeyCode::Char('k') => self.text.truncate(self.cursor),
                KeyCode::Char('w') => self.delete_word(),
                KeyCode::Char('h') => self.backspace(),
                _ => {}
            }
            return;
        }
        match key.code {
            KeyCode::Char(c) if !c.is_control() => {
                self.text.insert(self.cursor, c);
                self.cursor += 1;
            }
            KeyCode::Backspace => self.backspace(),
            KeyCode::Delete if self.cursor < self.text.len() => {
                self.text.remove(self.cursor);
            }
            KeyCode::Left => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Right => self.cursor = (self.cursor + 1).min(self.text.len()),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => {}
        }
    }

    fn backspace(&mut self) {
        if self.cursor > 0 {
            self.cursor -= 1;
            self.text.remove(self.cursor);
        }
    }

    fn delete_word(&mut self) {
        let before = &self.text[..self.cursor];
        let word_end = before
            .iter()
            .rposition(|c| !c.is_whitespace())
            .map_or(0, |last| last + 1);
        let word_start = before[..word_end]
            .iter()
            .rposition(|c| c.is_whitespace())
            .map_or(0, |space| space + 1);
        self.text.drain(word_start..self.cursor);
        self.cursor = word_start;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// What is visible in `columns` columns, and in which of them the cursor is. A long text is shown around the
    /// cursor.
    pub(super) fn view(&self, columns: usize) -> (String, usize) {
        let columns = columns.max(2);
        let width = |c: &char| c.width().unwrap_or(0);
        let mut first = self.cursor;
        let mut before = 0;
        while first > 0 {
            let next = width(&self.text[first - 1]);
            if before + next >= columns {
                break;
            }
            before += next;
            first -= 1;
        }
        let mut used = 0;
        let shown = self.text[first..]
            .iter()
            .take_while(|c| {
                used += width(c);
                used < columns
            })
            .collect();
        (shown, before)
    }
}

#[cfg(test)]
mod tests {
    use super::Editor;
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

    fn typed(text: &str) -> Editor {
        let mut editor = Editor::default();
        for c in text.chars() {
            editor.press(KeyCode::Char(c).into());
        }
        editor
    }

    fn control(editor: &mut Editor, c: char) {
        editor.press(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL));
    }

    #[test]
    fn text_is_edited_where_the_cursor_is() {
        let mut editor = typed("äbd");
        editor.press(KeyCode::Left.into());
        editor.press(KeyCode::Char('c').into());
        editor.press(KeyCode::Home.into());
        editor.press(KeyCode::Delete.into());
        editor.press(KeyCode::Char('a').into());
        assert_eq!(editor.text(), "abcd");
        editor.press(KeyCode::End.into());
        editor.press(KeyCode::Backspace.into());
        assert_eq!(editor.text(), "abc");
    }

    #[test]
    fn the_usual_control_keys_work() {
        let mut editor = typed("one two  ");
        control(&mut editor, 'w');
        assert_eq!(editor.text(), "one ");
        control(&mut editor, 'a');
        control(&mut editor, 'k');
        assert!(editor.is_empty());
        let mut editor = typed("one");
        control(&mut editor, 'u');
        assert!(editor.is_empty());
    }

    #[test]
    fn a_long_text_is_shown_around_the_cursor() {
        let mut editor = typed("0123456789");
        assert_eq!(editor.view(5), ("6789".to_owned(), 4));
        editor.press(KeyCode::Home.into());
        assert_eq!(editor.view(5), ("0123".to_owned(), 0));
        assert_eq!(typed("日本").view(80).1, 4);
    }
}
