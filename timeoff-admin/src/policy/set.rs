//! Setting a policy: one command for each department.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use timeoff_cli::{
    Field, LogArgs, OutputFormat, Shutdown, counted, escaped, printable, write_json_line,
};
use timeoff_ledger::{CommandId, Fact, Policy, PolicyText, Request, State};
use timeoff_models::Department;

use super::check::{refuse, warned, warnings};
use super::file;
use crate::books::Books;
use crate::fate::Fate;
use crate::init::command_of;
use crate::office::{Errand, Office, Waited};
use crate::options::{IdArgs, TryArgs, department};

#[derive(Debug, Args)]
pub(super) struct SetArgs {
    /// The file; '-' is standard input.
    file: PathBuf,
    /// Only in this department; repeat it for several [default: all].
    #[arg(long = "department", value_name = "NAME")]
    only: Vec<String>,
    #[command(flatten)]
    trial: TryArgs,
    #[command(flatten)]
    id: IdArgs,
}

/// A department that is to have the policy.
struct Place {
    department: Department,
    errand: Errand,
    /// The version there before.
    version: Option<u32>,
    has_it: bool,
}

/// Carries out a command line.
///
/// # Errors
///
/// If the file cannot be set, a department refuses it, or somebody asks to stop.
pub(super) async fn run(args: SetArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let name = args.file.display().to_string();
    let text = file::read(&args.file, shutdown).await?;
    let policy = Policy::read_to_set(&text).map_err(|error| refuse(&name, &error.complaints()))?;
    let warnings = warnings(&policy, log.departments());
    let base = args.id.command_id();
    let partitions = 0..i32::try_from(log.departments().len()).unwrap_or(i32::MAX);
    let watched: Vec<CommandId> = partitions
        .map(|partition| command_of(base, partition))
        .collect();
    let mut office = match args.trial.dry_run {
        true => Office::open_to_look(log, watched, shutdown).await?,
        false => Office::open(log, watched, shutdown).await?,
    };
    for warning in &warnings {
        office.notices.say(&printable(&warned(&name, warning)));
    }
    let places = places(&args, &office.books, base, &text)?;
    let mut foreseen: HashMap<CommandId, String> = HashMap::new();
    if args.trial.asker().is_some() {
        for place in places.iter().filter(|place| !place.has_it) {
            let Errand { partition, command } = &place.errand;
            if office.books.answer(place.errand.id()).is_none()
                && let Err(refusal) = office.books.predict(*partition, command)
            {
                foreseen.insert(place.errand.id(), refusal.to_string());
            }
        }
    }
    let output = args.id.output;
    if args.trial.dry_run || !foreseen.is_empty() {
        report(output, &places, &office.books, |place| {
            Fate::foreseen(foreseen.get(&place.errand.id()))
        })?;
        return match foreseen.len() as u64 {
            0 => Ok(()),
            count => bail!(
                "{name}: {} refuse it; nothing was sent",
                counted(count, "department would", "departments would")
            ),
        };
    }
    let errands = places.iter().filter(|place| !place.has_it);
    let errands: Vec<Errand> = errands.map(|place| place.errand.clone()).collect();
    if !errands.is_empty() {
        office.say_id(&args.id, base);
    }
    let waited = office.ask_all(&errands).await?;
    let books = &office.books;
    let fate = |place: &Place| Fate::answered(&place.errand, books);
    report(output, &places, books, fate)?;
    let refused = places
        .iter()
        .filter(|place| !place.has_it && matches!(fate(place), Fate::Refused(_)));
    let refused = refused.count() as u64;
    if refused > 0 {
        bail!(
            "{name}: {} it",
            counted(refused, "department refused", "departments refused")
        );
    }
    if waited == Waited::Stopped {
        bail!(
            "stopped before every department had answered; what was asked for is on the log all the same. To see what \
             became of it: timeoff-admin policy show"
        );
    }
    Ok(())
}

fn places(
    args: &SetArgs,
    books: &Books,
    base: CommandId,
    text: &str,
) -> anyhow::Result<Vec<Place>> {
    let mut wanted = Vec::new();
    for name in &args.only {
        wanted.push(department(books, name)?);
    }
    let is_wanted = |one: &Department| wanted.is_empty() || wanted.contains(one);
    let policy: Arc<str> = text.into();
    // A dry run may be nobody's, but a command is somebody's; it is not sent.
    let nobody = "nobody@example.com".parse()?;
    let by = args.trial.asker().unwrap_or(&nobody);
    let places = (0..).zip(books.departments().iter());
    Ok(places
        .filter(|(_, one)| is_wanted(one))
        .map(|(partition, one)| {
            let id = command_of(base, partition);
            let in_force = books.state(partition).and_then(|state| state.policy());
            let request = Request::SetPolicy {
                policy: PolicyText(policy.clone()),
                // Whoever sets another one meanwhile is not overruled unseen.
                expected_version: books.state(partition).map(State::policy_version),
            };
            // A command that is repeated with its id has its first answer.
            let is_repeated = books.answer(id).is_some();
            Place {
                department: one.clone(),
                errand: Errand::new(partition, id, by, request),
                version: in_force.map(|(version, _)| version),
                has_it: !is_repeated && in_force.is_some_and(|(_, policy)| policy.text() == text),
            }
        })
        .collect())
}

/// Prints what has become of the policy in each department, on standard output. `fate` is asked where it is not in force
/// already.
fn report(
    output: OutputFormat,
    places: &[Place],
    books: &Books,
    fate: impl Fn(&Place) -> Fate,
) -> anyhow::Result<()> {
    let mut out = timeoff_cli::stdout();
    for place in places {
        let fate = (!place.has_it).then(|| fate(place));
        let fate = fate.as_ref();
        match output {
            OutputFormat::Text => {
                writeln!(out, "{}: {}", place.department, place.text(fate, books))?;
            }
            OutputFormat::Json => place.write_json(&mut out, fate, books)?,
        }
    }
    out.flush()?;
    Ok(())
}

impl Place {
    /// The version that it has once this is over.
    fn version(&self, fate: Option<&Fate>, books: &Books) -> Option<u32> {
        let answer = books
            .answer(self.errand.id())
            .map(|noted| &noted.event.fact);
        match (fate, answer) {
            (Some(Fate::Accepted), Some(Fact::PolicySet { version, .. })) => Some(*version),
            _ => self.version,
        }
    }

    fn text(&self, fate: Option<&Fate>, books: &Books) -> String {
        let version = self.version(fate, books);
        let named = version.map_or_else(|| "no policy".to_owned(), |it| format!("policy {it}"));
        let Some(fate) = fate else {
            return format!("{named} is in force already");
        };
        match fate {
            Fate::Planned => format!("policy {} would be set", version.unwrap_or(0) + 1),
            Fate::Foreseen(reason) => format!("would be refused: {}", escaped(reason)),
            Fate::Accepted => format!("{named} is in force"),
            Fate::Unanswered => format!("{named} until this is answered"),
            Fate::Refused(reason) => format!("refused: {}", escaped(reason)),
        }
    }

    fn write_json(
        &self,
        out: &mut impl Write,
        fate: Option<&Fate>,
        books: &Books,
    ) -> io::Result<()> {
        let id = self.errand.id().to_string();
        let is_sent = fate.is_some_and(Fate::is_sent);
        let version = self.version(fate, books).map(i64::from);
        write_json_line(
            out,
            &[
                ("department", self.department.as_str().into()),
                ("command_id", Field::from(is_sent.then_some(id.as_str()))),
                ("policy_version", version.into()),
                ("answer", fate.map_or("unchanged", Fate::as_str).into()),
                ("reason", fate.and_then(Fate::reason).into()),
            ],
        )
    }
}
