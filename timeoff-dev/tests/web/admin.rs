//! People, stand-ins and dead letters, as a browser without JavaScript has them.

use std::time::Duration;

use chrono::{Days, Utc};
use timeoff_testkit::Bench;

use crate::client::{Answer, Client};
use crate::office::{ADA, BOB, GRACE, LINUS, Web, browser, dismiss, staffed, wait_until};
use crate::pages::{follow, hidden};

/// Only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);

const ZOE: &str = "zoe@example.com";

/// What a form about a person sends.
type PersonFields<'a> = Vec<(&'a str, &'a str)>;

/// The fields with other values for some of them.
fn with<'a>(fields: &PersonFields<'a>, others: &[(&'a str, &'a str)]) -> PersonFields<'a> {
    let mut fields = fields.clone();
    for &(name, value) in others {
        fields.retain(|(field, _)| *field != name);
        fields.push((name, value));
    }
    fields
}

/// The path that a form has led to, without what is said there.
fn path(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    let location = answer.header("location");
    location.split('?').next().unwrap_or_default().to_owned()
}

/// How often a text stands in a page.
fn count(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

/// The path of somebody's page, which the table of people leads to.
fn page_of(browser: &Client, department: &str, name: &str) -> String {
    let found = browser.get(&format!("/people?department={department}&text={name}"));
    let page = found.shows(200, &[name]);
    let (_, rest) = page.split_once("<a href=\"/people/0").unwrap();
    format!("/people/0{}", rest.split_once('"').unwrap().0)
}

pub(crate) fn an_admin_enters_changes_moves_and_sees_off_somebody_in_a_browser(bench: &Bench) {
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    let [grace, ada, linus] = [GRACE, ADA, LINUS].map(|email| browser(web.address, email));

    let people = grace.get("/people?department=IT");
    let page = people.shows(
        200,
        &[
            "People of IT",
            "Ada Lovelace",
            "Enter somebody",
            "Dead letters",
        ],
    );
    // In the order of their names, and those of other departments are not there.
    let places = ["Ada Lovelace", "Bob Builder", "Linus Approver"].map(|name| page.find(name));
    assert!(places.is_sorted() && places[0].is_some(), "{page}");
    assert!(!page.contains("Ole Operator"));
    let found = grace.get("/people?department=IT&text=LOVE");
    assert!(!found.shows(200, &["Ada Lovelace"]).contains("Bob Builder"));
    grace
        .get("/people?department=IT&text=nobody")
        .shows(200, &["Nobody in IT has"]);
    grace.get("/people?department=SALES").shows(400, &["SALES"]);

    let form = grace.get("/people/new?department=IT");
    let key = hidden(form.shows(200, &["<option selected>IT</option>"]), "key");
    let typed = vec![
        ("key", &*key),
        ("department", "IT"),
        ("name", "Zoe Zimmer"),
        ("email", ZOE),
        ("role", "employee"),
        ("from", "2026-01-01"),
        ("until", ""),
        ("tags", "nights first-aid"),
    ];
    // What was typed stays, and each mistake is at its field.
    let mistaken = with(
        &typed,
        &[("email", "zoe"), ("from", "soon"), ("name", "<b>Zoe</b>")],
    );
    let page = grace.send_form("/people/new", &mistaken);
    let page = page.shows(
        422,
        &[
            "value=\"zoe\"",
            "id=\"email-mistake\"",
            "id=\"from-mistake\"",
            "nights first-aid",
        ],
    );
    assert!(!page.contains("<b>"), "{page}");
    // Sent twice, it is one person.
    let [first, again] = [(); 2].map(|()| grace.send_form("/people/new", &typed));
    let zoe = path(&first);
    assert_eq!(zoe, path(&again));
    follow(&grace, &first).shows(
        200,
        &[
            "The person is entered.",
            "Zoe Zimmer",
            "nights first-aid",
            "Entered in IT as employee, by Grace Hopper",
        ],
    );
    let table = grace.get("/people?department=IT");
    let page = table.shows(200, &[]);
    assert_eq!(count(page, "Zoe Zimmer"), 1);
    assert!(page.contains("1 Jan 2026"));
    // The same key with something else in the form is nothing that was looked at.
    let other = with(&typed, &[("name", "Zoe Other")]);
    grace
        .send_form("/people/new", &other)
        .shows(409, &["sent before", "Zoe Other"]);
    // The department refuses an address that is somebody else's, and what was typed stays.
    let taken = with(&typed, &[("key", "another"), ("name", "Zoe Double")]);
    grace.send_form("/people/new", &taken).shows(
        409,
        &[
            "role=\"alert\"",
            "has this e-mail address",
            "value=\"Zoe Double\"",
            "value=\"2026-01-01\"",
        ],
    );

    // A change keeps what the form does not show.
    let file = bench.folder.path().join("zoe.csv");
    let row = "email,name,department,region,schedule\nzoe@example.com,Zoe Zimmer,IT,DE-BY,480 480 480 480 0 0 0\n";
    std::fs::write(&file, row).unwrap();
    let import = ["people", "import", file.to_str().unwrap(), "--as", GRACE];
    bench.run("timeoff-admin", &import).done();
    let has_region = || grace.get(&zoe).body.as_str().unwrap().contains("DE-BY");
    wait_until(PATIENCE, "the view has the region", has_region);
    let page = grace.get(&zoe);
    let page = page.shows(200, &["<dd>DE-BY</dd>", "<dd>480 480 480 480 0 0 0</dd>"]);
    let (seen, key) = (hidden(page, "seen"), hidden(page, "key"));
    let typed = with(&typed, &[("key", &key), ("seen", &seen)]);
    let unchanged = follow(&grace, &grace.send_form(&zoe, &typed));
    unchanged.shows(200, &["Nothing differs"]);
    let change = with(&typed, &[("role", "approver"), ("tags", "days")]);
    let [first, again] = [(); 2].map(|()| grace.send_form(&zoe, &change));
    assert_eq!(path(&first), path(&again));
    for answer in [first, again] {
        let page = follow(&grace, &answer);
        let page = page.shows(
            200,
            &[
                "It is changed.",
                "<dd>approver</dd>",
                "<dd>DE-BY</dd>",
                "<dd>480 480 480 480 0 0 0</dd>",
            ],
        );
        let change = "Changed in IT: role employee → approver, tags nights first-aid → days";
        assert_eq!(count(page, change), 1, "{page}");
    }
    // Somebody has changed her since: that is not undone unseen.
    let late = with(&typed, &[("name", "Zoe Late")]);
    grace.send_form(&zoe, &late).shows(
        409,
        &[
            "Somebody has changed this person",
            "value=\"Zoe Late\"",
            "<dd>approver</dd>",
        ],
    );
    let wrong = with(&change, &[("until", "2025-12-31")]);
    grace
        .send_form(&zoe, &wrong)
        .shows(422, &["until-mistake", "is before 2026-01-01"]);

    let key = hidden(grace.get(&zoe).shows(200, &[]), "key");
    grace
        .send_form(&format!("{zoe}/move"), &[("key", &key), ("to", "SALES")])
        .shows(422, &["to-mistake"]);
    let fields = [("key", &*key), ("to", "OPS")];
    let moved = grace.send_form(&format!("{zoe}/move"), &fields);
    follow(&grace, &moved).shows(
        200,
        &[
            "The person has moved.",
            "<dd>OPS</dd>",
            "Moved from IT to OPS",
            "Came from IT to OPS",
        ],
    );
    grace
        .get("/people?department=OPS")
        .shows(200, &["Zoe Zimmer", "Ole Operator"]);

    // An admin is entered in every department, by the form as by a file.
    let page = grace.get(&zoe);
    let page = page.shows(200, &[]);
    let (seen, key) = (hidden(page, "seen"), hidden(page, "key"));
    let admin = with(
        &change,
        &[("key", &key), ("seen", &seen), ("role", "admin")],
    );
    follow(&grace, &grace.send_form(&zoe, &admin)).shows(
        200,
        &[
            "It is changed.",
            "<dd>admin</dd>",
            "<dt>Guest in</dt><dd>HR, IT</dd>",
        ],
    );
    let by_zoe = browser(web.address, ZOE);
    by_zoe
        .get("/people?department=HR")
        .shows(200, &["Grace Hopper"]);
    let page = grace.get(&zoe);
    let page = page.shows(200, &[]);
    let (seen, key) = (hidden(page, "seen"), hidden(page, "key"));
    let employee = with(
        &admin,
        &[("key", &key), ("seen", &seen), ("role", "employee")],
    );
    follow(&grace, &grace.send_form(&zoe, &employee)).shows(200, &["<dd>employee</dd>"]);
    by_zoe.get("/people").shows(403, &["That is not for you"]);

    // The last admin of the departments stays one: the reason is at the form.
    let of_grace = page_of(&grace, "HR", "Grace");
    let key = hidden(grace.get(&of_grace).shows(200, &[]), "key");
    grace
        .send_form(
            &format!("{of_grace}/last-day"),
            &[("key", &key), ("last_day", "2027-01-31")],
        )
        .shows(
            409,
            &["role=\"alert\"", "without an admin", "value=\"2027-01-31\""],
        );
    let key = hidden(grace.get(&zoe).shows(200, &[]), "key");
    grace
        .send_form(
            &format!("{zoe}/last-day"),
            &[("key", &key), ("last_day", "")],
        )
        .shows(422, &["last-day-mistake"]);
    let fields = [("key", &*key), ("last_day", "2026-06-30")];
    let left = follow(
        &grace,
        &grace.send_form(&format!("{zoe}/last-day"), &fields),
    );
    left.shows(
        200,
        &[
            "The last day is noted.",
            "<dd>30 Jun 2026</dd>",
            "not active today",
        ],
    );
    by_zoe.get("/").shows(403, &["ask an admin"]);
    let page = grace.get("/people?department=OPS");
    assert!(!page.shows(200, &["Ole Operator"]).contains("Zoe"));
    grace
        .get("/people?department=OPS&left=1")
        .shows(200, &["Zoe Zimmer", "30 Jun 2026"]);

    // An approver sees who works there, and no more; an employee nothing of all this. A page of another site does nothing.
    let page = linus.get("/people");
    let page = page.shows(200, &["Ada Lovelace"]);
    assert!(
        !page.contains("Enter somebody") && !page.contains("Leaves on"),
        "{page}"
    );
    linus
        .get("/people?department=OPS")
        .shows(403, &["not see who works in OPS"]);
    let menu = ada.get("/");
    assert!(!menu.shows(200, &["My leave"]).contains("href=\"/people\""));
    let forms = [
        ("/people/new".to_owned(), with(&typed, &[("key", "theirs")])),
        (zoe.clone(), typed.clone()),
        (format!("{zoe}/move"), vec![("key", "theirs"), ("to", "IT")]),
        (
            format!("{zoe}/last-day"),
            vec![("key", "theirs"), ("last_day", "2030-01-01")],
        ),
    ];
    for browser in [&ada, &linus] {
        for (form, fields) in &forms {
            browser
                .send_form(form, fields)
                .shows(403, &["That is not for you"]);
        }
        browser.get("/people/new").shows(403, &[]);
        browser.get(&zoe).shows(403, &[]);
    }
    ada.get("/people")
        .shows(403, &["Only approvers and admins"]);
    let elsewhere = grace.with("sec-fetch-site", "cross-site");
    for (form, fields) in &forms {
        elsewhere
            .send_form(form, fields)
            .shows(403, &["another site"]);
    }
    grace.get(&format!("{zoe}/move")).page(303);
    let nobody = "/people/01a22983-5104-7492-a50c-d4dbea440560";
    grace.get(nobody).shows(404, &["no such person"]);
    web.stop();
    dismiss(manager);
}

pub(crate) fn whoever_stands_in_has_an_inbox_and_others_may_not_say_who_does(bench: &Bench) {
    let manager = staffed(bench);
    let web = Web::start(bench, "view");
    let [grace, ada, bob, linus] =
        [GRACE, ADA, BOB, LINUS].map(|email| browser(web.address, email));
    let body = r#"{"hours": 8, "start": "2027-07-01"}"#;
    let queued = web.client(ADA).post("/api/v1/applications", body).is(201);
    bob.get("/inbox").shows(403, &[]);

    let today = Utc::now().date_naive();
    let day = |days| today.checked_add_days(Days::new(days)).unwrap().to_string();
    let page = linus.get("/delegations");
    let page = page.shows(
        200,
        &[
            "Stand-ins in IT",
            "Nobody stands in for you",
            "bob@example.com",
        ],
    );
    // For himself only.
    assert_eq!(count(page, "Linus Approver</option>"), 1);
    assert!(
        !page.contains("Grace Hopper</option>\n    </select>") && !page.contains("Dead letters")
    );
    let from = {
        let (_, rest) = page.split_once("<select id=\"from\"").unwrap();
        let (_, rest) = rest.split_once("<option value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    };
    let (today, later) = (day(0), day(7));
    let typed = vec![
        ("key", "one"),
        ("department", "IT"),
        ("from", &*from),
        ("to", BOB),
        ("first_day", &*today),
        ("last_day", &*later),
    ];
    let mistaken = with(
        &typed,
        &[("to", "ole@example.com"), ("last_day", "2020-01-01")],
    );
    linus.send_form("/delegations", &mistaken).shows(
        422,
        &[
            "to-mistake",
            "last-day-mistake",
            "value=\"ole@example.com\"",
        ],
    );
    let to_himself = with(&typed, &[("key", "himself"), ("to", LINUS)]);
    linus
        .send_form("/delegations", &to_himself)
        .shows(409, &["role=\"alert\"", "Nobody stands in for themself"]);
    for browser in [&ada, &bob] {
        browser.get("/delegations").shows(403, &[]);
        browser.send_form("/delegations", &typed).shows(403, &[]);
    }
    linus
        .with("sec-fetch-site", "cross-site")
        .send_form("/delegations", &typed)
        .shows(403, &["another site"]);

    // Sent twice, it is said once.
    let [first, again] = [(); 2].map(|()| linus.send_form("/delegations", &typed));
    assert_eq!(path(&first), path(&again));
    let page = follow(&linus, &first);
    let page = page.shows(200, &["It is noted who stands in."]);
    assert_eq!(count(page, "<bdi>Bob Builder</bdi>"), 1, "{page}");
    let position = queued.header("timeoff-position");
    bob.get(&format!("/inbox?position={position}"))
        .shows(200, &["Ada Lovelace"]);
    // Whoever stands in sees that, and cannot hand it on: the right is not theirs.
    let page = bob.get("/delegations");
    let page = page.shows(200, &["Linus Approver"]);
    assert!(!page.contains("Have somebody stand in"), "{page}");
    let handed_on = with(&typed, &[("key", "on"), ("to", ADA)]);
    bob.send_form("/delegations", &handed_on)
        .shows(403, &["Only an approver"]);
    // An approver speaks for himself only.
    let of_grace = page_of(&grace, "HR", "Grace");
    let of_grace = of_grace.trim_start_matches("/people/");
    let for_grace = with(&typed, &[("key", "hers"), ("from", of_grace)]);
    linus
        .send_form("/delegations", &for_grace)
        .shows(409, &["Only the approver themself or an admin"]);

    // An admin sees and says it for everybody; what is to come and what is past stand apart.
    let (soon, then) = (day(30), day(40));
    let coming = with(
        &typed,
        &[
            ("key", "two"),
            ("to", ADA),
            ("first_day", &soon),
            ("last_day", &then),
        ],
    );
    follow(&grace, &grace.send_form("/delegations", &coming)).shows(200, &["Ada Lovelace"]);
    let past = with(
        &typed,
        &[
            ("key", "three"),
            ("to", ADA),
            ("first_day", "2020-01-01"),
            ("last_day", "2020-01-31"),
        ],
    );
    let page = follow(&grace, &grace.send_form("/delegations", &past));
    let page = page.shows(200, &["Linus Approver", "31 Jan 2020"]);
    let heads = [
        "id=\"now\"",
        "<bdi>Bob Builder</bdi>",
        "id=\"to-come\"",
        "<bdi>Ada Lovelace</bdi>",
        "id=\"past\"",
        "1 Jan 2020",
    ];
    let places = heads.map(|text| page.find(text));
    assert!(
        places.is_sorted() && places.iter().all(Option::is_some),
        "{places:?} {page}"
    );
    let of_linus = page_of(&grace, "IT", "Linus");
    grace
        .get(&of_linus)
        .shows(200, &["Bob Builder stands in in IT from"]);
    web.stop();
    dismiss(manager);
}

pub(crate) fn what_nobody_understands_is_shown_to_the_admins_of_its_department(bench: &Bench) {
    let manager = staffed(bench);
    // An admin of HR and IT, not of OPS.
    let file = bench.folder.path().join("admin.csv");
    let row = "email,name,department,role\nzoe@example.com,Zoe Zimmer,OPS,admin\n";
    std::fs::write(&file, row).unwrap();
    for arguments in [
        &["people", "import", file.to_str().unwrap()][..],
        &["people", "move", ZOE, "IT"],
    ] {
        let arguments = [arguments, &["--as", GRACE]].concat();
        bench.run("timeoff-admin", &arguments).done();
    }
    let web = Web::start(bench, "view");
    let [grace, zoe, linus, ada] =
        [GRACE, ZOE, LINUS, ADA].map(|email| browser(web.address, email));
    for admin in [&grace, &zoe] {
        admin.get("/dead-letters").shows(
            200,
            &["every record could be understood.", "dead-letters retry"],
        );
    }
    // A department that nobody else knows of, in the partition of OPS.
    let departments = ["--departments", "HR,IT,SALES"];
    let submit = [
        "submit",
        "--email",
        ADA,
        "--department",
        "SALES",
        "--hours",
        "8",
    ];
    let arguments = [&departments[..], &submit, &["--start", "2027-07-01"]].concat();
    bench.run("employee-service", &arguments).done();
    let shows = |text: &str| grace.get("/dead-letters").shows(200, &[]).contains(text);
    wait_until(PATIENCE, "the letter is there", || shows("SALES"));
    let place = format!("<code>{} 2:", bench.applications);
    let page = grace.get("/dead-letters");
    let page = page.shows(200, &[&*place, "<h2><code>2:0</code></h2>", ADA]);
    assert_eq!(count(page, "<li class=\"card\">"), 1, "{page}");
    let page = zoe.get("/dead-letters");
    assert!(
        !page
            .shows(200, &["Nothing of your departments"])
            .contains("SALES")
    );
    for browser in [&linus, &ada] {
        browser.get("/dead-letters").shows(403, &["Only an admin"]);
    }
    // She moves nobody whom she cannot change everywhere.
    let of_grace = page_of(&zoe, "HR", "Grace");
    let page = zoe.get(&of_grace);
    let page = page.shows(200, &["Only somebody who is an admin of all departments"]);
    assert!(
        !page.contains("<form method=\"post\" action=\"/people"),
        "{page}"
    );
    let fields = [("key", "hers"), ("last_day", "2030-01-01")];
    zoe.send_form(&format!("{of_grace}/last-day"), &fields)
        .shows(403, &["role=\"alert\""]);
    let admin = [
        ("key", "hers"),
        ("department", "IT"),
        ("name", "Another Admin"),
        ("email", "another@example.com"),
        ("role", "admin"),
        ("from", ""),
        ("until", ""),
        ("tags", ""),
    ];
    zoe.send_form("/people/new", &admin).shows(
        403,
        &["You are no admin of OPS: nothing was sent", "Another Admin"],
    );
    let found = grace.get("/people?department=IT&text=Another");
    found.shows(200, &["Nobody in IT has"]);
    web.stop();
    dismiss(manager);
}

/// Rights go by e-mail address, so what home refuses must not be done elsewhere.
#[test]
fn as_long_as_home_has_not_answered_no_other_department_is_asked() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let grace = browser(web.address, GRACE);
    let form = grace.get("/people/new?department=IT");
    let key = hidden(form.shows(200, &["Enter somebody"]), "key");
    dismiss(manager);
    // Ada is there already, as an employee.
    let typed = [
        ("key", &*key),
        ("department", "IT"),
        ("name", "Another Ada"),
        ("email", ADA),
        ("role", "admin"),
        ("from", ""),
        ("until", ""),
        ("tags", ""),
    ];
    let unanswered = grace.send_form("/people/new", &typed);
    let page = unanswered.shows(503, &["no other department was asked", "Another Ada"]);
    // Sent again, it is the same form.
    assert_eq!(hidden(page, "key"), key);
    let manager = bench.start("manager-service", &["serve"]);
    wait_until(PATIENCE, "it is refused", || {
        grace.send_form("/people/new", &typed).status == 409
    });
    let me = web.client(ADA).get("/api/v1/me").is(200);
    assert_eq!(me.body["decides_in"], serde_json::json!([]), "{me:?}");
    web.stop();
    dismiss(manager);
}

#[test]
fn what_was_refused_can_be_decided_once_the_reason_is_gone() {
    let bench = Bench::sqlite();
    let manager = staffed(&bench);
    let web = Web::start(&bench, "view");
    let (grace, linus) = (web.client(GRACE), browser(web.address, LINUS));
    let body = r#"{"hours": 8, "start": "2027-07-01"}"#;
    let queued = web.client(ADA).post("/api/v1/applications", body).is(201);
    let application = format!("/applications/{}", queued.text("/id"));
    let decision = format!("{application}/decision");
    wait_until(PATIENCE, "it can be decided", || {
        linus.get(&application).status == 200
    });
    // While no manager answers, the approver approves, and before that was made an employee.
    dismiss(manager);
    let page = page_of(&grace, "IT", "Linus");
    let form = grace.get(&page);
    let form = form.shows(200, &["Linus Approver"]);
    let (key, seen) = (hidden(form, "key"), hidden(form, "seen"));
    let typed = vec![
        ("key", &*key),
        ("seen", &*seen),
        ("name", "Linus Approver"),
        ("email", LINUS),
        ("role", "employee"),
        ("from", ""),
        ("until", ""),
        ("tags", ""),
    ];
    follow(&grace, &grace.send_form(&page, &typed)).shows(200, &["It is sent"]);
    let approve = [("outcome", "approve")];
    follow(&linus, &linus.send_form(&decision, &approve)).shows(200, &["It is sent"]);
    let manager = bench.start("manager-service", &["serve"]);
    wait_until(PATIENCE, "it is refused", || {
        grace
            .get(&application)
            .shows(200, &[])
            .contains("Refused to")
    });
    let form = grace.get(&page);
    let form = form.shows(200, &["employee"]);
    let (key, seen) = (hidden(form, "key"), hidden(form, "seen"));
    let again = with(
        &typed,
        &[("key", &*key), ("seen", &*seen), ("role", "approver")],
    );
    follow(&grace, &grace.send_form(&page, &again)).shows(200, &["approver"]);
    wait_until(PATIENCE, "it is approved", || {
        linus.send_form(&decision, &approve).status == 303
    });
    web.client(ADA).get("/").shows(200, &["approved"]);
    web.stop();
    dismiss(manager);
}
