//! The log that TimeOff's services share, and nothing else.
//!
//! A service appends records and, as a member of a group, is handed records. It settles each delivery together with the
//! outputs that follow from it. Whether the log is one SQLite file or a Kafka cluster, the service sees the same
//! [`Log`].
//!
//! | to | use |
//! |---|---|
//! | open a log | [`Log::open`] with a [`LogUrl`] |
//! | append records | [`Log::append`], or [`Log::appender`] for a stream |
//! | be handed records once for a group | [`Log::subscribe`], [`Subscription::next`] |
//! | record what was decided, exactly once | [`Delivery::settle_with`], [`Settler::settle`] |
//! | decide the next record while that is being recorded | [`Settler::begin`], [`Subscription::finish`] |
//! | take up a record that was read, out of turn | [`Settler::take_up`] |
//! | read without a group | [`Log::read`] |
//! | read what a group has not settled, without joining it | [`Log::read_unsettled`] |
//! | count what a group has not settled, without joining it | [`Log::count_unsettled`] |
//! | see how many partitions topics have, and add some | [`Log::partitions_of`], [`Log::add_partitions`] |
//! | find out where schemas get their ids | [`Log::schemas`] |
//!
//! # What holds on both
//!
//! - A position is returned only when the record is on disk.
//! - A settlement's outputs and its delivery's progress become visible together, or not at all.
//! - A partition has one owner in a group at a time; a settlement by a former owner records nothing.
//! - A delivery may be held for as long as a person takes. Those behind it do not wait for it.
//! - Within a partition, records are handed out in the order they were appended.
//! - Memory does not grow with the length of the log or of the backlog.

mod append;
mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod in_hand;
mod kafka;
mod port;
mod progress;
mod property_name;
mod reader;
mod record;
mod registry_url;
mod remedy;
mod sabotage;
mod schemas;
mod secret;
mod sqlite;
mod subscription;
mod topics;
mod url;
pub mod varint;

pub use append::Appender;
pub use error::{AppendError, Cause, LogError};
pub use kafka::KafkaSettings;
pub use port::Log;
pub use property_name::PropertyName;
pub use reader::{ReadEvent, ReadFrom, Reader};
pub use record::{Header, NewRecord, Position, Record};
pub use registry_url::{InvalidRegistryUrl, RegistryUrl, RegistryUser};
pub use remedy::Remedy;
pub use schemas::{Authorities, RegistrySettings, SchemaHome, SchemaTable};
pub use secret::Secret;
pub use subscription::{
    Assignment, BYTES_IN_HAND, Delivery, Event, Membership, SettleError, Settled, Settlement,
    Settler, Settling, Subscription, TakenUp,
};
pub use topics::{EnsuredTopics, TopicSpec};
pub use url::{InvalidLogUrl, LogUrl};
