//! A person at an inbox where a policy holds.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};
use timeoff_cli::{Notices, Shutdown, Terminal, Typist, Written};
use timeoff_ledger::{Fact, LeaveDecided};
use tokio::time::timeout;

use super::{Next, Session};
use crate::counter::Counter;
use crate::desk::Desk;
use crate::inbox::{CAPACITY, detail};
use crate::tests::{DEADLINE, GRACE, Office};

const GROUP: &str = "managers";

/// Grace's terminal.
struct Screen {
    terminal: Terminal,
    typist: Typist,
    said: Written,
    product: Written,
}

impl Screen {
    fn new() -> Screen {
        let (shutdown, _trigger) = Shutdown::manual();
        let (terminal, typist, said, product) = Terminal::typed(shutdown);
        Screen {
            terminal,
            typist,
            said,
            product,
        }
    }
}

async fn desk_of_grace(office: &Office) -> Desk {
    office.desk_of(GRACE).await
}

/// Grace's inbox, once this many applications have come, those that the policy decides among them.
async fn inbox<'a>(desk: &'a Desk, terminal: &'a mut Terminal, come: usize) -> Session<'a> {
    let (notices, sentences) = Notices::to_screen();
    let membership = desk.membership(GROUP, CAPACITY, true);
    let subscription = desk.contract().log().subscribe(membership).await;
    let subscription = subscription.expect("joins");
    let mut session = Session {
        counter: Counter::new(desk, GROUP, subscription, notices.clone()),
        desk,
        group: GROUP.to_owned(),
        has_commands: true,
        terminal,
        notices,
        sentences,
        kept_comment: None,
        last_results: BTreeMap::new(),
    };
    let work = async {
        let mut deliveries = 0;
        while deliveries < come {
            // Some have come while something was being recorded.
            let event = match session.next_arrived().expect("goes on") {
                Some(event) => event,
                None => session.counter.subscription.next().await.expect("goes on"),
            };
            deliveries += usize::from(matches!(event, timeoff_log::Event::Delivery(_)));
            session.hear(event).await.expect("works");
        }
    };
    let worked = timeout(DEADLINE, work).await;
    worked.expect("it does not take so long");
    session
}

fn keys(typed: &str) -> Vec<KeyEvent> {
    let key = |c| match c {
        '\n' => KeyCode::Enter.into(),
        c => KeyCode::Char(c).into(),
    };
    typed.chars().map(key).collect()
}

async fn press(session: &mut Session<'_>, key: char) {
    let next = session.press(KeyCode::Char(key).into()).await;
    assert!(matches!(next.expect("works"), Next::GoOn));
}

/// The leave that is booked on the ledger, in order.
async fn booked(office: &Office) -> Vec<LeaveDecided<'static>> {
    let facts = office.facts().await.into_iter();
    facts
        .filter_map(|fact| match fact {
            Fact::LeaveBooked(decided) => Some(decided),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn the_chosen_application_is_shown_with_what_it_takes_and_what_is_left() {
    let office = Office::with_policy().await;
    office.apply_for(&[("an id", "2027-08-02", 16)]).await;
    let desk = desk_of_grace(&office).await;
    let mut screen = Screen::new();
    let session = inbox(&desk, &mut screen.terminal, 1).await;
    let look = session.counter.look_at_chosen().expect("one waits");
    let row = session.counter.inbox.chosen().expect("one waits");
    let lines = detail(&row.application, &look);
    let texts: Vec<&str> = lines.iter().map(|(text, _)| text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "Annual leave from 2027-08-02 to 2027-08-03 takes 16 h (2 days). 40 h can be taken on 2027-08-02, 24 h after \
             this."
        ]
    );
}

#[tokio::test]
async fn what_the_policy_warns_of_is_approved_only_after_another_yes() {
    let office = Office::with_policy().await;
    // In the time of stocktaking.
    office.apply_for(&[("an id", "2027-07-01", 8)]).await;
    let desk = desk_of_grace(&office).await;
    let mut screen = Screen::new();
    let mut session = inbox(&desk, &mut screen.terminal, 1).await;

    // Enter is a no.
    for no in ["n", "\n"] {
        screen.typist.press(keys(no));
        press(&mut session, 'a').await;
        assert!(booked(&office).await.is_empty());
        assert!(session.counter.inbox.chosen().is_some());
    }
    let said = screen.said.text();
    assert!(
        said.contains("Warning: 2027-07-01 is in a time without leave: Stocktaking."),
        "{said}"
    );
    assert!(
        said.contains("Nothing was decided about 8 hours from 2027-07-01"),
        "{said}"
    );

    screen.typist.press(keys("y\n"));
    press(&mut session, 'a').await;
    let [booked] = &booked(&office).await[..] else {
        panic!("one is booked");
    };
    let judged = booked.judged.as_ref().expect("judged by the policy");
    let warnings = judged.warnings.as_ref().expect("said on the ledger");
    assert!(warnings.0.contains("Stocktaking"), "{}", warnings.0);
    assert!(session.counter.inbox.chosen().is_none());
    let product = screen.product.text();
    assert!(
        product.starts_with("approved: 8 hours from 2027-07-01"),
        "{product}"
    );
}

#[tokio::test]
async fn what_cannot_be_approved_is_refused_before_a_comment_is_written_and_waits_on() {
    for (start, hours, why) in [
        (
            "2027-08-02",
            48,
            "This leave takes 48 h of Annual leave, and 8 h of it has no entitlement",
        ),
        ("2027-08-02", 24, "has to be approved by several people"),
    ] {
        let office = Office::with_policy().await;
        office.apply_for(&[("an id", start, hours)]).await;
        let desk = desk_of_grace(&office).await;
        let mut screen = Screen::new();
        let mut session = inbox(&desk, &mut screen.terminal, 1).await;
        // No question is asked, so no key is needed.
        press(&mut session, 'a').await;
        // Long sentences are broken between words.
        let said = screen.said.text();
        let said = said.split_whitespace().collect::<Vec<_>>();
        let said = said.join(" ");
        assert!(said.contains(why), "{said}");
        assert!(!said.contains("Comment"), "{said}");
        assert!(session.counter.inbox.chosen().is_some());
        assert!(booked(&office).await.is_empty());

        // It can be declined all the same.
        screen.typist.press(keys("\n"));
        press(&mut session, 'd').await;
        assert!(session.counter.inbox.chosen().is_none());
    }
}

#[tokio::test]
async fn what_the_policy_approves_by_itself_is_decided_as_it_comes_in() {
    let office = Office::with_policy().await;
    let applications = [
        ("short", "2027-08-02", 4),
        ("long", "2027-08-03", 8),
        ("short, with a warning", "2027-07-01", 4),
    ];
    office.apply_for(&applications).await;
    let desk = desk_of_grace(&office).await;
    let mut screen = Screen::new();
    let session = inbox(&desk, &mut screen.terminal, 3).await;
    let booked = booked(&office).await;
    let ids: Vec<&str> = booked.iter().map(|one| one.application.as_str()).collect();
    assert_eq!(ids, ["short"]);
    assert_eq!(
        booked[0].policy.as_deref(),
        Some("Annual leave is approved automatically")
    );
    let waits = session.counter.inbox.chosen().expect("the long one waits");
    assert_eq!(waits.application.start.to_string(), "2027-08-03");
    let product = screen.product.text();
    assert!(
        product.starts_with("approved by the policy: 4 hours from 2027-08-02"),
        "{product}"
    );
    assert_eq!(product.lines().count(), 1, "{product}");
}
