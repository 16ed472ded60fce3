//! The address of a log: `sqlite:PATH` or `kafka://host:port[,host:port…]`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Which log to open. The default is `sqlite:timeoff.db` in the current folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogUrl {
    /// One SQLite file, shared by processes of one machine.
    Sqlite(PathBuf),
    /// A Kafka cluster, by its bootstrap servers: `host:port`, separated by commas.
    Kafka(String),
}

/// The text is not the address of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{url}' is not the address of a log: {reason}; write sqlite:PATH or kafka://host:port[,host:port…]"
)]
pub struct InvalidLogUrl {
    url: String,
    reason: &'static str,
}

impl FromStr for LogUrl {
    type Err = InvalidLogUrl;

    fn from_str(url: &str) -> Result<LogUrl, InvalidLogUrl> {
        let invalid = |reason| InvalidLogUrl {
            url: url.to_owned(),
            reason,
        };
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(invalid("it names no file"));
            }
            Ok(LogUrl::Sqlite(Path::new(path).to_owned()))
        } else if let Some(servers) = url.strip_prefix("kafka://") {
            let servers = servers.trim_end_matches('/');
            for server in servers.split(',') {
                let Some((host, port)) = server.rsplit_once(':') else {
                    return Err(invalid("a server is given as host:port"));
                };
                if host.is_empty() || host.contains(['/', '@', ' ']) {
                    return Err(invalid("a server's host is missing or malformed"));
                }
                if port.parse::<u16>().ok().is_none_or(|port| port == 0) {
                    return Err(invalid("a server's port is a number from 1 to 65535"));
                }
            }
            Ok(LogUrl::Kafka(servers.to_owned()))
        } else {
            Err(invalid("it starts with neither 'sqlite:' nor 'kafka://'"))
        }
    }
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
    fn what_is_no_address_is_refused_with_both_forms_named() {
        for text in [
            "",
            "sqlite:",
            "kafka://",
            "kafka://a",
            "kafka://:9092",
            "kafka://a:0",
            "kafka://a:b",
            "kafka://a:1,",
            "http://a:1",
            "timeoff.db",
        ] {
            let message = text.parse::<LogUrl>().expect_err(text).to_string();
            assert!(message.contains("sqlite:PATH"), "{message}");
            assert!(message.contains("kafka://host:port"), "{message}");
        }
    }
}
