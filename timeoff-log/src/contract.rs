//! The wire contract: applications, results and dead letters as records.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use timeoff_models::wire::LeaveApplicationReceived;
use timeoff_models::{
    ApplicationId, Decision, Department, Departments, InvalidRecord, LeaveApplication, LeaveResult,
};

use crate::avro::{
    Decoder, Encoder, Key, Kind, NotDecoded, NotLearned, Poison, Processed, Received,
    SchemaUnavailable,
};
use crate::error::LogError;
use crate::port::Log;
use crate::record::{Header, NewRecord, Record};
use crate::topics::{EnsuredTopics, TopicNames, TopicSpec};

/// The headers that make a record a dead letter, before those that it had: where it stood, and why it is one. All are text.
pub const DEAD_LETTER_HEADERS: [&str; 4] = [
    "timeoff.topic",
    "timeoff.partition",
    "timeoff.offset",
    "timeoff.reason",
];

/// How long to wait before a registry that does not answer is asked again.
const REGISTRY_PAUSE: Duration = Duration::from_millis(500);

/// A log whose topics exist and have the right shape, and what goes onto them.
///
/// A department's position in the list is its partition.
pub struct Contract {
    log: Log,
    topics: TopicNames,
    departments: Departments,
    partitions: BTreeMap<Arc<str>, i32>,
    made: Vec<Arc<str>>,
    keys: Decoder<Key>,
    applications: Decoder<Received>,
    results: Decoder<Processed>,
}

/// An application as it came, and what it says. Its texts are borrowed from its record.
#[derive(Debug, Clone)]
pub struct ReceivedApplication<'a> {
    /// The record's key.
    pub id: ApplicationId<'a>,
    /// The fields as they came, to be repeated bit for bit.
    pub wire: LeaveApplicationReceived<'a>,
    /// What they say.
    pub application: LeaveApplication,
    /// The partition it came from.
    pub partition: i32,
}

impl ReceivedApplication<'_> {
    /// The same application, for longer than its record is there.
    pub fn into_owned(self) -> ReceivedApplication<'static> {
        ReceivedApplication {
            id: self.id.into_owned(),
            wire: self.wire.into_owned(),
            application: self.application,
            partition: self.partition,
        }
    }
}

/// A record could not be turned into what its topic is for.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It never can be. The reason quotes nothing of the record.
    #[error("{reason}")]
    Poison {
        /// Why.
        reason: String,
    },
    /// The schemas cannot be reached now; try again.
    #[error(transparent)]
    Unavailable(LogError),
    /// The schemas cannot be read, now or later: the file that has them is damaged.
    #[error(transparent)]
    Failed(LogError),
}

impl From<Poison> for DecodeError {
    fn from(Poison(reason): Poison) -> DecodeError {
        DecodeError::Poison { reason }
    }
}

impl From<NotLearned> for DecodeError {
    fn from(not_learned: NotLearned) -> DecodeError {
        match not_learned {
            NotLearned::Poison(poison) => poison.into(),
            NotLearned::Unavailable(SchemaUnavailable(error)) if error.is_final() => {
                DecodeError::Failed(error)
            }
            NotLearned::Unavailable(SchemaUnavailable(error)) => DecodeError::Unavailable(error),
        }
    }
}

/// Why a record is not understood at once.
enum NotYet {
    Never(Poison),
    /// The schema of its key, or of its value, has to be learned first.
    UnknownKey(u32),
    UnknownValue(u32),
}

impl From<InvalidRecord> for NotYet {
    fn from(invalid: InvalidRecord) -> NotYet {
        Poison(invalid.to_string()).into()
    }
}

impl From<Poison> for NotYet {
    fn from(poison: Poison) -> NotYet {
        NotYet::Never(poison)
    }
}

/// Turns applications into records.
pub struct ApplicationWriter {
    topic: Arc<str>,
    departments: Departments,
    keys: Encoder<Key>,
    values: Encoder<Received>,
}

/// Turns decisions into records.
pub struct ResultWriter {
    topic: Arc<str>,
    partitions: i32,
    keys: Encoder<Key>,
    values: Encoder<Processed>,
}

/// Names the department that is to be added first.
fn with_the_command(mut error: LogError, departments: &Departments) -> LogError {
    if let LogError::TooFewPartitions { has, how, .. } = &mut error {
        let there = usize::try_from(*has).unwrap_or(0);
        let named: Vec<&str> = departments.iter().map(Department::as_str).collect();
        if let Some(missing) = named.get(there) {
            let list = named[..there].join(",");
            *how = format!("manager-service --departments {list} departments add {missing}");
        }
    }
    error
}

impl Contract {
    /// Makes the topics that do not exist: a partition for each department.
    ///
    /// # Errors
    ///
    /// [`LogError::TooFewPartitions`] if the applications topic has fewer partitions than there are departments;
    /// else as [`Log::ensure_topics`].
    pub async fn open(
        log: &Log,
        topics: TopicNames,
        departments: Departments,
    ) -> Result<Contract, LogError> {
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
            .map_err(|error| with_the_command(error, &departments))?;
        let schemas = log.schemas();
        Ok(Contract {
            keys: Decoder::new(schemas.clone()),
            applications: Decoder::new(schemas.clone()),
            results: Decoder::new(schemas),
            log: log.clone(),
            topics,
            departments,
            partitions,
            made,
        })
    }

    /// The topics that did not exist before, with a partition for each department now.
    pub fn made_topics(&self) -> &[Arc<str>] {
        &self.made
    }

    /// Whether each partition up to that of `partition` is a department's.
    ///
    /// # Errors
    ///
    /// [`LogError::TooFewDepartments`] if not: a manager who is given such a partition would take all that is in it for
    /// impossible.
    pub fn check_it_has_a_department(&self, partition: i32) -> Result<(), LogError> {
        if usize::try_from(partition).is_ok_and(|index| index < self.departments.len()) {
            return Ok(());
        }
        Err(LogError::TooFewDepartments {
            log: self.log.address().to_owned(),
            topic: self.topics.applications.to_string(),
            partitions: partition + 1,
            departments: self.departments.len(),
            named: self.departments.to_string(),
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

    /// Registers the schemas that applications are written with.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the registry does not take them.
    pub async fn application_writer(&self) -> Result<ApplicationWriter, LogError> {
        let schemas = self.log.schemas();
        let topic = &self.topics.applications;
        Ok(ApplicationWriter {
            keys: Encoder::register(&schemas, topic, "key").await?,
            values: Encoder::register(&schemas, topic, "value").await?,
            topic: topic.clone(),
            departments: self.departments.clone(),
        })
    }

    /// Registers the schemas that results are written with.
    ///
    /// # Errors
    ///
    /// [`LogError::TooFewDepartments`] if the applications topic has a partition that is no department's: a manager who
    /// was given it would take all that is in it for impossible. [`LogError::Unavailable`] if the registry does not take
    /// the schemas.
    pub async fn result_writer(&self) -> Result<ResultWriter, LogError> {
        self.check_it_has_a_department(self.partitions[&self.topics.applications] - 1)?;
        let schemas = self.log.schemas();
        let topic = &self.topics.results;
        Ok(ResultWriter {
            keys: Encoder::register(&schemas, topic, "key").await?,
            values: Encoder::register(&schemas, topic, "value").await?,
            partitions: self.partitions[topic],
            topic: topic.clone(),
        })
    }

    /// Understands a record of the applications topic.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: poison, the registry does not answer, or the file is damaged.
    pub async fn read_application<'a>(
        &self,
        record: &'a Record,
    ) -> Result<ReceivedApplication<'a>, DecodeError> {
        self.understand(|| self.application_of(record), &self.applications)
            .await
    }

    fn application_of<'a>(&self, record: &'a Record) -> Result<ReceivedApplication<'a>, NotYet> {
        let id = self.key_of(record)?;
        let wire = value_of(record, &self.applications)?;
        let application = LeaveApplication::from_wire(&wire, &self.departments)?;
        Ok(ReceivedApplication {
            id,
            wire,
            application,
            partition: record.position.partition,
        })
    }

    /// Understands a record of the results topic.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: poison, the registry does not answer, or the file is damaged.
    pub async fn read_result<'a>(
        &self,
        record: &'a Record,
    ) -> Result<(ApplicationId<'a>, LeaveResult<'a>), DecodeError> {
        self.understand(|| self.result_of(record), &self.results)
            .await
    }

    fn result_of<'a>(
        &self,
        record: &'a Record,
    ) -> Result<(ApplicationId<'a>, LeaveResult<'a>), NotYet> {
        let id = self.key_of(record)?;
        let wire = value_of(record, &self.results)?;
        Ok((id, LeaveResult::from_wire(wire, &self.departments)?))
    }

    /// Reads, and learns the schemas that are unknown. Once they are known nothing is waited for.
    async fn understand<T, K: Kind>(
        &self,
        read: impl Fn() -> Result<T, NotYet>,
        values: &Decoder<K>,
    ) -> Result<T, DecodeError> {
        loop {
            match read() {
                Ok(understood) => return Ok(understood),
                Err(NotYet::Never(poison)) => return Err(poison.into()),
                Err(NotYet::UnknownKey(id)) => match self.keys.learn(id).await {
                    Err(NotLearned::Poison(poison)) => return Err(of_key(poison).into()),
                    learned => learned?,
                },
                Err(NotYet::UnknownValue(id)) => values.learn(id).await?,
            }
        }
    }

    fn key_of<'a>(&self, record: &'a Record) -> Result<ApplicationId<'a>, NotYet> {
        let bytes = record.key.as_deref();
        let bytes = bytes.ok_or_else(|| Poison("the record has no key".to_owned()))?;
        match self.keys.decode(bytes) {
            Ok(key) => Ok(ApplicationId::from_key(key)),
            Err(NotDecoded::Poison(poison)) => Err(of_key(poison).into()),
            Err(NotDecoded::UnknownSchema(id)) => Err(NotYet::UnknownKey(id)),
        }
    }

    /// The dead letter of a record: the same key and value, and where it stood and why it is one in headers.
    ///
    /// The headers are [`DEAD_LETTER_HEADERS`], before those that the record had.
    pub fn dead_letter(&self, record: &Record, reason: &str) -> NewRecord {
        let position = &record.position;
        let (partition, offset) = (position.partition.to_string(), position.offset.to_string());
        let texts = [&*position.topic, &partition, &offset, reason];
        let mut headers: Vec<Header> = DEAD_LETTER_HEADERS
            .into_iter()
            .zip(texts)
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .collect();
        headers.extend(record.headers.iter().cloned());
        let topic = &self.topics.dead_letters;
        NewRecord {
            partition: position.partition % self.partitions[topic],
            topic: topic.clone(),
            key: record.key.clone(),
            value: record.value.clone(),
            headers,
        }
    }
}

/// Waits for a registry that does not answer, and asks again.
///
/// `read` is [`Contract::read_application`] or [`Contract::read_result`]. `waiting` is told of each failure before the
/// pause. Returns what was understood, or the reason of a poison.
///
/// Dropping the future stops the waiting; nothing is lost by that.
///
/// # Errors
///
/// If waiting is of no use: the file that has the schemas is damaged.
pub async fn read_patiently<T, F: Future<Output = Result<T, DecodeError>>>(
    mut read: impl FnMut() -> F,
    mut waiting: impl FnMut(&LogError),
) -> Result<Result<T, String>, LogError> {
    loop {
        match read().await {
            Ok(value) => return Ok(Ok(value)),
            Err(DecodeError::Poison { reason }) => return Ok(Err(reason)),
            Err(DecodeError::Failed(error)) => return Err(error),
            Err(DecodeError::Unavailable(error)) => {
                waiting(&error);
                tokio::time::sleep(REGISTRY_PAUSE).await;
            }
        }
    }
}

impl ApplicationWriter {
    /// The record that queues an application, in its department's partition.
    pub fn record(&self, id: &ApplicationId<'_>, application: &LeaveApplication) -> NewRecord {
        let partition = self
            .departments
            .partition_of(&application.department)
            .expect("an application is made with one of the configured departments");
        NewRecord {
            topic: self.topic.clone(),
            partition,
            key: Some(self.keys.encode(&id.as_str().into())),
            value: Some(
                self.values
                    .encode(&LeaveApplicationReceived::from(application)),
            ),
            headers: Vec::new(),
        }
    }
}

impl ResultWriter {
    /// The record that tells the result of an application: the same key, and the same partition unless the results
    /// topic has fewer.
    pub fn record(&self, received: ReceivedApplication<'_>, decision: &Decision) -> NewRecord {
        NewRecord {
            topic: self.topic.clone(),
            partition: received.partition % self.partitions,
            key: Some(self.keys.encode(&received.id.as_str().into())),
            value: Some(self.values.encode(&decision.on(received.wire))),
            headers: Vec::new(),
        }
    }
}

fn of_key(Poison(reason): Poison) -> Poison {
    Poison(format!("key: {reason}"))
}

fn value_of<'a, K: Kind>(record: &'a Record, values: &Decoder<K>) -> Result<K::Value<'a>, NotYet> {
    let bytes = record.value.as_deref();
    let bytes = bytes.ok_or_else(|| Poison("the record has no value".to_owned()))?;
    values.decode(bytes).map_err(|error| match error {
        NotDecoded::Poison(poison) => poison.into(),
        NotDecoded::UnknownSchema(id) => NotYet::UnknownValue(id),
    })
}
