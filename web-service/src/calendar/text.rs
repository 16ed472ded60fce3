//! A calendar as text: iCalendar (RFC 5545).

use chrono::{DateTime, Duration, NaiveDate, Utc};
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property};

/// How often programs should ask again, as far as they care.
const REFRESH: Duration = Duration::hours(1);

/// Who has made the text (RFC 5545, 3.7.3).
const PRODUCT: &str = "-//TimeOff//web-service//EN";

/// Days on which somebody is away, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Stays the same as long as there is this entry.
    pub(super) uid: String,
    /// Grows when the leave changes.
    pub(super) sequence: u32,
    /// When the leave changed last.
    pub(super) changed: DateTime<Utc>,
    /// A line for people.
    pub(super) summary: String,
    pub(super) first: NaiveDate,
    /// Its last day.
    pub(super) last: NaiveDate,
    pub(super) kind: Kind,
}

/// What an entry means for the time of whoever has the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// They are away.
    Away,
    /// They are away for a part of each day, so the days are not taken up.
    PartlyAway,
    /// They may be away: nobody has decided yet.
    Waiting,
    /// Somebody is away. Their own time is free.
    Other,
}

impl Kind {
    fn status(self) -> EventStatus {
        match self {
            Kind::Waiting => EventStatus::Tentative,
            Kind::Away | Kind::PartlyAway | Kind::Other => EventStatus::Confirmed,
        }
    }

    fn transparency(self) -> &'static str {
        match self {
            Kind::Away => "OPAQUE",
            Kind::PartlyAway | Kind::Waiting | Kind::Other => "TRANSPARENT",
        }
    }

    /// Outlook has more kinds of time than iCalendar.
    fn busy_status(self) -> &'static str {
        match self {
            Kind::Away => "OOF",
            Kind::Waiting => "TENTATIVE",
            Kind::PartlyAway | Kind::Other => "FREE",
        }
    }
}

/// The calendar with this name. The same entries give the same text.
pub(super) fn text(name: &str, entries: &[Entry]) -> String {
    let mut calendar = Calendar::empty();
    for (key, value) in [
        ("VERSION", "2.0"),
        ("PRODID", PRODUCT),
        ("CALSCALE", "GREGORIAN"),
    ] {
        calendar.append_property(Property::new(key, value));
    }
    calendar.name(name).ttl(&REFRESH);
    for entry in entries {
        calendar.push(event(entry));
    }
    calendar.to_string()
}

fn event(entry: &Entry) -> Event {
    // The end of an event is the first day after it. There is none after the last day of the calendar's years.
    let end = entry.last.succ_opt().unwrap_or(entry.last);
    Event::new()
        .uid(&entry.uid)
        .sequence(entry.sequence)
        .timestamp(entry.changed)
        .last_modified(entry.changed)
        .summary(&entry.summary)
        .starts(entry.first)
        .ends(end)
        .status(entry.kind.status())
        .add_property("TRANSP", entry.kind.transparency())
        .add_property("X-MICROSOFT-CDO-BUSYSTATUS", entry.kind.busy_status())
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn entry(summary: &str, first: &str, last: &str) -> Entry {
        Entry {
            uid: "ada@example.com-1".to_owned(),
            sequence: 2,
            changed: DateTime::from_timestamp(1_800_000_000, 0).expect("a time"),
            summary: summary.to_owned(),
            first: day(first),
            last: day(last),
            kind: Kind::Away,
        }
    }

    fn lines(text: &str) -> Vec<&str> {
        assert!(text.ends_with("\r\n"));
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        text.split_terminator("\r\n").collect()
    }

    #[test]
    fn an_event_is_on_whole_days_and_ends_before_the_day_after_its_last() {
        let text = text("My leave", &[entry("Leave", "2027-12-30", "2027-12-31")]);
        assert_eq!(
            lines(&text),
            [
                "BEGIN:VCALENDAR",
                "VERSION:2.0",
                "PRODID:-//TimeOff//web-service//EN",
                "CALSCALE:GREGORIAN",
                "NAME:My leave",
                "X-WR-CALNAME:My leave",
                "REFRESH-INTERVAL;VALUE=DURATION:PT3600S",
                "X-PUBLISHED-TTL:PT3600S",
                "BEGIN:VEVENT",
                "DTEND;VALUE=DATE:20280101",
                "DTSTAMP:20270115T080000Z",
                "DTSTART;VALUE=DATE:20271230",
                "LAST-MODIFIED:20270115T080000Z",
                "SEQUENCE:2",
                "STATUS:CONFIRMED",
                "SUMMARY:Leave",
                "TRANSP:OPAQUE",
                "UID:ada@example.com-1",
                "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
                "END:VEVENT",
                "END:VCALENDAR",
            ]
        );
    }

    #[test]
    fn the_day_after_the_29th_of_february_is_in_march() {
        let text = text("My leave", &[entry("Leave", "2028-02-29", "2028-02-29")]);
        assert!(lines(&text).contains(&"DTEND;VALUE=DATE:20280301"));
    }

    #[test]
    fn what_has_a_meaning_in_the_text_is_escaped() {
        let summary = r"Müller; away, on 5\6: half";
        let text = text(
            "Away in R&D, north",
            &[entry(summary, "2027-07-01", "2027-07-01")],
        );
        let lines = lines(&text);
        assert!(lines.contains(&r"SUMMARY:Müller\; away\, on 5\\6: half"));
        assert!(lines.contains(&r"X-WR-CALNAME:Away in R&D\, north"));
    }

    #[test]
    fn long_lines_are_folded_between_characters_and_nothing_is_lost() {
        // Longer and longer, so that the fold comes at each place of a character with several bytes.
        for length in 1..120 {
            let summary = format!("{}{}", "a".repeat(length), "老 ü".repeat(40));
            let text = text("My leave", &[entry(&summary, "2027-07-01", "2027-07-01")]);
            // The crate counts the space that a folded line begins with on all but the last.
            assert!(lines(&text).iter().all(|line| line.len() <= 76), "{text}");
            let unfolded = text.replace("\r\n ", "");
            assert!(lines(&unfolded).contains(&&*format!("SUMMARY:{summary}")));
        }
    }

    #[test]
    fn what_waits_is_tentative_and_only_whole_days_of_ones_own_are_taken_up() {
        for (kind, expected) in [
            (Kind::Away, ["STATUS:CONFIRMED", "TRANSP:OPAQUE"]),
            (Kind::PartlyAway, ["STATUS:CONFIRMED", "TRANSP:TRANSPARENT"]),
            (Kind::Waiting, ["STATUS:TENTATIVE", "TRANSP:TRANSPARENT"]),
            (Kind::Other, ["STATUS:CONFIRMED", "TRANSP:TRANSPARENT"]),
        ] {
            let entry = Entry {
                kind,
                ..entry("Leave", "2027-07-01", "2027-07-01")
            };
            let text = text("My leave", &[entry]);
            for line in expected {
                assert!(lines(&text).contains(&line), "{kind:?}: {text}");
            }
        }
    }
}
