//! The log on a Kafka cluster.
//!
//! | where | what it does |
//! |---|---|
//! | `log` | the log as the port sees it |
//! | `client/` | clients of the library: properties, producer, consumer, what they report |
//! | `topic/` | makes and checks topics, finds their ends and what open transactions hide |
//! | `append/` | appends, with back-pressure |
//! | `service` | the thread that owns a group member |
//! | `member/` | a group member as steps: what it holds, hands out, and when it has caught up |
//! | `settle/` | records outputs and progress as one |
//! | `trouble` | whether the cluster answers, and reporting it once |
//! | `committed`, `progress` | what a group has committed; the same, read from outside the group |
//! | `reader` | reads without a group |

mod append;
mod client;
mod committed;
mod log;
mod member;
mod progress;
mod reader;
mod service;
mod settle;
mod topic;
mod trouble;

pub(crate) use append::KafkaAppender;
pub use client::{KafkaSettings, PropertyName};
pub(crate) use log::KafkaLog;
