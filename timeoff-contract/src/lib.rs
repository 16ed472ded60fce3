//! What TimeOff's services write onto their log, and how they read it: the contract that other programs rely on.
//!
//! The log beneath knows records and bytes. Here a key is the id of an application or a person, and a value is an
//! application, a result, a command or an event, as Avro in Confluent's framing: a schema's id and the value's bytes.
//! Producers in any language write the same bytes.
//!
//! | to | use |
//! |---|---|
//! | have topics that the departments fit into | [`Contract::open`] |
//! | queue applications | [`Contract::application_writer`] |
//! | record decisions | [`Contract::result_writer`] |
//! | ask for something | [`Contract::command_writer`] |
//! | record what has happened | [`Contract::ledger_writer`] |
//! | know whose a ledger is | [`group_of_ledger`] |
//! | understand what is on the log | [`Contract::read_application`], [`Contract::read_result`], [`Contract::read_command`], [`Contract::read_ledger`], [`read_patiently`] |
//! | put aside what cannot be understood, and read it back | [`Contract::dead_letter`], [`Letter`] |
//!
//! | where | what it has |
//! |---|---|
//! | `contract` | the topics, and what goes onto them |
//! | `avro` | frames, and values in and out of bytes, whichever schema they were written with |
//! | `schemas` | schemas by their ids, in a registry or in the log's own file |

mod avro;
mod contract;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
mod schemas;
mod topic_names;

pub use contract::{
    AnyCommand, ApplicationWriter, CommandWriter, Contract, ContractError, DEAD_LETTER_HEADERS,
    DecodeError, LEDGER_GROUP_HEADER, LedgerWriter, Letter, NotALetter, ReceivedApplication,
    ReceivedCommand, ResultWriter, UnknownCommand, group_of_ledger, id_in_key, read_patiently,
};
pub use topic_names::TopicNames;

/// The group that managers join by default.
pub const MANAGERS: &str = "leave-managers";
