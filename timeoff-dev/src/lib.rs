//! Developer tools of TimeOff.
//!
//! [`kafka`] starts a real Apache Kafka and a schema registry from plain jars, without Docker: for the tests of
//! every other crate, and for a person at a terminal (`timeoff-dev kafka`). [`demo`] runs the three
//! services as processes, [`services`] builds them for it and for tests. [`web`] starts the pages with sample people.
//! [`dead_letters`] sends one of each kind of [`garbage`], which the tests send as well. [`holidays`] makes the files of
//! public holidays that the ledger has embedded. [`instructions`] counts what a piece of work takes.
//!
//! Any crate above `timeoff-models` may have it as a dev-dependency.

pub mod avro_bytes;
pub mod company;
pub mod dead_letters;
pub mod demo;
pub mod garbage;
pub mod holidays;
pub mod instructions;
pub mod kafka;
mod sample;
pub mod services;
pub mod web;
