//! Turns records into applications and results.

use std::borrow::Cow;
use std::time::Duration;

use timeoff_log::{LogError, Record};
use timeoff_models::generated::LeaveApplicationReceived;
use timeoff_models::{ApplicationId, InvalidRecord, LeaveApplication, LeaveResult};

use super::Contract;
use crate::avro::{Content, Decoder, NotDecoded, NotLearned, Poison};
use crate::schemas::SchemaUnavailable;

/// How long to wait before asking a registry again that does not answer.
const REGISTRY_PAUSE: Duration = Duration::from_millis(500);

/// An application as it came, and what it says. Its texts are borrowed from its record.
#[derive(Debug, Clone)]
pub struct ReceivedApplication<'a> {
    /// The record's key.
    pub id: ApplicationId<'a>,
    /// The fields as they came, to be repeated bit for bit. Boxed, because they take much room and what is received goes
    /// through many hands.
    pub wire: Box<LeaveApplicationReceived<'a>>,
    /// What they say.
    pub application: LeaveApplication,
    /// The partition it came from.
    pub partition: i32,
}

impl ReceivedApplication<'_> {
    /// The same application, able to outlive its record.
    pub fn into_owned(self) -> ReceivedApplication<'static> {
        ReceivedApplication {
            id: self.id.into_owned(),
            wire: Box::new(self.wire.into_owned()),
            application: self.application,
            partition: self.partition,
        }
    }
}

/// A record could not be turned into what its topic is for.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// It never can be. The reason quotes nothing from the record.
    #[error("{reason}")]
    Poison {
        /// Why.
        reason: String,
    },
    /// It is a ledger event of a type that this version does not know.
    #[error("a record of type {type_name}, written by a newer version")]
    NewerVersion {
        /// The full name of its type.
        type_name: String,
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
pub(super) enum NotYet {
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

impl Contract {
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
        let id = self.id_of(record)?;
        let wire = Box::new(value_of(record, &self.applications)?);
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
        let id = self.id_of(record)?;
        let wire = value_of(record, &self.results)?;
        Ok((id, LeaveResult::from_wire(wire, &self.departments)?))
    }

    /// Reads, and learns the schemas that are unknown. Once they are known, it waits for nothing.
    pub(super) async fn understand<T, C: Content>(
        &self,
        read: impl Fn() -> Result<T, NotYet>,
        values: &Decoder<C>,
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

    fn id_of<'a>(&self, record: &'a Record) -> Result<ApplicationId<'a>, NotYet> {
        Ok(ApplicationId::from_key(self.key_of(record)?))
    }

    pub(super) fn key_of<'a>(&self, record: &'a Record) -> Result<Cow<'a, str>, NotYet> {
        let bytes = record.key.as_deref();
        let bytes = bytes.ok_or_else(|| Poison("the record has no key".to_owned()))?;
        match self.keys.decode(bytes) {
            Ok(key) => Ok(key),
            Err(NotDecoded::Poison(poison)) => Err(of_key(poison).into()),
            Err(NotDecoded::UnknownSchema(id)) => Err(NotYet::UnknownKey(id)),
        }
    }
}

/// Waits for a registry that does not answer, and asks again.
///
/// `read` is [`Contract::read_application`] or another of its kind. `waiting` is called with each failure before the
/// pause. Returns what was understood, or why the record is not: it is poison, or of the ledger and written by a newer
/// version.
///
/// Dropping the future stops the waiting, and loses nothing.
///
/// # Errors
///
/// If waiting does not help: the file that has the schemas is damaged.
pub async fn read_patiently<T, F: Future<Output = Result<T, DecodeError>>>(
    mut read: impl FnMut() -> F,
    mut waiting: impl FnMut(&LogError),
) -> Result<Result<T, String>, LogError> {
    loop {
        match read().await {
            Ok(value) => return Ok(Ok(value)),
            Err(DecodeError::Poison { reason }) => return Ok(Err(reason)),
            Err(error @ DecodeError::NewerVersion { .. }) => return Ok(Err(error.to_string())),
            Err(DecodeError::Failed(error)) => return Err(error),
            Err(DecodeError::Unavailable(error)) => {
                waiting(&error);
                tokio::time::sleep(REGISTRY_PAUSE).await;
            }
        }
    }
}

fn of_key(Poison(reason): Poison) -> Poison {
    Poison(format!("key: {reason}"))
}

pub(super) fn value_of<'a, C: Content>(
    record: &'a Record,
    values: &Decoder<C>,
) -> Result<C::Value<'a>, NotYet> {
    let bytes = record.value.as_deref();
    let bytes = bytes.ok_or_else(|| Poison("the record has no value".to_owned()))?;
    values.decode(bytes).map_err(|error| match error {
        NotDecoded::Poison(poison) => poison.into(),
        NotDecoded::UnknownSchema(id) => NotYet::UnknownValue(id),
    })
}
