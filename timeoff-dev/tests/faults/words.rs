//! What the campaign looks for on the services' screens, besides `wording`. Each is here once.

pub(crate) const IN_THE_INBOX: &str = "q quit";

/// Of decisions that came too late, or are lost sight of.
pub(crate) const DECIDED_BY_OTHERS: &str = "not decided here: another manager has taken them over";
pub(crate) const UNKNOWN_FATE: &str = "it is not known whether";
pub(crate) const CUT_SHORT: &str = "Stopped while decisions were being recorded";

/// Of records that are gone: a manager's, by department, and a reader's, by partition.
pub(crate) const GONE: &str = ": up to ";

/// A disk that is full, and a file that may not be written.
pub(crate) const IS_FULL: &[&str] = &["is full", "free space"];
pub(crate) const IS_PROTECTED: &[&str] =
    &["attempt to write a readonly", "read-only", "disk I/O error"];

/// How a program ends that has a mistake.
pub(crate) const PANICKED: &str = "panicked at";
