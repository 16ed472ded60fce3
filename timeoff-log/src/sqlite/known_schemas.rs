//! The schemas that this process knows by their ids.
//!
//! Records are written and read by these ids for as long as the process runs. A file that is put in the place of the log while
//! it is in use (a backup, another log) must have the same schemas under them: a record would be taken for another one
//! otherwise, or be written so that nobody can understand it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::Fault;
use super::schema;
use super::store::Store;

/// The schemas of one log. Clones know the same ones.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownSchemas {
    texts: Arc<Mutex<BTreeMap<u32, String>>>,
}

impl KnownSchemas {
    /// Remembers a schema that the file has.
    pub(super) fn note(&self, id: u32, text: &str) {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.entry(id).or_insert_with(|| text.to_owned());
    }

    /// Refuses a file that has not all of them.
    pub(super) fn check(&self, store: &Store) -> Result<(), Fault> {
        let texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        for (&id, text) in &*texts {
            if schema::text(store, id)?.as_ref() != Some(text) {
                return Err(Fault::OtherSchemas { id });
            }
        }
        Ok(())
    }
}
