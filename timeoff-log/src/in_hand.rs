//! Bounds what is in memory at once, in records and in their bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future;
use tokio::sync::Notify;

/// Room for records. While the records inside are fewer than the maximum and have fewer bytes than the bound, one more
/// is let in, however large it is. So a record larger than the bound waits no longer than any other would, and the
/// bound is exceeded by one record at most.
///
/// Only one thread takes places and waits. Any thread may free them.
pub(crate) struct Room {
    max: Amount,
    used: Arc<Used>,
}

#[derive(Debug, Clone, Copy)]
struct Amount {
    records: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Used {
    records: AtomicUsize,
    bytes: AtomicUsize,
    /// The waiter is woken once no more than this is used.
    wake_at: Amount,
    woken: Notify,
}

impl Room {
    /// Room for at least one record. The waiter is woken as soon as there is room for one more.
    pub(crate) fn new(records: usize, bytes: usize) -> Room {
        Room::waking_at(records, bytes, |max| max - 1)
    }

    /// As [`Room::new`], but the waiter is woken only when a quarter is free, which is worth a round of reading.
    pub(crate) fn waking_at_a_quarter(records: usize, bytes: usize) -> Room {
        Room::waking_at(records, bytes, |max| max - (max / 4).max(1))
    }

    fn waking_at(records: usize, bytes: usize, left_of: impl Fn(usize) -> usize) -> Room {
        let (records, bytes) = (records.max(1), bytes.max(1));
        Room {
            max: Amount { records, bytes },
            used: Arc::new(Used {
                records: AtomicUsize::new(0),
                bytes: AtomicUsize::new(0),
                wake_at: Amount {
                    records: left_of(records),
                    bytes: left_of(bytes),
                },
                woken: Notify::new(),
            }),
        }
    }

    /// How many more records can be let in, if they are not large.
    pub(crate) fn free(&self) -> usize {
        let used = self.used.amount();
        match used.bytes < self.max.bytes {
            true => self.max.records.saturating_sub(used.records),
            false => 0,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.free() == 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.used.amount().records == 0
    }

    /// Lets in a record of this many bytes. The caller must check that there is room.
    pub(crate) fn take(&self, bytes: usize) -> Place {
        let mut place = self.place();
        place.add(bytes);
        place
    }

    /// An empty place, for records that leave together.
    pub(crate) fn place(&self) -> Place {
        Place {
            records: 0,
            bytes: 0,
            used: self.used.clone(),
        }
    }

    /// Waits until there is room. Safe to cancel.
    pub(crate) async fn wait(&self) {
        while !self.used.is_worth_waking() {
            self.used.woken.notified().await;
        }
    }

    /// Waits until there is room in one of them; for ever if there is none of them. Safe to cancel.
    pub(crate) async fn wait_for_any(rooms: impl Iterator<Item = &Room>) {
        let waits: Vec<_> = rooms.map(|room| Box::pin(room.wait())).collect();
        match waits.is_empty() {
            true => std::future::pending().await,
            false => drop(future::select_all(waits).await),
        }
    }
}

impl Used {
    fn amount(&self) -> Amount {
        Amount {
            records: self.records.load(Ordering::SeqCst),
            bytes: self.bytes.load(Ordering::SeqCst),
        }
    }

    fn is_worth_waking(&self) -> bool {
        let used = self.amount();
        used.records <= self.wake_at.records && used.bytes <= self.wake_at.bytes
    }
}

/// The part of a [`Room`] that some records take. Dropping it frees that part.
#[derive(Debug)]
pub(crate) struct Place {
    records: usize,
    bytes: usize,
    used: Arc<Used>,
}

impl Place {
    /// Lets in one more record, of this many bytes.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.records += 1;
        self.bytes += bytes;
        self.used.records.fetch_add(1, Ordering::SeqCst);
        self.used.bytes.fetch_add(bytes, Ordering::SeqCst);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.used.bytes.fetch_sub(self.bytes, Ordering::SeqCst);
        self.used.records.fetch_sub(self.records, Ordering::SeqCst);
        // If several places are dropped at once, the last one sees what all of them have freed.
        if self.used.is_worth_waking() {
            self.used.woken.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::Room;

    #[test]
    fn it_is_full_by_records_or_by_bytes_and_by_no_more_than_one_record() {
        let room = Room::new(3, 100);
        let small = [room.take(1), room.take(1)];
        assert_eq!(room.free(), 1);
        let third = room.take(1);
        assert!(room.is_full(), "three are in");
        drop((small, third));
        let large = room.take(99);
        assert_eq!(room.free(), 2, "a byte is free");
        let too_large = room.take(1_000);
        assert!(room.is_full());
        drop(large);
        assert!(room.is_full(), "one is larger than all of it");
        drop(too_large);
        assert!(room.is_empty());
        assert_eq!(room.free(), 3);
    }

    #[test]
    fn one_that_is_larger_than_all_of_it_is_let_in_and_is_alone_in_an_empty_room() {
        let room = Room::new(10, 100);
        assert!(!room.is_full());
        let _alone = room.take(usize::MAX / 2);
        assert!(room.is_full());
    }

    #[test]
    fn several_in_one_place_leave_together() {
        let room = Room::new(3, 100);
        let mut place = room.place();
        place.add(10);
        place.add(20);
        assert_eq!(room.free(), 1);
        drop(place);
        assert_eq!(room.free(), 3);
    }

    #[tokio::test]
    async fn whoever_waits_is_woken_by_the_first_that_makes_room() {
        for bytes in [1, 60] {
            let room = Room::new(2, 100);
            let (first, _second) = (room.take(bytes), room.take(bytes));
            assert_eq!(room.wait().now_or_never(), None);
            tokio::join!(room.wait(), async { drop(first) });
            assert_eq!(room.wait().now_or_never(), Some(()));
        }
    }

    #[tokio::test]
    async fn whoever_waits_for_a_quarter_is_not_woken_by_less() {
        for bytes in [1, 10] {
            let room = Room::waking_at_a_quarter(8, 80);
            let mut places: Vec<_> = (0..8).map(|_| room.take(bytes)).collect();
            places.pop();
            assert_eq!(room.free(), 1);
            assert_eq!(room.wait().now_or_never(), None);
            tokio::join!(room.wait(), async { drop(places.pop()) });
        }
    }

    #[tokio::test]
    async fn room_that_is_made_before_it_is_waited_for_is_found() {
        let room = Room::new(1, 1);
        drop(room.take(5));
        assert_eq!(room.wait().now_or_never(), Some(()));
        let again = room.take(5);
        assert_eq!(room.wait().now_or_never(), None, "that was before");
        drop(again);
    }
}
