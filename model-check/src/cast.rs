//! People, applications, and the commands that are sent.

use std::borrow::Cow;
use std::sync::Arc;

use timeoff_ledger::{
    Answer, Application, Asked, Command, CommandId, Date, Entitlement, Event, Person, PersonId,
    PolicyText, Request, Role, State, Tags,
};
use timeoff_models::{
    ApplicationId, Department, Departments, Email, LeaveApplication, Outcome, Ticks,
};
use uuid::Uuid;

use crate::{Books, Recorded};

/// One of the two departments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Where Ken is at home at first. Grace and Linus approve.
    It,
    /// Where Ken moves to. Hana approves.
    Hr,
}

impl Place {
    /// Both.
    pub const ALL: [Self; 2] = [Self::It, Self::Hr];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::It => "IT",
            Self::Hr => "HR",
        }
    }
}

/// What Ken is granted for the year, in minutes: two days. He applies for four.
pub(crate) const GRANTED: u32 = 960;

/// The number of the first letter's command. The others follow.
const FIRST_LETTER: u32 = 1001;

/// The number of the command by which Linus approves Wednesday.
pub(crate) const LINUS: u32 = FIRST_LETTER + 1;

const POLICY: &str = "\
default_type = 'annual'
waiting_leave_reserves = false
[types.annual]
label = 'Annual leave'
needs_entitlement = true
";

/// A command that somebody sends, and how often.
pub struct Letter {
    /// What it asks for, in words.
    pub name: &'static str,
    /// To whom.
    pub to: Place,
    /// How often it is sent, with the same id.
    pub times: u8,
    /// The command.
    pub command: Arc<Recorded<Command>>,
}

/// An application of Ken's, for one day of 480 minutes.
pub struct Applied {
    /// Its day.
    pub name: &'static str,
    /// Where it was queued.
    pub queued: Place,
    /// As the rules see it.
    pub application: Application<'static>,
}

/// Who and what there is before the first step.
pub struct Cast {
    /// Both departments.
    pub departments: Departments,
    /// Ken's applications. The first is booked before the first step.
    pub applied: Vec<Applied>,
    /// The commands that are sent.
    pub letters: Vec<Letter>,
    /// What stands on the ledgers before the first step, folded.
    pub(crate) states: [Arc<State>; 2],
    /// The same, by arithmetic.
    pub(crate) books: [Books; 2],
}

/// Ken.
pub(crate) fn ken() -> PersonId {
    id(4)
}

impl Cast {
    /// Everybody. `times` is how often each letter is sent, in the order below; 0: not at all.
    #[must_use]
    pub fn new(times: [u8; 6]) -> Self {
        let departments: Departments = "IT,HR".parse().expect("two departments");
        let day = |name, queued, date: &str| Applied {
            name,
            queued,
            application: application(queued, date),
        };
        let applied = vec![
            day("Monday", Place::It, "2027-01-04"),
            day("Tuesday", Place::It, "2027-01-05"),
            day("Wednesday", Place::It, "2027-01-06"),
            day("Thursday", Place::Hr, "2027-01-07"),
        ];
        let it = set_up(&departments, Place::It, &applied[0].application);
        let hr = set_up(&departments, Place::Hr, &applied[0].application);
        let approve = |place: usize| decide(&applied[place].application.id);
        let move_ken = |to: Place| Request::MovePerson {
            person: ken(),
            to: department(to),
        };
        let cancel = Request::DecideCancellation {
            application: applied[0].application.id.clone(),
            outcome: Outcome::Approved,
        };
        let all = [
            ("Grace approves Tuesday", Place::It, "grace", approve(1)),
            ("Linus approves Wednesday", Place::It, "linus", approve(2)),
            ("Ada moves Ken to HR", Place::It, "ada", move_ken(Place::Hr)),
            ("Hana approves Thursday", Place::Hr, "hana", approve(3)),
            ("Ada cancels Monday", Place::It, "ada", cancel),
            (
                "Ada moves Ken back to IT",
                Place::Hr,
                "ada",
                move_ken(Place::It),
            ),
        ];
        let letters = (FIRST_LETTER..)
            .zip(all)
            .zip(times)
            .filter(|(_, times)| *times > 0);
        let letters = letters.map(|((number, (name, to, by, request)), times)| Letter {
            name,
            to,
            times,
            command: Recorded::command(&command(number, by, request), &departments),
        });
        Self {
            letters: letters.collect(),
            applied,
            states: [Arc::new(it.0), Arc::new(hr.0)],
            books: [it.1, hr.1],
            departments,
        }
    }

    /// The place of an application among Ken's.
    #[must_use]
    pub fn number_of(&self, id: &ApplicationId<'_>) -> usize {
        let mut applied = self.applied.iter();
        applied
            .position(|one| one.application.id == *id)
            .expect("nobody else applies")
    }
}

/// The department as the ledger names it.
fn department(place: Place) -> Department {
    place.name().parse().expect("a department's name")
}

/// A department as its owner has it before the first step: by commands, as everywhere.
fn set_up(
    departments: &Departments,
    place: Place,
    monday: &Application<'static>,
) -> (State, Books) {
    let mut requests = vec![(
        "ada",
        Request::NameFirstAdmin {
            person: id(1),
            email: email("ada"),
            name: "ada".parse().expect("a name"),
            department: department(Place::It),
        },
    )];
    let mut enter = |number, name, role| {
        let request = Request::EnterPerson {
            person: Box::new(person(number, name, role)),
            department: department(place),
        };
        requests.push(("ada", request));
    };
    match place {
        Place::It => {
            enter(2, "grace", Role::Approver);
            enter(3, "linus", Role::Approver);
            enter(4, "ken", Role::Employee);
        }
        Place::Hr => enter(5, "hana", Role::Approver),
    }
    let policy = PolicyText(POLICY.into());
    requests.push((
        "ada",
        Request::SetPolicy {
            policy,
            expected_version: None,
        },
    ));
    if place == Place::It {
        let entitlement = Box::new(Entitlement {
            id: uuid(1).try_into().expect("not nil"),
            person: ken(),
            leave_type: "annual".parse().expect("a type"),
            minutes: GRANTED,
            from: date("2027-01-01"),
            until: date("2027-12-31"),
        });
        requests.push(("ada", Request::GrantEntitlement { entitlement }));
        requests.push(("grace", decide(&monday.id)));
    }
    let mut state = State::of(department(place));
    let mut books = Books::default();
    for (number, (by, request)) in (1..).zip(requests) {
        let command = command(number, by, request);
        let Answer::Done { events, .. } = state.carry_out(&command, Some(monday)) else {
            panic!("not carried out: {command:?}");
        };
        for event in events {
            let recorded = Recorded::<Event<'_>>::event(&event, departments);
            state.evolve(&recorded.says);
            books.enter(&recorded.says);
        }
    }
    (state, books)
}

fn decide(application: &ApplicationId<'static>) -> Request {
    Request::DecideApplication {
        application: application.clone(),
        outcome: Outcome::Approved,
        comment: None,
        expected_version: None,
        accept_warnings: false,
    }
}

fn application(queued: Place, day: &str) -> Application<'static> {
    Application {
        id: ApplicationId::new(&email("ken"), date(day).midnight()),
        leave: Cow::Owned(LeaveApplication {
            email: email("ken"),
            department: department(queued),
            hours: 8.try_into().expect("a number of hours"),
            start: day.parse().expect("a day"),
            details: None,
        }),
        earlier: Vec::new(),
    }
}

fn command(number: u32, by: &str, request: Request) -> Command {
    let new_year: Ticks = date("2027-01-01").midnight();
    Command {
        asked: Asked {
            command_id: command_id(number),
            by: email(by),
            at: new_year,
        },
        request,
    }
}

fn person(number: u32, name: &str, role: Role) -> Person {
    Person {
        id: id(number),
        email: email(name),
        name: name.parse().expect("a name"),
        role,
        region: None,
        schedule: None,
        from: None,
        until: None,
        tags: Tags::default(),
        earlier: None,
    }
}

fn id(number: u32) -> PersonId {
    uuid(number).try_into().expect("not nil")
}

/// The id of a command with this number.
pub(crate) fn command_id(number: u32) -> CommandId {
    uuid(number).try_into().expect("not nil")
}

fn uuid(number: u32) -> Uuid {
    Uuid::from_u128(number.into())
}

fn email(name: &str) -> Email {
    let address = format!("{name}@example.com");
    address.parse().expect("an address")
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().expect("a date")
}
