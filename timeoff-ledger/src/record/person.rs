//! The fields that say all of a person. Five records have them.

use timeoff_models::generated;

use crate::field::{email, read, read_some, some_date};
use crate::{InvalidField, Person};

/// The person in a record.
pub(super) trait ReadPerson {
    fn read_person(&self) -> Result<Person, InvalidField>;
}

macro_rules! read_person {
    ($($record:ident),*) => {
        $(
            impl ReadPerson for generated::$record<'_> {
                fn read_person(&self) -> Result<Person, InvalidField> {
                    Ok(Person {
                        id: read("PersonId", &self.person_id)?,
                        email: email("Email", &self.email)?,
                        name: read("Name", &self.name)?,
                        role: read("Role", &self.role)?,
                        region: read_some("Region", self.region.as_deref())?,
                        schedule: read_some("Schedule", self.schedule.as_deref())?,
                        from: some_date("FromDateTicks", self.from_date_ticks)?,
                        until: some_date("UntilDateTicks", self.until_date_ticks)?,
                        tags: read("Tags", &self.tags)?,
                        earlier: read_some("EarlierTerms", self.earlier_terms.as_deref())?,
                    })
                }
            }
        )*
    };
}

read_person!(
    EnterPerson,
    ChangePerson,
    AdmitPerson,
    PersonEntered,
    PersonChanged
);

/// A record of that type with the fields of a person, and those that are given beside.
macro_rules! record_of_person {
    ($record:ident, $person:ident, { $($field:ident: $value:expr),* $(,)? }) => {
        generated::$record {
            $($field: $value,)*
            person_id: $person.id.to_string().into(),
            email: $person.email.as_str().into(),
            name: $person.name.as_str().into(),
            role: $person.role.as_str().into(),
            region: $person.region.as_ref().map(|region| region.as_str().into()),
            schedule: $person.schedule.map(|schedule| schedule.to_string().into()),
            from_date_ticks: $person.from.map(|date| date.midnight().get()),
            until_date_ticks: $person.until.map(|date| date.midnight().get()),
            tags: $person.tags.as_str().into(),
            earlier_terms: $person.earlier.as_ref().map(|terms| terms.to_string().into()),
        }
    };
}

pub(super) use record_of_person;
