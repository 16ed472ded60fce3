//! What a command can write about itself: completions for a shell, and man pages.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use anyhow::Context;
use clap::{ArgMatches, Command, FromArgMatches, Subcommand, ValueHint};
use clap_complete::Shell;

// The subcommands that every command has besides its own. Not `///`, which would become the command's description.
#[derive(Debug, Subcommand)]
pub(crate) enum SelfDescription {
    /// Print the completions of this command for a shell.
    Completions {
        /// The shell that is to complete it.
        shell: Shell,
    },
    /// Write the man pages of this command, one for each of its commands.
    #[command(hide = true)]
    Man {
        /// The folder, which is made if it does not exist.
        #[arg(value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
}

impl SelfDescription {
    /// The request to describe itself, if the command line has one and not one of the command's own subcommands.
    pub(crate) fn asked_for(matches: &ArgMatches) -> Option<SelfDescription> {
        let (name, _) = matches.subcommand()?;
        SelfDescription::has_subcommand(name)
            .then(|| SelfDescription::from_arg_matches(matches).ok())
            .flatten()
    }

    /// Writes it.
    ///
    /// # Errors
    ///
    /// If standard output or the folder cannot be written.
    pub(crate) fn write(&self, mut command: Command) -> anyhow::Result<()> {
        match self {
            SelfDescription::Completions { shell } => {
                let name = command.get_name().to_owned();
                let mut script = Vec::new();
                clap_complete::generate(*shell, &mut command, name, &mut script);
                match io::stdout().write_all(&script) {
                    // The reader has had enough.
                    Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
                    written => written.context("could not print the completions"),
                }
            }
            SelfDescription::Man { folder } => fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(command, folder))
                .with_context(|| format!("could not write man pages to {}", folder.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::SelfDescription;
    use crate::command_line::command;

    /// A command with options and a command of its own.
    #[derive(Debug, clap::Parser)]
    #[command(name = "gardener")]
    struct Arguments {
        /// Where the water is.
        #[arg(long, global = true, env = "GARDENER_WELL", default_value = "pond")]
        well: String,
        #[command(subcommand)]
        _command: Option<Own>,
    }

    #[derive(Debug, clap::Subcommand)]
    enum Own {
        /// Bring water to what is dry.
        Water,
    }

    fn asked_for(words: &[&str]) -> Option<SelfDescription> {
        let words = [&["gardener"], words].concat();
        let matches = command::<Arguments>().try_get_matches_from(words);
        SelfDescription::asked_for(&matches.expect("it is a command line"))
    }

    #[test]
    fn completions_and_man_pages_are_asked_for_by_a_command_of_their_own() {
        for shell in clap_complete::Shell::value_variants() {
            let asked = asked_for(&["completions", &shell.to_string()]);
            assert!(
                matches!(&asked, Some(SelfDescription::Completions { shell: of }) if of == shell),
                "{asked:?}"
            );
        }
        let asked = asked_for(&["man", "pages"]);
        assert!(
            matches!(asked, Some(SelfDescription::Man { .. })),
            "{asked:?}"
        );
        assert!(asked_for(&["water"]).is_none());
        assert!(asked_for(&[]).is_none());
    }

    #[test]
    fn a_command_says_of_itself_what_it_has_said_before() {
        let own = <Arguments as clap::CommandFactory>::command();
        let about = command::<Arguments>().get_about().map(ToString::to_string);
        assert_eq!(
            about.as_deref(),
            Some("A command with options and a command of its own")
        );
        assert_eq!(about, own.get_about().map(ToString::to_string));
    }

    #[test]
    fn each_command_has_a_man_page_that_names_variables_and_defaults() {
        let folder = tempfile::tempdir().expect("a folder");
        let pages = folder.path().join("share/man1");
        let man = SelfDescription::Man {
            folder: pages.clone(),
        };
        man.write(command::<Arguments>()).expect("written");
        let page = |name: &str| std::fs::read_to_string(pages.join(name)).expect("a page");
        let own = page("gardener.1");
        for part in ["GARDENER_WELL", "pond", "gardener\\-water(1)"] {
            assert!(own.contains(part), "no {part} in {own}");
        }
        assert!(page("gardener-water.1").contains("Bring water to what is dry"));
        assert!(!pages.join("gardener-man.1").exists(), "it is hidden");
    }
}
