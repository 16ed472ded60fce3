//! A company with a long past: the events of its departments, made by the rules themselves.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use timeoff_models::{ApplicationId, Email, LeaveApplication, LeaveDetails, Outcome, Ticks};
use uuid::Uuid;

use super::super::office::department;
use crate::{
    Answer, Application, Asked, Command, Date, Entitlement, Event, Person, PolicyText, Request,
    Role, State, Tags,
};

/// Numbers that are the same in every run (xorshift).
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A department's past.
pub(super) struct Past {
    pub(super) state: State,
    pub(super) events: Vec<Event<'static>>,
    pub(super) queued: Vec<(ApplicationId<'static>, LeaveApplication)>,
    pub(super) refused: Vec<Command>,
    /// How long each decision on an application took.
    pub(super) decisions: Vec<Duration>,
    asked: u128,
}

const SCHEDULES: [&str; 4] = [
    "480 480 480 480 480 0 0",
    "480 480 480 480 240 0 0",
    "456 456 456 456 456 0 0",
    "480 480 480 0 0 0 0",
];

const REGIONS: [&str; 3] = ["DE-BY", "DE-BE", "DE-HH"];

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn email(number: usize) -> Email {
    format!("person{number}@example.com").parse().unwrap()
}

impl Past {
    /// Of so many people over so many years, who each ask for leave twenty times a year, under a policy. The first is the
    /// admin and decides.
    pub(super) fn of(people: usize, years: i32, policy: &str, seed: u64) -> Self {
        let mut past = Self {
            state: State::of(department("IT")),
            events: Vec::new(),
            queued: Vec::new(),
            refused: Vec::new(),
            decisions: Vec::new(),
            asked: u128::from(seed) << 64,
        };
        let mut numbers = Numbers::of(seed);
        let beginning = date("2020-01-01").midnight();
        past.enter_everybody(people, beginning);
        let policy = PolicyText(policy.into());
        past.carry_out(
            beginning,
            Request::SetPolicy {
                policy,
                expected_version: None,
            },
        );
        for year in 2020..2020 + years {
            past.grant(people, year);
            // Everybody's leave of the year, in the order in which it is asked for.
            let mut asked: Vec<(u64, usize)> = (1..people)
                .flat_map(|person| (0..20).map(move |_| person))
                .map(|person| (numbers.below(330), person))
                .collect();
            asked.sort_unstable();
            for (day, person) in asked {
                let on = date(&format!("{year}-01-01")).plus(day as u32).unwrap();
                past.ask_and_decide(person, on, &mut numbers);
            }
        }
        past
    }

    fn enter_everybody(&mut self, people: usize, at: Ticks) {
        for number in 0..people {
            let person = Person {
                id: Uuid::from_u128(1 + number as u128).try_into().unwrap(),
                email: email(number),
                name: format!("Person {number}").parse().unwrap(),
                role: Role::Employee,
                region: Some(REGIONS[number % REGIONS.len()].parse().unwrap()),
                schedule: Some(SCHEDULES[number % SCHEDULES.len()].parse().unwrap()),
                from: Some(date("2019-01-01")),
                until: None,
                tags: match number % 10 {
                    0 => "on-call".parse().unwrap(),
                    _ => Tags::default(),
                },
                earlier: None,
            };
            let request = match number {
                0 => Request::NameFirstAdmin {
                    person: person.id,
                    email: person.email,
                    name: person.name,
                    department: department("IT"),
                },
                _ => Request::EnterPerson {
                    person: Box::new(person),
                    department: department("IT"),
                },
            };
            self.carry_out(at, request);
        }
    }

    fn grant(&mut self, people: usize, year: i32) {
        let (first, last) = (
            date(&format!("{year}-01-01")),
            date(&format!("{year}-12-31")),
        );
        let carried = date(&format!("{}-03-31", year + 1));
        for person in 1..people {
            for (minutes, until) in [(26_400, last), (2_400, carried)] {
                self.asked += 1;
                let entitlement = Box::new(Entitlement {
                    id: Uuid::from_u128(self.asked).try_into().unwrap(),
                    person: Uuid::from_u128(1 + person as u128).try_into().unwrap(),
                    leave_type: "annual".parse().unwrap(),
                    minutes,
                    from: first,
                    until,
                });
                self.carry_out(first.midnight(), Request::GrantEntitlement { entitlement });
            }
        }
    }

    /// For one to ten days, some weeks later; decided on the same day, and declined if it cannot be approved.
    fn ask_and_decide(&mut self, person: usize, on: Date, numbers: &mut Numbers) {
        let first = on.plus(numbers.below(40) as u32).unwrap();
        // Mostly short: 1 to 10 days, on average four.
        let days = 1 + numbers.below(10).min(numbers.below(10));
        let last = first.plus(days as u32 - 1).unwrap();
        let at = on.midnight().get() + 1 + self.queued.len() as i64;
        let at: Ticks = at.try_into().unwrap();
        let leave = LeaveApplication {
            email: email(person),
            department: department("IT"),
            hours: 8.try_into().unwrap(),
            start: first.midnight().into(),
            details: Some(Box::new(LeaveDetails {
                last_date: Some(last),
                ..LeaveDetails::default()
            })),
        };
        let id = ApplicationId::new(&leave.email, at);
        let request = Request::DecideApplication {
            application: id.clone(),
            outcome: Outcome::Approved,
            comment: None,
            expected_version: None,
            accept_warnings: true,
        };
        self.queued.push((id.clone(), leave));
        let refused = self.refused.len();
        self.carry_out(at, request);
        if self.refused.len() > refused {
            let request = Request::DecideApplication {
                application: id,
                outcome: Outcome::Declined,
                comment: None,
                expected_version: None,
                accept_warnings: false,
            };
            self.carry_out(at, request);
        }
    }

    fn carry_out(&mut self, at: Ticks, request: Request) {
        self.asked += 1;
        let command = Command {
            asked: Asked {
                command_id: Uuid::from_u128(self.asked).try_into().unwrap(),
                by: email(0),
                at,
            },
            request,
        };
        let application = command.request.application().and(self.queued.last());
        let application = application.map(|(id, leave)| Application {
            id: id.clone(),
            leave: Cow::Borrowed(leave),
            earlier: Vec::new(),
        });
        let start = Instant::now();
        let answer = self.state.carry_out(&command, application.as_ref());
        if application.is_some() {
            self.decisions.push(start.elapsed());
        }
        let event = match answer {
            Answer::Done { mut events, .. } => events.remove(0),
            Answer::Refused { event, .. } if command.request.application().is_some() => {
                self.refused.push(command);
                event
            }
            other => panic!("{other:?}"),
        };
        self.state.evolve(&event);
        self.events.push(event);
    }
}
