//! What a department's ledger says now.

mod absences;
mod applications;
mod crews;
mod entered;
mod holdings;
mod people;
mod stages;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use timeoff_models::{ApplicationId, Department, Email, Ticks};

pub(crate) use absences::Absences;
pub use applications::Fate;
pub(crate) use applications::{Applications, DecidedBy};
pub(crate) use crews::{Crew, Crews};
pub use entered::{Entered, StandsIn};
pub(crate) use holdings::{Booked, Holdings};
pub(crate) use people::{Delegation, Entry, People, PersonIndex};
pub(crate) use stages::Stages;

use crate::policy::Policy;
use crate::{CommandId, Date, Person, PersonId};

/// What the ledger of one department says: the fold of its events, from the first to the latest.
///
/// Begin with [`State::of`], give each event to [`State::evolve`] in the order of the ledger, then ask.
#[derive(Clone)]
pub struct State {
    pub(crate) department: Department,
    pub(crate) people: People,
    /// What has arrived of those who are to move here.
    pub(crate) arrived: HashMap<PersonId, Holdings>,
    pub(crate) applications: Applications,
    /// The commands that have had their answer: their ids whole, because to take a new command for a repeated one would
    /// be to lose it.
    pub(crate) answered: HashSet<CommandId>,
    /// The policy by which leave is judged.
    pub(crate) policy: Option<InForce>,
    /// The applications that one of several stages has approved.
    pub(crate) stages: Stages,
    /// Booked leave by its days.
    pub(crate) absences: Absences,
    /// How many work, as far as it has been counted.
    pub(crate) crews: Crews,
}

/// A policy that holds.
#[derive(Clone)]
pub(crate) struct InForce {
    /// How many had been set when it was, itself included.
    pub(crate) version: u32,
    /// `None`: this version of the program cannot read it.
    pub(crate) policy: Option<Arc<Policy>>,
}

impl State {
    /// The state of a department on whose ledger nothing stands.
    #[must_use]
    pub fn of(department: Department) -> Self {
        Self {
            department,
            people: People::default(),
            arrived: HashMap::new(),
            applications: Applications::default(),
            answered: HashSet::new(),
            policy: None,
            stages: Stages::default(),
            absences: Absences::default(),
            crews: Crews::default(),
        }
    }

    /// The department whose ledger it is.
    #[must_use]
    pub fn department(&self) -> &Department {
        &self.department
    }

    /// Whether nobody has ever been entered here. Applications are then decided by whoever has the inbox, as if there
    /// were no ledger.
    #[must_use]
    pub fn is_without_people(&self) -> bool {
        self.people.is_empty()
    }

    /// The person with that address who is active on the day of `at`. A result names its decider by their
    /// [`name`](Person::name).
    #[must_use]
    pub fn person_at(&self, email: &Email, at: Ticks) -> Option<&Person> {
        let index = self.people.active(email, Date::of(at))?;
        Some(&self.people.at(index).person)
    }

    /// Whose application it is that bears this address; `None` if nobody here ever had it. It belongs to whoever had got
    /// the address last when it was submitted, whoever has it now. One that was submitted before anybody got the address
    /// belongs to the first who did, and one whose id does not say when to the last.
    #[must_use]
    pub fn applicant(&self, id: &ApplicationId<'_>, address: &Email) -> Option<PersonId> {
        let index = self.people.applicant(id, address)?;
        Some(self.people.at(index).person.id)
    }

    /// The addresses that the applicant has, or has had: other applications of theirs bear one of these. The one that it
    /// bears alone if nobody here ever had it.
    #[must_use]
    pub fn addresses_of_applicant<'a>(
        &'a self,
        id: &ApplicationId<'_>,
        address: &'a Email,
    ) -> Vec<&'a Email> {
        match self.people.applicant(id, address) {
            Some(index) => self.people.addresses_of(index).collect(),
            None => vec![address],
        }
    }

    /// Whether the answer to a command stands on the ledger.
    #[must_use]
    pub fn has_answered(&self, command: CommandId) -> bool {
        self.answered.contains(&command)
    }

    /// The policy by which leave is judged here, and its version; `None` if none has been set, or this version of the
    /// program cannot read it.
    #[must_use]
    pub fn policy(&self) -> Option<(u32, &Policy)> {
        let in_force = self.policy.as_ref()?;
        Some((in_force.version, in_force.policy.as_deref()?))
    }

    /// How many policies have been set here: the version of the one in force, even if this version of the program cannot
    /// read it; 0 where there is none.
    #[must_use]
    pub fn policy_version(&self) -> u32 {
        self.policy.as_ref().map_or(0, |in_force| in_force.version)
    }

    pub(crate) fn put_in_force(&mut self, policy: InForce) {
        self.policy = Some(policy);
        self.crews.forget();
    }

    /// Looks at leave without the policy's cover from now on: for a state into which only some of the department's people
    /// are folded, to whom everybody else would seem to be missing. Another policy has its cover again.
    pub fn leave_out_cover(&mut self) {
        if let Some(policy) = self.policy.as_mut().and_then(|of| of.policy.as_mut()) {
            Arc::make_mut(policy).leave_out_cover();
        }
    }

    /// What has become of an application; `None` if it is not decided, or unknown.
    #[must_use]
    pub fn fate_of(&self, application: &ApplicationId<'_>) -> Option<Fate> {
        Some(self.applications.get(application)?.fate)
    }

    /// How many events have decided an application or changed what was decided: 0 as long as it waits. A refused
    /// command changes nothing, so it does not count. No more than 16,383 are counted.
    #[must_use]
    pub fn version_of(&self, application: &ApplicationId<'_>) -> u32 {
        self.applications.get(application).map_or_else(
            || self.stages.of(application).len() as u32,
            |decided| decided.events.into(),
        )
    }
}

#[cfg(test)]
impl PartialEq for State {
    /// Of states that began as clones of each other: others would hash application ids with other keys.
    fn eq(&self, other: &Self) -> bool {
        self.department == other.department
            && self.people == other.people
            && self.arrived == other.arrived
            && self.applications == other.applications
            && self.answered == other.answered
            && self.policy() == other.policy()
            && self.stages == other.stages
    }
}

#[cfg(test)]
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("people", &self.people)
            .field("applications", &self.applications)
            .field("answered", &self.answered.len())
            .finish()
    }
}
