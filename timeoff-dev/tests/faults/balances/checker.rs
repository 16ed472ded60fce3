//! Whether every answer on the ledger is right.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use super::account::{Entitlement, Taken, collides, is_covered};
use super::records::{Applied, Asked, Happened, asked, happened};
use crate::raw::Scan;

/// What came of a race.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) violations: Vec<String>,
    commands: usize,
    booked: usize,
    released: usize,
    /// Approvals that were refused, by why they had to be.
    refused: BTreeMap<&'static str, usize>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} commands; {} leaves booked, {} given back; approvals refused: {:?}",
            self.commands, self.booked, self.released, self.refused
        )
    }
}

impl Outcome {
    /// A race in which nothing was tight shows nothing.
    pub(super) fn check_that_much_happened(&self) {
        for why in [DECIDED, COLLIDES, OVERDRAWN] {
            assert!(self.refused.contains_key(why), "nothing was refused: {why}");
        }
        assert!(self.booked > 5 && self.released > 0, "{self}");
    }
}

const DECIDED: &str = "decided";
const NOTHING: &str = "no working time";
const COLLIDES: &str = "collides";
const OVERDRAWN: &str = "overdrawn";

/// The words by which a reason says why.
const WORDS: [(&str, &str); 4] = [
    (DECIDED, "already"),
    (NOTHING, "no working time"),
    (COLLIDES, "takes the same time"),
    (OVERDRAWN, "has no entitlement"),
];

/// What the ledger says so far, of one partition.
#[derive(Default)]
struct Books {
    /// The person of an address.
    people: HashMap<String, String>,
    granted: HashMap<String, Vec<Entitlement>>,
    /// By person and application.
    booked: HashMap<String, BTreeMap<String, Vec<Taken>>>,
    decided: HashSet<String>,
}

/// Checks the ledger of each partition, event by event.
pub(super) fn check(scan: &Scan) -> Outcome {
    let mut outcome = Outcome::default();
    let mut partitions: Vec<i32> = scan.ledger.iter().map(|record| record.partition).collect();
    partitions.dedup();
    for partition in partitions {
        check_partition(scan, partition, &mut outcome);
    }
    outcome
}

fn check_partition(scan: &Scan, partition: i32, outcome: &mut Outcome) {
    let here = |record: &&crate::raw::RawRecord| record.partition == partition;
    let applied: Vec<Applied> = scan
        .applications
        .iter()
        .filter(here)
        .map(Applied::of)
        .collect();
    let by_id: HashMap<&str, &Applied> = applied.iter().map(|one| (&*one.id, one)).collect();
    let commands: HashMap<String, Asked> = scan
        .commands
        .iter()
        .filter(here)
        .map(|record| asked(record, &scan.types))
        .collect();
    let results: Vec<String> = scan
        .results
        .iter()
        .filter(here)
        .map(|one| one.id())
        .collect();
    let mut books = Books::default();
    let mut answered = HashSet::new();
    outcome.commands += commands.len();
    for record in scan.ledger.iter().filter(here) {
        let (command, event) = happened(record, &scan.types);
        let at = format!("partition {partition}, offset {}", record.offset);
        if let Some(id) = &command
            && !answered.insert(id.clone())
        {
            outcome
                .violations
                .push(format!("{at}: {id} was answered twice"));
        }
        let approved = command.as_ref().and_then(|id| match commands.get(id) {
            Some(Asked::Approve { application }) => by_id.get(&**application).copied(),
            _ => None,
        });
        match event {
            Happened::Entered { id, email } => {
                books.people.insert(email, id);
            }
            Happened::Granted {
                person,
                entitlement,
            } => {
                let of = books.granted.entry(person).or_default();
                of.retain(|one| one.id != entitlement.id);
                of.push(entitlement);
            }
            Happened::Booked {
                application,
                person,
                minutes,
                days,
                available,
            } => {
                outcome.booked += 1;
                let Some(one) = by_id.get(&*application) else {
                    outcome
                        .violations
                        .push(format!("{at}: {application} was never queued"));
                    continue;
                };
                if let Some(why) = books.against(one, &applied) {
                    outcome
                        .violations
                        .push(format!("{at}: {application} was booked although: {why}"));
                }
                let sum: i64 = one.takes.iter().map(|taken| taken.minutes).sum();
                if days != one.takes || minutes != sum || books.person(one) != Some(&person) {
                    outcome.violations.push(format!(
                        "{at}: {application} takes {:?}, and was booked as {days:?} ({minutes})",
                        one.takes
                    ));
                }
                books.decided.insert(application.clone());
                let left = books.left_on_first_day(one, &applied);
                if left != available {
                    outcome.violations.push(format!(
                        "{at}: {left} minutes were left after {application}, and the event says {available}"
                    ));
                }
                books.book(&person, &application, days);
                if !books.is_sound(&person) {
                    outcome
                        .violations
                        .push(format!("{at}: {person} is overdrawn"));
                }
            }
            Happened::Declined { application } => {
                books.decided.insert(application);
            }
            Happened::Released {
                application,
                minutes,
            } => {
                outcome.released += 1;
                if books.release(&application) != Some(minutes) {
                    outcome.violations.push(format!(
                        "{at}: {application} did not give back {minutes} minutes"
                    ));
                }
            }
            Happened::Refused { reason } => {
                let Some(one) = approved else { continue };
                match books.against(one, &applied) {
                    Some(why) if says(&reason, why) => {
                        *outcome.refused.entry(why).or_default() += 1;
                    }
                    against => outcome.violations.push(format!(
                        "{at}: {} was refused ({reason}) where {against:?}",
                        one.id
                    )),
                }
            }
            Happened::Other => {}
        }
    }
    for id in commands.keys().filter(|id| !answered.contains(*id)) {
        outcome.violations.push(format!("{id} has no answer"));
    }
    for id in &books.decided {
        let count = results.iter().filter(|result| *result == id).count();
        if count != 1 {
            outcome.violations.push(format!("{id} has {count} results"));
        }
    }
    for id in results.iter().filter(|id| !books.decided.contains(*id)) {
        outcome
            .violations
            .push(format!("{id} has a result and no event"));
    }
}

fn says(reason: &str, why: &str) -> bool {
    WORDS
        .iter()
        .any(|(of, words)| *of == why && reason.contains(words))
}

impl Books {
    fn person(&self, applied: &Applied) -> Option<&String> {
        self.people.get(&applied.email)
    }

    fn taken(&self, person: &str) -> Vec<Taken> {
        let booked = self.booked.get(person);
        booked
            .into_iter()
            .flat_map(BTreeMap::values)
            .flatten()
            .copied()
            .collect()
    }

    fn granted(&self, person: &str) -> &[Entitlement] {
        self.granted.get(person).map_or(&[], Vec::as_slice)
    }

    /// Why it cannot be approved now.
    fn against(&self, one: &Applied, applied: &[Applied]) -> Option<&'static str> {
        if self.decided.contains(&one.id) {
            return Some(DECIDED);
        }
        if one.takes.is_empty() {
            return Some(NOTHING);
        }
        let person = self.person(one)?;
        if collides(&one.takes, &self.taken(person)) {
            return Some(COLLIDES);
        }
        let mut all = self.reserved(one, applied);
        all.extend(&one.takes);
        (!is_covered(self.granted(person), &all)).then_some(OVERDRAWN)
    }

    /// What is booked for the employee, and what their applications reserve that were queued before this one and wait: each
    /// if it finds entitlements beside those before it.
    fn reserved(&self, one: &Applied, applied: &[Applied]) -> Vec<Taken> {
        let Some(person) = self.person(one) else {
            return Vec::new();
        };
        let mut all = self.taken(person);
        let earlier = applied.iter().filter(|other| {
            other.email == one.email
                && other.offset < one.offset
                && !self.decided.contains(&other.id)
        });
        for other in earlier {
            let mut with = all.clone();
            with.extend(&other.takes);
            if is_covered(self.granted(person), &with) {
                all = with;
            }
        }
        all
    }

    /// The most that can be taken on its first day once it is booked.
    fn left_on_first_day(&self, one: &Applied, applied: &[Applied]) -> i64 {
        let (Some(person), Some(first)) = (self.person(one), one.takes.first()) else {
            return -1;
        };
        let mut all = self.reserved(one, applied);
        all.extend(&one.takes);
        let fits = |minutes: i64| {
            let mut with = all.clone();
            with.push(Taken { minutes, ..*first });
            is_covered(self.granted(person), &with)
        };
        // All that is granted here is a multiple of this.
        (1..)
            .map(|count| count * 30)
            .take_while(|&minutes| fits(minutes))
            .last()
            .unwrap_or(0)
    }

    fn book(&mut self, person: &str, application: &str, days: Vec<Taken>) {
        let of = self.booked.entry(person.to_owned()).or_default();
        of.insert(application.to_owned(), days);
    }

    /// Returns how many minutes are given back.
    fn release(&mut self, application: &str) -> Option<i64> {
        let mut of = self.booked.values_mut();
        let days = of.find_map(|of| of.remove(application))?;
        Some(days.iter().map(|taken| taken.minutes).sum())
    }

    fn is_sound(&self, person: &str) -> bool {
        let taken = self.taken(person);
        is_covered(self.granted(person), &taken)
    }
}
