//! Records on a log.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use timeoff_ledger::{Command, Event};
use timeoff_models::Departments;

/// What a record says, as it is read from the record that was written. Two are equal if their records are.
pub struct Recorded<T> {
    digest: u64,
    /// What it says.
    pub says: T,
}

impl<T> Hash for Recorded<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.digest.hash(hasher);
    }
}

impl<T> PartialEq for Recorded<T> {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl<T> Eq for Recorded<T> {}

impl Recorded<Event<'static>> {
    /// Writes an event, and reads it again.
    pub(crate) fn event(event: &Event<'_>, departments: &Departments) -> Arc<Self> {
        let record = event.to_record().into_owned();
        let digest = digest(&record);
        let says = Event::from_record(record, departments).expect("an event of ours can be read");
        Arc::new(Self { digest, says })
    }
}

impl Recorded<Command> {
    /// Writes a command, and reads it again.
    pub(crate) fn command(command: &Command, departments: &Departments) -> Arc<Self> {
        let record = command.to_record().into_owned();
        let digest = digest(&record);
        let says =
            Command::from_record(record, departments).expect("a command of ours can be read");
        Arc::new(Self { digest, says })
    }
}

/// The same in every run, so that a path can be followed again.
fn digest(record: &impl Debug) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{record:?}").hash(&mut hasher);
    hasher.finish()
}
