//! A view that this process folds.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use timeoff_contract::Contract;
use tokio::sync::watch;

use crate::come::Come;
use crate::error::ViewError;
use crate::file::{Build, Folder, Identity, Lock, Opened, Stage};
use crate::fold;
use crate::follow::{News, Reading, Writer};
use crate::topic::Topic;

/// A view that this process folds. No other one folds into its folder meanwhile.
///
/// Dropping it waits until what is being written is in the file or rolled back: some milliseconds.
pub struct Views {
    folder: Folder,
    identity: Identity,
    lock: Arc<Lock>,
    build: Build,
    stage: Stage,
    writer: Writer,
    come: watch::Sender<Come>,
}

impl Views {
    /// Takes a folder, to fold the log of `contract` into it or to go on with that. Makes the folder if it does not
    /// exist. A view of an older layout is left as it is to those who ask, and folded anew beside it. Blocks for as long as
    /// it takes to open a file.
    ///
    /// # Errors
    ///
    /// [`ViewError::InUse`] if another process folds into the folder; [`ViewError::OtherLog`] if the view is one of
    /// another log; [`ViewError::NewerLayout`] if a newer version has made it; [`ViewError::Foreign`] if the files are
    /// something else; [`ViewError::File`] and [`ViewError::Folder`] if they cannot be used.
    pub fn open(folder: &Path, contract: &Contract) -> Result<Views, ViewError> {
        let identity = Identity::of(contract);
        let (folder, lock) = Folder::take(folder)?;
        let current = folder.current()?;
        let (build, opened) = match to_go_on_with(&folder, &current, &identity)? {
            Some(found) => found,
            None => new(&folder, &identity)?,
        };
        Views::with(folder, lock, identity, current, build, opened)
    }

    /// Takes a folder, to fold the log of `contract` into it from its beginning. The view that is there is left as it
    /// is to those who ask, and replaced once the new one has caught up.
    ///
    /// # Errors
    ///
    /// As [`Views::open`], except for [`ViewError::OtherLog`] and what a damaged view causes.
    pub fn rebuild(folder: &Path, contract: &Contract) -> Result<Views, ViewError> {
        let identity = Identity::of(contract);
        let (folder, lock) = Folder::take(folder)?;
        let current = folder.current()?;
        if let Some(newest) = folder.newest()? {
            // To refuse what a newer version has made, and what is no view.
            match newest.open(&identity) {
                Err(error) if error.is_mended_by_rebuild() => {}
                opened => drop(opened?),
            }
        }
        let (build, opened) = new(&folder, &identity)?;
        Views::with(folder, lock, identity, current, build, opened)
    }

    fn with(
        folder: Folder,
        lock: Lock,
        identity: Identity,
        current: Option<Build>,
        build: Build,
        opened: Opened,
    ) -> Result<Views, ViewError> {
        let Opened::Ours {
            connection, stage, ..
        } = opened
        else {
            return Err(ViewError::Foreign {
                file: build.path().to_owned(),
            });
        };
        let kept: Vec<&Build> = current.iter().chain([&build]).collect();
        folder.remove_all_but(&kept)?;
        let lock = Arc::new(lock);
        let mut come = Come::default();
        let folded = fold::positions(&connection);
        come.note(&folded.map_err(build.failed("read how far the view has come"))?);
        let come = watch::Sender::new(come);
        let writer = Writer::start(connection, build.clone(), stage, lock.clone(), come.clone())?;
        Ok(Views {
            folder,
            identity,
            lock,
            build,
            stage,
            writer,
            come,
        })
    }

    /// How far the fold has come. Also told of when a view that was folded anew takes the place of the old one; until
    /// then, those who ask have the old one.
    pub fn come(&self) -> watch::Receiver<Come> {
        self.come.subscribe()
    }

    /// Folds what is on the topics, reports that it has caught up, and goes on with what comes: a record can be asked
    /// for some milliseconds after it is read.
    ///
    /// `contract` is the one that the view was opened with. `news` is called with what happens meanwhile.
    ///
    /// Dropping the future stops the fold, and loses nothing.
    ///
    /// # Errors
    ///
    /// [`ViewError::OtherTopic`] if a topic is not the one that was folded; [`ViewError::NewerEvent`] at a ledger event
    /// of a type that this version does not know; [`ViewError::File`] if the file cannot be written;
    /// [`ViewError::Log`] if the log cannot be read and waiting does not help. What was folded before stays.
    pub async fn follow(
        &mut self,
        contract: &Contract,
        news: impl FnMut(News),
    ) -> Result<Infallible, ViewError> {
        self.caught_up(contract, news).await?.go_on().await
    }

    /// As [`Views::follow`], and ends once it has caught up.
    ///
    /// # Errors
    ///
    /// As [`Views::follow`].
    pub async fn catch_up(
        &mut self,
        contract: &Contract,
        news: impl FnMut(News),
    ) -> Result<(), ViewError> {
        self.caught_up(contract, news).await.map(drop)
    }

    /// Folds until it has caught up.
    async fn caught_up<'a, N: FnMut(News)>(
        &'a mut self,
        contract: &'a Contract,
        news: N,
    ) -> Result<Reading<'a, N>, ViewError> {
        if self.writer.has_failed() {
            self.start_again()?;
        }
        let mut reading = Reading::new(contract, &mut self.writer, news).await?;
        reading.begin(&[Topic::Applications]).await?;
        if self.stage == Stage::Applications {
            reading.catch_up().await?;
            reading.writer().enter(Stage::Answers).await?;
            self.stage = Stage::Answers;
        }
        reading
            .begin(&[Topic::Results, Topic::Commands, Topic::Ledger])
            .await?;
        reading.catch_up().await?;
        // Also waits until what was handed over is written.
        reading.writer().positions().await?;
        if self.stage == Stage::Answers {
            reading.writer().enter(Stage::Whole).await?;
            self.stage = Stage::Whole;
        }
        publish(&self.folder, &self.build)?;
        self.come.send_modify(|_| ());
        reading.tell(News::CaughtUp);
        Ok(reading)
    }

    /// Opens the file again after writing it has failed.
    fn start_again(&mut self) -> Result<(), ViewError> {
        match self.build.open(&self.identity)? {
            Opened::Ours {
                connection, stage, ..
            } => {
                self.stage = stage;
                let (build, lock) = (self.build.clone(), self.lock.clone());
                self.writer = Writer::start(connection, build, stage, lock, self.come.clone())?;
                Ok(())
            }
            Opened::Older { .. } => Err(ViewError::Foreign {
                file: self.build.path().to_owned(),
            }),
        }
    }
}

/// The file to go on with: a rebuild that has not caught up yet, or else the view. `None` if there is neither, or the
/// view has an older layout.
fn to_go_on_with(
    folder: &Folder,
    current: &Option<Build>,
    identity: &Identity,
) -> Result<Option<(Build, Opened)>, ViewError> {
    let newest = folder.newest()?;
    let is_current = |build: &Build| current.as_ref().is_some_and(|c| c.path() == build.path());
    let unfinished = newest.filter(|build| !is_current(build));
    for (build, is_view) in [(unfinished, false), (current.clone(), true)] {
        let Some(build) = build else { continue };
        match build.open(identity)? {
            Opened::Older { found } => {
                tracing::info!(
                    view.layout = found,
                    "the view has an older layout; it is folded anew"
                );
                return Ok(None);
            }
            Opened::Ours {
                identity: found, ..
            } if found != *identity => {
                if is_view {
                    return Err(ViewError::OtherLog {
                        folder: folder.path().to_owned(),
                        found: found.to_string(),
                        asked: identity.to_string(),
                    });
                }
            }
            ours @ Opened::Ours { .. } => return Ok(Some((build, ours))),
        }
    }
    Ok(None)
}

/// An empty file.
fn new(folder: &Folder, identity: &Identity) -> Result<(Build, Opened), ViewError> {
    let build = folder.new_build()?;
    let opened = build.open(identity)?;
    Ok((build, opened))
}

/// Makes this file the view, unless it is already, and removes the one before.
fn publish(folder: &Folder, build: &Build) -> Result<(), ViewError> {
    let is_current = folder
        .current()?
        .is_some_and(|current| current.path() == build.path());
    if !is_current {
        folder.publish(build)?;
        folder.remove_all_but(&[build])?;
    }
    Ok(())
}
