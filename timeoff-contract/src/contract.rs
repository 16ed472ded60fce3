//! What goes onto a log's topics and comes from them: applications, results, commands, ledger events and dead letters as
//! records.

mod commands;
mod dead_letter;
mod error;
mod ledger;
mod letter;
mod read;
mod write;

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;

use timeoff_log::{EnsuredTopics, Log, TopicSpec};
use timeoff_models::Departments;

use crate::avro::{CommandType, Decoder, EventType, Key, Processed, Received, Shared};
use crate::schemas::SchemaStore;
use crate::topic_names::TopicNames;

pub use commands::{AnyCommand, CommandWriter, ReceivedCommand, UnknownCommand};
pub use dead_letter::DEAD_LETTER_HEADERS;
pub use error::ContractError;
pub use ledger::{LEDGER_GROUP_HEADER, LedgerWriter, group_of_ledger};
pub use letter::{Letter, NotALetter, id_in_key};
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
    commands: Decoder<Shared<CommandType>>,
    ledger: Decoder<Shared<EventType>>,
}

impl Contract {
    /// Makes the topics of applications, results and dead letters that do not exist: a partition for each department.
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
        Contract::ensure(log, topics, departments, None).await
    }

    /// As [`Contract::open`], and makes the topics of commands and the ledger, too, for a program that has to do with
    /// them. The ledger keeps its records for ever.
    ///
    /// # Errors
    ///
    /// As [`Contract::open`]; these two need a partition for each department as well.
    pub async fn open_with_ledger(
        log: &Log,
        topics: TopicNames,
        departments: Departments,
    ) -> Result<Contract, ContractError> {
        let needed = i32::try_from(departments.len()).unwrap_or(i32::MAX);
        let applications = log
            .partitions_of(slice::from_ref(&topics.applications))
            .await?;
        // The list of this program may name fewer departments than there are.
        let departments_there = applications.values().copied().fold(needed, i32::max);
        Contract::ensure(log, topics, departments, Some(departments_there)).await
    }

    /// `of_the_ledger`: how many partitions the topics of commands and the ledger get, if they are needed.
    async fn ensure(
        log: &Log,
        topics: TopicNames,
        departments: Departments,
        of_the_ledger: Option<i32>,
    ) -> Result<Contract, ContractError> {
        let needed = i32::try_from(departments.len()).unwrap_or(i32::MAX);
        let spec = |name: &Arc<str>, partitions, at_least| TopicSpec {
            name: name.clone(),
            partitions,
            at_least,
            keep_forever: name == &topics.ledger,
        };
        let mut specs = vec![
            spec(&topics.applications, needed, needed),
            spec(&topics.results, needed, 1),
            spec(&topics.dead_letters, needed, 1),
        ];
        if let Some(partitions) = of_the_ledger {
            specs.push(spec(&topics.commands, partitions, needed));
            specs.push(spec(&topics.ledger, partitions, needed));
        }
        let EnsuredTopics { partitions, made } = log
            .ensure_topics(&specs)
            .await
            .map_err(|error| ContractError::of_topics(error, &topics, &departments))?;
        Contract::of(log, topics, departments, EnsuredTopics { partitions, made })
    }

    /// A log as it is, for a program that only looks: makes no topic. One that does not exist has no records; nothing is to
    /// be written.
    ///
    /// # Errors
    ///
    /// As [`Contract::open`].
    pub async fn as_it_is(
        log: &Log,
        topics: TopicNames,
        departments: Departments,
    ) -> Result<Contract, ContractError> {
        let names = [
            &topics.applications,
            &topics.results,
            &topics.dead_letters,
            &topics.commands,
            &topics.ledger,
        ];
        let partitions = log.partitions_of(&names.map(Arc::clone)).await?;
        let needs = i32::try_from(departments.len()).unwrap_or(i32::MAX);
        if let Some(&has) = partitions.get(&topics.applications)
            && has < needs
        {
            return Err(ContractError::TooFewPartitions {
                log: log.address().to_owned(),
                topic: topics.applications.to_string(),
                has,
                needs,
                departments,
            });
        }
        let made = Vec::new();
        Contract::of(log, topics, departments, EnsuredTopics { partitions, made })
    }

    fn of(
        log: &Log,
        topics: TopicNames,
        departments: Departments,
        EnsuredTopics { partitions, made }: EnsuredTopics,
    ) -> Result<Contract, ContractError> {
        let schemas = SchemaStore::at(log.schemas())?;
        Ok(Contract {
            keys: Decoder::new(schemas.clone()),
            applications: Decoder::new(schemas.clone()),
            results: Decoder::new(schemas.clone()),
            commands: Decoder::new(schemas.clone()),
            ledger: Decoder::new(schemas.clone()),
            schemas,
            log: log.clone(),
            topics,
            departments,
            partitions,
            made,
        })
    }

    /// Whether the topics of commands and the ledger are there, with a partition for each that the applications topic has.
    /// A topic that the log does not let this program see counts as not there.
    ///
    /// # Errors
    ///
    /// [`ContractError::LedgerLagsBehind`] if only one of the two is there, or one has fewer partitions: whoever decided
    /// without them would decide without asking who may. While the topics are being made, that is so for a moment.
    /// [`ContractError::Log`] if the topics cannot be listed.
    pub async fn has_ledger(&self) -> Result<bool, ContractError> {
        let TopicNames {
            applications,
            commands,
            ledger,
            ..
        } = &self.topics;
        let topics = [applications, commands, ledger].map(Arc::clone);
        let partitions = self.log.partitions_of(&topics).await?;
        let of = |topic| partitions.get(topic).copied().unwrap_or(0);
        if of(commands).max(of(ledger)) == 0 {
            return Ok(false);
        }
        let needs = of(applications).max(1);
        match [commands, ledger]
            .into_iter()
            .find(|topic| of(topic) < needs)
        {
            None => Ok(true),
            Some(topic) => Err(ContractError::LedgerLagsBehind {
                log: self.log.address().to_owned(),
                topic: topic.to_string(),
                has: of(topic),
                needs,
                departments: self.departments.clone(),
            }),
        }
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
        self.partitions_of(&self.topics.results)
    }

    fn partitions_of(&self, topic: &Arc<str>) -> i32 {
        self.partitions.get(topic).copied().unwrap_or(0)
    }

    /// The log.
    pub fn log(&self) -> &Log {
        &self.log
    }
}
