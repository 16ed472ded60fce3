//! What `timeoff-dev web` puts onto a fresh log: people, and a year of their leave around today.
//!
//! It is put there as its people would do it: applications, and commands that the managers of the departments carry out.
//! Nothing else is written. On the same day it is always the same.
//!
//! | file | what it has |
//! |---|---|
//! | `people.rs` | who they are |
//! | `calendar.rs` | when they are away |
//! | `requests.rs` | what they ask of the managers |
//! | `queue.rs` | queues it, and waits until it is carried out |

mod calendar;
mod people;
mod queue;
mod requests;

use anyhow::Context;
use chrono::NaiveDate;
use fastrand::Rng;
use timeoff_ledger::{Command, Role};
use timeoff_models::{ApplicationId, Department, Departments, LeaveApplication, LeaveHours, Ticks};

use calendar::{Becomes, Calendar};
pub(crate) use people::Colleague;

/// Where the dice begin: with a constant, every run has the same sample.
const SEED: u64 = 24;

/// Every third employee of a department has a leave that waits, beginning with the first.
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
        sample.commands = sample.requests(now, departments, away)?;
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
                        details: None,
                    },
                    person: nth,
                    becomes: absence.becomes,
                });
            }
        }
        applications.sort_by_key(|applied| applied.id.submitted_at());
        Ok((applications, away.context("nobody is away")?))
    }
}

#[cfg(test)]
mod tests;
