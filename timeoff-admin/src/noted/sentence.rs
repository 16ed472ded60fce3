//! An event as a sentence for people.

use timeoff_cli::escaped;
use timeoff_ledger::{Fact, LeaveDecided, Person, PersonId, hours};

use super::Noted;
use crate::books::Books;
use crate::people::{described, difference};

impl Noted {
    /// What has happened, in one line that is harmless for a terminal. It names people as the books do. Of a person who
    /// has changed it says what, if they are known as they were before.
    pub(crate) fn sentence(&self, books: &Books, before: Option<&Person>) -> String {
        let department = self.department(books);
        let name = |id: &PersonId| name(books, *id);
        match &self.event.fact {
            Fact::PersonEntered {
                person,
                department: home,
                moved_from,
                ..
            } => {
                let who = escaped(person.name.as_str());
                match moved_from {
                    Some(from) => format!("{who} has come from {from} to {home}."),
                    None if home.as_str() == department => {
                        format!("{who} is entered in {home} as {}.", person.role)
                    }
                    None => format!(
                        "{who} of {home} is entered in {department} as {}.",
                        person.role
                    ),
                }
            }
            Fact::PersonChanged { person } => {
                let change = match before {
                    Some(before) => difference(before, person),
                    None => Some(described(person)),
                };
                let change = change.unwrap_or_else(|| "nothing differs".to_owned());
                format!("{} is changed: {change}", escaped(person.name.as_str()))
            }
            Fact::PersonMoved { person, to } => {
                format!("{} has gone from {department} to {to}.", name(person))
            }
            Fact::PersonLeft { person, last_date } => {
                format!("The last day of {} is {last_date}.", name(person))
            }
            Fact::ApprovalDelegated {
                from,
                to,
                from_date,
                until_date,
            } => format!(
                "{} decides in the place of {} from {from_date} to {until_date}.",
                name(to),
                name(from)
            ),
            Fact::LeaveBooked(decided) => {
                format!("Approved: {}.", leave(books, decided))
            }
            Fact::LeaveDeclined(decided) => {
                format!("Declined: {}.", leave(books, decided))
            }
            Fact::LeaveWithdrawn { application, .. } => {
                format!("Withdrawn: {}.", escaped(application.as_str()))
            }
            Fact::EntitlementGranted {
                entitlement,
                moved_from,
            } => {
                let (who, label) = (name(&entitlement.person), &entitlement.leave_type);
                let (from, until) = (entitlement.from, entitlement.until);
                let much = hours(entitlement.minutes);
                match moved_from {
                    Some(department) => format!(
                        "{who} has brought {much} of {label} leave from {department}, from {from} to {until}."
                    ),
                    None => {
                        format!("{who} can take {much} of {label} leave from {from} to {until}.")
                    }
                }
            }
            Fact::PolicySet { version, .. } => {
                format!("Leave in {department} is judged by policy {version} from now on.")
            }
            Fact::StageApproved {
                application,
                stage,
                stages,
                ..
            } => format!(
                "Approved at stage {stage} of {stages}: {}.",
                escaped(application.as_str())
            ),
            Fact::CancellationAsked { application, .. } => {
                format!("Asked to be cancelled: {}.", escaped(application.as_str()))
            }
            Fact::LeaveReleased {
                application,
                from_date,
                minutes,
                ..
            } => {
                let part = from_date.map_or_else(String::new, |date| format!(" from {date} on"));
                format!(
                    "Given back{part}, {}: {}.",
                    hours(*minutes),
                    escaped(application.as_str())
                )
            }
            Fact::CancellationDeclined { application, .. } => {
                format!("Not cancelled: {}.", escaped(application.as_str()))
            }
            Fact::LeaveRecalculated {
                application, days, ..
            } => format!(
                "Counted anew, {}: {}.",
                hours(days.minutes()),
                escaped(application.as_str())
            ),
            Fact::LeaveAdmitted { leave, moved_from } => format!(
                "{} has brought booked leave of {} from {moved_from}: {}.",
                name(&leave.person),
                hours(leave.days.minutes()),
                escaped(leave.application.as_str())
            ),
            Fact::CommandRefused { reason, .. } => format!("Refused: {}", escaped(&reason.0)),
        }
    }

    /// The department on whose ledger it stands.
    pub(crate) fn department(&self, books: &Books) -> String {
        let partition = self.position.partition;
        books.department(partition).map_or_else(
            || format!("partition {partition}"),
            |department| department.to_string(),
        )
    }
}

/// What a person is called; their id, if no name is known. Harmless for a terminal.
pub(crate) fn name(books: &Books, id: PersonId) -> String {
    books
        .name_of(id)
        .map_or_else(|| id.to_string(), |name| escaped(name).into_owned())
}

fn leave(books: &Books, decided: &LeaveDecided<'_>) -> String {
    let application = escaped(decided.application.as_str());
    let mut text = match decided.person {
        Some(person) => format!("{application}, leave of {}", name(books, person)),
        None => application.into_owned(),
    };
    let judged = decided.judged();
    if let Some(minutes) = judged.minutes {
        text += &format!(", {}", hours(minutes));
    }
    if let Some(leave_type) = &judged.leave_type {
        text += &format!(" of {leave_type} leave");
    }
    if let Some(available) = judged.available {
        text += &format!("; {} left", hours(available));
    }
    if let Some(reason) = &judged.reason {
        text += &format!(": {}", escaped(reason.0.trim_end_matches('.')));
    }
    text
}
