//! Commands as records, and records as commands.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use timeoff_log::{LogError, NewRecord, Record};
use timeoff_models::generated::CommandRecord;

use super::Contract;
use super::read::{DecodeError, NotYet, value_of};
use crate::avro::{CommandType, Encoder, Key, SharedEncoder, Typed};

/// Turns commands into records.
pub struct CommandWriter {
    topic: Arc<str>,
    keys: Encoder<Key>,
    values: SharedEncoder<CommandType>,
}

/// A command as it came. Its texts are borrowed from its record, except those of an unknown one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedCommand<'a> {
    /// The record's key.
    pub key: Cow<'a, str>,
    /// What is wanted.
    pub command: AnyCommand<'a>,
}

/// What somebody wants, whether this version can carry it out or not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every command is known, and in a box each would be allocated"
)]
pub enum AnyCommand<'a> {
    /// A command that this version knows.
    Known(CommandRecord<'a>),
    /// One that it does not know.
    Unknown(UnknownCommand),
}

/// A command of a type that this version does not know. It cannot be carried out, but it can be refused.
#[derive(Clone, PartialEq, Eq)]
pub struct UnknownCommand {
    /// The full name of its type.
    pub type_name: String,
    /// Its id.
    pub command_id: String,
    /// E-mail address of the person who asked. Personal data: `Debug` leaves it out.
    pub asked_by: String,
    /// When it was asked, in ticks (UTC).
    pub asked_at_ticks: i64,
}

impl fmt::Debug for UnknownCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownCommand")
            .field("type_name", &self.type_name)
            .field("command_id", &self.command_id)
            .field("asked_at_ticks", &self.asked_at_ticks)
            .finish_non_exhaustive()
    }
}

impl ReceivedCommand<'_> {
    /// The same command, able to outlive its record.
    pub fn into_owned(self) -> ReceivedCommand<'static> {
        ReceivedCommand {
            key: Cow::Owned(self.key.into_owned()),
            command: match self.command {
                AnyCommand::Known(command) => AnyCommand::Known(command.into_owned()),
                AnyCommand::Unknown(command) => AnyCommand::Unknown(command),
            },
        }
    }
}

impl Contract {
    /// Registers the schemas that commands are written with: all of them.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the registry does not take them.
    pub async fn command_writer(&self) -> Result<CommandWriter, LogError> {
        let topic = &self.topics.commands;
        Ok(CommandWriter {
            keys: Encoder::register(&self.schemas, topic).await?,
            values: SharedEncoder::register(&self.schemas, topic).await?,
            topic: topic.clone(),
        })
    }

    /// Understands a record of the commands topic.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: poison, the registry does not answer, or the file is damaged.
    pub async fn read_command<'a>(
        &self,
        record: &'a Record,
    ) -> Result<ReceivedCommand<'a>, DecodeError> {
        self.understand(|| self.command_of(record), &self.commands)
            .await
    }

    fn command_of<'a>(&self, record: &'a Record) -> Result<ReceivedCommand<'a>, NotYet> {
        let key = self.key_of(record)?;
        let command = match value_of(record, &self.commands)? {
            Typed::Known(command) => AnyCommand::Known(command),
            Typed::Unknown {
                type_name,
                understood,
            } => AnyCommand::Unknown(UnknownCommand {
                type_name,
                command_id: understood.command_id,
                asked_by: understood.asked_by,
                asked_at_ticks: understood.asked_at_ticks,
            }),
        };
        Ok(ReceivedCommand { key, command })
    }
}

impl CommandWriter {
    /// The record that queues a command, in the partition of a department.
    pub fn record(&self, partition: i32, command: &CommandRecord<'_>) -> NewRecord {
        NewRecord {
            topic: self.topic.clone(),
            partition,
            key: Some(self.keys.encode(&command.key().into())),
            value: Some(self.values.encode(command)),
            headers: Vec::new(),
        }
    }
}
