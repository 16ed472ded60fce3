//! Random histories of a small department. What must hold is worked out from the events alone: by what was granted,
//! booked and given back, with arithmetic of its own.
//!
//! `TIMEOFF_HISTORIES=1000000 cargo test --release -p timeoff-ledger rules::histories -- --nocapture` tries more of them,
//! and says how many steps they had.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use timeoff_models::{ApplicationId, DayPart, LeaveDetails, Outcome};

use super::scene::{Became, Scene};
use crate::tests::account::max_flow::max_flow;
use crate::tests::office::department;
use crate::{
    Date, Entitlement, EntitlementId, Event, Fact, Half, LeaveDay, PersonId, Request, State,
    account,
};

/// How many are tried if `TIMEOFF_HISTORIES` does not say: some seconds.
const HISTORIES: u32 = 1_000;

/// Employees, and those who decide.
const EMPLOYEES: [&str; 3] = ["Ken", "Joan", "Grace"];
const DECIDERS: [&str; 4] = ["Grace", "Linus", "Ada", "Max"];

/// What is added to the policy, each once.
const POLICIES: [&str; 6] = [
    "policy automatic up to 240",
    "policy cover 1 present of driver",
    "policy holiday 2027-01-13 afternoon",
    "policy notice 2 days warn",
    "policy without stages",
    "policy waiting does not reserve",
];

/// Something that is wanted. An index counts around what there is.
#[derive(Clone, Debug)]
enum Step {
    /// Whose, minutes, first and last day.
    Grant(usize, u32, i64, i64),
    Correct(usize, u32),
    /// Whose, the first day, how many days, the parts of the first and the last, and which leave it replaces.
    Ask(usize, i64, i64, DayPart, DayPart, Option<usize>),
    AskMinutes(usize, i64, u16),
    AskHours(usize, i64, i32),
    Approve(usize, usize, bool),
    Decline(usize, usize),
    Withdraw(usize),
    NobodyDecides(usize),
    AskToCancel(usize),
    DecideCancellation(usize, usize, bool),
    CountAnew(usize),
    Tomorrow(i64),
    /// Whose schedule, and which it is now.
    Schedule(usize, [u16; 7]),
    /// Which of some additions to the policy.
    Policy(usize),
    MoveAway(usize),
}

fn any_part() -> impl Strategy<Value = DayPart> {
    prop_oneof![
        3 => Just(DayPart::Whole),
        1 => Just(DayPart::Morning),
        1 => Just(DayPart::Afternoon),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let (at, day, minutes) = (0..12_usize, -3..20_i64, 0..2_000_u32);
    let schedule = proptest::array::uniform7(prop::sample::select(vec![0, 1, 239, 240, 455, 480]));
    prop_oneof![
        4 => (at.clone(), minutes.clone(), day.clone(), 0..40_i64)
            .prop_map(|(at, minutes, first, days)| Step::Grant(at, minutes, first, days)),
        1 => (at.clone(), minutes).prop_map(|(at, to)| Step::Correct(at, to)),
        8 => (at.clone(), day.clone(), 0..4_i64, any_part(), any_part(), prop::option::weighted(0.4, at.clone()))
            .prop_map(|(at, first, days, from, to, replaces)| Step::Ask(at, first, days, from, to, replaces)),
        2 => (at.clone(), day.clone(), 1..481_u16).prop_map(|(at, day, some)| Step::AskMinutes(at, day, some)),
        2 => (at.clone(), day, 1..25).prop_map(|(at, day, hours)| Step::AskHours(at, day, hours)),
        12 => (at.clone(), 0..4_usize, any::<bool>()).prop_map(|(at, by, accepts)| Step::Approve(at, by, accepts)),
        1 => (at.clone(), 0..4_usize).prop_map(|(at, by)| Step::Decline(at, by)),
        1 => at.clone().prop_map(Step::Withdraw),
        2 => at.clone().prop_map(Step::NobodyDecides),
        4 => at.clone().prop_map(Step::AskToCancel),
        4 => (at.clone(), 0..4_usize, any::<bool>())
            .prop_map(|(at, by, gives)| Step::DecideCancellation(at, by, gives)),
        4 => at.clone().prop_map(Step::CountAnew),
        2 => (1..4_i64).prop_map(Step::Tomorrow),
        2 => (at.clone(), schedule).prop_map(|(at, schedule)| Step::Schedule(at, schedule)),
        1 => (0..POLICIES.len()).prop_map(Step::Policy),
        1 => prop::sample::select(vec![0, 1]).prop_map(Step::MoveAway),
    ]
}

/// The day that many days after Monday, 2027-01-04.
fn day(after: i64) -> Date {
    let monday: Date = "2027-01-04".parse().unwrap();
    match after {
        0.. => monday.plus(after as u32).unwrap(),
        _ => (1..4)
            .map(|date| format!("2027-01-0{date}").parse::<Date>().unwrap())
            .find(|date| date.days_since(monday) == after)
            .unwrap(),
    }
}

/// A history as it goes on.
struct History {
    scene: Scene,
    empty: State,
    asked: Vec<(&'static str, ApplicationId<'static>)>,
    /// The additions to the policy that have been made.
    added: BTreeSet<usize>,
}

impl History {
    fn begin() -> Self {
        let mut scene = Scene::new();
        let empty = scene.state.clone();
        scene.given("Max tag hr; Joan tag driver; Grace tag driver; policy stage hr over 960");
        scene.begin();
        for who in EMPLOYEES {
            scene.given(&format!("{who} grant 3000 until 2027-01-20"));
        }
        Self {
            scene,
            empty,
            asked: Vec::new(),
            added: BTreeSet::new(),
        }
    }

    fn application(&self, at: usize) -> Option<(&'static str, ApplicationId<'static>)> {
        // The latest are meant most.
        let place = at.checked_rem(self.asked.len())?;
        self.asked.iter().rev().nth(place).cloned()
    }

    /// Booked leave of anybody; an application if there is none.
    fn booked_one(&self, at: usize) -> Option<(&'static str, ApplicationId<'static>)> {
        let booked = EMPLOYEES.iter().flat_map(|who| {
            let person = self.scene.person(who).id;
            let booked = self.scene.state.booked_leave_of(person);
            booked.map(|one| (*who, one.application))
        });
        let booked: Vec<_> = booked.collect();
        match at.checked_rem(booked.len()) {
            Some(place) => Some(booked[place].clone()),
            None => self.application(at),
        }
    }

    /// Mostly booked leave of that person, if they have any; else any application.
    fn to_replace(&self, who: usize, at: usize) -> Option<ApplicationId<'static>> {
        let person = self.scene.person(EMPLOYEES[who % EMPLOYEES.len()]).id;
        let booked = self.scene.state.booked_leave_of(person);
        let booked: Vec<_> = booked.map(|one| one.application).collect();
        match at.checked_rem(booked.len()) {
            Some(place) if at > 0 => Some(booked[place].clone()),
            _ => self.application(at).map(|(_, id)| id),
        }
    }

    fn queue(&mut self, who: usize, first: i64, hours: i32, details: Option<LeaveDetails>) {
        let who = EMPLOYEES[who % EMPLOYEES.len()];
        if let Some(details) = &details
            && details.check(day(first).midnight().into()).is_err()
        {
            return;
        }
        let id = self.scene.queue(who, day(first), hours, details);
        self.asked.push((who, id));
    }

    /// What becomes of a command of the step, if it is one.
    fn take(&mut self, step: &Step) -> Option<Became> {
        match step {
            Step::Grant(who, minutes, first, days) => {
                let who = EMPLOYEES[who % EMPLOYEES.len()];
                let (from, until) = (day(*first), day(first + days));
                return Some(self.scene.grant(who, "annual", *minutes, from, until));
            }
            Step::Correct(at, minutes) => {
                let at = at.checked_rem(self.scene.grants.len())?;
                let minutes = *minutes;
                let entitlement = Entitlement {
                    minutes,
                    ..self.scene.grants[at].clone()
                };
                let entitlement = Box::new(entitlement);
                return Some(
                    self.scene
                        .ask("Ada", Request::GrantEntitlement { entitlement }),
                );
            }
            Step::Ask(who, first, days, first_day, last_day, replaces) => {
                let replaces = replaces.and_then(|at| self.to_replace(*who, at));
                let details = LeaveDetails {
                    last_date: Some(day(first + days)),
                    first_day: *first_day,
                    last_day: *last_day,
                    replaces,
                    ..LeaveDetails::default()
                };
                self.queue(*who, *first, 8, Some(details));
            }
            Step::AskMinutes(who, first, minutes) => {
                let details = LeaveDetails {
                    minutes: Some(*minutes),
                    ..LeaveDetails::default()
                };
                self.queue(*who, *first, 8, Some(details));
            }
            Step::AskHours(who, first, hours) => self.queue(*who, *first, *hours, None),
            Step::Approve(at, by, accepts) => {
                let (_, id) = self.application(*at)?;
                return self.decide(DECIDERS[*by], &id, Outcome::Approved, *accepts);
            }
            Step::Decline(at, by) => {
                let (_, id) = self.application(*at)?;
                return self.decide(DECIDERS[*by], &id, Outcome::Declined, false);
            }
            Step::Withdraw(at) => {
                let (who, application) = self.application(*at)?;
                if !self.scene.waits(&application)
                    && self.scene.state.fate_of(&application).is_none()
                {
                    return None;
                }
                return Some(
                    self.scene
                        .ask(who, Request::WithdrawApplication { application }),
                );
            }
            Step::NobodyDecides(at) => {
                let (_, id) = self.application(*at)?;
                self.scene.automatically(&id);
            }
            Step::AskToCancel(at) => {
                let (who, application) = self.booked_one(*at)?;
                return Some(self.scene.ask(who, Request::AskToCancel { application }));
            }
            Step::DecideCancellation(at, by, gives) => {
                let (_, application) = self.booked_one(*at)?;
                let outcome = match gives {
                    true => Outcome::Approved,
                    false => Outcome::Declined,
                };
                let request = Request::DecideCancellation {
                    application,
                    outcome,
                };
                return Some(self.scene.ask(DECIDERS[*by], request));
            }
            Step::CountAnew(at) => {
                let (_, application) = self.booked_one(*at)?;
                return Some(
                    self.scene
                        .ask("Ada", Request::RecalculateLeave { application }),
                );
            }
            Step::Tomorrow(days) => {
                self.scene.today = self.scene.today.plus(*days as u32).unwrap();
            }
            Step::Schedule(who, schedule) => {
                let who = EMPLOYEES[who % EMPLOYEES.len()];
                if !self.is_here(who) {
                    return None;
                }
                let schedule = Some((*schedule).try_into().unwrap());
                self.scene
                    .change_person(who, |person| person.schedule = schedule);
            }
            Step::Policy(which) => {
                if self.added.insert(*which) {
                    self.scene.given(POLICIES[*which]);
                }
            }
            Step::MoveAway(who) => {
                let who = EMPLOYEES[who % EMPLOYEES.len()];
                let person = self.scene.person(who).id;
                let to = department("SALES");
                return Some(self.scene.ask("Ada", Request::MovePerson { person, to }));
            }
        }
        None
    }

    fn is_here(&self, who: &str) -> bool {
        let person = self.scene.state.entered_as(self.scene.person(who).id);
        person.is_some_and(|person| person.is_here())
    }

    fn decide(
        &mut self,
        by: &str,
        id: &ApplicationId<'static>,
        outcome: Outcome,
        accepts: bool,
    ) -> Option<Became> {
        Some(self.scene.decide(by, id, outcome, accepts))
    }
}

/// What events say of one person.
#[derive(Default)]
struct Held {
    entitlements: BTreeMap<EntitlementId, account::Entitlement>,
    booked: BTreeMap<String, Vec<LeaveDay>>,
}

/// What events say of everybody who has not moved away.
#[derive(Default)]
struct AllHeld(BTreeMap<PersonId, Held>);

impl AllHeld {
    /// Takes in the next event, and says whose account it changes.
    fn add(&mut self, event: &Event<'_>) -> Option<PersonId> {
        let Self(all) = self;
        let whose = match &event.fact {
            Fact::EntitlementGranted { entitlement, .. } => {
                let of = all.entry(entitlement.person).or_default();
                let granted = account::Entitlement {
                    id: entitlement.id,
                    minutes: entitlement.minutes,
                    from: entitlement.from,
                    until: entitlement.until,
                };
                of.entitlements.insert(entitlement.id, granted);
                entitlement.person
            }
            Fact::LeaveBooked(decided) => {
                let person = decided.person.unwrap();
                let of = all.entry(person).or_default();
                let judged = decided.judged();
                if let Some(replaced) = &judged.replaces {
                    of.booked.remove(replaced.as_str()).unwrap();
                }
                let days = judged.days.as_ref().unwrap().as_slice().to_vec();
                of.booked.insert(decided.application.to_string(), days);
                person
            }
            Fact::LeaveReleased {
                application,
                person,
                from_date,
                minutes,
                ..
            } => {
                let of = all.entry(*person).or_default();
                let days = of.booked.remove(application.as_str()).unwrap();
                let (kept, given_back): (Vec<LeaveDay>, Vec<LeaveDay>) = days
                    .into_iter()
                    .partition(|day| from_date.is_some_and(|from| day.date < from));
                let sum: u32 = given_back.iter().map(|day| u32::from(day.minutes)).sum();
                assert_eq!(sum, *minutes);
                if !kept.is_empty() {
                    of.booked.insert(application.to_string(), kept);
                }
                *person
            }
            Fact::LeaveRecalculated {
                application,
                person,
                days,
                ..
            } => {
                let of = all.entry(*person).or_default();
                let days = days.as_slice().to_vec();
                assert!(of.booked.insert(application.to_string(), days).is_some());
                *person
            }
            Fact::PersonMoved { person, .. } => {
                all.remove(person);
                return None;
            }
            _ => return None,
        };
        Some(whose)
    }
}

impl Held {
    /// Every booked minute finds an entitlement.
    fn is_covered(&self) -> bool {
        let entitlements: Vec<_> = self.entitlements.values().copied().collect();
        let days: Vec<(Date, u64)> = self
            .booked
            .values()
            .flatten()
            .map(|day| (day.date, day.minutes.into()))
            .collect();
        let total: u64 = days.iter().map(|(_, minutes)| minutes).sum();
        max_flow(&entitlements, &days) == total
    }

    /// The first day on which two leaves take the same half.
    fn taken_twice(&self) -> Option<Date> {
        let mut halves: BTreeMap<Date, Vec<Half>> = BTreeMap::new();
        for day in self.booked.values().flatten() {
            let of_day = halves.entry(day.date).or_default();
            let meets = |other: &Half| match (day.half, *other) {
                (Half::Both, _) | (_, Half::Both) => true,
                (Half::Any, _) | (_, Half::Any) => false,
                (one, other) => one == other,
            };
            if of_day.iter().any(meets) {
                return Some(day.date);
            }
            of_day.push(day.half);
        }
        None
    }

    /// The minutes that all leave takes of a day.
    fn minutes_on(&self, date: Date) -> u32 {
        let days = self.booked.values().flatten();
        days.filter(|day| day.date == date)
            .map(|day| u32::from(day.minutes))
            .sum()
    }
}

#[derive(Default)]
struct Seen {
    steps: u64,
    booked: u32,
    replaced: u32,
    released: u32,
    partly_released: u32,
    recalculated: u32,
    stages: u32,
    refused: BTreeMap<String, u32>,
}

fn check(steps: &[Step], seen: &mut Seen) -> Result<(), TestCaseError> {
    let mut history = History::begin();
    let mut all = AllHeld::default();
    // Folded beside the history from its events alone.
    let mut folded = history.empty.clone();
    for event in &history.scene.events {
        all.add(event);
        folded.evolve(event);
    }
    for step in steps {
        seen.steps += 1;
        let before = history.scene.events.len();
        let became = history.take(step);
        let new = &history.scene.events[before..];
        match &became {
            Some(Err(refusal)) => {
                let name = format!("{refusal:?}");
                let name = name.split([' ', '{']).next().unwrap().to_owned();
                *seen.refused.entry(name).or_default() += 1;
                // One event, and nothing else has changed but that the command is answered.
                prop_assert_eq!(new.len(), 1);
                let is_refusal = matches!(&new[0].fact, Fact::CommandRefused { .. });
                prop_assert!(is_refusal);
                folded.answered.insert(new[0].cause.command_id.unwrap());
                prop_assert_eq!(&folded, &history.scene.state);
            }
            Some(Ok(_)) => prop_assert_eq!(new.len(), 1),
            None => {}
        }
        for event in new {
            folded.evolve(event);
            let changed = all.add(event);
            match &event.fact {
                Fact::LeaveBooked(decided) => {
                    seen.booked += 1;
                    let judged = decided.judged();
                    seen.replaced += u32::from(judged.replaces.is_some());
                    // What is booked fits into the day as it is worked now, with all other leave.
                    let person = decided.person.unwrap();
                    let held = &all.0[&person];
                    for day in judged.days.as_ref().unwrap() {
                        let works = history.scene.works(person, day.date);
                        prop_assert!(held.minutes_on(day.date) <= works, "{}", day.date);
                    }
                }
                Fact::LeaveReleased { from_date, .. } => {
                    seen.released += 1;
                    seen.partly_released += u32::from(from_date.is_some());
                }
                Fact::LeaveRecalculated { .. } => seen.recalculated += 1,
                Fact::StageApproved { .. } => seen.stages += 1,
                _ => {}
            }
            // Nobody else's account has changed.
            let Some((person, held)) = changed.and_then(|person| all.0.get_key_value(&person))
            else {
                continue;
            };
            prop_assert!(held.is_covered(), "overdrawn after {step:?}");
            prop_assert_eq!(held.taken_twice(), None, "after {:?}", step);
            let booked: BTreeMap<String, Vec<LeaveDay>> = history
                .scene
                .state
                .booked_leave_of(*person)
                .map(|one| (one.application.to_string(), one.days.as_slice().to_vec()))
                .collect();
            prop_assert_eq!(&booked, &held.booked, "after {:?}", step);
        }
    }
    prop_assert_eq!(&folded, &history.scene.state);
    for (person, held) in &all.0 {
        let booked = history.scene.state.booked_leave_of(*person);
        prop_assert_eq!(booked.count(), held.booked.len());
    }
    Ok(())
}

#[test]
fn nobody_takes_what_they_do_not_have_or_a_day_twice() {
    let cases = std::env::var("TIMEOFF_HISTORIES").map_or(HISTORIES, |text| text.parse().unwrap());
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        source_file: Some(file!()),
        ..ProptestConfig::default()
    });
    let seen = RefCell::new(Seen::default());
    let outcome = runner.run(&vec(any_step(), 60..160), |steps| {
        check(&steps, &mut seen.borrow_mut())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    // Without any of these, this would prove nothing.
    let seen = seen.into_inner();
    let few = cases / 20;
    println!("{cases} histories of {} steps in all", seen.steps);
    for (what, count) in [
        ("booked", seen.booked),
        ("replaced", seen.replaced),
        ("released", seen.released),
        // Few leaves have begun when they are cancelled.
        ("partly released", 10 * seen.partly_released),
        ("recalculated", seen.recalculated),
        ("stages", seen.stages),
    ] {
        assert!(
            count > few,
            "{what}: {count} of {cases}, {} booked",
            seen.booked
        );
    }
    for name in [
        "Overdrawn",
        "Collides",
        "Blocked",
        "Warned",
        "OwnLeave",
        "Uses",
    ] {
        let count = seen.refused.get(name).copied().unwrap_or(0);
        assert!(count > few / 5, "{name}: {:?}", seen.refused);
    }
}
