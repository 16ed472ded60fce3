//! The texts that the campaign looks for in the services' output, besides those in `wording`. Each is here once.

pub(crate) const IN_THE_INBOX: &str = "q quit";

/// Reports of decisions that came too late, or whose outcome is unknown.
pub(crate) const DECIDED_BY_OTHERS: &str = "not decided here: another manager has taken them over";
pub(crate) const UNKNOWN_FATE: &str = "it is not known whether";
pub(crate) const CUT_SHORT: &str = "Stopped while decisions were being recorded";

/// Reports of records that are gone: a manager's names the department, a reader's the partition.
pub(crate) const GONE: &str = ": up to ";

/// Reports of a full disk, and of a file that may not be written.
pub(crate) const IS_FULL: &[&str] = &["is full", "free space"];
pub(crate) const IS_PROTECTED: &[&str] =
    &["attempt to write a readonly", "read-only", "disk I/O error"];

/// How a program with a bug ends.
pub(crate) const PANICKED: &str = "panicked at";
