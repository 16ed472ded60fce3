//! A record that is larger than Kafka accepts is refused, and the error names the limit. Only Kafka has these limits.

use std::sync::Arc;

use timeoff_log::{Log, LogError, NewRecord};

use crate::bench::{Bench, DEADLINE, on_kafka, record};

#[test]
fn a_record_that_is_too_large_is_refused_with_the_topic_and_the_limit() {
    on_kafka(async |bench: Bench| {
        let topic = bench.topic("a", 1).await;
        let of_client = bench.opened_with(&["message.max.bytes=1000"]).await;
        let of_queue = bench.opened_with(&["queue.buffering.max.kbytes=1"]).await;
        let of_topic = &bench.log;
        // By default, a topic accepts a little more than a mebibyte.
        let limits: [(&Log, usize, &str); 3] = [
            (&of_client, 3_000, " message.max.bytes"),
            (&of_queue, 3_000, " queue.buffering.max.kbytes"),
            (of_topic, 2 << 20, " max.message.bytes"),
        ];
        for (log, bytes, limit) in limits {
            let appended = log.append(vec![large(&topic, bytes)]);
            let outcome = tokio::time::timeout(DEADLINE, appended).await;
            let error = outcome.expect(limit).expect_err(limit).source;
            assert!(matches!(error, LogError::RecordTooLarge { .. }), "{error}");
            let remedy = error.remedy().expect("the limit can be raised");
            let text = format!("{error}; {remedy}");
            assert!(text.contains(&*topic) && text.contains(limit), "{text}");
        }
        let position = of_topic.append(vec![record(&topic, 0, "0/0")]).await;
        assert_eq!(position.unwrap()[0].offset, 0, "nothing else is there");
    });
}

fn large(topic: &Arc<str>, bytes: usize) -> NewRecord {
    NewRecord {
        value: Some(vec![b'.'; bytes]),
        ..record(topic, 0, "")
    }
}
