//! Finding out which partitions there are, and whether those that were folded are still as long as they were.

use std::collections::BTreeMap;
use std::sync::Arc;

use timeoff_contract::TopicNames;
use timeoff_log::{Log, LogError};

use crate::error::ViewError;
use crate::topic::Topic;

/// How far each partition was read.
pub(super) type ReadTo = BTreeMap<(Topic, i32), i64>;

/// The partitions of a topic.
pub(super) struct Found {
    pub(super) topic: Topic,
    pub(super) name: Arc<str>,
    pub(super) partitions: Vec<i32>,
}

/// What a look at the topics has found.
pub(super) enum Looked {
    Found(Vec<Found>),
    /// A partition that was folded is not there, as this error says. A broker that has just started knows no topics for a
    /// moment.
    Missing(ViewError),
}

/// The partitions of these topics. A topic that does not exist has none.
///
/// # Errors
///
/// [`ViewError::OtherTopic`] if a partition ends before `read_to`. Then it is certain that the records have gone, as the
/// ends are found out after `read_to` was.
pub(super) async fn look(
    log: &Log,
    names: &TopicNames,
    topics: &[Topic],
    read_to: &ReadTo,
) -> Result<Looked, ViewError> {
    let all: Vec<Arc<str>> = topics
        .iter()
        .map(|topic| topic.name(names).clone())
        .collect();
    let there = log.partitions_of(&all).await?;
    let mut found = Vec::new();
    for (&topic, name) in topics.iter().zip(&all) {
        let ends = match there.contains_key(name) {
            true => log.ends(name).await?,
            false => BTreeMap::new(),
        };
        for (&(of, partition), &next) in read_to {
            let end = ends.get(&partition).map(|range| range.end);
            if of != topic || end.is_some_and(|end| end >= next) {
                continue;
            }
            let other_topic = |found: String| ViewError::OtherTopic {
                topic: name.clone(),
                partition,
                found,
            };
            return match end {
                Some(end) => Err(other_topic(format!(
                    "ends at {end}, and was folded up to offset {next}"
                ))),
                None => {
                    let found = "does not exist, and was folded".to_owned();
                    Ok(Looked::Missing(other_topic(found)))
                }
            };
        }
        found.push(Found {
            topic,
            name: name.clone(),
            partitions: ends.into_keys().collect(),
        });
    }
    Ok(Looked::Found(found))
}

/// The failure, if waiting may help.
pub(super) fn passing(error: ViewError) -> Result<LogError, ViewError> {
    match error {
        ViewError::Log(error @ LogError::Unavailable { .. }) if !error.is_final() => Ok(error),
        error => Err(error),
    }
}
