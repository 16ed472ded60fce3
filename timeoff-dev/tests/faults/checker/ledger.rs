//! The departments' ledgers, and the commands that they answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::happened::{Event, Happened};
use crate::raw::{RawRecord, Scan};
use crate::wanted::Wanted;

/// The ledgers of all departments.
pub(super) struct Ledgers {
    /// By partition, in the order of the ledger.
    pub(super) events: BTreeMap<i32, Vec<Happened>>,
    /// The commands that are on the log, by partition and id. Of a repeated one, all copies say the same.
    pub(super) commands: BTreeMap<(i32, String), Wanted>,
    /// What is on the commands topic and is no command that anybody sends, or not the same as before.
    pub(super) strange: Vec<String>,
    /// How many answers each command has.
    pub(super) answers: BTreeMap<(i32, String), usize>,
    /// Applications that a command has decided.
    decided_by_command: BTreeSet<String>,
    /// What people were called when they were entered first, by partition and id.
    names: BTreeMap<i32, BTreeMap<String, String>>,
}

impl Ledgers {
    pub(super) fn of(scan: &Scan) -> Ledgers {
        let mut ledgers = Ledgers {
            events: BTreeMap::new(),
            commands: BTreeMap::new(),
            strange: Vec::new(),
            answers: BTreeMap::new(),
            decided_by_command: BTreeSet::new(),
            names: BTreeMap::new(),
        };
        for record in &scan.commands {
            let Some(wanted) = Wanted::of(record, &scan.types) else {
                let place = (record.partition, record.offset);
                ledgers
                    .strange
                    .push(format!("a strange command at {place:?}"));
                continue;
            };
            let key = (wanted.partition, wanted.id.clone());
            let first = ledgers
                .commands
                .entry(key)
                .or_insert_with(|| wanted.clone());
            if *first != wanted {
                let text = format!("{first:?} was repeated as {wanted:?}");
                ledgers.strange.push(text);
            }
        }
        for record in &scan.ledger {
            let happened = Happened::of(record, &scan.types);
            if let Some(id) = &happened.command_id {
                let key = (record.partition, id.clone());
                *ledgers.answers.entry(key).or_default() += 1;
                if let Event::Decided { application, .. } = &happened.what {
                    ledgers.decided_by_command.insert(application.clone());
                }
            }
            if let Event::Entered(person) = &happened.what {
                let names = ledgers.names.entry(record.partition).or_default();
                names
                    .entry(person.id.to_string())
                    .or_insert_with(|| person.name.to_string());
            }
            let events = ledgers.events.entry(record.partition).or_default();
            events.push(happened);
        }
        ledgers
    }

    /// Whether a record on the commands topic has its answer.
    pub(super) fn have_answered(&self, command: &RawRecord) -> bool {
        let key = (command.partition, command.first_text());
        self.answers.contains_key(&key)
    }

    pub(super) fn has_decided_by_command(&self, application: &str) -> bool {
        self.decided_by_command.contains(application)
    }

    /// The name of a person who was entered in a department.
    pub(super) fn name_of(&self, partition: i32, id: Option<&str>) -> Option<&str> {
        self.names.get(&partition)?.get(id?).map(String::as_str)
    }

    /// The events of all departments, with their partitions.
    pub(super) fn all_events(&self) -> impl Iterator<Item = (i32, &Happened)> {
        let of_one = |(&partition, events): (&i32, _)| {
            let events: &Vec<Happened> = events;
            events
                .iter()
                .map(move |event| (partition, event))
                .collect::<Vec<_>>()
        };
        self.events.iter().flat_map(of_one)
    }
}
