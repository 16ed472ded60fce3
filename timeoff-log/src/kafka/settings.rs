//! The one place where settings become client properties.

use std::path::Path;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;

use super::property::{Property, reason, refused};
use super::topic_ids::TopicIds;
use crate::avro::{Authorities, InvalidRegistryUrl, RegistryUrl, RegistryUser};
use crate::error::LogError;
use crate::secret::Secret;

/// How to talk to a Kafka cluster and its schema registry.
///
/// Properties are librdkafka's, as its `CONFIGURATION.md` lists them. Ours are defaults that they override, but for
/// those on which a promise rests: setting one of these to something else is refused.
#[derive(Clone, Default)]
pub struct KafkaSettings {
    properties: Vec<Property>,
    registry_url: Option<RegistryUrl>,
    registry_user: Option<RegistryUser>,
    many_records: bool,
    ends: bool,
}

/// The broker says how large a record may be. The library's own limit is lower than a broker's usual one, so a dead
/// letter could be too large for it that was not too large to be produced.
const MESSAGE_MAX_BYTES: &str = "1000000000";

/// How many KiB of records a producer has on their way at the most.
pub(super) const QUEUE_KBYTES: &str = "queue.buffering.max.kbytes";

/// Names the certificate authorities that vouch for the brokers.
const CA_LOCATION: &str = "ssl.ca.location";

/// As a location: wherever this system keeps its certificates, which the vendored OpenSSL does not know.
const PROBE: &str = "probe";

/// What a client is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role<'a> {
    /// Appending, and asking about the cluster.
    Producer,
    /// Settling with outputs.
    Transactional { id: &'a str },
    /// Being handed records as a member of a group.
    Member {
        group: &'a str,
        /// How many deliveries it can have in its hands.
        in_hand: usize,
    },
    /// Reading without a group.
    Reader,
}

impl KafkaSettings {
    /// No properties, and the registry at its default address.
    pub fn new() -> KafkaSettings {
        KafkaSettings::default()
    }

    /// Sets the registry's address. Without it, a properties file's `schema.registry.url` counts, and without that
    /// `http://127.0.0.1:8081`.
    pub fn set_schema_registry(&mut self, url: RegistryUrl) {
        self.registry_url = Some(url);
    }

    /// Prepares for appending many records: each waits up to 5 ms for others to be sent with, which is quicker for all.
    /// Otherwise each is sent off at once.
    pub fn expect_many_records(&mut self) {
        self.many_records = true;
    }

    /// Prepares for a run that ends by itself, when it is caught up: it hears within 10 ms that a partition has no more, which
    /// would cost too much in a service that goes on.
    pub fn expect_to_end(&mut self) {
        self.ends = true;
    }

    /// Sets one property, given as `key=value`. A later one overrides an earlier one.
    ///
    /// # Errors
    ///
    /// [`LogError::MalformedProperty`] if it is not of that form, [`LogError::RefusedProperty`] if the client does not
    /// know it or its value, or if a promise would break. Neither tells the value.
    pub fn set_property(&mut self, property: &str) -> Result<(), LogError> {
        let (key, value) = property
            .split_once('=')
            .ok_or(LogError::MalformedProperty)?;
        let (key, value) = (key.trim(), value.trim());
        match key {
            "schema.registry.url" => {
                let url: RegistryUrl = value
                    .parse()
                    .map_err(|error: InvalidRegistryUrl| refused(key, error.to_string()))?;
                self.registry_url.get_or_insert(url);
            }
            "basic.auth.user.info" | "schema.registry.basic.auth.user.info" => {
                self.registry_user = Some(match value.split_once(':') {
                    Some((user, password)) => RegistryUser::new(user, Some(password)),
                    None => RegistryUser::new(value, None),
                });
            }
            "basic.auth.credentials.source" | "schema.registry.basic.auth.credentials.source" => {}
            _ => self.properties.push(Property::new(key, value)?),
        }
        Ok(())
    }

    /// Sets the properties of a file: a `key=value` a line; empty lines and lines that start with `#` do not count.
    ///
    /// # Errors
    ///
    /// [`LogError::InvalidPropertiesFile`] names the line.
    pub fn set_properties_from_file(&mut self, path: &Path) -> Result<(), LogError> {
        let invalid = |line, reason| LogError::InvalidPropertiesFile {
            path: path.display().to_string(),
            line,
            reason,
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| invalid(0, format!("it could not be read: {error}")))?;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !line.contains('=') {
                // The line may be a secret that lost its key: it is not repeated.
                return Err(invalid(index + 1, "it is not of the form key=value".into()));
            }
            self.set_property(line)
                .map_err(|error| invalid(index + 1, error.to_string()))?;
        }
        Ok(())
    }

    /// Where the registry is, and as whom it is asked.
    pub(crate) fn registry(&self) -> (RegistryUrl, Option<RegistryUser>) {
        let url = self.registry_url.clone().unwrap_or_default();
        let user = self.registry_user.clone().or_else(|| url.user().cloned());
        (url, user)
    }

    /// The certificate authorities that the properties name, of which the registry is to hear as well.
    pub(crate) fn authorities(&self) -> Authorities {
        let last = |key| self.properties.iter().rfind(|property| property.key == key);
        let value = |key| last(key).map(|property| property.value.clone());
        Authorities {
            location: value(CA_LOCATION).filter(|location| location.reveal() != PROBE),
            pem: value("ssl.ca.pem"),
        }
    }

    /// What came as the value of a property.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Secret> {
        self.properties.iter().map(|property| &property.value)
    }

    /// The properties of a client: ours, then the user's, then those that must hold.
    ///
    /// # Errors
    ///
    /// [`LogError::RefusedProperty`] if librdkafka does not know one or its value.
    pub(crate) fn client_config(
        &self,
        servers: &str,
        role: Role<'_>,
    ) -> Result<ClientConfig, LogError> {
        let mut config = ClientConfig::new();
        config
            .set("broker.address.family", address_family(servers))
            .set("client.id", "timeoff")
            .set(CA_LOCATION, default_ca_location())
            // A partition that was added for a department is found after this at the latest; the library's 5 minutes are long for
            // somebody who has just added one.
            .set("topic.metadata.refresh.interval.ms", "10000")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.connection.setup.timeout.ms", "5000");
        match role {
            Role::Producer => {
                config
                    .set("message.timeout.ms", "60000")
                    .set("linger.ms", if self.many_records { "5" } else { "0" })
                    .set("message.max.bytes", MESSAGE_MAX_BYTES)
                    .set(QUEUE_KBYTES, "16384");
            }
            Role::Transactional { .. } => {
                config
                    .set("linger.ms", "0")
                    .set("message.max.bytes", MESSAGE_MAX_BYTES)
                    // What a dead machine left open is taken back after this; a transaction takes milliseconds.
                    .set("transaction.timeout.ms", "10000")
                    .set(QUEUE_KBYTES, "16384");
            }
            Role::Member { in_hand, .. } => {
                config
                    .set("session.timeout.ms", "6000")
                    .set("heartbeat.interval.ms", "1500")
                    // A commit that takes as long may have been sent twice, and the member joins anew (`sent_again_after`).
                    .set("retry.backoff.ms", "1000");
                // Who holds few would keep the rest in memory, the more the more waits.
                fetch_config(&mut config, 2 * in_hand, self.ends);
            }
            Role::Reader => fetch_config(&mut config, AHEAD_MAX, self.ends),
        }
        for Property { key, value } in &self.properties {
            config.set(key, value.reveal());
        }
        config.set("bootstrap.servers", servers);
        match role {
            Role::Producer => {
                config
                    .set("enable.idempotence", "true")
                    // It tells the ends of partitions too, also what open transactions hide: there the library heeds this,
                    // although it warns that no producer does.
                    .set("isolation.level", "read_uncommitted");
            }
            Role::Transactional { id } => {
                config
                    .set("enable.idempotence", "true")
                    .set("transactional.id", id);
            }
            Role::Member { group, .. } => {
                consumer_config(&mut config).set("group.id", group);
                config.set("partition.assignment.strategy", "cooperative-sticky");
                TopicIds::ask_for(&mut config);
            }
            Role::Reader => {
                // A group id is asked for by the library; nothing is ever committed under it.
                consumer_config(&mut config).set("group.id", "timeoff-without-a-group");
            }
        }
        match config.create_native_config() {
            Ok(_) => Ok(config),
            Err(error) => Err(match &error {
                KafkaError::ClientConfig(_, _, key, value) => {
                    refused(key, reason(key, value, &error))
                }
                // Its words may quote a value.
                _ => refused("", "the client does not take the properties".to_owned()),
            }),
        }
    }
}

/// How long a client waits at the least before it sends a request again that was not answered. The library shortens the wait
/// by up to a fifth, at random.
pub(super) fn sent_again_after(config: &ClientConfig) -> Result<Duration, KafkaError> {
    let native = config.create_native_config()?;
    let millis = |key: &str| native.get(key).map(|value| value.parse().unwrap_or(0));
    let usual: u64 = millis("retry.backoff.ms")?;
    let longest = millis("retry.backoff.max.ms")?;
    Ok(Duration::from_millis(longest.min(usual * 4 / 5)))
}

/// `localhost` may resolve to ::1, where brokers seldom listen: IPv4 it is, unless an address of IPv6 is given.
fn address_family(servers: &str) -> &'static str {
    if servers.contains('[') { "any" } else { "v4" }
}

/// How many records are fetched ahead at the least and at the most, unless they are large.
const AHEAD_MIN: usize = 1_000;
const AHEAD_MAX: usize = 10_000;

/// How many bytes an application's record has, about: of so many at the most, as much is asked for as the library does itself.
const USUAL_BYTES: usize = 100;

/// What OpenSSL's own variables name, if it is there: the registry's client goes by them, too.
fn default_ca_location() -> String {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find(|location| Path::new(location).exists())
        .unwrap_or_else(|| PROBE.to_owned())
}

/// Enough is fetched ahead to keep a service busy, and no more, so that memory stays small.
fn fetch_config(config: &mut ClientConfig, ahead: usize, ends: bool) {
    let ahead = ahead.clamp(AHEAD_MIN, AHEAD_MAX);
    config
        .set("queued.min.messages", ahead.to_string())
        // For all partitions together, and what is asked for in one answer (`fetch.max.bytes`) follows from it; 64 MiB otherwise.
        .set("queued.max.messages.kbytes", "2048")
        // Of a partition in one answer; a larger record comes all the same.
        .set("fetch.message.max.bytes", (ahead * USUAL_BYTES).to_string())
        // A full queue is looked at again so soon; the library's own second would be most of a large read.
        .set("fetch.queue.backoff.ms", "5")
        // The end of a partition is told by an empty answer, for which a broker takes so long; half a second otherwise.
        .set("fetch.wait.max.ms", if ends { "10" } else { "100" })
        .set("fetch.error.backoff.ms", "100");
}

fn consumer_config(config: &mut ClientConfig) -> &mut ClientConfig {
    config
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "error")
        .set("enable.partition.eof", "true")
        .set("isolation.level", "read_committed")
}

#[cfg(test)]
mod tests {
    use super::{KafkaSettings, Role, sent_again_after};

    #[test]
    fn a_property_that_would_break_a_promise_is_refused_with_the_reason() {
        for (property, reason) in [
            ("acks=1", "every replica"),
            ("enable.idempotence=false", "stored twice"),
            ("isolation.level=read_uncommitted", "taken back"),
            ("enable.auto.commit=true", "marked decided"),
            ("group.protocol=consumer", "generation"),
            ("bootstrap.servers=a:1", "--log"),
            ("nonsense", "key=value"),
        ] {
            let error = KafkaSettings::new()
                .set_property(property)
                .expect_err(property);
            assert!(error.is_usage());
            assert!(error.to_string().contains(reason), "{error}");
        }
        KafkaSettings::new()
            .set_property("acks=all")
            .expect("what holds anyway may be said");
    }

    #[test]
    fn a_users_property_overrides_ours() {
        let mut settings = KafkaSettings::new();
        settings.set_property("linger.ms=7").expect("allowed");
        let config = settings
            .client_config("a:1", Role::Transactional { id: "t" })
            .expect("valid");
        assert_eq!(config.get("linger.ms"), Some("7"));
    }

    #[test]
    fn what_is_sent_again_is_sent_no_sooner_than_the_shortest_backoff() {
        let millis = |properties: &[&str]| {
            let mut settings = KafkaSettings::new();
            for property in properties {
                settings.set_property(property).expect("allowed");
            }
            let role = Role::Member {
                group: "g",
                in_hand: 1,
            };
            let config = settings.client_config("a:1", role).expect("valid");
            sent_again_after(&config).expect("known").as_millis()
        };
        assert_eq!(millis(&[]), 800);
        assert_eq!(millis(&["retry.backoff.ms=50"]), 40);
        assert_eq!(millis(&["retry.backoff.max.ms=500"]), 500);
    }

    #[test]
    fn the_end_is_told_sooner_to_a_run_that_is_to_end_unless_the_user_says_when() {
        let wait_of = |settings: &KafkaSettings| {
            let config = settings.client_config("a:1", Role::Reader).expect("valid");
            config.get("fetch.wait.max.ms").map(str::to_owned)
        };
        let mut settings = KafkaSettings::new();
        assert_eq!(wait_of(&settings).as_deref(), Some("100"));
        settings.expect_to_end();
        assert_eq!(wait_of(&settings).as_deref(), Some("10"));
        settings
            .set_property("fetch.wait.max.ms=70")
            .expect("allowed");
        assert_eq!(wait_of(&settings).as_deref(), Some("70"));
    }

    #[test]
    fn a_refused_property_is_named_and_its_value_is_not_repeated() {
        for (property, told) in [
            (
                "no.such.thing=canary",
                "property no.such.thing cannot be set: there is no such",
            ),
            ("sasl.pasword=canary", "did you mean sasl.password?"),
            (
                "basic.auth.user.infos=me:canary",
                "did you mean basic.auth.user.info?",
            ),
            (
                "sasl.jaas.config=org.Login password=\"canary\";",
                "Java JAAS configuration is not supported",
            ),
            (
                "linger.ms=canary",
                "property linger.ms cannot be set: its value is not one",
            ),
            (
                "security.protocol=canary",
                "property security.protocol cannot be set",
            ),
            (
                "security.protocol=canary is outside allowed range canary",
                "not one that it can",
            ),
            ("debug=all,canary", "property debug cannot be set"),
            ("sasl.oauthbearer.config=\0canary", "cannot be set"),
            ("acks=canary", "every replica"),
            ("schema.registry.url=me:canary@a", "http://host:port"),
            ("canary", "key=value"),
            ("Canary==", "a property whose name is not of a-z"),
            ("the canary=x", "a property whose name is not of a-z"),
        ] {
            let error = KafkaSettings::new()
                .set_property(property)
                .expect_err(property);
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(told), "{shown}");
            assert!(!shown.to_lowercase().contains("canary"), "{shown}");
        }
        let error = KafkaSettings::new().set_property("linger.ms=12345678");
        let error = error.expect_err("too long").to_string();
        assert!(error.contains("its value is not in 0..900000"), "{error}");
        assert!(!error.contains("12345678"), "{error}");
    }

    #[test]
    fn ipv6_is_tried_where_an_address_of_it_is_given_unless_the_user_says_otherwise() {
        let family_of = |settings: &KafkaSettings, servers| {
            let config = settings
                .client_config(servers, Role::Reader)
                .expect("valid");
            config.get("broker.address.family").map(str::to_owned)
        };
        let mut settings = KafkaSettings::new();
        assert_eq!(family_of(&settings, "localhost:1").as_deref(), Some("v4"));
        assert_eq!(family_of(&settings, "a:1,[::1]:1").as_deref(), Some("any"));
        settings
            .set_property("broker.address.family=v6")
            .expect("allowed");
        assert_eq!(family_of(&settings, "[::1]:1").as_deref(), Some("v6"));
    }

    #[test]
    fn a_file_of_properties_names_the_line_that_is_wrong() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("client.properties");
        std::fs::write(
            &path,
            "# a comment\n\nlinger.ms=3\nschema.registry.url=http://r:1\nacks=0\n",
        )
        .expect("written");
        let mut settings = KafkaSettings::new();
        let error = settings
            .set_properties_from_file(&path)
            .expect_err("line 5");
        assert!(error.to_string().contains("line 5"), "{error}");
        assert_eq!(settings.registry().0.to_string(), "http://r:1");
    }
}
