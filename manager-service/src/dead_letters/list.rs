//! Showing the letters that wait.

use std::io::{self, Write};
use std::pin::pin;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use timeoff_cli::{Notices, OutputFormat, Shutdown};
use timeoff_contract::{Contract, Letter, id_in_key};
use timeoff_log::{ReadEvent, Record};
use timeoff_models::ApplicationId;
use tokio::task::coop::consume_budget;
use tokio::time::timeout;

use super::group_of;
use super::place::Place;

/// How long the log may take to begin before that is reported.
const UNTOLD: Duration = Duration::from_secs(2);

/// Prints each letter that waits, oldest first within a partition, and says how many there are. Joins no group.
///
/// # Errors
///
/// If the log fails for good, or standard output does.
pub(crate) async fn run(
    contract: &Contract,
    output: OutputFormat,
    out: &mut impl Write,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let listing = async {
        let mut waiting = 0;
        each_waiting(contract, notices, |record| {
            match record {
                Some(record) => {
                    waiting += 1;
                    print(out, output, record)?;
                }
                None => out.flush()?,
            }
            Ok(())
        })
        .await?;
        out.flush()?;
        notices.say(&count(waiting));
        anyhow::Ok(())
    };
    tokio::select! {
        outcome = listing => outcome,
        () = shutdown.requested() => Ok(()),
    }
}

/// Hands `take` each letter that has not been put back so far, and `None` whenever it has to wait for the next one.
///
/// # Errors
///
/// If the log fails for good, or `take` does.
pub(crate) async fn each_waiting(
    contract: &Contract,
    notices: &Notices,
    mut take: impl FnMut(Option<Record>) -> io::Result<()>,
) -> anyhow::Result<()> {
    let topic = &contract.topics().dead_letters;
    let group = group_of(topic);
    let mut opening = pin!(contract.log().read_unsettled(&group, topic, None));
    let opened = match timeout(UNTOLD, &mut opening).await {
        Ok(opened) => opened,
        Err(_) => {
            notices.say(
                "Waiting for the log: it may first have to take back what a killed retry left half done, which takes \
                half a minute at most.",
            );
            opening.await
        }
    };
    let mut reader = opened.context("could not read the dead letters")?;
    loop {
        // Records that are there already are taken without ever waiting, so a stop is only noticed if this yields.
        consume_budget().await;
        let event = match reader.try_next()? {
            Some(event) => event,
            None => {
                take(None)?;
                reader.next().await?
            }
        };
        match event {
            ReadEvent::Record(record) => take(Some(record))?,
            ReadEvent::CaughtUp => return Ok(()),
            ReadEvent::Unreachable { reason } => notices.say(&timeoff_cli::no_answer(&reason)),
            ReadEvent::Hidden { partition, offset } => {
                let topic = &contract.topics().dead_letters;
                notices.say(&timeoff_cli::hidden(topic, partition, offset));
            }
            ReadEvent::Reachable => notices.say("The log answers again."),
        }
    }
}

fn print(out: &mut impl Write, output: OutputFormat, record: Record) -> io::Result<()> {
    let position = record.position.clone();
    let since = time_of(record.timestamp_ms);
    let id = id_in_key(record.key.as_deref()).map(ApplicationId::into_owned);
    let letter = Letter::open(record);
    let stood = letter.as_ref().ok().map(|letter| &letter.original.position);
    let reason = match &letter {
        Ok(letter) => letter.reason.clone(),
        Err(not_a_letter) => not_a_letter.to_string(),
    };
    let id = id.as_ref().map(|id| id.as_str());
    match output {
        OutputFormat::Json => {
            let listed = [
                ("topic", (&*position.topic).into()),
                ("partition", position.partition.into()),
                ("offset", position.offset.into()),
                ("since", since.as_str().into()),
                ("id", id.into()),
                ("from_topic", stood.map(|stood| &*stood.topic).into()),
                ("from_partition", stood.map(|stood| stood.partition).into()),
                ("from_offset", stood.map(|stood| stood.offset).into()),
                ("reason", reason.as_str().into()),
            ];
            timeoff_cli::write_json_line(out, &listed)
        }
        OutputFormat::Text => {
            let from = stood.map_or("an unknown place".to_owned(), ToString::to_string);
            writeln!(
                out,
                "{}  since {since}  from {}  {}: {}",
                Place::from(&position),
                timeoff_cli::escaped(&from),
                timeoff_cli::escaped(id.unwrap_or("(no id)")),
                timeoff_cli::escaped(&reason)
            )
        }
    }
}

/// Milliseconds since 1970 as a point in time, in UTC.
fn time_of(timestamp_ms: i64) -> String {
    DateTime::from_timestamp_millis(timestamp_ms).map_or_else(
        || format!("{timestamp_ms} ms"),
        |time| time.to_rfc3339_opts(SecondsFormat::Secs, true),
    )
}

fn count(waiting: u64) -> String {
    match waiting {
        0 => "No dead letter waits.".to_owned(),
        1 => "1 dead letter waits.".to_owned(),
        _ => format!("{waiting} dead letters wait."),
    }
}

#[cfg(test)]
mod tests {
    use super::print;
    use timeoff_cli::OutputFormat;
    use timeoff_log::{Header, Position, Record};

    fn printed(output: OutputFormat, headers: Vec<Header>) -> String {
        let record = Record {
            position: Position {
                topic: "letters".into(),
                partition: 0,
                offset: 7,
            },
            timestamp_ms: 1_767_323_045_999,
            key: Some(b"\0\0\0\0\x07\x08ada\x1b".to_vec()),
            value: None,
            headers,
        };
        let mut out = Vec::new();
        print(&mut out, output, record).expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    fn of_a_letter() -> Vec<Header> {
        [
            ("timeoff.topic", "leave-applications"),
            ("timeoff.partition", "1"),
            ("timeoff.offset", "42"),
            ("timeoff.reason", "the record\nhas no value"),
        ]
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .to_vec()
    }

    #[test]
    fn json_says_where_a_letter_stands_since_when_what_it_was_and_why() {
        assert_eq!(
            printed(OutputFormat::Json, of_a_letter()),
            concat!(
                r#"{"topic":"letters","partition":0,"offset":7,"since":"2026-01-02T03:04:05Z","id":"ada\u001b","#,
                r#""from_topic":"leave-applications","from_partition":1,"from_offset":42,"#,
                r#""reason":"the record\nhas no value"}"#,
                "\n"
            )
        );
        let unknown = printed(OutputFormat::Json, Vec::new());
        assert!(unknown.contains(r#""from_topic":null"#), "{unknown}");
        assert!(unknown.contains("headers do not say"), "{unknown}");
    }

    #[test]
    fn text_is_one_line_and_sends_nothing_to_the_terminal_but_text() {
        assert_eq!(
            printed(OutputFormat::Text, of_a_letter()),
            "0:7  since 2026-01-02T03:04:05Z  from leave-applications partition 1, offset 42  ada\\u{1b}: the \
            record\\nhas no value\n"
        );
        let unknown = printed(OutputFormat::Text, Vec::new());
        assert!(unknown.contains("from an unknown place"), "{unknown}");
    }
}
