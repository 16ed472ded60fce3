//! The rules a second time, as slow and as plain as they can be said: the model keeps the whole ledger, and answers every
//! question by reading it from the beginning.

use timeoff_models::{ApplicationId, Department, Email, Outcome};

use crate::{
    Answer, Application, Asked, Cause, Command, CommandId, Date, Decider, Event, Fact, Fate,
    LeaveDecided, PastDecider, Person, PersonId, Reason, Refusal, Request, Role, Ruling, Tags,
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
    last_date: Date,
}

impl Known {
    fn is_active(&self, date: Date) -> bool {
        let begins = self.person.from.unwrap_or(date);
        !self.gone && begins <= date && date <= self.last_date
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
            person, department, ..
        } = &self.ledger[entered].fact
        else {
            unreachable!("it was just found");
        };
        let mut person = (**person).clone();
        let (mut gone, mut left) = (false, None);
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
        let found = |known: &Known| known.person.email == *email && known.is_active(date);
        self.people()
            .into_iter()
            .rfind(found)
            .map(|known| known.person)
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

    fn applicant(&self, email: &Email, date: Date) -> Option<Person> {
        self.active(email, date).or_else(|| {
            let had = |known: &Known| self.ever_had(known.person.id, email);
            self.people()
                .into_iter()
                .rfind(had)
                .map(|known| known.person)
        })
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

    fn decisions(&self, id: &ApplicationId<'_>) -> Vec<(Fate, &Event<'static>, Option<&str>)> {
        let decision = |event: &'_ Event<'static>| match &event.fact {
            Fact::LeaveBooked(decided) => Some((Fate::Approved, decided.application.clone())),
            Fact::LeaveDeclined(decided) => Some((Fate::Declined, decided.application.clone())),
            Fact::LeaveWithdrawn { application, .. } => {
                Some((Fate::Withdrawn, application.clone()))
            }
            _ => None,
        };
        self.ledger
            .iter()
            .filter_map(|event| {
                let (fate, application) = decision(event)?;
                let policy = match &event.fact {
                    Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => {
                        decided.policy.as_deref()
                    }
                    _ => None,
                };
                (application == *id).then_some((fate, event, policy))
            })
            .collect()
    }

    fn undecided(&self, id: &ApplicationId<'_>) -> Result<(), Refusal> {
        match self.decisions(id).last() {
            None => Ok(()),
            Some(&(fate, event, policy)) => Err(Refusal::AlreadyDecided {
                fate,
                decider: if fate == Fate::Withdrawn {
                    PastDecider::Employee
                } else if policy.is_some() {
                    PastDecider::Policy
                } else {
                    let by = event.cause.by.and_then(|id| self.known(id));
                    by.map_or(PastDecider::Somebody, |known| {
                        PastDecider::Person(known.person.name)
                    })
                },
            }),
        }
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
            admit: None,
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
                .and_then(|_| {
                    let (person, last_date) = (*person, *last_date);
                    self.after(asked, person, Fact::PersonLeft { person, last_date })
                })
                .map(done),
            Request::MovePerson { person, to } => {
                self.moved(asked, *person, to)
                    .map(|(fact, admit)| Answer::Done {
                        events: vec![Event { cause, fact }],
                        result: None,
                        admit: Some(admit),
                    })
            }
            Request::AdmitPerson {
                person,
                department,
                from,
            } => Ok(done(self.admitted(asked, person, department, from))),
            Request::DelegateApproval { .. } => self.delegated(command).map(done),
            Request::DecideApplication { .. } => self.decided(command, application),
            Request::WithdrawApplication { .. } => self.withdrawn(command, application),
        };
        answer.unwrap_or_else(|refusal| Answer::Refused {
            event: Event {
                cause,
                fact: Fact::CommandRefused {
                    application: command.request.application().cloned(),
                    person: command.request.person(),
                    reason: Reason(refusal.reason()),
                    known_offset: None,
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

    fn admin(&self, asked: &Asked) -> Result<(), Refusal> {
        let asker = self.asker(&asked.by, asked.date())?;
        match asker.role {
            Role::Admin => Ok(()),
            role => Err(Refusal::NotAdmin {
                department: self.department.clone(),
                role,
            }),
        }
    }

    fn taken(&self, email: &Email, except: Option<PersonId>, date: Date) -> Result<(), Refusal> {
        let taken = self.people().into_iter().any(|known| {
            Some(known.person.id) != except
                && known.person.email == *email
                && !known.gone
                && date <= known.last_date
        });
        match taken {
            true => Err(Refusal::AddressTaken {
                department: self.department.clone(),
            }),
            false => Ok(()),
        }
    }

    fn newcomer(&self, person: &Person, date: Date) -> Result<(), Refusal> {
        match self.here(person.id) {
            Ok(_) => Err(Refusal::PersonIsHere {
                department: self.department.clone(),
            }),
            Err(_) => self.taken(&person.email, None, date),
        }
    }

    fn first_admin(&self, command: &Command) -> Result<Fact<'static>, Refusal> {
        let Request::NameFirstAdmin {
            person: id,
            email,
            name,
            department,
        } = &command.request
        else {
            unreachable!("no first admin is named");
        };
        let date = command.asked.date();
        let named = self.active(email, date);
        let admins: Vec<Person> = self
            .people()
            .into_iter()
            .filter(|known| !known.gone && known.person.role == Role::Admin)
            .map(|known| known.person)
            .collect();
        if let Some(mut person) = named
            && (admins.is_empty() || admins.iter().any(|admin| admin.id == person.id))
        {
            person.role = Role::Admin;
            let person = Box::new(person);
            return Ok(Fact::PersonChanged { person });
        }
        if let Some(admin) = admins.first() {
            return Err(Refusal::AdminExists {
                department: self.department.clone(),
                admin: Some(admin.name.clone()),
            });
        }
        let person = Person {
            id: *id,
            email: email.clone(),
            name: name.clone(),
            role: Role::Admin,
            region: None,
            schedule: None,
            from: None,
            until: None,
            tags: Tags::default(),
        };
        self.newcomer(&person, date)?;
        Ok(Fact::PersonEntered {
            person: Box::new(person),
            department: department.clone(),
            moved_from: None,
        })
    }

    /// The fact, if what it makes of a person may be: the ledger is continued by it, and looked at.
    fn after(
        &self,
        asked: &Asked,
        id: PersonId,
        fact: Fact<'static>,
    ) -> Result<Fact<'static>, Refusal> {
        let date = asked.date();
        let (before, then) = (self.known(id).unwrap(), self.with(&fact));
        let after = then.known(id).unwrap();
        let was_away = before.last_date < date;
        let is_back = was_away && date <= after.last_date;
        if before.person.email != after.person.email || is_back {
            self.taken(&after.person.email, Some(id), date)?;
        }
        self.keeps_admins(&then, date)?;
        Ok(fact)
    }

    fn with(&self, fact: &Fact<'static>) -> Self {
        let mut ledger = self.ledger.clone();
        ledger.push(Event {
            cause: Cause {
                command_id: None,
                by: None,
                at: Date::MAX.midnight(),
            },
            fact: fact.clone(),
        });
        Self {
            department: self.department.clone(),
            ledger,
        }
    }

    /// On every day on which one of today's admins is still there, there must still be one.
    fn keeps_admins(&self, then: &Self, date: Date) -> Result<(), Refusal> {
        let last_days = |model: &Self| -> Vec<Date> {
            let people = model.people().into_iter();
            people
                .filter(|known| known.is_admin(date))
                .map(|known| known.last_date)
                .collect()
        };
        let (now, then) = (last_days(self), last_days(then));
        let is_lost = |day: &Date| !then.iter().any(|last| day <= last);
        match now.iter().any(is_lost) {
            true => Err(Refusal::LastAdmin {
                department: self.department.clone(),
            }),
            false => Ok(()),
        }
    }

    fn moved(
        &self,
        asked: &Asked,
        id: PersonId,
        to: &Department,
    ) -> Result<(Fact<'static>, Command), Refusal> {
        self.admin(asked)?;
        let known = self.here(id)?;
        if known.home != self.department {
            return Err(Refusal::Guest { home: known.home });
        }
        if *to == known.home {
            return Err(Refusal::AlreadyAtHome {
                department: known.home,
            });
        }
        let fact = Fact::PersonMoved {
            person: id,
            to: to.clone(),
        };
        self.keeps_admins(&self.with(&fact), asked.date())?;
        let mut person = known.person;
        person.until = (known.last_date < Date::MAX).then_some(known.last_date);
        let mut asked = asked.clone();
        asked.command_id = asked.command_id.of_admission();
        let request = Request::AdmitPerson {
            person: Box::new(person),
            department: to.clone(),
            from: self.department.clone(),
        };
        Ok((fact, Command { asked, request }))
    }

    fn admitted(
        &self,
        asked: &Asked,
        person: &Person,
        department: &Department,
        from: &Department,
    ) -> Fact<'static> {
        let entered = |person: Person| Fact::PersonEntered {
            person: Box::new(person),
            department: department.clone(),
            moved_from: Some(from.clone()),
        };
        let fact = entered(person.clone());
        if self.keeps_admins(&self.with(&fact), asked.date()).is_ok() {
            return fact;
        }
        let guest = self.known(person.id).unwrap();
        entered(Person {
            role: guest.person.role,
            from: guest.person.from,
            until: (guest.last_date < Date::MAX).then_some(guest.last_date),
            ..person.clone()
        })
    }

    fn delegated(&self, command: &Command) -> Result<Fact<'static>, Refusal> {
        let Request::DelegateApproval {
            from,
            to,
            from_date,
            until_date,
        } = command.request
        else {
            unreachable!("nothing is delegated");
        };
        let department = self.department.clone();
        let date = command.asked.date();
        let asker = self.asker(&command.asked.by, date)?;
        if asker.role != Role::Admin && asker.id != from {
            return Err(Refusal::NotTheirDelegation { department });
        }
        if from == to {
            return Err(Refusal::DelegatesToThemself);
        }
        if !self.decides(from, date) {
            return Err(Refusal::NothingToDelegate { department });
        }
        if !self.known(to).is_some_and(|known| known.is_active(date)) {
            return Err(Refusal::NoSuchDelegate { department });
        }
        period(Some(from_date), Some(until_date))?;
        Ok(Fact::ApprovalDelegated {
            from,
            to,
            from_date,
            until_date,
        })
    }

    /// Somebody who may decide on some leave.
    fn approver(&self, email: &Email, date: Date) -> Result<Person, Refusal> {
        let asker = self.asker(email, date)?;
        if self.decides(asker.id, date) || !self.delegators(asker.id, date).is_empty() {
            return Ok(asker);
        }
        Err(Refusal::NotApprover {
            department: self.department.clone(),
        })
    }

    /// For whom the approver decides, if they may.
    fn right(
        &self,
        approver: &Person,
        application: &Application<'_>,
        date: Date,
    ) -> Result<Option<PersonId>, Refusal> {
        let department = self.department.clone();
        if self.ever_had(approver.id, &application.email) {
            return Err(Refusal::OwnLeave { department });
        }
        if self.decides(approver.id, date) {
            return Ok(None);
        }
        let delegators = self.delegators(approver.id, date).into_iter();
        delegators
            .filter(|&from| !self.ever_had(from, &application.email))
            .map(Some)
            .next()
            .ok_or(Refusal::LeaveOfDelegator { department })
    }

    fn leave(
        &self,
        application: &Application<'_>,
        outcome: Outcome,
        on_behalf_of: Option<PersonId>,
        policy: Option<&str>,
        date: Date,
    ) -> Fact<'static> {
        let decided = LeaveDecided {
            application: application.id.clone().into_owned(),
            person: self
                .applicant(&application.email, date)
                .map(|person| person.id),
            on_behalf_of,
            policy: policy.map(|policy| policy.to_owned().into()),
            known_offset: None,
        };
        match outcome {
            Outcome::Approved => Fact::LeaveBooked(decided),
            Outcome::Declined => Fact::LeaveDeclined(decided),
        }
    }

    fn decided(
        &self,
        command: &Command,
        application: Option<&Application<'_>>,
    ) -> Result<Answer, Refusal> {
        let Request::DecideApplication {
            application: id,
            outcome,
            comment,
            expected_version,
        } = &command.request
        else {
            unreachable!("nothing is decided");
        };
        let date = command.asked.date();
        let approver = self.approver(&command.asked.by, date)?;
        self.undecided(id)?;
        if let Some(expected @ 1..) = *expected_version {
            return Err(Refusal::UnexpectedVersion {
                expected,
                actual: 0,
            });
        }
        let Some(application) = application else {
            return Ok(Answer::NeedsApplication);
        };
        let on_behalf_of = self.right(&approver, application, date)?;
        Ok(Answer::Done {
            events: vec![Event {
                cause: Cause {
                    command_id: Some(command.asked.command_id),
                    by: Some(approver.id),
                    at: command.asked.at,
                },
                fact: self.leave(application, *outcome, on_behalf_of, None, date),
            }],
            result: Some(Ruling {
                fate: match outcome {
                    Outcome::Approved => Fate::Approved,
                    Outcome::Declined => Fate::Declined,
                },
                comment: comment.clone(),
                by: Some(approver.name),
            }),
            admit: None,
        })
    }

    fn withdrawn(
        &self,
        command: &Command,
        application: Option<&Application<'_>>,
    ) -> Result<Answer, Refusal> {
        let asked = &command.asked;
        let id = command.request.application().unwrap();
        self.undecided(id)?;
        let Some(application) = application else {
            return Ok(Answer::NeedsApplication);
        };
        let employee = self.applicant(&application.email, asked.date());
        let asker = self.active(&asked.by, asked.date());
        let is_employee = match (&asker, &employee) {
            (Some(asker), Some(employee)) => asker.id == employee.id,
            _ => false,
        };
        if asked.by != application.email && !is_employee {
            return Err(Refusal::NotTheEmployee);
        }
        let person = employee.as_ref().map(|employee| employee.id);
        Ok(Answer::Done {
            events: vec![Event {
                cause: Cause {
                    command_id: Some(asked.command_id),
                    by: person,
                    at: asked.at,
                },
                fact: Fact::LeaveWithdrawn {
                    application: id.clone(),
                    person,
                    known_offset: None,
                },
            }],
            result: Some(Ruling {
                fate: Fate::Withdrawn,
                comment: None,
                by: employee.map(|employee| employee.name),
            }),
            admit: None,
        })
    }

    pub(super) fn decide_here(
        &self,
        application: &Application<'_>,
        decider: &Decider,
        outcome: Outcome,
        at: timeoff_models::Ticks,
    ) -> Result<Vec<Event<'static>>, Refusal> {
        self.undecided(&application.id)?;
        if self.people().is_empty() {
            return Ok(Vec::new());
        }
        let date = Date::of(at);
        let (by, on_behalf_of, policy) = match decider {
            Decider::Unnamed => {
                return Err(Refusal::Unnamed {
                    department: self.department.clone(),
                });
            }
            Decider::Policy(policy) => (None, None, Some(policy.as_str())),
            Decider::Person(email) => {
                let approver = self.approver(email, date)?;
                let on_behalf_of = self.right(&approver, application, date)?;
                (Some(approver.id), on_behalf_of, None)
            }
        };
        Ok(vec![Event {
            cause: Cause {
                command_id: None,
                by,
                at,
            },
            fact: self.leave(application, outcome, on_behalf_of, policy, date),
        }])
    }
}

fn period(from: Option<Date>, until: Option<Date>) -> Result<(), Refusal> {
    match from.zip(until) {
        Some((from, until)) if until < from => Err(Refusal::EndsBeforeItBegins),
        _ => Ok(()),
    }
}
