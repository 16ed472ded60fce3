//! What a user sets: properties, the registry, what the run is for.

use std::path::Path;

use super::properties::{CA_LOCATION, PROBE};
use super::refusal::{Property, refused};
use crate::error::LogError;
use crate::registry_url::{InvalidRegistryUrl, RegistryUrl, RegistryUser};
use crate::schemas::{Authorities, RegistrySettings};
use crate::secret::Secret;

/// How to talk to a Kafka cluster and its schema registry.
///
/// Properties are librdkafka's, as its `CONFIGURATION.md` lists them. They override our defaults, except where a
/// promise rests on a property: setting that one to another value is refused.
#[derive(Clone, Default)]
pub struct KafkaSettings {
    properties: Vec<Property>,
    registry_url: Option<RegistryUrl>,
    registry_user: Option<RegistryUser>,
    many_records: bool,
    ends: bool,
}

impl KafkaSettings {
    /// No properties, and the registry at its default address.
    pub fn new() -> KafkaSettings {
        KafkaSettings::default()
    }

    /// Sets the registry's address. Without it, a properties file's `schema.registry.url` applies, and without that
    /// `http://127.0.0.1:8081`.
    pub fn set_schema_registry(&mut self, url: RegistryUrl) {
        self.registry_url = Some(url);
    }

    /// Prepares for appending many records: each waits up to 5 ms to be sent together with others, which is quicker for
    /// all of them. Otherwise each is sent at once.
    pub fn expect_many_records(&mut self) {
        self.many_records = true;
    }

    /// Prepares for a run that ends once it has caught up: a broker then reports within 10 ms that a partition has no
    /// more records. In a service that keeps running, that would cost too much.
    pub fn expect_to_end(&mut self) {
        self.ends = true;
    }

    /// Sets one property, given as `key=value`. A later one overrides an earlier one.
    ///
    /// # Errors
    ///
    /// [`LogError::MalformedProperty`] if it is not of that form, [`LogError::RefusedProperty`] if the client does not
    /// know it or its value, or if a promise would break. Neither shows the value.
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

    /// Sets the properties in a file: one `key=value` per line. Empty lines and lines that start with `#` are ignored.
    ///
    /// # Errors
    ///
    /// [`LogError::InvalidPropertiesFile`] names the line.
    pub fn set_properties_from_file(&mut self, path: &Path) -> Result<(), LogError> {
        let invalid = |line, reason: String, remedy| LogError::InvalidPropertiesFile {
            path: path.display().to_string().into(),
            line,
            reason: reason.into(),
            remedy,
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| invalid(0, format!("it could not be read: {error}"), None))?;
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !line.contains('=') {
                // The line may be a secret that lost its key: it is not repeated.
                let reason = "it is not of the form key=value";
                return Err(invalid(index + 1, reason.to_owned(), None));
            }
            self.set_property(line)
                .map_err(|error| invalid(index + 1, error.to_string(), error.remedy()))?;
        }
        Ok(())
    }

    /// How to reach the registry. The certificate authorities that vouch for the brokers vouch for it, too.
    pub(crate) fn registry(&self) -> RegistrySettings {
        let url = self.registry_url.clone().unwrap_or_default();
        let user = self.registry_user.clone().or_else(|| url.user().cloned());
        let last = |key| self.properties.iter().rfind(|property| property.key == key);
        let value = |key| last(key).map(|property| property.value.clone());
        let authorities = Authorities {
            location: value(CA_LOCATION).filter(|location| location.reveal() != PROBE),
            pem: value("ssl.ca.pem"),
        };
        RegistrySettings {
            url,
            user,
            authorities,
        }
    }

    /// The user's properties, in the order in which they override each other.
    pub(super) fn properties(&self) -> &[Property] {
        &self.properties
    }

    pub(super) fn many_records(&self) -> bool {
        self.many_records
    }

    pub(super) fn ends(&self) -> bool {
        self.ends
    }

    /// The values of the user's properties.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Secret> {
        self.properties.iter().map(|property| &property.value)
    }
}

#[cfg(test)]
mod tests {
    use super::KafkaSettings;
    use crate::kafka::client::{Role, sent_again_after};

    #[test]
    fn a_property_that_would_break_a_promise_is_refused_with_the_reason() {
        for (property, reason) in [
            ("acks=1", "every replica"),
            ("enable.idempotence=false", "stored twice"),
            ("isolation.level=read_uncommitted", "taken back"),
            ("enable.auto.commit=true", "marked decided"),
            ("group.protocol=consumer", "generation"),
            ("bootstrap.servers=a:1", "the log's address"),
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
        assert_eq!(settings.registry().url.to_string(), "http://r:1");
    }
}
