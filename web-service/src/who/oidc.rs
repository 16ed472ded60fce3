//! Signing in at an OpenID Connect provider: the authorization code flow with PKCE.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use axum::http::StatusCode;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreErrorResponseType,
    CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError, Scope, StandardErrorResponse, TokenResponse as _,
};
use timeoff_cli::chain;
use timeoff_models::Email;
use tokio::sync::Semaphore;
use url::Url;

use crate::problem::Problem;

/// How long the provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long what the provider says of itself is taken for true.
const FRESH: Duration = Duration::from_secs(300);

/// As long as this, it is taken for true even if a signature does not fit: a new key counts after it.
const SOON: Duration = Duration::from_secs(5);

/// How many sign-ins ask the provider at a time: if it hangs, the rest of the service has room.
const AT_A_TIME: usize = 64;

/// The most bytes of an answer of the provider.
const BYTES: usize = 1024 * 1024;

/// The path to which the provider sends people back.
pub(crate) const CALLBACK: &str = "/sign-in/callback";

/// A sign-in that was begun: what comes back must fit it.
pub(super) struct Begun {
    pub(super) nonce: String,
    /// What shows the provider that whoever began the sign-in also ends it (PKCE).
    pub(super) verifier: String,
}

/// Who we are to a provider whose endpoints have been discovered.
type ProvidedClient = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider, and who we are to it.
pub(crate) struct Oidc {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: Http,
    known: Mutex<Option<(Instant, CoreProviderMetadata)>>,
    turns: Semaphore,
}

/// Why the provider has not answered.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error("the request failed")]
    Failed(#[from] reqwest::Error),
    #[error("the answer has more than {BYTES} bytes")]
    TooLong,
    #[error("the answer is not HTTP")]
    NotHttp(#[from] openidconnect::http::Error),
}

/// What asks the provider. It follows no redirection, so nobody is asked whom the operator has not named.
struct Http(reqwest::Client);

impl Http {
    fn new() -> reqwest::Result<Http> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE);
        Ok(Http(client.build()?))
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async {
            let mut response = self.0.execute(request.try_into()?).await?;
            let mut answer = openidconnect::http::Response::builder().status(response.status());
            if let Some(headers) = answer.headers_mut() {
                headers.clone_from(response.headers());
            }
            let mut body = Vec::new();
            while let Some(part) = response.chunk().await? {
                if body.len() + part.len() > BYTES {
                    return Err(HttpError::TooLong);
                }
                body.extend_from_slice(&part);
            }
            Ok(answer.body(body)?)
        })
    }
}

impl Oidc {
    /// The provider with this issuer. `public` is the address at which browsers find this service.
    ///
    /// # Errors
    ///
    /// If there can be no HTTP client.
    pub(crate) fn new(
        issuer: String,
        client_id: String,
        client_secret: Option<String>,
        public: &Url,
    ) -> anyhow::Result<Oidc> {
        let redirect = public
            .join(CALLBACK)
            .context("the public address takes no path")?;
        Ok(Oidc {
            // It is compared with what the provider says, to the letter.
            issuer: IssuerUrl::new(issuer)?,
            client_id: ClientId::new(client_id),
            client_secret: client_secret.map(ClientSecret::new),
            redirect: RedirectUrl::from_url(redirect),
            http: Http::new()?,
            known: Mutex::new(None),
            turns: Semaphore::new(AT_A_TIME),
        })
    }

    /// What the provider says of itself, with its keys.
    async fn provider(&self, at_most: Duration) -> Result<CoreProviderMetadata, Problem> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, metadata)) = &*known()
            && since.elapsed() < at_most
        {
            return Ok(metadata.clone());
        }
        let asked = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http).await;
        let metadata = asked.map_err(|error| not_discovered(&error))?;
        *known() = Some((Instant::now(), metadata.clone()));
        Ok(metadata)
    }

    /// Begins a sign-in. Returns the address at the provider, the state that comes back from there, and what to keep.
    ///
    /// # Errors
    ///
    /// A problem of status 502 if the provider does not answer, and 503 if too many sign in at a time.
    pub(super) async fn begin(&self) -> Result<(Url, String, Begun), Problem> {
        let _turn = self.turns.try_acquire().map_err(|_| Problem::busy())?;
        let client = self.client(self.provider(FRESH).await?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                || CsrfToken::new(super::secret::new()),
                || Nonce::new(super::secret::new()),
            )
            .add_scope(Scope::new("email".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let begun = Begun {
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        };
        Ok((url, state.into_secret(), begun))
    }

    /// Ends a sign-in: has the provider say whose code it is.
    ///
    /// # Errors
    ///
    /// As [`Oidc::begin`], and of status 403 if the provider does not say so, or not credibly.
    pub(super) async fn finish(&self, code: String, begun: &Begun) -> Result<Email, Problem> {
        let _turn = self.turns.try_acquire().map_err(|_| Problem::busy())?;
        let client = self.client(self.provider(FRESH).await?);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| away("there is no token endpoint"))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|error| not_exchanged(&error))?;
        let id_token = tokens
            .id_token()
            .ok_or_else(|| not_believed("there is no ID token"))?;
        let nonce = Nonce::new(begun.nonce.clone());
        let verified = id_token.claims(&client.id_token_verifier(), &nonce);
        let claims = match verified {
            Err(ClaimsVerificationError::SignatureVerification(_)) => {
                // The provider may have a new key.
                let client = self.client(self.provider(SOON).await?);
                id_token.claims(&client.id_token_verifier(), &nonce)
            }
            verified => verified,
        };
        let claims = claims.map_err(|error| not_believed(&chain(&error)))?;
        if claims.email_verified() != Some(true) {
            let detail = "The identity provider has not verified your e-mail address.";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
        let email = claims.email().and_then(|email| email.parse().ok());
        email.ok_or_else(|| not_believed("there is no e-mail address"))
    }

    /// Who we are to the provider that says this of itself.
    fn client(&self, metadata: CoreProviderMetadata) -> ProvidedClient {
        let by_form = metadata
            .token_endpoint_auth_methods_supported()
            .is_some_and(|methods| !methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let secret = self.client_secret.clone();
        let client = CoreClient::from_provider_metadata(metadata, self.client_id.clone(), secret)
            .set_redirect_uri(self.redirect.clone());
        match by_form {
            true => client.set_auth_type(AuthType::RequestBody),
            false => client,
        }
    }
}

/// Why the provider has not said what is to be known of it.
fn not_discovered(error: &DiscoveryError<HttpError>) -> Problem {
    match error {
        DiscoveryError::Request(failed) => away(&chain(failed)),
        error => away(&chain(error)),
    }
}

/// Why there are no tokens. What the provider says beside it may have names of people, so it is left out.
fn not_exchanged(
    error: &RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>,
) -> Problem {
    match error {
        RequestTokenError::ServerResponse(refused) => not_believed(refused.error().as_ref()),
        RequestTokenError::Request(failed) => away(&chain(failed)),
        RequestTokenError::Parse(error, _) => away(&format!(
            "its answer is not what is expected at {}",
            error.path()
        )),
        RequestTokenError::Other(_) => away("its answer is empty"),
    }
}

/// The provider cannot be asked.
fn away(reason: &str) -> Problem {
    tracing::warn!(reason, "the identity provider cannot be asked");
    let detail = "The identity provider does not answer as it should: try again soon.";
    Problem::new(StatusCode::BAD_GATEWAY, detail)
}

/// The provider has answered, and what it says does not count.
fn not_believed(reason: &str) -> Problem {
    tracing::warn!(reason, "an identity provider's answer is not believed");
    let detail = "The identity provider has not said who you are: begin again at /sign-in.";
    Problem::new(StatusCode::FORBIDDEN, detail)
}
