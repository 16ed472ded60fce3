//! What has become of an application, as a number in the tables.
//!
//! Not 0 or 1, which SQLite stores in no byte at all: so a row keeps its length when its status changes, and is written
//! over in its place.

pub(crate) const WAITING: i64 = 2;
pub(crate) const APPROVED: i64 = 3;
pub(crate) const DECLINED: i64 = 4;
pub(crate) const WITHDRAWN: i64 = 5;
