//! A department where leave is asked for: who is in it, what holds there, and what has happened.

use std::borrow::Cow;
use std::collections::BTreeMap;

use timeoff_models::{ApplicationId, LeaveApplication, LeaveDetails, Outcome, Ticks};
use uuid::Uuid;

use crate::tests::office::{command_id, department, email, id};
use crate::{
    Answer, Application, Asked, Command, Date, EarlierTerms, Entitlement, Event, Fact, Person,
    PersonId, PolicyText, Refusal, Request, Role, State, Tags, Terms,
};

/// Everybody in it: an admin, two approvers and three employees.
pub(super) const PEOPLE: [(&str, Role); 6] = [
    ("Ada", Role::Admin),
    ("Grace", Role::Approver),
    ("Linus", Role::Approver),
    ("Ken", Role::Employee),
    ("Joan", Role::Employee),
    ("Max", Role::Employee),
];

/// What became of a command: what has happened, or why it has not.
pub(super) type Became = Result<Fact<'static>, Refusal>;

/// The department IT.
pub(super) struct Scene {
    pub(super) state: State,
    /// All that has happened.
    pub(super) events: Vec<Event<'static>>,
    /// Everybody as they are entered, or will be.
    people: BTreeMap<String, Person>,
    policy: PolicyWords,
    has_begun: bool,
    /// The day on which everything is asked and decided.
    pub(super) today: Date,
    /// How many commands and applications there have been.
    count: u32,
    pub(super) grants: Vec<Entitlement>,
    /// Those that wait, in the order of the queue.
    waiting: Vec<Application<'static>>,
    /// The latest that was asked for.
    pub(super) latest: Option<ApplicationId<'static>>,
    /// Whose it is.
    pub(super) latest_of: String,
}

/// The policy in TOML, as far as it is more than the types.
#[derive(Default)]
pub(super) struct PolicyWords {
    pub(super) automatic_up_to: Option<u32>,
    pub(super) does_not_reserve: bool,
    pub(super) rules: String,
    pub(super) stages: String,
}

impl PolicyWords {
    fn text(&self) -> String {
        let automatic = self.automatic_up_to.map_or_else(String::new, |most| {
            format!("approve_automatically_up_to_minutes = {most}\n")
        });
        format!(
            "default_type = 'annual'\nwaiting_leave_reserves = {}\n\
             [types.annual]\nlabel = 'annual leave'\nneeds_entitlement = true\n{automatic}\
             [types.training]\nlabel = 'training'\nneeds_entitlement = true\n\
             [types.sick]\nlabel = 'sick leave'\nneeds_entitlement = false\n{}{}",
            !self.does_not_reserve, self.rules, self.stages
        )
    }
}

impl Scene {
    pub(super) fn new() -> Self {
        let people = (1..).zip(PEOPLE).map(|(number, (name, role))| {
            let person = Person {
                id: id(number),
                email: email(&name.to_lowercase()),
                name: name.parse().unwrap(),
                role,
                region: None,
                schedule: None,
                from: None,
                until: None,
                tags: Tags::default(),
                earlier: None,
            };
            (name.to_owned(), person)
        });
        Self {
            state: State::of(department("IT")),
            events: Vec::new(),
            people: people.collect(),
            policy: PolicyWords::default(),
            has_begun: false,
            today: "2027-01-04".parse().unwrap(),
            count: 0,
            grants: Vec::new(),
            waiting: Vec::new(),
            latest: None,
            latest_of: String::new(),
        }
    }

    pub(super) fn person(&self, name: &str) -> &Person {
        &self.people[name]
    }

    /// A moment of today, later than the one before.
    fn now(&mut self) -> Ticks {
        self.count += 1;
        Ticks::try_from(self.today.midnight().get() + i64::from(self.count)).unwrap()
    }

    fn command(&mut self, by: &str, request: Request) -> Command {
        let at = self.now();
        Command {
            asked: Asked {
                command_id: command_id(self.count),
                by: self.people[by].email.clone(),
                at,
            },
            request,
        }
    }

    /// Enters everybody and sets the policy, once.
    pub(super) fn begin(&mut self) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let admin = self.people["Ada"].clone();
        let first = Request::NameFirstAdmin {
            person: admin.id,
            email: admin.email.clone(),
            name: admin.name.clone(),
            department: department("IT"),
        };
        self.done("Ada", first);
        for person in self.people.clone().into_values() {
            let person = Box::new(person);
            let request = match person.role {
                Role::Admin => Request::ChangePerson { person },
                _ => Request::EnterPerson {
                    person,
                    department: department("IT"),
                },
            };
            self.done("Ada", request);
        }
        self.set_policy();
    }

    fn set_policy(&mut self) {
        let policy = PolicyText(self.policy.text().into());
        self.done(
            "Ada",
            Request::SetPolicy {
                policy,
                expected_version: None,
            },
        );
    }

    /// Has the policy be another one, from now on.
    pub(super) fn change_policy(&mut self, change: impl FnOnce(&mut PolicyWords)) {
        change(&mut self.policy);
        if self.has_begun {
            self.set_policy();
        }
    }

    /// Has a person be another, from now on.
    pub(super) fn change_person(&mut self, name: &str, change: impl FnOnce(&mut Person)) {
        let person = self.people.get_mut(name).unwrap();
        change(person);
        let person = Box::new(person.clone());
        if self.has_begun {
            self.done("Ada", Request::ChangePerson { person });
        }
    }

    /// Has a person's region and schedule be those of an earlier time, until this day.
    pub(super) fn until(&mut self, name: &str, until: Date) {
        self.change_person(name, |person| {
            let earlier = person.earlier.take().unwrap_or_default();
            let terms = Terms {
                until,
                region: person.region.clone(),
                schedule: person.schedule,
            };
            let earlier: EarlierTerms = earlier.followed_by(terms).unwrap();
            person.earlier = Some(earlier);
        });
    }

    /// What becomes of a command of today.
    pub(super) fn ask(&mut self, by: &str, request: Request) -> Became {
        self.begin();
        let command = self.command(by, request);
        let application = command.request.application();
        let application = application.and_then(|id| self.application(id));
        let answer = self.state.carry_out(&command, application.as_ref());
        let (event, became) = match answer {
            Answer::Done { events, .. } => {
                let [event] = <[Event<'static>; 1]>::try_from(events).unwrap();
                let fact = event.fact.clone();
                (event, Ok(fact))
            }
            Answer::Refused { event, refusal } => (event, Err(refusal)),
            other => panic!("{other:?}"),
        };
        self.happens(&event);
        let again = self.state.carry_out(&command, application.as_ref());
        assert_eq!(again, Answer::Repeated);
        became
    }

    /// Everything that happens is read back as it was written.
    fn happens(&mut self, event: &Event<'static>) {
        let departments = timeoff_models::Departments::default();
        let read = Event::from_record(event.to_record(), &departments);
        assert_eq!(read.as_ref(), Ok(event));
        self.state.evolve(event);
        self.events.push(event.clone());
        let state = &self.state;
        self.waiting.retain(|one| state.fate_of(&one.id).is_none());
    }

    /// Fails unless it is carried out.
    #[track_caller]
    pub(super) fn done(&mut self, by: &str, request: Request) -> Fact<'static> {
        match self.ask(by, request) {
            Ok(fact) => fact,
            Err(refusal) => panic!("refused: {refusal}"),
        }
    }

    /// The application, with those that are before it in the queue.
    fn application(&self, id: &ApplicationId<'_>) -> Option<Application<'static>> {
        let place = self.waiting.iter().position(|one| one.id == *id)?;
        let mut application = self.waiting[place].clone();
        application.earlier = self.waiting[..place]
            .iter()
            .filter(|one| one.leave.email == application.leave.email)
            .map(|one| (one.id.clone(), one.leave.clone()))
            .collect();
        Some(application)
    }

    pub(super) fn waits(&self, id: &ApplicationId<'_>) -> bool {
        self.waiting.iter().any(|one| one.id == *id)
    }

    /// The minutes that a person works on a day.
    pub(super) fn works(&self, person: PersonId, date: Date) -> u32 {
        let index = self.state.people.find(person).unwrap();
        let policy = self.state.policy().map(|(_, policy)| policy);
        let entry = self.state.people.at(index);
        self.state.works(entry, policy, date).minutes().into()
    }

    /// Queues an application of today.
    pub(super) fn queue(
        &mut self,
        name: &str,
        first: Date,
        hours: i32,
        details: Option<LeaveDetails>,
    ) -> ApplicationId<'static> {
        self.begin();
        let address = self.people[name].email.clone();
        let id = ApplicationId::new(&address, self.now());
        let leave = LeaveApplication {
            email: address,
            department: department("IT"),
            hours: hours.try_into().unwrap(),
            start: first.midnight().into(),
            details: details.map(Box::new),
        };
        // As it comes from the log.
        let departments = timeoff_models::Departments::default();
        let leave = LeaveApplication::from_wire(&(&leave).into(), &departments).unwrap();
        self.waiting.push(Application {
            id: id.clone(),
            leave: Cow::Owned(leave),
            earlier: Vec::new(),
        });
        self.latest = Some(id.clone());
        self.latest_of = name.to_owned();
        id
    }

    /// A decision on an application.
    pub(super) fn decide(
        &mut self,
        by: &str,
        id: &ApplicationId<'static>,
        outcome: Outcome,
        accept_warnings: bool,
    ) -> Became {
        self.ask(
            by,
            Request::DecideApplication {
                application: id.clone(),
                outcome,
                comment: None,
                expected_version: None,
                accept_warnings,
            },
        )
    }

    /// What the policy decides of an application without anybody.
    pub(super) fn automatically(&mut self, id: &ApplicationId<'static>) -> Option<Fact<'static>> {
        let at = self.now();
        let application = self.application(id)?;
        let event = self.state.approve_automatically(&application, at)?;
        self.happens(&event);
        Some(event.fact)
    }

    /// Grants a person leave, by the admin.
    pub(super) fn grant(
        &mut self,
        name: &str,
        leave_type: &str,
        minutes: u32,
        from: Date,
        until: Date,
    ) -> Became {
        let number = self.grants.len() as u128 + 1;
        let entitlement = Entitlement {
            id: Uuid::from_u128(number).try_into().unwrap(),
            person: self.people[name].id,
            leave_type: leave_type.parse().unwrap(),
            minutes,
            from,
            until,
        };
        self.grants.push(entitlement.clone());
        let entitlement = Box::new(entitlement);
        self.ask("Ada", Request::GrantEntitlement { entitlement })
    }

    /// What a person can take on a day of annual leave.
    pub(super) fn left(&self, name: &str, date: Date) -> u64 {
        let person = self.people[name].id;
        let waiting: Vec<_> = self
            .waiting
            .iter()
            .filter(|one| one.leave.email == self.people[name].email)
            .map(|one| (one.id.clone(), one.leave.clone()))
            .collect();
        let balances = self.state.balances(person, date, &waiting);
        let annual = balances.first().unwrap();
        annual.explanation.as_ref().unwrap().available()
    }
}
