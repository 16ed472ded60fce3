//! What a member reports to its service.

use crate::error::LogError;
use crate::kafka::trouble::Touch;
use crate::subscription::{Assignment, Event, EventSender};

/// The stream of events is over: the service is gone, or an error was the last item.
pub(crate) struct Ended;

/// The member's end of the stream of events.
pub(super) struct Events {
    sender: EventSender,
    has_told_assignment: bool,
}

impl Events {
    pub(super) fn new(sender: EventSender) -> Events {
        Events {
            sender,
            has_told_assignment: false,
        }
    }

    pub(super) fn tell(&self, event: Event) -> Result<(), Ended> {
        self.tell_all(vec![event])
    }

    /// Batched: waking the service costs the same for one as for many.
    pub(super) fn tell_all(&self, events: Vec<Event>) -> Result<(), Ended> {
        match events.is_empty() {
            true => Ok(()),
            false => self.sender.send(Ok(events)).map_err(|_| Ended),
        }
    }

    pub(super) fn tell_touch(&self, touch: Option<Touch>) -> Result<(), Ended> {
        match touch {
            Some(Touch::Lost { reason }) => self.tell(Event::Unreachable { reason }),
            Some(Touch::Found) => self.tell(Event::Reachable),
            None => Ok(()),
        }
    }

    pub(super) fn has_told_assignment(&self) -> bool {
        self.has_told_assignment
    }

    /// Ignores a service that is gone: the next report fails, too.
    pub(super) fn tell_assignment(&mut self, mut assignment: Assignment) {
        self.has_told_assignment = true;
        assignment.gained.sort_unstable();
        assignment.unsettled.sort_unstable();
        let _ = self.tell(Event::Assignment(assignment));
    }

    /// Ends the stream with an error.
    pub(super) fn end_with(&self, error: LogError) -> Ended {
        let _ = self.sender.send(Err(error));
        Ended
    }
}
