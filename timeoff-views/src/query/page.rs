//! Pages. A page ends at a row, not at a number of rows, so rows that are added meanwhile neither shift the next page
//! nor show up twice.

use std::fmt;

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value};

/// The most rows of a page.
const MOST: u32 = 1000;

/// Which page, and how long.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// The most rows; above 1000 it is 1000, and 0 is 1.
    pub limit: u32,
    /// Where the page before ended; `None` for the first page.
    pub after: Option<Cursor>,
}

impl PageRequest {
    /// The first page of at most this many rows.
    pub fn first(limit: u32) -> PageRequest {
        PageRequest { limit, after: None }
    }

    /// One row more than the page has, to see whether there is another page.
    pub(super) fn limit(&self) -> u32 {
        self.limit.clamp(1, MOST) + 1
    }
}

/// Rows, and where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// To be asked for after this page; `None` if there are no more rows now.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// A page of rows, of which there is one too many if there is another page.
    pub(super) fn of(rows: Vec<(Key, T)>, request: &PageRequest) -> Page<T> {
        let length = request.limit() as usize - 1;
        let next = (rows.len() > length).then(|| Cursor(rows[length - 1].0.clone()));
        let rows = rows.into_iter().take(length).map(|(_, row)| row).collect();
        Page { rows, next }
    }
}

/// The end of a page. Its text can be part of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Key);

/// What rows are ordered by: the last column is unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Numbers(i64, i64),
    Text(String),
}

impl Cursor {
    /// The cursor with this text. Of a text that is none, a page comes that begins somewhere.
    pub fn parse(text: &str) -> Cursor {
        let numbers = || {
            let (one, other) = text.split_once('.')?;
            Some(Key::Numbers(one.parse().ok()?, other.parse().ok()?))
        };
        Cursor(numbers().unwrap_or_else(|| Key::Text(text.to_owned())))
    }

    pub(super) fn key(&self) -> (KeyPart<'_>, KeyPart<'_>) {
        match &self.0 {
            Key::Numbers(one, other) => (KeyPart::Number(*one), KeyPart::Number(*other)),
            Key::Text(text) => (KeyPart::Text(text), KeyPart::Number(0)),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Key::Numbers(one, other) => write!(f, "{one}.{other}"),
            Key::Text(text) => f.write_str(text),
        }
    }
}

/// A value that a cursor has for a column.
pub(super) enum KeyPart<'a> {
    Number(i64),
    Text(&'a str),
}

impl ToSql for KeyPart<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            KeyPart::Number(number) => Ok(ToSqlOutput::Owned(Value::Integer(*number))),
            KeyPart::Text(text) => text.to_sql(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Key, Page, PageRequest};

    #[test]
    fn a_cursor_is_a_text_that_reads_back() {
        for key in [Key::Numbers(-3, 7), Key::Text("ab".to_owned())] {
            let cursor = Cursor(key);
            assert_eq!(Cursor::parse(&cursor.to_string()), cursor);
        }
    }

    #[test]
    fn a_page_says_where_the_next_one_begins_if_there_is_one() {
        let rows = |count: i64| (0..count).map(|n| (Key::Numbers(n, 0), n)).collect();
        let request = PageRequest::first(2);
        let page = Page::of(rows(3), &request);
        assert_eq!(page.rows, [0, 1]);
        assert_eq!(page.next, Some(Cursor(Key::Numbers(1, 0))));
        assert_eq!(Page::of(rows(2), &request).next, None);
        assert_eq!(PageRequest::first(0).limit(), 2);
        assert_eq!(PageRequest::first(u32::MAX).limit(), 1001);
    }
}
