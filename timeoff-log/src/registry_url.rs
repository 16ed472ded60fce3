//! The address of a schema registry, and the user for its requests.

use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::secret::Secret;

/// The registry's address if none is given.
const DEFAULT: &str = "http://127.0.0.1:8081";

/// The address of a schema registry: `http://host:port[/path]` or `https://…`. It can contain a user and password.
#[derive(Debug, Clone)]
pub struct RegistryUrl {
    /// Without user and password.
    base: Url,
    user: Option<RegistryUser>,
}

/// The user for requests to a registry.
#[derive(Debug, Clone)]
pub struct RegistryUser {
    /// The user's name.
    pub name: Secret,
    /// The password, if there is one.
    pub password: Option<Secret>,
}

/// The text is not the address of a registry. It is not repeated, as there may be a password in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not the address of a registry: {reason}; write http://host:port or https://host:port"
)]
pub struct InvalidRegistryUrl {
    reason: &'static str,
}

impl RegistryUser {
    pub(crate) fn new(name: &str, password: Option<&str>) -> RegistryUser {
        RegistryUser {
            name: name.into(),
            password: password.map(Secret::from),
        }
    }
}

impl RegistryUrl {
    /// The user that the address names.
    pub(crate) fn user(&self) -> Option<&RegistryUser> {
        self.user.as_ref()
    }

    /// The address without user and password.
    pub fn base(&self) -> &Url {
        &self.base
    }
}

/// Without user and password.
impl fmt::Display for RegistryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.base.as_str().trim_end_matches('/'))
    }
}

impl FromStr for RegistryUrl {
    type Err = InvalidRegistryUrl;

    fn from_str(text: &str) -> Result<RegistryUrl, InvalidRegistryUrl> {
        let invalid = |reason| InvalidRegistryUrl { reason };
        let mut base = Url::parse(text.trim()).map_err(|error| {
            invalid(match error {
                url_error if url_error.to_string().contains("port") => {
                    "its port is not a number up to 65535"
                }
                _ => "it has no scheme, or no host",
            })
        })?;
        if !["http", "https"].contains(&base.scheme()) {
            return Err(invalid("it starts with neither 'http://' nor 'https://'"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(invalid("it has a '?' or '#'"));
        }
        let decoded = |part: &str| {
            let decoded = percent_decode_str(part).decode_utf8();
            decoded
                .map(|text| Secret::from(&*text))
                .map_err(|_| invalid("its user or password is not UTF-8"))
        };
        let user = match (base.username(), base.password()) {
            ("", None) => None,
            (name, password) => Some(RegistryUser {
                name: decoded(name)?,
                password: password.map(decoded).transpose()?,
            }),
        };
        base.set_username("")
            .and_then(|()| base.set_password(None))
            .map_err(|()| invalid("it has no host"))?;
        Ok(RegistryUrl { base, user })
    }
}

impl Default for RegistryUrl {
    fn default() -> RegistryUrl {
        DEFAULT.parse().expect("the default is an address")
    }
}

#[cfg(test)]
mod tests {
    use super::RegistryUrl;

    fn parsed(text: &str) -> RegistryUrl {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn user_of(text: &str) -> Option<(String, Option<String>)> {
        let user = parsed(text).user?;
        let password = user.password.map(|password| password.reveal().to_owned());
        Some((user.name.reveal().to_owned(), password))
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_nothing_of_it_is_repeated() {
        for text in [
            "",
            "127.0.0.1:8081",
            "ftp://canary",
            "http://",
            "me:canary@a",
            "http://me:ca/nary@a:1",
            "http://a:canary",
            "http://a:1?canary",
            "http://a:1#canary",
            "http://me:canary%ff@a:1",
        ] {
            let error = text.parse::<RegistryUrl>().expect_err(text);
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("http://host:port"), "{shown}");
            assert!(!shown.contains("nary"), "{shown}");
        }
    }

    #[test]
    fn user_and_password_are_taken_out_of_the_address_and_decoded() {
        let user = |name: &str, password: Option<&str>| {
            Some((name.to_owned(), password.map(str::to_owned)))
        };
        for (text, expected) in [
            ("http://a:1", None),
            ("http://me@a:1", user("me", None)),
            ("http://me:p%40ss%3A%25@a:1", user("me", Some("p@ss:%"))),
            ("http://me%40b.c:pass@a:1", user("me@b.c", Some("pass"))),
            ("http://me:p@ss@a:1", user("me", Some("p@ss"))),
            ("http://me:100%@a:1", user("me", Some("100%"))),
        ] {
            assert_eq!(user_of(text), expected, "{text}");
            assert_eq!(parsed(text).base().as_str(), "http://a:1/", "{text}");
            let shown = format!("{:?}", parsed(text).user());
            assert!(!shown.contains('"'), "{shown}");
        }
    }

    #[test]
    fn a_scheme_may_be_written_large_and_a_host_may_be_of_ipv6() {
        for (text, address) in [
            ("HTTP://A:1", "http://a:1/"),
            (" https://a:1/apis/v7/ ", "https://a:1/apis/v7/"),
            ("http://[::1]:8081", "http://[::1]:8081/"),
        ] {
            assert_eq!(parsed(text).base().as_str(), address);
        }
    }
}
