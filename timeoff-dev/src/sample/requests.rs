//! What the sample's people ask of the managers: to enter them, to have somebody stand in, to decide, to withdraw.

use anyhow::Context;
use chrono::NaiveDate;
use timeoff_ledger::{Asked, Command, CommandId, Date, Policy, PolicyText, Request, Role};
use timeoff_models::{Department, Departments, Outcome, Ticks};
use uuid::Uuid;

use super::calendar::Becomes;
use super::{Colleague, Sample};

/// `timeoff-admin policy set` takes this file as well.
const POLICY: &str = include_str!("../../sample/policy.toml");

impl Sample {
    /// All of it, in order, each command with the partition that it goes to.
    ///
    /// # Errors
    ///
    /// If it needs a department that there is not, or somebody whom the sample does not have.
    pub(super) fn requests(
        &self,
        now: Ticks,
        departments: &Departments,
        away: (NaiveDate, NaiveDate),
    ) -> anyhow::Result<Vec<(i32, Command)>> {
        let mut requests = Requests {
            now,
            departments,
            commands: Vec::new(),
        };
        self.enter_people(&mut requests)?;
        self.set_policy(&mut requests)?;
        self.delegate(&mut requests, away)?;
        self.decide(&mut requests)?;
        Ok(requests.commands)
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

    /// Has the admin set the policy everywhere, and grant everybody what it gives for the years around today.
    fn set_policy(&self, requests: &mut Requests<'_>) -> anyhow::Result<()> {
        let policy = Policy::read(POLICY, |_| true)?;
        let admin = self.admin()?;
        for department in requests.departments {
            let request = Request::SetPolicy {
                policy: PolicyText(POLICY.into()),
                expected_version: None,
            };
            requests.add(admin, department, request)?;
        }
        let this_year = Date::of(requests.now).year();
        for one in &self.people {
            for year in this_year - 1..=this_year + 1 {
                for entitled in policy.entitlements(&one.person, year) {
                    let entitlement = Box::new(entitled.granted_to(one.person.id));
                    let request = Request::GrantEntitlement { entitlement };
                    requests.add(admin, &one.department, request)?;
                }
            }
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
                accept_warnings: true,
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
