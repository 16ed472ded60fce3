//! A line of text while it is typed.

use super::key::Key;
use super::line::{char_width, width};

/// The longest line, in characters: more than any answer may have, and few enough to bound any paste.
const MAX_CHARS: usize = 4096;

/// The text and where the cursor is in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Edit {
    text: String,
    /// In bytes, at a character's boundary.
    cursor: usize,
}

/// The part of a text that fits a window, and the cursor's column in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) text: String,
    pub(super) cursor: usize,
}

impl Edit {
    /// A line that already holds this text, with the cursor after it.
    pub(super) fn with(text: &str) -> Edit {
        Edit {
            text: text.to_owned(),
            cursor: text.len(),
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether nothing is under or after the cursor.
    pub(super) fn is_at_end(&self) -> bool {
        self.cursor == self.text.len()
    }

    /// What a key does to the text. Keys that mean nothing here do nothing.
    pub(super) fn press(&mut self, key: &Key) {
        match key {
            Key::Char(c) => self.insert(*c),
            Key::Paste(text) => self.paste(text),
            Key::Left | Key::Control('b') => self.cursor = self.before(),
            Key::Right | Key::Control('f') => self.cursor = self.after(),
            Key::Home | Key::Control('a') => self.cursor = 0,
            Key::End | Key::Control('e') => self.cursor = self.text.len(),
            Key::Backspace => self.remove(self.before(), self.cursor),
            Key::Delete | Key::Control('d') => self.remove(self.cursor, self.after()),
            Key::Control('u') => self.remove(0, self.cursor),
            Key::Control('k') => self.remove(self.cursor, self.text.len()),
            Key::Control('w') => self.remove(self.word_before(), self.cursor),
            _ => {}
        }
    }

    /// The part around the cursor that fits `columns`; an ellipsis stands for what is left out on either side.
    pub(super) fn view(&self, columns: usize) -> View {
        let (before, after) = self.text.split_at(self.cursor);
        // The cursor needs a column of its own when it is after the text.
        if width(&self.text) < columns {
            return View {
                text: self.text.clone(),
                cursor: width(before),
            };
        }
        let mut shown = tail(before, columns.saturating_sub(2));
        let cursor = width(&shown);
        let mut left = columns.saturating_sub(cursor + 1);
        for c in after.chars() {
            if char_width(c) > left {
                shown.push('…');
                break;
            }
            left -= char_width(c);
            shown.push(c);
        }
        View {
            text: shown,
            cursor,
        }
    }

    fn insert(&mut self, c: char) {
        if !c.is_control() && self.text.chars().count() < MAX_CHARS {
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
        for c in text.trim_end().chars().take(MAX_CHARS) {
            self.insert(c);
        }
    }

    fn before(&self) -> usize {
        let last = self.text[..self.cursor].chars().next_back();
        self.cursor - last.map_or(0, char::len_utf8)
    }

    fn after(&self) -> usize {
        let next = self.text[self.cursor..].chars().next();
        self.cursor + next.map_or(0, char::len_utf8)
    }

    fn word_before(&self) -> usize {
        let before = self.text[..self.cursor].trim_end();
        before
            .char_indices()
            .rev()
            .find(|(_, c)| c.is_whitespace())
            .map_or(0, |(place, c)| place + c.len_utf8())
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }
}

/// The end of a text in at most `columns`, with an ellipsis where something is left out.
fn tail(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let begin = text
        .char_indices()
        .rev()
        .take_while(|&(_, c)| {
            let fits = char_width(c) <= left;
            left = left.saturating_sub(char_width(c));
            fits
        })
        .last()
        .map_or(text.len(), |(place, _)| place);
    format!("…{}", &text[begin..])
}

#[cfg(test)]
mod tests {
    use super::{Edit, MAX_CHARS};
    use crate::terminal::key::Key;
    use crate::terminal::line::width;

    fn typed(text: &str, keys: &[Key]) -> Edit {
        let mut edit = Edit::default();
        for c in text.chars() {
            edit.press(&Key::Char(c));
        }
        for key in keys {
            edit.press(key);
        }
        edit
    }

    #[test]
    fn a_text_is_edited_anywhere() {
        use Key::{Backspace, Char, Control, Delete, End, Home, Left, Right};
        for (keys, text) in [
            (vec![Backspace], "ab"),
            (vec![Left, Backspace], "ac"),
            (vec![Home, Delete], "bc"),
            (vec![Home, Right, Char('x')], "axbc"),
            (vec![Home, Left, Backspace, End, Right, Delete], "abc"),
            (vec![Control('a'), Control('d')], "bc"),
            (vec![Left, Control('u')], "c"),
            (vec![Left, Control('k')], "ab"),
            (vec![Control('a'), Control('e'), Char('!')], "abc!"),
        ] {
            assert_eq!(typed("abc", &keys).text(), text, "{keys:?}");
        }
    }

    #[test]
    fn a_word_is_taken_back_with_the_spaces_behind_it() {
        assert_eq!(typed("one two  ", &[Key::Control('w')]).text(), "one ");
        assert_eq!(typed("one", &[Key::Control('w')]).text(), "");
        assert_eq!(typed("", &[Key::Control('w')]).text(), "");
    }

    #[test]
    fn characters_of_several_bytes_are_one_step() {
        let edit = typed("é日x", &[Key::Left, Key::Left, Key::Backspace]);
        assert_eq!(edit.text(), "日x");
        assert_eq!(edit.view(80).cursor, 0);
        assert_eq!(typed("日x", &[Key::Left]).view(80).cursor, 2);
    }

    #[test]
    fn a_pasted_text_becomes_one_line_without_control_characters() {
        let edit = typed("", &[Key::Paste("a\r\nb\tc\u{1b}[2J\n".to_owned())]);
        assert_eq!(edit.text(), "a b c[2J");
        let edit = typed("", &[Key::Paste("x".repeat(1_000_000))]);
        assert_eq!(edit.text().len(), MAX_CHARS);
    }

    #[test]
    fn a_long_text_is_shown_around_the_cursor() {
        let mut edit = typed("0123456789", &[]);
        assert_eq!(edit.view(6).text, "…789");
        assert_eq!(edit.view(6).cursor, 4);
        edit.press(&Key::Home);
        assert_eq!(edit.view(6).text, "01234…");
        for step in 0..12 {
            for columns in 3..12 {
                let view = edit.view(columns);
                assert!(width(&view.text) <= columns, "{step}: {view:?}");
                assert!(view.cursor < columns, "{step}: {view:?}");
            }
            edit.press(&Key::Right);
        }
    }
}
