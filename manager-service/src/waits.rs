//! Applications that were handed out and wait, in the order in which they were queued: they may reserve what they ask for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::sabotage;
use timeoff_contract::ReceivedApplication;
use timeoff_ledger::State;
use timeoff_log::Position;
use timeoff_models::{ApplicationId, Email, LeaveApplication};

/// How many of a department are remembered. Those behind them reserve nothing.
const REMEMBERED: usize = 20_000;

/// How many of one person's applications reserve. Each is counted for each decision on a later one.
const RESERVING: usize = 500;

/// The applications that wait, as far as they have been seen since the departments came. What is decided may still be among
/// them: the ledger knows.
#[derive(Default)]
pub(crate) struct Waits(BTreeMap<i32, BTreeMap<i64, Wait>>);

struct Wait {
    id: ApplicationId<'static>,
    application: LeaveApplication,
}

impl Waits {
    /// Notes an application that waits.
    pub(crate) fn note(&mut self, position: &Position, received: &ReceivedApplication<'_>) {
        let of = self.0.entry(position.partition).or_default();
        if of.len() >= REMEMBERED && !of.contains_key(&position.offset) {
            return;
        }
        of.entry(position.offset).or_insert_with(|| Wait {
            id: received.id.clone().into_owned(),
            application: received.application.clone(),
        });
    }

    /// Forgets one that is decided.
    pub(crate) fn forget(&mut self, (partition, offset): (i32, i64)) {
        if let Some(of) = self.0.get_mut(&partition) {
            of.remove(&offset);
        }
    }

    /// Forgets departments that others hold now.
    pub(crate) fn forget_all_of(&mut self, partitions: &[i32]) {
        self.0
            .retain(|partition, _| !partitions.contains(partition));
    }

    /// Those of the same applicant, under whatever address, that were queued before an offset and wait, [`RESERVING`] at the
    /// most. Without a policy nothing is reserved, so there are none.
    pub(crate) fn before(
        &self,
        state: &State,
        (partition, offset): (i32, i64),
        (id, email): (&ApplicationId<'_>, &Email),
    ) -> Vec<(ApplicationId<'_>, Cow<'_, LeaveApplication>)> {
        let reserves = state.policy().is_some() && !sabotage::breaks("waiting-leave");
        let Some(of) = self.0.get(&partition).filter(|_| reserves) else {
            return Vec::new();
        };
        let addresses = state.addresses_of_applicant(id, email);
        let applicant = state.applicant(id, email);
        let is_theirs = |wait: &&Wait| {
            let address = &wait.application.email;
            addresses.contains(&address) && state.applicant(&wait.id, address) == applicant
        };
        of.range(..offset)
            .map(|(_, wait)| wait)
            .filter(is_theirs)
            .filter(|wait| state.fate_of(&wait.id).is_none())
            .map(|wait| (wait.id.clone(), Cow::Borrowed(&wait.application)))
            .take(RESERVING)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use timeoff_ledger::{Answer, Command, Request};
    use timeoff_models::Ticks;
    use timeoff_models::generated::LeaveApplicationReceived;

    use super::*;
    use crate::desk::now;
    use crate::tests::{ADMIN, command, enter, name_admin};

    const POLICY: &str =
        "default_type = 'annual'\n[types.annual]\nlabel = 'Annual'\nneeds_entitlement = true\n";

    fn carry_out(state: &mut State, command: &Command) {
        let Answer::Done { events, .. } = state.carry_out(command, None) else {
            panic!("not carried out: {command:?}");
        };
        events.iter().for_each(|event| state.evolve(event));
    }

    /// Gives somebody of IT another address.
    fn readdress(number: u64, person: u64, email: &str) -> Command {
        let Request::EnterPerson {
            person: entered, ..
        } = enter(person, ADMIN, email, "employee").request
        else {
            unreachable!("somebody is entered");
        };
        command(number, ADMIN, Request::ChangePerson { person: entered })
    }

    fn received(email: &str, submitted_at: Ticks) -> ReceivedApplication<'static> {
        let email: Email = email.parse().expect("an address");
        let application = LeaveApplication {
            email: email.clone(),
            department: "IT".parse().expect("a department"),
            hours: 8.try_into().expect("hours"),
            start: Ticks::MIN.into(),
            details: None,
        };
        ReceivedApplication {
            id: ApplicationId::new(&email, submitted_at),
            wire: Box::new(LeaveApplicationReceived::from(&application).into_owned()),
            application,
            partition: 0,
        }
    }

    /// Eve's reserve for Eve, under both of her addresses, and not for Bob, who has the older one now.
    #[test]
    fn what_waits_reserves_for_whoever_asked_and_not_for_who_has_their_address_now() {
        let mut state = State::of("IT".parse().expect("a department"));
        let policy = timeoff_ledger::PolicyText(POLICY.into());
        for command in [
            name_admin(1),
            enter(2, ADMIN, "eve@example.com", "employee"),
            enter(3, ADMIN, "bob@example.com", "employee"),
            command(
                4,
                ADMIN,
                Request::SetPolicy {
                    policy,
                    expected_version: None,
                },
            ),
        ] {
            carry_out(&mut state, &command);
        }
        let before = now();
        for command in [
            readdress(5, 2, "evelyn@example.com"),
            readdress(6, 3, "eve@example.com"),
        ] {
            carry_out(&mut state, &command);
        }
        let after = now();
        let mut waits = Waits::default();
        let queued = [
            received("eve@example.com", before),
            received("eve@example.com", after),
            received("evelyn@example.com", after),
            received("joan@example.com", after),
        ];
        for (offset, received) in (0..).zip(&queued) {
            let position = Position {
                topic: "applications".into(),
                partition: 0,
                offset,
            };
            waits.note(&position, received);
        }
        // By their places in the queue.
        let reserving = |of: usize| -> Vec<usize> {
            let of = &queued[of];
            let found = waits.before(&state, (0, 4), (&of.id, &of.application.email));
            let place = |id: &ApplicationId<'_>| queued.iter().position(|one| one.id == *id);
            found.iter().filter_map(|(id, _)| place(id)).collect()
        };
        assert_eq!(reserving(0), [0, 2]);
        assert_eq!(reserving(1), [1]);
        assert_eq!(reserving(2), [0, 2]);
        assert_eq!(reserving(3), [3]);
    }
}
