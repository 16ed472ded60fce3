//! Steps in words.

use std::fmt::Write as _;

use stateright::Path;
use timeoff_ledger::{Command, Event, Fact, Reason, Request};

use crate::world::{Work, World};
use crate::{Place, Protocol, Step};

/// A path, a line for each step.
#[must_use]
pub fn tell(protocol: &Protocol, path: Path<World, Step>) -> String {
    let mut story = String::new();
    for (number, (world, step)) in (1..).zip(path.into_vec()) {
        if let Some(step) = step {
            let told = protocol.tell(&world, step);
            // Writing to a text does not fail.
            let _ = writeln!(story, "{number:>4}. {told}");
        }
    }
    story
}

impl Protocol {
    fn tell(&self, world: &World, step: Step) -> String {
        match step {
            Step::Send { letter } => {
                let letter = &self.cast.letters[letter];
                format!("to {}: {}", letter.to.name(), letter.name)
            }
            Step::TakeOver { process, at } => {
                let is_former = world.owner(process, at).is_some();
                let anew = if is_former { " anew" } else { "" };
                format!("{} takes {} over{anew}", name(process), at.name())
            }
            Step::Answer { process, at } => {
                let after = stateright::Model::next_state(self, world, step);
                let work = after.as_ref().and_then(|after| {
                    let in_hand = &after.owner(process, at)?.in_hand;
                    Some(self.tell_work(after, at, in_hand.last()?))
                });
                let work = work.unwrap_or_default();
                format!("{} answers in {}: {work}", name(process), at.name())
            }
            Step::Settle {
                process,
                at,
                between,
            } => {
                let owner = world.owner(process, at);
                let work = owner.and_then(|owner| owner.in_hand.first());
                let told = work.map_or_else(String::new, |work| self.tell_work(world, at, work));
                let is_in_two = self
                    .parts()
                    .1
                    .zip(work)
                    .is_some_and(|(second, work)| second.is_for(work));
                let words = self.parts_in_words().filter(|_| is_in_two);
                let half = match (words, work) {
                    (Some((_, second)), Some(work)) if work.is_half_recorded => second,
                    (Some((first, _)), _) => first,
                    (None, _) => "",
                };
                let is_former = !world.is_owner(process, at);
                let former = if is_former { ", as a former owner" } else { "" };
                let between = between.map_or_else(String::new, |(letter, after)| {
                    let name = self.cast.letters[letter].name;
                    format!(", and \"{name}\" gets in after {after} of the admissions")
                });
                format!(
                    "{} settles in {}{former}{half}: {told}{between}",
                    name(process),
                    at.name()
                )
            }
            Step::Crash { process } => format!("{} crashes, and starts again", name(process)),
        }
    }

    fn tell_work(&self, world: &World, at: Place, work: &Work) -> String {
        let command = world.log(at).commands.get(work.offset);
        let command = command.map_or_else(String::new, |one| self.name_of(&one.says));
        let events: Vec<String> = work
            .events
            .iter()
            .map(|one| name_of_event(&one.says))
            .collect();
        let mut told = match events.is_empty() {
            true => format!("\"{command}\" -> answered already"),
            false => format!("\"{command}\" -> {}", events.join(", ")),
        };
        if !work.admissions.is_empty() {
            let admissions = work.admissions.iter();
            let names: Vec<_> = admissions.map(|one| self.name_of(&one.says)).collect();
            let _ = write!(told, ", and has to follow: {}", names.join(", "));
        }
        told
    }

    fn name_of(&self, command: &Command) -> String {
        let id = command.asked.command_id;
        let mut letters = self.cast.letters.iter();
        if let Some(letter) = letters.find(|one| one.command.says.asked.command_id == id) {
            return letter.name.to_owned();
        }
        match &command.request {
            Request::AdmitPerson { .. } => "admit Ken".to_owned(),
            Request::AdmitLeave { leave, .. } => {
                let day = self.cast.number_of(&leave.application);
                format!("admit {}'s leave", self.cast.applied[day].name)
            }
            Request::AdmitEntitlement { .. } => "admit the entitlement".to_owned(),
            other => format!("{other:?}"),
        }
    }

    /// What the first settlement records, and what the second, if there are two.
    fn parts_in_words(&self) -> Option<(&'static str, &'static str)> {
        use crate::Guard;
        self.without.iter().find_map(|guard| match guard {
            Guard::ProgressNotBefore => Some((" the progress alone", " the rest")),
            Guard::ProgressNotAfter => Some((" all but the progress", " the progress")),
            Guard::ResultWithEvent => Some((" all but the result", " the result")),
            Guard::AdmissionsWithMove => Some((" all but the admissions", " the admissions")),
            _ => None,
        })
    }
}

fn name(process: usize) -> &'static str {
    ["process A", "process B"][process]
}

fn name_of_event(event: &Event<'_>) -> String {
    match &event.fact {
        Fact::CommandRefused { reason, .. } => {
            let Reason(reason) = reason;
            format!("CommandRefused ({reason})")
        }
        fact => {
            let name = format!("{fact:?}");
            let end = name.find(|c: char| !c.is_alphanumeric());
            name[..end.unwrap_or(name.len())].to_owned()
        }
    }
}
