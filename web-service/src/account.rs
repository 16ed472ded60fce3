//! What can be said of somebody's leave: their part of a department's ledger, folded from the view.
//!
//! The ledger's own rules say it, so a page and a manager count alike. Only the events about the person and the policy
//! are folded. Rules about other people need all of them, so cover is left to whoever decides.

use std::borrow::Cow;

use timeoff_ledger::{
    Application, Balance, BookedLeave, Broken, Date, Days, Event, Fate, Look, PersonId, Policy,
    Refusal, State,
};
use timeoff_models::generated::{LeaveApplicationReceived, LedgerRecord};
use timeoff_models::{ApplicationId, Departments, LeaveApplication, Ticks};
use timeoff_views::{
    self as views, ApplicationFilter, PageRequest, Person, Queries, Status, ViewError,
};

/// The most waiting applications of one person that are looked at.
const WAITING: u32 = 1000;

/// An application that waits, and its offset.
type Waiting = (ApplicationId<'static>, LeaveApplication, i64);

/// A person in a department that has a policy.
pub(crate) struct Account {
    state: State,
    person: PersonId,
    /// In the order in which they were queued.
    waiting: Vec<Waiting>,
}

impl Account {
    /// The account of a person in the partition of this place; `None` where no policy has been set that can be read.
    ///
    /// # Errors
    ///
    /// [`ViewError::File`] if the view cannot be read.
    pub(crate) fn of(
        queries: &Queries,
        departments: &Departments,
        place: &Person,
    ) -> Result<Option<Account>, ViewError> {
        let partition = place.partition;
        let (Some(department), Ok(person), Some(policy)) = (
            departments.at(partition),
            place.id.parse(),
            queries.policy_in(partition)?,
        ) else {
            return Ok(None);
        };
        let mut state = State::of(department.clone());
        for event in [policy]
            .into_iter()
            .chain(queries.events_about(partition, &place.id)?)
        {
            match read(&event, departments) {
                Some(event) => state.evolve(&event),
                None => tracing::warn!(
                    kafka.partition = event.partition,
                    kafka.offset = event.offset,
                    "passed over an event that cannot be read"
                ),
            }
        }
        if state.policy().is_none() {
            return Ok(None);
        }
        state.leave_out_cover();
        let filter = ApplicationFilter {
            status: Some(Status::Waiting),
            email: Some(place.email.clone()),
            oldest_first: true,
            ..ApplicationFilter::default()
        };
        let found = queries.applications(&filter, &PageRequest::first(WAITING))?;
        let mut waiting: Vec<Waiting> = found
            .rows
            .into_iter()
            .filter(|found| found.partition == partition)
            .filter_map(|found| {
                let leave = leave_of(&found, departments)?;
                Some((ApplicationId::from_key(found.id), leave, found.offset))
            })
            .collect();
        waiting.sort_by_key(|&(.., offset)| offset);
        Ok(Some(Account {
            state,
            person,
            waiting,
        }))
    }

    /// The policy, and its version.
    pub(crate) fn policy(&self) -> (u32, &Policy) {
        self.state
            .policy()
            .expect("there is no account without a policy")
    }

    /// What the person can take on a day, of each type of leave.
    pub(crate) fn balances(&self, on: Date) -> Vec<Balance> {
        self.state
            .balances(self.person, on, &self.waiting_before(i64::MAX))
    }

    /// What is known of a leave that the person asks for, without cover. `earlier` of it is
    /// [`Account::waiting_before`] it. `None` without a policy.
    pub(crate) fn look_at(
        &self,
        application: &Application<'_>,
        at: Ticks,
    ) -> Option<Result<Look, Refusal>> {
        self.state.look_at(application, at).transpose()
    }

    /// The booked leave of an application.
    pub(crate) fn booked(&self, application: &str) -> Option<BookedLeave> {
        self.state
            .booked_leave_of(self.person)
            .find(|booked| booked.application.as_str() == application)
    }

    /// What people call a type of leave; without a name, the one that the policy takes for granted.
    pub(crate) fn label_of(&self, leave_type: Option<&str>) -> Option<String> {
        let (_, policy) = self.policy();
        let kind = match leave_type {
            None => policy.default_type(),
            Some(name) => policy.leave_type(&name.parse().ok()?)?,
        };
        Some(kind.label.as_str().to_owned())
    }

    /// Whether all of the booked leave of an application was given back.
    pub(crate) fn is_given_back(&self, application: &str) -> bool {
        let id = ApplicationId::from_key(application);
        self.state.fate_of(&id) == Some(Fate::Released)
    }

    /// The days of an application of the person: those that are booked, or that it would take. `None` if they cannot be
    /// counted.
    pub(crate) fn days_of(
        &self,
        found: &views::Application,
        departments: &Departments,
    ) -> Option<Days> {
        let id = ApplicationId::from_key(&*found.id);
        let leave = leave_of(found, departments)?;
        self.state.days_of_application(&id, &leave)
    }

    /// What the person asked for before an offset, and waits.
    pub(crate) fn waiting_before(
        &self,
        end: i64,
    ) -> Vec<(ApplicationId<'_>, Cow<'_, LeaveApplication>)> {
        self.waiting
            .iter()
            .filter(|&&(.., offset)| offset < end)
            .map(|(id, leave, _)| (id.clone(), Cow::Borrowed(leave)))
            .collect()
    }
}

/// Why leave cannot be approved, in sentences for whoever asks for it or decides on it.
pub(crate) fn sentences(against: &Refusal) -> Vec<String> {
    match against {
        Refusal::Warned { warnings } => warnings.iter().map(Broken::reason).collect(),
        Refusal::Blocked { broken } => vec![broken.reason()],
        other => vec![other.to_string()],
    }
}

/// Whose minutes these are: the application with this number in an explanation.
pub(crate) fn application_of(balance: &Balance, number: u32) -> Option<&ApplicationId<'static>> {
    let number = number as usize;
    match balance.booked.get(number) {
        Some(booked) => Some(&booked.application),
        None => balance.reserved.get(number - balance.booked.len()),
    }
}

/// What an application asks for; `None` if it cannot be asked for.
pub(crate) fn leave_of(
    found: &views::Application,
    departments: &Departments,
) -> Option<LeaveApplication> {
    let text = |text: &Option<String>| text.clone().map(Cow::Owned);
    let record = LeaveApplicationReceived {
        emp_email: found.email.as_str().into(),
        emp_department: found.department.as_str().into(),
        leave_duration_in_hours: found.hours,
        leave_start_date_ticks: found.start,
        leave_type: text(&found.leave_type),
        leave_end_date_ticks: found.end,
        first_day: text(&found.first_day),
        last_day: text(&found.last_day),
        leave_minutes: found.minutes,
        note: text(&found.note),
        substitute: text(&found.substitute),
        submitted_by: text(&found.submitted_by),
        replaces: text(&found.replaces),
    };
    LeaveApplication::from_wire(&record, departments).ok()
}

/// An event of the view as the ledger has it; `None` if it is none.
pub(crate) fn read(event: &views::Event, departments: &Departments) -> Option<Event<'static>> {
    Event::from_record(record(event)?, departments).ok()
}

/// An event of the view as it is on the log.
pub(crate) fn record(event: &views::Event) -> Option<LedgerRecord<'static>> {
    let mut fields = serde_json::Deserializer::from_str(&event.fields);
    LedgerRecord::from_fields(&event.kind, &mut fields)?.ok()
}
