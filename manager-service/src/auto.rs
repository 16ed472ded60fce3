//! Serving without a person: carrying out commands and, if there is a rule, deciding by it. In batches.

mod batch;
mod pile;
mod report;

use std::collections::VecDeque;
use std::io::Write;
use std::ops::ControlFlow;

use anyhow::{Context, bail};
use timeoff_cli::{Notices, OutputFormat, Shutdown, Unrecorded};
use timeoff_ledger::Refusal;
use timeoff_log::{Assignment, Delivery, Event, Membership, Subscription};
use timeoff_models::{Departments, Outcome};

use self::batch::{Batch, Recording, What, first_known};
use self::pile::Pile;
use self::report::Report;
use crate::clerk::{Answered, AtHand as _, Clerk, Work};
use crate::desk::{By, Desk, NotDecided, Outputs, Verdict, Waiting};
use crate::left::Left;
use crate::policy::Policy;
use crate::recent::{first_of_its_id, used};

/// At most this many deliveries are in the process's hands: those whose decisions are being recorded, and as many again
/// that are being decided meanwhile. This is below what may be undecided in one partition on Kafka, so that deliveries
/// in hand never pause a partition. A higher limit is faster on Kafka, but not worth its memory.
const IN_HAND: usize = 10_000;

/// As [`IN_HAND`], where no rule decides: all that is handed out stays undecided until a command comes. So few that the log
/// can keep many apart from them that are decided out of turn.
const IN_HAND_WITHOUT_RULE: usize = 300;

/// The notice about batches for which a stop did not leave enough time.
const CUT_SHORT: &str = "Stopped while decisions were being recorded: some that are not printed may be recorded all \
    the same. Those that are not are offered again.";

/// How [`run`] is to behave.
pub(crate) struct Settings {
    /// The group of managers.
    pub group: String,
    /// The rule; `None` if only commands decide.
    pub policy: Option<Policy>,
    /// Whether to end when all that was waiting at the start has been handed out.
    pub until_caught_up: bool,
    /// How decisions are printed.
    pub output: OutputFormat,
}

/// Decides what waits, until caught up or told to stop.
///
/// # Errors
///
/// If the log fails for good, or standard output does.
pub(crate) async fn run(
    desk: &Desk,
    settings: &Settings,
    out: &mut impl Write,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let mut has_commands = desk.has_commands(notices).await?;
    loop {
        match run_with(desk, settings, has_commands, out, notices, shutdown).await? {
            End::Done => return Ok(()),
            End::CommandsHaveCome => has_commands = true,
        }
    }
}

/// How a run ends that has not failed.
enum End {
    /// It is done, or was told to stop.
    Done,
    /// There is a topic of commands now: it joins again to be handed them.
    CommandsHaveCome,
}

/// As [`run`], with commands or without.
async fn run_with(
    desk: &Desk,
    settings: &Settings,
    has_commands: bool,
    out: &mut impl Write,
    notices: &Notices,
    shutdown: &Shutdown,
) -> anyhow::Result<End> {
    let contract = desk.contract();
    let in_hand = match settings.policy {
        Some(_) => IN_HAND,
        None => IN_HAND_WITHOUT_RULE,
    };
    let membership = Membership {
        announce_caught_up: settings.until_caught_up,
        ..desk.membership(&settings.group, in_hand, has_commands)
    };
    let mut subscription = contract
        .log()
        .subscribe(membership)
        .await
        .context("could not join the managers")?;
    let clerk = Clerk::new(desk, &settings.group, subscription.settler());
    let mut run = Run {
        desk,
        settings,
        has_commands,
        subscription: &mut subscription,
        clerk,
        rule: settings.policy.map(|policy| policy.to_string()),
        pile: Pile::default(),
        left: Left::default(),
        recording: VecDeque::new(),
        unrecorded: Unrecorded::default(),
        report: Report::new(out, settings.output, notices),
        notices,
    };
    let outcome = tokio::select! {
        outcome = run.until_done(shutdown) => outcome,
        // After a stop, batches already begun get a grace period to finish.
        () = shutdown.overdue() => run.cut_short().map(|()| End::Done),
    };
    subscription.close().await;
    outcome
}

/// A run of the policy. Batches are being recorded while the next ones are being decided.
struct Run<'run, W> {
    desk: &'run Desk,
    settings: &'run Settings,
    /// Whether commands are handed out, and ledgers are there.
    has_commands: bool,
    subscription: &'run mut Subscription,
    clerk: Clerk<'run>,
    /// The rule, in words.
    rule: Option<String>,
    /// Applications that were left, for commands that may come.
    pile: Pile,
    left: Left,
    /// In the order in which they were handed on.
    recording: VecDeque<Recording>,
    unrecorded: Unrecorded,
    report: Report<'run, W>,
    notices: &'run Notices,
}

impl<W: Write> Run<'_, W> {
    async fn until_done(&mut self, shutdown: &Shutdown) -> anyhow::Result<End> {
        let done = self.decide_all(shutdown).await;
        // Decisions still being recorded are reported however the loop ended.
        let told = self.finish_all().await;
        let end = done.and_then(|end| told.map(|()| end))?;
        // A run that ends once caught up will not come to the unrecorded ones again.
        if self.settings.until_caught_up
            && let End::Done = end
        {
            self.unrecorded.check()?;
        }
        Ok(end)
    }

    async fn decide_all(&mut self, shutdown: &Shutdown) -> anyhow::Result<End> {
        let desk = self.desk;
        let mut commands_come = std::pin::pin!(desk.commands_come(self.has_commands));
        loop {
            if self.clerk.books.are_doubtful() {
                // Nothing is decided by what may not be on the log.
                self.finish_all().await?;
                let contract = self.desk.contract();
                self.clerk.books.clear_up(contract, self.notices).await?;
            }
            let event = tokio::select! {
                biased;
                () = shutdown.requested() => return Ok(End::Done),
                come = &mut commands_come => {
                    come?;
                    return Ok(End::CommandsHaveCome);
                }
                () = first_known(&mut self.recording) => {
                    self.finish_first().await?;
                    continue;
                }
                event = self.subscription.next() => event?,
                () = self.clerk.time_to_try_again() => {
                    self.try_again().await?;
                    continue;
                }
            };
            let other = match event {
                Event::Delivery(first) => self.decide_from(first).await?,
                other => Some(other),
            };
            if let Some(other) = other
                && let ControlFlow::Break(end) = self.hear(other).await?
            {
                return Ok(end);
            }
        }
    }

    /// Decides the first delivery and those already waiting behind it, then hands the batch on to be recorded. Returns
    /// the event that ended the batch, if one did.
    async fn decide_from(&mut self, first: Delivery) -> anyhow::Result<Option<Event>> {
        let mut batch = Batch::default();
        let mut next = Some(Event::Delivery(first));
        while let Some(Event::Delivery(delivery)) = next {
            self.decide(&mut batch, delivery).await?;
            if batch.is_full_with(self.clerk.queued()) {
                next = None;
                break;
            }
            next = self.subscription.try_next()?;
        }
        self.answer_commands(&mut batch).await?;
        self.hand_on(batch).await?;
        Ok(next)
    }

    /// Has a batch recorded. One that answers commands is waited for: what is decided next may rest on its answers, and
    /// would be recorded before them if the log refused them for the moment.
    async fn hand_on(&mut self, batch: Batch) -> anyhow::Result<()> {
        let is_waited_for = batch.has_answers();
        let begun = batch.begin(&self.subscription.settler());
        self.recording.extend(begun);
        match is_waited_for {
            true => self.finish_all().await,
            false => Ok(()),
        }
    }

    async fn decide(&mut self, batch: &mut Batch, delivery: Delivery) -> anyhow::Result<()> {
        if self.desk.is_command(&delivery) {
            if let Some(dead_letter) = self.clerk.take_in(delivery, self.notices).await? {
                self.add(batch, dead_letter);
            }
            return Ok(());
        }
        // A command is answered before what was handed out after it is decided.
        self.answer_commands(batch).await?;
        if self.clerk.was_taken_up(delivery.position()) {
            return Ok(());
        }
        let read = self.desk.read(&delivery, self.notices).await?;
        let received =
            read.and_then(|received| first_of_its_id(&mut self.clerk.recent, received, &delivery));
        let received = match received {
            Ok(received) => received,
            Err(reason) => {
                let dead_letter = self.desk.bury(delivery, &reason, self.notices);
                batch.add(dead_letter, What::DeadLetter);
                return Ok(());
            }
        };
        let id = received.id.clone().into_owned();
        let offset = delivery.position().offset;
        let (books, waits) = (&mut self.clerk.books, &self.clerk.waits);
        if let Some(records) = self
            .desk
            .approve_automatically(books, waits, &received, offset)
        {
            let what = What::Application(id, Outcome::Approved);
            let position = delivery.position();
            self.clerk.waits.forget((position.partition, offset));
            batch.add(delivery.settle_with(records), what);
            return Ok(());
        }
        let policy = self.settings.policy.as_ref();
        let Some(outcome) = policy.and_then(|policy| policy.decide(&received.application)) else {
            let received = received.into_owned();
            self.leave(Waiting { delivery, received });
            return Ok(());
        };
        let verdict = Verdict {
            outcome,
            comment: None,
            accepts_warnings: false,
        };
        let by = By::Policy(self.rule.as_deref().unwrap_or_default());
        let decided = self
            .desk
            .decide(books, waits, (received, offset), verdict, by);
        match decided {
            Ok(Outputs { records, outcome }) => {
                if records.len() == 1 {
                    batch.note_beside_the_ledger();
                }
                let position = delivery.position();
                self.clerk.waits.forget((position.partition, offset));
                batch.add(
                    delivery.settle_with(records),
                    What::Application(id, outcome),
                );
            }
            Err(not_decided) => {
                let NotDecided { received, refusal } = *not_decided;
                if let Refusal::AlreadyDecided { .. } = refusal {
                    let dead_letter = self.desk.bury(delivery, &used(&refusal), self.notices);
                    batch.add(dead_letter, What::DeadLetter);
                } else {
                    // It takes a person to approve it: another stage, or a warning to be accepted.
                    let received = received.into_owned();
                    self.leave(Waiting { delivery, received });
                }
            }
        }
        Ok(())
    }

    /// Leaves an application for a person. If the pile has no room, its delivery is dropped; it stays first in line for
    /// another manager.
    fn leave(&mut self, waiting: Waiting) {
        let position = waiting.delivery.position();
        self.left.add(position.partition, position.offset);
        self.clerk.waits.note(position, &waiting.received);
        self.pile.put_back(waiting);
    }

    /// Waits until all is recorded on which the answers to commands may rest: the batches before and, as far as it decides
    /// without the ledger because nobody has been entered, this one. Otherwise an answer would be recorded before them if
    /// the log refused them for the moment, or be stale, as the log would not yet say that its application is decided.
    async fn finish_what_answers_rest_on(&mut self, batch: &mut Batch) -> anyhow::Result<()> {
        if batch.is_beside_the_ledger() {
            self.hand_on(std::mem::take(batch)).await?;
        }
        self.finish_all().await
    }

    /// Answers the commands that have been taken in.
    async fn answer_commands(&mut self, batch: &mut Batch) -> anyhow::Result<()> {
        if self.clerk.queued() == 0 {
            return Ok(());
        }
        self.finish_what_answers_rest_on(batch).await?;
        let answer = self.clerk.answer(usize::MAX, &mut self.pile, self.notices);
        for work in answer.await? {
            self.add(batch, work);
        }
        Ok(())
    }

    /// Adds what is to be recorded for a command.
    fn add(&mut self, batch: &mut Batch, work: Work) {
        let Work {
            settlement,
            answered,
        } = work;
        if let Some(place) = answered.as_ref().and_then(Answered::application) {
            self.left.remove(place);
        }
        let what = answered.map_or(What::UnreadableCommand, What::Command);
        batch.add(settlement, what);
    }

    /// Tries again to answer the commands that could not be answered.
    async fn try_again(&mut self) -> anyhow::Result<()> {
        let mut batch = Batch::default();
        for dead_letter in self.clerk.queue_again(self.notices).await? {
            self.add(&mut batch, dead_letter);
        }
        self.answer_commands(&mut batch).await?;
        self.hand_on(batch).await
    }

    /// Handles any event but a delivery. Breaks on [`Event::CaughtUp`], which comes only if it was asked for, and when
    /// commands have come.
    async fn hear(&mut self, event: Event) -> anyhow::Result<ControlFlow<End>> {
        match &event {
            // These events are about the deliveries before them, so those are settled first.
            Event::CaughtUp | Event::WindowFull { .. } | Event::Assignment(_) => {
                self.finish_all().await?;
            }
            _ => {}
        }
        match event {
            Event::CaughtUp => return Ok(ControlFlow::Break(End::Done)),
            Event::WindowFull { ref topic, .. }
                if *topic != self.desk.contract().topics().applications => {}
            Event::WindowFull {
                partition,
                undecided,
                ..
            } => {
                // The event may count deliveries that have been decided meanwhile. If they made no room, it comes
                // again.
                if self.left.are(partition, undecided) {
                    self.window_full(partition, undecided)?;
                }
            }
            other => {
                crate::notices::tell(&other, self.desk.contract(), self.notices);
                if let Event::Assignment(assignment) = &other {
                    return self.take_over(assignment).await;
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes up a changed share of the departments. What was known of the lost ones no longer counts.
    async fn take_over(&mut self, assignment: &Assignment) -> anyhow::Result<ControlFlow<End>> {
        self.left.forget(&assignment.lost);
        self.pile.forget(&assignment.lost);
        self.clerk.recent.hear(assignment);
        self.desk.check_they_are_departments(assignment)?;
        if self.has_commands {
            self.clerk.hear(assignment, self.notices).await?;
        } else if !assignment.gained.is_empty() && self.desk.has_commands(self.notices).await? {
            // What another manager has held may have people by now: nothing is decided there without knowing them.
            return Ok(ControlFlow::Break(End::CommandsHaveCome));
        }
        let group = &self.settings.group;
        if let Some(sentence) = self.desk.decided_before(group, assignment).await {
            self.notices.say(&sentence);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Waits until all batches are recorded, and reports them.
    async fn finish_all(&mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        while !self.recording.is_empty() {
            // A batch that could not be recorded or reported does not keep the others from being reported.
            outcome = outcome.and(self.finish_first().await);
        }
        outcome
    }

    /// Waits until the first batch is recorded, however often the log refuses, and reports it.
    async fn finish_first(&mut self) -> anyhow::Result<()> {
        let Some(Recording { settling, .. }) = self.recording.front_mut() else {
            return Ok(());
        };
        let settled = timeoff_cli::finish_patiently(
            self.subscription,
            settling,
            &mut self.unrecorded,
            self.notices,
        )
        .await;
        // Removed only now: if the wait is cancelled, the queue still says that this batch is being recorded.
        match self.recording.pop_front() {
            Some(first) => {
                let settled = settled?;
                let contract = self.desk.contract();
                for (settled, decided) in settled.iter().zip(&first.decided) {
                    match &decided.what {
                        What::Command(answered) => self.clerk.note(answered, settled),
                        What::Application(..) | What::DeadLetter | What::UnreadableCommand => {
                            self.clerk.books.note(decided.partition, settled, contract);
                        }
                    }
                }
                let told = self.report.tell(&settled, &first.decided, &mut self.left);
                if self.recording.is_empty() {
                    self.clerk.books.clear_up(contract, self.notices).await?;
                }
                told
            }
            None => Ok(()),
        }
    }

    /// Reports what is known when a stop leaves no more time.
    fn cut_short(&mut self) -> anyhow::Result<()> {
        let mut is_cut_short = false;
        while let Some(open) = self.recording.pop_front() {
            match open.settling.outcome_if_known() {
                Some(Ok(settled)) => self.report.tell(&settled, &open.decided, &mut self.left)?,
                Some(Err(_)) | None => is_cut_short = true,
            }
        }
        if is_cut_short {
            self.notices.say(CUT_SHORT);
        }
        Ok(())
    }

    /// Reports that no more of a department's applications can be handed out. This fails a run that is to end once
    /// caught up, since it cannot get there.
    fn window_full(&self, partition: i32, undecided: i64) -> anyhow::Result<()> {
        let text = crate::notices::window_full(self.departments(), partition, undecided);
        if self.settings.until_caught_up {
            bail!(text);
        }
        self.notices.say(&text);
        Ok(())
    }

    fn departments(&self) -> &Departments {
        self.desk.contract().departments()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Otherwise;
    use crate::tests::{ADA, DEADLINE, Office, withdraw};
    use timeoff_ledger::Fact;
    use timeoff_models::LeaveHours;

    /// What a run until it has caught up prints: each outcome and id. And what the ledger says of declined leave.
    async fn decided(office: &Office, policy: Option<Policy>) -> (Vec<String>, Vec<String>) {
        let desk = office.desk().await;
        let settings = Settings {
            group: "managers".to_owned(),
            policy,
            until_caught_up: true,
            output: OutputFormat::Text,
        };
        let (notices, _screen) = Notices::to_screen();
        let (shutdown, _trigger) = Shutdown::manual();
        let mut out = Vec::new();
        let run = run(&desk, &settings, &mut out, &notices, &shutdown);
        let ended = tokio::time::timeout(DEADLINE, run).await;
        ended.expect("it does not take so long").expect("works");
        let out = String::from_utf8(out).expect("text");
        let printed = out.lines().map(|line| {
            let words: Vec<&str> = line.split_whitespace().take(2).collect();
            words.join(" ")
        });
        let why = office
            .facts()
            .await
            .into_iter()
            .filter_map(|fact| match fact {
                Fact::LeaveDeclined(declined) => {
                    let judged = declined.judged?;
                    Some(judged.reason?.0.into_owned())
                }
                _ => None,
            });
        (printed.collect(), why.collect())
    }

    const OF_ANY_LENGTH: Policy = Policy {
        approve_up_to: LeaveHours::MAX,
        otherwise: Otherwise::Decline,
    };

    #[tokio::test]
    async fn a_rule_leaves_to_a_person_what_needs_another_stage_or_is_warned_of() {
        let office = Office::with_policy().await;
        let applications = [
            ("two-stages", "2027-08-02", 24),
            ("warned", "2027-07-01", 8),
            ("good", "2027-08-09", 8),
        ];
        office.apply_for(&applications).await;
        let (printed, why) = decided(&office, Some(OF_ANY_LENGTH)).await;
        assert_eq!(printed, ["approved good"]);
        assert!(why.is_empty(), "{why:?}");
        // What was left waits for the next one as well.
        let (printed, _) = decided(&office, Some(OF_ANY_LENGTH)).await;
        assert!(printed.is_empty(), "{printed:?}");
    }

    #[tokio::test]
    async fn a_rule_declines_what_the_account_does_not_have_and_says_why() {
        let office = Office::with_policy().await;
        // There are 40 h from 2027 on.
        let applications = [
            ("in-2026", "2026-12-28", 8),
            ("good", "2027-08-09", 16),
            ("same-day", "2027-08-10", 8),
        ];
        office.apply_for(&applications).await;
        let (printed, why) = decided(&office, Some(OF_ANY_LENGTH)).await;
        assert_eq!(
            printed,
            ["declined in-2026", "approved good", "declined same-day"]
        );
        let [overdrawn, collides] = &why[..] else {
            panic!("two reasons: {why:?}");
        };
        assert!(
            overdrawn.contains("nothing can be taken on 2026-12-28"),
            "{overdrawn}"
        );
        assert!(
            collides.contains("takes the same time on 2027-08-"),
            "{collides}"
        );
    }

    #[tokio::test]
    async fn without_a_rule_only_what_the_policy_approves_by_itself_is_decided() {
        let office = Office::with_policy().await;
        let applications = [
            ("short", "2027-08-02", 4),
            ("longer", "2027-08-03", 5),
            ("short-and-warned", "2027-07-01", 4),
            ("short-in-2026", "2026-12-28", 4),
        ];
        office.apply_for(&applications).await;
        let (printed, why) = decided(&office, None).await;
        assert_eq!(printed, ["approved short"]);
        assert!(why.is_empty(), "{why:?}");
    }

    /// Nobody has been entered, so the ledger does not know what the rule decides.
    #[tokio::test]
    async fn a_command_is_answered_only_when_it_is_recorded_what_a_rule_decides_beside_the_ledger()
    {
        let office = Office::open().await;
        office.apply(&["an id"]).await;
        let desk = office.desk().await;
        let settings = Settings {
            group: "managers".to_owned(),
            policy: Some(Policy {
                approve_up_to: "8".parse().expect("in range"),
                otherwise: Otherwise::Leave,
            }),
            until_caught_up: false,
            output: OutputFormat::Text,
        };
        let membership = desk.membership(&settings.group, IN_HAND, true);
        let subscription = desk.contract().log().subscribe(membership).await;
        let mut subscription = subscription.expect("joins");
        let clerk = Clerk::new(&desk, &settings.group, subscription.settler());
        let (notices, _screen) = Notices::to_screen();
        let mut out = Vec::new();
        let mut run = Run {
            desk: &desk,
            settings: &settings,
            has_commands: true,
            subscription: &mut subscription,
            clerk,
            rule: Some("a rule".to_owned()),
            pile: Pile::default(),
            left: Left::default(),
            recording: VecDeque::new(),
            unrecorded: Unrecorded::default(),
            report: Report::new(&mut out, settings.output, &notices),
            notices: &notices,
        };
        let mut deliveries = Vec::new();
        while deliveries.len() < 3 {
            match run.subscription.next().await.expect("goes on") {
                Event::Delivery(application) if deliveries.is_empty() => {
                    deliveries.push(application);
                    // Whether the second one is refused, and why, depends on what the first one did.
                    let both = [1, 2].map(|number| withdraw(number, ADA, "an id"));
                    office.ask(both).await;
                }
                Event::Delivery(command) => deliveries.push(command),
                other => {
                    let heard = run.hear(other).await.expect("works");
                    assert!(heard.is_continue());
                }
            }
        }
        let mut batch = Batch::default();
        for delivery in deliveries {
            run.decide(&mut batch, delivery).await.expect("works");
        }
        run.answer_commands(&mut batch).await.expect("works");
        run.hand_on(batch).await.expect("works");
        run.finish_all().await.expect("works");
        let answers = office.answers().await;
        assert_eq!(answers.len(), 2, "{answers:?}");
        for (_, said) in answers {
            assert!(said.contains("No such application"), "{said}");
        }
    }
}
