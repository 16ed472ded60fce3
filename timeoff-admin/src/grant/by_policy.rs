//! Granting what the policy in force grants for a year.

use std::collections::HashMap;

use anyhow::bail;
use timeoff_cli::{LogArgs, Shutdown, UsageError, counted};
use timeoff_ledger::{CommandId, GrantByPolicy, PersonId, Request};
use timeoff_models::{Department, Email};

use super::GrantArgs;
use super::report::Report;
use crate::books::{Books, Found};
use crate::fate::Fate;
use crate::office::{Errand, Office, Waited, new_command_id};
use crate::options::department;
use crate::people::find;

/// A person, and what the policy grants them.
pub(super) struct Plan {
    pub(super) email: Email,
    pub(super) department: Department,
    pub(super) grants: Vec<Planned>,
}

/// What the policy grants, and the command for it; none where it is granted already.
pub(super) struct Planned {
    pub(super) grant: GrantByPolicy,
    pub(super) errand: Option<Errand>,
}

/// Carries out a command line.
///
/// # Errors
///
/// If something is refused, nobody is meant, a department has no policy, or somebody asks to stop.
pub(super) async fn run(
    args: &GrantArgs,
    year: u16,
    log: &LogArgs,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    if args.id.is_chosen() {
        let why = "--by-policy sends a command for each entitlement, so it takes no --command-id; it can be repeated \
                   without one";
        return Err(UsageError(why.to_owned()).into());
    }
    let mut office = match args.trial.dry_run {
        true => Office::open_to_look(log, [], shutdown).await?,
        false => Office::open(log, [], shutdown).await?,
    };
    let people = people(args, &office.books, year)?;
    check_policies(&office.books, &people)?;
    let asker = args.trial.asker();
    let plans = plans(&office.books, &people, year, asker);
    let foreseen = match asker {
        Some(_) => predict(&mut office, &plans),
        None => HashMap::new(),
    };
    let errands: Vec<Errand> = plans
        .iter()
        .flat_map(|plan| &plan.grants)
        .filter_map(|planned| planned.errand.clone())
        .filter(|errand| !args.trial.dry_run && !foreseen.contains_key(&errand.id()))
        .collect();
    // What one person may not have is no reason to keep it from everybody else.
    let waited = office.ask_all(&errands).await?;
    let fate = |errand: &Errand| match foreseen.get(&errand.id()) {
        None if !args.trial.dry_run => Fate::answered(errand, &office.books),
        reason => Fate::foreseen(reason),
    };
    let report = Report {
        plans: &plans,
        year,
        is_dry_run: args.trial.dry_run,
    };
    let refused = report.print(args.id.output, fate)?;
    if refused > 0 {
        let was = match args.trial.dry_run {
            true => counted(
                refused,
                "entitlement would be refused",
                "entitlements would be refused",
            ),
            false => counted(
                refused,
                "entitlement was refused",
                "entitlements were refused",
            ),
        };
        bail!("{was}; mend that and do it again, which changes only what still differs");
    }
    if waited == Waited::Stopped {
        bail!(
            "stopped before every answer came; the commands are on the log all the same. Do it again later to see what \
             still differs"
        );
    }
    Ok(())
}

/// Those who are meant: at home somewhere, and not gone before the year.
fn people(args: &GrantArgs, books: &Books, year: u16) -> anyhow::Result<Vec<PersonId>> {
    if let Some(text) = &args.person {
        return Ok(vec![find(books, text)?.entered.person().id]);
    }
    let only = match (&args.department, args.everybody) {
        (Some(name), _) => Some(department(books, name)?),
        (None, true) => None,
        (None, false) => {
            let why = "whom? Name a person, a --department, or --everybody";
            return Err(UsageError(why.to_owned()).into());
        }
    };
    let is_meant = |found: &Found<'_>| {
        found.is_home
            && found.entered.is_there_in(year)
            && only
                .as_ref()
                .is_none_or(|only| found.entered.home() == only)
    };
    let people = books.everybody().filter(is_meant);
    Ok(people.map(|found| found.entered.person().id).collect())
}

/// Fails if somebody is at home where there is no policy.
fn check_policies(books: &Books, people: &[PersonId]) -> anyhow::Result<()> {
    let mut without: Vec<&str> = people
        .iter()
        .filter_map(|&id| books.places_of(id).into_iter().next())
        .filter(|found| {
            books
                .state(found.partition)
                .is_none_or(|state| state.policy().is_none())
        })
        .map(|found| found.entered.home().as_str())
        .collect();
    without.sort_unstable();
    without.dedup();
    match without[..] {
        [] => Ok(()),
        _ => bail!(
            "no policy is in force in {}, so it grants nothing: timeoff-admin policy set FILE",
            without.join(", ")
        ),
    }
}

fn plans(books: &Books, people: &[PersonId], year: u16, asker: Option<&Email>) -> Vec<Plan> {
    let places = people
        .iter()
        .filter_map(|&id| books.places_of(id).into_iter().next());
    places
        .map(|found| {
            let person = found.entered.person();
            let grants = books
                .state(found.partition)
                .map(|state| state.grants_by_policy(person.id, year))
                .unwrap_or_default();
            // A dry run may be nobody's, but a command is somebody's; it is not sent.
            let by = asker.unwrap_or(&person.email);
            Plan {
                email: person.email.clone(),
                department: found.entered.home().clone(),
                grants: grants
                    .into_iter()
                    .map(|grant| planned(grant, found.partition, by))
                    .collect(),
            }
        })
        .collect()
}

fn planned(grant: GrantByPolicy, partition: i32, by: &Email) -> Planned {
    let errand = (!grant.is_held()).then(|| {
        let request = Request::GrantEntitlement {
            entitlement: Box::new(grant.entitlement.clone()),
        };
        Errand::new(partition, new_command_id(), by, request)
    });
    Planned { grant, errand }
}

/// What would be refused, and why.
fn predict(office: &mut Office, plans: &[Plan]) -> HashMap<CommandId, String> {
    let errands = plans.iter().flat_map(|plan| &plan.grants);
    let mut foreseen = HashMap::new();
    for errand in errands.filter_map(|planned| planned.errand.as_ref()) {
        if let Err(refusal) = office.books.predict(errand.partition, &errand.command) {
            foreseen.insert(errand.id(), refusal.to_string());
        }
    }
    foreseen
}
