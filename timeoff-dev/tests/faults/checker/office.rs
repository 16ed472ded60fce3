//! Whether each event on a ledger may stand there: a simple idea of who may do what, held against the ledger from its
//! first event to its last.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Ledgers;
use super::{BY_HAND, ById};
use crate::happened::{Event, Fate, Happened};
use crate::raw::{Scan, by_id, request};
use crate::wanted::{ADMIN, Somebody, Wanted, What};

/// What a department's ledger says, up to an event.
#[derive(Default)]
struct Office {
    /// By address.
    people: BTreeMap<String, Somebody>,
    decided: BTreeSet<String>,
}

/// What else a decision depends on.
struct Around<'a> {
    applications: ById<'a>,
    results: ById<'a>,
    /// Applications that any event is about.
    on_a_ledger: BTreeSet<&'a str>,
    scan: &'a Scan,
}

/// Every event must be one that its command, or whoever decided without one, had a right to, given the events before it.
/// A command may be refused only if it had no right, or came too late.
pub(super) fn wrong_events(scan: &Scan, ledgers: &Ledgers) -> Vec<String> {
    let decided = ledgers
        .all_events()
        .filter_map(|(_, event)| match &event.what {
            Event::Decided { application, .. } => Some(application.as_str()),
            _ => None,
        });
    let around = Around {
        applications: by_id(&scan.applications),
        results: by_id(&scan.results),
        on_a_ledger: decided.collect(),
        scan,
    };
    let mut found = Vec::new();
    for (&partition, events) in &ledgers.events {
        let mut office = Office::default();
        for event in events {
            let command = event.command_id.clone();
            let command = command.and_then(|id| ledgers.commands.get(&(partition, id)));
            // That a command is not there is found elsewhere.
            let objection = match (command, event.command_id.is_some()) {
                (Some(command), _) => office.object_to_answer(command, event, &around),
                (None, true) => None,
                (None, false) => office.object_to_decision(event, partition, &around),
            };
            if let Some(objection) = objection {
                found.push(format!("{objection}: {event:?}, {command:?}"));
            }
            office.note(event);
        }
    }
    found
}

impl Office {
    fn note(&mut self, event: &Happened) {
        match &event.what {
            Event::Entered(person) => {
                self.people.insert(person.email.clone(), person.clone());
            }
            Event::Decided { application, .. } => {
                self.decided.insert(application.clone());
            }
            Event::Refused | Event::Strange(_) => {}
        }
    }

    /// What is wrong with the answer to a command, if anything is.
    fn object_to_answer(
        &self,
        command: &Wanted,
        answer: &Happened,
        around: &Around<'_>,
    ) -> Option<&'static str> {
        let asker = self.people.get(&command.by);
        if answer.by.is_some() && answer.by.as_ref() != asker.map(|asker| &asker.id) {
            return Some("it names somebody else as the asker");
        }
        let obstacle = self.obstacle(command, around);
        match (&answer.what, &command.what, obstacle) {
            (Event::Refused, _, Some(_)) => None,
            // Retention may have removed the application before the command came, or after.
            (Event::Refused, _, None) if around.is_deleted(command) => None,
            (Event::Refused, _, None) => Some("it was refused without a reason"),
            (_, _, Some(obstacle)) => Some(obstacle),
            (Event::Entered(entered), What::Enter { person, .. }, None) if entered == person => {
                None
            }
            (
                Event::Decided {
                    application: decided,
                    fate,
                    policy: None,
                },
                What::Decide {
                    application,
                    approve,
                    ..
                },
                None,
            ) if decided == application
                && answer.by.is_some()
                && *fate
                    == if *approve {
                        Fate::Booked
                    } else {
                        Fate::Declined
                    } =>
            {
                None
            }
            (
                Event::Decided {
                    application: decided,
                    fate: Fate::Withdrawn,
                    policy: None,
                },
                What::Withdraw { application },
                None,
            ) if decided == application => None,
            _ => Some("this is not what was asked for"),
        }
    }

    /// Why a command is to be refused; `None` if it is to be carried out.
    fn obstacle(&self, command: &Wanted, around: &Around<'_>) -> Option<&'static str> {
        let role = self
            .people
            .get(&command.by)
            .map(|asker| asker.role.as_str());
        let is_admin = |person: &Somebody| person.role == ADMIN;
        match &command.what {
            What::Enter { is_first: true, .. } if self.people.values().any(is_admin) => {
                return Some("there was an admin");
            }
            What::Enter {
                is_first: false, ..
            } if role != Some(ADMIN) => {
                return Some("no admin has asked for it");
            }
            What::Enter { person, .. } => {
                let is_taken = self.people.contains_key(&person.email);
                return is_taken.then_some("the address was taken");
            }
            What::Decide { .. } if !matches!(role, Some(ADMIN | "approver")) => {
                return Some("no approver has asked for it");
            }
            What::Decide {
                expected_version, ..
            } if expected_version.is_some_and(|version| version != 0) => {
                return Some("another version was expected");
            }
            What::Decide { .. } | What::Withdraw { .. } => {}
        }
        let id = command.application().unwrap_or_default();
        if self.decided.contains(id) {
            return Some("it was decided");
        }
        let Some(applicant) = around.applicant(id, command.partition) else {
            return Some(
                "there is no such application, or it was decided before people were entered",
            );
        };
        let is_own = applicant == command.by;
        match (&command.what, is_own) {
            (What::Decide { .. }, true) => Some("it is their own leave"),
            (What::Withdraw { .. }, false) => Some("it is somebody else's leave"),
            _ => None,
        }
    }

    /// What is wrong with a decision that no command has asked for, if anything is.
    fn object_to_decision(
        &self,
        event: &Happened,
        partition: i32,
        around: &Around<'_>,
    ) -> Option<&'static str> {
        let Event::Decided {
            application,
            fate,
            policy,
        } = &event.what
        else {
            return Some("nobody has asked for it");
        };
        let Some(applicant) = around.applicant(application, partition) else {
            return Some("there is no such application");
        };
        let by = event.by.as_ref();
        let person = self.people.values().find(|person| by == Some(&person.id));
        let is_right = match (policy, person) {
            (Some(_), None) => by.is_none(),
            (None, Some(person)) => {
                person.name == BY_HAND && person.role == "approver" && person.email != applicant
            }
            _ => false,
        };
        match is_right {
            _ if self.people.is_empty() => Some("nobody had been entered"),
            _ if *fate == Fate::Withdrawn => Some("nobody has withdrawn it"),
            _ if self.decided.contains(application) => Some("it was decided"),
            false => Some("nobody with a right has decided it"),
            true => None,
        }
    }
}

impl Around<'_> {
    /// The address of whoever has applied, if an application waits in a partition unless the events before say
    /// otherwise.
    fn applicant(&self, id: &str, partition: i32) -> Option<String> {
        let application = self.applications.get(id)?.first()?;
        // Without an event, it was decided before people were entered.
        let is_decided_before = self.results.contains_key(id) && !self.on_a_ledger.contains(id);
        let is_here = application.partition == partition && !is_decided_before;
        is_here.then(|| request(application.avro()).email)
    }

    fn is_deleted(&self, command: &Wanted) -> bool {
        let application = command
            .application()
            .and_then(|id| self.applications.get(id));
        let begin = &self.scan.applications_begin;
        application.is_some_and(|copies| copies[0].is_deleted(begin))
    }
}
