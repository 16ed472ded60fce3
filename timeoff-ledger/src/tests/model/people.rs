//! Commands about people, and about who stands in for whom.

use timeoff_models::{Department, Email};

use super::{Model, period};
use crate::{
    Asked, Cause, Command, Date, Event, Fact, Person, PersonId, Refusal, Request, Role, Tags,
};

impl Model {
    pub(super) fn admin(&self, asked: &Asked) -> Result<(), Refusal> {
        let asker = self.asker(&asked.by, asked.date())?;
        match asker.role {
            Role::Admin => Ok(()),
            role => Err(Refusal::NotAdmin {
                department: self.department.clone(),
                role,
            }),
        }
    }

    pub(super) fn taken(
        &self,
        email: &Email,
        except: Option<PersonId>,
        date: Date,
    ) -> Result<(), Refusal> {
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

    pub(super) fn newcomer(&self, person: &Person, date: Date) -> Result<(), Refusal> {
        match self.here(person.id) {
            Ok(_) => Err(Refusal::PersonIsHere {
                department: self.department.clone(),
            }),
            Err(_) => self.taken(&person.email, None, date),
        }
    }

    pub(super) fn first_admin(&self, command: &Command) -> Result<Fact<'static>, Refusal> {
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
            .filter(|known| !known.gone && date <= known.last_date)
            .filter(|known| known.person.role == Role::Admin)
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
            earlier: None,
        };
        self.newcomer(&person, date)?;
        Ok(Fact::PersonEntered {
            person: Box::new(person),
            department: department.clone(),
            moved_from: None,
            left: None,
        })
    }

    /// The fact, if what it makes of a person may be: the ledger is continued by it, and looked at.
    pub(super) fn after(
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

    pub(super) fn with(&self, fact: &Fact<'static>) -> Self {
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
    pub(super) fn keeps_admins(&self, then: &Self, date: Date) -> Result<(), Refusal> {
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

    pub(super) fn moved(
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
        let mut asked = asked.clone();
        asked.command_id = asked.command_id.of_admission();
        let request = Request::AdmitPerson {
            person: Box::new(known.person),
            department: to.clone(),
            from: self.department.clone(),
            left: known.left,
        };
        Ok((fact, Command { asked, request }))
    }

    pub(super) fn admitted(
        &self,
        asked: &Asked,
        person: &Person,
        department: &Department,
        from: &Department,
        left: Option<Date>,
    ) -> Fact<'static> {
        let entered = |person: Person, left| Fact::PersonEntered {
            person: Box::new(person),
            department: department.clone(),
            moved_from: Some(from.clone()),
            left,
        };
        let fact = entered(person.clone(), left);
        if self.keeps_admins(&self.with(&fact), asked.date()).is_ok() {
            return fact;
        }
        let guest = self.known(person.id).unwrap();
        let person = Person {
            role: guest.person.role,
            from: guest.person.from,
            until: guest.person.until,
            ..person.clone()
        };
        entered(person, guest.left)
    }

    pub(super) fn delegated(&self, command: &Command) -> Result<Fact<'static>, Refusal> {
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
}
