//! The options that all commands have.

use std::path::PathBuf;

use crate::command::UsageError;
use crate::opened::OpenedLogs;
use anyhow::Context;
use timeoff_log::{Contract, KafkaSettings, LogUrl, TopicNames};
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

/// Which log, and how much to say.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct LogArgs {
    /// The log: sqlite:PATH or kafka://host:port[,host:port…].
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_LOG",
        value_name = "URL",
        default_value = "sqlite:timeoff.db"
    )]
    log: LogUrl,
    /// The schema registry, for a Kafka log [default: http://127.0.0.1:8081].
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_SCHEMA_REGISTRY",
        value_name = "URL",
        hide_env_values = true
    )]
    schema_registry: Option<String>,
    /// The departments; the position of one in the list is its partition.
    #[arg(long, global = true, env = "TIMEOFF_DEPARTMENTS", value_name = "A,B,…", default_value = DEFAULT_DEPARTMENTS)]
    departments: Departments,
    /// The topic of applications.
    #[arg(long, global = true, env = "TIMEOFF_APPLICATIONS_TOPIC", value_name = "NAME", default_value = TopicNames::APPLICATIONS, value_parser = name)]
    applications_topic: String,
    /// The topic of results.
    #[arg(long, global = true, env = "TIMEOFF_RESULTS_TOPIC", value_name = "NAME", default_value = TopicNames::RESULTS, value_parser = name)]
    results_topic: String,
    /// The topic of records that cannot be understood.
    #[arg(long, global = true, env = "TIMEOFF_DEAD_LETTERS_TOPIC", value_name = "NAME", default_value = TopicNames::DEAD_LETTERS, value_parser = name)]
    dead_letters_topic: String,
    /// A property of the Kafka client, like kcat: any of librdkafka's; may be given often.
    #[arg(short = 'X', global = true, value_name = "KEY=VALUE")]
    property: Vec<String>,
    /// A file of such properties, one key=value a line, for what others should not see in the process list.
    #[arg(
        long,
        global = true,
        env = "TIMEOFF_KAFKA_CONFIG",
        value_name = "FILE",
        hide_env_values = true
    )]
    kafka_config: Option<PathBuf>,
    /// Say more on standard error; twice or three times: still more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Say only errors on standard error.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[arg(skip)]
    opened: OpenedLogs,
}

impl LogArgs {
    /// Opens the log, with its topics.
    ///
    /// # Errors
    ///
    /// What a person should read when it fails.
    pub async fn open(&self) -> anyhow::Result<Contract> {
        self.open_with(KafkaSettings::new()).await
    }

    /// As [`LogArgs::open`], for appending many records.
    ///
    /// # Errors
    ///
    /// As [`LogArgs::open`].
    pub async fn open_to_fill(&self) -> anyhow::Result<Contract> {
        let mut settings = KafkaSettings::new();
        settings.expect_many_records();
        self.open_with(settings).await
    }

    /// As [`LogArgs::open`], for a run that ends by itself if it is to be `until_caught_up`; see
    /// [`KafkaSettings::expect_to_end`].
    ///
    /// # Errors
    ///
    /// As [`LogArgs::open`].
    pub async fn open_for_a_run(&self, until_caught_up: bool) -> anyhow::Result<Contract> {
        let mut settings = KafkaSettings::new();
        if until_caught_up {
            settings.expect_to_end();
        }
        self.open_with(settings).await
    }

    async fn open_with(&self, mut settings: KafkaSettings) -> anyhow::Result<Contract> {
        self.check_topics()?;
        if let Some(url) = &self.schema_registry {
            settings.set_schema_registry(url);
        }
        if let Some(path) = &self.kafka_config {
            settings.set_properties_from_file(path)?;
        }
        for property in &self.property {
            settings.set_property(property)?;
        }
        let log = self
            .opened
            .open(&self.log, &settings)
            .await
            .context("could not open the log")?;
        let topics = TopicNames {
            applications: self.applications_topic.as_str().into(),
            results: self.results_topic.as_str().into(),
            dead_letters: self.dead_letters_topic.as_str().into(),
        };
        let contract = Contract::open(&log, topics, self.departments.clone()).await?;
        Ok(contract)
    }

    fn check_topics(&self) -> Result<(), UsageError> {
        let topics = [
            &self.applications_topic,
            &self.results_topic,
            &self.dead_letters_topic,
        ];
        for (index, topic) in topics.into_iter().enumerate() {
            if topics[..index].contains(&topic) {
                return Err(UsageError(format!(
                    "two topics are called '{topic}'; applications, results and dead letters need one each"
                )));
            }
        }
        Ok(())
    }

    /// The departments.
    pub fn departments(&self) -> &Departments {
        &self.departments
    }

    /// Whether only errors are to be said.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// What was opened with these options, to be closed when the command has ended.
    pub(crate) fn opened(&self) -> &OpenedLogs {
        &self.opened
    }

    /// How much is logged, as a filter that RUST_LOG overrides.
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
