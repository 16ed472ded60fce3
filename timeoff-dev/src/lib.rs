//! Developer tools of TimeOff.
//!
//! [`kafka`] starts a real Apache Kafka and a schema registry from plain jars, without Docker: for the tests of
//! every other crate, and for a person at a terminal (`timeoff-dev kafka`). It knows nothing of leave
//! applications and of no Kafka client, so that any crate may use it as a dev-dependency. [`demo`] runs the three
//! services as processes, [`services`] builds them for it and for tests. [`instructions`] counts what a piece of work takes.

pub mod demo;
pub mod instructions;
pub mod kafka;
pub mod services;
