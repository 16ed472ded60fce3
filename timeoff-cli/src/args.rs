//! The options that all commands have.

use std::path::PathBuf;

use anyhow::Context;
use timeoff_log::{Contract, KafkaSettings, Log, LogUrl, TopicNames};
use timeoff_models::{DEFAULT_DEPARTMENTS, Departments};

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
    #[arg(long, global = true, env = "TIMEOFF_APPLICATIONS_TOPIC", value_name = "NAME", default_value = TopicNames::APPLICATIONS)]
    applications_topic: String,
    /// The topic of results.
    #[arg(long, global = true, env = "TIMEOFF_RESULTS_TOPIC", value_name = "NAME", default_value = TopicNames::RESULTS)]
    results_topic: String,
    /// The topic of records that cannot be understood.
    #[arg(long, global = true, env = "TIMEOFF_DEAD_LETTERS_TOPIC", value_name = "NAME", default_value = TopicNames::DEAD_LETTERS)]
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
}

impl LogArgs {
    /// Opens the log, with its topics.
    ///
    /// # Errors
    ///
    /// What a person should read when it fails.
    pub async fn open(&self) -> anyhow::Result<Contract> {
        let mut settings = KafkaSettings::new();
        if let Some(url) = &self.schema_registry {
            settings.set_schema_registry(url);
        }
        if let Some(path) = &self.kafka_config {
            settings.set_properties_from_file(path)?;
        }
        for property in &self.property {
            settings.set_property(property)?;
        }
        let log = Log::open(&self.log, &settings)
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

    /// The departments.
    pub fn departments(&self) -> &Departments {
        &self.departments
    }

    /// Whether only errors are to be said.
    pub fn is_quiet(&self) -> bool {
        self.quiet
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
