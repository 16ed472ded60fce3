//! An OpenID Connect provider that knows one person, signs with a real key, and can lie.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sha::sha256;
use openssl::sign::Signer;
use serde::Deserialize;
use serde_json::{Value, json};

/// Who the service is to the provider.
pub(crate) const CLIENT: &str = "timeoff";
pub(crate) const SECRET: &str = "between the two";

/// What is wrong with what the provider says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lie {
    No,
    /// It is signed by another key.
    Key,
    /// It is not signed.
    Unsigned,
    /// It is an answer to another sign-in.
    Nonce,
    /// It is for another service.
    Audience,
    /// It is another provider's.
    Issuer,
    /// It counts no more.
    Expired,
    /// Nobody knows whether the e-mail address is theirs.
    Unverified,
    /// It does not say whether the e-mail address is theirs.
    Silent,
    /// There is no e-mail address.
    Nobody,
}

/// What is said of the person, and how.
#[derive(Clone)]
struct Saying {
    email: String,
    lie: Lie,
}

struct Begun {
    nonce: String,
    challenge: String,
    redirect: String,
}

struct Shared {
    issuer: String,
    key: PKey<Private>,
    other_key: PKey<Private>,
    saying: Mutex<Saying>,
    codes: Mutex<HashMap<String, Begun>>,
}

/// The provider.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Provider {
    /// One that does not answer yet. It says whom its codes are for.
    pub(crate) fn new(email: &str) -> Provider {
        // The port is free, and stays so: nothing else is given one that was bound a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let issuer = format!("http://{address}/realms/timeoff");
        let key = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
        let saying = Saying {
            email: email.to_owned(),
            lie: Lie::No,
        };
        let shared = Shared {
            issuer: issuer.clone(),
            key: key(),
            other_key: key(),
            saying: Mutex::new(saying),
            codes: Mutex::default(),
        };
        Provider {
            issuer,
            address,
            shared: Arc::new(shared),
        }
    }

    /// Answers from now on, until the test's end.
    pub(crate) fn start(&self) {
        let routes = Router::new()
            .route(
                "/realms/timeoff/.well-known/openid-configuration",
                get(configuration),
            )
            .route("/keys", get(keys))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(self.shared.clone());
        let listener = TcpListener::bind(self.address).unwrap();
        listener.set_nonblocking(true).unwrap();
        std::thread::spawn(move || {
            timeoff_testkit::on_runtime(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, routes).await.unwrap();
            });
        });
    }

    /// Says this from now on.
    pub(crate) fn says(&self, email: &str, lie: Lie) {
        *self.shared.saying.lock().unwrap() = Saying {
            email: email.to_owned(),
            lie,
        };
    }
}

async fn configuration(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let (base, _) = shared.issuer.split_once("/realms").unwrap();
    Json(json!({
        "issuer": shared.issuer,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    }))
}

async fn keys(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let rsa = shared.key.rsa().unwrap();
    Json(json!({"keys": [{
        "kty": "RSA",
        "kid": "one",
        "use": "sig",
        "alg": "RS256",
        "n": URL_SAFE_NO_PAD.encode(rsa.n().to_vec()),
        "e": URL_SAFE_NO_PAD.encode(rsa.e().to_vec()),
    }]}))
}

#[derive(Deserialize)]
struct Asked {
    response_type: String,
    client_id: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    redirect_uri: String,
}

/// The person signs in here. This one is quick.
async fn authorize(State(shared): State<Arc<Shared>>, Query(asked): Query<Asked>) -> Redirect {
    assert_eq!(asked.response_type, "code");
    assert_eq!(asked.client_id, CLIENT);
    assert_eq!(asked.scope, "openid email");
    assert_eq!(asked.code_challenge_method, "S256");
    let begun = Begun {
        nonce: asked.nonce,
        challenge: asked.code_challenge,
        redirect: asked.redirect_uri.clone(),
    };
    let code = fastrand::u64(..).to_string();
    shared.codes.lock().unwrap().insert(code.clone(), begun);
    let state = asked.state;
    Redirect::to(&format!("{}?code={code}&state={state}", asked.redirect_uri))
}

/// A code counts once, for whoever began the sign-in.
async fn token(State(shared): State<Arc<Shared>>, headers: HeaderMap, form: String) -> Response {
    let form: HashMap<_, _> = url::form_urlencoded::parse(form.as_bytes()).collect();
    assert_eq!(form["grant_type"], "authorization_code");
    let secret = SECRET.replace(' ', "+");
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{secret}")));
    assert_eq!(headers[header::AUTHORIZATION], expected);
    let begun = shared.codes.lock().unwrap().remove(&*form["code"]);
    let begun = begun.filter(|begun| {
        let challenge = URL_SAFE_NO_PAD.encode(sha256(form["code_verifier"].as_bytes()));
        begun.challenge == challenge && begun.redirect == form["redirect_uri"]
    });
    let Some(begun) = begun else {
        let refused = Json(json!({"error": "invalid_grant"}));
        return (StatusCode::BAD_REQUEST, refused).into_response();
    };
    let said = id_token(&shared, begun.nonce);
    let answer = json!({
        "access_token": "unused",
        "token_type": "Bearer",
        "expires_in": 60,
        "id_token": said,
    });
    Json(answer).into_response()
}

fn id_token(shared: &Shared, nonce: String) -> String {
    let Saying { email, lie } = shared.saying.lock().unwrap().clone();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = since.unwrap().as_secs();
    let other = |what: Lie, value: Value, otherwise: Value| match lie == what {
        true => otherwise,
        false => value,
    };
    let mut claims = json!({
        "iss": other(Lie::Issuer, json!(shared.issuer), json!("https://id.example.org")),
        "sub": "1",
        "aud": other(Lie::Audience, json!(CLIENT), json!("another service")),
        "iat": now - 7200,
        "exp": other(Lie::Expired, json!(now + 60), json!(now - 3600)),
        "nonce": other(Lie::Nonce, json!(nonce), json!("another nonce")),
        "email": email,
        "email_verified": lie != Lie::Unverified,
    });
    let claims_of = claims.as_object_mut().unwrap();
    match lie {
        Lie::Silent => drop(claims_of.remove("email_verified")),
        Lie::Nobody => drop(claims_of.remove("email")),
        _ => {}
    }
    let algorithm = if lie == Lie::Unsigned {
        "none"
    } else {
        "RS256"
    };
    let header = json!({"alg": algorithm, "kid": "one", "typ": "JWT"});
    let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let text = format!("{}.{}", encoded(&header), encoded(&claims));
    let key = if lie == Lie::Key {
        &shared.other_key
    } else {
        &shared.key
    };
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    let signature = match lie {
        Lie::Unsigned => Vec::new(),
        _ => signer.sign_oneshot_to_vec(text.as_bytes()).unwrap(),
    };
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}
