//! `timeoff-dev dead-letters`: one record of each kind that a manager turns into a dead letter.

use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, bail};
use timeoff_cli::LogArgs;
use timeoff_contract::Contract;
use timeoff_log::NewRecord;
use timeoff_models::{
    ApplicationId, Department, Departments, Email, LeaveApplication, LeaveHours, Ticks,
};

use crate::demo::typed;
use crate::garbage::{FIELDS, Fields, Frames, KINDS, START_TICKS};

/// Append one application of each kind that cannot be decided, to see what becomes of it.
///
/// One of them is for a department that can be added: after that its dead letter can be put back. One is sent twice.
#[derive(Debug, clap::Args)]
pub struct DeadLettersArgs {
    #[command(flatten)]
    log: LogArgs,
}

/// Candidates for the department that can be added later. The first that does not exist yet is used.
const LATER: [&str; 3] = ["SALES", "LEGAL", "TRAVEL"];

/// What to type next, on the same log.
fn go_on(log: &str, later: &Department) -> anyhow::Result<String> {
    let own = std::env::current_exe().context("could not find this program's own file")?;
    let manager = format!(
        "{} --log {}",
        typed(&own.with_file_name("manager-service")),
        typed(Path::new(log))
    );
    let auto = "auto --approve-up-to-hours 16 --otherwise decline --until-caught-up";
    Ok(format!(
        "\
Have a manager meet them, and see the dead letters:
    {manager} {auto}
    {manager} dead-letters list
One can be understood once there is a department {later}. Add it, put the letter back, and decide it:
    export TIMEOFF_DEPARTMENTS=$({manager} departments add {later})
    {manager} dead-letters retry
    {manager} {auto}"
    ))
}

/// Appends the samples.
///
/// # Errors
///
/// Any failure, as a message for a person.
pub async fn run(args: &DeadLettersArgs) -> anyhow::Result<()> {
    let contract = args.log.open().await?;
    let outcome = send(args, &contract).await;
    contract.log().clone().close().await;
    outcome
}

async fn send(args: &DeadLettersArgs, contract: &Contract) -> anyhow::Result<()> {
    let later = later(contract.departments())?;
    let samples = samples(contract, &later).await?;
    let (whats, records): (Vec<String>, Vec<NewRecord>) = samples.into_iter().unzip();
    let positions = contract
        .log()
        .append(records)
        .await
        .context("could not append the samples")?;
    let mut out = timeoff_cli::stdout();
    for (what, position) in whats.iter().zip(&positions) {
        writeln!(
            out,
            "partition {}, offset {}: {what}",
            position.partition, position.offset
        )?;
    }
    out.flush()?;
    let notices = args.log.notices();
    for line in go_on(contract.log().address(), &later)?.lines() {
        notices.say(line);
    }
    Ok(())
}

fn later(departments: &Departments) -> anyhow::Result<Department> {
    for name in LATER {
        let department: Department = name.parse()?;
        if departments.partition_of(&department).is_none() {
            return Ok(department);
        }
    }
    bail!("{} are departments already", LATER.join(", "))
}

/// The sample records, each with what is wrong with it.
async fn samples(
    contract: &Contract,
    later: &Department,
) -> anyhow::Result<Vec<(String, NewRecord)>> {
    let departments = contract.departments();
    let writer = contract.application_writer().await?;
    // The ids are new with each run.
    let ticks = Ticks::of(SystemTime::now().into());
    let id = |name: &str| -> anyhow::Result<ApplicationId<'static>> {
        let email: Email = format!("{name}@example.com").parse()?;
        Ok(ApplicationId::new(&email, ticks))
    };
    let first = departments.at(0).context("there is a department")?;
    let good = writer.record(
        &id("twice")?,
        &LeaveApplication {
            email: "twice@example.com".parse()?,
            department: first.clone(),
            hours: LeaveHours::try_from(8)?,
            start: Ticks::try_from(START_TICKS)?.into(),
            details: None,
        },
    );
    let frames = good.key.as_deref().zip(good.value.as_deref());
    let frames = frames.and_then(|(key, value)| Frames::of(key, value));
    let frames = frames.context("our own records have frames")?;
    let record = |partition, (key, value)| NewRecord {
        topic: contract.topics().applications.clone(),
        partition,
        key,
        value,
        headers: Vec::new(),
    };

    let mut samples = Vec::new();
    for (kind, partition) in KINDS.iter().zip((0..departments.len() as i32).cycle()) {
        let id = id(&format!("sample-{}", samples.len() + 1))?;
        let made = kind.record(&frames, id.as_str());
        samples.push((kind.what.to_owned(), record(partition, made)));
    }
    let fields = Fields {
        email: "later@example.com",
        department: later.as_str(),
        ..FIELDS
    };
    let key = frames.key(id("later")?.as_str());
    let made = (Some(key), Some(frames.value(&fields)));
    let what = format!("the department {later}, which can be added");
    samples.push((what, record(0, made)));
    samples.push(("nothing, it is a good one".to_owned(), good.clone()));
    samples.push(("the id of the one before".to_owned(), good));
    Ok(samples)
}
