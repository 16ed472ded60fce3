//! Leave by a policy: what somebody can take, and why.

use serde_json::Value;
use timeoff_ledger::{Entitlement, PersonId, PolicyText, Request};
use timeoff_testkit::Bench;

use crate::client::{Answer, Client};
use crate::office::{ADA, BOB, GRACE, LINUS, OLE, Web, browser, command, dismiss, staffed};

const APPLICATIONS: &str = "/api/v1/applications";

/// The partition of IT.
const IT: i32 = 1;

const POLICY: &str = r#"
default_type = "annual"

[types.annual]
label = "Annual leave"
needs_entitlement = true

[types.sick]
label = "Sick leave"
needs_entitlement = false

[[windows]]
types = ["sick"]
ahead_days = 0
then = "warn"
"#;

/// A policy in IT, and 40 hours in 2099 for Ada. What a test says of days must not change with the day on which it runs.
struct Office {
    web: Web,
    manager: timeoff_testkit::Running,
    ada: Client,
    /// Ada's id.
    id: String,
}

impl Office {
    fn open(bench: &Bench) -> Office {
        let manager = staffed(bench);
        let web = Web::start(bench, "view");
        let ada = web.client(ADA);
        let id = ada.get("/api/v1/me").is(200).text("/id").to_owned();
        let policy = Request::SetPolicy {
            policy: PolicyText(POLICY.into()),
        };
        command(bench, &web, (IT, GRACE), policy);
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
        Office {
            web,
            manager,
            ada,
            id,
        }
    }

    fn close(self) {
        self.web.stop();
        dismiss(self.manager);
    }

    /// What Ada can take of a type on a day.
    fn available(&self, answer: &Answer, at: &str) -> Value {
        let ada = self
            .ada
            .with("timeoff-position", answer.header("timeoff-position"));
        let balance = ada.get(&format!("/api/v1/people/{}/balance?at={at}", self.id));
        balance.is(200).body["types"][0].clone()
    }
}

/// Queues an application, and gives the answer.
fn apply(client: &Client, body: &str) -> Answer {
    client.post(APPLICATIONS, body).is(201)
}

/// Has an approver decide, and waits for what becomes of it.
fn decide(client: &Client, queued: &Answer, body: &str) -> Answer {
    let path = format!("{}/decision", queued.header("location"));
    client
        .with("prefer", "wait=60")
        .with("timeoff-position", queued.header("timeoff-position"))
        .post(&path, body)
}

#[test]
fn a_balance_says_what_was_granted_and_which_leave_uses_it_on_which_day() {
    let bench = Bench::sqlite();
    let office = Office::open(&bench);
    let linus = office.web.client(LINUS);
    // Thursday and Friday are booked, Monday waits.
    let first = apply(&office.ada, r#"{"hours": 16, "start": "2099-07-02"}"#);
    let booked = decide(&linus, &first, r#"{"outcome": "approve"}"#).is(200);
    let second = apply(&office.ada, r#"{"hours": 8, "start": "2099-07-06"}"#);
    let seen = office
        .ada
        .with("timeoff-position", booked.header("timeoff-position"))
        .with("timeoff-position", second.header("timeoff-position"));
    seen.get("/api/v1/me").is(200);

    let annual = office.available(&booked, "2099-08-03");
    assert_eq!(annual["type"], "annual");
    assert_eq!(annual["available"], 2400 - 960 - 480, "{annual}");
    let share = &annual["entitlements"][0];
    let used = |uses: &Value| -> Vec<(String, u64)> {
        let uses = uses.as_array().unwrap().iter();
        uses.map(|one| {
            let date = one["date"].as_str().unwrap().to_owned();
            (date, one["minutes"].as_u64().unwrap())
        })
        .collect()
    };
    let day = |text: &str| (text.to_owned(), 480);
    assert_eq!(
        used(&share["booked"]),
        [day("2099-07-02"), day("2099-07-03")]
    );
    assert_eq!(used(&share["reserved"]), [day("2099-07-06")]);
    assert_eq!(share["booked"][0]["application"], first.body["id"]);
    assert_eq!(share["reserved"][0]["application"], second.body["id"]);
    // Before the year nothing can be taken, after it nothing is left.
    let before = office.available(&booked, "2098-12-31");
    assert_eq!(
        (&before["available"], &before["entitlements"][0]["later"]),
        (&0.into(), &960.into())
    );
    let after = office.available(&booked, "2100-01-01");
    assert_eq!(
        (&after["available"], &after["entitlements"][0]["expired"]),
        (&0.into(), &960.into())
    );

    // It is for the person and whoever decides, on pages too.
    let path = format!("/api/v1/people/{}/balance", office.id);
    for (email, status) in [
        (ADA, 200),
        (LINUS, 200),
        (GRACE, 200),
        (BOB, 404),
        (OLE, 404),
    ] {
        office.web.client(email).get(&path).is(status);
        let page = format!("/people/{}/balance?at=2099-08-03", office.id);
        browser(office.web.address, email).get(&page).page(status);
    }
    office.ada.get(&format!("{path}?at=soon")).is(400);
    let mine = browser(office.web.address, ADA);
    mine.get("/")
        .shows(200, &["Annual leave", "16 h from Thu 1 Jan 2099"]);
    mine.get("/balance?at=2099-08-03").shows(
        200,
        &[
            "<strong>16 h</strong> can be taken on Mon 3 Aug 2099.",
            "40 h from Thu 1 Jan 2099 to Thu 31 Dec 2099",
            "Thu 2 Jul to Fri 3 Jul 2099",
            "Thu 2 Jul 2099, 8 h",
            "It needs no entitlement.",
        ],
    );
    // Where no policy has been set, there is nothing about balances.
    let ole = browser(office.web.address, OLE);
    assert!(!ole.get("/").shows(200, &["My leave"]).contains("/balance"));
    ole.get("/balance")
        .shows(200, &["No policy has been set in OPS"]);
    office.close();
}
