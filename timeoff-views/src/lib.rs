//! What is on the topics, as tables that can be asked.
//!
//! A view folds applications, results, commands and ledger events into a SQLite file of its own, and follows the log as
//! it grows. Nothing is decided from a view, and no service needs one: it can be deleted and folded again at any time.
//!
//! | to | use |
//! |---|---|
//! | fold the log into a folder, and follow it | [`Views::open`], [`Views::follow`] |
//! | fold it up to now and end | [`Views::catch_up`] |
//! | fold it from its beginning again | [`Views::rebuild`] |
//! | ask | [`Queries::open`] |
//! | show a record itself | [`Described::of`] |
//!
//! # What holds
//!
//! - What is folded and how far the fold has come are written in one transaction. A fold that is killed at any
//!   instruction goes on where it was: nothing is there twice, nothing is missing.
//! - Topics and partitions are read independently of each other, and what the tables say does not depend on the order
//!   in which their records arrive.
//! - A view is seen once it has caught up, never half made. A rebuild takes the place of the old view in one step.
//! - One process folds into a folder at a time. Any number may ask.
//!
//! # Where things are
//!
//! | where | what it has |
//! |---|---|
//! | `decode` | records as changes to the tables |
//! | `fold` | changes into the tables |
//! | `file` | the folder: its lock, its files, which of them is the view |
//! | `follow` | reading the topics, in batches, and handing them to the thread that writes |
//! | `query` | asking the tables |

mod come;
mod decode;
mod describe;
mod error;
mod file;
mod fold;
mod follow;
mod hash;
mod place;
mod query;
mod status;
#[cfg(test)]
mod tests;
mod topic;
mod views;

pub use come::Come;
pub use describe::{Described, Undescribed};
pub use error::ViewError;
pub use follow::News;
pub use query::{
    Absence, Answer, Application, ApplicationFilter, Asked, Booked, Cursor, Delegation, Event,
    Events, Page, PageRequest, PartitionPosition, PassedOver, Person, PersonFilter, Queries, Seer,
    Status,
};
pub use topic::Topic;
pub use views::Views;
