//! Commands about people.

use timeoff_models::{ApplicationId, Department, Email};

use crate::state::{Entry, PersonIndex, State};
use crate::{
    AdmittedLeave, Asked, Command, Date, Fact, Person, PersonId, PersonName, Refusal, Request,
    Role, Tags,
};

impl State {
    /// Accepted where no admin is, or every one has left: so also where people have moved to before an admin was named, and
    /// where the contracts of all admins have ended. Asked for again by an initialisation that was interrupted, it changes
    /// nothing.
    pub(super) fn name_first_admin(
        &self,
        asked: &Asked,
        id: PersonId,
        email: &Email,
        name: &PersonName,
        department: &Department,
    ) -> Result<Fact<'static>, Refusal> {
        let active = self
            .people
            .active(email, asked.date())
            .map(|index| &self.people.at(index).person);
        let admin = self
            .people
            .iter()
            .map(|(_, entry)| entry)
            .find(|entry| entry.has_not_left(asked.date()) && entry.person.role == Role::Admin);
        match (admin, active) {
            (Some(_), Some(person)) if person.role == Role::Admin => Ok(changed(person.clone())),
            (Some(admin), _) => Err(Refusal::AdminExists {
                department: self.department.clone(),
                admin: Some(admin.person.name.clone()),
            }),
            (None, Some(person)) => Ok(changed(Person {
                role: Role::Admin,
                ..person.clone()
            })),
            (None, None) => {
                let person = Person {
                    id,
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
                self.check_new(asked, &person)?;
                Ok(entered(person, department))
            }
        }
    }

    pub(super) fn enter_person(
        &self,
        asked: &Asked,
        person: &Person,
        department: &Department,
    ) -> Result<Fact<'static>, Refusal> {
        self.check_admin(asked)?;
        self.check_new(asked, person)?;
        check_period(person)?;
        Ok(entered(person.clone(), department))
    }

    pub(super) fn change_person(
        &self,
        asked: &Asked,
        person: &Person,
    ) -> Result<Fact<'static>, Refusal> {
        self.check_admin(asked)?;
        let index = self.person_here(person.id)?;
        check_period(person)?;
        let before = self.people.at(index);
        let mut person = person.clone();
        person.earlier = person.earlier.or_else(|| before.person.earlier.clone());
        let after = Entry {
            person,
            ..before.clone()
        };
        self.check_claim(index, &after, asked.date())?;
        self.check_admin_remains(index, Some(&after), asked.date())?;
        Ok(changed(after.person))
    }

    /// What happens here, and what is asked of the owner of the other partition.
    pub(super) fn move_person(
        &self,
        asked: &Asked,
        id: PersonId,
        to: &Department,
    ) -> Result<(Fact<'static>, Vec<Command>), Refusal> {
        self.check_admin(asked)?;
        let index = self.person_here(id)?;
        let entry = self.people.at(index);
        if entry.department != self.department {
            return Err(Refusal::Guest {
                home: entry.department.clone(),
            });
        }
        if *to == self.department {
            return Err(Refusal::AlreadyAtHome {
                department: to.clone(),
            });
        }
        self.check_admin_remains(index, None, asked.date())?;
        let admission = Command {
            asked: Asked {
                command_id: asked.command_id.of_admission(),
                ..asked.clone()
            },
            request: Request::AdmitPerson {
                person: Box::new(entry.person.clone()),
                department: to.clone(),
                from: self.department.clone(),
                left: entry.left,
            },
        };
        let mut admissions = parts_of_account(asked, entry, &self.department);
        admissions.push(admission);
        admissions.extend(cancellations_asked_again(asked, entry));
        let moved = Fact::PersonMoved {
            person: id,
            to: to.clone(),
        };
        Ok((moved, admissions))
    }

    /// Never refused: the person has gone from the other department in the same transaction. Somebody who was a guest
    /// here is at home from now on. If they are the admin on whom this department relies, they stay it.
    pub(super) fn admit_person(
        &self,
        asked: &Asked,
        person: &Person,
        department: &Department,
        from: &Department,
        mut left: Option<Date>,
    ) -> Fact<'static> {
        let mut person = person.clone();
        if let Some(index) = self.people.here(person.id) {
            let guest = self.people.at(index);
            let after = Entry {
                person: person.clone(),
                left,
                ..guest.clone()
            };
            if self
                .check_admin_remains(index, Some(&after), asked.date())
                .is_err()
            {
                person.role = guest.person.role;
                person.from = guest.person.from;
                person.until = guest.person.until;
                left = guest.left;
            }
        }
        Fact::PersonEntered {
            person: Box::new(person),
            department: department.clone(),
            moved_from: Some(from.clone()),
            left,
        }
    }

    pub(super) fn end_employment(
        &self,
        asked: &Asked,
        id: PersonId,
        last_date: Date,
    ) -> Result<Fact<'static>, Refusal> {
        self.check_admin(asked)?;
        let index = self.person_here(id)?;
        let before = self.people.at(index);
        if let Some(until) = before.person.until.filter(|&until| until < last_date) {
            return Err(Refusal::LastDayAfterUntil { until });
        }
        let after = Entry {
            left: Some(last_date),
            ..before.clone()
        };
        self.check_claim(index, &after, asked.date())?;
        self.check_admin_remains(index, Some(&after), asked.date())?;
        Ok(Fact::PersonLeft {
            person: id,
            last_date,
        })
    }

    /// Fails if the person is here, or their address is somebody else's.
    fn check_new(&self, asked: &Asked, person: &Person) -> Result<(), Refusal> {
        if self.people.here(person.id).is_some() {
            return Err(Refusal::PersonIsHere {
                department: self.department.clone(),
            });
        }
        self.check_address_is_free(&person.email, None, asked.date())
    }

    /// Fails if a change gives a person an address that is somebody else's: a new address, or their old one if they had
    /// left and come back.
    fn check_claim(&self, index: PersonIndex, after: &Entry, date: Date) -> Result<(), Refusal> {
        let before = self.people.at(index);
        let claims = before.person.email != after.person.email
            || (!before.has_not_left(date) && after.has_not_left(date));
        if claims {
            self.check_address_is_free(&after.person.email, Some(index), date)?;
        }
        Ok(())
    }
}

fn check_period(person: &Person) -> Result<(), Refusal> {
    match (person.from, person.until) {
        (Some(from), Some(until)) if until < from => Err(Refusal::EndsBeforeItBegins),
        _ => Ok(()),
    }
}

fn entered(person: Person, department: &Department) -> Fact<'static> {
    Fact::PersonEntered {
        person: Box::new(person),
        department: department.clone(),
        moved_from: None,
        left: None,
    }
}

fn changed(person: Person) -> Fact<'static> {
    Fact::PersonChanged {
        person: Box::new(person),
    }
}

/// What takes the account of somebody who moves over. It arrives before they do: so nobody can take anything there, or
/// move on, while not all of it is there.
fn parts_of_account(asked: &Asked, entry: &Entry, from: &Department) -> Vec<Command> {
    let part = |name: &str, request| part_of(asked, name, request);
    let leave = entry.holdings.leave.iter().map(|booked| {
        let leave = AdmittedLeave {
            application: ApplicationId::from_key(booked.application.to_string()),
            person: entry.person.id,
            leave_type: booked.leave_type.clone(),
            days: booked.days.clone(),
        };
        part(
            &format!("leave {}", booked.application),
            Request::AdmitLeave {
                leave: Box::new(leave),
                from: from.clone(),
            },
        )
    });
    let entitlements = entry.holdings.entitlements.iter().map(|entitlement| {
        part(
            &format!("entitlement {}", entitlement.id),
            Request::AdmitEntitlement {
                entitlement: Box::new(entitlement.clone()),
                from: from.clone(),
            },
        )
    });
    leave.chain(entitlements).collect()
}

/// What has somebody who moves ask again, where they are then, for the cancellation of leave that they had asked for and
/// nobody has decided. Only who is active can ask.
fn cancellations_asked_again(asked: &Asked, entry: &Entry) -> impl Iterator<Item = Command> {
    let asks = entry.is_active(asked.date());
    let leave = entry.holdings.leave.iter();
    let waiting = leave.filter(move |booked| asks && booked.is_to_be_cancelled);
    waiting.map(|booked| {
        let request = Request::AskToCancel {
            application: ApplicationId::from_key(booked.application.to_string()),
        };
        let mut command = part_of(
            asked,
            &format!("cancellation {}", booked.application),
            request,
        );
        command.asked.by = entry.person.email.clone();
        command
    })
}

/// A command that a move brings about. Its id follows from the move's, so that it is carried out once.
fn part_of(asked: &Asked, name: &str, request: Request) -> Command {
    Command {
        asked: Asked {
            command_id: asked.command_id.of_part(name),
            ..asked.clone()
        },
        request,
    }
}
