//! Topic ids: which topic a name stands for now. A topic that is deleted and made again has the same name and another
//! id.
//!
//! The library fetches by these ids but does not expose them. It logs each one that it learns, so they are read from
//! its log. A cluster without ids, or a library whose log is worded differently, gives no id: then nothing is
//! concluded.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

/// An id as the library writes it: 16 bytes in Base64.
const CHARACTERS: usize = 22;

/// What the library writes for "no id".
const NONE: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// Separates the id from the ranges in a group's commit. It occurs in neither of the two.
const SEPARATOR: char = ':';

/// The id of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicId(Arc<str>);

impl TopicId {
    fn parse(text: &str) -> Option<TopicId> {
        let is_id = text.len() == CHARACTERS
            && text != NONE
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte));
        is_id.then(|| TopicId(text.into()))
    }
}

/// The text to commit beside an offset: the id of the topic, if it is known, and then the ranges.
pub(crate) fn with_topic_id(id: Option<&TopicId>, ranges: &str) -> String {
    match id {
        Some(TopicId(id)) => format!("{id}{SEPARATOR}{ranges}"),
        None => ranges.to_owned(),
    }
}

/// Takes apart what [`with_topic_id`] made. Earlier versions and other programs commit no id.
pub(crate) fn split_topic_id(metadata: &str) -> (Option<TopicId>, &str) {
    match metadata.split_once(SEPARATOR) {
        Some((id, ranges)) if TopicId::parse(id).is_some() => (TopicId::parse(id), ranges),
        _ => (None, metadata),
    }
}

/// The ids that a client has learned.
#[derive(Debug, Default)]
pub(crate) struct TopicIds {
    latest: Mutex<BTreeMap<String, TopicId>>,
    changes: AtomicU64,
}

impl TopicIds {
    /// Makes the client log the lines that are read here: a few for each answer about topics.
    pub(crate) fn ask_for(config: &mut ClientConfig) {
        config
            .set("debug", "topic")
            .set_log_level(RDKafkaLogLevel::Debug);
    }

    /// Reads a line of the library's log, such as `[thrd:main]: Topic a changed id from x to y`.
    pub(crate) fn hear(&self, line: &str) {
        let Some((before, ids)) = line.split_once(" changed id from ") else {
            return;
        };
        let name = before.rsplit(' ').next();
        let id = ids.rsplit(' ').next().and_then(TopicId::parse);
        if let (Some(name), Some(id)) = (name, id) {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            latest.insert(name.to_owned(), id);
            self.changes.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The id of the topic that has this name, if the client knows it.
    pub(crate) fn of(&self, topic: &str) -> Option<TopicId> {
        let latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        latest.get(topic).cloned()
    }

    /// How many times an id was logged: while this stays the same, so does the answer of [`TopicIds::of`].
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::{NONE, TopicId, TopicIds, split_topic_id, with_topic_id};

    const ONE: &str = "x4V0pC1hQ7mJp3Yk-_Zq2w";
    const OTHER: &str = "Zq2w-4V0pC1hQ7mJp3Yk+/";

    #[test]
    fn the_latest_id_counts_and_only_of_the_topic_that_is_named() {
        let ids = TopicIds::default();
        ids.hear(&format!(
            "[thrd:main]: Topic a changed id from {NONE} to {ONE}"
        ));
        assert_eq!(ids.of("a"), TopicId::parse(ONE));
        assert_eq!(ids.of("b"), None);
        let changes = ids.changes();
        ids.hear(&format!(
            "[thrd:main]: Topic a changed id from {ONE} to {OTHER}"
        ));
        assert_eq!(ids.of("a"), TopicId::parse(OTHER));
        assert_ne!(ids.changes(), changes);
    }

    #[test]
    fn what_names_no_id_says_nothing() {
        let ids = TopicIds::default();
        for line in [
            "",
            "Topic a [0] Leader 1 Epoch 0",
            " changed id from ",
            &format!("Topic a changed id from {ONE} to {NONE}"),
            &format!("Topic a changed id from {ONE} to something"),
        ] {
            ids.hear(line);
        }
        assert_eq!((ids.of("a"), ids.changes()), (None, 0));
    }

    #[test]
    fn an_id_is_committed_beside_the_ranges_and_comes_back() {
        let id = TopicId::parse(ONE);
        for ranges in ["", "AQIB"] {
            let with = with_topic_id(id.as_ref(), ranges);
            assert_eq!(split_topic_id(&with), (id.clone(), ranges));
            assert_eq!(split_topic_id(ranges), (None, ranges));
            assert_eq!(with_topic_id(None, ranges), ranges);
        }
        assert_eq!(split_topic_id("a: b"), (None, "a: b"));
    }
}
