//! librdkafka's batch calls, which rdkafka does not offer: the floor beneath the floor.
#![expect(unsafe_code, reason = "there is no safe way to these calls")]

use std::ffi::CString;
use std::ptr::null_mut;

use rdkafka::bindings::{
    RD_KAFKA_MSG_F_COPY, RD_KAFKA_MSG_F_PARTITION, rd_kafka_consume_batch_queue,
    rd_kafka_message_destroy, rd_kafka_message_t, rd_kafka_produce_batch, rd_kafka_queue_destroy,
    rd_kafka_queue_get_consumer, rd_kafka_topic_destroy, rd_kafka_topic_new,
};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, Producer, ProducerContext};
use rdkafka::types::RDKafkaRespErr;

use crate::ground::Bytes;

/// How many records one call takes.
const TOGETHER: usize = 10_000;

/// How long one call waits for records, in milliseconds.
const WAIT: i32 = 30_000;

/// Produces records, each to its partition. The producer's queue must have room for all of them.
pub(crate) fn produce<C: ProducerContext<DeliveryOpaque = ()>>(
    producer: &BaseProducer<C>,
    topic: &str,
    records: &[(usize, &Bytes)],
) {
    let name = CString::new(topic).unwrap();
    // SAFETY: the producer and the name outlive the call; a null configuration gives the topic the default one.
    let topic =
        unsafe { rd_kafka_topic_new(producer.client().native_ptr(), name.as_ptr(), null_mut()) };
    assert!(!topic.is_null());
    for chunk in records.chunks(TOGETHER) {
        let mut messages: Vec<_> = chunk.iter().map(message).collect();
        // SAFETY: the length is that of `messages`; the bytes that they point to outlive the call, which copies them.
        let taken = unsafe {
            rd_kafka_produce_batch(
                topic,
                0,
                RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_PARTITION,
                messages.as_mut_ptr(),
                messages.len() as i32,
            )
        };
        assert_eq!(taken as usize, chunk.len(), "there is room for all");
    }
    // SAFETY: it was made above, and is not used any more.
    unsafe { rd_kafka_topic_destroy(topic) };
}

fn message((partition, Bytes { key, value }): &(usize, &Bytes)) -> rd_kafka_message_t {
    rd_kafka_message_t {
        err: RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR,
        rkt: null_mut(),
        partition: *partition as i32,
        payload: value.as_ptr().cast_mut().cast(),
        len: value.len(),
        key: key.as_ptr().cast_mut().cast(),
        key_len: key.len(),
        offset: 0,
        _private: null_mut(),
    }
}

/// Consumes `rows` records of the consumer's assignment. Returns how many bytes their keys and values have.
pub(crate) fn consume(consumer: &BaseConsumer, rows: usize) -> usize {
    // SAFETY: the consumer outlives the queue, which is destroyed below.
    let queue = unsafe { rd_kafka_queue_get_consumer(consumer.client().native_ptr()) };
    let mut found = vec![null_mut(); TOGETHER];
    let (mut seen, mut bytes) = (0, 0);
    while seen < rows {
        // SAFETY: `found` has room for the number of messages that is passed.
        let count =
            unsafe { rd_kafka_consume_batch_queue(queue, WAIT, found.as_mut_ptr(), found.len()) };
        assert!(count > 0, "nothing more comes");
        for &message in &found[..count as usize] {
            // SAFETY: the call above has filled in `count` messages, and each of them is ours now.
            bytes += unsafe { take(message) };
            seen += 1;
        }
    }
    // SAFETY: it was taken above, and is not used any more.
    unsafe { rd_kafka_queue_destroy(queue) };
    assert_eq!(seen, rows, "more than were written");
    bytes
}

/// # Safety
///
/// The message must be valid, and not be used any more.
unsafe fn take(message: *mut rd_kafka_message_t) -> usize {
    // SAFETY: as above.
    unsafe {
        assert_eq!((*message).err, RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
        let bytes = (*message).key_len + (*message).len;
        rd_kafka_message_destroy(message);
        bytes
    }
}
