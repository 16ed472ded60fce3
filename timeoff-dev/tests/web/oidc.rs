//! Signing in at an OpenID Connect provider, as a browser does.

use std::collections::BTreeMap;
use std::time::Duration;

use timeoff_testkit::{Bench, on_runtime};

use crate::client::{Answer, Client};
use crate::office::{ADA, Web, dismiss, staffed};
use crate::provider::{CLIENT, Lie, Provider, SECRET};

/// Where browsers find the service. A reverse proxy has the certificate; the tests speak in its place.
const PUBLIC: &str = "https://timeoff.example.com";

const SESSION: &str = "__Host-timeoff-session";
const SIGNING_IN: &str = "__Host-timeoff-signing-in-";

const APPLICATION: &str = r#"{"hours": 8, "start": "2027-07-01"}"#;

/// A service that sends people to this provider.
fn start(bench: &Bench, provider: &Provider, trusted: &str) -> Web {
    let secret = bench.folder.path().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    let options = [
        ["--sign-in", "oidc"],
        ["--oidc-issuer", &provider.issuer],
        ["--oidc-client-id", CLIENT],
        ["--oidc-client-secret-file", secret.to_str().unwrap()],
        ["--public-url", PUBLIC],
        ["--trusted-proxy", trusted],
    ];
    Web::start_at(bench, "view", "127.0.0.1:0", options.as_flattened())
}

/// What comes through the reverse proxy.
fn by_https(web: &Web) -> Client {
    Client::nobody(web.address).with("x-forwarded-proto", "https")
}

/// What a browser sends: also what other programs of the same host have left there.
fn with_cookie(client: &Client, name: &str, value: &str) -> Client {
    client.with("cookie", &format!("theme=grün; {name}={value}"))
}

/// The value of a cookie that is set, whose attributes must be those that keep it here.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    cookies(answer).remove(name)
}

fn cookies(answer: &Answer) -> BTreeMap<String, String> {
    let lines = answer.headers.get_all("set-cookie").iter();
    let pairs = lines.map(|line| {
        let (pair, attributes) = line.to_str().unwrap().split_once("; ").unwrap();
        let names = ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"];
        let mut attributes = attributes.split("; ");
        let has = names
            .iter()
            .all(|name| attributes.clone().any(|one| one == *name));
        assert!(has && attributes.any(|one| one.starts_with("Max-Age=")));
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

/// Begins a sign-in, and has the provider answer. Returns the path that it sends the browser back to, and the cookie's
/// name and value.
fn come_back(client: &Client, begin: &str) -> (String, (String, String)) {
    let begun = client.get(begin).page(303);
    let mut kept = cookies(&begun).into_iter();
    let kept = kept.find(|(name, _)| name.starts_with(SIGNING_IN)).unwrap();
    let (provider, path) = address(begun.header("location"));
    let answered = client.at(&provider).get(&path).page(303);
    let (base, path) = address(answered.header("location"));
    assert_eq!(base, PUBLIC);
    (path, kept)
}

fn address(url: &str) -> (String, String) {
    let url = url::Url::parse(url).unwrap();
    let path = &url[url::Position::BeforePath..];
    (url.origin().ascii_serialization(), path.to_owned())
}

/// Signs in. Returns the session.
fn sign_in(client: &Client) -> String {
    let (path, (name, kept)) = come_back(client, "/sign-in");
    let done = with_cookie(client, &name, &kept).get(&path).page(303);
    assert_eq!(cookie(&done, &name).unwrap(), "");
    cookie(&done, SESSION).unwrap()
}

#[test]
fn whoever_the_provider_vouches_for_has_a_session_until_they_sign_out() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let provider = Provider::new(ADA);
    // The service is there before the provider.
    let web = start(&bench, &provider, "127.0.0.1");
    let browser = by_https(&web);
    browser.get("/sign-in").page(502);
    provider.start();

    let (path, (name, kept)) = come_back(&browser, "/sign-in?return_to=/api/v1/me");
    let mine = with_cookie(&browser, &name, &kept);
    // Whoever follows another one's link is not signed in by it.
    browser.get(&path).page(403);
    let (_, (_, other)) = come_back(&browser, "/sign-in");
    for other in [&other, "another"] {
        with_cookie(&browser, &name, other).get(&path).page(403);
    }
    let done = mine.get(&path).page(303);
    assert_eq!(done.header("location"), "/api/v1/me");
    assert!(
        done.header("strict-transport-security")
            .starts_with("max-age=")
    );
    let session = cookie(&done, SESSION).unwrap();
    // Nor is anybody a second time.
    mine.get(&path).page(403);

    let ada = with_cookie(&browser, SESSION, &session);
    assert_eq!(ada.get("/api/v1/me").is(200).text("/email"), ADA);
    let path = "/api/v1/applications";
    ada.with("origin", PUBLIC).post(path, APPLICATION).is(201);
    ada.with("origin", "https://example.org")
        .post(path, APPLICATION)
        .is(403);

    // By http, the session does not count; nor is anybody signed in.
    let by_http = Client::nobody(web.address);
    let refused = with_cookie(&by_http, SESSION, &session)
        .get("/api/v1/me")
        .is(401);
    assert!(refused.text("/detail").contains("https"));
    assert_eq!(refused.header("strict-transport-security"), "");
    by_http.get("/sign-in").page(403);
    browser.get("/api/v1/me").is(401);
    with_cookie(&browser, SESSION, "guessed")
        .get("/api/v1/me")
        .is(401);

    // Another sign-in in the same browser ends the session before it.
    let (path, (name, kept)) = come_back(&browser, "/sign-in");
    let both = browser.with("cookie", &format!("{SESSION}={session}; {name}={kept}"));
    let session = cookie(&both.get(&path).page(303), SESSION).unwrap();
    ada.get("/api/v1/me").is(401);
    let ada = with_cookie(&browser, SESSION, &session);

    // It outlives the service.
    web.stop();
    let web = start(&bench, &provider, "127.0.0.1");
    let ada = ada.at(&format!("http://{}", web.address));
    ada.get("/api/v1/me").is(200);

    // Whoever follows is told nothing more once they have signed out.
    on_runtime(async {
        let mut stream = ada.begin("/api/v1/events").await;
        let ask = async |client: &Client, method, path, body| {
            client.ask(method, path, body).await.unwrap()
        };
        let post = reqwest::Method::POST;
        let elsewhere = ada.with("sec-fetch-site", "cross-site");
        ask(&elsewhere, post.clone(), "/sign-out", None)
            .await
            .page(403);
        let out = ask(&ada, post.clone(), "/sign-out", None).await.page(303);
        assert_eq!(cookie(&out, SESSION).unwrap(), "");
        ask(&ada, reqwest::Method::GET, "/api/v1/me", None)
            .await
            .is(401);
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.submit(ADA, "IT", 8).done();
        let told = tokio::time::timeout(Duration::from_secs(60), stream.chunk());
        let told = told.await.expect("the stream ends").unwrap();
        assert_eq!(told, None);
    });
    web.stop();

    // Whoever is no trusted proxy cannot say that it was https.
    let web = start(&bench, &provider, "127.0.0.2");
    by_https(&web).get("/sign-in").page(403);
    web.stop();
    dismiss(manager);
}

#[test]
fn what_a_provider_does_not_say_credibly_is_not_believed() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let provider = Provider::new(ADA);
    provider.start();
    let web = start(&bench, &provider, "127.0.0.1");
    let browser = by_https(&web);
    for lie in [
        Lie::Key,
        Lie::Unsigned,
        Lie::Nonce,
        Lie::Audience,
        Lie::Issuer,
        Lie::Expired,
        Lie::Unverified,
        Lie::Silent,
        Lie::Nobody,
    ] {
        provider.says(ADA, lie);
        let (path, (name, kept)) = come_back(&browser, "/sign-in");
        let refused = with_cookie(&browser, &name, &kept).get(&path).page(403);
        assert_eq!(cookie(&refused, SESSION), None, "{lie:?}");
    }
    // A code of another sign-in: whoever has stolen one does not have what it was begun with.
    provider.says(ADA, Lie::No);
    let (stolen, _) = come_back(&browser, "/sign-in");
    let (path, (name, kept)) = come_back(&browser, "/sign-in");
    let code = |path: &str| {
        let (_, rest) = path.split_once("code=").unwrap();
        rest.split_once('&').unwrap().0.to_owned()
    };
    let path = path.replace(&code(&path), &code(&stolen));
    with_cookie(&browser, &name, &kept).get(&path).page(403);

    // Somebody whom the provider knows, and nobody else.
    provider.says("eve@example.com", Lie::No);
    let eve = with_cookie(&browser, SESSION, &sign_in(&browser));
    eve.get("/api/v1/me").is(403);
    provider.says(ADA, Lie::No);
    for _ in 0..10 {
        sign_in(&browser);
    }
    let (path, (name, kept)) = come_back(&browser, "/sign-in");
    let refused = with_cookie(&browser, &name, &kept).get(&path).page(429);
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    web.stop();
    dismiss(manager);
}

#[test]
fn what_could_be_read_on_the_way_is_wrong_usage() {
    let bench = Bench::sqlite();
    let complete = [
        ["--sign-in", "oidc"],
        ["--oidc-issuer", "https://id.example.com"],
        ["--oidc-client-id", CLIENT],
        ["--public-url", PUBLIC],
        ["--trusted-proxy", "127.0.0.1"],
    ];
    for missing in 1..complete.len() {
        let mut some = complete.to_vec();
        let [option, _] = some.remove(missing);
        bench
            .run("web-service", some.as_flattened())
            .exited_with(2)
            .said(&[option]);
    }
    for (place, value) in [
        (1, "http://id.example.com"),
        (3, "http://timeoff.example.com"),
        (3, "https://timeoff.example.com/app"),
        (3, "https://{x}.example.com"),
        (1, "https://id.example.com?realm=staff"),
        (4, "0.0.0.0/0"),
        (4, "example.com"),
    ] {
        let mut other = complete;
        other[place][1] = value;
        bench
            .run("web-service", other.as_flattened())
            .exited_with(2)
            .said(&[value]);
    }
    let mixed = ["--sign-in", "demo", "--oidc-client-id", CLIENT];
    bench
        .run("web-service", &mixed)
        .exited_with(2)
        .said(&["--oidc-client-id"]);
}
