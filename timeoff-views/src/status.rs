//! What was decided of an application, as a number in the tables.

pub(crate) const APPROVED: i64 = 3;
pub(crate) const DECLINED: i64 = 4;
