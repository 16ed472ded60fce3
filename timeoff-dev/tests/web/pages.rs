//! The pages as a browser without JavaScript has them: links, forms, and where they lead.

use timeoff_testkit::Bench;

use crate::client::{Answer, Client};
use crate::office::{ADA, BOB, GRACE, LINUS, Web, browser, dismiss, staffed};

/// What is at the address that a form leads to.
pub(crate) fn follow(browser: &Client, answer: &Answer) -> Answer {
    assert_eq!(answer.status, 303, "{answer:?}");
    browser.get(answer.header("location"))
}

/// The value of a field that the browser keeps to itself.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[test]
fn whoever_wants_leave_applies_on_a_page_and_an_approver_decides_on_another() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let nobody = Client::nobody(web.address);
    let sent = nobody.get("/inbox");
    assert_eq!(
        (sent.status.as_u16(), sent.header("location")),
        (303, "/sign-in?return_to=%2Finbox")
    );
    nobody
        .get("/sign-in")
        .shows(200, &["Ada Lovelace", "Linus Approver", "This is a demo"]);
    let mistyped = nobody.send_form("/sign-in", &[("email", "ada")]);
    mistyped.shows(422, &["is not an e-mail address"]);

    let ada = browser(web.address, ADA);
    ada.get("/")
        .shows(200, &["You have not applied for leave yet."]);
    let form = ada.get("/new");
    let key = hidden(
        form.shows(200, &["First day", "An approver of IT decides."]),
        "key",
    );
    // What was typed stays, and each mistake is at its field.
    let mistaken = [("key", &*key), ("start", "soon"), ("hours", "0")];
    ada.send_form("/new", &mistaken).shows(
        422,
        &[
            "value=\"soon\"",
            "aria-describedby=\"start-mistake\"",
            "id=\"hours-mistake\"",
            "is not a number of hours",
        ],
    );
    let fields = [("key", &*key), ("start", "2027-07-01"), ("hours", "16")];
    let [first, again] = [(); 2].map(|()| follow(&ada, &ada.send_form("/new", &fields)));
    // Clicked twice, it is one.
    assert_eq!(first.body, again.body);
    let texts = [
        "Thu 1 Jul 2027",
        "waiting",
        "applications, partition 1, offset",
        "Withdraw it",
    ];
    assert!(!first.shows(200, &texts).contains("Approve"));

    let linus = browser(web.address, LINUS);
    let inbox = linus.get("/inbox");
    let page = inbox.shows(
        200,
        &["Ada Lovelace", "Thu 1 Jul to Fri 2 Jul 2027, 16 hours"],
    );
    let (_, rest) = page.split_once("action=\"/applications/").unwrap();
    let decision = format!("/applications/{}", rest.split_once('"').unwrap().0);
    // Others do neither see nor decide it, nor does whoever has applied.
    let application = decision.trim_end_matches("/decision");
    let bob = browser(web.address, BOB);
    bob.get("/inbox").shows(403, &["That is not for you"]);
    bob.get(application).shows(404, &["There is nothing here"]);
    for other in [&bob, &ada] {
        let refused = other.send_form(&decision, &[("outcome", "approve")]);
        assert!([403, 404].contains(&refused.status.as_u16()));
    }
    // A page of another site decides nothing.
    let elsewhere = linus.with("sec-fetch-site", "cross-site");
    elsewhere
        .send_form(&decision, &[("outcome", "approve")])
        .shows(403, &["another site"]);

    let comment = "<b>Enjoy</b> & rest";
    let fields = [
        ("outcome", "approve"),
        ("comment", comment),
        ("back", "inbox"),
    ];
    let decided = follow(&linus, &linus.send_form(&decision, &fields));
    decided.shows(200, &["Nothing waits for you.", "It is approved."]);
    // Another approver is told that it was too late.
    let grace = browser(web.address, GRACE);
    let late = grace.send_form(&decision, &[("outcome", "decline")]);
    late.shows(409, &["approved it already", "role=\"alert\""]);

    let shown = ada.get("/");
    let page = shown.shows(200, &["approved", "Linus Approver", "Enjoy"]);
    assert!(
        !page.contains("<b>") && !page.contains("Withdraw"),
        "{page}"
    );
    ada.get(application)
        .shows(200, &["Applied", "Approved by Linus Approver", "ledger 1:"]);
    let refused = ada.send_form(&format!("{application}/withdrawal"), &[]);
    refused.shows(409, &["role=\"alert\""]);

    let out = follow(&ada, &ada.post_nothing("/sign-out"));
    out.shows(200, &["You are signed out"]);
    assert_eq!(ada.get("/").status, 303);
    web.stop();
    dismiss(manager);
}

#[test]
fn a_page_needs_nothing_from_elsewhere_and_its_files_are_kept() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let ada = browser(web.address, ADA);
    let home = ada.get("/");
    let page = home.shows(200, &["<html lang=\"en\">"]);
    assert!(!page.contains("http") && !page.contains("style=") && !page.contains("onclick"));
    let files = page.split('"').filter(|text| text.starts_with("/assets/"));
    let files: Vec<&str> = files.collect();
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        let sent = Client::nobody(web.address).get(file);
        assert_eq!(sent.status, 200);
        assert!(sent.header("cache-control").contains("immutable"));
    }
    ada.get("/assets/style.css")
        .shows(404, &["There is no such file."]);
    ada.get("/nowhere").shows(404, &["There is nothing here"]);
    // Somebody who has not been entered can sign in as somebody else.
    let eve = browser(web.address, "eve@example.com");
    eve.get("/")
        .shows(403, &["ask an admin to enter you", "action=\"/sign-out\""]);
    web.stop();
    dismiss(manager);
}
