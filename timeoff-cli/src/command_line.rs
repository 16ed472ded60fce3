//! From the words of a command line to a command's arguments, or to what is wrong with them.

use std::io::Write;

use clap::Subcommand;
use clap::error::{ContextKind, ContextValue};

use crate::error_messages::chain;
use crate::outlet::stderr;
use crate::self_description::SelfDescription;
use crate::setting::prepared;

/// A program's command line: its own, plus the commands `completions` and `man`, which describe it.
pub fn command<A: clap::Parser>() -> clap::Command {
    SelfDescription::augment_subcommands(A::command())
}

/// The arguments that a program was started with.
///
/// Ends the process if there is nothing to run: after `--help`, `--version`, `completions` and `man`, and with exit
/// code 2 if the command line is wrong.
pub fn arguments<A: clap::Parser>() -> A {
    match parse() {
        Ok(Parsed::Arguments(arguments)) => arguments,
        Ok(Parsed::SelfDescription(asked)) => match asked.write(command::<A>()) {
            Ok(()) => std::process::exit(0),
            Err(error) => {
                let _ = writeln!(stderr(), "error: {}", chain(error.as_ref()));
                std::process::exit(1)
            }
        },
        Err(error) => error.exit(),
    }
}

enum Parsed<A> {
    Arguments(A),
    SelfDescription(SelfDescription),
}

/// # Errors
///
/// What to print before the program ends, `--help` included. A word that may hold a secret is cut down to its
/// beginning.
fn parse<A: clap::Parser>() -> Result<Parsed<A>, clap::Error> {
    let matches = prepared(command::<A>()).try_get_matches();
    let mut matches = matches.map_err(without_secrets)?;
    if let Some(asked) = SelfDescription::asked_for(&matches) {
        return Ok(Parsed::SelfDescription(asked));
    }
    A::from_arg_matches_mut(&mut matches)
        .map(Parsed::Arguments)
        .map_err(|error| without_secrets(error.format(&mut prepared(command::<A>()))))
}

/// Cuts secrets out of clap's message. It repeats the word that is wrong, which may be a property that lost its `-X`.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    let words = [
        ContextKind::InvalidArg,
        ContextKind::InvalidValue,
        ContextKind::InvalidSubcommand,
        ContextKind::TrailingArg,
    ];
    for kind in words {
        if let Some(ContextValue::String(word)) = error.get(kind)
            && let Some(begins) = beginning(word)
        {
            error.insert(kind, ContextValue::String(begins));
            // The suggestions would repeat it.
            error.remove(ContextKind::Suggested);
        }
    }
    error
}

/// The harmless beginning of a word that may hold a secret: up to the value of a property, or up to the user in an
/// address.
fn beginning(word: &str) -> Option<String> {
    let is_placeholder = word.contains('<');
    let end = word
        .find('=')
        .into_iter()
        .chain(word.contains('@').then(|| word.find("://")).flatten())
        .min()?;
    (!is_placeholder).then(|| format!("{}…", &word[..=end]))
}

#[cfg(test)]
mod tests {
    use super::beginning;

    #[test]
    fn of_a_property_and_of_an_address_with_a_user_the_beginning_is_told() {
        for (word, begins) in [
            ("sasl.password=canary", Some("sasl.password=…")),
            ("--x=kafka://me:canary@a", Some("--x=…")),
            ("kafka://me:canary@a:1", Some("kafka:…")),
            ("kafka://a:1", None),
            ("ada@example.com", None),
            ("-X <KEY=VALUE>", None),
            ("automatic", None),
        ] {
            assert_eq!(beginning(word).as_deref(), begins, "{word}");
        }
    }
}
