//! What a policy grants a person for a year, beside what they hold.

use crate::policy::Policy;
use crate::state::{Entry, State};
use crate::{Entitled, Entitlement, Person, PersonId};

/// An entitlement as the policy in force has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantByPolicy {
    /// What the policy grants; 0 minutes where it grants nothing any more.
    pub entitlement: Entitlement,
    /// What the person holds under the same id; `None` if it has not been granted.
    pub held: Option<Entitlement>,
}

impl GrantByPolicy {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.as_ref() == Some(&self.entitlement)
    }

    /// Whether some of what is held cannot be taken any more.
    fn takes_away(&self) -> bool {
        self.held.as_ref().is_some_and(|held| {
            self.entitlement.minutes < held.minutes
                || self.entitlement.from > held.from
                || self.entitlement.until < held.until
        })
    }
}

impl State {
    /// What the policy in force grants a person of this department for a year, whether or not they hold it already. The
    /// ids follow from the person, the year and the type, so granting it again corrects what was granted.
    ///
    /// It is in the order in which it can be granted one after the other: first what gives more, so that booked leave
    /// which only finds another entitlement is not in the way of what takes some away.
    ///
    /// Empty without a policy, and for somebody who is not here.
    #[must_use]
    pub fn grants_by_policy(&self, person: PersonId, year: u16) -> Vec<GrantByPolicy> {
        let (Some((_, policy)), Some(index)) = (self.policy(), self.people.here(person)) else {
            return Vec::new();
        };
        let mut grants = grants(policy, self.people.at(index), year);
        grants.sort_by_key(GrantByPolicy::takes_away);
        grants
    }

    /// What a person who is here has been granted, in the order in which it was.
    #[must_use]
    pub fn entitlements_of(&self, person: PersonId) -> &[Entitlement] {
        match self.people.here(person) {
            Some(index) => &self.people.at(index).holdings.entitlements,
            None => &[],
        }
    }
}

fn grants(policy: &Policy, entry: &Entry, year: u16) -> Vec<GrantByPolicy> {
    // Whoever leaves gets the share of the year until then, however that was said.
    let person = Person {
        until: entry.last_date(),
        ..entry.person.clone()
    };
    let held = &entry.holdings.entitlements;
    let with_id = |id| held.iter().find(|one| one.id == id).cloned();
    let granted = policy.entitlements(&person, year);
    let mut grants: Vec<GrantByPolicy> = granted
        .into_iter()
        .map(|entitled| entitled.granted_to(person.id))
        .map(|entitlement| GrantByPolicy {
            held: with_id(entitlement.id),
            entitlement,
        })
        .collect();
    // What an earlier policy or employment had granted for the year, and this one does not.
    let kinds = policy.types().iter().filter(|kind| kind.needs_entitlement);
    let ids: Vec<_> = kinds
        .flat_map(|kind| Entitled::ids(person.id, year, &kind.name))
        .filter(|id| grants.iter().all(|grant| grant.entitlement.id != *id))
        .collect();
    grants.extend(
        ids.into_iter()
            .filter_map(with_id)
            .map(|held| GrantByPolicy {
                entitlement: Entitlement {
                    minutes: 0,
                    ..held.clone()
                },
                held: Some(held),
            }),
    );
    grants
}
