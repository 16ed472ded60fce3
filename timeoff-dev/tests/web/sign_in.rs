//! Who is believed to be whom.

use timeoff_testkit::Bench;

use crate::client::Client;
use crate::office::{ADA, Web, dismiss, staffed};

#[test]
fn only_a_trusted_proxy_says_who_somebody_is() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let trusting = ["--sign-in", "proxy", "--trusted-proxy", "127.0.0.1"];
    let web = Web::start_at(&bench, "one", "127.0.0.1:0", &trusting);
    let nobody = Client::nobody(web.address);
    nobody.get("/api/v1/me").is(401);
    let ada = nobody.with("x-forwarded-email", ADA);
    assert_eq!(ada.get("/api/v1/me").is(200).text("/email"), ADA);
    nobody
        .with("x-forwarded-email", "ada")
        .get("/api/v1/me")
        .is(401);
    // The demo's way is not believed.
    web.client(ADA).get("/api/v1/me").is(401);
    web.stop();

    let trusting = ["--sign-in", "proxy", "--trusted-proxy", "127.0.0.2"];
    let web = Web::start_at(&bench, "other", "127.0.0.1:0", &trusting);
    let forged = Client::nobody(web.address).with("x-forwarded-email", ADA);
    let refused = forged.get("/api/v1/me").is(401);
    assert!(refused.text("/detail").contains("reverse proxy"));
    web.stop();
    dismiss(manager);
}

#[test]
fn the_demo_listens_on_no_address_that_others_reach() {
    let bench = Bench::sqlite();
    for (arguments, named) in [
        (
            &["--sign-in", "demo", "--listen", "0.0.0.0:0"][..],
            "--sign-in demo",
        ),
        (&["--sign-in", "proxy"], "--trusted-proxy"),
    ] {
        let ended = bench.run("web-service", arguments).exited_with(2);
        ended.said(&[named]);
    }
    // As in a container whose port is published on a loopback address.
    let only_local = ["--sign-in", "demo", "--only-local"];
    let web = Web::start_at(&bench, "view", "0.0.0.0:0", &only_local);
    let ada = web.client(ADA);
    ada.get("/readyz").is(200);
    let refused = ada.get("/api/v1/me").is(403);
    assert!(refused.text("/detail").contains("localhost"));
    web.stop();
}

#[test]
fn a_page_of_another_site_writes_nothing_in_somebodys_name() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let ada = web.client(ADA);
    let body = r#"{"hours": 8, "start": "2027-07-01"}"#;
    let path = "/api/v1/applications";
    ada.with("sec-fetch-site", "cross-site")
        .post(path, body)
        .is(403);
    ada.with("origin", "https://example.org")
        .post(path, body)
        .is(403);
    ada.with("sec-fetch-site", "same-origin")
        .post(path, body)
        .is(201);
    // A name of another site that points here.
    ada.with("host", "example.org:8080")
        .get("/api/v1/me")
        .is(403);
    // A form of another site cannot say that its body is JSON.
    let form = ada.with("content-type", "text/plain");
    form.post_nothing(path).is(415);
    web.stop();
    dismiss(manager);
}
