//! A person at the inbox.
//!
//! The inbox is drawn again whenever an application arrives, a department moves or a key is pressed. What happens is
//! reported above it and stays on the screen.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use crossterm::event::{KeyCode, KeyEvent};
use timeoff_cli::{Answer, Input, Notices, Terminal, Tone, chain, describe};
use timeoff_contract::ReceivedApplication;
use timeoff_ledger::{Broken, Refusal};
use timeoff_log::{Assignment, Delivery, Event, NewRecord, Settled, Settlement};
use timeoff_models::{Comment, Outcome, Ticks};
use tokio::sync::mpsc;

use crate::counter::Counter;
use crate::desk::{By, Desk, Outputs, Verdict, Waiting, now};
use crate::inbox::{CAPACITY, Row, detail, request};
use crate::notices;
use crate::recent::{first_of_its_id, used};

/// How often the waiting times are drawn again when nothing else happens.
const REDRAW: Duration = Duration::from_secs(20);

/// Shows the inbox until the person leaves.
///
/// # Errors
///
/// If the log or the terminal fails for good.
pub(crate) async fn run(desk: &Desk, group: String, terminal: &mut Terminal) -> anyhow::Result<()> {
    let (notices, mut sentences) = Notices::to_screen();
    let mut has_commands = desk.has_commands(&notices).await?;
    let mut kept_comment = None;
    loop {
        let (end, sentences_left, comment) = run_with(
            desk,
            &group,
            has_commands,
            terminal,
            (notices.clone(), sentences, kept_comment),
        )
        .await?;
        match end {
            Next::CommandsHaveCome => has_commands = true,
            Next::GoOn | Next::Leave => return Ok(()),
        }
        (sentences, kept_comment) = (sentences_left, comment);
    }
}

/// What outlives a session: what is to be said, and a comment that was written in vain.
type Kept = (Notices, mpsc::UnboundedReceiver<String>, Option<String>);

/// As [`run`], with commands or without. Returns why it ends.
async fn run_with(
    desk: &Desk,
    group: &str,
    has_commands: bool,
    terminal: &mut Terminal,
    (notices, sentences, kept_comment): Kept,
) -> anyhow::Result<(Next, mpsc::UnboundedReceiver<String>, Option<String>)> {
    let subscription = desk
        .contract()
        .log()
        .subscribe(desk.membership(group, CAPACITY, has_commands))
        .await
        .context("could not join the managers")?;
    let mut session = Session {
        counter: Counter::new(desk, group, subscription, notices.clone()),
        desk,
        group: group.to_owned(),
        has_commands,
        terminal,
        notices,
        sentences,
        kept_comment,
        last_results: BTreeMap::new(),
    };
    let outcome = session.work().await;
    session.counter.close().await;
    outcome.map(|end| (end, session.sentences, session.kept_comment))
}

/// Told to a person who decides while the log refuses what it rests on.
const HELD_UP: &str = "Not decided: the log does not take the answer to a command in this department, which comes first. \
    It is asked again every second.";

const COMMENT: &str = "Comment (Enter for none)";

/// How long to search the results for the manager who has decided meanwhile.
const SEARCH: Duration = Duration::from_secs(1);

/// Whether the person goes on.
enum Next {
    GoOn,
    Leave,
    /// There is a topic of commands now: the inbox joins again to be handed them.
    CommandsHaveCome,
}

/// What became of a decision that was to be recorded.
enum Ended {
    Recorded,
    /// Another manager has the application, as far as is known.
    Taken,
    /// The log has refused it: the application waits again.
    NotRecorded(Box<Waiting>),
    /// The person left meanwhile.
    Left,
}

struct Session<'a> {
    desk: &'a Desk,
    group: String,
    /// Whether commands are handed out, and ledgers are there.
    has_commands: bool,
    terminal: &'a mut Terminal,
    counter: Counter<'a>,
    notices: Notices,
    sentences: mpsc::UnboundedReceiver<String>,
    /// The comment that was written for a decision that was not recorded.
    kept_comment: Option<String>,
    /// The offset of this person's last result, for each partition of the results.
    last_results: BTreeMap<i32, i64>,
}

impl Session<'_> {
    /// Returns why it ends: never [`Next::GoOn`].
    async fn work(&mut self) -> anyhow::Result<Next> {
        let desk = self.desk;
        let mut commands_come = std::pin::pin!(desk.commands_come(self.has_commands));
        loop {
            while let Some(event) = self.next_arrived()? {
                match self.hear(event).await? {
                    Next::GoOn => {}
                    end => return Ok(end),
                }
            }
            if self.counter.can_answer() {
                match self.serve(None).await? {
                    Next::GoOn => continue,
                    end => return Ok(end),
                }
            }
            self.counter.clear_up().await?;
            if self.counter.backlog.is_out_of_date() {
                self.counter.inbox.set_total(None);
            }
            if self.counter.inbox.may_lack_some() {
                self.counter.backlog.count();
            }
            self.draw()?;
            let next = tokio::select! {
                Some(total) = self.counter.backlog.counted() => {
                    self.counter.inbox.set_total(Some(total));
                    Next::GoOn
                }
                event = self.counter.subscription.next() => {
                    self.counter.arrived.push_back(event?);
                    Next::GoOn
                }
                input = self.terminal.next() => match input {
                    Input::Leave => Next::Leave,
                    Input::Resized => Next::GoOn,
                    Input::Key(key) => self.press(key).await?,
                },
                () = self.counter.clerk.time_to_try_again(), if !self.counter.recording.has_answers() => {
                    self.counter.try_again().await?;
                    Next::GoOn
                }
                () = self.counter.recording.known() => {
                    self.counter.finish();
                    Next::GoOn
                }
                Some(sentence) = self.sentences.recv() => {
                    self.terminal.say(&sentence, Tone::Plain)?;
                    Next::GoOn
                }
                come = &mut commands_come => {
                    come?;
                    Next::CommandsHaveCome
                }
                () = tokio::time::sleep(REDRAW) => Next::GoOn,
            };
            match next {
                Next::GoOn => {}
                end => return Ok(end),
            }
        }
    }

    fn next_arrived(&mut self) -> anyhow::Result<Option<Event>> {
        match self.counter.arrived.pop_front() {
            Some(event) => Ok(Some(event)),
            None => Ok(self.counter.subscription.try_next()?),
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        let (columns, rows) = self.terminal.room();
        // A third of the window is left for what was reported.
        let detail = match (self.counter.inbox.chosen(), self.counter.look_at_chosen()) {
            (Some(row), Some(look)) => detail(&row.application, &look),
            _ => Vec::new(),
        };
        let room = (columns, rows - rows / 3);
        let view = self.counter.inbox.view(room, &detail, now());
        self.terminal
            .draw_block(view.height(), |frame| view.render(frame))?;
        Ok(())
    }

    async fn hear(&mut self, event: Event) -> anyhow::Result<Next> {
        let departments = self.desk.contract().departments();
        self.counter.backlog.hear(&event);
        match event {
            Event::Delivery(delivery) => return self.take_in(delivery).await,
            Event::Assignment(ref assignment) => {
                let held = describe(departments, &assignment.held);
                self.counter.inbox.set_held(format!("You hold {held}."));
                self.counter.inbox.forget_total();
                self.counter.inbox.remove_partitions(&assignment.lost);
                self.counter.clerk.recent.hear(assignment);
                if !assignment.lost.is_empty() || assignment.held.is_empty() {
                    self.say_event(&event)?;
                }
                self.desk.check_they_are_departments(assignment)?;
                if self.has_commands {
                    if let Next::Leave = self.open_the_books(assignment).await? {
                        return Ok(Next::Leave);
                    }
                } else if !assignment.gained.is_empty() {
                    let (desk, notices) = (self.desk, self.notices.clone());
                    match self.wait_for(desk.has_commands(&notices)).await? {
                        None => return Ok(Next::Leave),
                        // What another manager has held may have people by now: nothing is decided without knowing them.
                        Some(Ok(true)) => return Ok(Next::CommandsHaveCome),
                        Some(known) => drop(known?),
                    }
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
                self.counter.inbox.note_held_up();
                let sentence = notices::window_full(departments, partition, undecided);
                self.terminal.say(&sentence, Tone::Plain)?;
            }
            other => self.say_event(&other)?,
        }
        Ok(Next::GoOn)
    }

    fn say_event(&mut self, event: &Event) -> anyhow::Result<()> {
        let contract = self.desk.contract();
        let commands = &contract.topics().commands;
        if let Some(text) = notices::text(event, contract.departments(), commands) {
            self.terminal.say(&text, Tone::Plain)?;
        }
        Ok(())
    }

    /// Folds the ledgers of the departments that were gained. Meanwhile the person can leave.
    async fn open_the_books(&mut self, assignment: &Assignment) -> anyhow::Result<Next> {
        let Session {
            terminal,
            counter,
            notices,
            ..
        } = self;
        let mut opened = std::pin::pin!(counter.clerk.hear(assignment, notices));
        loop {
            tokio::select! {
                biased;
                opened = &mut opened => return opened.map(|()| Next::GoOn),
                input = terminal.next() => {
                    if input == Input::Leave {
                        return Ok(Next::Leave);
                    }
                }
            }
        }
    }

    /// Takes in a command, if there is one, and answers those that can be answered. Meanwhile the person can leave.
    async fn serve(&mut self, command: Option<Delivery>) -> anyhow::Result<Next> {
        let Session {
            terminal, counter, ..
        } = self;
        let mut served = std::pin::pin!(counter.serve(command));
        loop {
            tokio::select! {
                biased;
                served = &mut served => return served.map(|()| Next::GoOn),
                input = terminal.next() => {
                    if input == Input::Leave {
                        return Ok(Next::Leave);
                    }
                }
            }
        }
    }

    /// Waits until it is known what became of the answers that are being recorded. Meanwhile the person can leave.
    async fn finish_answers(&mut self) -> anyhow::Result<Next> {
        let Session {
            terminal, counter, ..
        } = self;
        let mut finished = std::pin::pin!(counter.finish_answers());
        loop {
            tokio::select! {
                biased;
                finished = &mut finished => return finished.map(|()| Next::GoOn),
                input = terminal.next() => {
                    if input == Input::Leave {
                        return Ok(Next::Leave);
                    }
                }
            }
        }
    }

    async fn take_in(&mut self, delivery: Delivery) -> anyhow::Result<Next> {
        if self.desk.is_command(&delivery) {
            return self.serve(Some(delivery)).await;
        }
        if self.counter.clerk.was_taken_up(delivery.position()) {
            return Ok(Next::GoOn);
        }
        let (desk, notices) = (self.desk, self.notices.clone());
        let Some(read) = self.wait_for(desk.read(&delivery, &notices)).await? else {
            return Ok(Next::Leave);
        };
        let read = read?.and_then(|received| {
            first_of_its_id(&mut self.counter.clerk.recent, received, &delivery)
        });
        match read.map(ReceivedApplication::into_owned) {
            Ok(received) => {
                let waiting = Waiting { delivery, received };
                let position = waiting.delivery.position();
                self.counter.clerk.waits.note(position, &waiting.received);
                if self.counter.is_approved_automatically(&waiting) {
                    return self.approve_automatically(waiting).await;
                }
                self.counter.inbox.add(row_of(&waiting), waiting);
                Ok(Next::GoOn)
            }
            Err(reason) => {
                self.counter.bury(delivery, &reason);
                Ok(Next::GoOn)
            }
        }
    }

    async fn press(&mut self, key: KeyEvent) -> anyhow::Result<Next> {
        match key.code {
            KeyCode::Up | KeyCode::Char('k') => self.counter.inbox.choose(-1),
            KeyCode::Down | KeyCode::Char('j') => self.counter.inbox.choose(1),
            KeyCode::PageUp => self.counter.inbox.choose(-10),
            KeyCode::PageDown => self.counter.inbox.choose(10),
            KeyCode::Home => self.counter.inbox.choose(isize::MIN),
            KeyCode::End => self.counter.inbox.choose(isize::MAX),
            KeyCode::Char('a') => return self.decide(Outcome::Approved).await,
            KeyCode::Char('d') => return self.decide(Outcome::Declined).await,
            KeyCode::Char('l') => self.counter.inbox.leave_chosen_for_later(),
            KeyCode::Char('s') => self.counter.inbox.sort_otherwise(),
            KeyCode::Char('/') => return self.ask_for_a_filter().await,
            KeyCode::Esc => self.counter.inbox.set_filter(""),
            KeyCode::Char('q') => return Ok(Next::Leave),
            KeyCode::Enter => return self.ask_what_to_do().await,
            _ => {}
        }
        Ok(Next::GoOn)
    }

    async fn ask_for_a_filter(&mut self) -> anyhow::Result<Next> {
        let question = "Show those with (Enter for all)";
        let anything = |text: &str| Ok::<_, Infallible>(text.to_owned());
        let Session {
            terminal, counter, ..
        } = self;
        let answer = counter
            .while_asking(terminal.line(question, None, anything))
            .await??;
        match answer {
            Answer::Given(text) => self.counter.inbox.set_filter(&text),
            Answer::Back => {}
            Answer::Left => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    async fn ask_what_to_do(&mut self) -> anyhow::Result<Next> {
        let Some(row) = self.counter.inbox.chosen() else {
            return Ok(Next::GoOn);
        };
        let question = request(row);
        // A key that is held down chooses the first one, so that one decides nothing.
        let choices = ["Leave for later", "Approve", "Decline", "Back", "Quit"];
        let chosen = (row.partition, row.offset);
        let Session {
            terminal, counter, ..
        } = self;
        let answer = counter
            .while_asking(terminal.choose(&question, choices, 0))
            .await??;
        if !self.is_still_chosen(chosen) && !matches!(answer, Answer::Left | Answer::Given(4)) {
            return Ok(Next::GoOn);
        }
        match answer {
            Answer::Left | Answer::Given(4) => {
                self.say_undecided(&question)?;
                Ok(Next::Leave)
            }
            Answer::Given(0) => {
                self.counter.inbox.leave_chosen_for_later();
                Ok(Next::GoOn)
            }
            Answer::Given(1) => self.decide(Outcome::Approved).await,
            Answer::Given(2) => self.decide(Outcome::Declined).await,
            Answer::Given(_) | Answer::Back => Ok(Next::GoOn),
        }
    }

    /// Whether the application at that partition and offset is still the chosen one: a command may have decided it while
    /// the person was asked.
    fn is_still_chosen(&self, (partition, offset): (i32, i64)) -> bool {
        let chosen = self.counter.inbox.chosen();
        chosen.is_some_and(|row| (row.partition, row.offset) == (partition, offset))
    }

    fn say_undecided(&mut self, request: &str) -> anyhow::Result<()> {
        let sentence = format!("Nothing was decided about {request}.");
        self.terminal.say(&sentence, Tone::Plain)?;
        Ok(())
    }

    /// Records what the policy approves without anybody deciding. What cannot be recorded waits for a person.
    async fn approve_automatically(&mut self, waiting: Waiting) -> anyhow::Result<Next> {
        if let Next::Leave = self.finish_answers().await? {
            return Ok(Next::Leave);
        }
        let row = row_of(&waiting);
        let partition = waiting.received.partition;
        // The answers may have changed what the policy says.
        let is_held_up = self.counter.recording.holds_up(partition);
        let clerk = &mut self.counter.clerk;
        let (books, waits) = (&mut clerk.books, &clerk.waits);
        let (received, offset) = (&waiting.received, waiting.delivery.position().offset);
        let records = (!is_held_up)
            .then(|| {
                self.desk
                    .approve_automatically(books, waits, received, offset)
            })
            .flatten();
        let Some(records) = records else {
            self.counter.inbox.add(row, waiting);
            return Ok(Next::GoOn);
        };
        let said = format!("{} by the policy: {}", Outcome::Approved, request(&row));
        match self.settle(waiting, records, &said).await? {
            Ended::Left => return Ok(Next::Leave),
            Ended::Recorded | Ended::Taken => {}
            Ended::NotRecorded(waiting) => self.counter.inbox.add(row, *waiting),
        }
        Ok(Next::GoOn)
    }

    /// What the policy warns of if the chosen application is approved, once the person has accepted that. `None`: it is not
    /// to be approved, or cannot be.
    async fn ask_about_the_policy(
        &mut self,
        request: &str,
    ) -> anyhow::Result<Result<Vec<Broken>, Next>> {
        let look = match self.counter.look_at_chosen() {
            Some(Ok(Some(look))) => look,
            // What is wrong with it is found when it is decided.
            Some(Ok(None) | Err(_)) | None => return Ok(Ok(Vec::new())),
        };
        let refusal = match look.against {
            None if look.stage < look.stages => Refusal::StagesByCommand,
            // Whether it may be approved depends on who decides, too.
            None | Some(Refusal::ReplacesPast { .. }) => return Ok(Ok(Vec::new())),
            Some(refusal) => refusal,
        };
        let Refusal::Warned { warnings } = refusal else {
            let sentence = format!("Not decided: {refusal}");
            self.terminal.say(&sentence, Tone::Wrong)?;
            return Ok(Err(Next::GoOn));
        };
        for warning in &warnings {
            let sentence = format!("Warning: {warning}");
            self.terminal.say(&sentence, Tone::Wrong)?;
        }
        let Session {
            terminal, counter, ..
        } = self;
        let question = terminal.confirm("Approve it all the same?", false);
        let answer = counter.while_asking(question).await??;
        if answer == Answer::Given(true) {
            return Ok(Ok(warnings));
        }
        self.say_undecided(request)?;
        Ok(Err(match answer {
            Answer::Left => Next::Leave,
            Answer::Given(_) | Answer::Back => Next::GoOn,
        }))
    }

    /// Asks for a comment, then records the decision.
    async fn decide(&mut self, outcome: Outcome) -> anyhow::Result<Next> {
        let Some(row) = self.counter.inbox.chosen() else {
            return Ok(Next::GoOn);
        };
        let verb = match outcome {
            Outcome::Approved => "Approve",
            Outcome::Declined => "Decline",
        };
        let (request, chosen) = (request(row), (row.partition, row.offset));
        self.terminal
            .say(&format!("{verb} {request}"), Tone::Strong)?;
        let mut accepted = Vec::new();
        if outcome == Outcome::Approved {
            match self.ask_about_the_policy(&request).await? {
                Ok(warnings) => accepted = warnings,
                Err(next) => return Ok(next),
            }
            if !self.is_still_chosen(chosen) {
                return Ok(Next::GoOn);
            }
        }
        // Keys pressed before the question appeared are neither a comment nor the Enter that ends one.
        self.terminal.forget_typed().await;
        let question = match self.kept_comment {
            None => COMMENT.to_owned(),
            Some(_) => format!("{COMMENT}, ↑ for the one that is kept"),
        };
        let kept = self.kept_comment.clone();
        let Session {
            terminal, counter, ..
        } = self;
        let line = terminal.line_or_kept(&question, kept.as_deref(), optional_comment);
        let answer = counter.while_asking(line).await??;
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
        if !self.is_still_chosen(chosen) {
            // What has become of it meanwhile is about to be said.
            let comment = comment.as_ref().map(ToString::to_string);
            self.kept_comment = comment.or(self.kept_comment.take());
            return Ok(Next::GoOn);
        }
        let Some((row, waiting)) = self.counter.inbox.take_chosen() else {
            return Ok(Next::GoOn);
        };
        self.record(
            row,
            waiting,
            Verdict {
                outcome,
                comment,
                accepts_warnings: false,
            },
            &accepted,
        )
        .await
    }

    /// Decides. Of what the policy warns of, only what the person has seen is accepted.
    fn decide_by_person(
        &mut self,
        received: &ReceivedApplication<'_>,
        offset: i64,
        verdict: Verdict,
        accepted: &[Broken],
    ) -> Result<Outputs, Refusal> {
        let (desk, clerk) = (self.desk, &mut self.counter.clerk);
        let mut decide = |verdict| {
            let (books, waits) = (&mut clerk.books, &clerk.waits);
            desk.decide(
                books,
                waits,
                (received.clone(), offset),
                verdict,
                By::Person,
            )
            .map_err(|not_decided| not_decided.refusal)
        };
        match decide(verdict.clone()) {
            Err(Refusal::Warned { warnings }) if warnings == accepted => decide(Verdict {
                accepts_warnings: true,
                ..verdict
            }),
            decided => decided,
        }
    }

    async fn record(
        &mut self,
        row: Row,
        waiting: Waiting,
        verdict: Verdict,
        accepted: &[Broken],
    ) -> anyhow::Result<Next> {
        let outcome = verdict.outcome;
        let comment = verdict.comment.as_ref().map(ToString::to_string);
        self.terminal.draw(&[(
            "Recording… (Ctrl-C gives up waiting)".to_owned(),
            Tone::Faint,
        )])?;
        if let Next::Leave = self.finish_answers().await? {
            self.say_undecided(&request(&row))?;
            return Ok(Next::Leave);
        }
        let Waiting { delivery, received } = waiting;
        let partition = received.partition;
        if self.counter.recording.holds_up(partition) {
            self.terminal.say(HELD_UP, Tone::Wrong)?;
            self.kept_comment = comment.or(self.kept_comment.take());
            self.counter
                .inbox
                .put_back(row, Waiting { delivery, received });
            return Ok(Next::GoOn);
        }
        let offset = delivery.position().offset;
        let decided = self.decide_by_person(&received, offset, verdict, accepted);
        let outputs = match decided {
            Ok(outputs) => outputs.records,
            Err(refusal) => {
                let sentence = format!("Not decided: {refusal}");
                self.terminal.say(&sentence, Tone::Wrong)?;
                self.kept_comment = comment.or(self.kept_comment.take());
                match refusal {
                    // It waits here all the same, so it is another one with the same id.
                    Refusal::AlreadyDecided { .. } => self.counter.bury(delivery, &used(&refusal)),
                    _ => self
                        .counter
                        .inbox
                        .put_back(row, Waiting { delivery, received }),
                }
                return Ok(Next::GoOn);
            }
        };
        let said = format!("{outcome}: {}", request(&row));
        let waiting = Waiting { delivery, received };
        let ended = self.settle(waiting, outputs, &said).await?;
        if !matches!(ended, Ended::Recorded) {
            self.kept_comment = comment.or(self.kept_comment.take());
        }
        match ended {
            Ended::Left => return Ok(Next::Leave),
            Ended::Recorded => self.kept_comment = None,
            Ended::Taken => {}
            Ended::NotRecorded(waiting) => self.counter.inbox.put_back(row, *waiting),
        }
        if self.kept_comment.is_some() {
            let sentence =
                "Your comment is kept: ↑ brings it back when you are asked for the next one.";
            self.terminal.say(sentence, Tone::Plain)?;
        }
        Ok(Next::GoOn)
    }

    /// Records a decision, and says `said` with its place, or why it is not recorded.
    async fn settle(
        &mut self,
        waiting: Waiting,
        records: Vec<NewRecord>,
        said: &str,
    ) -> anyhow::Result<Ended> {
        let place = waiting.place();
        let Waiting { delivery, received } = waiting;
        let partition = received.partition;
        let settlement = delivery.settle_with(records);
        let settler = self.counter.settler.clone();
        let Some(settled) = self.wait_for(settler.settle(vec![settlement])).await? else {
            self.terminal
                .say("It is not known whether this was recorded.", Tone::Wrong)?;
            return Ok(Ended::Left);
        };
        let settled = match settled {
            Ok(settled) => settled.into_iter().next(),
            Err(error) => {
                self.terminal.say(
                    &format!("Not recorded: {}.", chain(&error.source)),
                    Tone::Wrong,
                )?;
                self.counter.clerk.books.doubt(partition);
                let delivery = error.settlements.into_iter().next();
                let Some(delivery) = delivery.map(Settlement::into_delivery) else {
                    return Ok(Ended::Taken);
                };
                let waiting = Waiting { delivery, received };
                return Ok(Ended::NotRecorded(Box::new(waiting)));
            }
        };
        self.counter.clerk.waits.forget(place);
        if let Some(settled) = &settled {
            let contract = self.desk.contract();
            self.counter.clerk.books.note(partition, settled, contract);
        }
        match settled {
            Some(Settled::Recorded(positions)) => {
                self.counter.inbox.note_decided();
                self.counter.backlog.note_decided();
                if let Some(position) = positions.first() {
                    self.last_results
                        .insert(position.partition, position.offset);
                }
                let place = positions.first().map_or_else(String::new, |position| {
                    format!(
                        ", result at partition {}, offset {}",
                        position.partition, position.offset
                    )
                });
                self.terminal.produce(&format!("{said}{place}"))?;
                Ok(Ended::Recorded)
            }
            Some(Settled::Unknown) => {
                self.terminal.say(
                    "The log did not answer in time and another manager has taken the department over: it is not known \
                    whether your decision was recorded. If it was not, the application is offered again.",
                    Tone::Wrong,
                )?;
                Ok(Ended::Taken)
            }
            Some(Settled::Stale) | None => {
                self.terminal.say(
                    "Not recorded: another manager has taken this application over.",
                    Tone::Wrong,
                )?;
                match self.say_who_has_it(&received).await? {
                    Next::Leave => Ok(Ended::Left),
                    _ => Ok(Ended::Taken),
                }
            }
        }
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
                event = self.counter.subscription.next() => match event? {
                    trouble @ (Event::Unreachable { .. }
                    | Event::Reachable
                    | Event::Hidden { .. }
                    | Event::MadeAgain { .. }) => {
                        self.counter.backlog.hear(&trouble);
                        self.say_event(&trouble)?;
                    }
                    other => self.counter.arrived.push_back(other),
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

fn optional_comment(text: &str) -> Result<Option<Comment>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|error| {
        let error: timeoff_models::InvalidComment = error;
        error.to_string()
    })
}

#[cfg(test)]
mod tests;
