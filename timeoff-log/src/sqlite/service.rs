//! The thread that serves one subscription. It takes the member's steps. When there is nothing to do, it waits for a
//! command, for room in the consumer's hands, or for [`POLL`] to pass.

use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, oneshot};

use super::fault::Fault;
use super::file::LogFile;
use super::hand_out::Flow;
use super::member::Member;
use super::trouble::{RETRY, Trouble};
use crate::error::LogError;
use crate::subscription::{Command, Event, EventSender, Membership, Subscription};

/// How often a waiting thread checks whether another process has committed anything.
pub(super) const POLL: Duration = Duration::from_millis(20);

/// How long to try to join while the log is busy.
const JOIN_LIMIT: Duration = Duration::from_secs(5);

/// How long to try each of the last steps while the log is busy: a process that is asked to end has two seconds.
const END_LIMIT: Duration = Duration::from_millis(500);

/// Serves one subscription.
struct Service {
    file: LogFile,
    member: Member,
    events: EventSender,
    commands: mpsc::UnboundedReceiver<Command>,
    trouble: Trouble,
}

/// Why a waiting service goes on.
enum Wake {
    Command(Command),
    /// The subscription is gone.
    Abandoned,
    Look,
}

/// The caller to notify, if the subscription was closed. `None` if it was dropped, or ended for another reason.
type Closing = Option<oneshot::Sender<()>>;

/// Joins the group. The member's first assignment is the subscription's first event.
pub(super) fn start(file: &LogFile, membership: &Membership) -> Result<Subscription, LogError> {
    let step = format!(
        "join group {} of topic {}",
        membership.group, membership.topic
    );
    let tell = |fault: Fault| fault.tell(file.location(), &step);
    let (subscription, channels) = Subscription::new();
    let mut member = Member::new(file, membership, channels.events.clone()).map_err(tell)?;
    match insist(JOIN_LIMIT, || member.keep_seat()) {
        // The first step meets unreadable progress too, and ends the stream.
        Ok(()) | Err(Fault::UnknownProgress { .. }) => {}
        Err(fault) => return Err(tell(fault)),
    }
    let runtime = Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| tell(error.into()))?;
    let service = Service {
        file: file.clone(),
        member,
        events: channels.events,
        commands: channels.commands,
        trouble: Trouble::default(),
    };
    thread::Builder::new()
        .name("sqlite-member".to_owned())
        .spawn(move || service.run(&runtime))
        .map_err(|error| tell(error.into()))?;
    Ok(subscription)
}

impl Service {
    fn run(mut self, runtime: &Runtime) {
        let closing = runtime.block_on(self.serve());
        self.end_with("settle what was asked for last", Member::settle_pending);
        self.end_with("leave the group", Member::leave);
        self.member.refuse_pending();
        if let Some(reply) = closing {
            let _ = reply.send(());
        }
    }

    /// One of the last steps. If it fails, the group's other members do not depend on it: they take over within two
    /// seconds.
    fn end_with(&mut self, step: &str, mut work: impl FnMut(&mut Member) -> Result<(), Fault>) {
        if let Err(fault) = insist(END_LIMIT, || work(&mut self.member)) {
            tracing::warn!(
                log.address = self.file.address(),
                error = &fault as &dyn std::error::Error,
                "could not {step}"
            );
        }
    }

    async fn serve(&mut self) -> Closing {
        loop {
            if self.file.connections().is_closing() {
                return None;
            }
            let wake = match self.member.step() {
                Ok(flow) => {
                    if self.trouble.clear() {
                        self.member.send(Event::Reachable);
                    }
                    match flow {
                        Flow::More => self.look_for_command(),
                        Flow::NoRoom => self.wait(POLL, true).await,
                        Flow::Nothing => self.wait(POLL, false).await,
                    }
                }
                Err(fault)
                    if fault.is_final() || matches!(fault, Fault::UnknownProgress { .. }) =>
                {
                    let step = self.what_is_served();
                    let (group, topic) = (self.member.group(), self.member.topic());
                    let error = fault.tell_of_group(group, topic, self.file.location(), &step);
                    // If the subscription is gone, there is nobody to report to.
                    let _ = self.events.send(Err(error));
                    return None;
                }
                Err(fault) => {
                    self.tell_trouble(fault);
                    self.wait(RETRY, false).await
                }
            };
            match wake {
                Wake::Look => {}
                Wake::Abandoned => return None,
                Wake::Command(command) => {
                    if let Some(closing) = self.accept(command) {
                        return Some(closing);
                    }
                }
            }
        }
    }

    async fn wait(&mut self, pause: Duration, for_room: bool) -> Wake {
        let until_beat = self
            .member
            .next_beat()
            .saturating_duration_since(Instant::now());
        tokio::select! {
            biased;
            command = self.commands.recv() => command.map_or(Wake::Abandoned, Wake::Command),
            () = self.events.closed() => Wake::Abandoned,
            () = self.member.room(), if for_room => Wake::Look,
            () = tokio::time::sleep(pause.min(until_beat)) => Wake::Look,
        }
    }

    fn look_for_command(&mut self) -> Wake {
        use tokio::sync::mpsc::error::TryRecvError;
        match self.commands.try_recv() {
            Ok(command) => Wake::Command(command),
            Err(TryRecvError::Disconnected) => Wake::Abandoned,
            Err(TryRecvError::Empty) if self.events.is_closed() => Wake::Abandoned,
            Err(TryRecvError::Empty) => Wake::Look,
        }
    }

    /// Takes a command and those queued behind it, so that settlements that wait together are recorded together.
    fn accept(&mut self, first: Command) -> Closing {
        let mut command = Ok(first);
        while let Ok(accepted) = command {
            match accepted {
                Command::Close { reply } => return Some(reply),
                Command::Settle(batch) => self.member.enqueue(batch),
                Command::TakeUp { record, reply } => {
                    let _ = reply.send(self.member.take_up(record));
                }
            }
            command = self.commands.try_recv();
        }
        None
    }

    fn what_is_served(&self) -> String {
        format!("serve group {}", self.member.group())
    }

    fn tell_trouble(&mut self, fault: Fault) {
        if !fault.is_busy() {
            self.member.disconnect();
        }
        let step = self.what_is_served();
        if let Some(reason) = self.trouble.note(fault, &self.file, &step) {
            tracing::warn!(
                log.address = self.file.address(),
                reason = &reason as &dyn std::error::Error,
                "the log does not answer"
            );
            self.member.send(Event::Unreachable { reason });
        }
    }
}

/// Tries again while the log is busy, for an attempt that no later step repeats.
fn insist(limit: Duration, mut attempt: impl FnMut() -> Result<(), Fault>) -> Result<(), Fault> {
    let began = Instant::now();
    loop {
        match attempt() {
            Err(fault) if fault.is_busy() && began.elapsed() < limit => {}
            outcome => return outcome,
        }
    }
}
