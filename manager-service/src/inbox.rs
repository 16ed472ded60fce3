//! What waits for a person, as a list with one entry chosen. No I/O: the list changes and says what it looks like.

use timeoff_models::{LeaveApplication, Ticks};

/// How many applications are in the inbox at the most; further ones stay on the log until there is room.
pub(crate) const CAPACITY: usize = 500;

/// How many entries are on the screen at once.
const ROWS: usize = 10;

/// What is known of one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What is asked for.
    pub application: LeaveApplication,
    /// The partition it is in.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Since when it waits.
    pub since: Ticks,
}

/// The list. `T` is what a decision needs besides the row.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    entries: Vec<Entry<T>>,
    chosen: usize,
    held: String,
}

#[derive(Debug)]
struct Entry<T> {
    row: Row,
    is_left_for_later: bool,
    item: T,
}

impl<T> Inbox<T> {
    /// An empty inbox.
    pub(crate) fn new() -> Inbox<T> {
        Inbox {
            entries: Vec::new(),
            chosen: 0,
            held: "joining the other managers…".to_owned(),
        }
    }

    /// Adds an application: after those of its department and others that came before, before those left for later.
    pub(crate) fn add(&mut self, row: Row, item: T) {
        let at = self
            .entries
            .iter()
            .position(|entry| entry.is_left_for_later)
            .unwrap_or(self.entries.len());
        if at <= self.chosen && !self.entries.is_empty() {
            self.chosen += 1;
        }
        let entry = Entry {
            row,
            is_left_for_later: false,
            item,
        };
        self.entries.insert(at, entry);
    }

    /// Removes all of some partitions, which are other managers' now.
    pub(crate) fn remove_partitions(&mut self, partitions: &[i32]) {
        let chosen = self
            .entries
            .get(self.chosen)
            .map(|entry| (entry.row.partition, entry.row.offset));
        self.entries
            .retain(|entry| !partitions.contains(&entry.row.partition));
        self.chosen = self
            .entries
            .iter()
            .position(|entry| Some((entry.row.partition, entry.row.offset)) == chosen)
            .unwrap_or_else(|| self.chosen.min(self.entries.len().saturating_sub(1)));
    }

    /// What the person should know: which departments they hold.
    pub(crate) fn set_held(&mut self, held: String) {
        self.held = held;
    }

    /// Chooses the entry before or after.
    pub(crate) fn choose(&mut self, steps: isize) {
        let last = self.entries.len().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(steps).min(last);
    }

    /// The chosen entry's row.
    pub(crate) fn chosen(&self) -> Option<&Row> {
        self.entries.get(self.chosen).map(|entry| &entry.row)
    }

    /// Takes the chosen entry out.
    pub(crate) fn take_chosen(&mut self) -> Option<(Row, T)> {
        if self.chosen >= self.entries.len() {
            return None;
        }
        let entry = self.entries.remove(self.chosen);
        self.chosen = self.chosen.min(self.entries.len().saturating_sub(1));
        Some((entry.row, entry.item))
    }

    /// Puts an entry back first, as after a decision that could not be recorded.
    pub(crate) fn put_back(&mut self, row: Row, item: T) {
        let entry = Entry {
            row,
            is_left_for_later: false,
            item,
        };
        self.entries.insert(0, entry);
        self.chosen = 0;
    }

    /// Moves the chosen entry behind all others.
    pub(crate) fn leave_chosen_for_later(&mut self) {
        if self.chosen < self.entries.len() {
            let mut entry = self.entries.remove(self.chosen);
            entry.is_left_for_later = true;
            self.entries.push(entry);
            self.choose(0);
        }
    }

    /// How many wait.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.len()
    }

    /// What it looks like now, line by line, and which of the lines is the chosen entry's.
    pub(crate) fn lines(&self, now: Ticks) -> (Vec<String>, Option<usize>) {
        let mut lines = vec![self.held.clone()];
        let mut chosen_line = None;
        match self.entries.len() {
            0 => lines.push("No application waits. New ones appear here.".to_owned()),
            1 => lines.push("1 application waits:".to_owned()),
            count if count >= CAPACITY => {
                lines.push(format!("{count} applications wait, and perhaps more:"));
            }
            count => lines.push(format!("{count} applications wait:")),
        }
        let first = (self.chosen + 1).saturating_sub(ROWS);
        for (index, entry) in self.entries.iter().enumerate().skip(first).take(ROWS) {
            let is_chosen = index == self.chosen;
            if is_chosen {
                chosen_line = Some(lines.len());
            }
            lines.push(line(entry, is_chosen, now));
        }
        let shown = self.entries.len().saturating_sub(first).min(ROWS);
        if shown < self.entries.len() {
            lines.push(format!(
                "  {} to {} of {}",
                first + 1,
                first + shown,
                self.entries.len()
            ));
        }
        lines.push(if self.entries.is_empty() {
            "q quit".to_owned()
        } else {
            "↑ ↓ choose · a approve · d decline · l leave for later · Enter all choices · q quit"
                .to_owned()
        });
        (lines, chosen_line)
    }
}

fn line<T>(entry: &Entry<T>, is_chosen: bool, now: Ticks) -> String {
    let Row {
        application,
        partition,
        offset,
        since,
    } = &entry.row;
    format!(
        "{} {:<4} {:<28} {:>4} h from {:<10}  waits {:<7} partition {partition}, offset {offset}{}",
        if is_chosen { '>' } else { ' ' },
        application.department,
        application.email,
        application.hours,
        application.start,
        waiting_time(*since, now),
        if entry.is_left_for_later {
            " (later)"
        } else {
            ""
        }
    )
}

/// A waiting time in its largest unit: "now", "12 min", "3 h", "5 d".
pub(crate) fn waiting_time(since: Ticks, now: Ticks) -> String {
    let minutes = now.since(since).num_minutes();
    match minutes {
        ..1 => "now".to_owned(),
        1..60 => format!("{minutes} min"),
        60..1440 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::{Inbox, Row, waiting_time};
    use timeoff_models::{LeaveApplication, LeaveHours, Ticks};

    const MINUTE: i64 = 600_000_000;

    fn ticks(ticks: i64) -> Ticks {
        Ticks::try_from(ticks).expect("in range")
    }

    fn row(partition: i32, offset: i64) -> Row {
        Row {
            application: LeaveApplication {
                email: "ada@example.com".parse().expect("an address"),
                department: "IT".parse().expect("a department"),
                hours: LeaveHours::try_from(8).expect("in range"),
                start: "2026-07-01".parse().expect("a date"),
            },
            partition,
            offset,
            since: ticks(0),
        }
    }

    fn inbox(offsets: std::ops::Range<i64>) -> Inbox<i64> {
        let mut inbox = Inbox::new();
        for offset in offsets {
            inbox.add(row(1, offset), offset);
        }
        inbox
    }

    #[test]
    fn the_first_to_come_is_chosen_and_stays_so_while_others_arrive() {
        let mut inbox = inbox(0..3);
        assert_eq!(inbox.chosen().map(|row| row.offset), Some(0));
        inbox.choose(1);
        inbox.add(row(1, 3), 3);
        assert_eq!(inbox.chosen().map(|row| row.offset), Some(1));
        inbox.choose(99);
        assert_eq!(inbox.chosen().map(|row| row.offset), Some(3));
        inbox.choose(-99);
        assert_eq!(inbox.chosen().map(|row| row.offset), Some(0));
    }

    #[test]
    fn one_left_for_later_comes_after_all_that_are_new() {
        let mut inbox = inbox(0..2);
        inbox.leave_chosen_for_later();
        inbox.add(row(1, 2), 2);
        let order: Vec<i64> = std::iter::from_fn(|| {
            inbox.choose(-99);
            inbox.take_chosen()
        })
        .map(|(_, item)| item)
        .collect();
        assert_eq!(order, [1, 2, 0]);
    }

    #[test]
    fn what_other_managers_took_over_disappears() {
        let mut inbox = inbox(0..2);
        inbox.add(row(2, 9), 9);
        inbox.choose(2);
        inbox.remove_partitions(&[1]);
        assert_eq!(inbox.len(), 1);
        assert_eq!(inbox.chosen().map(|row| row.partition), Some(2));
        inbox.remove_partitions(&[2]);
        assert!(inbox.take_chosen().is_none());
    }

    #[test]
    fn the_screen_shows_department_partition_offset_and_waiting_time() {
        let inbox = inbox(7..8);
        let (lines, chosen) = inbox.lines(ticks(5 * MINUTE));
        let line = &lines[chosen.expect("one is chosen")];
        for part in [
            "IT",
            "ada@example.com",
            "8 h",
            "2026-07-01",
            "5 min",
            "partition 1",
            "offset 7",
        ] {
            assert!(line.contains(part), "{line}");
        }
    }

    #[test]
    fn a_long_list_is_shown_around_the_chosen_entry() {
        let mut inbox = inbox(0..50);
        inbox.choose(30);
        let (lines, chosen) = inbox.lines(ticks(0));
        assert!(lines.len() < 20);
        assert!(lines[chosen.expect("one is chosen")].contains("offset 30"));
        assert!(
            lines.iter().any(|line| line.contains("22 to 31 of 50")),
            "{lines:?}"
        );
    }

    #[test]
    fn a_waiting_time_is_told_in_its_largest_unit() {
        for (minutes, text) in [
            (-5, "now"),
            (0, "now"),
            (59, "59 min"),
            (60, "1 h"),
            (1439, "23 h"),
            (2880, "2 d"),
        ] {
            assert_eq!(
                waiting_time(ticks(10 * MINUTE), ticks((10 + minutes) * MINUTE)),
                text
            );
        }
    }
}
