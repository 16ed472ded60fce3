//! What an admin types of a policy, and what is wrong with it.

use serde::Deserialize;
use timeoff_ledger::{Complaint, Policy};

/// What the form sends, as names and values: departments come several times.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(in super::super) struct PolicyForm(Vec<(String, String)>);

impl PolicyForm {
    fn all<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        let fields = self.0.iter();
        fields
            .filter(move |(name, _)| name == field)
            .map(|(_, value)| &**value)
    }

    fn one<'a>(&'a self, field: &'a str) -> &'a str {
        self.all(field).next().unwrap_or_default()
    }
}

/// What is wanted of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Check,
    Set,
}

/// A policy that is being written.
#[derive(Clone)]
pub(super) struct Draft {
    /// What is sent twice with it is done once.
    pub(super) key: String,
    pub(super) wanted: Wanted,
    pub(super) text: String,
    /// The names of the departments in which it is to hold.
    pub(super) departments: Vec<String>,
    /// How many policies had been set in each department when the form was filled: `HR:1 IT:3`.
    pub(super) seen: String,
    /// The day since which decisions are tried again, as it was typed.
    pub(super) from: String,
    /// What distinguishes the text that was checked, and where, from any other.
    pub(super) checked: String,
}

impl Draft {
    /// As the form has it. Browsers end lines as Windows does; policies as they were written by any editor.
    pub(super) fn of(form: &PolicyForm) -> Draft {
        Draft {
            key: form.one("key").to_owned(),
            wanted: match form.one("step") {
                "set" => Wanted::Set,
                _ => Wanted::Check,
            },
            text: form.one("text").replace("\r\n", "\n"),
            departments: form.all("in").map(str::to_owned).collect(),
            seen: form.one("seen").to_owned(),
            from: form.one("from").to_owned(),
            checked: form.one("checked").to_owned(),
        }
    }

    /// How many policies had been set in a department when the form was filled, if that is known.
    pub(super) fn seen_in(&self, department: &str) -> Option<u32> {
        let mut all = self.seen.split(' ');
        let seen = all.find_map(|one| one.strip_prefix(department)?.strip_prefix(':'))?;
        seen.parse().ok()
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(super) fn read(&self) -> Result<Policy, Vec<Mistake>> {
        Policy::read_to_set(&self.text).map_err(|error| self.shown(&error.complaints()))
    }

    /// Complaints, each with the line that it is about.
    pub(super) fn shown(&self, complaints: &[Complaint]) -> Vec<Mistake> {
        let lines: Vec<&str> = self.text.lines().collect();
        complaints
            .iter()
            .map(|complaint| {
                let line = complaint.line;
                let text = line.and_then(|line| lines.get(line.checked_sub(1)?));
                Mistake {
                    place: place(complaint),
                    what: complaint.what.clone(),
                    line: line.zip(text.map(|text| text.trim_end().to_owned())),
                }
            })
            .collect()
    }
}

/// `Line 12, cover[1].tag`.
fn place(complaint: &Complaint) -> Option<String> {
    let line = complaint.line.map(|line| format!("line {line}"));
    let column = complaint.column.map(|column| format!("character {column}"));
    let parts = [line, column, complaint.key.clone()];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Something that is wrong with the text, or may be.
pub(super) struct Mistake {
    /// Where: `line 12, cover[1].tag`.
    pub(super) place: Option<String>,
    pub(super) what: String,
    /// The number of the line and what stands there.
    pub(super) line: Option<(usize, String)>,
}

#[cfg(test)]
mod tests {
    use super::{Draft, PolicyForm, Wanted};

    fn draft(fields: &[(&str, &str)]) -> Draft {
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Draft::of(&PolicyForm(fields.collect()))
    }

    #[test]
    fn a_text_from_a_browser_is_the_one_that_was_shown_there() {
        let draft = draft(&[("text", "a = 1\r\nb = 2\r\n"), ("in", "HR"), ("in", "IT")]);
        assert_eq!(draft.text, "a = 1\nb = 2\n");
        assert_eq!(draft.departments, ["HR", "IT"]);
        assert_eq!(draft.wanted, Wanted::Check);
    }

    #[test]
    fn what_was_seen_is_known_for_each_department_by_its_whole_name() {
        let draft = draft(&[("seen", "IT-OPS:7 IT:3 HR:0")]);
        let seen = ["IT", "HR", "IT-OPS", "OPS"].map(|name| draft.seen_in(name));
        assert_eq!(seen, [Some(3), Some(0), Some(7), None]);
    }

    #[test]
    fn a_mistake_is_shown_with_its_line() {
        let text = "default_type = \"annual\"\n[types.annual]\nlabel = \"Annual\"\nneeds_entitlement = maybe\n";
        let wrong = draft(&[("text", text)]).read().expect_err("it is wrong");
        let line = wrong[0].line.clone();
        assert_eq!(line, Some((4, "needs_entitlement = maybe".to_owned())));
        assert!(
            wrong[0]
                .place
                .as_ref()
                .is_some_and(|place| place.starts_with("line 4, "))
        );
    }
}
