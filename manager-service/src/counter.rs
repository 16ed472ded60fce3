//! What comes to an inbox besides the keys that a person presses: applications that wait, and commands, which are
//! answered while the person reads or types.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use timeoff_cli::{Answer, Notices, chain};
use timeoff_ledger::{Look, Refusal};
use timeoff_log::{
    Delivery, Event, LogError, SettleError, Settled, Settlement, Settler, Settling, Subscription,
};
use timeoff_models::ApplicationId;
use tokio::time::Instant;

use crate::backlog::Backlog;
use crate::clerk::{Answered, AtHand, Clerk, Work};
use crate::desk::{Desk, Waiting, now};
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
    /// Whether commands are answered one by one, because one of several answers was too large to be recorded.
    is_one_too_large: bool,
}

/// What is being recorded on the side.
#[derive(Default)]
pub(crate) struct Recordings {
    /// Answers to commands, all those that were given together. There are no others before it is known what became of
    /// them: the log may refuse them for the moment, and nothing that was decided by them may be recorded before them.
    answers: Option<Recording>,
    /// Dead letters, in the order in which they were begun.
    dead_letters: VecDeque<Recording>,
}

impl Recordings {
    /// Waits until there is something to [`Counter::finish`]; for ever if nothing is being recorded. Safe to cancel.
    pub(crate) async fn known(&mut self) {
        tokio::select! {
            () = known(self.answers.as_mut()) => {}
            () = known(self.dead_letters.front_mut()) => {}
        }
    }

    /// Whether answers are being recorded, or wait until the log takes them.
    pub(crate) fn has_answers(&self) -> bool {
        self.answers.is_some()
    }

    /// Whether the log has refused answers in a department, and is asked again later.
    pub(crate) fn holds_up(&self, partition: i32) -> bool {
        let is_refused = |answers: &&Recording| matches!(answers.stage, Stage::Refused { .. });
        let answers = self.answers.as_ref().filter(is_refused);
        answers.is_some_and(|answers| answers.parts.iter().any(|part| part.partition == partition))
    }

    /// Takes something out whose outcome is known, or that is to be begun again.
    fn take_known(&mut self) -> Option<Recording> {
        let answers = self.answers.take_if(|answers| answers.stage.is_over());
        answers.or_else(|| {
            let is_over = self.dead_letters.front_mut()?.stage.is_over();
            is_over.then(|| self.dead_letters.pop_front())?
        })
    }
}

async fn known(recording: Option<&mut Recording>) {
    match recording.map(|recording| &mut recording.stage) {
        Some(Stage::Begun(settling)) => settling.known().await,
        Some(Stage::Refused { until, .. }) => tokio::time::sleep_until(*until).await,
        None => std::future::pending().await,
    }
}

/// Something that is being recorded.
struct Recording {
    stage: Stage,
    /// One for each settlement.
    parts: Vec<Part>,
    /// Whether the person knows that the log refuses it.
    is_told: bool,
}

/// What is known of a settlement.
struct Part {
    partition: i32,
    /// `None`: it is a dead letter.
    answered: Option<Answered>,
    /// What the person saw of the application that is decided by it.
    row: Option<Row>,
}

enum Stage {
    Begun(Settling),
    /// The log has refused it, and is asked again then.
    Refused {
        until: Instant,
        settlements: Vec<Settlement>,
    },
}

impl Stage {
    fn is_over(&mut self) -> bool {
        match self {
            Stage::Begun(settling) => settling.is_known(),
            Stage::Refused { until, .. } => *until <= Instant::now(),
        }
    }
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
            is_one_too_large: false,
        }
    }

    /// Leaves the group.
    pub(crate) async fn close(self) {
        self.subscription.close().await;
    }

    /// Takes in a command, if there is one, and those that are there behind it. Answers what has been taken in, and begins to
    /// record that, unless earlier answers are still being recorded.
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn serve(&mut self, first: Option<Delivery>) -> anyhow::Result<()> {
        let mut next = first;
        while let Some(delivery) = next {
            if let Some(dead_letter) = self.clerk.take_in(delivery, &self.notices).await? {
                self.begin_dead_letter(dead_letter.settlement);
            }
            next = self.next_command()?;
        }
        if !self.can_answer() {
            return Ok(());
        }
        self.clear_up().await?;
        let mut shelf = Shelf {
            inbox: &mut self.inbox,
            slots: BTreeMap::new(),
        };
        let most = match self.is_one_too_large {
            true => 1,
            false => usize::MAX,
        };
        let works = self.clerk.answer(most, &mut shelf, &self.notices).await?;
        let slots = shelf.slots;
        self.begin(works, slots);
        Ok(())
    }

    /// What the policy of its department says of the chosen application; `None` if nothing waits.
    pub(crate) fn look_at_chosen(&self) -> Option<Result<Option<Look>, Refusal>> {
        let waiting = self.inbox.chosen_item()?;
        let (books, waits) = (&self.clerk.books, &self.clerk.waits);
        let Some(state) = books.state(waiting.received.partition) else {
            return Some(Ok(None));
        };
        Some(state.look_at(&waiting.application(state, waits), now()))
    }

    /// Whether the policy of its department approves an application without anybody deciding.
    pub(crate) fn is_approved_automatically(&self, waiting: &Waiting) -> bool {
        let (books, waits) = (&self.clerk.books, &self.clerk.waits);
        books
            .state(waiting.received.partition)
            .is_some_and(|state| {
                let application = waiting.application(state, waits);
                state.approve_automatically(&application, now()).is_some()
            })
    }

    /// Whether there are commands to be answered now.
    pub(crate) fn can_answer(&self) -> bool {
        self.clerk.queued() > 0 && !self.recording.has_answers()
    }

    /// The next command that is there already, unless what is held is about to change.
    fn next_command(&mut self) -> anyhow::Result<Option<Delivery>> {
        if self.is_about_to_move() {
            return Ok(None);
        }
        let is_command = |event: &Event| match event {
            Event::Delivery(delivery) => self.desk.is_command(delivery),
            _ => false,
        };
        let place = self.arrived.iter().position(is_command);
        let arrived = place.and_then(|place| self.arrived.remove(place));
        if let Some(Event::Delivery(delivery)) = arrived {
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

    /// Has the commands that could not be answered answered once more by [`Counter::serve`].
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn try_again(&mut self) -> anyhow::Result<()> {
        self.clear_up().await?;
        for dead_letter in self.clerk.queue_again(&self.notices).await? {
            self.begin_dead_letter(dead_letter.settlement);
        }
        Ok(())
    }

    /// Begins to make a delivery a dead letter.
    pub(crate) fn bury(&mut self, delivery: Delivery, reason: &str) {
        let settlement = self.desk.bury(delivery, reason, &self.notices);
        self.begin_dead_letter(settlement);
    }

    fn begin_dead_letter(&mut self, settlement: Settlement) {
        let part = Part {
            partition: settlement.position().partition,
            answered: None,
            row: None,
        };
        self.recording.dead_letters.push_back(Recording {
            stage: Stage::Begun(self.settler.begin(vec![settlement])),
            parts: vec![part],
            is_told: false,
        });
    }

    /// Begins to record answers, together.
    fn begin(&mut self, works: Vec<Work>, mut slots: BTreeMap<(i32, i64), Slot>) {
        if works.is_empty() {
            return;
        }
        let mut settlements = Vec::with_capacity(works.len());
        let mut parts = Vec::with_capacity(works.len());
        for Work {
            settlement,
            answered,
        } in works
        {
            let decided = answered.as_ref().and_then(Answered::application);
            let slot = decided.and_then(|place| slots.remove(&place));
            parts.push(Part {
                partition: settlement.position().partition,
                answered,
                row: slot.map(|slot| slot.row),
            });
            settlements.push(settlement);
        }
        self.recording.answers = Some(Recording {
            stage: Stage::Begun(self.settler.begin(settlements)),
            parts,
            is_told: false,
        });
    }

    /// Says what became of something that was being recorded, or begins it again.
    pub(crate) fn finish(&mut self) {
        let Some(mut recording) = self.recording.take_known() else {
            return;
        };
        let settling = match recording.stage {
            Stage::Begun(settling) => settling,
            Stage::Refused { settlements, .. } => {
                recording.stage = Stage::Begun(self.settler.begin(settlements));
                self.put_back(recording);
                return;
            }
        };
        match settling.outcome_if_known() {
            Some(Ok(settled)) => {
                for (part, settled) in recording.parts.into_iter().zip(&settled) {
                    self.tell(part, settled);
                }
                self.is_one_too_large &= !self.clerk.is_done();
            }
            Some(Err(SettleError {
                settlements,
                source,
            })) => {
                if !std::mem::replace(&mut recording.is_told, true) {
                    self.notices
                        .say(&format!("Not recorded: {}.", chain(&source)));
                }
                if let LogError::RecordTooLarge { .. } | LogError::Closed = source {
                    self.give_up(recording.parts);
                    return;
                }
                recording.stage = Stage::Refused {
                    until: Instant::now() + PAUSE,
                    settlements,
                };
                self.put_back(recording);
            }
            None => {}
        }
    }

    fn put_back(&mut self, recording: Recording) {
        match recording.parts.iter().any(|part| part.answered.is_some()) {
            true => self.recording.answers = Some(recording),
            false => self.recording.dead_letters.push_front(recording),
        }
    }

    /// Gives up recording what is too large. If that is one of several answers, each is given again on its own, by the
    /// ledger as it is then; the one that is too large stays unanswered.
    fn give_up(&mut self, parts: Vec<Part>) {
        let are_several = parts.len() > 1;
        self.is_one_too_large |= are_several;
        for part in parts {
            if let Some(answered) = part.answered {
                self.clerk.books.doubt(part.partition);
                self.clerk.give_up(&answered, are_several);
            }
        }
    }

    fn tell(&mut self, part: Part, settled: &Settled) {
        let Some(answered) = part.answered else {
            return;
        };
        self.clerk.note(&answered, settled);
        if let (Settled::Recorded(_), Some(decided)) = (settled, answered.decided) {
            self.inbox.note_decided();
            self.backlog.note_decided();
            if let Some(row) = part.row {
                self.notices.say(&format!("{decided}: {}.", request(&row)));
            }
        }
    }

    /// Waits until it is known what became of the answers that are being recorded. If the log has refused them, that is
    /// enough: see [`Recordings::holds_up`]. Safe to cancel.
    ///
    /// # Errors
    ///
    /// If a ledger has to be folded again and cannot be read.
    pub(crate) async fn finish_answers(&mut self) -> anyhow::Result<()> {
        let is_open = |answers: &Recording| matches!(answers.stage, Stage::Begun(_));
        while self.recording.answers.as_ref().is_some_and(is_open) {
            self.recording.known().await;
            self.finish();
        }
        self.clear_up().await
    }

    /// Folds ledgers again that may not be as they were folded. Not while answers are being recorded: they may be recorded
    /// after the ledger was read.
    ///
    /// # Errors
    ///
    /// If a ledger cannot be read.
    pub(crate) async fn clear_up(&mut self) -> anyhow::Result<()> {
        match self.recording.has_answers() {
            false => {
                let contract = self.desk.contract();
                self.clerk.books.clear_up(contract, &self.notices).await
            }
            true => Ok(()),
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
            let delivery = match self.can_answer() {
                true => None,
                false => tokio::select! {
                    biased;
                    answer = &mut ask => return Ok(answer),
                    () = self.clerk.time_to_try_again(), if !self.recording.has_answers() => {
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
                            Some(delivery)
                        }
                        other => {
                            self.arrived.push_back(other);
                            continue;
                        }
                    },
                },
            };
            // Keys are heard meanwhile; but what was begun is not left half done.
            let mut answer = None;
            let mut served = std::pin::pin!(self.serve(delivery));
            loop {
                tokio::select! {
                    biased;
                    served = &mut served => {
                        served?;
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
