//! The schemas that this process knows by their ids.
//!
//! The process writes and reads records by these ids for as long as it runs. A file that is put in the log's place
//! meanwhile (a backup, another log) must have the same schemas under the same ids. Otherwise records would be decoded
//! with the wrong schema, or written so that nobody can decode them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::fault::Fault;
use super::schema;
use super::store::Store;

/// The schemas of one log. Clones share them.
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

    /// Refuses a file that does not have all of them.
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
