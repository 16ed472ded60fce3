//! One request to a registry, to write or to look something up before that, and the registry's answer.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Certificate, Client, ClientBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use timeoff_log::{Authorities, RegistryUrl, RegistryUser};

use super::authorities::{InvalidAuthorities, certificates};

/// How long the registry may take to answer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(5);

/// The longest answer: a schema as long as we read any, with its references, and room for the rest of the answer.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// How much of a registry's own message is reported.
const MAX_WORDS_CHARS: usize = 300;

const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// Sends requests. Clones share connections.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) url: RegistryUrl,
    user: Option<RegistryUser>,
    client: Client,
}

/// Why there is no usable answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    NoAnswer(String),
    #[error("it answers {status}: {}", words(message))]
    Refused {
        status: StatusCode,
        /// The registry's own code, which is more precise than the status.
        code: Option<u32>,
        message: String,
        retry_after: Option<Duration>,
    },
    #[error("its answer is not a registry's: {0}")]
    NotARegistrys(String),
}

/// The body of a registry's refusal.
#[derive(Deserialize)]
struct Refusal {
    error_code: u32,
    #[serde(default)]
    message: String,
}

impl Caller {
    /// `client` is for the registry at `url`.
    pub(super) fn new(
        url: &RegistryUrl,
        user: Option<RegistryUser>,
        client: ClientBuilder,
    ) -> Result<Caller, Failure> {
        let client = client.timeout(TIMEOUT).build();
        Ok(Caller {
            url: url.clone(),
            user,
            client: client.map_err(|error| Failure::NoAnswer(innermost(&error)))?,
        })
    }

    pub(super) async fn post<A: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &serde_json::Value,
    ) -> Result<A, Failure> {
        let request = self.client.post(self.place(path));
        let request = request.header(CONTENT_TYPE, MEDIA_TYPE);
        self.call(request.body(body.to_string())).await
    }

    fn place(&self, path: &[&str]) -> Url {
        let mut url = self.url.base().clone();
        url.path_segments_mut()
            .expect("an address with a host has a path")
            .pop_if_empty()
            .extend(path);
        url
    }

    async fn call<A: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<A, Failure> {
        let mut request = request.header(ACCEPT, MEDIA_TYPE);
        if let Some(RegistryUser { name, password }) = &self.user {
            let password = password.as_ref().map(|password| password.reveal());
            request = request.basic_auth(name.reveal(), password);
        }
        let no_answer = |error| Failure::NoAnswer(innermost(&error));
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let retry_after = retry_after(&response);
        let body = body_of(response).await?;
        if status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|error| Failure::NotARegistrys(error.to_string()));
        }
        let refusal: Option<Refusal> = serde_json::from_slice(&body).ok();
        Err(Failure::Refused {
            status,
            code: refusal.as_ref().map(|refusal| refusal.error_code),
            message: refusal.map_or_else(String::new, |refusal| refusal.message),
            retry_after,
        })
    }
}

/// The certificate authorities that a client trusts.
pub(super) enum Trusted {
    /// None, as the client does not speak TLS. Reading the system's certificates would take longer than the rest of a
    /// start.
    Nobody,
    /// The system's authorities, and these as well.
    SystemAnd(Vec<Certificate>),
}

/// The authorities that the clients of the registry at `url` trust.
pub(super) fn trusted(
    url: &RegistryUrl,
    authorities: &Authorities,
) -> Result<Trusted, InvalidAuthorities> {
    Ok(match url.base().scheme() {
        "http" => Trusted::Nobody,
        _ => Trusted::SystemAnd(certificates(authorities)?),
    })
}

/// An HTTP client.
pub(super) fn client(trusted: &Trusted) -> ClientBuilder {
    let client = Client::builder();
    match trusted {
        Trusted::Nobody => client.tls_certs_only([]),
        Trusted::SystemAnd(certificates) => client.tls_certs_merge(certificates.clone()),
    }
}

async fn body_of(mut response: Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= MAX_ANSWER_BYTES => {
                body.extend_from_slice(&chunk);
            }
            Ok(Some(_)) => {
                let reason = format!("it is longer than {MAX_ANSWER_BYTES} bytes");
                return Err(Failure::NotARegistrys(reason));
            }
            Ok(None) => return Ok(body),
            Err(error) => return Err(Failure::NoAnswer(innermost(&error))),
        }
    }
}

/// How long the registry asks us to wait. It may name a time of day instead, which is ignored.
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// The innermost cause: what the network said.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} s", TIMEOUT.as_secs());
    }
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn words(message: &str) -> String {
    match message.is_empty() {
        true => "without a reason".to_owned(),
        false => message.chars().take(MAX_WORDS_CHARS).collect(),
    }
}
