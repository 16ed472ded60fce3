//! What the services were told and what they said, as it is known outside of them.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::raw::Scan;

/// What an employee asks for. Each uses an address once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) department: &'static str,
    pub(crate) hours: u32,
}

/// An application that `submit` has said to be queued, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submitted {
    pub(crate) id: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// A file that `import` was given.
#[derive(Debug, Clone)]
pub(crate) struct Imported {
    /// The rows' addresses.
    pub(crate) emails: Vec<String>,
    /// How many of them, from the first, it has said to be queued.
    pub(crate) acknowledged: usize,
}

/// What a run of a manager did, by its standard output and its log.
#[derive(Debug, Clone)]
pub(crate) struct ManagerRun {
    pub(crate) name: String,
    /// The name under which it alone has decided, if it was given one.
    pub(crate) signs: Option<String>,
    /// How many decisions it may have recorded at the most without saying so, by the way it has ended.
    pub(crate) may_be_unsaid: usize,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) log: Vec<Heard>,
    /// How many applications it has said to be lost, by department.
    pub(crate) lost: BTreeMap<i32, usize>,
}

/// A decision that was said to be recorded, and where its result is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Decision {
    pub(crate) id: String,
    pub(crate) outcome: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// What a manager heard of its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It was handed an application.
    HandedOut { partition: i32, offset: i64 },
    /// Its share of the departments has changed.
    Share,
}

impl Heard {
    /// Where the application stands that was handed out, if one was.
    pub(crate) fn place(&self) -> Option<(i32, i64)> {
        match *self {
            Heard::HandedOut { partition, offset } => Some((partition, offset)),
            Heard::Share => None,
        }
    }
}

/// What a run of the group's reader printed.
#[derive(Debug, Clone)]
pub(crate) struct ReaderRun {
    /// How often it was given a share of the partitions.
    pub(crate) shares: usize,
    pub(crate) shown: Vec<Decision>,
    /// How many results it has said to be lost, by partition.
    pub(crate) lost: BTreeMap<i32, usize>,
}

/// All of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// What was asked for, by the employee's address, whatever became of it.
    pub(crate) asked: BTreeMap<String, Asked>,
    pub(crate) submitted: Vec<Submitted>,
    pub(crate) imported: Vec<Imported>,
    pub(crate) managers: Vec<ManagerRun>,
    pub(crate) readers: Vec<ReaderRun>,
    /// How many applications managers at a terminal were told to be lost, by department.
    pub(crate) lost_by_hand: Vec<BTreeMap<i32, usize>>,
    /// Processes that ended as none may: by a panic, with an exit code that means nothing, in the middle of their work.
    pub(crate) wrong_ends: Vec<String>,
    /// Late decisions that were refused, and said so.
    pub(crate) refused_late: usize,
    /// Decisions whose fate was said to be unknown.
    pub(crate) unknown: usize,
    /// What was on the log when last looked.
    pub(crate) scan: Scan,
}
