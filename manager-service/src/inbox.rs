//! The applications that wait for a person, as a list with one entry chosen. No I/O: the list changes and says what it
//! looks like.

mod columns;
mod detail;
mod view;

pub(crate) use detail::detail;

use timeoff_models::{LeaveApplication, Ticks, counted};

/// At most this many applications are in the inbox; further ones stay on the log until there is room.
pub(crate) const CAPACITY: usize = 500;

/// What is known of one application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// What is asked for.
    pub application: LeaveApplication,
    /// The partition it is in.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Since when it has been waiting.
    pub since: Ticks,
}

/// What an application asks for, as a person is told.
pub(crate) fn request(row: &Row) -> String {
    let application = &row.application;
    let when = detail::when(application).unwrap_or_else(|| format!("from {}", application.start));
    format!(
        "{} {when} for {} ({})",
        counted(
            u64::from(application.hours.get().unsigned_abs()),
            "hour",
            "hours"
        ),
        application.email,
        application.department
    )
}

/// The order of the applications that were not left for later. Those that were come last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Order {
    /// As they came.
    #[default]
    Arrival,
    /// By the first day.
    Start,
    /// By how long they have waited, the longest first.
    Waiting,
}

/// The list. `T` is what a decision needs besides the row.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    /// In the order in which they are shown.
    entries: Vec<Entry<T>>,
    /// The chosen entry's index among those that are shown.
    chosen: usize,
    held: String,
    /// How many wait in the departments that are held, those that are not here among them, as far as that was counted.
    total: Option<u64>,
    /// Whether more wait than are here, as far as is known: there was no room for more, no more could be handed out, or more
    /// were counted.
    lacks_some: bool,
    order: Order,
    /// In lower case. If it is empty, all are shown.
    filter: String,
    /// The place in line of the next entry that is put first, and of the latest one that was put last.
    first: i64,
    last: i64,
}

#[derive(Debug)]
struct Entry<T> {
    row: Row,
    is_left_for_later: bool,
    /// The place in line.
    place: i64,
    item: T,
}

/// Where an entry was that was taken out, and what was known of it.
#[derive(Debug)]
pub(crate) struct Slot {
    /// What was shown.
    pub(crate) row: Row,
    is_left_for_later: bool,
    place: i64,
}

impl<T> Inbox<T> {
    /// An empty inbox.
    pub(crate) fn new() -> Inbox<T> {
        Inbox {
            entries: Vec::new(),
            chosen: 0,
            held: "joining the other managers…".to_owned(),
            total: None,
            lacks_some: false,
            order: Order::default(),
            filter: String::new(),
            first: -1,
            last: 0,
        }
    }

    /// Adds an application behind all that came before it, of whichever department, and ahead of those left for later.
    pub(crate) fn add(&mut self, row: Row, item: T) {
        let entry = Entry {
            row,
            is_left_for_later: false,
            place: self.place_behind_all(),
            item,
        };
        self.keeping_the_choice(|inbox| inbox.entries.push(entry));
        self.lacks_some |= self.is_full();
    }

    /// Removes all applications of partitions that other managers hold now.
    pub(crate) fn remove_partitions(&mut self, partitions: &[i32]) {
        self.keeping_the_choice(|inbox| {
            let is_kept = |entry: &Entry<T>| !partitions.contains(&entry.row.partition);
            inbox.entries.retain(is_kept);
        });
    }

    /// Sets what the person is told about the departments that they hold.
    pub(crate) fn set_held(&mut self, held: String) {
        self.held = held;
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= CAPACITY
    }

    /// Whether more may wait than are here, so that counting them says something.
    pub(crate) fn may_lack_some(&self) -> bool {
        self.lacks_some
    }

    /// Notes that more wait in a department than can be handed out before some are decided.
    pub(crate) fn note_held_up(&mut self) {
        self.lacks_some = true;
    }

    /// What was counted of how many wait, those that are not here among them; `None` if that is too long ago.
    pub(crate) fn set_total(&mut self, total: Option<u64>) {
        self.total = total;
        if let Some(total) = total {
            self.lacks_some = self.is_full() || total > self.entries.len() as u64;
        }
    }

    /// Forgets what was counted, because the departments have changed.
    pub(crate) fn forget_total(&mut self) {
        self.total = None;
        self.lacks_some = self.is_full();
    }

    /// Notes that one of those that wait is decided.
    pub(crate) fn note_decided(&mut self) {
        self.total = self.total.map(|total| total.saturating_sub(1));
    }

    /// Changes to the next order.
    pub(crate) fn sort_otherwise(&mut self) {
        self.keeping_the_choice(|inbox| {
            inbox.order = match inbox.order {
                Order::Arrival => Order::Start,
                Order::Start => Order::Waiting,
                Order::Waiting => Order::Arrival,
            };
        });
    }

    /// Shows only the applications with the text in their address, department or first day. An empty text shows all.
    pub(crate) fn set_filter(&mut self, text: &str) {
        self.keeping_the_choice(|inbox| inbox.filter = text.trim().to_lowercase());
    }

    /// Moves the choice by `steps`, up if that is negative.
    pub(crate) fn choose(&mut self, steps: isize) {
        let last = self.shown().count().saturating_sub(1);
        self.chosen = self.chosen.saturating_add_signed(steps).min(last);
    }

    /// The chosen entry's item.
    pub(crate) fn chosen_item(&self) -> Option<&T> {
        self.shown().nth(self.chosen).map(|(_, entry)| &entry.item)
    }

    /// The chosen entry's row.
    pub(crate) fn chosen(&self) -> Option<&Row> {
        self.shown().nth(self.chosen).map(|(_, entry)| &entry.row)
    }

    /// Takes the chosen entry out.
    pub(crate) fn take_chosen(&mut self) -> Option<(Row, T)> {
        let (index, _) = self.shown().nth(self.chosen)?;
        let entry = self.entries.remove(index);
        self.choose(0);
        Some((entry.row, entry.item))
    }

    /// Whether there is an entry whose item is the one that is meant.
    pub(crate) fn has(&self, is_meant: impl Fn(&T) -> bool) -> bool {
        self.entries.iter().any(|entry| is_meant(&entry.item))
    }

    /// Takes out the entry whose item is the one that is meant, whatever is chosen.
    pub(crate) fn take(&mut self, is_meant: impl Fn(&T) -> bool) -> Option<(Slot, T)> {
        let mut entries = self.entries.iter();
        let index = entries.position(|entry| is_meant(&entry.item))?;
        let mut taken = None;
        self.keeping_the_choice(|inbox| taken = Some(inbox.entries.remove(index)));
        let entry = taken?;
        let slot = Slot {
            row: entry.row,
            is_left_for_later: entry.is_left_for_later,
            place: entry.place,
        };
        Some((slot, entry.item))
    }

    /// Puts an entry back where it was taken out.
    pub(crate) fn put_back_into(&mut self, slot: Slot, item: T) {
        let Slot {
            row,
            is_left_for_later,
            place,
        } = slot;
        let entry = Entry {
            row,
            is_left_for_later,
            place,
            item,
        };
        self.keeping_the_choice(|inbox| inbox.entries.push(entry));
    }

    /// Puts an entry back first, as after a decision that could not be recorded, and chooses it.
    pub(crate) fn put_back(&mut self, row: Row, item: T) {
        let place = self.first;
        self.first -= 1;
        self.entries.push(Entry {
            row,
            is_left_for_later: false,
            place,
            item,
        });
        self.sort();
        let at = self.shown().position(|(_, entry)| entry.place == place);
        self.chosen = at.unwrap_or_default();
    }

    /// Moves the chosen entry behind all others.
    pub(crate) fn leave_chosen_for_later(&mut self) {
        let Some((index, _)) = self.shown().nth(self.chosen) else {
            return;
        };
        let place = self.place_behind_all();
        let entry = &mut self.entries[index];
        entry.is_left_for_later = true;
        entry.place = place;
        self.sort();
        self.choose(0);
    }

    fn place_behind_all(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// Changes the list and keeps the same entry chosen; if it is gone, the one in its place.
    fn keeping_the_choice(&mut self, change: impl FnOnce(&mut Inbox<T>)) {
        let chosen = self.shown().nth(self.chosen).map(|(_, entry)| entry.place);
        change(self);
        self.sort();
        let at = self
            .shown()
            .position(|(_, entry)| Some(entry.place) == chosen);
        match at {
            Some(at) => self.chosen = at,
            None => self.choose(0),
        }
    }

    fn sort(&mut self) {
        let order = self.order;
        self.entries.sort_by_key(|entry| {
            let by = match order {
                _ if entry.is_left_for_later => 0,
                Order::Arrival => 0,
                Order::Start => entry.row.application.start.ticks().get(),
                Order::Waiting => entry.row.since.get(),
            };
            (entry.is_left_for_later, by, entry.place)
        });
    }

    /// The entries that are shown, each with its index.
    fn shown(&self) -> impl Iterator<Item = (usize, &Entry<T>)> {
        let entries = self.entries.iter().enumerate();
        entries.filter(|(_, entry)| entry.row.has(&self.filter))
    }

    /// How many applications wait.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.len()
    }
}

impl Row {
    /// Whether its address, department or first day contains a text, which is in lower case.
    fn has(&self, text: &str) -> bool {
        let application = &self.application;
        let is_in = |shown: &str| shown.to_lowercase().contains(text);
        text.is_empty()
            || is_in(application.email.as_str())
            || is_in(application.department.as_str())
            || is_in(&application.start.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{Inbox, Row};
    use timeoff_models::{LeaveApplication, LeaveHours, Ticks};

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
                details: None,
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
    fn the_order_changes_and_the_choice_stays() {
        let mut inbox = Inbox::new();
        for (offset, start, since) in [
            (0, "2026-07-03", 9),
            (1, "2026-07-01", 5),
            (2, "2026-07-02", 1),
        ] {
            let mut row = row(1, offset);
            row.application.start = start.parse().expect("a date");
            row.since = ticks(since);
            inbox.add(row, offset);
        }
        let order = |inbox: &Inbox<i64>| -> Vec<i64> {
            inbox.shown().map(|(_, entry)| entry.item).collect()
        };
        inbox.choose(1);
        for expected in [[1, 2, 0], [2, 1, 0], [0, 1, 2]] {
            inbox.sort_otherwise();
            assert_eq!(order(&inbox), expected);
            assert_eq!(inbox.chosen().map(|row| row.offset), Some(1));
        }
        inbox.sort_otherwise();
        inbox.leave_chosen_for_later();
        assert_eq!(order(&inbox), [2, 0, 1]);
    }

    #[test]
    fn a_filter_shows_what_has_the_text_and_only_that_can_be_decided() {
        let mut inbox = inbox(0..3);
        let mut other = row(2, 0);
        other.application.email = "grace@example.com".parse().expect("an address");
        other.application.department = "OPS".parse().expect("a department");
        inbox.add(other, 99);
        for text in ["GRACE@", " ops "] {
            inbox.set_filter(text);
            assert_eq!(inbox.shown().count(), 1);
            assert_eq!(inbox.chosen().map(|row| row.partition), Some(2));
        }
        assert_eq!(inbox.take_chosen().map(|(_, item)| item), Some(99));
        assert!(inbox.take_chosen().is_none());
        inbox.set_filter("");
        assert_eq!(inbox.len(), 3);
        assert_eq!(inbox.chosen().map(|row| row.offset), Some(0));
    }
}
