//! The policy, as a browser without JavaScript has it: read by everybody, checked, tried on the past and set by an admin.

use std::time::Duration;

use timeoff_testkit::Bench;

use crate::client::Client;
use crate::office::{ADA, BOB, GRACE, LINUS, OLE, Web, browser, dismiss, staffed, wait_until};
use crate::pages::{follow, hidden};

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

const ZOE: &str = "zoe@example.com";

const POLICY: &str = "default_type = \"annual\"\r\n\
    [types.annual]\r\n\
    label = \"Annual leave\"\r\n\
    needs_entitlement = true\r\n\
    [types.sick]\r\n\
    label = \"Sick leave\"\r\n\
    needs_entitlement = false\r\n";

/// What a form about a policy sends: what the page has, this text, these departments.
struct Draft {
    key: String,
    seen: String,
    checked: String,
    text: String,
    departments: Vec<&'static str>,
}

impl Draft {
    /// The form as somebody opens it, with another text.
    fn open(browser: &Client, text: &str, departments: &[&'static str]) -> Draft {
        let form = browser.get("/policy/edit?department=IT");
        Draft::on(form.shows(200, &["<textarea"]), text, departments)
    }

    /// The form on a page, with another text.
    fn on(page: &str, text: &str, departments: &[&'static str]) -> Draft {
        let [key, seen, checked] = ["key", "seen", "checked"].map(|name| hidden(page, name));
        Draft {
            key,
            seen,
            checked,
            text: text.to_owned(),
            departments: departments.to_vec(),
        }
    }

    fn fields<'a>(&'a self, step: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut fields = vec![
            ("key", &*self.key),
            ("seen", &*self.seen),
            ("checked", &*self.checked),
            ("text", &*self.text),
            ("from", "2026-01-01"),
            ("step", step),
        ];
        fields.extend(self.departments.iter().map(|name| ("in", *name)));
        fields
    }

    /// Checks it, and gives the form that is shown then.
    fn check(&self, browser: &Client) -> Draft {
        let checked = browser.send_form("/policy/edit", &self.fields("check"));
        let page = checked.shows(200, &["It can be set"]);
        Draft::on(page, &self.text, &self.departments)
    }
}

#[test]
fn an_admin_checks_a_policy_sees_what_it_would_do_and_sets_it() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [grace, ada, linus] = [GRACE, ADA, LINUS].map(|email| browser(web.address, email));

    // Who has none yet finds what to do, and an example that can be set as it is but for its departments.
    grace.get("/policy?department=IT").shows(
        200,
        &[
            "No policy is set in IT",
            "Begin with the example",
            "aria-current=\"page\">Policy",
        ],
    );
    let first = grace.get("/policy/edit?department=IT");
    let page = first.shows(200, &["A first policy", "default_type = &#34;annual&#34;"]);
    for name in ["HR", "IT", "OPS"] {
        assert!(
            page.contains(&format!("value=\"{name}\" checked")),
            "{page}"
        );
    }
    for (browser, text) in [
        (&ada, "No policy is set in IT"),
        (&linus, "No policy is set in IT"),
    ] {
        let page = browser.get("/policy");
        assert!(!page.shows(200, &[text]).contains("/policy/edit"));
    }

    // What is wrong is said with its line, and what was typed stays.
    let wrong = POLICY.replace("needs_entitlement = true", "needs_entitlement = maybe");
    let draft = Draft::open(&grace, &wrong, &["IT"]);
    let answer = grace.send_form("/policy/edit", &draft.fields("check"));
    let page = answer.shows(
        422,
        &[
            "One thing is wrong with the text",
            "line 4, character",
            "4 | needs_entitlement = maybe",
            "aria-invalid=\"true\"",
            "value=\"IT\" checked",
        ],
    );
    assert!(!page.contains("value=\"HR\" checked"), "{page}");
    let contradictory = POLICY.replace("default_type = \"annual\"", "default_type = \"study\"");
    let two =
        format!("{contradictory}[[entitlements]]\r\ntype = \"sick\"\r\nminutes_a_year = 1\r\n");
    let draft = Draft::open(&grace, &two, &["IT"]);
    grace.send_form("/policy/edit", &draft.fields("set")).shows(
        422,
        &[
            "2 things are wrong",
            "<strong>line 1, default_type</strong>",
            "<strong>line 8, entitlements[1].type</strong>",
            "8 | [[entitlements]]",
        ],
    );
    let mut nowhere = Draft::open(&grace, POLICY, &[]);
    let mut fields = nowhere.fields("check");
    fields.retain(|(name, _)| *name != "from");
    fields.push(("from", "soon"));
    grace
        .send_form("/policy/edit", &fields)
        .shows(422, &["in-mistake", "from-mistake", "value=\"soon\""]);
    nowhere.departments = vec!["SALES"];
    grace
        .send_form("/policy/edit", &nowhere.fields("check"))
        .shows(422, &["in-mistake"]);

    // Nobody sets what they have not seen the effect of: it is checked instead.
    let draft = Draft::open(&grace, POLICY, &["HR", "IT"]);
    let unchecked = grace.send_form("/policy/edit", &draft.fields("set"));
    let page = unchecked.shows(
        200,
        &[
            "It can be set",
            "IT: it becomes policy 1, the first one there.",
        ],
    );
    let mut checked = Draft::on(page, POLICY, &["HR", "IT"]);
    checked.text += "# one more line\r\n";
    grace
        .send_form("/policy/edit", &checked.fields("set"))
        .shows(200, &["It can be set", "one more line"]);
    grace.get("/policy").shows(200, &["No policy is set"]);
    checked.text = POLICY.to_owned();
    // Clicked twice, it is set once.
    let [first, again] = [(); 2].map(|()| grace.send_form("/policy/edit", &checked.fields("set")));
    for answer in [first, again] {
        follow(&grace, &answer).shows(
            200,
            &[
                "What became of your policy",
                "It is set.",
                "Policy 1 judges leave since",
                "Grace Hopper",
            ],
        );
    }
    // The same text by a file is the same text.
    let file = bench.folder.path().join("policy.toml");
    std::fs::write(&file, POLICY.replace("\r\n", "\n")).unwrap();
    let set = ["policy", "set", file.to_str().unwrap(), "--as", GRACE];
    let done = bench.run("timeoff-admin", &set).done();
    let unchanged = "IT: policy 1 is in force already";
    assert!(done.out.iter().any(|line| line == unchanged));

    // Everybody reads it, and nobody else changes it.
    for browser in [&ada, &linus] {
        let page = browser.get("/policy");
        let page = page.shows(
            200,
            &["Policy 1 judges leave", "label = &#34;Annual leave&#34;"],
        );
        assert!(!page.contains("/policy/edit"), "{page}");
        browser
            .get("/balance")
            .shows(200, &["href=\"/policy?department=IT\""]);
        browser
            .get("/policy?department=OPS")
            .shows(403, &["may not see the policy of OPS"]);
        browser.get("/policy/edit").shows(403, &["Only an admin"]);
        browser
            .send_form("/policy/edit", &checked.fields("set"))
            .shows(403, &["Only an admin"]);
    }
    let elsewhere = grace.with("sec-fetch-site", "cross-site");
    elsewhere
        .send_form("/policy/edit", &checked.fields("set"))
        .shows(403, &["another site"]);
    web.stop();
    dismiss(manager);
}

#[test]
fn before_a_policy_is_set_the_page_says_which_decisions_would_have_been_others_and_why() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let grace = browser(web.address, GRACE);
    let (ada, linus) = (web.client(ADA), web.client(LINUS));
    let draft = Draft::open(&grace, POLICY, &["IT"]).check(&grace);
    follow(
        &grace,
        &grace.send_form("/policy/edit", &draft.fields("set")),
    )
    .shows(200, &["Policy 1"]);
    let queue = |body: &str, status| {
        let queued = ada.post("/api/v1/applications", body).is(201);
        let decision = format!("{}/decision", queued.header("location"));
        linus
            .with("prefer", "wait=60")
            .with("timeoff-position", queued.header("timeoff-position"))
            .post(&decision, r#"{"outcome": "approve"}"#)
            .is(status);
        queued.text("/id").to_owned()
    };
    let sick = queue(
        r#"{"type": "sick", "start": "2027-07-05", "last_day": "2027-07-06"}"#,
        200,
    );
    // Nothing is granted, so annual leave is refused.
    let annual = queue(
        r#"{"type": "annual", "start": "2027-07-12", "last_day": "2027-07-12"}"#,
        409,
    );

    let other = POLICY.replace("needs_entitlement = true", "needs_entitlement = false")
        + "[[blackouts]]\r\nname = \"Stocktaking\"\r\nfrom = \"2027-07-01\"\r\nuntil = \"2027-07-09\"\r\nthen = \"block\"\r\n";
    let draft = Draft::open(&grace, &other, &["IT"]);
    let tried = grace.send_form("/policy/edit", &draft.fields("check"));
    let page = tried.shows(
        200,
        &[
            "IT: it becomes policy 2, in place of policy 1.",
            "If it had held since Thu 1 Jan 2026",
            "IT: 2 decided differently, 0 with other minutes",
            "approved, 16 h",
            "2027-07-05 is in a time without leave: Stocktaking.",
            "approved, 8 h",
        ],
    );
    for id in [&sick, &annual] {
        assert!(
            page.contains(&format!("href=\"/applications/{id}\"")),
            "{page}"
        );
    }
    assert_eq!(page.matches("<bdi>Ada Lovelace</bdi>").count(), 2, "{page}");
    // Of what was decided before the day, nothing is said; a day to come is refused.
    let today = chrono::Utc::now().date_naive();
    let tomorrow = today.succ_opt().unwrap().to_string();
    let mut fields = draft.fields("check");
    fields.retain(|(name, _)| *name != "from");
    fields.push(("from", &tomorrow));
    grace.send_form("/policy/edit", &fields).shows(
        422,
        &["from-mistake", "nothing has been decided in the future"],
    );
    // Trying changes nothing.
    grace
        .get("/policy?department=IT")
        .shows(200, &["Policy 1 judges leave"]);
    web.stop();
    dismiss(manager);
}

#[test]
fn of_two_admins_at_once_the_second_is_told_and_overrules_nobody_unseen() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let file = bench.folder.path().join("zoe.csv");
    std::fs::write(
        &file,
        "email,name,department,role\nzoe@example.com,Zoe Zimmer,IT,admin\n",
    )
    .unwrap();
    let import = ["people", "import", file.to_str().unwrap(), "--as", GRACE];
    bench.run("timeoff-admin", &import).done();
    let web = Web::start(&bench, "view");
    wait_until(PATIENCE, "she is entered", || {
        web.client(ZOE).get("/api/v1/me").status == 200
    });
    let [grace, zoe] = [GRACE, ZOE].map(|email| browser(web.address, email));
    let hers = POLICY.replace("Annual leave", "Vacation");

    // Both have checked theirs; one sets it.
    let of_grace = Draft::open(&grace, POLICY, &["IT"]).check(&grace);
    let of_zoe = Draft::open(&zoe, &hers, &["IT"]).check(&zoe);
    follow(
        &grace,
        &grace.send_form("/policy/edit", &of_grace.fields("set")),
    )
    .shows(200, &["It is set."]);
    let late = zoe.send_form("/policy/edit", &of_zoe.fields("set"));
    let page = late.shows(
        409,
        &[
            "role=\"alert\"",
            "Grace Hopper has set policy 1 in IT meanwhile",
            "Vacation",
        ],
    );
    // With the form that is shown then, it is looked at once more.
    let again = Draft::on(page, &hers, &["IT"]);
    let again = again.check(&zoe);
    zoe.get("/policy?department=IT")
        .shows(200, &["Policy 1", "Annual leave"]);
    follow(&zoe, &zoe.send_form("/policy/edit", &again.fields("set")))
        .shows(200, &["Policy 2 judges leave", "Zoe Zimmer", "Vacation"]);

    // While no manager answers, the service cannot know who was first: the department says so.
    dismiss(manager);
    let of_grace = Draft::open(&grace, POLICY, &["IT"]).check(&grace);
    let third = POLICY.replace("Annual leave", "Holiday");
    let of_zoe = Draft::open(&zoe, &third, &["IT"]).check(&zoe);
    let first = grace.send_form("/policy/edit", &of_grace.fields("set"));
    let second = zoe.send_form("/policy/edit", &of_zoe.fields("set"));
    for (browser, sent) in [(&grace, &first), (&zoe, &second)] {
        follow(browser, sent).shows(
            200,
            &["waiting", "It is sent, and not lost.", "Policy 2 judges"],
        );
    }
    let manager = bench.start("manager-service", &["serve"]);
    let page_of = |browser: &Client, sent: &crate::client::Answer| {
        follow(browser, sent).shows(200, &[]).to_owned()
    };
    wait_until(PATIENCE, "both are answered", || {
        !page_of(&grace, &first).contains("and not lost")
            && !page_of(&zoe, &second).contains("and not lost")
    });
    follow(&grace, &first).shows(
        200,
        &["It is set.", "Policy 3 judges leave", "Annual leave"],
    );
    follow(&zoe, &second).shows(
        200,
        &[
            "refused",
            "You expected policy 2, and policy 3 is in force",
            "Policy 3 judges leave",
        ],
    );
    web.stop();
    dismiss(manager);
}

#[test]
fn a_policy_may_be_as_long_as_a_policy_can_be_and_an_employee_elsewhere_reads_their_own() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let [grace, bob, ole] = [GRACE, BOB, OLE].map(|email| browser(web.address, email));
    // Of signs that a form sends as six bytes each.
    let room = 64 * 1024 - POLICY.replace("\r\n", "\n").len() - 3;
    let long = format!("{POLICY}# {}\n", "é".repeat(room / 2));
    let draft = Draft::open(&grace, &long, &["IT"]).check(&grace);
    follow(
        &grace,
        &grace.send_form("/policy/edit", &draft.fields("set")),
    )
    .shows(200, &["Policy 1"]);
    bob.get("/policy")
        .shows(200, &["Policy 1 judges leave", "éééé"]);
    ole.get("/policy").shows(200, &["No policy is set in OPS"]);
    let too_long = format!("{long}# {}\n", "é".repeat(10));
    let draft = Draft::open(&grace, &too_long, &["IT"]);
    grace
        .send_form("/policy/edit", &draft.fields("check"))
        .shows(422, &["65536 are the most", "éééé"]);
    web.stop();
    dismiss(manager);
}
