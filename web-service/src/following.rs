//! Folding the log into the view, and how that goes.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use timeoff_cli::{Notices, chain, hidden, no_answer};
use timeoff_views::{News, Views};

use crate::service::Service;

/// How long to wait before a fold that failed is begun again.
const AGAIN: Duration = Duration::from_secs(5);

/// How often to look whether somebody has removed the view.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// How the fold goes.
#[derive(Debug, Default)]
pub(crate) struct Standing(Mutex<State>);

#[derive(Debug, Default, Clone)]
struct State {
    /// Whether the view has everything that was on the log when the fold began.
    is_caught_up: bool,
    /// Since when the log does not answer, or the fold fails, and why.
    trouble: Option<(Instant, String)>,
}

impl Standing {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn state(&self) -> State {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether there is a view to answer from.
    pub(crate) fn is_caught_up(&self) -> bool {
        self.state().is_caught_up
    }

    /// For how long the log has not answered, and why; `None` if it does.
    pub(crate) fn trouble(&self) -> Option<(Duration, String)> {
        let (since, reason) = self.state().trouble?;
        Some((since.elapsed(), reason))
    }

    fn note_trouble(&self, reason: String) {
        self.change(|state| {
            let since = state
                .trouble
                .take()
                .map_or_else(Instant::now, |(since, _)| since);
            state.trouble = Some((since, reason));
        });
    }
}

/// Folds the log for as long as the process runs. A fold that fails is begun again; a view that does not belong to the
/// log any more is folded anew.
///
/// # Errors
///
/// If the view cannot be opened again.
pub(crate) async fn follow(
    mut views: Views,
    service: &Service,
    folder: &Path,
    notices: &Notices,
) -> anyhow::Result<()> {
    loop {
        let tell = |news: News| tell(&news, &service.standing, notices);
        let ended = tokio::select! {
            Err(error) = views.follow(&service.contract, tell) => Some(error),
            () = vanished(service) => None,
        };
        let text = ended.as_ref().map_or_else(
            || format!("{}: somebody has removed it", folder.display()),
            |error| chain(error),
        );
        service.standing.note_trouble(text.clone());
        if ended.is_none_or(|error| error.is_mended_by_rebuild()) {
            notices.say(&format!("The view is folded anew: {text}."));
            // Nobody may rely on the old one.
            service.standing.change(|state| state.is_caught_up = false);
            drop(views);
            views = Views::rebuild(folder, &service.contract)
                .context("could not fold the view anew")?;
            service.reading.follow(views.come());
        } else {
            notices.say(&format!("The view does not go on: {text}. Trying again."));
            tokio::time::sleep(AGAIN).await;
        }
    }
}

/// Waits until there is no view any more although there was one.
async fn vanished(service: &Service) {
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        if service.standing.is_caught_up() && !service.reading.is_there().await {
            return;
        }
    }
}

fn tell(news: &News, standing: &Standing, notices: &Notices) {
    let sentence = match news {
        News::CaughtUp => {
            standing.change(|state| {
                *state = State {
                    is_caught_up: true,
                    trouble: None,
                }
            });
            "Everything that was on the log can be asked for.".to_owned()
        }
        News::Reachable => {
            standing.change(|state| state.trouble = None);
            "The log answers again.".to_owned()
        }
        News::Unreachable { reason } | News::NoSchemas { reason } => {
            let sentence = no_answer(reason);
            standing.note_trouble(sentence.clone());
            sentence
        }
        News::PassedOver { position, reason } => format!("{position} is passed over: {reason}."),
        News::Hidden {
            topic,
            partition,
            offset,
        } => hidden(topic, *partition, *offset),
    };
    notices.say(&sentence);
}
