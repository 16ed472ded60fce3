//! What is said of a person, field by field.

use timeoff_cli::escaped;
use timeoff_ledger::Person;

/// A field's name, and its value as text; empty if there is none.
type Field = (&'static str, String);

/// All that has been entered of a person, in the order of a file's columns.
fn fields(person: &Person) -> [Field; 8] {
    let some = |value: Option<String>| value.unwrap_or_default();
    [
        ("email", person.email.to_string()),
        ("name", person.name.to_string()),
        ("role", person.role.to_string()),
        (
            "region",
            some(person.region.as_ref().map(ToString::to_string)),
        ),
        ("schedule", some(person.schedule.map(|it| it.to_string()))),
        ("from", some(person.from.map(|it| it.to_string()))),
        ("until", some(person.until.map(|it| it.to_string()))),
        ("tags", person.tags.as_str().to_owned()),
    ]
}

/// What has been entered of a person, in one line that is harmless for a terminal.
pub(crate) fn described(person: &Person) -> String {
    let given = fields(person)
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    let parts: Vec<String> = given
        .map(|(field, value)| format!("{field} {}", escaped(&value)))
        .collect();
    parts.join(", ")
}

/// How one person differs from another, in one line that is harmless for a terminal; `None` if they do not.
pub(crate) fn difference(before: &Person, after: &Person) -> Option<String> {
    let shown = |value: &str| match value {
        "" => "none".to_owned(),
        value => escaped(value).into_owned(),
    };
    let parts: Vec<String> = fields(before)
        .iter()
        .zip(fields(after))
        .filter(|(before, after)| before.1 != after.1)
        .map(|(before, after)| format!("{} {} -> {}", before.0, shown(&before.1), shown(&after.1)))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use timeoff_ledger::{Person, Role, Tags};

    use super::{described, difference};

    fn ada() -> Person {
        Person {
            id: "01a22983-5104-7492-a50c-d4dbea440560"
                .parse()
                .expect("an id"),
            email: "ada@example.com".parse().expect("an address"),
            name: "Ada".parse().expect("a name"),
            role: Role::Employee,
            region: None,
            schedule: None,
            from: None,
            until: None,
            tags: Tags::default(),
            earlier: None,
        }
    }

    #[test]
    fn only_what_differs_is_said_and_nothing_controls_a_terminal() {
        assert_eq!(difference(&ada(), &ada()), None);
        let after = Person {
            name: "Ada \u{202e}L.".parse().expect("a name"),
            role: Role::Approver,
            region: "GB-ENG".parse().ok(),
            ..ada()
        };
        assert_eq!(
            difference(&ada(), &after).as_deref(),
            Some("name Ada -> Ada \\u{202e}L., role employee -> approver, region none -> GB-ENG")
        );
        assert_eq!(
            difference(&after, &ada()).as_deref(),
            Some("name Ada \\u{202e}L. -> Ada, role approver -> employee, region GB-ENG -> none")
        );
        assert_eq!(
            described(&ada()),
            "email ada@example.com, name Ada, role employee"
        );
    }
}
