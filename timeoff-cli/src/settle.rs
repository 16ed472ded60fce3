//! Settling, repeated until the log accepts it.

use std::time::Duration;

use anyhow::Context;
use timeoff_log::{Event, LogError, SettleError, Settled, Settlement, Settling, Subscription};

use crate::error_messages::{chain, reason};
use crate::notices::Notices;

/// How long to wait before retrying a batch that the log refused.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How many of the unrecorded settlements an error names.
const NAMED: usize = 10;

/// The notice while the log does not answer.
pub fn no_answer(error: &LogError) -> String {
    format!("The log does not answer, trying again: {}.", reason(error))
}

/// The notice about a partition that another program's open transaction hides.
pub fn hidden(topic: &str, partition: i32, offset: i64) -> String {
    format!(
        "Topic {topic}, partition {partition}: waiting for a transaction of another program that is open at offset \
         {offset}; what is behind it cannot be read until it ends. If nobody will end it: kafka-transactions \
         --bootstrap-server … abort --topic {topic} --partition {partition} --start-offset {offset}."
    )
}

/// The notice about trouble with the log, or about the end of it; `None` for any other event.
pub fn trouble(event: &Event) -> Option<String> {
    match event {
        Event::Unreachable { reason } => Some(no_answer(reason)),
        Event::Reachable => Some("The log answers again.".to_owned()),
        Event::Hidden {
            topic,
            partition,
            offset,
        } => Some(hidden(topic, *partition, *offset)),
        Event::MadeAgain {
            topic,
            partition,
            starts_at,
        } => Some(format!(
            "Topic {topic} was deleted and made again: partition {partition} is read from its first record, offset \
             {starts_at}. What this group had recorded there was about the deleted topic and no longer counts."
        )),
        _ => None,
    }
}

/// What was left undecided because the log did not accept what was to be recorded.
#[derive(Debug, Default)]
pub struct Unrecorded {
    count: u64,
    /// The first of them, with the reason.
    named: Vec<String>,
}

impl Unrecorded {
    fn add(&mut self, text: String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(text);
        }
    }

    /// Whether everything was recorded.
    ///
    /// # Errors
    ///
    /// Names what was not, and why.
    pub fn check(&self) -> anyhow::Result<()> {
        let more = match self.count - self.named.len() as u64 {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        anyhow::ensure!(
            self.count == 0,
            "left undecided, as they could not be recorded: {}{more}",
            self.named.join("; ")
        );
        Ok(())
    }
}

/// Settles, and retries while the log refuses: somebody may make room on a full disk or grant a missing right. What is
/// too large to be recorded is left undecided: it is [`Settled::Stale`], and is noted in `unrecorded`.
///
/// # Errors
///
/// If the subscription has ended.
pub async fn settle_patiently(
    subscription: &mut Subscription,
    settlements: Vec<Settlement>,
    unrecorded: &mut Unrecorded,
    notices: &Notices,
) -> anyhow::Result<Vec<Settled>> {
    let mut settling = subscription.settler().begin(settlements);
    finish_patiently(subscription, &mut settling, unrecorded, notices).await
}

/// As [`settle_patiently`], for a settlement that has begun. If this is cancelled, `settling` is what it was waiting
/// for.
///
/// # Errors
///
/// If the subscription has ended.
pub async fn finish_patiently(
    subscription: &mut Subscription,
    settling: &mut Settling,
    unrecorded: &mut Unrecorded,
    notices: &Notices,
) -> anyhow::Result<Vec<Settled>> {
    let mut told = false;
    let tell = |event: &Event| {
        if let Some(sentence) = trouble(event) {
            notices.say(&sentence);
        }
    };
    loop {
        match subscription.finish(settling, tell).await {
            Ok(settled) => return Ok(settled),
            Err(SettleError {
                settlements: back,
                source,
            }) => {
                if let LogError::RecordTooLarge { .. } = source {
                    return settle_one_by_one(subscription, back, &source, unrecorded, notices)
                        .await;
                }
                if let LogError::Closed = source {
                    return Err(why_ended(subscription).await)
                        .context("the log was closed while something was recorded");
                }
                if !std::mem::replace(&mut told, true) {
                    notices.say(&format!("Not recorded, trying again: {}.", chain(&source)));
                }
                tokio::time::sleep(RETRY_PAUSE).await;
                *settling = subscription.settler().begin(back);
            }
        }
    }
}

/// Why the subscription has ended: the last thing that it reports.
async fn why_ended(subscription: &mut Subscription) -> LogError {
    loop {
        if let Err(reason) = subscription.next().await {
            return reason;
        }
    }
}

/// Settles a batch in which one settlement is too large, one at a time.
async fn settle_one_by_one(
    subscription: &mut Subscription,
    settlements: Vec<Settlement>,
    refusal: &LogError,
    unrecorded: &mut Unrecorded,
    notices: &Notices,
) -> anyhow::Result<Vec<Settled>> {
    if let [one] = &settlements[..] {
        let text = format!("{} ({})", one.position(), chain(refusal));
        notices.say(&format!("Left undecided: {text}."));
        unrecorded.add(text);
        return Ok(vec![Settled::Stale]);
    }
    let mut settled = Vec::with_capacity(settlements.len());
    for settlement in settlements {
        let one = Box::pin(settle_patiently(
            subscription,
            vec![settlement],
            unrecorded,
            notices,
        ))
        .await?;
        settled.extend(one);
    }
    Ok(settled)
}
