//! What a row of a file says of a person.

use timeoff_ledger::{Date, Person, PersonId, PersonName, Region, Role, Schedule, Tags};
use timeoff_models::{Department, Departments, Email};

use crate::options::date;

/// The columns of a file. The first three must be there.
pub(super) const COLUMNS: [&str; 9] = [
    "email",
    "name",
    "department",
    "role",
    "region",
    "schedule",
    "from",
    "until",
    "tags",
];

/// How many columns must be there.
pub(super) const NEEDED: usize = 3;

/// A row. A field whose column is not in the file is `None`, and then the person stays as they are.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) email: Email,
    pub(super) department: Department,
    name: PersonName,
    role: Option<Role>,
    region: Option<Option<Region>>,
    schedule: Option<Option<Schedule>>,
    from: Option<Option<Date>>,
    until: Option<Option<Date>>,
    tags: Option<Tags>,
}

impl Row {
    /// Reads a row. `cell` gives the text in a column, `None` if that column is not in the file.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, in one line.
    pub(super) fn read<'a>(
        cell: impl Fn(&str) -> Option<&'a str>,
        departments: &Departments,
    ) -> Result<Row, String> {
        let mut wrong = Vec::new();
        let needed = |column| cell(column).unwrap_or_default();
        let email = told(&mut wrong, "email", needed("email").parse::<Email>());
        let name = told(&mut wrong, "name", needed("name").parse::<PersonName>());
        let department = told(
            &mut wrong,
            "department",
            departments.parse(needed("department")),
        );
        let role = given(&cell, "role", &mut wrong, str::parse::<Role>);
        let region = given(&cell, "region", &mut wrong, str::parse::<Region>);
        let schedule = given(&cell, "schedule", &mut wrong, str::parse::<Schedule>);
        let from = given(&cell, "from", &mut wrong, date);
        let until = given(&cell, "until", &mut wrong, date);
        let tags = given(&cell, "tags", &mut wrong, str::parse::<Tags>);
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && until < from
        {
            wrong.push(format!("until: {until} is before {from}, the first day"));
        }
        match (email, name, department) {
            (Some(email), Some(name), Some(department)) if wrong.is_empty() => Ok(Row {
                email,
                department,
                name,
                role: role.map(|role| role.unwrap_or(Role::Employee)),
                region,
                schedule,
                from,
                until,
                tags: tags.map(Option::unwrap_or_default),
            }),
            _ => Err(wrong.join("; ")),
        }
    }

    /// The first day that the row names.
    pub(super) fn from(&self) -> Option<Date> {
        self.from.flatten()
    }

    /// The person as the row has them, who was `before`.
    pub(super) fn over(&self, before: &Person) -> Person {
        let row = self.clone();
        Person {
            id: before.id,
            email: row.email,
            name: row.name,
            role: row.role.unwrap_or(before.role),
            region: row.region.unwrap_or_else(|| before.region.clone()),
            schedule: row.schedule.unwrap_or(before.schedule),
            from: row.from.unwrap_or(before.from),
            until: row.until.unwrap_or(before.until),
            tags: row.tags.unwrap_or_else(|| before.tags.clone()),
            earlier: before.earlier.clone(),
        }
    }

    /// The same of one who has left: only a last day that the row names brings them back, not the want of one.
    pub(super) fn over_one_who_has_left(&self, before: &Person) -> Person {
        let person = self.over(before);
        Person {
            until: person.until.or(before.until),
            ..person
        }
    }

    /// The person as the row has them, who is new.
    pub(super) fn new_person(&self, id: PersonId) -> Person {
        self.over(&Person {
            id,
            email: self.email.clone(),
            name: self.name.clone(),
            role: Role::Employee,
            region: None,
            schedule: None,
            from: None,
            until: None,
            tags: Tags::default(),
            earlier: None,
        })
    }
}

/// The value, or `None` with what is wrong noted.
fn told<T, E: ToString>(wrong: &mut Vec<String>, column: &str, value: Result<T, E>) -> Option<T> {
    value
        .map_err(|error| wrong.push(format!("{column}: {}", error.to_string())))
        .ok()
}

/// The value in a column that may be missing, and may be empty.
fn given<'a, T, E: ToString>(
    cell: impl Fn(&str) -> Option<&'a str>,
    column: &str,
    wrong: &mut Vec<String>,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Option<Option<T>> {
    match cell(column)? {
        "" => Some(None),
        text => told(wrong, column, parse(text)).map(Some),
    }
}
