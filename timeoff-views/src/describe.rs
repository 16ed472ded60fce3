//! What a record says, for whoever looks at the log itself.

use serde_json::json;
use timeoff_contract::{Contract, DecodeError};
use timeoff_log::{LogError, Record};

use crate::decode::{Change, NotFolded, json, read};
use crate::topic::Topic;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// The name of its type: `LeaveBooked`.
    pub kind: String,
    /// Id of the application that it is, or is about.
    pub application: Option<String>,
    /// E-mail address of the employee of an application or a result, or of whoever asks by a command.
    pub email: Option<String>,
    /// Ids of the people that it is about, and of whoever did it.
    pub people: Vec<String>,
    /// The department of an application or a result.
    pub department: Option<String>,
    /// All its fields under their names on the wire, as a JSON object. Personal data.
    pub fields: String,
}

/// Why it cannot be said what a record says.
#[derive(Debug)]
pub enum Undescribed {
    /// It never can be understood: why.
    Poison(String),
    /// A newer version has written it: the name of its type.
    Newer(String),
    /// Its schema cannot be read now.
    NotNow(LogError),
}

impl From<NotFolded> for Undescribed {
    fn from(why: NotFolded) -> Undescribed {
        match why {
            NotFolded::Poison { reason } => Undescribed::Poison(reason),
            NotFolded::Newer { type_name } => Undescribed::Newer(type_name),
            NotFolded::NotNow(error) | NotFolded::Failed(error) => Undescribed::NotNow(error),
        }
    }
}

impl From<DecodeError> for Undescribed {
    fn from(error: DecodeError) -> Undescribed {
        NotFolded::from(error).into()
    }
}

impl Described {
    /// What a record of a topic says.
    ///
    /// # Errors
    ///
    /// [`Undescribed`]: it cannot be understood, or not now.
    pub async fn of(
        contract: &Contract,
        topic: Topic,
        record: &Record,
    ) -> Result<Described, Undescribed> {
        match topic {
            Topic::Applications => {
                let received = contract.read_application(record).await?;
                Ok(Described {
                    kind: "LeaveApplicationReceived".to_owned(),
                    application: Some(received.id.as_str().to_owned()),
                    email: Some(received.application.email.to_string()),
                    people: Vec::new(),
                    department: Some(received.application.department.as_str().to_owned()),
                    fields: json(&*received.wire),
                })
            }
            Topic::Results => {
                let (id, result) = contract.read_result(record).await?;
                let application = &result.application;
                let fields = json!({
                    "EmpEmail": application.email.as_str(),
                    "EmpDepartment": application.department.as_str(),
                    "LeaveDurationInHours": application.hours.get(),
                    "LeaveStartDateTicks": application.start.ticks().get(),
                    "ProcessedBy": result.processed_by,
                    "Result": result.text,
                    "Comment": result.comment,
                    "DecidedAtTicks": result.decided_at.map(|at| at.get()),
                });
                Ok(Described {
                    kind: "LeaveApplicationProcessed".to_owned(),
                    application: Some(id.as_str().to_owned()),
                    email: Some(application.email.to_string()),
                    people: Vec::new(),
                    department: Some(application.department.as_str().to_owned()),
                    fields: fields.to_string(),
                })
            }
            Topic::Commands | Topic::Ledger => {
                Ok(Described::of_change(read(contract, topic, record).await?))
            }
        }
    }

    /// What a command or an event says.
    fn of_change(change: Change) -> Described {
        match change {
            Change::Command(command) => Described {
                kind: command.kind,
                application: command.application,
                email: Some(command.asked_by),
                people: command.person.into_iter().collect(),
                department: None,
                fields: command.fields.unwrap_or_else(|| "{}".to_owned()),
            },
            Change::Event(event) => Described {
                kind: event.kind.to_owned(),
                application: event.application,
                email: None,
                people: [event.by, event.person, event.other_person]
                    .into_iter()
                    .flatten()
                    .collect(),
                department: None,
                fields: event.fields,
            },
            Change::Application(_) | Change::Verdict(_) => {
                unreachable!("neither is on the topics of commands and events")
            }
        }
    }
}
