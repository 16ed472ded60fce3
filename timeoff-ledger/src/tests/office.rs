//! A department in January 2027, and short ways to ask it for something.

use chrono::NaiveDate;
use std::borrow::Cow;

use timeoff_models::{ApplicationId, Department, Email, LeaveApplication, Outcome, Ticks};
use uuid::Uuid;

use crate::{
    Answer, Application, Asked, Command, CommandId, Date, Event, Fact, Person, PersonId, Request,
    Role, State, Tags,
};

pub(super) fn id(number: u32) -> PersonId {
    Uuid::from_u128(number.into()).try_into().unwrap()
}

pub(super) fn command_id(number: u32) -> CommandId {
    Uuid::from_u128(number.into()).try_into().unwrap()
}

pub(super) fn email(name: &str) -> Email {
    format!("{name}@example.com").parse().unwrap()
}

/// A day of January 2027.
pub(super) fn day(day: u32) -> Date {
    NaiveDate::from_ymd_opt(2027, 1, day)
        .unwrap()
        .try_into()
        .unwrap()
}

/// The noon of that day.
pub(super) fn noon(date: u32) -> Ticks {
    let half_a_day = 12 * 36_000_000_000;
    Ticks::try_from(day(date).midnight().get() + half_a_day).unwrap()
}

pub(super) fn department(name: &str) -> Department {
    name.parse().unwrap()
}

/// A person with no end, whose name is their address without the domain.
pub(super) fn person(number: u32, name: &str, role: Role) -> Person {
    Person {
        id: id(number),
        email: email(name),
        name: name.parse().unwrap(),
        role,
        region: None,
        schedule: None,
        from: None,
        until: None,
        tags: Tags::default(),
        earlier: None,
    }
}

pub(super) fn application(name: &str) -> Application<'static> {
    let email = email(name);
    of_address(ApplicationId::new(&email, noon(1)), email)
}

/// An application of version 1, for a day.
pub(super) fn of_address(id: ApplicationId<'static>, email: Email) -> Application<'static> {
    Application {
        id,
        leave: Cow::Owned(LeaveApplication {
            email,
            department: department("IT"),
            hours: 8.try_into().unwrap(),
            start: noon(4).into(),
            details: None,
        }),
        earlier: Vec::new(),
    }
}

pub(super) fn decide(name: &str, outcome: Outcome) -> Request {
    Request::DecideApplication {
        application: application(name).id,
        outcome,
        comment: None,
        expected_version: None,
        accept_warnings: false,
    }
}

pub(super) fn withdraw(name: &str) -> Request {
    Request::WithdrawApplication {
        application: application(name).id,
    }
}

pub(super) fn enter(person: Person) -> Request {
    Request::EnterPerson {
        person: Box::new(person),
        department: department("IT"),
    }
}

pub(super) fn change(person: Person) -> Request {
    Request::ChangePerson {
        person: Box::new(person),
    }
}

pub(super) fn first_admin(number: u32, name: &str) -> Request {
    Request::NameFirstAdmin {
        person: id(number),
        email: email(name),
        name: name.parse().unwrap(),
        department: department("IT"),
    }
}

pub(super) fn leave(number: u32, last_date: Date) -> Request {
    Request::EndEmployment {
        person: id(number),
        last_date,
    }
}

pub(super) fn move_to(number: u32, to: &str) -> Request {
    Request::MovePerson {
        person: id(number),
        to: department(to),
    }
}

pub(super) fn admit(person: Person, from: &str) -> Request {
    Request::AdmitPerson {
        person: Box::new(person),
        department: department("IT"),
        from: department(from),
        left: None,
    }
}

/// The department IT.
pub(super) struct Office {
    pub(super) state: State,
    commands: u32,
}

impl Office {
    /// Where nobody has been entered.
    pub(super) fn empty() -> Self {
        Self {
            state: State::of(department("IT")),
            commands: 1000,
        }
    }

    /// Ada is the admin, Grace and Linus approve, Ken and Joan are employees.
    pub(super) fn staffed() -> Self {
        let mut office = Self::empty();
        office.done("ada", first_admin(1, "ada"));
        for (number, name, role) in [
            (2, "grace", Role::Approver),
            (3, "linus", Role::Approver),
            (4, "ken", Role::Employee),
            (5, "joan", Role::Employee),
        ] {
            office.done("ada", enter(person(number, name, role)));
        }
        office
    }

    pub(super) fn command(&mut self, by: &str, asked_on: u32, request: Request) -> Command {
        self.commands += 1;
        Command {
            asked: Asked {
                command_id: command_id(self.commands),
                by: email(by),
                at: noon(asked_on),
            },
            request,
        }
    }

    /// What becomes of it, with the application at hand that it is about.
    pub(super) fn answer(&self, command: &Command) -> Answer {
        let application = command.request.application().map(|id| {
            let (address, _) = id.as_str().rsplit_once('-').unwrap();
            of_address(id.clone(), address.parse().unwrap())
        });
        self.state.carry_out(command, application.as_ref())
    }

    /// Has it carried out on the first day, and gives the answer.
    pub(super) fn done(&mut self, by: &str, request: Request) -> Done {
        self.done_on(1, by, request)
    }

    pub(super) fn done_on(&mut self, asked_on: u32, by: &str, request: Request) -> Done {
        let command = self.command(by, asked_on, request);
        let done = match self.answer(&command) {
            Answer::Done {
                events,
                result,
                admit,
            } => {
                let [event] = <[_; 1]>::try_from(events).unwrap();
                Done {
                    event,
                    result,
                    admit,
                }
            }
            other => panic!("not carried out: {other:?}"),
        };
        assert_eq!(done.event.cause.command_id, Some(command.asked.command_id));
        assert_eq!(done.event.cause.at, command.asked.at);
        self.state.evolve(&done.event);
        assert_eq!(self.answer(&command), Answer::Repeated);
        done
    }

    /// Has it refused on the first day, and gives the sentence for the asker.
    pub(super) fn refusal(&mut self, by: &str, request: Request) -> String {
        self.refusal_on(1, by, request)
    }

    pub(super) fn refusal_on(&mut self, asked_on: u32, by: &str, request: Request) -> String {
        self.refusal_and_reason(asked_on, by, request).0
    }

    /// The sentence for the asker, and the one on the ledger.
    pub(super) fn refusal_and_reason(
        &mut self,
        asked_on: u32,
        by: &str,
        request: Request,
    ) -> (String, String) {
        let command = self.command(by, asked_on, request);
        let Answer::Refused { event, refusal } = self.answer(&command) else {
            panic!("not refused");
        };
        assert_eq!(event.cause.command_id, Some(command.asked.command_id));
        let Fact::CommandRefused {
            application,
            person,
            reason,
            ..
        } = &event.fact
        else {
            panic!("another event: {event:?}");
        };
        assert_eq!(application.as_ref(), command.request.application());
        assert_eq!(*person, command.request.person());
        let reason = reason.0.to_string();
        self.state.evolve(&event);
        assert_eq!(self.answer(&command), Answer::Repeated);
        (refusal.to_string(), reason)
    }
}

/// What a command that was carried out has left.
pub(super) struct Done {
    pub(super) event: Event<'static>,
    pub(super) result: Option<crate::Ruling>,
    pub(super) admit: Vec<Command>,
}
