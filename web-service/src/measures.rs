//! What is counted for Prometheus. No label has personal data: a route is counted by its pattern.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

/// The media type of [`Measures::text`].
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is counted.
pub(crate) struct Measures {
    registry: Registry,
    requests: Family<Answered, Counter>,
    durations: Histogram,
    /// Requests that are being answered.
    pub(crate) in_flight: Gauge,
    log_is_away: Gauge,
    is_ready: Gauge,
}

impl Measures {
    pub(crate) fn new() -> Measures {
        let mut registry = Registry::with_prefix("timeoff_web");
        let requests = Family::default();
        // From 0.5 ms to 16 s.
        let durations = Histogram::new(exponential_buckets(0.000_5, 2.0, 16));
        let in_flight = Gauge::default();
        let (log_is_away, is_ready) = (Gauge::default(), Gauge::default());
        registry.register("requests", "Requests answered", requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time from a request's header to its answer's",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register(
            "in_flight",
            "Requests that are being answered",
            in_flight.clone(),
        );
        registry.register(
            "log_away",
            "1 while the log does not answer",
            log_is_away.clone(),
        );
        registry.register(
            "ready",
            "1 when everything that was on the log can be asked for",
            is_ready.clone(),
        );
        Measures {
            registry,
            requests,
            durations,
            in_flight,
            log_is_away,
            is_ready,
        }
    }

    /// Counts an answer. `route` is the route's pattern.
    pub(crate) fn count(&self, method: &str, route: &str, status: u16, took: Duration) {
        let answered = Answered {
            method: method.to_owned(),
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&answered).inc();
        self.durations.observe(took.as_secs_f64());
    }

    /// Everything that is counted, in OpenMetrics' text format.
    pub(crate) fn text(&self, is_ready: bool, log_is_away: bool) -> String {
        self.is_ready.set(is_ready.into());
        self.log_is_away.set(log_is_away.into());
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a String takes everything");
        text
    }
}
