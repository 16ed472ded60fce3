//! Commands about entitlements.

use crate::account;
use crate::refusal::ENTITLEMENT_MAX;
use crate::state::State;
use crate::{Asked, Entitlement, Fact, Refusal};

impl State {
    pub(super) fn grant(
        &self,
        asked: &Asked,
        granted: &Entitlement,
    ) -> Result<Fact<'static>, Refusal> {
        self.check_admin(asked)?;
        let index = self.person_here(granted.person)?;
        let entry = self.people.at(index);
        if entry.department != self.department {
            return Err(Refusal::Guest {
                home: entry.department.clone(),
            });
        }
        let Some((_, policy)) = self.policy_in_force()? else {
            return Err(Refusal::NoPolicy {
                department: self.department.clone(),
            });
        };
        let kind = super::leave::kind_of(policy, Some(&granted.leave_type))?;
        if !kind.needs_entitlement {
            return Err(Refusal::NeedsNoEntitlement {
                name: kind.name.clone(),
            });
        }
        if granted.until < granted.from {
            return Err(Refusal::EndsBeforeItBegins);
        }
        if granted.minutes > ENTITLEMENT_MAX {
            return Err(Refusal::TooMuch);
        }
        let held = &entry.holdings.entitlements;
        let is_other =
            |one: &Entitlement| one.id == granted.id && one.leave_type != granted.leave_type;
        let is_held = held.iter().any(|one| one.id == granted.id);
        let is_anybody_elses = self.people.entitled(granted.id) > u32::from(is_held);
        if held.iter().any(is_other) || is_anybody_elses {
            return Err(Refusal::OtherEntitlement);
        }
        if is_held {
            let corrected: Vec<account::Entitlement> = held
                .iter()
                .filter(|one| one.leave_type == granted.leave_type)
                .map(|one| match one.id == granted.id {
                    true => granted.for_account(),
                    false => one.for_account(),
                })
                .collect();
            self.account(index, policy, kind)
                .check_entitlements(&corrected)
                .map_err(|missing| Refusal::Uses {
                    minutes: missing.iter().map(|one| one.minutes).sum(),
                    date: missing.first().map_or(granted.from, |one| one.date),
                })?;
        }
        Ok(Fact::EntitlementGranted {
            entitlement: Box::new(granted.clone()),
            moved_from: None,
        })
    }
}

impl Entitlement {
    /// As accounts have it.
    pub(super) fn for_account(&self) -> account::Entitlement {
        account::Entitlement {
            id: self.id,
            minutes: self.minutes,
            from: self.from,
            until: self.until,
        }
    }
}
