//! Answers commands: what becomes of each, and what it takes to record that.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use timeoff_cli::Notices;
use timeoff_contract::{AnyCommand, ReceivedCommand, UnknownCommand};
use timeoff_ledger::{Answer, Asked, Command, CommandId, Fate, PersonName};
use timeoff_log::{
    Assignment, Delivery, LogError, NewRecord, Position, ReadEvent, ReadFrom, Settled, Settlement,
    Settler, TakenUp,
};
use timeoff_models::{ApplicationId, Departments};

use tokio::time::Instant;

use crate::books::Books;
use crate::desk::{Desk, Waiting};
use crate::find::{Finds, Found, LOOK_AGAIN, find};
use crate::recent::{Recent, first_of_its_id};
use crate::sabotage;
use crate::waits::Waits;

/// A command in hand.
#[derive(Debug)]
struct Errand {
    delivery: Delivery,
    /// The record's key, or the command's id instead of a very long one.
    key: String,
    wanted: Wanted,
}

/// What is wanted, as far as it is understood.
#[derive(Debug)]
enum Wanted {
    /// A command.
    Command(Box<Command>),
    /// A command of a type that this version does not know.
    UnknownType { asked: Asked, name: String },
    /// A command with an impossible value.
    Unreadable {
        asked: Asked,
        error: timeoff_ledger::InvalidField,
    },
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) command_id: CommandId,
    /// The partition of the command and of its answer.
    pub(crate) partition: i32,
    /// The command's offset.
    pub(crate) offset: i64,
    /// The offset of the application that it decided, if it decided one.
    pub(crate) application: Option<i64>,
    /// What happened to it.
    pub(crate) how: How,
    /// What became of the application that it was about, if it decided one.
    pub(crate) decided: Option<DecidedByCommand>,
}

/// What became of an application by a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DecidedByCommand {
    by: Option<PersonName>,
    fate: Fate,
}

impl fmt::Display for DecidedByCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = self.by.as_ref().map_or("the employee", PersonName::as_str);
        write!(f, "{} by {by}, by a command", self.fate.as_verb())
    }
}

/// How a command was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// It has been carried out: this is what the ledger calls it.
    Done(&'static str),
    /// It has not, for this reason.
    Refused(String),
    /// It had its answer before.
    Repeated,
}

/// What comes of trying to answer a command.
enum Attempt {
    /// This records the answer; nothing if the partition is not held any more.
    Work(Option<Work>),
    /// It is about an application that is not at hand.
    NeedsApplication(Errand),
}

impl Answered {
    /// The partition and offset of the application that it decided, if it decided one.
    pub(crate) fn application(&self) -> Option<(i32, i64)> {
        self.application.map(|offset| (self.partition, offset))
    }
}

impl Errand {
    /// The partition that it came from.
    fn partition(&self) -> i32 {
        self.delivery.position().partition
    }

    /// The application that it is about, if it is about one.
    fn application(&self) -> Option<&ApplicationId<'static>> {
        match &self.wanted {
            Wanted::Command(command) => command.request.application(),
            Wanted::UnknownType { .. } | Wanted::Unreadable { .. } => None,
        }
    }
}

impl Wanted {
    fn of(command: AnyCommand<'_>, departments: &Departments) -> Result<Wanted, String> {
        match command {
            AnyCommand::Known(record) => {
                let asked = Asked::from_record(&record).map_err(|error| error.to_string())?;
                Ok(match Command::from_record(record, departments) {
                    Ok(command) => Wanted::Command(Box::new(command)),
                    Err(error) => Wanted::Unreadable { asked, error },
                })
            }
            AnyCommand::Unknown(UnknownCommand {
                type_name,
                command_id,
                asked_by,
                asked_at_ticks,
            }) => Asked::from_fields(&command_id, &asked_by, asked_at_ticks)
                .map(|asked| Wanted::UnknownType {
                    asked,
                    name: type_name,
                })
                .map_err(|error| error.to_string()),
        }
    }

    fn asked(&self) -> &Asked {
        match self {
            Wanted::Command(command) => &command.asked,
            Wanted::UnknownType { asked, .. } | Wanted::Unreadable { asked, .. } => asked,
        }
    }
}

/// Applications that are at hand for commands about them.
pub(crate) trait AtHand {
    /// Whether one of a partition is at hand.
    fn has(&self, partition: i32, id: &ApplicationId<'_>) -> bool;

    /// Takes one of a partition out. A command is about an application of its own department only.
    fn take(&mut self, partition: i32, id: &ApplicationId<'_>) -> Option<Waiting>;

    /// Puts one back that is not decided after all.
    fn put_back(&mut self, waiting: Waiting);
}

/// What is to be recorded for a command.
pub(crate) struct Work {
    pub(crate) settlement: Settlement,
    /// The answer; `None`: it becomes a dead letter.
    pub(crate) answered: Option<Answered>,
}

/// Answers the commands to the departments that are held, by their ledgers.
pub(crate) struct Clerk<'a> {
    desk: &'a Desk,
    group: String,
    settler: Settler,
    /// The ledgers.
    pub(crate) books: Books,
    /// The applications that came last, in their turn or because a command was about them.
    pub(crate) recent: Recent,
    /// Those that wait.
    pub(crate) waits: Waits,
    /// Commands to be answered next.
    queue: VecDeque<Errand>,
    /// Commands that cannot be answered yet.
    errands: Vec<Errand>,
    /// The partition and offset of commands whose answers were not recorded though the partition is still held, and how
    /// often that has happened.
    unanswered: BTreeMap<(i32, i64), u8>,
    look_again_at: Instant,
    /// The partition and offset of applications that were taken up out of turn. Until that is recorded they may be handed
    /// out once more.
    taken_up: BTreeSet<(i32, i64)>,
}

/// The longest key that the answer to a command takes over from it, in bytes, if it has none of its own. A longer one could
/// be too large for the log beside what the answer says.
const KEY_MAX: usize = 1024;

/// How often a command is taken up again whose answer was not recorded, though nobody else has the partition. After that, its
/// next owner is handed it.
const TRIES: u8 = 5;

/// How many applications that were taken up out of turn are remembered. If one is forgotten and handed out once more, the
/// ledger says that it is decided, and what is then settled is stale.
const TAKEN_UP: usize = 10_000;

impl<'a> Clerk<'a> {
    pub(crate) fn new(desk: &'a Desk, group: &str, settler: Settler) -> Clerk<'a> {
        Clerk {
            desk,
            group: group.to_owned(),
            settler,
            books: Books::new(group),
            recent: Recent::default(),
            waits: Waits::default(),
            queue: VecDeque::new(),
            errands: Vec::new(),
            unanswered: BTreeMap::new(),
            look_again_at: Instant::now(),
            taken_up: BTreeSet::new(),
        }
    }

    /// Forgets what was lost, and folds the ledgers of what was gained.
    ///
    /// # Errors
    ///
    /// As [`Books::hear`].
    pub(crate) async fn hear(
        &mut self,
        assignment: &Assignment,
        notices: &Notices,
    ) -> anyhow::Result<()> {
        let is_lost = |partition: i32| assignment.lost.contains(&partition);
        self.queue.retain(|errand| !is_lost(errand.partition()));
        self.errands.retain(|errand| !is_lost(errand.partition()));
        self.taken_up.retain(|&(partition, _)| !is_lost(partition));
        self.waits.forget_all_of(&assignment.lost);
        self.unanswered
            .retain(|&(partition, _), _| !is_lost(partition));
        let contract = self.desk.contract();
        self.books.hear(assignment, contract, notices).await?;
        if self.books.have_people() {
            self.desk.prepare_for_the_ledger(notices).await?;
        }
        Ok(())
    }

    /// Takes in a command, for [`Clerk::answer`]. If it cannot be understood, returns what makes it a dead letter.
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn take_in(
        &mut self,
        delivery: Delivery,
        notices: &Notices,
    ) -> anyhow::Result<Option<Work>> {
        self.desk.prepare_for_the_ledger(notices).await?;
        let contract = self.desk.contract();
        let record = delivery.record();
        let read = timeoff_cli::understand(|| contract.read_command(record), notices).await?;
        let understood = read.and_then(|ReceivedCommand { key, command }| {
            let wanted = Wanted::of(command, contract.departments())?;
            let key = match key.len() {
                ..=KEY_MAX => key.into_owned(),
                _ => wanted.asked().command_id.to_string(),
            };
            Ok((key, wanted))
        });
        match understood {
            Ok((key, wanted)) => {
                self.queue.push_back(Errand {
                    delivery,
                    key,
                    wanted,
                });
                Ok(None)
            }
            Err(reason) => Ok(Some(Work {
                settlement: self.desk.bury(delivery, &reason, notices),
                answered: None,
            })),
        }
    }

    /// How many commands have been taken in and are to be answered.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Whether nothing waits for an answer, or for another one.
    pub(crate) fn is_done(&self) -> bool {
        self.queue.is_empty() && self.unanswered.is_empty()
    }

    /// Answers the commands that have been taken in, each department's in the order in which they came, as each may depend
    /// on those before it. Only one whose application the log cannot hand over yet is overtaken: it may have to wait for a
    /// person, and is answered by the ledger as it is then.
    ///
    /// Returns what is to be recorded, in order, of at most this many; what is to be folded has been.
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn answer(
        &mut self,
        most: usize,
        at_hand: &mut impl AtHand,
        notices: &Notices,
    ) -> anyhow::Result<Vec<Work>> {
        let mut works = Vec::new();
        let mut finds = Finds::default();
        while works.len() < most
            && let Some(errand) = self.queue.pop_front()
        {
            let work = self.carry_out(errand, &mut finds, at_hand, notices);
            works.extend(work.await?);
        }
        Ok(works)
    }

    /// Notes what became of an answer. One that was not recorded though the partition is still held is given again, by the
    /// ledger as it is then: another settlement may have decided the application first.
    pub(crate) fn note(&mut self, answered: &Answered, settled: &Settled) {
        let (partition, contract) = (answered.partition, self.desk.contract());
        self.books.note(partition, settled, contract);
        if let Some(offset) = answered.application {
            self.taken_up.remove(&(partition, offset));
        }
        let place = (partition, answered.offset);
        match settled {
            Settled::Recorded(_) => {
                self.unanswered.remove(&place);
            }
            Settled::Stale | Settled::Unknown if self.books.state(partition).is_some() => {
                *self.unanswered.entry(place).or_default() += 1;
                self.look_again_at = Instant::now() + LOOK_AGAIN;
            }
            Settled::Stale | Settled::Unknown => {}
        }
    }

    /// Gives up an answer that the log does not take, and gives it again if that may help. If not, the command stays
    /// unanswered, and its next owner is handed it.
    pub(crate) fn give_up(&mut self, answered: &Answered, is_given_again: bool) {
        let place = (answered.partition, answered.offset);
        if let Some(application) = answered.application() {
            self.taken_up.remove(&application);
        }
        if is_given_again {
            *self.unanswered.entry(place).or_default() += 1;
            self.look_again_at = Instant::now() + LOOK_AGAIN;
        } else {
            self.unanswered.remove(&place);
        }
    }

    /// Takes a command up again whose answer was not recorded, if it still waits for one.
    async fn take_up_again(
        &mut self,
        (partition, offset): (i32, i64),
    ) -> Result<Option<Delivery>, LogError> {
        let (log, topic) = (
            self.desk.contract().log(),
            &self.desk.contract().topics().commands,
        );
        let only = ReadFrom::Only(BTreeMap::from([(partition, offset)]));
        let mut reader = log.read(topic, only).await?;
        let record = loop {
            match reader.next().await? {
                ReadEvent::Record(record) => break record,
                ReadEvent::CaughtUp | ReadEvent::Hidden { .. } => return Ok(None),
                ReadEvent::Unreachable { reason } => return Err(reason),
                ReadEvent::Reachable => {}
            }
        };
        if record.position.offset != offset {
            return Ok(None);
        }
        Ok(match self.settler.take_up(record).await? {
            TakenUp::Delivery(delivery) => Some(delivery),
            TakenUp::Settled | TakenUp::NotHeld | TakenUp::NoRoom => None,
        })
    }

    /// Whether an application that is handed out was taken up out of turn before.
    pub(crate) fn was_taken_up(&mut self, position: &Position) -> bool {
        let place = (position.partition, position.offset);
        !self.taken_up.is_empty() && self.taken_up.remove(&place)
    }

    /// Waits until it is time to try again what could not be answered; for ever if there is nothing. Safe to cancel.
    pub(crate) async fn time_to_try_again(&self) {
        match self.errands.is_empty() && self.unanswered.values().all(|&tries| tries > TRIES) {
            true => std::future::pending().await,
            false => tokio::time::sleep_until(self.look_again_at).await,
        }
    }

    /// Has the commands that could not be answered answered once more by [`Clerk::answer`]. Returns what makes those dead
    /// letters that cannot be understood.
    ///
    /// # Errors
    ///
    /// If the log fails for good.
    pub(crate) async fn queue_again(&mut self, notices: &Notices) -> anyhow::Result<Vec<Work>> {
        let mut dead_letters = Vec::new();
        self.look_again_at = Instant::now() + LOOK_AGAIN;
        let again = self.unanswered.iter();
        let again: Vec<_> = again.filter(|&(_, &tries)| tries <= TRIES).collect();
        let again: Vec<(i32, i64)> = again.into_iter().map(|(&place, _)| place).collect();
        for place in again {
            if self.books.is_doubtful(place.0) {
                continue;
            }
            match self.take_up_again(place).await {
                // Counted again if its next answer is not recorded either.
                Ok(Some(delivery)) => {
                    dead_letters.extend(self.take_in(delivery, notices).await?);
                }
                Ok(None) => {
                    self.unanswered.remove(&place);
                }
                // Whatever keeps the log from being read is reported by the subscription.
                Err(error) if !error.is_final() => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.queue.extend(self.errands.drain(..));
        let queue = self.queue.make_contiguous();
        queue.sort_by_key(|errand| (errand.partition(), errand.delivery.position().offset));
        Ok(dead_letters)
    }

    /// Answers a command, or keeps it for later.
    async fn carry_out(
        &mut self,
        errand: Errand,
        finds: &mut Finds,
        at_hand: &mut impl AtHand,
        notices: &Notices,
    ) -> anyhow::Result<Option<Work>> {
        let partition = errand.partition();
        if self.books.is_doubtful(partition) {
            // What is folded there may not be on the log: nothing is answered by it.
            self.keep_for_later(errand);
            return Ok(None);
        }
        let id = errand.application();
        let waiting = id.and_then(|id| at_hand.take(partition, id));
        let (attempt, left) = self.judge(errand, waiting);
        if let Some(left) = left {
            at_hand.put_back(left);
        }
        let errand = match attempt {
            Attempt::Work(work) => return Ok(work),
            Attempt::NeedsApplication(errand) => errand,
        };
        let Some(id) = errand.application() else {
            return Ok(None);
        };
        if !finds.has(partition, id) {
            let mut ids = self.ids_to_look_for(partition, finds, at_hand);
            ids.insert(id.clone());
            let contract = self.desk.contract();
            let (group, settler) = (&self.group, &self.settler);
            let waits = &mut self.waits;
            find(contract, group, settler, partition, ids, finds, waits).await?;
        }
        let attempt = match finds.take(partition, id) {
            Some(Found::InHand(delivery)) => {
                let read = self.desk.read(&delivery, notices).await?;
                let read = read
                    .and_then(|received| first_of_its_id(&mut self.recent, received, &delivery));
                match read {
                    Ok(received) => {
                        let received = received.into_owned();
                        let position = delivery.position().clone();
                        let waiting = Some(Waiting { delivery, received });
                        let (attempt, left) = self.judge(errand, waiting);
                        match left {
                            // The next command may be about it, too; if none is, it comes in its turn.
                            Some(left) => finds.put_back(left),
                            None => self.note_taken_up(&position),
                        }
                        attempt
                    }
                    // It becomes a dead letter in its turn.
                    Err(_) => self.refuse_without_application(errand),
                }
            }
            Some(Found::Nowhere) => self.refuse_without_application(errand),
            Some(Found::NotHeld) => Attempt::Work(None),
            Some(Found::NotYet) | None => Attempt::NeedsApplication(errand),
        };
        Ok(match attempt {
            Attempt::Work(work) => work,
            Attempt::NeedsApplication(errand) => {
                self.keep_for_later(errand);
                None
            }
        })
    }

    /// The applications that commands of a department are about that come next, and that are not at hand: one look at the
    /// log is enough for all of them.
    fn ids_to_look_for(
        &self,
        partition: i32,
        finds: &Finds,
        at_hand: &impl AtHand,
    ) -> BTreeSet<ApplicationId<'static>> {
        let Some(state) = self.books.state(partition) else {
            return BTreeSet::new();
        };
        let of_department = |errand: &&Errand| errand.partition() == partition;
        let needed = |errand: &Errand| {
            let Wanted::Command(command) = &errand.wanted else {
                return None;
            };
            let id = command.request.application()?;
            let is_known = finds.has(partition, id) || at_hand.has(partition, id);
            let is_needed = || state.carry_out(command, None) == Answer::NeedsApplication;
            (!is_known && is_needed()).then(|| id.clone())
        };
        let errands = self.queue.iter().filter(of_department);
        errands.filter_map(needed).collect()
    }

    fn keep_for_later(&mut self, errand: Errand) {
        let position = errand.delivery.position();
        self.unanswered
            .remove(&(position.partition, position.offset));
        self.look_again_at = Instant::now() + LOOK_AGAIN;
        self.errands.push(errand);
    }

    fn note_taken_up(&mut self, position: &Position) {
        self.taken_up.insert((position.partition, position.offset));
        if self.taken_up.len() > TAKEN_UP {
            self.taken_up.pop_first();
        }
    }

    /// Answers a command. `waiting` is the application that it is about, if it is at hand; it comes back if it is not
    /// decided.
    fn judge(&mut self, errand: Errand, waiting: Option<Waiting>) -> (Attempt, Option<Waiting>) {
        let waits = &self.waits;
        let answer = self
            .books
            .state(errand.partition())
            .map(|state| match &errand.wanted {
                Wanted::Command(command) => sabotage::answer(command, |command| {
                    let application = waiting
                        .as_ref()
                        .map(|waiting| waiting.application(state, waits));
                    state.carry_out(command, application.as_ref())
                }),
                Wanted::UnknownType { asked, name } => state.refuse_unknown_type(asked, name),
                Wanted::Unreadable { asked, error } => {
                    state.refuse_unreadable(asked, error.clone())
                }
            });
        self.record(errand, answer, waiting)
    }

    /// Refuses a command about an application that does not wait here.
    fn refuse_without_application(&mut self, errand: Errand) -> Attempt {
        let answer = match (&errand.wanted, self.books.state(errand.partition())) {
            (Wanted::Command(command), Some(state)) => {
                Some(state.refuse_unknown_application(command))
            }
            _ => None,
        };
        self.record(errand, answer, None).0
    }

    /// What records an answer; nothing if there is none, as the partition is not held any more.
    fn record(
        &mut self,
        errand: Errand,
        answer: Option<Answer>,
        waiting: Option<Waiting>,
    ) -> (Attempt, Option<Waiting>) {
        let mut answered = Answered {
            command_id: errand.wanted.asked().command_id,
            partition: errand.partition(),
            offset: errand.delivery.position().offset,
            application: None,
            how: How::Repeated,
            decided: None,
        };
        let mut events = Vec::new();
        let mut admissions = Vec::new();
        let mut ruling = None;
        match answer {
            None => return (Attempt::Work(None), waiting),
            Some(Answer::NeedsApplication) => {
                return (Attempt::NeedsApplication(errand), waiting);
            }
            Some(Answer::Repeated) => {}
            Some(Answer::Refused { event, refusal }) => {
                answered.how = How::Refused(refusal.to_string());
                events.push(event);
            }
            Some(Answer::Done {
                events: done,
                result,
                admit,
            }) => {
                answered.how = How::Done(done.first().map_or("nothing", |event| event.fact.name()));
                (events, ruling, admissions) = (done, result, admit);
            }
        }
        let mut outputs: Vec<NewRecord> = Vec::new();
        let (decided, left) = match (ruling, waiting) {
            (Some(ruling), Some(Waiting { delivery, received })) => {
                answered.decided = Some(DecidedByCommand {
                    by: ruling.by.clone(),
                    fate: ruling.fate,
                });
                outputs.push(self.desk.result_of_ruling(received, ruling));
                answered.application = Some(delivery.position().offset);
                self.waits
                    .forget((delivery.position().partition, delivery.position().offset));
                (Some(delivery), None)
            }
            (_, waiting) => (None, waiting),
        };
        let partition = errand.partition();
        let books = &mut self.books;
        outputs.extend(
            self.desk
                .enter_events(books, partition, &errand.key, events),
        );
        outputs.extend(self.desk.admissions(&admissions).into_iter().flatten());
        let settlement = errand.delivery.settle_with(outputs);
        let settlement = match decided {
            Some(delivery) => settlement.and(delivery),
            None => settlement,
        };
        let work = Work {
            settlement,
            answered: Some(answered),
        };
        (Attempt::Work(Some(work)), left)
    }
}

#[cfg(test)]
mod tests {
    use timeoff_log::Event;
    use timeoff_models::ApplicationId;

    use super::AtHand;
    use crate::desk::Waiting;
    use crate::find::{Finds, find};
    use crate::tests::{ADMIN, GRACE, IT, Manager, Office, approve, enter, name_admin};
    use crate::waits::Waits;

    /// Nothing is at hand.
    struct Nothing;

    impl AtHand for Nothing {
        fn has(&self, _: i32, _: &ApplicationId<'_>) -> bool {
            false
        }

        fn take(&mut self, _: i32, _: &ApplicationId<'_>) -> Option<Waiting> {
            None
        }

        fn put_back(&mut self, _: Waiting) {
            panic!("nothing was taken out");
        }
    }

    #[tokio::test]
    async fn one_look_at_the_log_serves_all_commands_that_wait() {
        let office = Office::open().await;
        office.apply(&["a", "b", "c"]).await;
        let desk = office.desk().await;
        let mut manager = Manager::join(&desk, "managers").await;
        office
            .ask([name_admin(1), enter(2, ADMIN, GRACE, "approver")])
            .await;
        manager.work_until(&office, 2).await.expect("works");
        office
            .ask([
                approve(3, GRACE, "a"),
                approve(4, "nobody@example.com", "b"),
                approve(5, GRACE, "c"),
                approve(6, GRACE, "d"),
            ])
            .await;
        let (counter, notices) = (&mut manager.counter, &manager.notices);
        let clerk = &mut counter.clerk;
        while clerk.queued() < 4 {
            let event = counter.subscription.next().await.expect("goes on");
            if let Event::Delivery(delivery) = event
                && desk.is_command(&delivery)
            {
                let dead_letter = clerk.take_in(delivery, notices).await.expect("works");
                assert!(dead_letter.is_none());
            }
        }
        // Who may not decide needs no application.
        let mut finds = Finds::default();
        let ids = clerk.ids_to_look_for(IT, &finds, &Nothing);
        let told: Vec<&str> = ids.iter().map(ApplicationId::as_str).collect();
        assert_eq!(told, ["a", "c", "d"]);
        let settler = &counter.settler;
        let looked = find(
            desk.contract(),
            "managers",
            settler,
            IT,
            ids.clone(),
            &mut finds,
            &mut Waits::default(),
        )
        .await;
        looked.expect("is read");
        assert!(ids.iter().all(|id| finds.has(IT, id)));
        assert!(clerk.ids_to_look_for(IT, &finds, &Nothing).is_empty());
        let works = clerk
            .answer(usize::MAX, &mut Nothing, notices)
            .await
            .expect("works");
        let decided = |work: &super::Work| work.answered.as_ref()?.application();
        let decided: Vec<_> = works.iter().map(decided).collect();
        assert_eq!(decided, [Some((IT, 0)), None, Some((IT, 2)), None]);
    }
}
