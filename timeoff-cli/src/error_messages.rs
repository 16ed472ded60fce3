//! Errors as a person at a command line reads them: what failed, what to do about it in terms of options, and why.

use std::error::Error;

use timeoff_contract::ContractError;
use timeoff_log::{InvalidLogUrl, LogError, Remedy};
use timeoff_models::Department;

/// The caller asked for something that cannot be done as asked: exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);

/// An error with its causes, in one line: `what failed; what to do: cause: cause`.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = with_remedy(error);
    let mut cause = error.source();
    while let Some(error) = cause {
        let own = with_remedy(error);
        // Some errors repeat their cause in their own words.
        if !text.contains(&own) {
            text.push_str(": ");
            text.push_str(&own);
        }
        cause = error.source();
    }
    text
}

/// An error in the middle of a sentence: `what failed (cause); what to do`.
pub(crate) fn reason(error: &LogError) -> String {
    let mut text = error.to_string();
    if let Some(cause) = error.source() {
        text = format!("{text} ({cause})");
    }
    if let Some(remedy) = error.remedy() {
        text = format!("{text}; {}", in_options(&remedy));
    }
    text
}

fn with_remedy(error: &(dyn Error + 'static)) -> String {
    match remedy_of(error) {
        Some(remedy) => format!("{error}; {remedy}"),
        None => error.to_string(),
    }
}

fn remedy_of(error: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<LogError>() {
        return Some(in_options(&error.remedy()?));
    }
    if let Some(error) = error.downcast_ref::<InvalidLogUrl>() {
        return Some(in_options(error.remedy()?));
    }
    match error.downcast_ref::<ContractError>()? {
        ContractError::TooFewPartitions {
            has, departments, ..
        } => {
            let there = usize::try_from(*has).unwrap_or(0);
            let named: Vec<&str> = departments.iter().map(Department::as_str).collect();
            let (there, missing) = named.split_at(there.min(named.len()));
            let how = match missing {
                // No list of departments is empty.
                [first, ..] if !there.is_empty() => format!(
                    "manager-service --departments {} departments add {first}",
                    there.join(",")
                ),
                _ => "manager-service departments add NAME".to_owned(),
            };
            Some(format!(
                "add the departments that it lacks ({how}) or name fewer with --departments"
            ))
        }
        ContractError::LedgerLagsBehind { has: 0, .. } => Some(
            "check its name (--commands-topic, --ledger-topic) and, on a secured cluster, the right to DESCRIBE it; if \
             it was never made, manager-service serve makes it"
                .to_owned(),
        ),
        ContractError::LedgerLagsBehind { departments, .. } => {
            let last = departments.iter().last().map_or("NAME", Department::as_str);
            Some(format!(
                "complete it with manager-service --departments {departments} departments add {last}"
            ))
        }
        ContractError::TooFewDepartments { .. } => Some(
            "name a department for each with --departments, in the same order everywhere"
                .to_owned(),
        ),
        ContractError::Log(error) => Some(in_options(&error.remedy()?)),
    }
}

/// A remedy in terms of the commands' options.
fn in_options(remedy: &Remedy) -> String {
    match remedy {
        Remedy::OtherFile
        | Remedy::NewerVersion
        | Remedy::WritersVersion
        | Remedy::RestoreFile
        | Remedy::NameFile
        | Remedy::AllowWriting { .. }
        | Remedy::CopyBoth { .. }
        | Remedy::LocalDisk { .. }
        | Remedy::NoFolder { .. }
        | Remedy::FileInFolder { .. } => format!("{remedy} with --log sqlite:PATH"),
        Remedy::CheckTopic => "check the topic's name and --departments".to_owned(),
        Remedy::OtherTopicName => format!(
            "{remedy} with --applications-topic, --results-topic, --dead-letters-topic, --commands-topic or \
             --ledger-topic"
        ),
        Remedy::RaiseProperty { name } => format!("{remedy} (-X {name}=…)"),
        Remedy::BrokersByAddress => "name the brokers with --log".to_owned(),
        Remedy::GroupByProgram => "name the group with --group, where a command takes it".to_owned(),
        Remedy::CheckBroker => {
            "check that a broker answers at the address in --log, and -X security.protocol".to_owned()
        }
        Remedy::CheckPort => "check that a broker listens at the address in --log".to_owned(),
        Remedy::CheckHost => "check the host name in --log".to_owned(),
        Remedy::CheckCredentials => {
            "check the user and password (-X sasl.username=… -X sasl.password=…, or --kafka-config)"
                .to_owned()
        }
        Remedy::CredentialsByProperty => {
            "give user and password with -X sasl.username=… -X sasl.password=…, or with --kafka-config".to_owned()
        }
        Remedy::CheckTls => {
            "check TLS: -X security.protocol, -X ssl.ca.location, and the broker's certificate"
                .to_owned()
        }
        Remedy::CheckRegistry => {
            "check that a schema registry answers at the address in --schema-registry".to_owned()
        }
        Remedy::CheckRegistryPath => {
            "check the path in --schema-registry: a Confluent-compatible API is expected there"
                .to_owned()
        }
        Remedy::CheckRegistryCredentials => {
            "check the registry's user and password (basic.auth.user.info=user:password in --kafka-config)"
                .to_owned()
        }
        Remedy::AskRegistryForRight => {
            "ask the registry's administrator for the right to do that, or to register the schemas; or check the \
             user (basic.auth.user.info=user:password in --kafka-config)"
                .to_owned()
        }
        // The remedy for these has nothing to do with options.
        Remedy::MakeFolder { .. }
        | Remedy::CheckFile { .. }
        | Remedy::PutFileBack { .. }
        | Remedy::MoveWalAway { .. }
        | Remedy::JoinWal { .. }
        | Remedy::StartAgain
        | Remedy::FreeSpace { .. }
        | Remedy::CheckDisk { .. }
        | Remedy::FindProcess { .. }
        | Remedy::OtherBackup { .. }
        | Remedy::BackupElsewhere
        | Remedy::SmallerRecord
        | Remedy::ValidTopicName
        | Remedy::TopicOnCluster
        | Remedy::MakeTopicByHand
        | Remedy::RaiseTopicLimit { .. }
        | Remedy::AskForRight
        | Remedy::ResetOffsets { .. }
        | Remedy::RegisterByHand
        | Remedy::Compatibility
        | Remedy::FewerCalls
        | Remedy::SeeRegistryLog
        | Remedy::CheckCertificates
        | Remedy::CheckLimits
        | Remedy::TryAgain
        | Remedy::RunWriter => remedy.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use timeoff_contract::ContractError;
    use timeoff_log::{KafkaSettings, LogError, LogUrl, Remedy};
    use timeoff_models::Departments;

    use super::{chain, in_options, reason};

    fn unavailable() -> LogError {
        LogError::Unavailable {
            log: "kafka://a:1".into(),
            step: "reach a broker".into(),
            remedy: Some(Remedy::CheckPort),
            source: "Connection refused".into(),
        }
    }

    const WHAT: &str = "kafka://a:1: could not reach a broker";
    const TO_DO: &str = "check that a broker listens at the address in --log";

    #[test]
    fn what_to_do_is_said_in_options_before_the_cause_or_after_it() {
        assert_eq!(
            chain(&unavailable()),
            format!("{WHAT}; {TO_DO}: Connection refused")
        );
        assert_eq!(
            reason(&unavailable()),
            format!("{WHAT} (Connection refused); {TO_DO}")
        );
    }

    #[test]
    fn where_a_password_or_a_right_is_missing_the_options_that_give_it_are_named() {
        for (remedy, options) in [
            (
                Remedy::CheckCredentials,
                &["-X sasl.username=… -X sasl.password=…", "--kafka-config"][..],
            ),
            (
                Remedy::CheckTls,
                &["-X security.protocol", "-X ssl.ca.location"],
            ),
            (
                Remedy::CheckRegistryCredentials,
                &["user and password", "basic.auth.user.info=user:password"],
            ),
            (
                Remedy::AskRegistryForRight,
                &["the right to do that", "basic.auth.user.info=user:password"],
            ),
        ] {
            let told = in_options(&remedy);
            for option in options {
                assert!(told.contains(option), "{option} is not in {told}");
            }
        }
    }

    #[test]
    fn an_error_of_the_log_keeps_its_remedy_beneath_others() {
        let beneath = anyhow::Error::from(ContractError::from(unavailable())).context("no luck");
        assert_eq!(
            chain(beneath.as_ref()),
            format!("no luck: {WHAT}; {TO_DO}: Connection refused")
        );
    }

    #[test]
    fn of_a_topic_that_is_too_small_the_command_is_named_that_adds_the_first_department() {
        let too_few = |has| {
            chain(&ContractError::TooFewPartitions {
                log: "sqlite:timeoff.db".to_owned(),
                topic: "a".to_owned(),
                has,
                needs: 3,
                departments: Departments::default(),
            })
        };
        for (has, command) in [
            (
                2,
                "(manager-service --departments HR,IT departments add OPS)",
            ),
            (1, "(manager-service --departments HR departments add IT)"),
            (0, "(manager-service departments add NAME)"),
        ] {
            let told = too_few(has);
            assert!(told.contains(command), "{told}");
        }
    }

    #[test]
    fn of_a_ledger_that_lags_behind_the_command_is_named_that_completes_it() {
        let lags = |has| {
            chain(&ContractError::LedgerLagsBehind {
                log: "sqlite:timeoff.db".to_owned(),
                topic: "leave-ledger".to_owned(),
                has,
                needs: 3,
                departments: Departments::default(),
            })
        };
        assert_eq!(
            lags(2),
            "sqlite:timeoff.db: topic leave-ledger has 2 partitions, and the topics of commands and the ledger need 3, \
             as the applications topic has; complete it with manager-service --departments HR,IT,OPS departments add OPS"
        );
        let missing = lags(0);
        for told in [
            "there is no topic leave-ledger",
            "--ledger-topic",
            "DESCRIBE",
        ] {
            assert!(missing.contains(told), "{missing}");
        }
    }

    #[test]
    fn what_an_option_says_is_no_property_and_the_option_is_named() {
        for (property, option) in [
            ("bootstrap.servers=a:1", "--log"),
            ("group.id=g", "--group"),
        ] {
            let refused = KafkaSettings::new().set_property(property);
            let told = chain(&refused.expect_err(property));
            assert!(told.contains(option), "{told}");
        }
        let error = "kafka://me:canary@a:1".parse::<LogUrl>();
        let told = chain(&error.expect_err("it has a password"));
        assert!(told.contains("-X sasl.password=…"), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}
