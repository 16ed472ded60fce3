//! Showing the policy in force.

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use timeoff_cli::{LogArgs, OutputFormat, Shutdown, write_json_line};
use timeoff_ledger::{Fact, PersonId};
use timeoff_models::{Department, Ticks, UtcTime};

use crate::books::Books;
use crate::noted::name;
use crate::options::department;
use crate::table::Table;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Only that of this department.
    #[arg(long, value_name = "NAME")]
    department: Option<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value = "text")]
    output: OutputFormat,
}

/// A policy as it was set.
#[derive(Clone)]
struct InForce {
    version: u32,
    text: Arc<str>,
    since: Ticks,
    by: Option<PersonId>,
}

impl InForce {
    /// "policy 2 since 2027-01-04 08:00:00 UTC, by Grace Hopper". Harmless for a terminal.
    fn origin(&self, books: &Books) -> String {
        let by = self.by.map(|by| format!(", by {}", name(books, by)));
        format!(
            "policy {} since {} UTC{}",
            self.version,
            time(self.since),
            by.unwrap_or_default()
        )
    }
}

/// Carries out a command line.
///
/// # Errors
///
/// If the ledger cannot be read, or there is no such department.
pub(super) async fn run(args: ShowArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let notices = log.notices();
    let mut policies: HashMap<i32, InForce> = HashMap::new();
    let reading = async {
        let contract = log.open_to_read(true).await?;
        let each = |noted: &crate::noted::Noted| {
            if let Fact::PolicySet { version, policy } = &noted.event.fact {
                let set = InForce {
                    version: *version,
                    text: policy.0.clone(),
                    since: noted.event.cause.at,
                    by: noted.event.cause.by,
                };
                policies.insert(noted.position.partition, set);
            }
        };
        Books::read(&contract, &notices, [], each).await
    };
    let books = tokio::select! {
        books = reading => books?,
        () = shutdown.requested() => bail!("stopped before everything was read"),
    };
    let only = match &args.department {
        Some(text) => Some(department(&books, text)?),
        None => None,
    };
    let places: Vec<(&Department, Option<&InForce>)> = (0..)
        .zip(books.departments().iter())
        .filter(|(_, one)| only.as_ref().is_none_or(|only| only == *one))
        .map(|(partition, one)| (one, policies.get(&partition)))
        .collect();
    let mut out = timeoff_cli::stdout();
    if args.output == OutputFormat::Json {
        for (department, policy) in &places {
            write_json(&mut out, &books, department, *policy)?;
        }
        out.flush()?;
        return Ok(());
    }
    let text_of = |place: &(&Department, Option<&InForce>)| place.1.map(|set| set.text.clone());
    let first = places.first().and_then(text_of);
    if places.iter().any(|place| text_of(place) != first) {
        write_differing(&mut out, &books, &places)?;
    } else if let Some(text) = first {
        for (department, policy) in &places {
            if let Some(policy) = policy {
                notices.say(&format!("{department}: {}.", policy.origin(&books)));
            }
        }
        let end = if text.ends_with('\n') { "" } else { "\n" };
        write!(out, "{text}{end}")?;
    } else {
        let within = only.map_or_else(String::new, |department| format!(" in {department}"));
        writeln!(
            out,
            "No policy is set{within}: whoever may decide on leave decides, and nothing is counted."
        )?;
    }
    out.flush()?;
    Ok(())
}

fn write_differing(
    out: &mut impl Write,
    books: &Books,
    places: &[(&Department, Option<&InForce>)],
) -> io::Result<()> {
    let mut table = Table::new(&["DEPARTMENT", "POLICY", "SINCE (UTC)", "BY"]);
    for (department, policy) in places {
        let version = policy.map_or_else(|| "none".to_owned(), |policy| policy.version.to_string());
        let since = policy.map(|policy| time(policy.since)).unwrap_or_default();
        let by = policy.and_then(|policy| policy.by);
        let by = by.map(|by| name(books, by)).unwrap_or_default();
        table.add(&[department.as_str(), &version, &since, &by]);
    }
    table.write(out)?;
    writeln!(
        out,
        "The departments differ. To read one: timeoff-admin policy show --department NAME"
    )
}

/// "2027-01-04 08:00:00".
fn time(at: Ticks) -> String {
    let time = UtcTime::from(at);
    let time = time.as_str();
    format!("{} {}", &time[..10], &time[11..19])
}

fn write_json(
    out: &mut impl Write,
    books: &Books,
    department: &Department,
    policy: Option<&InForce>,
) -> io::Result<()> {
    let since = policy.map(|policy| UtcTime::from(policy.since));
    let by = policy.and_then(|policy| policy.by);
    let id = by.map(|by| by.to_string());
    write_json_line(
        out,
        &[
            ("department", department.as_str().into()),
            (
                "policy_version",
                policy.map(|policy| i64::from(policy.version)).into(),
            ),
            ("since", since.as_ref().map(|since| since.as_str()).into()),
            ("by", id.as_deref().into()),
            ("by_name", by.and_then(|by| books.name_of(by)).into()),
            ("policy_text", policy.map(|policy| &*policy.text).into()),
        ],
    )
}
