//! A dead letter as a page shows it.

use chrono::DateTime;
use timeoff_cli::printable;
use timeoff_contract::Letter;
use timeoff_log::{Position, Record};

use super::super::shown::{for_machines, for_people, place};
use crate::who::Me;

/// How many bytes of a key or a value are shown.
const BYTES: usize = 200;

/// A record that could not be understood.
pub(super) struct ShownLetter {
    /// When it became a dead letter, in milliseconds since 1970.
    pub(super) since_ms: i64,
    /// For machines (RFC 3339).
    pub(super) at: String,
    /// For people: `30 Nov 2026, 10:05 UTC`.
    pub(super) shown_at: String,
    /// Where it stands on the topic of dead letters: `1:5`.
    pub(super) name: String,
    /// Where it stood, if its headers say so.
    pub(super) origin: Option<Position>,
    pub(super) shown_origin: Option<String>,
    pub(super) reason: String,
    pub(super) key: Option<String>,
    pub(super) value: Option<String>,
}

impl ShownLetter {
    pub(super) fn of(record: Record) -> ShownLetter {
        let Position {
            partition, offset, ..
        } = record.position;
        let since_ms = record.timestamp_ms;
        let since = DateTime::from_timestamp_millis(since_ms).unwrap_or_default();
        let [key, value] = [&record.key, &record.value].map(|bytes| bytes.as_deref().map(safe));
        let letter = Letter::open(record);
        let reason = match &letter {
            Ok(letter) => printable(&letter.reason).into_owned(),
            Err(not_a_letter) => not_a_letter.to_string(),
        };
        let origin = letter.ok().map(|letter| letter.original.position);
        ShownLetter {
            since_ms,
            at: for_machines(since),
            shown_at: for_people(since),
            name: format!("{partition}:{offset}"),
            shown_origin: origin.as_ref().map(|origin| {
                let topic = printable(&origin.topic);
                place(&topic, origin.partition, origin.offset)
            }),
            origin,
            reason,
            key,
            value,
        }
    }

    /// Whether somebody may see it: an admin of the department in whose partition it stood. `topics` have a partition for
    /// each of the departments, of which there are `departments`; of anything else it cannot be told whose it is, so only
    /// an admin of all sees it.
    pub(super) fn is_seen_by(&self, me: &Me, topics: &[&str], departments: i32) -> bool {
        let origin = self.origin.as_ref().filter(|origin| {
            topics.contains(&&*origin.topic) && (0..departments).contains(&origin.partition)
        });
        match origin {
            Some(origin) => me.is_admin_in(origin.partition),
            None => (0..departments).all(|partition| me.is_admin_in(partition)),
        }
    }
}

/// Bytes as text: what can be printed, a dot for each character that cannot, and no more than a line or two.
fn safe(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(BYTES)];
    let text = String::from_utf8_lossy(cut);
    let is_plain = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER;
    let text: String = text
        .chars()
        .map(|c| if is_plain(&c) { c } else { '·' })
        .collect();
    let more = if bytes.len() > BYTES { "…" } else { "" };
    format!("{}{more}", printable(&text))
}

#[cfg(test)]
mod tests {
    use timeoff_log::{Position, Record};

    use super::{ShownLetter, safe};

    #[test]
    fn bytes_become_text_that_does_nothing() {
        assert_eq!(safe(b"\0\0\0\0\x07\x08ada\x1b[2J\xff"), "······ada·[2J·");
        assert_eq!(safe("Zo\u{e9} \u{202e}x".as_bytes()), "Zo\u{e9} \\u{202e}x");
        let long = safe(&[b'a'; 1000]);
        assert_eq!((long.chars().count(), long.ends_with('…')), (201, true));
    }

    #[test]
    fn what_does_not_say_where_it_came_from_is_shown_all_the_same() {
        let letter = ShownLetter::of(Record {
            position: Position {
                topic: "letters".into(),
                partition: 1,
                offset: 7,
            },
            timestamp_ms: 1_767_323_045_999,
            key: None,
            value: Some(b"x".to_vec()),
            headers: Vec::new(),
        });
        assert_eq!((letter.shown_origin, letter.key), (None, None));
        assert_eq!(letter.name, "1:7");
        assert!(letter.reason.contains("headers do not say"));
    }
}
