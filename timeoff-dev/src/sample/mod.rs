//! What `timeoff-dev web` puts onto a fresh log: people, and a year of their leave around today.
//!
//! It is put there as its people would do it: applications, and commands that the managers of the departments carry out.
//! Nothing else is written. On the same day it is always the same.
//!
//! | file | what it has |
//! |---|---|
//! | `people.rs` | who they are |
//! | `calendar.rs` | when they are away |
//! | `queue.rs` | queues it, and waits until it is carried out |

mod calendar;
mod people;
mod queue;

use anyhow::Context;
use chrono::NaiveDate;
use fastrand::Rng;
use timeoff_ledger::{Asked, Command, CommandId, Date, Request, Role};
use timeoff_models::{
    ApplicationId, Department, Departments, LeaveApplication, LeaveHours, Outcome, Ticks,
};
use uuid::Uuid;

use calendar::{Becomes, Calendar};
pub(crate) use people::Colleague;

/// From where the dice begin, so that they always fall alike.
const SEED: u64 = 24;

/// Of the employees of a department, each one of so many has a leave that waits, beginning with the first.
const WAITS: usize = 3;

/// What is put onto the log.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) people: Vec<Colleague>,
    /// In the order in which they were applied for.
    applications: Vec<Applied>,
    /// Each with the partition that it goes to, in order.
    commands: Vec<(i32, Command)>,
}

/// An application, and what becomes of it.
#[derive(Debug)]
struct Applied {
    id: ApplicationId<'static>,
    application: LeaveApplication,
    /// The index of the person.
    person: usize,
    becomes: Becomes,
}

impl Sample {
    /// The sample as it is asked for now.
    ///
    /// # Errors
    ///
    /// If it needs another department than there are, or somebody whom the file does not have.
    pub(crate) fn of(now: Ticks, departments: &Departments) -> anyhow::Result<Sample> {
        let mut sample = Sample {
            people: people::people(departments)?,
            applications: Vec::new(),
            commands: Vec::new(),
        };
        let (applications, away) = sample.applications(now.date())?;
        sample.applications = applications;
        let mut requests = Requests {
            now,
            departments,
            commands: Vec::new(),
        };
        sample.enter_people(&mut requests)?;
        sample.delegate(&mut requests, away)?;
        sample.decide(&mut requests)?;
        sample.commands = requests.commands;
        Ok(sample)
    }

    /// Three people to try it as: an employee, the approver who decides on their leave, an admin.
    ///
    /// # Errors
    ///
    /// If there are none.
    pub(crate) fn to_try(&self) -> anyhow::Result<[&Colleague; 3]> {
        let mut people = self.people.iter();
        let approver = people.find(|one| one.person.role == Role::Approver);
        let approver = approver.context("there is no approver in the sample")?;
        let employee = self.employees(&approver.department).next();
        let (_, employee) = employee.context("the approver has nobody to decide on")?;
        Ok([employee, approver, self.admin()?])
    }

    /// How many applications wait.
    pub(crate) fn waiting(&self) -> usize {
        let applications = self.applications.iter();
        let waiting = applications.filter(|applied| applied.becomes == Becomes::Waiting);
        waiting.count()
    }

    /// How many applications there are.
    pub(crate) fn applied(&self) -> usize {
        self.applications.len()
    }

    fn admin(&self) -> anyhow::Result<&Colleague> {
        let mut people = self.people.iter();
        let admin = people.find(|one| one.person.role == Role::Admin);
        admin.context("there is no admin in the sample")
    }

    fn approver(&self, department: &Department) -> anyhow::Result<&Colleague> {
        let mut people = self.people.iter();
        let approver = people.find(|one| one.is(Role::Approver, department));
        approver.with_context(|| format!("{department} has no approver in the sample"))
    }

    /// The employees of a department, each with the index of the person.
    fn employees<'a>(
        &'a self,
        department: &'a Department,
    ) -> impl Iterator<Item = (usize, &'a Colleague)> {
        let people = self.people.iter().enumerate();
        people.filter(|(_, one)| one.is(Role::Employee, department))
    }

    /// The approver who is away: that of the last department. Somebody has to stand in.
    fn away(&self) -> anyhow::Result<&Colleague> {
        let last = self.people.last().context("the sample has no people")?;
        self.approver(&last.department)
    }

    /// What they apply for, and the first and the last day on which the one approver is away.
    fn applications(
        &self,
        today: NaiveDate,
    ) -> anyhow::Result<(Vec<Applied>, (NaiveDate, NaiveDate))> {
        let mut dice = Rng::with_seed(SEED);
        let (mut applications, mut away) = (Vec::new(), None);
        for (nth, one) in self.people.iter().enumerate() {
            let mut calendar = Calendar::new(today, &mut dice);
            if one.person.id == self.away()?.person.id {
                away = calendar.is_away_now();
            }
            let mut waiters = self.employees(&one.department).step_by(WAITS);
            if waiters.any(|(index, _)| index == nth) {
                calendar.waits();
            }
            calendar.the_usual(nth);
            for absence in calendar.absences() {
                applications.push(Applied {
                    id: ApplicationId::new(&one.person.email, absence.applied_at.try_into()?),
                    application: LeaveApplication {
                        email: one.person.email.clone(),
                        department: one.department.clone(),
                        hours: LeaveHours::try_from(i32::from(absence.hours))?,
                        start: absence.first.try_into()?,
                    },
                    person: nth,
                    becomes: absence.becomes,
                });
            }
        }
        applications.sort_by_key(|applied| applied.id.submitted_at());
        Ok((applications, away.context("nobody is away")?))
    }

    fn enter_people(&self, requests: &mut Requests<'_>) -> anyhow::Result<()> {
        let admin = self.admin()?;
        for department in requests.departments {
            let request = Request::NameFirstAdmin {
                person: admin.person.id,
                email: admin.person.email.clone(),
                name: admin.person.name.clone(),
                department: admin.department.clone(),
            };
            requests.add(admin, department, request)?;
        }
        let others = self.people.iter();
        for other in others.filter(|one| one.person.id != admin.person.id) {
            let request = Request::EnterPerson {
                person: Box::new(other.person.clone()),
                department: other.department.clone(),
            };
            requests.add(admin, &other.department, request)?;
        }
        Ok(())
    }

    /// Has an employee stand in for the approver who is away.
    fn delegate(
        &self,
        requests: &mut Requests<'_>,
        (first, last): (NaiveDate, NaiveDate),
    ) -> anyhow::Result<()> {
        let away = self.away()?;
        // The first one waits for a decision.
        let delegate = self.employees(&away.department).nth(1);
        let (_, delegate) = delegate.context("nobody can stand in")?;
        let request = Request::DelegateApproval {
            from: away.person.id,
            to: delegate.person.id,
            from_date: Date::try_from(first)?,
            until_date: Date::try_from(last)?,
        };
        requests.add(away, &away.department, request)
    }

    fn decide(&self, requests: &mut Requests<'_>) -> anyhow::Result<()> {
        for applied in &self.applications {
            let employee = &self.people[applied.person];
            let (outcome, comment) = match applied.becomes {
                Becomes::Waiting => continue,
                Becomes::Withdrawn => {
                    let application = applied.id.clone();
                    let request = Request::WithdrawApplication { application };
                    requests.add(employee, &employee.department, request)?;
                    continue;
                }
                Becomes::Approved(comment) => (Outcome::Approved, comment),
                Becomes::Declined(reason) => (Outcome::Declined, Some(reason)),
            };
            // Nobody decides on their own leave.
            let decider = match employee.person.role {
                Role::Approver => self.admin()?,
                Role::Employee | Role::Admin => self.approver(&employee.department)?,
            };
            let request = Request::DecideApplication {
                application: applied.id.clone(),
                outcome,
                comment: comment.map(str::parse).transpose()?,
                expected_version: None,
            };
            requests.add(decider, &employee.department, request)?;
        }
        Ok(())
    }
}

/// Commands that are being collected.
struct Requests<'a> {
    now: Ticks,
    departments: &'a Departments,
    commands: Vec<(i32, Command)>,
}

impl Requests<'_> {
    fn add(
        &mut self,
        by: &Colleague,
        department: &Department,
        request: Request,
    ) -> anyhow::Result<()> {
        let partition = self.departments.partition_of(department);
        let partition =
            partition.with_context(|| format!("there is no department {department}"))?;
        let number = self.commands.len().to_string();
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, number.as_bytes());
        let asked = Asked {
            command_id: CommandId::try_from(id)?,
            by: by.person.email.clone(),
            at: self.now,
        };
        self.commands.push((partition, Command { asked, request }));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
