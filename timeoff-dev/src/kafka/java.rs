//! Java and Maven, the two programs that have to be installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const OLDEST_JAVA: u32 = 17;

/// What has to be installed before a cluster can be started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Missing {
    /// There is no Java.
    #[error(
        "Java is missing (no `$JAVA_HOME/bin/java`, no `java` on the PATH): install Java {OLDEST_JAVA} or newer, \
         for instance with `apt-get install openjdk-17-jdk-headless maven`"
    )]
    Java,
    /// There is a Java that Kafka does not run on.
    #[error(
        "{} is Java {found}, Kafka needs {OLDEST_JAVA} or newer: install one, for instance with \
         `apt-get install openjdk-17-jdk-headless`, and point JAVA_HOME at it",
        path.display()
    )]
    JavaTooOld {
        /// The program that was asked.
        path: PathBuf,
        /// Its major version.
        found: u32,
    },
    /// There is a Java without the compiler, which it needs to run a program from source.
    #[error(
        "{} has no compiler: install a JDK, for instance with `apt-get install openjdk-17-jdk-headless`",
        path.display()
    )]
    Compiler {
        /// The program that was asked.
        path: PathBuf,
    },
    /// There is no Maven, and not all the jars have been fetched yet.
    #[error(
        "Maven is missing (no `mvn` on the PATH), which fetches Kafka's jars from Maven Central: install it, \
         for instance with `apt-get install maven`"
    )]
    Maven,
}

/// The Java to use: that of JAVA_HOME, else the one on the PATH.
pub(super) fn java() -> Result<PathBuf, Missing> {
    static JAVA: OnceLock<Result<PathBuf, Missing>> = OnceLock::new();
    JAVA.get_or_init(find_java).clone()
}

fn find_java() -> Result<PathBuf, Missing> {
    let home = std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin/java"));
    let path = home
        .filter(|java| java.is_file())
        .or_else(|| on_path("java"))
        .ok_or(Missing::Java)?;
    let answer = Command::new(&path)
        .arg("-version")
        .stdin(Stdio::null())
        .output()
        .map_err(|_| Missing::Java)?;
    let found = major_version(&String::from_utf8_lossy(&answer.stderr)).ok_or(Missing::Java)?;
    if found < OLDEST_JAVA {
        Err(Missing::JavaTooOld { path, found })
    } else {
        Ok(path)
    }
}

/// The Java to use, if it can also run a program from source.
pub(super) fn java_with_compiler() -> Result<PathBuf, Missing> {
    let path = java()?;
    let modules = Command::new(&path)
        .arg("--list-modules")
        .stdin(Stdio::null())
        .output()
        .map_err(|_| Missing::Java)?;
    if String::from_utf8_lossy(&modules.stdout).contains("jdk.compiler@") {
        Ok(path)
    } else {
        Err(Missing::Compiler { path })
    }
}

pub(super) fn maven() -> Result<PathBuf, Missing> {
    on_path("mvn").ok_or(Missing::Maven)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The 17 in `openjdk version "17.0.15" 2025-04-15`, the 8 in `java version "1.8.0_401"`.
fn major_version(answer: &str) -> Option<u32> {
    let version = answer.split('"').nth(1)?;
    let version = version.strip_prefix("1.").unwrap_or(version);
    version
        .split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn every_way_in_which_java_has_written_its_version_is_understood() {
        assert_eq!(
            major_version("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK Runtime…"),
            Some(17)
        );
        assert_eq!(major_version("java version \"1.8.0_401\""), Some(8));
        assert_eq!(major_version("openjdk version \"25\" 2025-09-16"), Some(25));
        assert_eq!(
            major_version("openjdk version \"26-ea\" 2026-03-17"),
            Some(26)
        );
        assert_eq!(major_version("The operation couldn't be completed."), None);
    }
}
