//! A person at the inbox.
//!
//! The inbox is drawn again whenever an application arrives, a department moves or a key is pressed. What happens is
//! reported above it and stays on the screen.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use crossterm::event::{KeyCode, KeyEvent};
use timeoff_cli::{Answer, Input, Notices, Terminal, Tone, chain, counted, describe};
use timeoff_contract::ReceivedApplication;
use timeoff_log::{
    Assignment, Delivery, Event, LogError, Settled, Settlement, Settler, Subscription,
};
use timeoff_models::{Comment, Outcome, Ticks};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::backlog::Backlog;
use crate::books::Books;
use crate::clerk::{Answered, Attempt, Errand};
use crate::desk::{By, Desk, Verdict, Waiting};
use crate::find::{Found, LOOK_AGAIN, find};
use crate::inbox::{CAPACITY, Inbox, Row};
use crate::notices;
use crate::recent::{Recent, first_of_its_id};

/// How often the waiting times are drawn again when nothing else happens.
const REDRAW: Duration = Duration::from_secs(20);

/// Shows the inbox until the person leaves.
///
/// # Errors
///
/// If the log or the terminal fails for good.
pub(crate) async fn run(desk: &Desk, group: String, terminal: &mut Terminal) -> anyhow::Result<()> {
    let subscription = desk
        .contract()
        .log()
        .subscribe(desk.membership(&group, CAPACITY))
        .await
        .context("could not join the managers")?;
    let (notices, sentences) = Notices::to_screen();
    let backlog = Backlog::new(desk.contract(), &group);
    let mut session = Session {
        settler: subscription.settler(),
        subscription,
        desk,
        group,
        terminal,
        inbox: Inbox::new(),
        books: Books::default(),
        errands: Vec::new(),
        look_again_at: Instant::now(),
        taken_up: BTreeSet::new(),
        recent: Recent::default(),
        arrived: VecDeque::new(),
        notices,
        sentences,
        kept_comment: None,
        last_results: BTreeMap::new(),
        backlog,
    };
    let outcome = session.work().await;
    session.subscription.close().await;
    outcome
}

const COMMENT: &str = "Comment (Enter for none)";

/// How long to search the results for the manager who has decided meanwhile.
const SEARCH: Duration = Duration::from_secs(1);

/// How long to wait before something is settled again that the log refused.
const PAUSE: Duration = Duration::from_secs(1);

/// Whether the person goes on.
enum Next {
    GoOn,
    Leave,
}

struct Session<'a> {
    desk: &'a Desk,
    group: String,
    terminal: &'a mut Terminal,
    subscription: Subscription,
    settler: Settler,
    inbox: Inbox<Waiting>,
    books: Books,
    /// Commands that cannot be answered yet.
    errands: Vec<Errand>,
    look_again_at: Instant,
    /// The partition and offset of applications that were taken up out of turn: they may be handed out once more.
    taken_up: BTreeSet<(i32, i64)>,
    recent: Recent,
    /// Events that came while something else was waited for.
    arrived: VecDeque<Event>,
    notices: Notices,
    sentences: mpsc::UnboundedReceiver<String>,
    /// The comment that was written for a decision that was not recorded.
    kept_comment: Option<String>,
    /// The offset of this person's last result, for each partition of the results.
    last_results: BTreeMap<i32, i64>,
    backlog: Backlog,
}

impl Session<'_> {
    async fn work(&mut self) -> anyhow::Result<()> {
        loop {
            while let Some(event) = self.next_arrived()? {
                if let Next::Leave = self.hear(event).await? {
                    return Ok(());
                }
            }
            self.clear_up().await?;
            if self.backlog.is_out_of_date() {
                self.inbox.set_total(None);
            }
            if self.inbox.may_lack_some() {
                self.backlog.count();
            }
            self.draw()?;
            let next = tokio::select! {
                Some(total) = self.backlog.counted() => {
                    self.inbox.set_total(Some(total));
                    Next::GoOn
                }
                event = self.subscription.next() => {
                    self.arrived.push_back(event?);
                    Next::GoOn
                }
                input = self.terminal.next() => match input {
                    Input::Leave => Next::Leave,
                    Input::Resized => Next::GoOn,
                    Input::Key(key) => self.press(key).await?,
                },
                () = tokio::time::sleep_until(self.look_again_at), if !self.errands.is_empty() => {
                    self.try_again().await?
                }
                () = tokio::time::sleep(REDRAW) => Next::GoOn,
            };
            if let Next::Leave = next {
                return Ok(());
            }
        }
    }

    fn next_arrived(&mut self) -> anyhow::Result<Option<Event>> {
        match self.arrived.pop_front() {
            Some(event) => Ok(Some(event)),
            None => Ok(self.subscription.try_next()?),
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        let (columns, rows) = self.terminal.room();
        // A third of the window is left for what was reported.
        let view = self.inbox.view((columns, rows - rows / 3), now());
        self.terminal
            .draw_block(view.height(), |frame| view.render(frame))?;
        Ok(())
    }

    async fn hear(&mut self, event: Event) -> anyhow::Result<Next> {
        let departments = self.desk.contract().departments();
        self.backlog.hear(&event);
        match event {
            Event::Delivery(delivery) => return self.take_in(delivery).await,
            Event::Assignment(ref assignment) => {
                let held = describe(departments, &assignment.held);
                self.inbox.set_held(format!("You hold {held}."));
                self.inbox.forget_total();
                self.inbox.remove_partitions(&assignment.lost);
                self.recent.hear(assignment);
                let is_lost = |partition: i32| assignment.lost.contains(&partition);
                self.errands.retain(|errand| !is_lost(errand.partition()));
                self.taken_up.retain(|&(partition, _)| !is_lost(partition));
                if !assignment.lost.is_empty() || assignment.held.is_empty() {
                    self.say_event(&event)?;
                }
                self.desk.check_they_are_departments(assignment)?;
                if let Next::Leave = self.open_books(assignment).await? {
                    return Ok(Next::Leave);
                }
                if let Some(sentence) = self.desk.decided_before(&self.group, assignment).await {
                    self.terminal.say(&sentence, Tone::Plain)?;
                }
            }
            Event::WindowFull { ref topic, .. }
                if *topic != self.desk.contract().topics().applications => {}
            Event::WindowFull {
                partition,
                undecided,
                ..
            } => {
                self.inbox.note_held_up();
                let sentence = notices::window_full(departments, partition, undecided);
                self.terminal.say(&sentence, Tone::Plain)?;
            }
            other => self.say_event(&other)?,
        }
        Ok(Next::GoOn)
    }

    fn say_event(&mut self, event: &Event) -> anyhow::Result<()> {
        if let Some(text) = notices::text(event, self.desk.contract().departments()) {
            self.terminal.say(&text, Tone::Plain)?;
        }
        Ok(())
    }

    /// Folds the ledgers of the departments that were gained.
    async fn open_books(&mut self, assignment: &Assignment) -> anyhow::Result<Next> {
        let (desk, notices) = (self.desk, self.notices.clone());
        let mut books = std::mem::take(&mut self.books);
        let opened = async {
            books.hear(assignment, desk.contract(), &notices).await?;
            if books.have_people() {
                desk.prepare_for_the_ledger(&notices).await?;
            }
            anyhow::Ok(())
        };
        let opened = self.wait_for(opened).await?;
        self.books = books;
        match opened {
            Some(opened) => opened.map(|()| Next::GoOn),
            None => Ok(Next::Leave),
        }
    }

    /// Folds ledgers again that may not be as they were folded.
    async fn clear_up(&mut self) -> anyhow::Result<()> {
        self.books
            .clear_up(self.desk.contract(), &self.notices)
            .await
    }

    /// Takes in a command, and answers it if that can be done now.
    async fn take_in_command(&mut self, delivery: Delivery) -> anyhow::Result<Next> {
        let (desk, notices) = (self.desk, self.notices.clone());
        match self.wait_for(desk.errand(delivery, &notices)).await? {
            None => Ok(Next::Leave),
            Some(Ok(Ok(errand))) => self.carry_out(errand).await,
            Some(Ok(Err(dead_letter))) => self.settle(dead_letter).await.map(|(next, _)| next),
            Some(Err(error)) => Err(error.into()),
        }
    }

    /// Answers a command, or keeps it for later.
    async fn carry_out(&mut self, errand: Errand) -> anyhow::Result<Next> {
        let at_hand = errand
            .application()
            .and_then(|id| self.inbox.take(|waiting| waiting.received.id == *id));
        let (row, waiting) = at_hand.unzip();
        let (attempt, left) = self.desk.answer(&mut self.books, errand, waiting);
        let row = match (row, left) {
            (Some(row), Some(left)) => {
                self.inbox.put_back(row, left);
                None
            }
            (row, _) => row,
        };
        let errand = match attempt {
            Attempt::Answer(settlement, answered) => {
                return self.record_answer(settlement, answered, row).await;
            }
            Attempt::NotHeld => return Ok(Next::GoOn),
            Attempt::NeedsApplication(errand) => errand,
        };
        let Some(id) = errand.application().cloned() else {
            return Ok(Next::GoOn);
        };
        let (desk, group, settler) = (self.desk, self.group.clone(), self.settler.clone());
        let search = find(desk.contract(), &group, &settler, errand.partition(), &id);
        let Some(found) = self.wait_for(search).await? else {
            return Ok(Next::Leave);
        };
        let attempt = match found {
            Ok(Found::InHand(delivery)) => {
                let notices = self.notices.clone();
                let Some(read) = self.wait_for(desk.read(&delivery, &notices)).await? else {
                    return Ok(Next::Leave);
                };
                match read?.map(ReceivedApplication::into_owned) {
                    Ok(received) => {
                        let position = delivery.position();
                        let place = (position.partition, position.offset);
                        let waiting = Waiting { delivery, received };
                        let row = row_of(&waiting);
                        let (attempt, left) = desk.answer(&mut self.books, errand, Some(waiting));
                        // One that is left undecided comes in its turn.
                        if left.is_none() {
                            self.taken_up.insert(place);
                        }
                        if let Attempt::Answer(settlement, answered) = attempt {
                            return self.record_answer(settlement, answered, Some(row)).await;
                        }
                        attempt
                    }
                    Err(_) => desk.refuse_without_application(&mut self.books, errand),
                }
            }
            Ok(Found::Nowhere) => desk.refuse_without_application(&mut self.books, errand),
            Ok(Found::NotHeld) => Attempt::NotHeld,
            Ok(Found::TooFarBehind) => Attempt::NeedsApplication(errand),
            Err(error) if error.is_final() => return Err(error.into()),
            // Whatever keeps the log from being read is reported by the subscription.
            Err(_) => Attempt::NeedsApplication(errand),
        };
        match attempt {
            Attempt::Answer(settlement, answered) => {
                self.record_answer(settlement, answered, None).await
            }
            Attempt::NotHeld => Ok(Next::GoOn),
            Attempt::NeedsApplication(errand) => {
                self.look_again_at = Instant::now() + LOOK_AGAIN;
                self.errands.push(errand);
                Ok(Next::GoOn)
            }
        }
    }

    /// Tries again to answer the commands that could not be answered.
    async fn try_again(&mut self) -> anyhow::Result<Next> {
        for errand in std::mem::take(&mut self.errands) {
            if let Next::Leave = self.carry_out(errand).await? {
                return Ok(Next::Leave);
            }
        }
        Ok(Next::GoOn)
    }

    /// Records the answer to a command. If it decides an application, the person is told; `row` is what they saw of it.
    async fn record_answer(
        &mut self,
        settlement: Settlement,
        answered: Answered,
        row: Option<Row>,
    ) -> anyhow::Result<Next> {
        let (next, settled) = self.settle(settlement).await?;
        if let Some(settled) = &settled {
            let contract = self.desk.contract();
            self.books.note(answered.partition, settled, contract);
        }
        if let (Some(Settled::Recorded(_)), Some(decided), Some(row)) =
            (settled, answered.decided, row)
        {
            self.inbox.note_decided();
            self.backlog.note_decided();
            let sentence = format!("{decided}: {}.", request(&row));
            self.terminal.say(&sentence, Tone::Plain)?;
        }
        Ok(next)
    }

    /// Settles what nobody at the terminal has decided, however often the log refuses. `None`: it is left undecided, or
    /// its outcome is not known.
    async fn settle(&mut self, settlement: Settlement) -> anyhow::Result<(Next, Option<Settled>)> {
        let settler = self.settler.clone();
        let mut settlements = vec![settlement];
        let mut told = false;
        loop {
            let error = match self.wait_for(settler.settle(settlements)).await? {
                None => return Ok((Next::Leave, None)),
                Some(Ok(settled)) => return Ok((Next::GoOn, settled.into_iter().next())),
                Some(Err(error)) => error,
            };
            if !std::mem::replace(&mut told, true) {
                let sentence = format!("Not recorded: {}.", chain(&error.source));
                self.terminal.say(&sentence, Tone::Wrong)?;
            }
            if let LogError::RecordTooLarge { .. } | LogError::Closed = error.source {
                return Ok((Next::GoOn, Some(Settled::Stale)));
            }
            settlements = error.settlements;
            if self.wait_for(tokio::time::sleep(PAUSE)).await?.is_none() {
                return Ok((Next::Leave, None));
            }
        }
    }

    async fn take_in(&mut self, delivery: Delivery) -> anyhow::Result<Next> {
        if self.desk.is_command(&delivery) {
            return self.take_in_command(delivery).await;
        }
        let position = delivery.position();
        if self.taken_up.remove(&(position.partition, position.offset)) {
            return Ok(Next::GoOn);
        }
        let (desk, notices) = (self.desk, self.notices.clone());
        let Some(read) = self.wait_for(desk.read(&delivery, &notices)).await? else {
            return Ok(Next::Leave);
        };
        let read =
            read?.and_then(|received| first_of_its_id(&mut self.recent, received, &delivery));
        match read.map(ReceivedApplication::into_owned) {
            Ok(received) => {
                let waiting = Waiting { delivery, received };
                self.inbox.add(row_of(&waiting), waiting);
                Ok(Next::GoOn)
            }
            Err(reason) => {
                let dead_letter = desk.bury(delivery, &reason, &notices);
                self.settle(dead_letter).await.map(|(next, _)| next)
            }
        }
    }

    async fn press(&mut self, key: KeyEvent) -> anyhow::Result<Next> {
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.inbox.choose(-1),
            KeyCode::Down | KeyCode::Char('j') => self.inbox.choose(1),
            KeyCode::PageUp => self.inbox.choose(-10),
            KeyCode::PageDown => self.inbox.choose(10),
            KeyCode::Home => self.inbox.choose(isize::MIN),
            KeyCode::End => self.inbox.choose(isize::MAX),
            KeyCode::Char('a') => return self.decide(Outcome::Approved).await,
            KeyCode::Char('d') => return self.decide(Outcome::Declined).await,
            KeyCode::Char('l') => self.inbox.leave_chosen_for_later(),
            KeyCode::Char('s') => self.inbox.sort_otherwise(),
            KeyCode::Char('/') => return self.ask_for_a_filter().await,
            KeyCode::Esc => self.inbox.set_filter(""),
            KeyCode::Char('q') => return Ok(Next::Leave),
            KeyCode::Enter => return self.ask_what_to_do().await,
            _ => {}
        }
        Ok(Next::GoOn)
    }

    async fn ask_for_a_filter(&mut self) -> anyhow::Result<Next> {
        let question = "Show those with (Enter for all)";
        let anything = |text: &str| Ok::<_, Infallible>(text.to_owned());
        match self.terminal.line(question, None, anything).await? {
            Answer::Given(text) => self.inbox.set_filter(&text),
            Answer::Back => {}
            Answer::Left => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    async fn ask_what_to_do(&mut self) -> anyhow::Result<Next> {
        let Some(row) = self.inbox.chosen() else {
            return Ok(Next::GoOn);
        };
        let question = request(row);
        // A key that is held down chooses the first one, so that one decides nothing.
        let choices = ["Leave for later", "Approve", "Decline", "Back", "Quit"];
        match self.terminal.choose(&question, choices, 0).await? {
            Answer::Left | Answer::Given(4) => {
                self.say_undecided(&question)?;
                Ok(Next::Leave)
            }
            Answer::Given(0) => {
                self.inbox.leave_chosen_for_later();
                Ok(Next::GoOn)
            }
            Answer::Given(1) => self.decide(Outcome::Approved).await,
            Answer::Given(2) => self.decide(Outcome::Declined).await,
            Answer::Given(_) | Answer::Back => Ok(Next::GoOn),
        }
    }

    fn say_undecided(&mut self, request: &str) -> anyhow::Result<()> {
        let sentence = format!("Nothing was decided about {request}.");
        self.terminal.say(&sentence, Tone::Plain)?;
        Ok(())
    }

    /// Asks for a comment, then records the decision.
    async fn decide(&mut self, outcome: Outcome) -> anyhow::Result<Next> {
        let Some(row) = self.inbox.chosen() else {
            return Ok(Next::GoOn);
        };
        let verb = match outcome {
            Outcome::Approved => "Approve",
            Outcome::Declined => "Decline",
        };
        let (request, chosen) = (request(row), (row.partition, row.offset));
        self.terminal
            .say(&format!("{verb} {request}"), Tone::Strong)?;
        // Keys pressed before the question appeared are neither a comment nor the Enter that ends one.
        self.terminal.forget_typed().await;
        let question = match self.kept_comment {
            None => COMMENT.to_owned(),
            Some(_) => format!("{COMMENT}, ↑ for the one that is kept"),
        };
        let kept = self.kept_comment.clone();
        let answer = self
            .terminal
            .line_or_kept(&question, kept.as_deref(), optional_comment)
            .await?;
        let comment = match answer {
            Answer::Given(comment) => comment,
            Answer::Back => {
                self.say_undecided(&request)?;
                return Ok(Next::GoOn);
            }
            Answer::Left => {
                self.say_undecided(&request)?;
                return Ok(Next::Leave);
            }
        };
        let is_still_chosen = self
            .inbox
            .chosen()
            .is_some_and(|row| (row.partition, row.offset) == chosen);
        let taken = match is_still_chosen {
            true => self.inbox.take_chosen(),
            false => None,
        };
        let Some((row, waiting)) = taken else {
            return Ok(Next::GoOn);
        };
        self.record(row, waiting, Verdict { outcome, comment })
            .await
    }

    async fn record(
        &mut self,
        row: Row,
        waiting: Waiting,
        verdict: Verdict,
    ) -> anyhow::Result<Next> {
        let outcome = verdict.outcome;
        let comment = verdict.comment.as_ref().map(ToString::to_string);
        let Waiting { delivery, received } = waiting;
        let partition = received.partition;
        let decided = self
            .desk
            .decide(&mut self.books, received.clone(), verdict, By::Person);
        let outputs = match decided {
            Ok(outputs) => outputs,
            Err(refusal) => {
                let sentence = format!("Not decided: {refusal}");
                self.terminal.say(&sentence, Tone::Wrong)?;
                self.kept_comment = comment.or(self.kept_comment.take());
                self.inbox.put_back(row, Waiting { delivery, received });
                return Ok(Next::GoOn);
            }
        };
        let settlement = delivery.settle_with(outputs);
        self.terminal.draw(&[(
            "Recording… (Ctrl-C gives up waiting)".to_owned(),
            Tone::Faint,
        )])?;
        let settler = self.settler.clone();
        let Some(settled) = self.wait_for(settler.settle(vec![settlement])).await? else {
            self.terminal
                .say("It is not known whether this was recorded.", Tone::Wrong)?;
            return Ok(Next::Leave);
        };
        if !matches!(settled.as_deref(), Ok([Settled::Recorded(_)])) {
            self.kept_comment = comment.or(self.kept_comment.take());
        }
        match settled {
            Err(error) => {
                self.terminal.say(
                    &format!("Not recorded: {}.", chain(&error.source)),
                    Tone::Wrong,
                )?;
                self.books.doubt(partition);
                let delivery = error.settlements.into_iter().next();
                if let Some(delivery) = delivery.map(Settlement::into_delivery) {
                    self.inbox.put_back(row, Waiting { delivery, received });
                }
            }
            Ok(settled) => match settled
                .into_iter()
                .next()
                .inspect(|settled| self.books.note(partition, settled, self.desk.contract()))
            {
                Some(Settled::Recorded(positions)) => {
                    self.inbox.note_decided();
                    self.backlog.note_decided();
                    self.kept_comment = None;
                    if let Some(position) = positions.first() {
                        self.last_results.insert(position.partition, position.offset);
                    }
                    let place = positions.first().map_or_else(String::new, |position| {
                        format!(
                            ", result at partition {}, offset {}",
                            position.partition, position.offset
                        )
                    });
                    self.terminal
                        .produce(&format!("{outcome}: {}{place}", request(&row)))?;
                }
                Some(Settled::Unknown) => self.terminal.say(
                    "The log did not answer in time and another manager has taken the department over: it is not known \
                    whether your decision was recorded. If it was not, the application is offered again.",
                    Tone::Wrong,
                )?,
                Some(Settled::Stale) | None => {
                    self.terminal.say(
                        "Not recorded: another manager has taken this application over.",
                        Tone::Wrong,
                    )?;
                    if let Next::Leave = self.say_who_has_it(&received).await? {
                        return Ok(Next::Leave);
                    }
                }
            },
        }
        if self.kept_comment.is_some() {
            let sentence =
                "Your comment is kept: ↑ brings it back when you are asked for the next one.";
            self.terminal.say(sentence, Tone::Plain)?;
        }
        Ok(Next::GoOn)
    }

    /// Reports who has decided meanwhile, or who is going to, as far as that can be found out.
    async fn say_who_has_it(&mut self, received: &ReceivedApplication<'_>) -> anyhow::Result<Next> {
        let desk = self.desk;
        let since = self.last_results.clone();
        let search = tokio::time::timeout(SEARCH, desk.result_of(received, since));
        let Some(found) = self.wait_for(search).await? else {
            return Ok(Next::Leave);
        };
        let department = &received.application.department;
        let sentence = match found {
            Ok(Ok(Some(decided))) => decided.to_string(),
            Ok(Ok(None)) => format!(
                "It is not decided yet: it waits for the manager of group '{}' who holds {department} now.",
                self.group
            ),
            // What counts has been said: it was not recorded.
            Ok(Err(_)) | Err(_) => return Ok(Next::GoOn),
        };
        self.terminal.say(&sentence, Tone::Plain)?;
        Ok(Next::GoOn)
    }

    /// Waits for `work`. Meanwhile, what happens is reported, and the person can leave: then it returns `None`.
    async fn wait_for<T>(&mut self, work: impl Future<Output = T>) -> anyhow::Result<Option<T>> {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return Ok(Some(done)),
                Some(sentence) = self.sentences.recv() => {
                    self.terminal.say(&sentence, Tone::Plain)?;
                }
                event = self.subscription.next() => match event? {
                    trouble @ (Event::Unreachable { .. }
                    | Event::Reachable
                    | Event::Hidden { .. }
                    | Event::MadeAgain { .. }) => {
                        self.backlog.hear(&trouble);
                        self.say_event(&trouble)?;
                    }
                    other => self.arrived.push_back(other),
                },
                input = self.terminal.next() => {
                    if input == Input::Leave {
                        return Ok(None);
                    }
                }
            }
        }
    }
}

fn row_of(waiting: &Waiting) -> Row {
    let record = waiting.delivery.record();
    // Another program's key may not say when the application was submitted; the log knows when it was appended.
    let since = waiting.received.id.submitted_at().unwrap_or_else(|| {
        let appended = SystemTime::UNIX_EPOCH
            + Duration::from_millis(u64::try_from(record.timestamp_ms).unwrap_or(0));
        Ticks::of(appended.into())
    });
    Row {
        application: waiting.received.application.clone(),
        partition: record.position.partition,
        offset: record.position.offset,
        since,
    }
}

fn request(row: &Row) -> String {
    let application = &row.application;
    format!(
        "{} from {} for {} ({})",
        counted(
            u64::from(application.hours.get().unsigned_abs()),
            "hour",
            "hours"
        ),
        application.start,
        application.email,
        application.department
    )
}

fn optional_comment(text: &str) -> Result<Option<Comment>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| {
        let error: timeoff_models::InvalidComment = error;
        error.to_string()
    })
}

fn now() -> Ticks {
    Ticks::of(SystemTime::now().into())
}
