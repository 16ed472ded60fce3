//! The sample's people, as they stand in `sample/people.csv`.

use anyhow::Context;
use timeoff_ledger::{Person, PersonId, Role};
use timeoff_models::{Department, Departments};
use uuid::Uuid;

/// `timeoff-admin people import` takes this file as well.
const FILE: &str = include_str!("../../sample/people.csv");

/// Somebody, and where they are at home.
#[derive(Debug)]
pub(crate) struct Colleague {
    pub(crate) person: Person,
    pub(crate) department: Department,
}

/// Everybody, in the order of the file: by department and name.
///
/// # Errors
///
/// If a line of the file is no person in one of these departments.
pub(super) fn people(departments: &Departments) -> anyhow::Result<Vec<Colleague>> {
    let lines = FILE.lines().enumerate().skip(1);
    let people = lines.map(|(index, line)| {
        colleague(line, departments).with_context(|| format!("people.csv, line {}", index + 1))
    });
    people.collect()
}

fn colleague(line: &str, departments: &Departments) -> anyhow::Result<Colleague> {
    let values: Vec<&str> = line.split(',').collect();
    let [email, name, department, role, tags] = values[..] else {
        anyhow::bail!("not five values");
    };
    Ok(Colleague {
        person: Person {
            earlier: None,
            id: PersonId::try_from(Uuid::new_v5(&Uuid::NAMESPACE_URL, email.as_bytes()))?,
            email: email.parse()?,
            name: name.parse()?,
            role: role.parse()?,
            region: None,
            schedule: None,
            from: None,
            until: None,
            tags: tags.parse()?,
        },
        department: departments.named(department)?.clone(),
    })
}

impl Colleague {
    /// Whether they have this role in this department.
    pub(super) fn is(&self, role: Role, department: &Department) -> bool {
        self.person.role == role && self.department == *department
    }
}
