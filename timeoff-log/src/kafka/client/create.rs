//! Making a client.

use openssl::error::ErrorStack;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::KafkaResult;
use rdkafka::{ClientConfig, ClientContext};

/// Makes a client of the library.
///
/// What the library leaves in this thread's queue of OpenSSL errors is taken out of it: after the last certificate of
/// `ssl.ca.pem` it leaves one, and the registry's client, which has the same OpenSSL, would take it for the failure of its
/// next handshake on this thread.
pub(super) fn create<C, T>(config: &ClientConfig, context: C) -> KafkaResult<T>
where
    C: ClientContext,
    T: FromClientConfigAndContext<C>,
{
    let client = config.create_with_context(context);
    ErrorStack::get();
    client
}
