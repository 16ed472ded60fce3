//! The applications of a person that wait for a decision.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;

use timeoff_cli::{Notices, understand};
use timeoff_contract::Contract;
use timeoff_ledger::{Application, State};
use timeoff_models::{ApplicationId, Email, LeaveApplication, LeaveType};

use crate::books::{Books, Found};
use crate::office::now;
use crate::topic::read_through;

/// An application, and what it asks for.
pub(super) type Waiting = (ApplicationId<'static>, Cow<'static, LeaveApplication>);

/// A person's applications that are queued in their department and not decided, under whatever address, in the order in
/// which they were queued.
///
/// # Errors
///
/// If applications or results cannot be read.
pub(super) async fn read(
    contract: &Contract,
    books: &Books,
    found: &Found<'_>,
    notices: &Notices,
) -> anyhow::Result<Vec<Waiting>> {
    let person = found.entered.person().id;
    let is_theirs = |id: &ApplicationId<'_>, address: &Email| {
        let state = books.state(found.partition);
        state.is_some_and(|state| state.applicant(id, address) == Some(person))
    };
    let is_decided = |id: &ApplicationId<'_>| {
        let state = books.state(found.partition);
        state.is_some_and(|state| state.fate_of(id).is_some())
    };
    let mut waiting: Vec<Waiting> = Vec::new();
    let applications = &contract.topics().applications;
    read_through(contract, applications, notices, async |record| {
        if record.position.partition != found.partition {
            return Ok(ControlFlow::Continue(()));
        }
        // A record that cannot be understood is no application.
        if let Ok(received) = understand(|| contract.read_application(record), notices).await?
            && is_theirs(&received.id, &received.application.email)
            && !is_decided(&received.id)
            // One that comes a second time with its id becomes a dead letter.
            && waiting.iter().all(|(id, _)| *id != received.id)
        {
            waiting.push((received.id.into_owned(), Cow::Owned(received.application)));
        }
        Ok(ControlFlow::Continue(()))
    })
    .await?;
    if waiting.is_empty() {
        return Ok(waiting);
    }
    // What was decided before anybody was entered stands among the results only.
    let mut decided: HashSet<ApplicationId<'static>> = HashSet::new();
    read_through(
        contract,
        &contract.topics().results,
        notices,
        async |record| {
            if let Ok((id, _)) = understand(|| contract.read_result(record), notices).await?
                && waiting.iter().any(|(waits, _)| *waits == id)
            {
                decided.insert(id.into_owned());
            }
            Ok(ControlFlow::Continue(()))
        },
    )
    .await?;
    waiting.retain(|(id, _)| !decided.contains(id));
    Ok(waiting)
}

/// Those that reserve nothing, of one type or of all, and why not.
pub(super) fn unreserved(
    state: &State,
    waiting: &[Waiting],
    is_reserved: impl Fn(&ApplicationId<'_>) -> bool,
    only: Option<&LeaveType>,
) -> Vec<(ApplicationId<'static>, String)> {
    let unreserved = (0..).zip(waiting).filter(|(_, (id, _))| !is_reserved(id));
    unreserved
        .filter_map(|(place, (id, leave))| {
            let application = Application {
                id: id.clone(),
                leave: leave.clone(),
                earlier: waiting[..place].to_vec(),
            };
            let why = match state.look_at(&application, now()) {
                Err(refusal) => refusal.to_string(),
                Ok(None) => return None,
                Ok(Some(look)) if only.is_some_and(|only| look.leave_type != *only) => return None,
                Ok(Some(look)) => match (look.available, look.against) {
                    (None, _) => format!("{} needs no entitlement.", look.label),
                    (Some(_), Some(refusal)) => refusal.to_string(),
                    (Some(_), None) => "By the policy, waiting leave reserves nothing.".to_owned(),
                },
            };
            Some((id.clone(), why))
        })
        .collect()
}
