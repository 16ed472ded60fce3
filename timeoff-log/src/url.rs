//! The address of a log: `sqlite:PATH` or `kafka://host:port[,host:port…]`.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::remedy::Remedy;

/// Which log to open. The default is `sqlite:timeoff.db` in the current folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogUrl {
    /// One SQLite file, shared by processes of one machine.
    Sqlite(PathBuf),
    /// A Kafka cluster, by its bootstrap servers: `host:port`, separated by commas.
    Kafka(String),
}

/// The text is not the address of a log. It is not repeated, as there may be a password in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not the address of a log: {reason}; write sqlite:PATH or kafka://host:port[,host:port…]"
)]
pub struct InvalidLogUrl {
    reason: &'static str,
    remedy: Option<Remedy>,
}

impl InvalidLogUrl {
    /// What can be done about it, beyond writing an address in the form that the message names.
    pub fn remedy(&self) -> Option<&Remedy> {
        self.remedy.as_ref()
    }
}

impl FromStr for LogUrl {
    type Err = InvalidLogUrl;

    fn from_str(url: &str) -> Result<LogUrl, InvalidLogUrl> {
        let invalid = |reason| InvalidLogUrl {
            reason,
            remedy: None,
        };
        if let Some(path) = after_scheme(url, "sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(invalid("it names no file"));
            }
            if path == ":memory:" {
                return Err(invalid(
                    "a log is a file, as processes could not share one in memory",
                ));
            }
            if path.starts_with("file:") || path.contains('?') {
                return Err(invalid(
                    "it takes the path of a file and no parameters (no '?', no 'file:')",
                ));
            }
            Ok(LogUrl::Sqlite(Path::new(path).to_owned()))
        } else if let Some(servers) = after_scheme(url.trim(), "kafka://") {
            let servers: Vec<&str> = servers
                .trim_end_matches('/')
                .split(',')
                .map(str::trim)
                .collect();
            for server in &servers {
                if server.contains('@') {
                    return Err(InvalidLogUrl {
                        reason: "user and password do not belong in it",
                        remedy: Some(Remedy::CredentialsByProperty),
                    });
                }
                check_server(server).map_err(invalid)?;
            }
            Ok(LogUrl::Kafka(servers.join(",")))
        } else {
            Err(invalid("it starts with neither 'sqlite:' nor 'kafka://'"))
        }
    }
}

/// The part after a scheme, which may be in upper or lower case.
fn after_scheme<'url>(url: &'url str, scheme: &str) -> Option<&'url str> {
    let (start, rest) = url.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

fn check_server(server: &str) -> Result<(), &'static str> {
    let (host, port) = match server.strip_prefix('[').map(|rest| rest.split_once("]:")) {
        None => server
            .rsplit_once(':')
            .ok_or("a server is given as host:port")?,
        Some(Some((host, port))) if host.parse::<Ipv6Addr>().is_ok() => (host, port),
        Some(_) => return Err("an IPv6 server is given as [address]:port"),
    };
    if host.is_empty() || host.contains(['/', ' ', '[', ']']) {
        return Err("a server's host is missing or malformed");
    }
    if port.parse::<u16>().ok().is_none_or(|port| port == 0) {
        return Err("a server's port is a number from 1 to 65535");
    }
    Ok(())
}

impl fmt::Display for LogUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogUrl::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            LogUrl::Kafka(servers) => write!(f, "kafka://{servers}"),
        }
    }
}

impl Default for LogUrl {
    fn default() -> LogUrl {
        LogUrl::Sqlite(PathBuf::from("timeoff.db"))
    }
}

#[cfg(test)]
mod tests {
    use super::LogUrl;
    use std::path::PathBuf;

    #[test]
    fn a_file_and_a_cluster_have_addresses() {
        assert_eq!(
            "sqlite:a/b.db".parse(),
            Ok(LogUrl::Sqlite(PathBuf::from("a/b.db")))
        );
        assert_eq!(
            "sqlite:///tmp/b.db".parse(),
            Ok(LogUrl::Sqlite(PathBuf::from("/tmp/b.db")))
        );
        assert_eq!(
            "kafka://a:1,[::1]:2".parse(),
            Ok(LogUrl::Kafka("a:1,[::1]:2".to_owned()))
        );
    }

    #[test]
    fn schemes_may_be_written_large_and_servers_with_blanks_between() {
        for text in ["KAFKA://a:1,b:2", "Kafka://a:1, b:2", " kafka://a:1 ,b:2/ "] {
            assert_eq!(
                text.parse(),
                Ok(LogUrl::Kafka("a:1,b:2".to_owned())),
                "{text}"
            );
        }
        for text in ["SQLITE:a.db", "Sqlite://a.db"] {
            assert_eq!(
                text.parse(),
                Ok(LogUrl::Sqlite(PathBuf::from("a.db"))),
                "{text}"
            );
        }
    }

    #[test]
    fn what_may_be_a_password_is_not_repeated() {
        for text in [
            "kafka://user:canary@a:1",
            "kafka://user:canary@a:1,b:2",
            "kafka://a:canary",
            "kafka://[canary]:1",
            "canary",
            "canary:a",
            "http://user:canary@a:1",
        ] {
            let error = text.parse::<LogUrl>().expect_err(text);
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_both_forms_named() {
        for text in [
            "",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:timeoff.db?mode=ro",
            "sqlite:file:timeoff.db",
            "kafka://",
            "kafka://a",
            "kafka://:9092",
            "kafka://a:0",
            "kafka://a:b",
            "kafka://a:1,",
            "kafka://a b:1",
            "kafka://[::1]",
            "kafka://::1:9092]:1",
            "http://a:1",
            "timeoff.db",
        ] {
            let message = text.parse::<LogUrl>().expect_err(text).to_string();
            assert!(message.contains("sqlite:PATH"), "{message}");
            assert!(message.contains("kafka://host:port"), "{message}");
        }
    }
}
