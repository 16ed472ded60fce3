//! Reading a record by its topic.

use std::borrow::Cow;

use timeoff_contract::{Contract, DecodeError, ReceivedApplication};
use timeoff_log::{LogError, Record};
use timeoff_models::{ApplicationId, LeaveResult};

use super::change::{Application, Change, Details, Verdict};
use super::fields;
use crate::topic::Topic;

/// A record changes nothing.
pub(crate) enum NotFolded {
    /// It never can be understood.
    Poison { reason: String },
    /// A newer version has written it.
    Newer { type_name: String },
    /// Its schema cannot be reached now; try again.
    NotNow(LogError),
    /// Its schema cannot be read, now or later.
    Failed(LogError),
}

impl From<DecodeError> for NotFolded {
    fn from(error: DecodeError) -> NotFolded {
        match error {
            DecodeError::Poison { reason } => NotFolded::Poison { reason },
            DecodeError::NewerVersion { type_name } => NotFolded::Newer { type_name },
            DecodeError::Unavailable(error) => NotFolded::NotNow(error),
            DecodeError::Failed(error) => NotFolded::Failed(error),
        }
    }
}

/// What a record changes.
pub(crate) async fn read(
    contract: &Contract,
    topic: Topic,
    record: &Record,
) -> Result<Change, NotFolded> {
    Ok(match topic {
        Topic::Applications => {
            Change::Application(application(contract.read_application(record).await?))
        }
        Topic::Results => Change::Verdict(verdict(contract.read_result(record).await?)),
        Topic::Commands => {
            let received = contract.read_command(record).await?;
            Change::Command(Box::new(fields::command(received)))
        }
        Topic::Ledger => {
            let event = contract.read_ledger(record).await?;
            let here = contract.departments().at(record.position.partition);
            Change::Event(Box::new(fields::event(&event, here)))
        }
    })
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned)
}

fn application(received: ReceivedApplication<'_>) -> Application {
    let ReceivedApplication {
        id,
        wire,
        application,
        ..
    } = received;
    let details = Details {
        leave_type: owned(wire.leave_type),
        end: wire.leave_end_date_ticks,
        first_day: owned(wire.first_day),
        last_day: owned(wire.last_day),
        minutes: wire.leave_minutes,
        note: owned(wire.note),
        substitute: owned(wire.substitute),
        submitted_by: owned(wire.submitted_by),
        replaces: owned(wire.replaces),
    };
    Application {
        submitted_at: id.submitted_at().map(|ticks| ticks.get()),
        id: id.as_str().to_owned(),
        email: application.email,
        department: application.department,
        hours: application.hours.get(),
        start: application.start.ticks().get(),
        details: (details != Details::default()).then(|| Box::new(details)),
    }
}

fn verdict((id, result): (ApplicationId<'_>, LeaveResult<'_>)) -> Verdict {
    let is_usual = result.text == result.outcome.sentence();
    Verdict {
        id: id.as_str().to_owned(),
        outcome: result.outcome,
        sentence: (!is_usual).then(|| result.text.into_owned()),
        by: result.processed_by.into_owned(),
        at: result.decided_at.map(|ticks| ticks.get()),
        comment: owned(result.comment),
    }
}
