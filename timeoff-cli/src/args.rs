//! The options that all commands share.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error_messages::UsageError;
use crate::notices::Notices;
use crate::opened::OpenedLogs;
use crate::setting::{Given, setting};
use anyhow::Context;
use timeoff_contract::{Contract, TopicNames};
use timeoff_log::{KafkaSettings, Log, LogUrl, RegistryUrl, Secret};
use timeoff_models::{DEFAULT_DEPARTMENTS, Departments};

/// The name of a topic or group, by Kafka's rule for topics: 1 to 249 letters, digits, dots, `_` and `-`.
///
/// # Errors
///
/// The rule, as a sentence.
pub fn name(text: &str) -> Result<String, String> {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&c);
    if (1..=249).contains(&text.len()) && text.chars().all(is_legal) && text != "." && text != ".."
    {
        Ok(text.to_owned())
    } else {
        Err("a name has 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-'".to_owned())
    }
}

fn path(text: &str) -> Result<PathBuf, Infallible> {
    Ok(PathBuf::from(text))
}

/// Which log to use, and how much to report.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct LogArgs {
    /// The log: sqlite:PATH or kafka://host:port[,host:port…].
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_LOG",
        value_name = "URL",
        default_value = "sqlite:timeoff.db",
        value_parser = setting(LogUrl::from_str)
    )]
    log: Given<LogUrl>,
    /// The schema registry, for a Kafka log [default: http://127.0.0.1:8081].
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_SCHEMA_REGISTRY",
        value_name = "URL",
        value_parser = setting(RegistryUrl::from_str)
    )]
    schema_registry: Option<Given<RegistryUrl>>,
    /// The departments; a department's position in the list is its partition.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_DEPARTMENTS",
        value_name = "A,B,…",
        default_value = DEFAULT_DEPARTMENTS,
        value_parser = setting(Departments::from_str)
    )]
    departments: Given<Departments>,
    /// Make the topics for a list of departments other than the default, if they do not exist. Needed once, and on
    /// Kafka only: everybody else there has to use the same list.
    #[arg(long, global = true, env = "TIMEOFF_CREATE", value_parser = clap::builder::FalseyValueParser::new())]
    create: bool,
    /// The topic of applications.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_APPLICATIONS_TOPIC",
        value_name = "NAME",
        default_value = TopicNames::APPLICATIONS,
        value_parser = setting(name)
    )]
    applications_topic: Given<String>,
    /// The topic of results.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_RESULTS_TOPIC",
        value_name = "NAME",
        default_value = TopicNames::RESULTS,
        value_parser = setting(name)
    )]
    results_topic: Given<String>,
    /// The topic of records that cannot be understood.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_DEAD_LETTERS_TOPIC",
        value_name = "NAME",
        default_value = TopicNames::DEAD_LETTERS,
        value_parser = setting(name)
    )]
    dead_letters_topic: Given<String>,
    /// The topic of commands.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_COMMANDS_TOPIC",
        value_name = "NAME",
        default_value = TopicNames::COMMANDS,
        value_parser = setting(name)
    )]
    commands_topic: Given<String>,
    /// The topic of the ledger.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_LEDGER_TOPIC",
        value_name = "NAME",
        default_value = TopicNames::LEDGER,
        value_parser = setting(name)
    )]
    ledger_topic: Given<String>,
    /// A property of the Kafka client, as with kcat: any that librdkafka has; may be repeated.
    #[arg(short = 'X', global = true, value_name = "KEY=VALUE")]
    property: Vec<Secret>,
    /// A file of such properties, one key=value per line, for values that others should not see in the process list.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_KAFKA_CONFIG",
        value_name = "FILE",
        value_parser = setting(path)
    )]
    kafka_config: Option<Given<PathBuf>>,
    /// Report more on standard error; repeat it for still more (-vv, -vvv).
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Report only errors on standard error.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[arg(skip)]
    opened: OpenedLogs,
}

/// What a command opens the log for.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Write,
    Read,
    /// To write, with commands and the ledger.
    Ledger,
    /// To look at what is there: nothing is made.
    Look,
}

fn settings_for_a_run(until_caught_up: bool) -> KafkaSettings {
    let mut settings = KafkaSettings::new();
    if until_caught_up {
        settings.expect_to_end();
    }
    settings
}

impl LogArgs {
    /// Opens the log, with its topics.
    ///
    /// # Errors
    ///
    /// An error worded for the user.
    pub async fn open(&self) -> anyhow::Result<Contract> {
        self.open_with(KafkaSettings::new(), Purpose::Write).await
    }

    /// As [`LogArgs::open`], for appending many records.
    ///
    /// # Errors
    ///
    /// As [`LogArgs::open`].
    pub async fn open_to_fill(&self) -> anyhow::Result<Contract> {
        let mut settings = KafkaSettings::new();
        settings.expect_many_records();
        self.open_with(settings, Purpose::Write).await
    }

    /// As [`LogArgs::open`], for a run that ends once it has caught up if `until_caught_up` is set; see
    /// [`KafkaSettings::expect_to_end`].
    ///
    /// # Errors
    ///
    /// As [`LogArgs::open`].
    pub async fn open_for_a_run(&self, until_caught_up: bool) -> anyhow::Result<Contract> {
        let settings = settings_for_a_run(until_caught_up);
        self.open_with(settings, Purpose::Write).await
    }

    /// As [`LogArgs::open_for_a_run`], for a program that has to do with commands and the ledger.
    ///
    /// # Errors
    ///
    /// As [`LogArgs::open`].
    pub async fn open_with_ledger(&self, until_caught_up: bool) -> anyhow::Result<Contract> {
        let settings = settings_for_a_run(until_caught_up);
        self.open_with(settings, Purpose::Ledger).await
    }

    /// As [`LogArgs::open_for_a_run`], for a command that only reads; see [`Log::open_to_read`].
    ///
    /// # Errors
    ///
    /// As [`LogArgs::open`].
    pub async fn open_to_read(&self, until_caught_up: bool) -> anyhow::Result<Contract> {
        let settings = settings_for_a_run(until_caught_up);
        self.open_with(settings, Purpose::Read).await
    }

    /// Opens the log as it is, for a run that only looks at what is there: makes neither a file nor topics.
    ///
    /// # Errors
    ///
    /// As [`LogArgs::open`]; also if there is no such file.
    pub async fn open_to_look(&self) -> anyhow::Result<Contract> {
        self.open_with(settings_for_a_run(true), Purpose::Look)
            .await
    }

    /// Copies the log to a new file while others use it; see [`Log::back_up`]. Returns the new file's length in bytes.
    ///
    /// # Errors
    ///
    /// As [`Log::back_up`].
    pub async fn back_up(&self, to: &Path) -> anyhow::Result<u64> {
        Ok(Log::back_up(&self.log.value, to).await?)
    }

    async fn open_with(
        &self,
        settings: KafkaSettings,
        purpose: Purpose,
    ) -> anyhow::Result<Contract> {
        let log = self.open_log(settings, purpose).await?;
        let topics = self.topics();
        if !matches!(purpose, Purpose::Look) {
            self.check_it_may_be_made(&log, &topics).await?;
        }
        let departments = self.departments.value.clone();
        let contract = match purpose {
            Purpose::Write | Purpose::Read => Contract::open(&log, topics, departments).await?,
            Purpose::Look => Contract::as_it_is(&log, topics, departments).await?,
            Purpose::Ledger => Contract::open_with_ledger(&log, topics, departments).await?,
        };
        if let Some(made) = made(&contract) {
            self.notices().say(&made);
        }
        Ok(contract)
    }

    /// On a cluster that others use, a mistyped list of departments would make topics that nobody else can use.
    async fn check_it_may_be_made(&self, log: &Log, topics: &TopicNames) -> anyhow::Result<()> {
        if self.create || !self.is_on_kafka() || self.departments.value == Departments::default() {
            return Ok(());
        }
        let applications = &topics.applications;
        if log
            .partitions_of(std::slice::from_ref(applications))
            .await?
            .is_empty()
        {
            return Err(UsageError(format!(
                "{}: there is no topic {applications} yet, and everybody who uses it needs the same departments; \
                 start once with --create to make it for {}",
                log.address(),
                self.departments.value
            ))
            .into());
        }
        Ok(())
    }

    /// Opens the log as it is: makes and checks no topics, and reads even a file that it cannot write.
    ///
    /// # Errors
    ///
    /// An error worded for the user.
    pub async fn open_as_it_is(&self) -> anyhow::Result<Log> {
        self.open_log(KafkaSettings::new(), Purpose::Read).await
    }

    async fn open_log(&self, mut settings: KafkaSettings, purpose: Purpose) -> anyhow::Result<Log> {
        self.check_topics()?;
        self.set_up(&mut settings)?;
        self.tell_what_has_no_effect();
        let url = self.log.value.clone();
        let opening = async move {
            match purpose {
                Purpose::Write | Purpose::Ledger => Log::open(&url, &settings).await,
                Purpose::Read => Log::open_to_read(&url, &settings).await,
                Purpose::Look => Log::open_existing(&url, &settings).await,
            }
        };
        self.opened
            .open(opening)
            .await
            .context("could not open the log")
    }

    /// The topics' names.
    pub fn topics(&self) -> TopicNames {
        TopicNames {
            applications: self.applications_topic.value.as_str().into(),
            results: self.results_topic.value.as_str().into(),
            dead_letters: self.dead_letters_topic.value.as_str().into(),
            commands: self.commands_topic.value.as_str().into(),
            ledger: self.ledger_topic.value.as_str().into(),
        }
    }

    fn set_up(&self, settings: &mut KafkaSettings) -> anyhow::Result<()> {
        if let Some(Given { value, .. }) = &self.schema_registry {
            settings.set_schema_registry(value.clone());
        }
        if let Some(Given { value, by }) = &self.kafka_config
            && (by.is_option() || self.is_on_kafka())
        {
            let set = settings.set_properties_from_file(value);
            set.with_context(|| by.to_string())?;
        }
        for property in &self.property {
            settings.set_property(property.reveal()).context("-X")?;
        }
        Ok(())
    }

    fn is_on_kafka(&self) -> bool {
        matches!(self.log.value, LogUrl::Kafka(_))
    }

    /// Reports options that have no effect on this log. Variables are not reported: they may be set for every service
    /// on a machine, while an option was given for this command.
    fn tell_what_has_no_effect(&self) {
        if self.is_on_kafka() {
            return;
        }
        let registry = self.schema_registry.as_ref().map(|given| &given.by);
        let config = self.kafka_config.as_ref().map(|given| &given.by);
        let given = [registry, config].into_iter().flatten();
        let mut idle: Vec<String> = given
            .filter(|by| by.is_option())
            .map(ToString::to_string)
            .collect();
        if !self.property.is_empty() {
            idle.push("-X".to_owned());
        }
        if !idle.is_empty() {
            let (idle, url) = (idle.join(" and "), &self.log.value);
            self.notices().say(&format!(
                "Without effect, as {url} is a file: {idle}. --log kafka://host:port names a cluster."
            ));
        }
    }

    fn check_topics(&self) -> Result<(), UsageError> {
        let topics = [
            &self.applications_topic.value,
            &self.results_topic.value,
            &self.dead_letters_topic.value,
            &self.commands_topic.value,
            &self.ledger_topic.value,
        ];
        for (index, topic) in topics.into_iter().enumerate() {
            if topics[..index].contains(&topic) {
                return Err(UsageError(format!(
                    "two topics are called '{topic}'; applications, results, dead letters, commands and the ledger \
                     need one each"
                )));
            }
        }
        Ok(())
    }

    /// The departments.
    pub fn departments(&self) -> &Departments {
        &self.departments.value
    }

    /// Notices go to standard error, unless only errors are to be reported.
    pub fn notices(&self) -> Notices {
        Notices::unless(self.quiet)
    }

    /// The logs that were opened with these options, to be closed when the command ends.
    pub(crate) fn opened(&self) -> &OpenedLogs {
        &self.opened
    }

    /// The log filter, which RUST_LOG overrides.
    pub(crate) fn log_filter(&self) -> &'static str {
        match (self.quiet, self.verbose) {
            (true, _) => "error",
            (false, 0) => "warn,librdkafka=error",
            (false, 1) => "info,librdkafka=error",
            (false, 2) => "debug",
            (false, _) => "trace",
        }
    }
}

/// The notice of what opening the log has made, if anything.
fn made(contract: &Contract) -> Option<String> {
    let made = contract.made_topics();
    let what = match made {
        [] => return None,
        [one] => format!("topic {one}"),
        [all @ .., last] => format!("topics {} and {last}", all.join(", ")),
    };
    Some(format!(
        "Made {what} on {}, with a partition for each department: {}.",
        contract.log().address(),
        contract.departments()
    ))
}
