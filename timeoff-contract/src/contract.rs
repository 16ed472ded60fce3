//! What goes onto a log's topics and comes from them: applications, results and dead letters as records.

mod dead_letter;
mod error;
mod read;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;

use timeoff_log::{EnsuredTopics, Log, TopicSpec};
use timeoff_models::Departments;

use crate::avro::{Decoder, Key, Processed, Received};
use crate::schemas::SchemaStore;
use crate::topic_names::TopicNames;

pub use dead_letter::DEAD_LETTER_HEADERS;
pub use error::ContractError;
pub use read::{DecodeError, ReceivedApplication, read_patiently};
pub use write::{ApplicationWriter, ResultWriter};

/// A log whose topics exist and have the right shape, and what goes onto them.
///
/// A department's position in the list is its partition.
pub struct Contract {
    log: Log,
    topics: TopicNames,
    departments: Departments,
    partitions: BTreeMap<Arc<str>, i32>,
    made: Vec<Arc<str>>,
    schemas: SchemaStore,
    keys: Decoder<Key>,
    applications: Decoder<Received>,
    results: Decoder<Processed>,
}

impl Contract {
    /// Makes the topics that do not exist: a partition for each department.
    ///
    /// # Errors
    ///
    /// [`ContractError::TooFewPartitions`] if the applications topic has fewer partitions than there are departments;
    /// else as [`Log::ensure_topics`].
    pub async fn open(
        log: &Log,
        topics: TopicNames,
        departments: Departments,
    ) -> Result<Contract, ContractError> {
        let needed = i32::try_from(departments.len()).unwrap_or(i32::MAX);
        let spec = |name: &Arc<str>, at_least| TopicSpec {
            name: name.clone(),
            partitions: needed,
            at_least,
        };
        let EnsuredTopics { partitions, made } = log
            .ensure_topics(&[
                spec(&topics.applications, needed),
                spec(&topics.results, 1),
                spec(&topics.dead_letters, 1),
            ])
            .await
            .map_err(|error| ContractError::of_topics(error, &departments))?;
        let schemas = SchemaStore::at(log.schemas())?;
        Ok(Contract {
            keys: Decoder::new(schemas.clone()),
            applications: Decoder::new(schemas.clone()),
            results: Decoder::new(schemas.clone()),
            schemas,
            log: log.clone(),
            topics,
            departments,
            partitions,
            made,
        })
    }

    /// The topics that [`Contract::open`] has made, with a partition for each department.
    pub fn made_topics(&self) -> &[Arc<str>] {
        &self.made
    }

    /// Checks that every partition up to and including `partition` belongs to a department.
    ///
    /// # Errors
    ///
    /// [`ContractError::TooFewDepartments`] if not: a manager who is assigned such a partition would take every record
    /// in it for impossible.
    pub fn check_it_has_a_department(&self, partition: i32) -> Result<(), ContractError> {
        if usize::try_from(partition).is_ok_and(|index| index < self.departments.len()) {
            return Ok(());
        }
        Err(ContractError::TooFewDepartments {
            log: self.log.address().to_owned(),
            topic: self.topics.applications.to_string(),
            partitions: partition + 1,
            departments: self.departments.clone(),
        })
    }

    /// The topics' names.
    pub fn topics(&self) -> &TopicNames {
        &self.topics
    }

    /// The departments, in the order of their partitions.
    pub fn departments(&self) -> &Departments {
        &self.departments
    }

    /// How many partitions the results topic has, which may be fewer than there are departments.
    pub fn results_partitions(&self) -> i32 {
        self.partitions[&self.topics.results]
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }
}
