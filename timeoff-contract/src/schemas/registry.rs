//! A schema registry that speaks Confluent's protocol.

mod authorities;
mod call;
mod kept;

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use schema_registry_converter::schema_registry_common::{RegisteredReference, SchemaType};
use serde::Deserialize;
use serde_json::json;
use timeoff_log::{Cause, LogError, RegistrySettings, Remedy};

use self::call::{Caller, Failure, TIMEOUT, client, trusted};
use self::kept::KeptSchemas;
use super::found::{Found, StoredSchema};
use super::references::{self, Reference, Referenced};

/// For how long a registration that failed for the moment is retried, and the shortest pause before a retry.
const TRY_AGAIN_WITHIN: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(100);

/// A registry's error codes: <https://docs.confluent.io/platform/current/schema-registry/develop/api.html>.
const SUBJECT_NOT_FOUND: u32 = 40401;
const VERSION_NOT_FOUND: u32 = 40402;
const SCHEMA_NOT_FOUND: u32 = 40403;
const READ_ONLY: u32 = 42205;

/// A registry at an address. Clones share connections.
#[derive(Clone)]
pub(crate) struct SchemaRegistry {
    /// For writing to it.
    caller: Caller,
    kept: KeptSchemas,
}

#[derive(Deserialize)]
struct Registered {
    id: u32,
}

impl SchemaRegistry {
    /// # Errors
    ///
    /// [`LogError::Unavailable`] if the CA certificates cannot be read. The registry is not asked yet.
    pub(crate) fn new(settings: &RegistrySettings) -> Result<SchemaRegistry, LogError> {
        let RegistrySettings {
            url,
            user,
            authorities,
        } = settings;
        let unavailable = |source: Cause| LogError::Unavailable {
            log: url.to_string().into(),
            step: "set up a client".into(),
            remedy: Some(Remedy::CheckCertificates),
            source,
        };
        let trusted = trusted(url, authorities).map_err(|error| unavailable(error.into()))?;
        let kept = KeptSchemas::new(url, user.as_ref(), client(&trusted), TIMEOUT)
            .map_err(|error| unavailable(error.into()))?;
        let caller = Caller::new(url, user.clone(), client(&trusted))
            .map_err(|error| unavailable(error.into()))?;
        Ok(SchemaRegistry { caller, kept })
    }

    /// The id of a schema under a subject; registers it if it is new. A failure that may pass is retried, but not for
    /// long.
    pub(super) async fn register(&self, subject: &str, schema: &str) -> Result<u32, LogError> {
        let began = Instant::now();
        let mut pause = PAUSE;
        loop {
            let error = match self.register_once(subject, schema).await {
                Ok(id) => return Ok(id),
                Err(error) => error,
            };
            let left = TRY_AGAIN_WITHIN.saturating_sub(began.elapsed());
            match error.passes_after() {
                Some(asked_for) if asked_for.max(pause) < left => {
                    tokio::time::sleep(asked_for.max(pause)).await;
                    pause *= 2;
                }
                _ => {
                    return Err(self.unavailable(&format!("register a schema as {subject}"), error));
                }
            }
        }
    }

    /// Looks the id up first, so that a user who may not write to the registry can use what is there.
    async fn register_once(&self, subject: &str, schema: &str) -> Result<u32, Failure> {
        let body = json!({ "schema": schema, "schemaType": "AVRO" });
        match self.caller.post(&["subjects", subject], &body).await {
            Ok(Registered { id }) => return Ok(id),
            Err(error) if error.is_about_registry() => return Err(error),
            // The schema is not there, or this user may write but not look it up.
            Err(_) => {}
        }
        let path = ["subjects", subject, "versions"];
        let Registered { id } = self.caller.post(&path, &body).await?;
        Ok(id)
    }

    /// The schema of an id.
    pub(super) async fn by_id(&self, id: u32) -> Result<Found, LogError> {
        let kept = match self.kept.by_id(id).await {
            Ok(kept) => kept,
            Err(Failure::Refused {
                code: Some(SCHEMA_NOT_FOUND),
                ..
            }) => return Ok(Found::Nothing),
            Err(error) => {
                return Err(self.unavailable(&format!("look up schema id {id}"), error));
            }
        };
        // A schema in another language is of no more use to us than none.
        if kept.schema_type != SchemaType::Avro {
            return Ok(Found::Nothing);
        }
        let own = places(kept.references);
        let referenced =
            references::collect(own, async |reference| self.referenced(reference).await);
        Ok(match referenced.await? {
            Ok(referenced) => Found::Schema(StoredSchema {
                text: kept.schema,
                referenced,
            }),
            Err(unresolvable) => Found::Unresolvable(unresolvable),
        })
    }

    /// The schema that a reference leads to. `None` if it is not there, or not Avro's.
    async fn referenced(&self, reference: &Reference) -> Result<Option<Referenced>, LogError> {
        let Reference { subject, version } = reference;
        match self.kept.version(subject, *version).await {
            Ok(kept) if kept.schema_type == SchemaType::Avro => Ok(Some(Referenced {
                text: kept.schema,
                references: places(kept.references),
            })),
            Ok(_) => Ok(None),
            Err(Failure::Refused {
                code: Some(SUBJECT_NOT_FOUND | VERSION_NOT_FOUND | SCHEMA_NOT_FOUND),
                ..
            }) => Ok(None),
            Err(error) => {
                let step = format!("look up version {version} of schema {subject}");
                Err(self.unavailable(&step, error))
            }
        }
    }

    fn unavailable(&self, step: &str, error: Failure) -> LogError {
        LogError::Unavailable {
            log: self.caller.url.to_string().into(),
            step: step.into(),
            remedy: Some(remedy(&error)),
            source: error.into(),
        }
    }
}

/// The places of the schemas that a schema refers to.
fn places(references: Vec<RegisteredReference>) -> Vec<Reference> {
    references
        .into_iter()
        .map(
            |RegisteredReference {
                 subject, version, ..
             }| Reference { subject, version },
        )
        .collect()
}

fn remedy(error: &Failure) -> Remedy {
    let Failure::Refused { status, code, .. } = error else {
        return Remedy::CheckRegistry;
    };
    match (status.as_u16(), code) {
        (401, _) => Remedy::CheckRegistryCredentials,
        (403, _) => Remedy::AskRegistryForRight,
        (_, Some(READ_ONLY)) => Remedy::RegisterByHand,
        (404 | 405, _) => Remedy::CheckRegistryPath,
        (409 | 422, _) => Remedy::Compatibility,
        (429, _) => Remedy::FewerCalls,
        (500..=599, _) => Remedy::SeeRegistryLog,
        _ => Remedy::CheckRegistry,
    }
}

impl Failure {
    /// Whether it is about the registry, and not about what was asked.
    fn is_about_registry(&self) -> bool {
        match self {
            Failure::Refused { status, .. } => {
                *status == StatusCode::UNAUTHORIZED || is_for_the_moment(*status)
            }
            Failure::NoAnswer(_) | Failure::NotARegistrys(_) => true,
        }
    }

    /// The shortest time after which the same request may succeed. `None` if somebody has to act first, or if the
    /// request has already taken long.
    fn passes_after(&self) -> Option<Duration> {
        match self {
            Failure::Refused {
                status,
                retry_after,
                ..
            } if is_for_the_moment(*status) => Some(retry_after.unwrap_or_default()),
            // Two programs that register the first schema of a subject at once may get in each other's way.
            Failure::Refused { status, .. } if *status == StatusCode::CONFLICT => {
                Some(Duration::ZERO)
            }
            _ => None,
        }
    }
}

fn is_for_the_moment(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

#[cfg(test)]
mod tests;
