//! Dates and times as the API has them.

use chrono::{DateTime, SecondsFormat, Utc};
use timeoff_models::Ticks;

/// A day: `2027-07-01`.
pub(super) fn day(ticks: i64) -> Option<String> {
    Some(Ticks::try_from(ticks).ok()?.date().to_string())
}

/// An instant (RFC 3339, UTC): `2027-07-01T08:30:00Z`, with as many decimals as it has.
pub(super) fn instant(ticks: i64) -> Option<String> {
    let instant: DateTime<Utc> = Ticks::try_from(ticks).ok()?.into();
    Some(instant.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}

/// An instant that is given in seconds since 1970.
pub(super) fn instant_of_seconds(seconds: i64) -> Option<String> {
    instant_of_ms(seconds.checked_mul(1000)?)
}

/// An instant that is given in milliseconds since 1970.
pub(super) fn instant_of_ms(ms: i64) -> Option<String> {
    Some(DateTime::from_timestamp_millis(ms)?.to_rfc3339_opts(SecondsFormat::Millis, true))
}
