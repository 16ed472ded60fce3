//! What the services were given and what they reported, as seen from outside.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::raw::Scan;
use crate::wanted::Wanted;

/// What an employee asks for. Each uses an address once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) department: &'static str,
    pub(crate) hours: u32,
}

/// An application that `submit` reported as queued, and where.
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
    /// How many of them, from the first, it reported as queued.
    pub(crate) acknowledged: usize,
}

/// What a run of a manager did, according to its standard output and its log.
#[derive(Debug, Clone)]
pub(crate) struct ManagerRun {
    pub(crate) name: String,
    /// The name under which only this run has decided, if it was given one.
    pub(crate) signs: Option<String>,
    /// How many decisions at most it may have recorded without reporting them, given the way it ended.
    pub(crate) may_be_unsaid: usize,
    pub(crate) started: Instant,
    pub(crate) ended: Instant,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) answers: Vec<Answered>,
    pub(crate) log: Vec<Heard>,
    /// How many applications it reported as lost, by department.
    pub(crate) lost: BTreeMap<i32, usize>,
}

/// A decision that was reported as recorded, and where its result is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Decision {
    pub(crate) id: String,
    pub(crate) outcome: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// An answer to a command that was reported as recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answered {
    pub(crate) command_id: String,
    pub(crate) answer: String,
    pub(crate) partition: i32,
}

/// A command that was appended, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queued {
    pub(crate) command_id: String,
    pub(crate) partition: i32,
    pub(crate) offset: i64,
}

/// Which of the topics that managers are handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Applications,
    Commands,
}

/// A record's position in one of these topics: partition and offset.
pub(crate) type Place = (Lane, i32, i64);

/// An event of a manager's subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It was handed a record.
    HandedOut(Place),
    /// Its assignment has changed.
    Share,
}

impl Heard {
    /// The position of the record that was handed out, if one was.
    pub(crate) fn place(&self) -> Option<Place> {
        match *self {
            Heard::HandedOut(place) => Some(place),
            Heard::Share => None,
        }
    }
}

/// What a run of the group's reader printed.
#[derive(Debug, Clone)]
pub(crate) struct ReaderRun {
    /// How often it was assigned partitions.
    pub(crate) shares: usize,
    pub(crate) shown: Vec<Decision>,
    /// How many results it reported as lost, by partition.
    pub(crate) lost: BTreeMap<i32, usize>,
}

/// Everything that is known of a campaign.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    /// What was asked for, by the employee's address, whatever became of it.
    pub(crate) asked: BTreeMap<String, Asked>,
    pub(crate) submitted: Vec<Submitted>,
    pub(crate) imported: Vec<Imported>,
    /// What was asked for by commands, by the command's id, whatever became of it.
    pub(crate) wanted: BTreeMap<String, Wanted>,
    /// The commands that were acknowledged; a repeated one each time.
    pub(crate) queued: Vec<Queued>,
    /// How many of the commands that enter the first people have been acknowledged.
    pub(crate) entered: usize,
    pub(crate) managers: Vec<ManagerRun>,
    pub(crate) readers: Vec<ReaderRun>,
    /// The most that a reader can have printed and not marked as read ([`crate::stage::Stage::unmarked`]).
    pub(crate) unmarked: usize,
    /// How many applications were reported as lost to managers at a terminal, by department.
    pub(crate) lost_by_hand: Vec<BTreeMap<i32, usize>>,
    /// Processes that ended in a way that none may: by a panic, with an undefined exit code, or in the middle of their
    /// work.
    pub(crate) wrong_ends: Vec<String>,
    /// Late decisions that were reported as refused.
    pub(crate) refused_late: usize,
    /// Decisions whose fate was reported as unknown.
    pub(crate) unknown: usize,
    /// What was on the log at the last scan.
    pub(crate) scan: Scan,
}
