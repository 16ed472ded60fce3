//! `timeoff-dev company`: the leave of a large company over many years, to see how TimeOff does with it.
//!
//! It is put onto the log as its people would do it: applications, and commands that the managers carry out. Nothing else
//! is written. The same numbers make the same company.

mod past;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use timeoff_cli::LogArgs;
use timeoff_contract::Contract;
use timeoff_log::NewRecord;

use crate::demo::typed;
pub use past::{POLICY, Size, admin, employee};
use past::{Past, past};

/// Put the leave of a large company over many years onto a fresh log.
///
/// The first department is half as large again as each other. Everybody asks for leave twenty times a year; one in each
/// department decides. It waits on the log until managers carry it out.
#[derive(Debug, clap::Args)]
pub struct CompanyArgs {
    #[command(flatten)]
    log: LogArgs,
    /// How many people there are.
    #[arg(long, default_value_t = 2_000, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    people: u32,
    /// The first year.
    #[arg(long, default_value_t = 2017, value_name = "YEAR", value_parser = clap::value_parser!(u16).range(2015..=2044))]
    first_year: u16,
    /// How many years there are.
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=29))]
    years: u16,
}

impl CompanyArgs {
    fn size(&self) -> Size {
        Size {
            people: self.people as usize,
            first_year: self.first_year.into(),
            years: self.years,
        }
    }
}

/// How many records are appended at once.
const TOGETHER: usize = 10_000;

/// What has been put onto a log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Company {
    /// Leave applications.
    pub applications: usize,
    /// Commands.
    pub commands: usize,
    /// How many of the commands will be refused.
    pub refused: usize,
}

/// Puts it onto the log, and says how to go on.
///
/// # Errors
///
/// If the log is not fresh, or does not take it.
pub async fn run(args: &CompanyArgs) -> anyhow::Result<()> {
    let contract = args.log.open_with_ledger(false).await?;
    let outcome = put(&contract, args.size()).await;
    contract.log().clone().close().await;
    let company = outcome?;
    let mut out = timeoff_cli::stdout();
    writeln!(
        out,
        "{} people, {} applications, {} commands, {} of which will be refused",
        args.people, company.applications, company.commands, company.refused
    )?;
    out.flush()?;
    let own = std::env::current_exe().context("could not find this program's own file")?;
    let manager = typed(&own.with_file_name("manager-service"));
    let log = typed(Path::new(contract.log().address()));
    let notices = args.log.notices();
    notices.say("Have managers carry it out:");
    notices.say(&format!("    {manager} --log {log} serve"));
    Ok(())
}

/// Puts a company onto a log of its own, for managers to carry out.
///
/// # Errors
///
/// If there was something on the log, there are too few people, or the log does not take it.
pub async fn put(contract: &Contract, size: Size) -> anyhow::Result<Company> {
    let topics = contract.topics();
    for topic in [&topics.applications, &topics.ledger] {
        ensure!(
            contract.made_topics().contains(topic),
            "{topic} is on {} already: the company needs a log of its own",
            contract.log().address()
        );
    }
    let departments = contract.departments();
    let count = departments.iter().len();
    let mut company = Company::default();
    for (partition, department) in (0..).zip(departments) {
        let people = share(size.people, count, partition as usize);
        ensure!(
            people >= 2,
            "{} people are too few: each of the {count} departments needs two",
            size.people
        );
        let past = past(department, partition, Size { people, ..size })?;
        company.applications += past.applications.len();
        company.commands += past.commands.len();
        company.refused += past.refused;
        queue(contract, partition, &past).await?;
    }
    Ok(company)
}

/// How many of the people a department has: the first three shares, each other two; what is left over is the last's.
fn share(people: usize, departments: usize, partition: usize) -> usize {
    let shares = |departments: usize| match departments {
        0 => 0,
        some => 2 * some + 1,
    };
    let until =
        |departments_before: usize| people * shares(departments_before) / shares(departments);
    until(partition + 1) - until(partition)
}

async fn queue(contract: &Contract, partition: i32, past: &Past) -> anyhow::Result<()> {
    let writer = contract.application_writer().await?;
    let applications = past.applications.iter();
    let applications = applications.map(|(id, application)| writer.record(id, application));
    // A command about an application that is not there would be refused, so these come first.
    append(contract, applications).await?;
    let writer = contract.command_writer().await?;
    let commands = past.commands.iter();
    let commands = commands.map(|command| writer.record(partition, &command.to_record()));
    append(contract, commands).await
}

async fn append(
    contract: &Contract,
    mut records: impl Iterator<Item = NewRecord>,
) -> anyhow::Result<()> {
    loop {
        let some: Vec<NewRecord> = records.by_ref().take(TOGETHER).collect();
        if some.is_empty() {
            return Ok(());
        }
        let appended = contract.log().append(some).await;
        appended.context("could not queue the company's leave")?;
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn everybody_is_in_a_department() {
        for departments in 1..9 {
            let shares: Vec<_> = (0..departments)
                .map(|partition| share(2_000, departments, partition))
                .collect();
            assert_eq!(shares.iter().sum::<usize>(), 2_000);
            assert!(shares[1..].iter().all(|share| *share < shares[0]));
        }
        assert_eq!(share(2_000, 3, 0), 857);
    }
}
