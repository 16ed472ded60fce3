//! Reading the schemas that a registry keeps, through schema_registry_converter. Its errors are translated into ours.

use std::error::Error;
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use reqwest::{ClientBuilder, StatusCode};
use schema_registry_converter::async_impl::schema_registry::{
    SrSettings, get_schema_by_id, get_schema_by_subject_and_version,
};
use schema_registry_converter::error::SRCError;
use schema_registry_converter::schema_registry_common::{RawError, RegisteredSchema};
use timeoff_log::{RegistryUrl, RegistryUser};

use super::call::{Failure, innermost};

/// What would end a segment of a path, or mean something else in it. The library takes care of slashes only.
const NO_PART_OF_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Asks for schemas. Clones share connections.
#[derive(Clone)]
pub(super) struct KeptSchemas {
    settings: SrSettings,
}

impl KeptSchemas {
    /// A registry may take `timeout` to answer. `client` is for the registry at `url`.
    pub(super) fn new(
        url: &RegistryUrl,
        user: Option<&RegistryUser>,
        client: ClientBuilder,
        timeout: Duration,
    ) -> Result<KeptSchemas, Failure> {
        let mut settings = SrSettings::new_builder(url.to_string());
        settings.set_timeout(timeout);
        if let Some(RegistryUser { name, password }) = user {
            let password = password.as_ref().map(|password| password.reveal());
            settings.set_basic_authorization(name.reveal(), password);
        }
        let settings = settings
            .build_with(client)
            .map_err(|error| failure(&error))?;
        Ok(KeptSchemas { settings })
    }

    /// The schema that has this id, even if its subject has been deleted since.
    pub(super) async fn by_id(&self, id: u32) -> Result<RegisteredSchema, Failure> {
        let kept = get_schema_by_id(id, &self.settings).await;
        kept.map_err(|error| failure(&error))
    }

    /// One version of a subject.
    pub(super) async fn version(
        &self,
        subject: &str,
        version: u32,
    ) -> Result<RegisteredSchema, Failure> {
        let subject = utf8_percent_encode(subject, NO_PART_OF_A_PATH).to_string();
        let kept = get_schema_by_subject_and_version(&self.settings, &subject, Some(version)).await;
        kept.map_err(|error| failure(&error))
    }
}

/// Translates the library's error.
fn failure(error: &SRCError) -> Failure {
    let source = error.source();
    let Some(status) = status(error) else {
        return match source.and_then(|source| source.downcast_ref::<reqwest::Error>()) {
            // reqwest reports a body that is cut off as a decoding error, too.
            Some(error) if is_of_json(error) => Failure::NotARegistrys(innermost(error)),
            Some(error) => Failure::NoAnswer(innermost(error)),
            None => Failure::NotARegistrys(error.error.clone()),
        };
    };
    let answer = source
        .and_then(|source| source.downcast_ref::<RawError>())
        // The library says 0 if the registry did not answer in its own form.
        .filter(|answer| answer.error_code != 0);
    Failure::Refused {
        status,
        code: answer.map(|answer| answer.error_code),
        message: answer.map_or_else(String::new, |answer| answer.message.clone()),
        retry_after: None,
    }
}

/// The HTTP status that an error came with. The library has it only in words.
fn status(error: &SRCError) -> Option<StatusCode> {
    let (_, rest) = error.error.split_once("failed with status ")?;
    let code: u16 = rest.split(' ').next()?.parse().ok()?;
    StatusCode::from_u16(code).ok()
}

/// Whether the answer is complete, but not what was expected.
fn is_of_json(error: &reqwest::Error) -> bool {
    error
        .source()
        .is_some_and(|source| source.is::<serde_json::Error>())
}
