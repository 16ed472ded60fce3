//! The log on a Kafka cluster.
//!
//! | where | what it does |
//! |---|---|
//! | `log` | the log as the port sees it |
//! | `client/` | librdkafka clients: properties, producer, consumer, and what they report |
//! | `topic/` | makes and checks topics, finds their ends and what open transactions hide |
//! | `append/` | appends, with back-pressure |
//! | `service` | the thread that owns a group member |
//! | `member/` | a group member as steps: what it holds, hands out, and when it has caught up |
//! | `settle/` | records outputs and progress as one |
//! | `trouble` | notices that the cluster stops answering, or answers again, and reports each once |
//! | `committed`, `standings` | a group's committed progress; the same, read from outside the group |
//! | `reader` | reads without a group |

mod append;
mod client;
mod committed;
mod log;
mod member;
mod reader;
mod service;
mod settle;
mod standings;
mod topic;
mod trouble;

pub(crate) use append::KafkaAppender;
pub use client::KafkaSettings;
pub(crate) use log::KafkaLog;
