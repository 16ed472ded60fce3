//! Settings, and where each came from, so that an error names the variable that was set and not an option that nobody
//! gave.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt;

use clap::builder::{Resettable, TypedValueParser};
use clap::error::ErrorKind;
use clap::parser::ValueSource;

use crate::error_messages::chain;

/// The value of an option, and how it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub by: Origin,
}

/// Where a setting came from. Displayed as its name: `--log` or `TIMEOFF_LOG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An option on the command line.
    Option(String),
    /// An environment variable.
    Variable(String),
    /// It was not given: the default of this option.
    Default(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Option(name) | Origin::Variable(name) | Origin::Default(name) => {
                f.write_str(name)
            }
        }
    }
}

impl Origin {
    /// Whether somebody asked for it on the command line.
    pub fn is_option(&self) -> bool {
        matches!(self, Origin::Option(_))
    }

    fn of(arg: Option<&clap::Arg>, source: ValueSource) -> Origin {
        let option = || {
            let long = arg.and_then(clap::Arg::get_long).unwrap_or_default();
            format!("--{long}")
        };
        let variable = arg.and_then(clap::Arg::get_env).map(OsStr::to_string_lossy);
        match (source, variable) {
            (ValueSource::EnvVariable, Some(name)) => Origin::Variable(name.into_owned()),
            (ValueSource::DefaultValue, _) => Origin::Default(option()),
            _ => Origin::Option(option()),
        }
    }
}

/// Parses an option with `parse`, and keeps where it came from. An error shows no more of a wrong value than `parse`'s
/// error does.
pub fn setting<T, E>(parse: fn(&str) -> Result<T, E>) -> Setting<T, E> {
    Setting { parse }
}

/// The parser that [`setting`] makes.
pub struct Setting<T, E> {
    parse: fn(&str) -> Result<T, E>,
}

impl<T, E> Clone for Setting<T, E> {
    fn clone(&self) -> Self {
        Setting { parse: self.parse }
    }
}

impl<T, E> TypedValueParser for Setting<T, E>
where
    T: Clone + Send + Sync + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    type Value = Given<T>;

    fn parse_ref(
        &self,
        cmd: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Given<T>, clap::Error> {
        self.parse_ref_(cmd, arg, value, ValueSource::CommandLine)
    }

    fn parse_ref_(
        &self,
        cmd: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
        source: ValueSource,
    ) -> Result<Given<T>, clap::Error> {
        let by = Origin::of(arg, source);
        let wrong = |reason: &dyn fmt::Display| {
            clap::Error::raw(ErrorKind::ValueValidation, format!("{by}: {reason}\n")).with_cmd(cmd)
        };
        let text = value.to_str().ok_or_else(|| wrong(&"it is not UTF-8"))?;
        match (self.parse)(text) {
            Ok(value) => Ok(Given { value, by }),
            Err(error) => Err(wrong(&chain(error.into().as_ref()))),
        }
    }
}

/// The command, with `--help` showing no variable's value and an empty variable counting as unset: Compose and systemd
/// pass on a variable that is set nowhere as an empty one.
pub(crate) fn prepared(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|arg| {
        let arg = arg.hide_env_values(true);
        let variable = arg.get_env().map(OsStr::to_owned);
        let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
        match variable {
            Some(name) if is_empty(&name) => arg.env(Resettable::Reset),
            _ => arg,
        }
    });
    command.mut_subcommands(prepared)
}
