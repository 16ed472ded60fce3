//! A log on one broker behind a relay.

use timeoff_dev::kafka::{Flavour, KafkaDev};
use timeoff_log::{KafkaSettings, Log};

use crate::relay::Relays;

/// Runs a story, if there can be a broker.
pub(crate) fn on_a_broker(
    flavour: Flavour,
    settings: &KafkaSettings,
    story: impl AsyncFnOnce(&Relays, &Log),
) {
    let relays = Relays::listen(1);
    let builder = KafkaDev::builder()
        .flavour(flavour)
        .registry(false)
        .advertised_ports(relays.ports());
    let Some(kafka) = builder.start_or_skip() else {
        return;
    };
    relays.connect(kafka.brokers().iter().map(|broker| broker.port()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let log = Log::open(&kafka.log_url().parse().unwrap(), settings)
            .await
            .unwrap();
        story(&relays, &log).await;
        log.close().await;
    });
}
