//! An event as a JSON object: the fields that all have, then those of its kind.

use std::io::{self, Write};

use timeoff_cli::{Field, write_json_line};
use timeoff_ledger::{Fact, Judged, Person, PersonId};
use timeoff_models::UtcTime;

use super::Noted;
use crate::books::Books;

/// The fields of an object, with texts of its own.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

enum Value {
    Text(Option<String>),
    Number(Option<i64>),
}

impl Fields {
    fn text(&mut self, name: &'static str, text: impl ToString) {
        self.some(name, Some(text));
    }

    fn some(&mut self, name: &'static str, text: Option<impl ToString>) {
        let text = text.map(|text| text.to_string());
        self.0.push((name, Value::Text(text)));
    }

    fn number(&mut self, name: &'static str, number: Option<i64>) {
        self.0.push((name, Value::Number(number)));
    }

    /// A person's id and name.
    fn person(
        &mut self,
        books: &Books,
        (id_field, name_field): (&'static str, &'static str),
        id: Option<PersonId>,
    ) {
        self.some(id_field, id);
        self.some(name_field, id.and_then(|id| books.name_of(id)));
    }
}

impl Noted {
    /// Writes the event as a line of JSON. `answer` says how the command was answered of which this is the answer.
    pub(crate) fn write_json(
        &self,
        out: &mut impl Write,
        books: &Books,
        answer: Option<&str>,
    ) -> io::Result<()> {
        let mut fields = Fields::default();
        if let Some(answer) = answer {
            fields.text("answer", answer);
        }
        self.add_common(&mut fields, books);
        self.add_own(&mut fields, books);
        let fields: Vec<(&str, Field<'_>)> = fields
            .0
            .iter()
            .map(|(name, value)| match value {
                Value::Text(text) => (*name, text.as_deref().into()),
                Value::Number(number) => (*name, (*number).into()),
            })
            .collect();
        write_json_line(out, &fields)
    }

    fn add_common(&self, fields: &mut Fields, books: &Books) {
        let cause = &self.event.cause;
        fields.some("command_id", cause.command_id);
        fields.text("event", self.event.fact.name());
        fields.text("at", UtcTime::from(cause.at).as_str());
        fields.text("department", self.department(books));
        fields.number("partition", Some(self.position.partition.into()));
        fields.number("offset", Some(self.position.offset));
        fields.person(books, ("by", "by_name"), cause.by);
    }

    fn add_own(&self, fields: &mut Fields, books: &Books) {
        let person = ("person_id", "person_name");
        match &self.event.fact {
            Fact::PersonEntered {
                person,
                department,
                moved_from,
                left,
            } => {
                add_person(fields, person);
                fields.text("home", department);
                fields.some("moved_from", moved_from.as_ref());
                fields.some("last_day", *left);
            }
            Fact::PersonChanged { person } => add_person(fields, person),
            Fact::PersonMoved { person: id, to } => {
                fields.person(books, person, Some(*id));
                fields.text("to_department", to);
            }
            Fact::PersonLeft {
                person: id,
                last_date,
            } => {
                fields.person(books, person, Some(*id));
                fields.text("last_day", last_date);
            }
            Fact::ApprovalDelegated {
                from,
                to,
                from_date,
                until_date,
            } => {
                fields.person(books, person, Some(*from));
                fields.person(books, ("to_person_id", "to_person_name"), Some(*to));
                fields.text("first_day", from_date);
                fields.text("last_day", until_date);
            }
            Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => {
                fields.text("application_id", decided.application.as_str());
                fields.person(books, person, decided.person);
                let on_behalf_of = ("on_behalf_of", "on_behalf_of_name");
                fields.person(books, on_behalf_of, decided.on_behalf_of);
                fields.some("policy", decided.policy.as_deref());
                fields.number("known_offset", decided.known_offset);
                add_judged(fields, decided.judged());
            }
            Fact::EntitlementGranted {
                entitlement,
                moved_from,
            } => {
                fields.text("entitlement_id", entitlement.id);
                fields.person(books, person, Some(entitlement.person));
                fields.text("leave_type", &entitlement.leave_type);
                fields.number("minutes", Some(i64::from(entitlement.minutes)));
                fields.text("first_day", entitlement.from);
                fields.text("last_day", entitlement.until);
                fields.some("moved_from", moved_from.as_ref());
            }
            Fact::PolicySet { version, policy } => {
                fields.number("policy_version", Some(i64::from(*version)));
                fields.text("policy_text", &policy.0);
            }
            Fact::StageApproved {
                application,
                person: id,
                on_behalf_of,
                stage,
                stages,
                policy_version,
                known_offset,
            } => {
                fields.text("application_id", application.as_str());
                fields.person(books, person, *id);
                fields.person(books, ("on_behalf_of", "on_behalf_of_name"), *on_behalf_of);
                fields.number("stage", Some(i64::from(*stage)));
                fields.number("stages", Some(i64::from(*stages)));
                fields.number("policy_version", policy_version.map(i64::from));
                fields.number("known_offset", *known_offset);
            }
            Fact::CancellationAsked {
                application,
                person: id,
                known_offset,
            } => {
                fields.text("application_id", application.as_str());
                fields.person(books, person, Some(*id));
                fields.number("known_offset", *known_offset);
            }
            Fact::LeaveReleased {
                application,
                person: id,
                on_behalf_of,
                from_date,
                minutes,
                known_offset,
            } => {
                fields.text("application_id", application.as_str());
                fields.person(books, person, Some(*id));
                fields.person(books, ("on_behalf_of", "on_behalf_of_name"), *on_behalf_of);
                fields.some("first_day", *from_date);
                fields.number("minutes", Some(i64::from(*minutes)));
                fields.number("known_offset", *known_offset);
            }
            Fact::CancellationDeclined {
                application,
                person: id,
                on_behalf_of,
                known_offset,
            } => {
                fields.text("application_id", application.as_str());
                fields.person(books, person, Some(*id));
                fields.person(books, ("on_behalf_of", "on_behalf_of_name"), *on_behalf_of);
                fields.number("known_offset", *known_offset);
            }
            Fact::LeaveRecalculated {
                application,
                person: id,
                days,
                policy_version,
                calendar,
                known_offset,
            } => {
                fields.text("application_id", application.as_str());
                fields.person(books, person, Some(*id));
                fields.number("minutes", Some(i64::from(days.minutes())));
                fields.text("days", days);
                fields.number("policy_version", policy_version.map(i64::from));
                fields.some("calendar", calendar.as_deref());
                fields.number("known_offset", *known_offset);
            }
            Fact::LeaveAdmitted { leave, moved_from } => {
                fields.text("application_id", leave.application.as_str());
                fields.person(books, person, Some(leave.person));
                fields.some("leave_type", leave.leave_type.as_ref());
                fields.number("minutes", Some(i64::from(leave.days.minutes())));
                fields.text("days", &leave.days);
                fields.text("moved_from", moved_from);
            }
            Fact::LeaveWithdrawn {
                application,
                person: id,
                known_offset,
            } => {
                fields.text("application_id", application.as_str());
                fields.person(books, person, *id);
                fields.number("known_offset", *known_offset);
            }
            Fact::CommandRefused {
                application,
                person: id,
                reason,
                known_offset,
                policy_version,
                calendar,
            } => {
                fields.some("application_id", application.as_ref().map(|id| id.as_str()));
                fields.person(books, person, *id);
                fields.text("reason", &reason.0);
                fields.number("known_offset", *known_offset);
                fields.number("policy_version", policy_version.map(i64::from));
                fields.some("calendar", calendar.as_deref());
            }
        }
    }
}

fn add_judged(fields: &mut Fields, judged: &Judged<'_>) {
    fields.some("leave_type", judged.leave_type.as_ref());
    fields.number("minutes", judged.minutes.map(i64::from));
    fields.some("days", judged.days.as_ref());
    fields.number("available_minutes", judged.available.map(i64::from));
    fields.number("policy_version", judged.policy_version.map(i64::from));
    fields.some("calendar", judged.calendar.as_deref());
    fields.some("warnings", judged.warnings.as_ref().map(|text| &*text.0));
    fields.some("replaces", judged.replaces.as_ref().map(|id| id.as_str()));
    fields.some("reason", judged.reason.as_ref().map(|text| &*text.0));
}

fn add_person(fields: &mut Fields, person: &Person) {
    fields.text("person_id", person.id);
    fields.text("person_name", person.name.as_str());
    fields.text("email", person.email.as_str());
    fields.text("role", person.role);
    fields.some("region", person.region.as_ref());
    fields.some("schedule", person.schedule);
    fields.some("from", person.from);
    fields.some("until", person.until);
    fields.text("tags", person.tags.as_str());
}
