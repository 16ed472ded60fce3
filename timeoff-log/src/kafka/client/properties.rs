//! The rules for client properties, in one table: which ones this crate sets, for which roles, and which ones a user
//! may change.
//!
//! A promise rests on the pinned ones: they are set last, and a user's value is refused if it differs. All others are
//! defaults. One property is set outside the table: a member's `debug`, by `topic_ids`, which reads the library's log.

use std::path::Path;

use super::role::{Kind, Role};
use crate::remedy::Remedy;

/// What a value may depend on.
pub(super) struct Client<'a> {
    pub(super) servers: &'a str,
    pub(super) role: Role<'a>,
    pub(super) many_records: bool,
    pub(super) ends: bool,
}

/// A property's value.
enum Value {
    Is(&'static str),
    Of(fn(&Client<'_>) -> String),
}

/// What a user may do with a property.
enum User {
    MayOverride,
    /// Only these values are accepted, for this reason. An empty list accepts none.
    May(&'static [&'static str], &'static str),
}

/// The rule for one property.
struct Rule {
    name: &'static str,
    user: User,
    /// What this crate sets, by kind of client.
    set: &'static [(&'static [Kind], Value)],
}

use Kind::{Member, Producer, Reader, Transactional};
use User::{May, MayOverride};
use Value::{Is, Of};

const ALL: &[Kind] = &[Producer, Transactional, Member, Reader];
const PRODUCERS: &[Kind] = &[Producer, Transactional];
const CONSUMERS: &[Kind] = &[Member, Reader];

/// How many KiB of records a producer may have in flight.
pub(super) const QUEUE_KBYTES: &str = "queue.buffering.max.kbytes";

/// Names the certificate authorities that vouch for the brokers.
pub(super) const CA_LOCATION: &str = "ssl.ca.location";

/// As the value of [`CA_LOCATION`]: wherever this system keeps its certificates, which the vendored OpenSSL does not
/// know.
pub(super) const PROBE: &str = "probe";

/// How many records a member fetches ahead at the least and at the most, unless they are large. More than this made a
/// policy no faster: it decides while others are recorded.
const AHEAD_MIN: usize = 1_000;
const AHEAD_MAX: usize = 4_000;

/// How many a reader without a group fetches ahead, which does nothing but read.
const AHEAD_READER: usize = 10_000;

/// Roughly the size of an application's record. In a fetch response, a partition has room for this times the number of
/// records fetched ahead; at [`AHEAD_READER`] that is the library's own default.
const USUAL_BYTES: usize = 100;

const STORED_TWICE: &str = "a record sent again after a lost answer would be stored twice";
const NOT_EVERY_REPLICA: &str = "a record would be called queued before every replica has it";
const DECIDED_TOO_EARLY: &str = "an application would be marked decided before it is";
const ADDRESS_NAMES_BROKERS: &str = "the log's address names the brokers";

const RULES: &[Rule] = &[
    // Every client.
    pinned("bootstrap.servers", &[], ADDRESS_NAMES_BROKERS)
        .set(&[(ALL, Of(|client| client.servers.to_owned()))]),
    pinned("metadata.broker.list", &[], ADDRESS_NAMES_BROKERS),
    // `localhost` may resolve to ::1, where brokers seldom listen: IPv4, unless an IPv6 address is given.
    default("broker.address.family", &[(ALL, Of(address_family))]),
    default("client.id", &[(ALL, Is("timeoff"))]),
    default(CA_LOCATION, &[(ALL, Of(|_| ca_location()))]),
    // How soon a partition added for a department is found; the library's 5 minutes are long for somebody who has just
    // added one.
    default("topic.metadata.refresh.interval.ms", &[(ALL, Is("10000"))]),
    default("reconnect.backoff.max.ms", &[(ALL, Is("1000"))]),
    default("socket.connection.setup.timeout.ms", &[(ALL, Is("5000"))]),
    pinned(
        "allow.auto.create.topics",
        &["false"],
        "a topic made by accident has the wrong number of partitions",
    ),
    // Producers.
    default("message.timeout.ms", &[(&[Producer], Is("60000"))]),
    default(
        "linger.ms",
        &[(&[Producer], Of(linger_ms)), (&[Transactional], Is("0"))],
    ),
    // The broker decides how large a record may be. The library's default limit is lower than a broker's usual one:
    // with it, a record that somebody was able to produce could be too large to become a dead letter.
    default("message.max.bytes", &[(PRODUCERS, Is("1000000000"))]),
    default(QUEUE_KBYTES, &[(PRODUCERS, Is("16384"))]),
    // Brokers abort the open transaction of a dead machine after this time; a transaction takes milliseconds.
    default("transaction.timeout.ms", &[(&[Transactional], Is("10000"))]),
    pinned(
        "transactional.id",
        &[],
        "it must be unique to the process, which therefore chooses it",
    )
    .set(&[(&[Transactional], Of(transactional_id))]),
    pinned("enable.idempotence", &["true"], STORED_TWICE).set(&[(PRODUCERS, Is("true"))]),
    pinned("acks", &["all", "-1"], NOT_EVERY_REPLICA),
    pinned("request.required.acks", &["all", "-1"], NOT_EVERY_REPLICA),
    pinned(
        "delivery.report.only.error",
        &["false"],
        "the position of a record could not be reported",
    ),
    // Consumers. The plain producer has an isolation level, too, because it is asked for partitions' real ends, beyond
    // open transactions. The library respects it there, although it warns that producers ignore it.
    pinned(
        "isolation.level",
        &["read_committed"],
        "a decision that is being taken back would be shown",
    )
    .set(&[
        (&[Producer], Is("read_uncommitted")),
        (CONSUMERS, Is("read_committed")),
    ]),
    pinned("enable.auto.commit", &["false"], DECIDED_TOO_EARLY).set(&[(CONSUMERS, Is("false"))]),
    pinned("auto.commit.enable", &["false"], DECIDED_TOO_EARLY),
    pinned("enable.auto.offset.store", &["false"], DECIDED_TOO_EARLY)
        .set(&[(CONSUMERS, Is("false"))]),
    pinned(
        "auto.offset.reset",
        &["error"],
        "applications lost to retention would go unnoticed",
    )
    .set(&[(CONSUMERS, Is("error"))]),
    pinned(
        "enable.partition.eof",
        &["true"],
        "the end of the topic could not be reported",
    )
    .set(&[(CONSUMERS, Is("true"))]),
    // Enough is fetched ahead to keep a service busy, and no more, so that memory stays small.
    default(
        "queued.min.messages",
        &[(CONSUMERS, Of(|client| ahead(client).to_string()))],
    ),
    // For all partitions together. `fetch.max.bytes`, the limit of one fetch response, follows from it. The library's
    // default is 64 MiB.
    default("queued.max.messages.kbytes", &[(CONSUMERS, Is("2048"))]),
    // For one partition in one fetch response; a larger record is delivered all the same.
    default(
        "fetch.message.max.bytes",
        &[(
            CONSUMERS,
            Of(|client| (ahead(client) * USUAL_BYTES).to_string()),
        )],
    ),
    // How soon a full queue is checked again; with the library's default of 1 s, a large read would spend most of its
    // time waiting.
    default("fetch.queue.backoff.ms", &[(CONSUMERS, Is("5"))]),
    // A broker waits this long before it answers that a partition has no more records; the library's default is 500.
    default("fetch.wait.max.ms", &[(CONSUMERS, Of(fetch_wait_ms))]),
    default("fetch.error.backoff.ms", &[(CONSUMERS, Is("100"))]),
    // Members of a group.
    pinned("group.id", &[], "each service has its own group").set(&[(CONSUMERS, Of(group_id))]),
    default("session.timeout.ms", &[(&[Member], Is("6000"))]),
    default("heartbeat.interval.ms", &[(&[Member], Is("1500"))]),
    // A commit that takes this long may have been sent twice, and the member joins anew (`sent_again_after`).
    default("retry.backoff.ms", &[(&[Member], Is("1000"))]),
    pinned(
        "partition.assignment.strategy",
        &["cooperative-sticky"],
        "a manager would lose departments whenever another one joins",
    )
    .set(&[(&[Member], Is("cooperative-sticky"))]),
    pinned(
        "group.instance.id",
        &[],
        "a static member is not replaced at once when it leaves",
    ),
    pinned(
        "group.protocol",
        &["classic"],
        "the check that refuses a stale decision rests on the classic protocol's generation",
    ),
];

const fn default(name: &'static str, set: &'static [(&'static [Kind], Value)]) -> Rule {
    Rule {
        name,
        user: MayOverride,
        set,
    }
}

const fn pinned(
    name: &'static str,
    accepted: &'static [&'static str],
    reason: &'static str,
) -> Rule {
    Rule {
        name,
        user: May(accepted, reason),
        set: &[],
    }
}

impl Rule {
    const fn set(self, set: &'static [(&'static [Kind], Value)]) -> Rule {
        Rule { set, ..self }
    }

    /// Whether a user may not change it.
    fn is_pinned(&self) -> bool {
        matches!(self.user, May(..))
    }

    /// What this crate sets it to in this client, if it does.
    fn value(&self, client: &Client<'_>) -> Option<String> {
        let (_, value) = self
            .set
            .iter()
            .find(|(kinds, _)| kinds.contains(&client.role.kind()))?;
        Some(match value {
            Is(value) => (*value).to_owned(),
            Of(value) => value(client),
        })
    }
}

/// The properties that a user may override.
pub(super) fn defaults(client: &Client<'_>) -> impl Iterator<Item = (&'static str, String)> {
    values(client, false)
}

/// The properties that must hold.
pub(super) fn pins(client: &Client<'_>) -> impl Iterator<Item = (&'static str, String)> {
    values(client, true)
}

fn values(client: &Client<'_>, are_pinned: bool) -> impl Iterator<Item = (&'static str, String)> {
    RULES
        .iter()
        .filter(move |rule| rule.is_pinned() == are_pinned)
        .filter_map(|rule| Some((rule.name, rule.value(client)?)))
}

/// Why a user may not set a property to this value, if so.
pub(super) fn objection(name: &str, value: &str) -> Option<&'static str> {
    let rule = RULES.iter().find(|rule| rule.name == name)?;
    match rule.user {
        May(accepted, reason) if !accepted.contains(&value) => Some(reason),
        _ => None,
    }
}

/// How else a user can say what this property would, if there is a way.
pub(super) fn in_place_of(name: &str) -> Option<Remedy> {
    match name {
        "bootstrap.servers" | "metadata.broker.list" => Some(Remedy::BrokersByAddress),
        "group.id" => Some(Remedy::GroupByProgram),
        _ => None,
    }
}

/// The names of pinned properties.
pub(super) fn pinned_names() -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .filter(|rule| rule.is_pinned())
        .map(|rule| rule.name)
}

/// The location that OpenSSL's own environment variables name, if it exists: the registry's client follows them, too.
fn ca_location() -> String {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|location| Path::new(location).exists())
        .unwrap_or_else(|| PROBE.to_owned())
}

fn address_family(client: &Client<'_>) -> String {
    let is_ipv6 = client.servers.contains('[');
    if is_ipv6 { "any" } else { "v4" }.to_owned()
}

fn linger_ms(client: &Client<'_>) -> String {
    if client.many_records { "5" } else { "0" }.to_owned()
}

fn fetch_wait_ms(client: &Client<'_>) -> String {
    if client.ends { "10" } else { "100" }.to_owned()
}

fn transactional_id(client: &Client<'_>) -> String {
    match client.role {
        Role::Transactional { id } => id.to_owned(),
        _ => String::new(),
    }
}

fn group_id(client: &Client<'_>) -> String {
    match client.role {
        Role::Member { group, .. } => group.to_owned(),
        // The library requires a group id; nothing is ever committed under this one.
        _ => "timeoff-without-a-group".to_owned(),
    }
}

/// How many records are fetched ahead: few for a member that can hold few, because the others would stay in memory.
fn ahead(client: &Client<'_>) -> usize {
    match client.role {
        Role::Member { in_hand, .. } => (2 * in_hand).clamp(AHEAD_MIN, AHEAD_MAX),
        _ => AHEAD_READER,
    }
}

#[cfg(test)]
mod tests {
    use super::{Client, RULES, objection, pins};
    use crate::kafka::client::Role;

    #[test]
    fn a_property_has_one_rule() {
        let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }

    #[test]
    fn a_consumer_is_pinned_to_what_its_user_may_say() {
        let member = Role::Member {
            group: "g",
            in_hand: 1,
        };
        for role in [member, Role::Reader] {
            let client = Client {
                servers: "a:1",
                role,
                many_records: false,
                ends: false,
            };
            let pins: Vec<(&str, String)> = pins(&client)
                .filter(|(name, _)| !["bootstrap.servers", "group.id"].contains(name))
                .collect();
            assert!(pins.len() >= 5, "{pins:?}");
            for (name, value) in pins {
                assert_eq!(objection(name, &value), None, "{name}={value}");
            }
        }
    }
}
