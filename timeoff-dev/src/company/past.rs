//! The past of one department: what its people ask for over the years, and what they get.
//!
//! The rules themselves say what can be approved, so that a manager who carries all of this out decides just the same.

use std::borrow::Cow;

use anyhow::{Context, bail};
use fastrand::Rng;
use timeoff_ledger::{
    Answer, Application, Asked, Command, CommandId, Date, Entitlement, EntitlementId, Person,
    PersonId, PolicyText, Request, Role, State, Tags,
};
use timeoff_models::{
    ApplicationId, Department, Email, LeaveApplication, LeaveDetails, LeaveHours, Outcome, Ticks,
};
use uuid::Uuid;

/// By what everything is decided.
pub const POLICY: &str = include_str!("policy.toml");

/// What people work, in minutes from Monday to Sunday.
const SCHEDULES: [&str; 4] = [
    "480 480 480 480 480 0 0",
    "480 480 480 480 240 0 0",
    "456 456 456 456 456 0 0",
    "480 480 480 0 0 0 0",
];

const REGIONS: [&str; 3] = ["DE-BY", "DE-BE", "DE-HH"];

/// How often somebody asks for leave in a year.
const A_YEAR: usize = 20;

/// Minutes that can be taken in a year, and those that can be carried over to the end of March.
const ANNUAL: u32 = 26_400;
const CARRIED: u32 = 2_400;

/// What has been asked for in a department, in order.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(crate) applications: Vec<(ApplicationId<'static>, LeaveApplication)>,
    pub(crate) commands: Vec<Command>,
    /// How many of the commands are refused.
    pub(crate) refused: usize,
}

/// How large a past is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// At least two in each department: one of them decides.
    pub people: usize,
    /// A calendar year.
    pub first_year: i32,
    /// How many years there are.
    pub years: u16,
}

/// The address of whoever decides in the department of a partition.
pub fn admin(partition: i32) -> String {
    employee(partition, 0)
}

/// The address of somebody in the department of a partition, from 1.
pub fn employee(partition: i32, number: usize) -> String {
    format!("p{number:04}.{partition}@example.com")
}

/// A department whose past is being made.
struct Making {
    department: Department,
    partition: i32,
    state: State,
    past: Past,
    dice: Rng,
    asked: u64,
}

/// The past of the department in a partition. The same numbers make the same past.
///
/// # Errors
///
/// If a year is not one of the calendar.
pub(crate) fn past(department: &Department, partition: i32, size: Size) -> anyhow::Result<Past> {
    let mut making = Making {
        department: department.clone(),
        partition,
        state: State::of(department.clone()),
        past: Past::default(),
        dice: Rng::with_seed(partition.unsigned_abs().into()),
        asked: 0,
    };
    let beginning = first_of(size.first_year)?.midnight();
    making.enter_everybody(size.people, beginning)?;
    let policy = PolicyText(POLICY.into());
    let set = Request::SetPolicy {
        policy,
        expected_version: None,
    };
    making.carry_out(beginning, set)?;
    for year in (size.first_year..).take(size.years.into()) {
        making.grant(size.people, year)?;
        // Everybody's leave of the year, in the order in which it is asked for.
        let mut asked: Vec<(u32, usize)> = (1..size.people)
            .flat_map(|person| std::iter::repeat_n(person, A_YEAR))
            .map(|person| (making.dice.u32(..330), person))
            .collect();
        asked.sort_unstable();
        for (day, person) in asked {
            making.ask_and_decide(person, after(first_of(year)?, day)?)?;
        }
    }
    Ok(making.past)
}

fn first_of(year: i32) -> anyhow::Result<Date> {
    day_of(year, 1, 1)
}

fn day_of(year: i32, month: u32, day: u32) -> anyhow::Result<Date> {
    let day = chrono::NaiveDate::from_ymd_opt(year, month, day);
    let day = day.with_context(|| format!("there is no year {year}"))?;
    Ok(Date::try_from(day)?)
}

fn after(date: Date, days: u32) -> anyhow::Result<Date> {
    date.plus(days).context("the calendar ends before")
}

impl Making {
    fn id(&self, what: &str, number: u64) -> Uuid {
        let name = format!("{what} {number} of {}", self.department);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
    }

    fn person(&self, number: usize) -> anyhow::Result<PersonId> {
        Ok(self.id("person", number as u64).try_into()?)
    }

    fn email(&self, number: usize) -> anyhow::Result<Email> {
        Ok(employee(self.partition, number).parse()?)
    }

    fn enter_everybody(&mut self, people: usize, at: Ticks) -> anyhow::Result<()> {
        for number in 0..people {
            let person = Person {
                id: self.person(number)?,
                email: self.email(number)?,
                name: format!("Person {number} of {}", self.department).parse()?,
                role: Role::Employee,
                region: Some(REGIONS[number % REGIONS.len()].parse()?),
                schedule: Some(SCHEDULES[number % SCHEDULES.len()].parse()?),
                from: None,
                until: None,
                tags: match number % 10 {
                    0 => "on-call".parse()?,
                    _ => Tags::default(),
                },
                earlier: None,
            };
            let department = self.department.clone();
            let request = match number {
                0 => Request::NameFirstAdmin {
                    person: person.id,
                    email: person.email,
                    name: person.name,
                    department,
                },
                _ => Request::EnterPerson {
                    person: Box::new(person),
                    department,
                },
            };
            self.carry_out(at, request)?;
        }
        Ok(())
    }

    fn grant(&mut self, people: usize, year: i32) -> anyhow::Result<()> {
        let first = first_of(year)?;
        for person in 1..people {
            let ends = [
                (ANNUAL, day_of(year, 12, 31)?),
                (CARRIED, day_of(year + 1, 3, 31)?),
            ];
            for (minutes, until) in ends {
                let entitlement = Box::new(Entitlement {
                    id: EntitlementId::try_from(self.id("entitlement", self.asked))?,
                    person: self.person(person)?,
                    leave_type: "annual".parse()?,
                    minutes,
                    from: first,
                    until,
                });
                self.carry_out(first.midnight(), Request::GrantEntitlement { entitlement })?;
            }
        }
        Ok(())
    }

    /// Asks for one to ten days, some weeks later. It is decided on the same day, and declined if it cannot be approved.
    fn ask_and_decide(&mut self, person: usize, on: Date) -> anyhow::Result<()> {
        let first = after(on, self.dice.u32(..40))?;
        // Mostly short.
        let days = self.dice.u32(..10).min(self.dice.u32(..10));
        let at = on.midnight().get() + 1 + self.past.applications.len() as i64;
        let at: Ticks = at.try_into()?;
        let leave = LeaveApplication {
            email: self.email(person)?,
            department: self.department.clone(),
            hours: LeaveHours::try_from(8 * (1 + days as i32))?,
            start: first.midnight().into(),
            details: Some(Box::new(LeaveDetails {
                last_date: Some(after(first, days)?),
                ..LeaveDetails::default()
            })),
        };
        let id = ApplicationId::new(&leave.email, at);
        self.past.applications.push((id.clone(), leave));
        if !self.decide(at, &id, Outcome::Approved)? && !self.decide(at, &id, Outcome::Declined)? {
            bail!("{id} could not be declined either");
        }
        Ok(())
    }

    /// Whether it was not refused.
    fn decide(
        &mut self,
        at: Ticks,
        id: &ApplicationId<'static>,
        outcome: Outcome,
    ) -> anyhow::Result<bool> {
        let request = Request::DecideApplication {
            application: id.clone(),
            outcome,
            comment: None,
            expected_version: None,
            accept_warnings: true,
        };
        let refused = self.past.refused;
        self.carry_out(at, request)?;
        Ok(self.past.refused == refused)
    }

    fn carry_out(&mut self, at: Ticks, request: Request) -> anyhow::Result<()> {
        self.asked += 1;
        let command = Command {
            asked: Asked {
                command_id: CommandId::try_from(self.id("command", self.asked))?,
                by: admin(self.partition).parse()?,
                at,
            },
            request,
        };
        // It is always about the latest. What was asked for earlier has been decided.
        let application = command.request.application();
        let application = application.and(self.past.applications.last());
        let application = application.map(|(id, leave)| Application {
            id: id.clone(),
            leave: Cow::Borrowed(leave),
            earlier: Vec::new(),
        });
        match self.state.carry_out(&command, application.as_ref()) {
            Answer::Done { events, .. } => {
                events.iter().for_each(|event| self.state.evolve(event));
            }
            Answer::Refused { event, .. } if application.is_some() => {
                self.state.evolve(&event);
                self.past.refused += 1;
            }
            other => bail!("the company is not as it should be: {other:?}"),
        }
        self.past.commands.push(command);
        Ok(())
    }
}
