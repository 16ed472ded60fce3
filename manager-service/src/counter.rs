//! What comes to an inbox besides the keys that a person presses: applications that wait, and commands, which are
//! answered while the person reads or types.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use timeoff_cli::{Answer, Notices, chain};
use timeoff_log::{
    Delivery, Event, LogError, SettleError, Settled, Settlement, Settler, Settling, Subscription,
};
use timeoff_models::ApplicationId;
use tokio::time::Instant;

use crate::backlog::Backlog;
use crate::clerk::{Answered, AtHand, Clerk, Work};
use crate::desk::{Desk, Waiting};
use crate::inbox::{Inbox, Row, Slot, request};

/// How long to wait before something is settled again that the log refused.
const PAUSE: Duration = Duration::from_secs(1);

/// The inbox, and what is done for others on the side.
pub(crate) struct Counter<'a> {
    desk: &'a Desk,
    pub(crate) clerk: Clerk<'a>,
    pub(crate) subscription: Subscription,
    pub(crate) settler: Settler,
    pub(crate) inbox: Inbox<Waiting>,
    pub(crate) backlog: Backlog,
    /// Events that came while something else was waited for.
    pub(crate) arrived: VecDeque<Event>,
    notices: Notices,
    pub(crate) recording: Recordings,
}

/// Answers and dead letters that are being recorded, in the order in which they were begun.
#[derive(Default)]
pub(crate) struct Recordings(VecDeque<Recording>);

impl Recordings {
    /// Waits until there is something to [`Counter::finish`]; for ever if nothing is being recorded. Safe to cancel.
    pub(crate) async fn known(&mut self) {
        match self.0.front_mut().map(|first| &mut first.stage) {
            Some(Stage::Begun(settling)) => settling.known().await,
            Some(Stage::Refused { until, .. }) => tokio::time::sleep_until(*until).await,
            None => std::future::pending().await,
        }
    }
}

/// Something that is being recorded.
struct Recording {
    stage: Stage,
    partition: i32,
    answered: Option<Answered>,
    /// What the person saw of the application that is decided by it.
    row: Option<Row>,
    /// Whether they know that the log refuses it.
    is_told: bool,
}

enum Stage {
    Begun(Settling),
    /// The log has refused it, and is asked again then.
    Refused {
        until: Instant,
        settlements: Vec<Settlement>,
    },
}

/// The inbox as where applications are at hand. It remembers where those were that were taken out.
struct Shelf<'inbox> {
    inbox: &'inbox mut Inbox<Waiting>,
    /// By partition and offset.
    slots: BTreeMap<(i32, i64), Slot>,
}

fn is_it(waiting: &Waiting, partition: i32, id: &ApplicationId<'_>) -> bool {
    waiting.received.partition == partition && waiting.received.id == *id
}

fn place_of(waiting: &Waiting) -> (i32, i64) {
    let position = waiting.delivery.position();
    (position.partition, position.offset)
}

impl AtHand for Shelf<'_> {
    fn has(&self, partition: i32, id: &ApplicationId<'_>) -> bool {
        self.inbox.has(|waiting| is_it(waiting, partition, id))
    }

    fn take(&mut self, partition: i32, id: &ApplicationId<'_>) -> Option<Waiting> {
        let (slot, waiting) = self.inbox.take(|waiting| is_it(waiting, partition, id))?;
        self.slots.insert(place_of(&waiting), slot);
        Some(waiting)
    }

    fn put_back(&mut self, waiting: Waiting) {
        if let Some(slot) = self.slots.remove(&place_of(&waiting)) {
            self.inbox.put_back_into(slot, waiting);
        }
    }
}

impl<'a> Counter<'a> {
    pub(crate) fn new(
        desk: &'a Desk,
        group: &str,
        subscription: Subscription,
        notices: Notices,
    ) -> Counter<'a> {
        let settler = subscription.settler();
        Counter {
            desk,
            clerk: Clerk::new(desk, group, settler.clone()),
            subscription,
            settler,
            inbox: Inbox::new(),
            backlog: Backlog::new(desk.contract(), group),
            arrived: VecDeque::new(),
            notices,
            recording: Recordings::default(),
        }
    }

    /// Leaves the group.
    pub(crate) async fn close(self) {
        self.subscription.close().await;
    }

    /// Takes in a command and those that are there behind it, and begins to record the answers of those that can be
    /// answered now.
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn take_in(&mut self, first: Delivery) -> anyhow::Result<()> {
        let mut next = Some(first);
        while let Some(delivery) = next {
            if let Some(dead_letter) = self.clerk.take_in(delivery, &self.notices).await? {
                self.begin(dead_letter, None);
            }
            next = self.next_command()?;
        }
        let mut shelf = Shelf {
            inbox: &mut self.inbox,
            slots: BTreeMap::new(),
        };
        let works = self.clerk.answer(&mut shelf, &self.notices).await?;
        let slots = shelf.slots;
        self.begin_all(works, slots);
        Ok(())
    }

    /// The next command that is there already, unless what is held is about to change.
    fn next_command(&mut self) -> anyhow::Result<Option<Delivery>> {
        if self.is_about_to_move() {
            return Ok(None);
        }
        let is_command = |event: &Event| matches!(event, Event::Delivery(delivery) if self.desk.is_command(delivery));
        if let Some(index) = self.arrived.iter().position(is_command) {
            let Some(Event::Delivery(delivery)) = self.arrived.remove(index) else {
                return Ok(None);
            };
            return Ok(Some(delivery));
        }
        while let Some(event) = self.subscription.try_next()? {
            match event {
                Event::Delivery(delivery) if self.desk.is_command(&delivery) => {
                    return Ok(Some(delivery));
                }
                Event::Assignment(_) => {
                    self.arrived.push_back(event);
                    return Ok(None);
                }
                other => self.arrived.push_back(other),
            }
        }
        Ok(None)
    }

    /// Tries again to answer the commands that could not be answered.
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn try_again(&mut self) -> anyhow::Result<()> {
        let mut shelf = Shelf {
            inbox: &mut self.inbox,
            slots: BTreeMap::new(),
        };
        let works = self.clerk.try_again(&mut shelf, &self.notices).await?;
        let slots = shelf.slots;
        self.begin_all(works, slots);
        Ok(())
    }

    fn begin_all(&mut self, works: Vec<Work>, mut slots: BTreeMap<(i32, i64), Slot>) {
        for work in works {
            let decided = work.answered.as_ref().and_then(Answered::application);
            let slot = decided.and_then(|place| slots.remove(&place));
            self.begin(work, slot.map(|slot| slot.row));
        }
    }

    /// Begins to make a delivery a dead letter.
    pub(crate) fn bury(&mut self, delivery: Delivery, reason: &str) {
        let settlement = self.desk.bury(delivery, reason, &self.notices);
        let work = Work {
            settlement,
            answered: None,
        };
        self.begin(work, None);
    }

    fn begin(&mut self, work: Work, row: Option<Row>) {
        let Work {
            settlement,
            answered,
        } = work;
        self.recording.0.push_back(Recording {
            partition: settlement.position().partition,
            stage: Stage::Begun(self.settler.begin(vec![settlement])),
            answered,
            row,
            is_told: false,
        });
    }

    /// Says what became of the first thing that was being recorded, or begins it again.
    pub(crate) fn finish(&mut self) {
        let Some(mut first) = self.recording.0.pop_front() else {
            return;
        };
        let settling = match first.stage {
            Stage::Begun(settling) => settling,
            Stage::Refused { settlements, .. } => {
                first.stage = Stage::Begun(self.settler.begin(settlements));
                self.recording.0.push_front(first);
                return;
            }
        };
        match settling.outcome_if_known() {
            Some(Ok(settled)) => self.tell(first.answered, first.row, settled.into_iter().next()),
            Some(Err(SettleError {
                settlements,
                source,
            })) => {
                if !std::mem::replace(&mut first.is_told, true) {
                    self.notices
                        .say(&format!("Not recorded: {}.", chain(&source)));
                }
                if let LogError::RecordTooLarge { .. } | LogError::Closed = source {
                    self.clerk.books.doubt(first.partition);
                    return;
                }
                first.stage = Stage::Refused {
                    until: Instant::now() + PAUSE,
                    settlements,
                };
                self.recording.0.push_front(first);
            }
            None => {}
        }
    }

    fn tell(&mut self, answered: Option<Answered>, row: Option<Row>, settled: Option<Settled>) {
        let (Some(answered), Some(settled)) = (answered, settled) else {
            return;
        };
        self.clerk.note(&answered, &settled);
        if let (Settled::Recorded(_), Some(decided)) = (settled, answered.decided) {
            self.inbox.note_decided();
            self.backlog.note_decided();
            if let Some(row) = row {
                self.notices.say(&format!("{decided}: {}.", request(&row)));
            }
        }
    }

    /// Folds ledgers again that may not be as they were folded. Not while anything is being recorded: it may be recorded
    /// after the ledger was read.
    ///
    /// # Errors
    ///
    /// If a ledger cannot be read.
    pub(crate) async fn clear_up(&mut self) -> anyhow::Result<()> {
        match self.recording.0.is_empty() {
            true => {
                let contract = self.desk.contract();
                self.clerk.books.clear_up(contract, &self.notices).await
            }
            false => Ok(()),
        }
    }

    /// Waits for a person's answer, and answers commands meanwhile. All other events wait, and so do the commands behind
    /// a change of what is held.
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn while_asking<T, E>(
        &mut self,
        ask: impl Future<Output = Result<Answer<T>, E>>,
    ) -> anyhow::Result<Result<Answer<T>, E>> {
        let mut ask = std::pin::pin!(ask);
        loop {
            let delivery = tokio::select! {
                biased;
                answer = &mut ask => return Ok(answer),
                () = self.clerk.time_to_try_again() => {
                    self.clear_up().await?;
                    self.try_again().await?;
                    continue;
                }
                () = self.recording.known() => {
                    self.finish();
                    continue;
                }
                event = self.subscription.next() => match event? {
                    Event::Delivery(delivery)
                        if self.desk.is_command(&delivery) && !self.is_about_to_move() =>
                    {
                        delivery
                    }
                    other => {
                        self.arrived.push_back(other);
                        continue;
                    }
                },
            };
            // Keys are heard meanwhile; but what was begun is not left half done.
            let mut answer = None;
            let mut taken_in = std::pin::pin!(self.take_in(delivery));
            loop {
                tokio::select! {
                    biased;
                    taken_in = &mut taken_in => {
                        taken_in?;
                        break;
                    }
                    given = &mut ask, if answer.is_none() => match given {
                        // Whoever leaves does not wait for it.
                        Ok(Answer::Left) => return Ok(Ok(Answer::Left)),
                        given => answer = Some(given),
                    },
                }
            }
            if let Some(answer) = answer {
                return Ok(answer);
            }
        }
    }

    fn is_about_to_move(&self) -> bool {
        let moves = |event: &Event| matches!(event, Event::Assignment(_));
        self.arrived.iter().any(moves)
    }
}
