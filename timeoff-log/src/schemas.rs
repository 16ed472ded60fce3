//! Where a log's schemas get their ids. The log does not care what the schemas say.

use crate::error::LogError;
use crate::registry_url::{RegistryUrl, RegistryUser};
use crate::secret::Secret;
use crate::sqlite::SqliteLog;

/// Where a log's schemas get their ids.
#[derive(Clone)]
pub enum SchemaHome {
    /// From a table in the log's own file.
    Table(SchemaTable),
    /// From a registry beside the cluster.
    Registry(RegistrySettings),
}

/// The schemas in a log's own file. A schema is on disk before any record that names its id.
#[derive(Clone)]
pub struct SchemaTable {
    log: SqliteLog,
}

/// How to reach a registry.
#[derive(Debug, Clone)]
pub struct RegistrySettings {
    /// Its address.
    pub url: RegistryUrl,
    /// The user for its requests.
    pub user: Option<RegistryUser>,
    /// The certificate authorities to trust, besides those that the system trusts.
    pub authorities: Authorities,
}

/// Certificate authorities as the brokers' properties name them, so that one setting serves brokers and registry.
#[derive(Debug, Clone, Default)]
pub struct Authorities {
    /// `ssl.ca.location`: a file of PEM certificates, or a directory of such files.
    pub location: Option<Secret>,
    /// `ssl.ca.pem`: PEM certificates.
    pub pem: Option<Secret>,
}

impl SchemaTable {
    pub(crate) fn of(log: SqliteLog) -> SchemaTable {
        SchemaTable { log }
    }

    /// The id of a schema under a subject; registers it if it is new.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the file cannot be read or written.
    pub async fn register(&self, subject: &str, schema: &str) -> Result<u32, LogError> {
        self.log.register_schema(subject, schema).await
    }

    /// The text of the schema with this id, if there is one.
    ///
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the file cannot be read.
    pub async fn by_id(&self, id: u32) -> Result<Option<String>, LogError> {
        self.log.schema_by_id(id).await
    }
}

impl RegistrySettings {
    /// Settings from an address alone: the user that it names, if any, and the certificate authorities that the system
    /// trusts.
    #[must_use]
    pub fn at(url: RegistryUrl) -> RegistrySettings {
        RegistrySettings {
            user: url.user().cloned(),
            url,
            authorities: Authorities::default(),
        }
    }
}
