//! The rules a second time, as slow and as plain as they can be said: the model keeps the whole ledger, and reads it
//! from the beginning for every question.

mod applications;
mod people;

use timeoff_models::{Department, Email, Ticks};

use crate::{
    Answer, Application, Cause, Command, CommandId, Date, Event, Fact, Person, PersonId, Reason,
    Refusal, Request, Role,
};

pub(super) struct Model {
    pub(super) department: Department,
    pub(super) ledger: Vec<Event<'static>>,
}

/// A person as the ledger has them.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) person: Person,
    home: Department,
    gone: bool,
    left: Option<Date>,
    last_date: Date,
}

impl Known {
    fn is_active(&self, date: Date) -> bool {
        let begins = self.person.from.unwrap_or(date);
        !self.gone && begins <= date && date <= self.last_date
    }

    fn has_not_left(&self, date: Date) -> bool {
        !self.gone && date <= self.last_date
    }

    fn is_admin(&self, date: Date) -> bool {
        self.is_active(date) && self.person.role == Role::Admin
    }

    fn decides(&self, date: Date) -> bool {
        self.is_active(date) && self.person.role != Role::Employee
    }
}

impl Model {
    /// Everybody who was ever entered, in the order in which they first were.
    pub(super) fn people(&self) -> Vec<Known> {
        let mut ids: Vec<PersonId> = Vec::new();
        for event in &self.ledger {
            if let Fact::PersonEntered { person, .. } = &event.fact
                && !ids.contains(&person.id)
            {
                ids.push(person.id);
            }
        }
        ids.into_iter().map(|id| self.known(id).unwrap()).collect()
    }

    fn known(&self, id: PersonId) -> Option<Known> {
        let entered = self.ledger.iter().rposition(
            |event| matches!(&event.fact, Fact::PersonEntered { person, .. } if person.id == id),
        )?;
        let Fact::PersonEntered {
            person,
            department,
            left,
            ..
        } = &self.ledger[entered].fact
        else {
            unreachable!("it was just found");
        };
        let mut person = (**person).clone();
        let (mut gone, mut left) = (false, *left);
        for event in &self.ledger[entered..] {
            match &event.fact {
                Fact::PersonChanged { person: changed } if changed.id == id => {
                    person = (**changed).clone();
                }
                Fact::PersonMoved { person, .. } if *person == id => gone = true,
                Fact::PersonLeft {
                    person, last_date, ..
                } if *person == id => left = Some(*last_date),
                _ => {}
            }
        }
        let ends = [person.until, left];
        Some(Known {
            home: department.clone(),
            gone,
            last_date: ends.into_iter().flatten().min().unwrap_or(Date::MAX),
            left,
            person,
        })
    }

    fn here(&self, id: PersonId) -> Result<Known, Refusal> {
        let known = self.known(id).filter(|known| !known.gone);
        known.ok_or(Refusal::NoSuchPerson {
            department: self.department.clone(),
        })
    }

    pub(super) fn active(&self, email: &Email, date: Date) -> Option<Person> {
        let holders = self.holders(email).into_iter().rev();
        holders
            .filter_map(|(id, _)| self.known(id))
            .find(|known| known.person.email == *email && known.is_active(date))
            .map(|known| known.person)
    }

    /// Who got an address, and when, in this order: as the ledger goes, whoever does not have it before an event, and has
    /// it after.
    fn holders(&self, email: &Email) -> Vec<(PersonId, Ticks)> {
        let mut holders: Vec<(PersonId, Ticks)> = Vec::new();
        let mut so_far = Self {
            department: self.department.clone(),
            ledger: Vec::new(),
        };
        for event in &self.ledger {
            let (id, is_entered) = match &event.fact {
                Fact::PersonEntered { person, .. } => (person.id, true),
                Fact::PersonChanged { person } => (person.id, false),
                Fact::PersonLeft { person, .. } => (*person, false),
                _ => continue,
            };
            let date = Date::of(event.cause.at);
            let before = so_far.known(id);
            so_far.ledger.push(event.clone());
            let after = so_far.known(id).unwrap();
            let gets = match before {
                Some(before) if !is_entered => {
                    before.person.email != after.person.email
                        || (!before.has_not_left(date) && after.has_not_left(date))
                }
                _ => true,
            };
            if !gets || after.person.email != *email {
                continue;
            }
            let at = event.cause.at;
            let again = holders.pop_if(|(last, _)| *last == id);
            let since = holders.last().map_or(at, |(_, before)| at.max(*before));
            holders.push((id, again.map_or(since, |(_, earlier)| earlier.min(since))));
        }
        holders
    }

    /// Whether the person has, or once had, the address.
    pub(super) fn ever_had(&self, id: PersonId, email: &Email) -> bool {
        self.ledger.iter().any(|event| match &event.fact {
            Fact::PersonEntered { person, .. } | Fact::PersonChanged { person } => {
                person.id == id && person.email == *email
            }
            _ => false,
        })
    }

    /// Whose application it is: by the time in its id, which all have here.
    fn applicant(&self, application: &Application<'_>) -> Option<Person> {
        let submitted_at = application.id.submitted_at().unwrap();
        let holders = self.holders(&application.leave.email);
        let latest = holders.iter().rfind(|(_, since)| *since <= submitted_at);
        let (id, _) = latest.or(holders.first())?;
        Some(self.known(*id)?.person)
    }

    /// Those in whose place a person may decide.
    pub(super) fn delegators(&self, id: PersonId, date: Date) -> Vec<PersonId> {
        let delegations = self.ledger.iter().filter_map(|event| match event.fact {
            Fact::ApprovalDelegated {
                from,
                to,
                from_date,
                until_date,
            } if to == id && from_date <= date && date <= until_date => Some(from),
            _ => None,
        });
        delegations
            .filter(|&from| self.known(from).is_some_and(|known| known.decides(date)))
            .collect()
    }

    pub(super) fn decides(&self, id: PersonId, date: Date) -> bool {
        self.known(id).is_some_and(|known| known.decides(date))
    }

    pub(super) fn answers_to(&self, id: CommandId) -> usize {
        let answers = self.ledger.iter();
        answers
            .filter(|event| event.cause.command_id == Some(id))
            .count()
    }

    pub(super) fn carry_out(
        &self,
        command: &Command,
        application: Option<&Application<'_>>,
    ) -> Answer {
        let asked = &command.asked;
        if self.answers_to(asked.command_id) > 0 {
            return Answer::Repeated;
        }
        let asker = self.active(&asked.by, asked.date());
        let cause = Cause {
            command_id: Some(asked.command_id),
            by: asker.map(|person| person.id),
            at: asked.at,
        };
        let done = |fact| Answer::Done {
            events: vec![Event { cause, fact }],
            result: None,
            admit: Vec::new(),
        };
        let answer = match &command.request {
            Request::NameFirstAdmin { .. } => self.first_admin(command).map(done),
            Request::EnterPerson { person, department } => self
                .admin(asked)
                .and_then(|()| self.newcomer(person, asked.date()))
                .and_then(|()| period(person.from, person.until))
                .map(|()| {
                    done(Fact::PersonEntered {
                        person: person.clone(),
                        department: department.clone(),
                        moved_from: None,
                        left: None,
                    })
                }),
            Request::ChangePerson { person } => self
                .admin(asked)
                .and_then(|()| self.here(person.id))
                .and_then(|_| period(person.from, person.until))
                .and_then(|()| {
                    self.after(
                        asked,
                        person.id,
                        Fact::PersonChanged {
                            person: person.clone(),
                        },
                    )
                })
                .map(done),
            Request::EndEmployment { person, last_date } => self
                .admin(asked)
                .and_then(|()| self.here(*person))
                .and_then(|known| match known.person.until {
                    Some(until) if *last_date > until => Err(Refusal::LastDayAfterUntil { until }),
                    _ => Ok(()),
                })
                .and_then(|()| {
                    let (person, last_date) = (*person, *last_date);
                    self.after(asked, person, Fact::PersonLeft { person, last_date })
                })
                .map(done),
            Request::MovePerson { person, to } => {
                self.moved(asked, *person, to)
                    .map(|(fact, admit)| Answer::Done {
                        events: vec![Event { cause, fact }],
                        result: None,
                        admit: vec![admit],
                    })
            }
            Request::AdmitPerson {
                person,
                department,
                from,
                left,
            } => Ok(done(self.admitted(asked, person, department, from, *left))),
            Request::DelegateApproval { .. } => self.delegated(command).map(done),
            Request::DecideApplication { .. } => self.decided(command, application),
            Request::WithdrawApplication { .. } => self.withdrawn(command, application),
            // The model knows no policy: `rules` and `histories` are about that.
            other => unreachable!("{other:?}"),
        };
        answer.unwrap_or_else(|refusal| Answer::Refused {
            event: Event {
                cause,
                fact: Fact::CommandRefused {
                    application: command.request.application().cloned(),
                    person: command.request.person(),
                    reason: Reason(refusal.reason()),
                    known_offset: None,
                    policy_version: None,
                    calendar: None,
                },
            },
            refusal,
        })
    }

    fn asker(&self, email: &Email, date: Date) -> Result<Person, Refusal> {
        let department = self.department.clone();
        if self.people().is_empty() {
            return Err(Refusal::NobodyEntered { department });
        }
        let asker = self.active(email, date);
        asker.ok_or(Refusal::UnknownAsker { department })
    }
}

fn period(from: Option<Date>, until: Option<Date>) -> Result<(), Refusal> {
    match from.zip(until) {
        Some((from, until)) if until < from => Err(Refusal::EndsBeforeItBegins),
        _ => Ok(()),
    }
}
