//! The inbox where a policy has been set: what an approver is shown of each application, and what becomes of decisions.

use timeoff_ledger::{Entitlement, PersonId, PolicyText, Request};
use timeoff_testkit::{Bench, Running};

use crate::client::{Answer, Client};
use crate::office::{ADA, BOB, GRACE, LINUS, Web, browser, command, dismiss, wait_until};
use crate::pages::follow;

const APPLICATIONS: &str = "/api/v1/applications";

/// An approver of OPS.
const OLGA: &str = "olga@example.com";

/// Whoever works four hours a day.
const MARY: &str = "mary@example.com";

const PEOPLE: &str = "email,name,department,role,tags,schedule\n\
    ada@example.com,Ada Lovelace,IT,employee,desk,\n\
    bob@example.com,Bob Builder,IT,employee,desk,\n\
    mary@example.com,Mary Halfday,IT,employee,,240 240 240 240 240 0 0\n\
    linus@example.com,Linus Approver,IT,approver,,\n\
    olga@example.com,Olga Operator,OPS,approver,,\n";

/// The partitions of IT and OPS.
const IT: i32 = 1;
const OPS: i32 = 2;

const POLICY: &str = r#"
default_type = "annual"

[types.annual]
label = "Annual leave"
needs_entitlement = true

[types.sick]
label = "Sick leave"
needs_entitlement = false

[[stages]]
types = ["annual"]
longer_than_minutes = 1440
after_approver = ["hr"]

[[cover]]
departments = ["IT"]
tag = "desk"
least_present = 1
then = "warn"

[[blackouts]]
name = "Year's end"
from = "2099-12-24"
until = "2099-12-31"
then = "block"
"#;

/// A policy in IT and OPS, and 40 hours in 2099 for Ada.
struct Office {
    web: Web,
    manager: Running,
    ada: Client,
    linus: Client,
}

impl Office {
    fn open(bench: &Bench) -> Office {
        let manager = timeoff_testkit::staffed(bench, PEOPLE);
        let web = Web::start(bench, "view");
        for partition in [IT, OPS] {
            let policy = Request::SetPolicy {
                policy: PolicyText(POLICY.into()),
                expected_version: None,
            };
            command(bench, &web, (partition, GRACE), policy);
        }
        let ada = web.client(ADA);
        let id = ada.get("/api/v1/me").is(200).text("/id").to_owned();
        let entitlement = Request::GrantEntitlement {
            entitlement: Box::new(Entitlement {
                id: uuid::Uuid::from_u128(1).try_into().unwrap(),
                person: id.parse::<PersonId>().unwrap(),
                leave_type: "annual".parse().unwrap(),
                minutes: 2400,
                from: "2099-01-01".parse().unwrap(),
                until: "2099-12-31".parse().unwrap(),
            }),
        };
        command(bench, &web, (IT, GRACE), entitlement);
        let linus = browser(web.address, LINUS);
        Office {
            web,
            manager,
            ada,
            linus,
        }
    }

    fn close(self) {
        self.web.stop();
        dismiss(self.manager);
    }

    /// Queues an application, and gives its id.
    fn applied(&self, email: &str, body: &str) -> String {
        let client = self.web.client(email);
        let queued = client.post(APPLICATIONS, body).is(201);
        let seen = client.with("timeoff-position", queued.header("timeoff-position"));
        seen.get("/api/v1/me").is(200);
        queued.text("/id").to_owned()
    }

    /// Queues sick leave on days of 2099, and has it approved.
    fn is_sick(&self, email: &str, first: &str, last: &str) -> String {
        let body = format!(r#"{{"type": "sick", "start": "{first}", "last_day": "{last}"}}"#);
        let id = self.applied(email, &body);
        let path = format!("{APPLICATIONS}/{id}/decision");
        let linus = self.web.client(LINUS).with("prefer", "wait=60");
        linus.post(&path, r#"{"outcome": "approve"}"#).is(200);
        id
    }

    /// Sends what a card's form sends.
    fn decide(&self, id: &str, outcome: &str, fields: &[(&str, &str)]) -> Answer {
        let own = [("back", "inbox"), ("outcome", outcome)];
        let fields = [&own[..], fields].concat();
        self.linus
            .send_form(&format!("/applications/{id}/decision"), &fields)
    }
}

/// The card of an application in the inbox.
fn card<'a>(page: &'a str, id: &str) -> &'a str {
    let begin = format!("id=\"card-{id}\"");
    let (_, rest) = page
        .split_once(&*begin)
        .unwrap_or_else(|| panic!("no card of {id}: {page}"));
    rest.split_once("</li>").unwrap().0
}

fn has(part: &str, texts: &[&str]) {
    for text in texts {
        assert!(part.contains(text), "{text} is not in {part}");
    }
}

const ANNUAL: &str = r#"{"type": "annual", "start": "2099-07-02", "last_day": "2099-07-03"}"#;

#[test]
fn a_card_says_what_leave_takes_what_is_left_and_what_stands_against_it() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let id = office.applied(ADA, ANNUAL);
    let inbox = office.linus.get("/inbox");
    let before = card(inbox.shows(200, &[]), &id);
    has(
        before,
        &[
            "Thu 2 Jul to Fri 3 Jul 2099, IT",
            "16 h (2 days) of Annual leave",
            "40 h can be taken then, 24 h after it",
            "nobody else",
        ],
    );
    assert!(
        !before.contains("Warning") && !before.contains("name=\"accept\""),
        "{before}"
    );
    assert!(!before.contains("Stage"), "{before}");

    // The ledger moves on, and what is known of others with it.
    office.is_sick(BOB, "2099-07-03", "2099-07-06");
    let inbox = office.linus.get("/inbox");
    let warned = card(inbox.shows(200, &[]), &id);
    has(
        warned,
        &[
            "Warning",
            "On 2099-07-03, 0 of desk would be present, and at least 1 must be present. Away: Bob Builder.",
            "name=\"accept\"",
            "Bob Builder, 3 Jul</bdi>",
        ],
    );
    // Whoever asks for it is told too, without a name; so is whoever is about to ask.
    for page in [
        format!("/applications/{id}"),
        "/new?start=2099-07-03&last_day=2099-07-03&type=sick".to_owned(),
    ] {
        let own = browser(office.web.address, ADA).get(&page);
        let own = own.shows(200, &["0 of desk would be present"]);
        assert!(!own.contains("present. Away: Bob"), "{own}");
    }
    let shown = office.linus.get(&format!("/applications/{id}"));
    shown.shows(
        200,
        &["Away: Bob Builder.", "16 h (2 days) of Annual leave"],
    );

    // More than there is, what takes the same time, and a time without leave. What waits and came first reserves.
    let too_long = r#"{"type": "annual", "start": "2099-08-03", "last_day": "2099-08-07"}"#;
    let too_long = office.applied(ADA, too_long);
    let again = r#"{"type": "sick", "start": "2099-07-06", "last_day": "2099-07-06"}"#;
    let again = office.applied(BOB, again);
    let blocked =
        r#"{"type": "sick", "start": "2099-12-30", "last_day": "2099-12-30", "note": "A knee"}"#;
    let blocked = office.applied(BOB, blocked);
    let inbox = office.linus.get("/inbox");
    let page = inbox.shows(200, &[]);
    has(
        card(page, &too_long),
        &[
            "40 h (5 days) of Annual leave",
            "24 h can be taken then</dd>",
            "16 h of it has no entitlement",
            "What the employee asked for earlier, and waits, is counted as taken.",
            "Stage 1 of 2: an approver decides.",
        ],
    );
    has(
        card(page, &again),
        &["The employee has booked leave from 2099-07-03 to 2099-07-06"],
    );
    has(
        card(page, &blocked),
        &[
            "Against it",
            "2099-12-30 is in a time without leave",
            "A knee",
        ],
    );
    office.close();
}

#[test]
fn what_is_refused_is_said_at_its_card_and_a_warning_is_accepted_there() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    office.is_sick(BOB, "2099-07-03", "2099-07-06");
    let id = office.applied(ADA, ANNUAL);
    let other = office.applied(
        MARY,
        r#"{"type": "sick", "start": "2099-07-02", "last_day": "2099-07-02"}"#,
    );
    let refused = office.decide(&id, "approve", &[("comment", "Enjoy!")]);
    let page = refused.shows(409, &["<h1>Inbox</h1>"]);
    let here = card(page, &id);
    has(
        here,
        &[
            "Not decided:",
            "To approve it all the same, accept the warning.",
            "value=\"Enjoy!\"",
        ],
    );
    assert!(!card(page, &other).contains("Not decided"), "{page}");
    let approved = office.decide(&id, "approve", &[("comment", "Enjoy!"), ("accept", "true")]);
    let inbox = follow(&office.linus, &approved);
    let page = inbox.shows(200, &["It is approved.", "Mary Halfday"]);
    assert!(!page.contains(&format!("card-{id}")), "{page}");
    let shown = office.linus.get(&format!("/applications/{id}"));
    shown.shows(
        200,
        &["accepted: On 2099-07-03, 0 of desk would be present"],
    );

    // What somebody else has decided meanwhile has no card any more.
    let grace = office.web.client(GRACE).with("prefer", "wait=60");
    let path = format!("{APPLICATIONS}/{other}/decision");
    grace.post(&path, r#"{"outcome": "decline"}"#).is(200);
    let late = office.decide(&other, "approve", &[]);
    late.shows(
        409,
        &[
            "<h1>Inbox</h1>",
            "Mary Halfday, Thu 2 Jul 2099</bdi></a>: ",
            "has declined it already",
        ],
    );
    office.close();
}

#[test]
fn several_are_approved_at_once_and_what_is_warned_of_with_one_confirmation() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    office.is_sick(BOB, "2099-07-01", "2099-07-31");
    let one_day = |day: u32| {
        format!(r#"{{"type": "annual", "start": "2099-07-0{day}", "last_day": "2099-07-0{day}"}}"#)
    };
    let warned = [6, 7].map(|day| office.applied(ADA, &one_day(day)));
    let free = r#"{"type": "sick", "start": "2099-07-02", "last_day": "2099-07-02"}"#;
    let free = office.applied(MARY, free);
    let chosen: Vec<(&str, &str)> = [&warned[0], &warned[1], &free]
        .map(|id| ("application", &**id))
        .to_vec();
    let asked = office.linus.send_form("/inbox/several", &chosen);
    asked.shows(
        200,
        &[
            "Decide 3 at once",
            "Accept the warnings of 2 of them",
            "8 h (1 day) of Annual leave",
            "40 h can be taken then, 32 h after it",
            "32 h can be taken then, 24 h after it",
            "4 h (1 day) of Sick leave",
        ],
    );
    // Without the confirmation, what is warned of is left, and can be confirmed then.
    let approve = [
        &chosen[..],
        &[("outcome", "approve"), ("comment", "Enjoy!")],
    ]
    .concat();
    let done = office.linus.send_form("/inbox/several", &approve);
    let page = done.shows(
        409,
        &[
            "1 of 3 approved",
            "accept the warning",
            "Accept the warnings, and approve those 2",
        ],
    );
    let confirmed: Vec<(&str, &str)> = vec![
        ("application", &warned[0]),
        ("application", &warned[1]),
        ("outcome", "approve"),
        ("accept", "true"),
        ("comment", "Enjoy!"),
    ];
    let (_, form) = page.rsplit_once("<form").unwrap();
    has(
        form,
        &[
            &warned[0],
            &warned[1],
            "name=\"accept\" value=\"true\"",
            "value=\"Enjoy!\"",
        ],
    );
    assert!(!form.contains(&free), "{form}");
    let done = office.linus.send_form("/inbox/several", &confirmed);
    done.shows(200, &["2 of 2 approved"]);
    let inbox = office.linus.get("/inbox");
    inbox.shows(200, &["Nothing waits for you."]);
    office.close();
}

#[test]
fn leave_that_moved_with_somebody_is_cancelled_where_it_is_booked_now() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let id = office.is_sick(ADA, "2099-07-02", "2099-07-03");
    let ada = browser(office.web.address, ADA);
    let [linus, olga] = [LINUS, OLGA].map(|email| browser(office.web.address, email));
    let page = format!("/applications/{id}");
    olga.get(&page).page(404);
    let moves = ["people", "move", ADA, "OPS", "--as", GRACE];
    bench.run("timeoff-admin", &moves).done();
    wait_until(
        std::time::Duration::from_secs(60),
        "she has arrived",
        || olga.get(&page).status == 200,
    );
    let shown = ada.get(&page);
    shown.shows(200, &["Ask to cancel it", "IT, booked in OPS now", "16 h"]);
    let asked = follow(&ada, &ada.send_form(&format!("{page}/cancellation"), &[]));
    asked.shows(
        200,
        &["You have asked for it to be cancelled.", "it counts"],
    );
    // Whoever decided on it then does not decide there.
    let decision = format!("{page}/cancellation/decision");
    let approve = [("outcome", "approve")];
    linus.send_form(&decision, &approve).page(403);
    olga.get(&page).shows(200, &["Cancel the leave"]);
    let cancelled = follow(&olga, &olga.send_form(&decision, &approve));
    cancelled.shows(
        200,
        &[
            "The leave is cancelled.",
            "<span class=\"state cancelled\">",
        ],
    );
    let counted = office.ada.get(&format!("{APPLICATIONS}/{id}")).is(200);
    assert_eq!(counted.text("/state"), "withdrawn");
    office.close();
}

#[test]
fn imported_rows_show_the_time_that_the_ledger_says() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let file = bench.folder.path().join("rows.csv");
    let rows =
        "email,department,start,until,type\nmary@example.com,IT,2099-07-02,2099-07-06,sick\n";
    std::fs::write(&file, rows).unwrap();
    bench
        .run("employee-service", &["import", file.to_str().unwrap()])
        .done();
    let mary = browser(office.web.address, MARY);
    let client = office.web.client(MARY);
    let list = || client.get(APPLICATIONS).is(200).body["applications"][0].clone();
    wait_until(std::time::Duration::from_secs(60), "it is queued", || {
        !list().is_null()
    });
    let id = list()["id"].as_str().unwrap().to_owned();
    // The row says three working days of eight hours.
    assert_eq!(list()["hours"], 24);
    let page = format!("/applications/{id}");
    let one = || {
        client
            .get(&format!("{APPLICATIONS}/{id}"))
            .is(200)
            .body
            .clone()
    };
    let is_counted = |state: &str| {
        assert_eq!(list()["working_minutes"], 720);
        assert_eq!(one()["working_minutes"], 720);
        let shown = mary.get(&page);
        let shown = shown.shows(200, &[state, "12 h"]);
        // Not alone: an id has any digits.
        assert!(
            !shown.contains("24 h") && !shown.contains(">24<"),
            "{shown}"
        );
        let home = mary.get("/");
        home.shows(200, &[state, "class=\"number\">12</td>"]);
    };
    is_counted("waiting");
    let inbox = office.linus.get("/inbox");
    has(
        card(inbox.shows(200, &[]), &id),
        &["12 h (3 days) of Sick leave"],
    );
    let approved = office.decide(&id, "approve", &[]);
    follow(&office.linus, &approved).shows(200, &["It is approved."]);
    is_counted("approved");
    office.close();
}
