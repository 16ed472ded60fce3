//! Makes a client.

use openssl::error::ErrorStack;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::KafkaResult;
use rdkafka::{ClientConfig, ClientContext};

/// Makes a librdkafka client.
///
/// Then clears this thread's queue of OpenSSL errors. The library leaves one there after the last certificate of
/// `ssl.ca.pem`, and the registry's client, which uses the same OpenSSL, would take it for the failure of its next
/// handshake on this thread.
pub(super) fn create<C, T>(config: &ClientConfig, context: C) -> KafkaResult<T>
where
    C: ClientContext,
    T: FromClientConfigAndContext<C>,
{
    let client = config.create_with_context(context);
    ErrorStack::get();
    client
}
