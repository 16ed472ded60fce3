//! Changes into the tables: a batch is one transaction, with the positions that the topics have then been read to.
//!
//! What a row says depends on the records alone, not on the order in which topics and partitions are read. Where two
//! records of a partition claim the same thing, the one with the lower offset has it, whatever their time stamps say:
//! clocks differ. Of two in different partitions, which are not ordered, it is the one in the lower partition.

mod answers;
mod applications;
mod commands;
mod events;
mod ids;
mod keys;
mod leave;
mod lists;
mod people;
mod positions;
mod print;
mod sorted;
mod stages;

use rusqlite::{Connection, TransactionBehavior};

use crate::decode::{Change, Row};
use crate::file::Stage;
use crate::place::Place;
use crate::topic::Topic;

pub(crate) use ids::Ids;
pub(crate) use positions::{Folded, positions};
pub(crate) use print::print_of;
pub(crate) use stages::enter;

/// What is folded in one transaction.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<Row>,
    /// Records that change nothing, and why.
    pub(crate) passed_over: Vec<(Topic, Place, String)>,
    /// The record that was read last of each partition.
    pub(crate) folded: Vec<Folded>,
}

/// Folds a batch. `ids` are those that entering the stage has given, or none.
pub(crate) fn fold(
    connection: &mut Connection,
    stage: Stage,
    ids: &Ids,
    batch: &Batch,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    {
        let keys = keys::Keys::new(&transaction, ids)?;
        let lists = lists::Lists::new(&transaction, stage);
        let mut applications = applications::Applications::new(&transaction, &keys, &lists, stage)?;
        let mut answers = answers::Answers::new(&transaction, &keys, &lists)?;
        for row in &batch.rows {
            match &row.change {
                Change::Application(application) => applications.add(row, application)?,
                Change::Verdict(verdict) => answers.add(row, verdict)?,
                Change::Command(command) => commands::add(&transaction, row, command)?,
                Change::Event(event) => events::add(&transaction, &mut answers, row, event)?,
            }
        }
    }
    for (topic, place, reason) in &batch.passed_over {
        positions::pass_over(&transaction, *topic, *place, reason)?;
    }
    for folded in &batch.folded {
        positions::advance(&transaction, folded)?;
    }
    transaction.commit()
}
