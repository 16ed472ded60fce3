//! The command line, and carrying it out.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use timeoff_cli::{LogArgs, OutputFormat, UsageError};
use timeoff_contract::TopicNames;
use timeoff_log::Log;
use timeoff_models::Department;

use super::growth::{Growth, NotAdded, growth};

/// What to do with the departments.
#[derive(Debug, Args)]
pub(crate) struct DepartmentsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show which department has which partition of the applications topic.
    #[command(after_help = "\
        JSON, a partition a line: department is null where the list (--departments) names none; topic is null where it \
        has no such partition yet.")]
    List {
        /// How it is printed.
        #[arg(long, value_enum, default_value = "text")]
        output: OutputFormat,
    },
    /// Add a department at the end of the list, with a partition on each topic, and print the list to use from now on.
    ///
    /// The list (--departments) is the one in use until now. A department cannot be removed, or given another place. Of
    /// one that is in the list already, partitions are added that the topics of commands and the ledger lack.
    #[command(after_help = "\
        Examples:\n  \
        manager-service departments add SALES\n  \
        export TIMEOFF_DEPARTMENTS=$(manager-service departments add SALES)\n\n\
        JSON: department, its partition, and the new list as departments.")]
    Add {
        /// The new department.
        #[arg(value_name = "NAME")]
        department: Department,
        /// How it is printed.
        #[arg(long, value_enum, default_value = "text")]
        output: OutputFormat,
    },
}

/// Carries out a command line.
///
/// # Errors
///
/// If the command fails. The error is written for a person to read.
pub(crate) async fn run(arguments: DepartmentsArgs, args: &LogArgs) -> anyhow::Result<()> {
    let log = args.open_as_it_is().await?;
    let names = args.topics();
    let partitions = log
        .partitions_of(&[
            names.applications.clone(),
            names.results.clone(),
            names.dead_letters.clone(),
            names.commands.clone(),
            names.ledger.clone(),
        ])
        .await?;
    let notices = args.notices();
    let mut out = timeoff_cli::stdout();
    match arguments.command {
        Command::List { output } => {
            list(args, &names, &partitions, output, &mut out)?;
            notices.say(&sizes(&partitions));
        }
        Command::Add { department, output } => {
            let growth = growth(&department, args.departments(), &names, &partitions).map_err(
                |not_added| match not_added {
                    NotAdded::IsThere { .. } => UsageError(not_added.to_string()).into(),
                    _ => anyhow::Error::from(not_added)
                        .context(format!("{}: nothing was added", log.address())),
                },
            )?;
            add(&log, &growth, &names.applications).await?;
            let topics = growth.topics.join(", ");
            match growth.topics.contains(&names.applications) {
                true => {
                    let partition = growth.partition;
                    notices.say(&format!(
                        "Added partition {partition} to {topics} for {department}."
                    ));
                    notices.say(ADDED);
                }
                false => notices.say(&format!(
                    "Completed {topics}: {} partitions, as {} has.",
                    growth.partitions, names.applications
                )),
            }
            print_added(&mut out, output, &department, &growth)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// The notice on what to do after a department was added.
const ADDED: &str = "Start everything anew with the list that follows (--departments, or TIMEOFF_DEPARTMENTS), \
    managers first. A manager with the old list ends when the new partition comes to it; employee services and result \
    readers with the old list go on, without the new department.";

/// Adds the partition to each of the topics. All but the last may have it already, from an attempt that was
/// interrupted.
async fn add(log: &Log, growth: &Growth, applications: &Arc<str>) -> anyhow::Result<()> {
    for topic in &growth.topics {
        let is_added = log.add_partitions(topic, growth.partitions).await?;
        if topic == applications && !is_added {
            bail!(
                "somebody else has just added partition {} to {topic}; see manager-service departments list",
                growth.partition
            );
        }
    }
    Ok(())
}

fn print_added(
    out: &mut impl Write,
    output: OutputFormat,
    department: &Department,
    growth: &Growth,
) -> anyhow::Result<()> {
    let list = growth.list.to_string();
    match output {
        OutputFormat::Text => writeln!(out, "{list}")?,
        OutputFormat::Json => timeoff_cli::write_json_line(
            out,
            &[
                ("department", department.as_str().into()),
                ("partition", growth.partition.into()),
                ("departments", list.as_str().into()),
            ],
        )?,
    }
    Ok(())
}

fn list(
    args: &LogArgs,
    names: &TopicNames,
    partitions: &BTreeMap<Arc<str>, i32>,
    output: OutputFormat,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let departments = args.departments();
    let has = partitions.get(&names.applications).copied().unwrap_or(0);
    let named = i32::try_from(departments.len()).context("too many departments")?;
    for partition in 0..has.max(named) {
        let department = departments.at(partition).map(Department::as_str);
        let topic = (partition < has).then_some(&*names.applications);
        match output {
            OutputFormat::Text => writeln!(
                out,
                "{partition}  {}{}",
                department.unwrap_or("(not in the list)"),
                topic.map_or("  (no partition yet)", |_| "")
            )?,
            OutputFormat::Json => timeoff_cli::write_json_line(
                out,
                &[
                    ("partition", partition.into()),
                    ("department", department.into()),
                    ("topic", topic.into()),
                ],
            )?,
        }
    }
    Ok(())
}

/// How many partitions the topics have, as a sentence.
fn sizes(partitions: &BTreeMap<Arc<str>, i32>) -> String {
    if partitions.is_empty() {
        return "There are no topics yet; the first start makes them.".to_owned();
    }
    let each: Vec<String> = partitions
        .iter()
        .map(|(topic, partitions)| format!("{topic} {partitions}"))
        .collect();
    format!("Partitions: {}.", each.join(", "))
}
