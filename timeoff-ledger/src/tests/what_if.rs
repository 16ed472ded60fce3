//! What would have been decided under another policy.

mod company;
mod speed;

use std::borrow::Cow;

use timeoff_models::{ApplicationId, LeaveApplication, LeaveDetails, Outcome};

use super::office::{day, department, email, enter, first_admin, id, noon, person};
use crate::{
    Answer, Application, Asked, Command, Comparison, Decider, Entitlement, Event, How, Person,
    Policy, PolicyText, Refusal, Request, Role, State, WhatIf,
};
use uuid::Uuid;

const PLAIN: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
[types.sick]
label = 'Sick leave'
needs_entitlement = false
";

fn policy(more: &str) -> Policy {
    Policy::read(&format!("{PLAIN}{more}"), |_| true).unwrap_or_else(|error| panic!("{error}"))
}

/// What has happened in IT, with all that can be read again.
struct Past {
    state: State,
    events: Vec<Event<'static>>,
    queued: Vec<(ApplicationId<'static>, LeaveApplication)>,
    commands: Vec<Command>,
    asked: u128,
}

impl Past {
    /// Ada is the admin, Grace approves, Hedy is in HR with the tag hr, Ken and Joan ask. Ken and Joan have two days.
    fn under(more: Option<&str>) -> Self {
        let mut past = Self {
            state: State::of(department("IT")),
            events: Vec::new(),
            queued: Vec::new(),
            commands: Vec::new(),
            asked: 0,
        };
        past.done("ada", 1, first_admin(1, "ada"));
        past.done("ada", 1, enter(person(2, "grace", Role::Approver)));
        let hedy = Person {
            tags: "hr".parse().unwrap(),
            ..person(3, "hedy", Role::Employee)
        };
        past.done("ada", 1, enter(hedy));
        past.done("ada", 1, enter(person(4, "ken", Role::Employee)));
        past.done("ada", 1, enter(person(5, "joan", Role::Employee)));
        if let Some(more) = more {
            past.set(1, more);
            for number in [4, 5] {
                let entitlement = Box::new(Entitlement {
                    id: Uuid::from_u128(u128::from(number)).try_into().unwrap(),
                    person: id(number),
                    leave_type: "annual".parse().unwrap(),
                    minutes: 960,
                    from: day(1),
                    until: day(31),
                });
                past.done("ada", 1, Request::GrantEntitlement { entitlement });
            }
        }
        past
    }

    fn set(&mut self, on: u32, more: &str) {
        let policy = PolicyText(format!("{PLAIN}{more}").into());
        self.done(
            "ada",
            on,
            Request::SetPolicy {
                policy,
                expected_version: None,
            },
        );
    }

    fn queue(&mut self, name: &str, first: u32, last: u32) -> ApplicationId<'static> {
        let at = noon(1).get() + self.queued.len() as i64;
        let id = ApplicationId::new(&email(name), at.try_into().unwrap());
        let leave = LeaveApplication {
            email: email(name),
            department: department("IT"),
            hours: 8.try_into().unwrap(),
            start: noon(first).into(),
            details: Some(Box::new(LeaveDetails {
                last_date: Some(day(last)),
                ..LeaveDetails::default()
            })),
        };
        self.queued.push((id.clone(), leave));
        id
    }

    fn application(&self, id: &ApplicationId<'_>) -> Application<'_> {
        let (id, leave) = self.queued.iter().find(|(one, _)| one == id).unwrap();
        Application {
            id: id.clone(),
            leave: Cow::Borrowed(leave),
            earlier: Vec::new(),
        }
    }

    fn command(&mut self, by: &str, on: u32, request: Request) -> Answer {
        self.asked += 1;
        let command = Command {
            asked: Asked {
                command_id: Uuid::from_u128(self.asked).try_into().unwrap(),
                by: email(by),
                at: noon(on),
            },
            request,
        };
        let application = command.request.application().cloned();
        let application = application.map(|id| self.application(&id));
        let answer = self.state.carry_out(&command, application.as_ref());
        let events = match &answer {
            Answer::Done { events, .. } => events.clone(),
            Answer::Refused { event, .. } => vec![event.clone()],
            other => panic!("{other:?}"),
        };
        self.commands.push(command);
        for event in events {
            self.state.evolve(&event);
            self.events.push(event);
        }
        answer
    }

    fn done(&mut self, by: &str, on: u32, request: Request) {
        let answer = self.command(by, on, request);
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }

    fn decide(
        &mut self,
        by: &str,
        on: u32,
        id: &ApplicationId<'static>,
        outcome: Outcome,
    ) -> Answer {
        let request = Request::DecideApplication {
            application: id.clone(),
            outcome,
            comment: None,
            expected_version: None,
            accept_warnings: false,
        };
        self.command(by, on, request)
    }

    fn approve(&mut self, by: &str, on: u32, id: &ApplicationId<'static>) {
        let answer = self.decide(by, on, id, Outcome::Approved);
        assert!(matches!(answer, Answer::Done { .. }), "{answer:?}");
    }

    fn refuse(&mut self, by: &str, on: u32, id: &ApplicationId<'static>) -> Refusal {
        match self.decide(by, on, id, Outcome::Approved) {
            Answer::Refused { refusal, .. } => refusal,
            other => panic!("{other:?}"),
        }
    }

    /// A rule approves it, if it may.
    fn automatic(&mut self, on: u32, id: &ApplicationId<'static>) {
        let application = self.application(id);
        let event = self
            .state
            .approve_automatically(&application, noon(on))
            .unwrap();
        self.state.evolve(&event);
        self.events.push(event);
    }

    fn what_if(&self, policy: Policy, from: Option<u32>) -> Comparison {
        let mut what_if = WhatIf::of(
            department("IT"),
            policy,
            from.map(day),
            self.queued.clone(),
            self.commands.clone(),
        );
        self.events.iter().for_each(|event| what_if.take(event));
        what_if.finish()
    }
}

/// What is different: how it was, how it would be, and why.
fn told(comparison: &Comparison) -> Vec<(&str, &str, &str)> {
    let differences = comparison.differences.iter();
    differences
        .map(|one| {
            let why = one.now.why.as_deref().unwrap_or("");
            (one.then.how.as_verb(), one.now.how.as_verb(), why)
        })
        .collect()
}

#[test]
fn the_same_policy_changes_nothing() {
    let stages = "[[stages]]\nlonger_than_minutes = 480\nafter_approver = ['hr']\n";
    let mut past = Past::under(Some(stages));
    let one = past.queue("ken", 4, 5);
    let two = past.queue("ken", 6, 6);
    let three = past.queue("joan", 4, 4);
    past.approve("grace", 2, &one);
    past.approve("hedy", 2, &one);
    assert!(matches!(
        past.refuse("grace", 2, &two),
        Refusal::Overdrawn { .. }
    ));
    past.decide("grace", 2, &two, Outcome::Declined);
    past.approve("grace", 2, &three);
    let comparison = past.what_if(policy(stages), None);
    assert_eq!(told(&comparison), []);
    assert_eq!(comparison.unchanged, 3);
    assert_eq!(comparison.not_known, []);
    assert_eq!(comparison.commands_not_known, 0);
}

#[test]
fn what_is_refused_leaves_its_minutes_to_what_was_refused_then() {
    let mut past = Past::under(Some(""));
    let blocked = past.queue("ken", 4, 5);
    let overdrawn = past.queue("ken", 11, 11);
    past.approve("grace", 2, &blocked);
    assert!(matches!(
        past.refuse("grace", 3, &overdrawn),
        Refusal::Overdrawn { .. }
    ));
    // A refusal that has nothing to do with the policy.
    assert!(matches!(
        past.refuse("joan", 3, &overdrawn),
        Refusal::NotApprover { .. }
    ));
    let blackout =
        "[[blackouts]]\nname = 'Fair'\nfrom = '2027-01-05'\nuntil = '2027-01-05'\nthen = 'block'\n";
    let comparison = past.what_if(policy(blackout), None);
    let [first, second] = &comparison.differences[..] else {
        panic!("{comparison:?}");
    };
    assert_eq!(
        (first.then.how, first.now.how),
        (How::Approved, How::Refused)
    );
    assert_eq!(
        (first.then.minutes, first.now.minutes),
        (Some(960), Some(960))
    );
    assert!(
        first.now.why.as_ref().unwrap().contains("Fair"),
        "{first:?}"
    );
    assert_eq!((&first.application, first.person), (&blocked, Some(id(4))));
    assert_eq!(
        (second.then.how, second.now.how),
        (How::Refused, How::Approved)
    );
    assert!(second.then.why.is_some());
    assert_eq!(
        (&second.application, second.person),
        (&overdrawn, Some(id(4)))
    );
    assert_eq!(comparison.decided_differently, 2);
    assert_eq!(comparison.unchanged, 0);
}

#[test]
fn cover_counts_those_who_would_be_away() {
    let mut past = Past::under(Some(""));
    let applications = [past.queue("ken", 4, 4), past.queue("joan", 4, 4)];
    applications
        .iter()
        .for_each(|one| past.approve("grace", 2, one));
    // Ada, Grace and Hedy remain if both are away.
    let cover = |least| format!("[[cover]]\nleast_present = {least}\nthen = 'block'\n");
    assert_eq!(told(&past.what_if(policy(&cover(3)), None)), []);
    let comparison = past.what_if(policy(&cover(4)), None);
    let [(then, now, why)] = told(&comparison)[..] else {
        panic!("{comparison:?}");
    };
    assert_eq!((then, now), ("approved", "refused"));
    assert!(why.contains("2027-01-04"), "{why}");
    assert_eq!(comparison.differences[0].application, applications[1]);
    // Once the first is given back, there is room.
    let request = |application: &ApplicationId<'static>| Request::DecideCancellation {
        application: application.clone(),
        outcome: Outcome::Approved,
    };
    let mut past = Past::under(Some(""));
    let applications = [past.queue("ken", 4, 4), past.queue("joan", 4, 4)];
    past.approve("grace", 2, &applications[0]);
    past.done("ada", 2, request(&applications[0]));
    past.approve("grace", 2, &applications[1]);
    assert_eq!(told(&past.what_if(policy(&cover(4)), None)), []);
    // What was given back and would not have been booked is passed over.
    past.done("ada", 2, request(&applications[1]));
    let comparison = past.what_if(policy(&cover(5)), None);
    assert_eq!(comparison.decided_differently, 2);
}

#[test]
fn a_holiday_gives_other_minutes_and_leaves_more() {
    let mut past = Past::under(Some(""));
    let long = past.queue("ken", 4, 5);
    let short = past.queue("ken", 11, 11);
    past.approve("grace", 2, &long);
    past.refuse("grace", 2, &short);
    let holiday = "[[company_holidays]]\nname = 'Party'\ndate = '2027-01-05'\n";
    let comparison = past.what_if(policy(holiday), None);
    let [first, second] = &comparison.differences[..] else {
        panic!("{comparison:?}");
    };
    assert!(first.has_other_minutes());
    assert_eq!(
        (first.then.minutes, first.now.minutes),
        (Some(960), Some(480))
    );
    assert_eq!(second.now.how, How::Approved);
    assert_eq!(
        (comparison.other_minutes, comparison.decided_differently),
        (1, 1)
    );
}

#[test]
fn before_its_first_day_the_other_policy_changes_nothing_and_afterwards_no_new_one_takes_its_place()
{
    let blackout =
        "[[blackouts]]\nname = 'Fair'\nfrom = '2027-01-01'\nuntil = '2027-01-31'\nthen = 'block'\n";
    let mut past = Past::under(Some(""));
    let (before, after, later) = (
        past.queue("ken", 4, 4),
        past.queue("ken", 5, 5),
        past.queue("joan", 5, 5),
    );
    past.approve("grace", 2, &before);
    past.approve("grace", 3, &after);
    past.set(3, "");
    past.approve("grace", 3, &later);
    let refused = |from| {
        let comparison = past.what_if(policy(blackout), from);
        let differences = comparison.differences.iter();
        let ids: Vec<_> = differences.map(|one| one.application.clone()).collect();
        (ids, comparison.unchanged)
    };
    assert_eq!(refused(Some(3)), (vec![after.clone(), later.clone()], 0));
    assert_eq!(refused(None), (vec![before, after, later], 0));
    assert_eq!(refused(Some(4)), (vec![], 0));
}

#[test]
fn a_stage_more_leaves_leave_waiting_and_a_stage_less_lets_the_first_decide() {
    let stages = "[[stages]]\nafter_approver = ['hr']\n";
    let mut past = Past::under(Some(""));
    let one = past.queue("ken", 4, 4);
    past.approve("grace", 2, &one);
    assert_eq!(
        told(&past.what_if(policy(stages), None)),
        [("approved", "waits", "Stage 1 of 2 would have approved it.")]
    );
    let mut past = Past::under(Some(stages));
    let (whole, half) = (past.queue("ken", 4, 4), past.queue("joan", 4, 4));
    past.approve("grace", 2, &whole);
    past.approve("hedy", 2, &whole);
    past.approve("grace", 2, &half);
    let comparison = past.what_if(policy(""), None);
    assert_eq!(told(&comparison), [("waits", "approved", "")]);
    assert_eq!(comparison.differences[0].application, half);
    assert_eq!(comparison.unchanged, 1);
}

#[test]
fn leave_that_was_approved_automatically_waits_where_a_person_would_have_to_decide() {
    let automatic = PLAIN.replace(
        "needs_entitlement = true\n",
        "needs_entitlement = true\napprove_automatically_up_to_minutes = 480\n",
    );
    let read = || Policy::read(&automatic, |_| true).unwrap();
    let mut past = Past::under(Some(""));
    let policy_text = PolicyText(automatic.as_str().into());
    past.done(
        "ada",
        1,
        Request::SetPolicy {
            policy: policy_text,
            expected_version: None,
        },
    );
    let one = past.queue("ken", 4, 4);
    past.automatic(2, &one);
    assert_eq!(told(&past.what_if(read(), None)), []);
    assert_eq!(
        told(&past.what_if(policy(""), None)),
        [(
            "approved",
            "waits",
            "It is not approved automatically: somebody has to decide."
        )]
    );
    // And the other way round, what a person declined would have been approved.
    let mut past = Past::under(Some(""));
    let one = past.queue("ken", 4, 4);
    past.decide("grace", 2, &one, Outcome::Declined);
    assert_eq!(told(&past.what_if(policy(""), None)), []);
    assert_eq!(
        told(&past.what_if(read(), None)),
        [("declined", "approved", "")]
    );
}

#[test]
fn what_a_rule_of_an_operator_approves_is_declined_by_the_other_policy_or_waits() {
    let mut past = Past::under(Some(""));
    let one = past.queue("ken", 4, 4);
    let decided = past
        .state
        .decide_here(
            &past.application(&one),
            &Decider::Policy("up to 16 h".to_owned()),
            Outcome::Approved,
            noon(2),
        )
        .unwrap();
    past.events.extend(decided.events);
    let blackout = |then| {
        policy(&format!(
            "[[blackouts]]\nname = 'Fair'\nfrom = '2027-01-04'\nuntil = '2027-01-04'\nthen = '{then}'\n"
        ))
    };
    let how = |then| past.what_if(blackout(then), None).differences[0].now.how;
    assert_eq!(how("block"), How::Declined);
    assert_eq!(how("warn"), How::Waits);
}

#[test]
fn a_warning_is_accepted_by_a_person_and_reported() {
    let mut past = Past::under(Some(""));
    let one = past.queue("ken", 4, 4);
    past.approve("grace", 2, &one);
    let window = "[[windows]]\nnotice_days = 14\nthen = 'warn'\n";
    let comparison = past.what_if(policy(window), None);
    assert_eq!(
        (comparison.newly_warned, comparison.decided_differently),
        (1, 0)
    );
    assert!(comparison.differences[0].now.why.is_some());
}

#[test]
fn what_is_gone_from_the_topics_is_reported_and_counts_as_it_was() {
    let mut past = Past::under(Some(""));
    let (gone, other, third) = (
        past.queue("ken", 4, 4),
        past.queue("ken", 5, 5),
        past.queue("ken", 6, 6),
    );
    past.approve("grace", 2, &gone);
    past.approve("grace", 2, &other);
    past.refuse("grace", 2, &third);
    past.queued.remove(0);
    past.commands.clear();
    let comparison = past.what_if(policy(""), None);
    assert_eq!(comparison.not_known, [gone]);
    assert_eq!(comparison.commands_not_known, 1);
    // The leave that nobody can judge is still booked: with it, the account is as it was.
    assert_eq!(comparison.unchanged, 1);
    assert_eq!(told(&comparison), []);
}

#[test]
fn where_no_policy_was_the_minutes_then_are_not_known() {
    let mut past = Past::under(None);
    let one = past.queue("ken", 4, 5);
    past.approve("grace", 2, &one);
    let sick = policy("")
        .text()
        .replace("default_type = 'annual'", "default_type = 'sick'");
    let comparison = past.what_if(Policy::read(&sick, |_| true).unwrap(), None);
    assert_eq!(told(&comparison), []);
    assert_eq!(comparison.unchanged, 1);
    // Nothing was granted where there was no policy.
    let comparison = past.what_if(policy(""), None);
    assert_eq!(comparison.differences[0].now.how, How::Refused);
    assert_eq!(comparison.differences[0].then.minutes, None);
}

#[test]
fn waiting_leave_reserves_as_it_does_under_the_other_policy() {
    // What is queued before and waits is not given to the application with the reservation.
    let mut past = Past::under(Some(""));
    past.queue("ken", 4, 5);
    let second = past.queue("ken", 6, 6);
    let mut application = past.application(&second);
    application.earlier = vec![(past.queued[0].0.clone(), Cow::Borrowed(&past.queued[0].1))];
    assert!(
        past.state
            .look_at(&application, noon(2))
            .unwrap()
            .unwrap()
            .against
            .is_some()
    );
    // The manager did not give what waits before, so it was booked then.
    past.approve("grace", 2, &second);
    let how = |text: &str| told(&past.what_if(Policy::read(text, |_| true).unwrap(), None)).len();
    assert_eq!(how(PLAIN), 1);
    assert_eq!(how(&format!("waiting_leave_reserves = false\n{PLAIN}")), 0);
}

#[test]
fn leave_that_would_be_counted_otherwise_is_listed_from_a_day_on() {
    let mut past = Past::under(Some(""));
    let (early, late, of_joan) = (
        past.queue("ken", 4, 4),
        past.queue("ken", 18, 18),
        past.queue("joan", 18, 19),
    );
    for one in [&early, &late, &of_joan] {
        past.approve("grace", 2, one);
    }
    assert_eq!(past.state.recounts(None, day(1)), Ok(vec![]));
    past.set(
        3,
        "[[company_holidays]]\nname = 'Half'\ndate = '2027-01-04'\npart = 'afternoon'\n\
        [[company_holidays]]\nname = 'Half'\ndate = '2027-01-18'\npart = 'afternoon'\n",
    );
    let listed = |person, from| {
        let recounts = past.state.recounts(person, day(from)).unwrap();
        let minutes = |days: &crate::Days| days.minutes();
        recounts
            .into_iter()
            .map(|one| (one.application, minutes(&one.booked), minutes(&one.counted)))
            .collect::<Vec<_>>()
    };
    let of_joan = (of_joan, 960, 720);
    assert_eq!(
        listed(None, 1),
        [(early, 480, 240), (late.clone(), 480, 240), of_joan.clone()]
    );
    assert_eq!(listed(None, 5), [(late, 480, 240), of_joan.clone()]);
    assert_eq!(listed(Some(id(5)), 1), [of_joan]);
    assert_eq!(listed(None, 19), []);
    let none = State::of(department("HR"));
    assert!(matches!(
        none.recounts(None, day(1)),
        Err(Refusal::NoPolicy { .. })
    ));
}
