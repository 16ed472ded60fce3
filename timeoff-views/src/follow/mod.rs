//! Following the topics: reading and decoding here, writing on a thread of its own.

mod ends;
mod gather;
mod lane;
mod news;
mod reading;
mod writer;

pub use news::News;
pub(crate) use reading::Reading;
pub(crate) use writer::Writer;
