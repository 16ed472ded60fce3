//! Commands and events in and out of the records as they are on the log.

mod command;
mod entitlement;
mod event;
mod person;
