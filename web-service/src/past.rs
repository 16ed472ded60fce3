//! The whole ledger of a department, read from the view: for what depends on everybody, and not on one person only.
//!
//! Reading takes time that grows with the ledger, so it ends at a deadline: a page is not held up for longer.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use timeoff_ledger::{Command, Comparison, Date, Event, Fact, Policy, State, WhatIf};
use timeoff_models::generated::CommandRecord;
use timeoff_models::{ApplicationId, Departments, LeaveApplication};
use timeoff_views::{self as views, Queries, ViewError};

use crate::account::{leave_of, read};

/// How long a page may read ledgers.
const PATIENCE: Duration = Duration::from_secs(4);

/// How many rows are asked for at a time.
const AT_ONCE: u32 = 1000;

/// Why a ledger was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It takes longer than a page may.
    TooLong,
    /// An event cannot be understood, and whoever passed over it would say something wrong.
    NotUnderstood {
        /// Its partition.
        partition: i32,
        /// Its offset there.
        offset: i64,
    },
}

impl Unread {
    /// Why, and how it is done all the same: by this command.
    pub(crate) fn sentence(self, command: &str) -> String {
        match self {
            Unread::TooLong => format!(
                "The ledger is so long that reading it takes more than {} seconds, which is too long for a page. On the \
                 command line it is done by: {command}",
                PATIENCE.as_secs()
            ),
            Unread::NotUnderstood { partition, offset } => format!(
                "The event at {partition}:{offset} of the ledger cannot be understood by this version, so nothing is said \
                 here: have the service updated."
            ),
        }
    }
}

/// Why there is no answer.
enum Failed {
    View(ViewError),
    Unread(Unread),
}

impl From<ViewError> for Failed {
    fn from(error: ViewError) -> Failed {
        Failed::View(error)
    }
}

/// What was read, or why it was not; fails only if the view does.
fn answer<T>(read: Result<T, Failed>) -> Result<Result<T, Unread>, ViewError> {
    match read {
        Ok(answer) => Ok(Ok(answer)),
        Err(Failed::Unread(why)) => Ok(Err(why)),
        Err(Failed::View(error)) => Err(error),
    }
}

/// Reads ledgers until a deadline, which is the same for all of them.
pub(crate) struct Past<'a> {
    queries: &'a Queries,
    departments: &'a Departments,
    until: Instant,
}

impl<'a> Past<'a> {
    /// From now on, for as long as a page may read.
    pub(crate) fn new(queries: &'a Queries, departments: &'a Departments) -> Past<'a> {
        Past {
            queries,
            departments,
            until: Instant::now() + PATIENCE,
        }
    }

    /// What the ledger of a partition says now.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub(crate) fn state(&self, partition: i32) -> Result<Result<State, Unread>, ViewError> {
        answer(self.folded(partition))
    }

    fn folded(&self, partition: i32) -> Result<State, Failed> {
        let department = self.departments.at(partition);
        let department = department.expect("a partition that a page asks for has a department");
        let mut state = State::of(department.clone());
        self.each_event(partition, |event| {
            state.evolve(event);
            Ok(())
        })?;
        Ok(state)
    }

    /// What would have been decided in a partition under another policy since a day.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub(crate) fn what_if(
        &self,
        partition: i32,
        policy: &Policy,
        from: Date,
    ) -> Result<Result<Comparison, Unread>, ViewError> {
        answer(self.compared(partition, policy, from))
    }

    fn compared(&self, partition: i32, policy: &Policy, from: Date) -> Result<Comparison, Failed> {
        let department = self.departments.at(partition);
        let department = department.expect("a partition that a page asks for has a department");
        let mut refused = HashSet::new();
        self.each_event(partition, |event| {
            if let Fact::CommandRefused {
                application: Some(_),
                policy_version: Some(_),
                ..
            } = event.fact
                && from <= Date::of(event.cause.at)
            {
                refused.extend(event.cause.command_id);
            }
            Ok(())
        })?;
        let mut commands = Vec::new();
        for id in refused {
            self.check_time()?;
            let asked = self.queries.command(&id.to_string())?;
            commands.extend(asked.and_then(|asked| command_of(&asked, self.departments)));
        }
        let queued = self.queued(partition)?;
        let (department, policy) = (department.clone(), policy.clone());
        let mut what_if = WhatIf::of(department, policy, Some(from), queued, commands);
        self.each_event(partition, |event| {
            // Judging anew is what takes the time.
            self.check_time()?;
            what_if.take(event);
            Ok(())
        })?;
        Ok(what_if.finish())
    }

    /// The applications of a partition, in the order of the queue.
    fn queued(
        &self,
        partition: i32,
    ) -> Result<Vec<(ApplicationId<'static>, LeaveApplication)>, Failed> {
        let mut queued = Vec::new();
        let mut next = 0;
        loop {
            self.check_time()?;
            let rows = self.queries.applications_from(partition, next, AT_ONCE)?;
            let Some(last) = rows.last() else {
                return Ok(queued);
            };
            next = last.offset + 1;
            let known = rows.into_iter().filter_map(|found| {
                let leave = leave_of(&found, self.departments)?;
                Some((ApplicationId::from_key(found.id), leave))
            });
            queued.extend(known);
        }
    }

    fn each_event(
        &self,
        partition: i32,
        mut each: impl FnMut(&Event<'static>) -> Result<(), Failed>,
    ) -> Result<(), Failed> {
        let mut next = 0;
        loop {
            self.check_time()?;
            let rows = self.queries.events_from(partition, next, AT_ONCE)?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            next = last.offset + 1;
            for row in &rows {
                let event = read(row, self.departments);
                let event = event.ok_or(Failed::Unread(Unread::NotUnderstood {
                    partition: row.partition,
                    offset: row.offset,
                }))?;
                each(&event)?;
            }
        }
    }

    fn check_time(&self) -> Result<(), Failed> {
        match Instant::now() < self.until {
            true => Ok(()),
            false => Err(Failed::Unread(Unread::TooLong)),
        }
    }
}

/// A command of the view as the ledger has it; `None` if it is none.
fn command_of(asked: &views::Asked, departments: &Departments) -> Option<Command> {
    let mut fields = serde_json::Deserializer::from_str(asked.fields.as_deref()?);
    let record = CommandRecord::from_fields(&asked.kind, &mut fields)?.ok()?;
    Command::from_record(record, departments).ok()
}
