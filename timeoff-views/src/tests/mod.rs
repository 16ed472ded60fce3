//! What the crate promises, on a log that is a file; and the whole on a real Kafka.

mod asking;
mod booked;
mod dump;
mod interleaved;
mod kafka;
mod killed;
mod live;
mod opening;
mod other_topics;
mod poison;
mod world;
