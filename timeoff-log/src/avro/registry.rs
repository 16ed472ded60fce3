//! A schema registry that speaks Confluent's protocol.

use std::error::Error;
use std::time::Duration;

use schema_registry_converter::async_impl::schema_registry::{
    SrSettings, get_schema_by_id, post_schema,
};
use schema_registry_converter::error::SRCError;
use schema_registry_converter::schema_registry_common::{RawError, SchemaType, SuppliedSchema};

use crate::error::LogError;

/// How long the registry may take to answer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// How often a registration that met a conflict is tried again, and how long after.
const CONFLICTS: u32 = 3;
const CONFLICT_PAUSE: Duration = Duration::from_millis(100);

/// A registry at an address. Clones share connections.
#[derive(Clone)]
pub(crate) struct SchemaRegistry {
    /// Without user and password.
    address: String,
    settings: SrSettings,
}

impl SchemaRegistry {
    /// `url` is `http://host:port[/path]`; a user and password in it count unless `user` is given.
    pub(crate) fn new(
        url: &str,
        user: Option<(&str, Option<&str>)>,
    ) -> Result<SchemaRegistry, LogError> {
        let refused = |value: &str, reason: String| LogError::RefusedProperty {
            key: "schema.registry.url".to_owned(),
            value: value.to_owned(),
            reason,
        };
        let (scheme, rest) = url
            .split_once("://")
            .filter(|(scheme, rest)| ["http", "https"].contains(scheme) && !rest.is_empty())
            .ok_or_else(|| {
                let value = if url.contains('@') { "…" } else { url };
                refused(value, "write http://host:port or https://host:port".into())
            })?;
        let (user_in_url, host) = match rest.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, rest),
        };
        let address = format!("{scheme}://{}", host.trim_end_matches('/'));
        let mut builder = SrSettings::new_builder(address.clone());
        builder.set_timeout(TIMEOUT);
        if let Some((user, password)) = user {
            builder.set_basic_authorization(user, password);
        } else if let Some(user_in_url) = user_in_url {
            match user_in_url.split_once(':') {
                Some((user, password)) => builder.set_basic_authorization(user, Some(password)),
                None => builder.set_basic_authorization(user_in_url, None),
            };
        }
        let mut client = reqwest::Client::builder();
        if scheme == "http" {
            // Otherwise a machine without any CA certificate could not even talk plainly.
            client = client.tls_certs_only([]);
        }
        let settings = builder
            .build_with(client)
            .map_err(|error| refused(&address, cause_of(&error)))?;
        Ok(SchemaRegistry { address, settings })
    }

    /// The id of a schema under a subject; registers it if it is new.
    pub(super) async fn register(&self, subject: &str, schema: &str) -> Result<u32, LogError> {
        let mut attempt = 0;
        loop {
            let supplied = SuppliedSchema::new(None, SchemaType::Avro, schema.to_owned());
            match post_schema(&self.settings, subject.to_owned(), supplied).await {
                Ok(registered) => return Ok(registered.id),
                // Two who register the first schema of a subject at once may get in each other's way.
                Err(error) if status_of(&error) == Some(409) && attempt < CONFLICTS => {
                    attempt += 1;
                    tokio::time::sleep(CONFLICT_PAUSE).await;
                }
                Err(error) => {
                    let step = format!("register a schema as {subject}");
                    return Err(self.unavailable(&step, &error));
                }
            }
        }
    }

    /// The schema of an id: its text, or why it is no Avro schema. `None` if the registry has no such id.
    pub(super) async fn by_id(&self, id: u32) -> Result<Option<String>, LogError> {
        match get_schema_by_id(id, &self.settings).await {
            Ok(schema) if schema.schema_type == SchemaType::Avro => Ok(Some(schema.schema)),
            // Another language's schema is as unknown to us as none.
            Ok(_) => Ok(None),
            Err(error) if is_unknown_schema(&error) => Ok(None),
            Err(error) => Err(self.unavailable(&format!("look up schema id {id}"), &error)),
        }
    }

    fn unavailable(&self, step: &str, error: &SRCError) -> LogError {
        let remedy = match status_of(error) {
            Some(401 | 403) => {
                "check the registry's user and password (basic.auth.user.info=user:password in --kafka-config)"
            }
            Some(404 | 405) => {
                "check the path in --schema-registry: a Confluent-compatible API is expected there"
            }
            Some(409 | 422) => "the registry's compatibility rules refuse the schema",
            _ => "check that a schema registry answers at the address in --schema-registry",
        };
        LogError::Unavailable {
            log: self.address.clone(),
            step: step.to_owned(),
            remedy: remedy.to_owned(),
            source: cause_of(error).into(),
        }
    }
}

/// Whether a registry says that it has no such schema: any other "not found" may come from something that is none.
fn is_unknown_schema(error: &SRCError) -> bool {
    /// <https://docs.confluent.io/platform/current/schema-registry/develop/api.html>: schema not found.
    const SCHEMA_NOT_FOUND: u32 = 40403;
    error
        .source()
        .and_then(|source| source.downcast_ref::<RawError>())
        .is_some_and(|answer| answer.error_code == SCHEMA_NOT_FOUND)
}

/// The HTTP status an error came with, which the library has in words only.
fn status_of(error: &SRCError) -> Option<u16> {
    let (_, rest) = error.error.split_once("failed with status ")?;
    rest.split(' ').next()?.parse().ok()
}

/// The innermost cause: what the network or the registry said.
fn cause_of(error: &SRCError) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if std::ptr::addr_eq(innermost, error) {
        error.error.clone()
    } else {
        format!("{}: {innermost}", error.error)
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaRegistry;

    #[test]
    fn an_address_that_is_none_is_refused_and_a_password_is_not_repeated() {
        for url in ["", "127.0.0.1:8081", "ftp://a", "http://"] {
            assert!(SchemaRegistry::new(url, None).is_err(), "{url}");
        }
        let registry = SchemaRegistry::new("http://me:hunter2@a:1/", None).ok();
        assert_eq!(
            registry.map(|registry| registry.address),
            Some("http://a:1".to_owned())
        );
        let error = SchemaRegistry::new("me:hunter2@a", None)
            .err()
            .map(|error| error.to_string());
        assert!(
            error
                .as_ref()
                .is_some_and(|error| !error.contains("hunter2")),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn a_registry_that_does_not_answer_is_named_with_the_step_and_a_remedy() {
        let registry = SchemaRegistry::new("http://127.0.0.1:1", None).expect("an address");
        let error = registry.by_id(7).await.expect_err("nobody listens");
        let text = error.to_string();
        assert!(text.contains("http://127.0.0.1:1"), "{text}");
        assert!(text.contains("look up schema id 7"), "{text}");
        assert!(text.contains("--schema-registry"), "{text}");
    }
}
