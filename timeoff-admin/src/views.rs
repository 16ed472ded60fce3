//! Views: the topics folded into a SQLite file, for pages and reports.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use timeoff_cli::{LogArgs, Notices, Shutdown, hidden, no_answer};
use timeoff_views::{News, Views};

#[derive(Debug, Args)]
pub(crate) struct ViewsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fold what is on the log into the view in a folder, and go on as records come, until stopped.
    Follow(FolderArgs),
    /// Fold the view in a folder anew from the first record. Whoever asks it has the old one until that is done.
    Rebuild(FolderArgs),
}

#[derive(Debug, Args)]
struct FolderArgs {
    /// The folder of the view. It is made if it does not exist.
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Carries out a command line.
///
/// # Errors
///
/// If the folder cannot be used, or the log cannot be folded.
pub(crate) async fn run(args: ViewsArgs, log: &LogArgs, shutdown: &Shutdown) -> anyhow::Result<()> {
    let (is_followed, FolderArgs { folder }) = match args.command {
        Command::Follow(folder) => (true, folder),
        Command::Rebuild(folder) => (false, folder),
    };
    let contract = log.open_with_ledger(!is_followed).await?;
    let notices = log.notices();
    let opened = match is_followed {
        true => Views::open(&folder, &contract),
        false => Views::rebuild(&folder, &contract),
    };
    let mut views = opened.context("could not open the view")?;
    let tell = |news: News| tell(&news, &notices);
    let folding = async {
        match is_followed {
            true => views
                .follow(&contract, tell)
                .await
                .map(|never| match never {}),
            false => views.catch_up(&contract, tell).await,
        }
    };
    tokio::select! {
        folded = folding => folded.context("could not fold the log"),
        () = shutdown.requested() => Ok(()),
    }
}

fn tell(news: &News, notices: &Notices) {
    let sentence = match news {
        News::CaughtUp => "The view has everything that was on the log.".to_owned(),
        News::PassedOver { position, reason } => format!("{position} is passed over: {reason}."),
        News::Unreachable { reason } | News::NoSchemas { reason } => no_answer(reason),
        News::Reachable => "The log answers again.".to_owned(),
        News::Hidden {
            topic,
            partition,
            offset,
        } => hidden(topic, *partition, *offset),
    };
    notices.say(&sentence);
}
