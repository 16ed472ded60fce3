//! Queuing one application.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::Context;
use timeoff_cli::{Given, LogArgs, OutputFormat, UsageError, stalled, telling_of_a_stall};
use timeoff_contract::{ApplicationWriter, Contract};
use timeoff_log::{AppendError, LogError, Position};
use timeoff_models::{
    ApplicationId, Departments, Email, LeaveApplication, LeaveHours, LeaveStart, TickClock, Ticks,
};

use crate::ledger::Ledger;
use crate::parts::{Length, Part, fit, read_details};

/// An application as it was given in options.
pub(crate) struct Answers<'a> {
    pub(crate) email: &'a Given<String>,
    pub(crate) department: &'a str,
    pub(crate) hours: Option<&'a str>,
    pub(crate) start: &'a str,
    /// What was given of [`Part::DETAILS`], in that order.
    pub(crate) details: [Option<&'a str>; 7],
}

/// An application, and what is still to be found out.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) application: LeaveApplication,
    /// Whether its hours were counted from the days as if everybody worked 8 hours from Monday to Friday.
    pub(crate) is_counted: bool,
}

impl Answers<'_> {
    /// The application, or one line that names each wrong option, its value and the rule.
    pub(crate) fn application(&self, departments: &Departments) -> Result<Asked, UsageError> {
        let Given { value: email, by } = self.email;
        let email = email.parse::<Email>();
        let department = departments.parse(self.department);
        let hours = self.hours.map(str::parse::<LeaveHours>).transpose();
        let start = self.start.parse::<LeaveStart>();
        let detail = |part| {
            let index = Part::DETAILS.iter().position(|of| *of == part)?;
            self.details[index]
        };
        let details = read_details(detail);
        let mut wrong: Vec<String> = [
            email.as_ref().err().map(|error| format!("{by}: {error}")),
            department
                .as_ref()
                .err()
                .map(|error| format!("--department: {error}")),
            hours
                .as_ref()
                .err()
                .map(|error| format!("--hours: {error}")),
            start
                .as_ref()
                .err()
                .map(|error| format!("--start: {error}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        for one in details.as_ref().err().into_iter().flatten() {
            wrong.push(format!("{}: {}", one.part.option(), one.rule));
        }
        let (Ok(email), Ok(department), Ok(hours), Ok(start), Ok(details)) =
            (email, department, hours, start, details)
        else {
            return Err(UsageError(wrong.join("; ")));
        };
        let length = fit((&email, &department, start), hours, details);
        let Length {
            hours,
            is_counted,
            details,
        } = length.map_err(|one| UsageError(format!("{}: {}", one.part.option(), one.rule)))?;
        Ok(Asked {
            application: LeaveApplication {
                email,
                department,
                hours,
                start,
                details,
            },
            is_counted,
        })
    }
}

/// Queues applications, one at a time.
pub(crate) struct Submitter {
    contract: Arc<Contract>,
    writer: ApplicationWriter,
    clock: TickClock,
}

impl Submitter {
    pub(crate) async fn open(log: &LogArgs) -> anyhow::Result<Submitter> {
        let contract = Arc::new(log.open().await?);
        let writer = contract
            .application_writer()
            .await
            .context("could not prepare for writing applications")?;
        Ok(Submitter {
            contract,
            writer,
            clock: TickClock::new(),
        })
    }

    pub(crate) fn departments(&self) -> &Departments {
        self.contract.departments()
    }

    /// The ledgers beside the applications.
    pub(crate) async fn ledger(&self) -> Ledger {
        Ledger::of(&self.contract).await
    }

    /// The id of an application that is submitted now.
    pub(crate) fn new_id(&mut self, application: &LeaveApplication) -> ApplicationId<'static> {
        let now = self.clock.stamp(Ticks::of(SystemTime::now().into()));
        ApplicationId::new(&application.email, now)
    }

    /// What an application is waiting for that has not been queued for some seconds.
    pub(crate) fn obstacle(&self) -> LogError {
        self.contract.log().obstacle()
    }

    /// Queues an application. It is on disk when this returns.
    pub(crate) async fn submit(
        &self,
        id: &ApplicationId<'_>,
        application: &LeaveApplication,
    ) -> Result<Position, AppendError> {
        let record = self.writer.record(id, application);
        let positions = self.contract.log().append(vec![record]).await?;
        Ok(positions
            .into_iter()
            .next()
            .expect("one position for one record"))
    }
}

/// Queues one application and prints where it is.
pub(crate) async fn run(
    log: &LogArgs,
    asked: Asked,
    output: OutputFormat,
    today: LeaveStart,
) -> anyhow::Result<()> {
    let Asked {
        mut application,
        is_counted,
    } = asked;
    if application.start < today {
        log.notices().say(&in_the_past(application.start));
    }
    let mut submitter = Submitter::open(log).await?;
    if is_counted {
        let mut ledger = submitter.ledger().await;
        ledger.begin(&application.department);
        if let Some(hours) = ledger.hours_of(&application).await {
            application.hours = hours;
        }
    }
    let id = submitter.new_id(&application);
    let tell = || log.notices().say(&stalled(&submitter.obstacle()));
    let position = telling_of_a_stall(submitter.submit(&id, &application), tell)
        .await
        .map_err(|error| error.source)
        .context("the application is not known to be queued")?;
    print(output, &id, &position).with_context(|| unprinted(&id, &position))
}

fn print(output: OutputFormat, id: &ApplicationId<'_>, position: &Position) -> io::Result<()> {
    let mut out = timeoff_cli::stdout();
    match output {
        OutputFormat::Text => writeln!(out, "{}", sentence(id, position))?,
        OutputFormat::Json => {
            let queued = [
                ("id", id.as_str().into()),
                ("topic", (&*position.topic).into()),
                ("partition", position.partition.into()),
                ("offset", position.offset.into()),
            ];
            timeoff_cli::write_json_line(&mut out, &queued)?;
        }
    }
    out.flush()
}

/// The error for an application that is on disk, but could not be printed.
pub(crate) fn unprinted(id: &ApplicationId<'_>, position: &Position) -> String {
    format!(
        "the application is queued at partition {}, offset {}, with the id {id}, but that could not be printed",
        position.partition, position.offset
    )
}

/// The notice about a leave that begins before today: that may be right, but is more often a slip.
pub(crate) fn in_the_past(start: LeaveStart) -> String {
    format!("The leave starts on {start}, which is in the past.")
}

/// The sentence about an application that is on disk.
pub(crate) fn sentence(id: &ApplicationId<'_>, position: &Position) -> String {
    format!(
        "Queued at partition {}, offset {}. Its id is {id}.",
        position.partition, position.offset
    )
}

#[cfg(test)]
mod tests {
    use super::Answers;
    use timeoff_cli::{Given, Origin};
    use timeoff_models::{Departments, LeaveApplication};

    /// What the options make of leave from a Thursday, in words if they are wrong.
    fn application(
        hours: Option<&str>,
        start: &str,
        details: [Option<&str>; 7],
    ) -> Result<(LeaveApplication, bool), String> {
        let answers = Answers {
            email: &Given {
                value: "ada@example.com".to_owned(),
                by: Origin::Option("--email".to_owned()),
            },
            department: "IT",
            hours,
            start,
            details,
        };
        let asked = answers.application(&Departments::default());
        asked
            .map(|asked| (asked.application, asked.is_counted))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_application_with_hours_alone_has_no_details() {
        let (application, is_counted) =
            application(Some("16"), "2027-01-07", [None; 7]).expect("an application");
        assert_eq!((application.hours.get(), is_counted), (16, false));
        assert_eq!(application.details, None);
    }

    #[test]
    fn each_option_becomes_the_detail_that_it_names() {
        let given = [
            Some("annual"),
            Some("2027-01-11"),
            Some("afternoon"),
            Some("morning"),
            None,
            Some("Harvest"),
            Some("an id"),
        ];
        let (application, is_counted) =
            application(None, "2027-01-07", given).expect("an application");
        assert_eq!((application.hours.get(), is_counted), (16, true));
        let details = application.details.expect("details");
        assert_eq!(
            details.leave_type.map(|of| of.to_string()).as_deref(),
            Some("annual")
        );
        assert_eq!(details.last_date, "2027-01-11".parse().ok());
        assert_eq!(details.first_day.as_str(), "afternoon");
        assert_eq!(details.last_day.as_str(), "morning");
        assert_eq!(
            details.note.map(|note| note.to_string()).as_deref(),
            Some("Harvest")
        );
        assert_eq!(
            details.replaces.as_ref().map(|id| id.as_str()),
            Some("an id")
        );
    }

    #[test]
    fn every_wrong_option_is_named_with_its_rule() {
        let given = [
            Some("a b"),
            Some("soon"),
            Some("noon"),
            None,
            Some("0"),
            None,
            None,
        ];
        let wrong = application(Some("0"), "2027-02-30", given).expect_err("wrong");
        for option in [
            "--hours",
            "--start",
            "--type",
            "--until",
            "--first-day",
            "--minutes",
        ] {
            assert!(
                wrong.contains(&format!("{option}: ")),
                "{option} in {wrong}"
            );
        }
        let wrong = application(None, "2027-01-07", [None; 7]).expect_err("no length");
        assert!(
            wrong.starts_with("--hours: give the hours, a last day"),
            "{wrong}"
        );
        let mut given = [None; 7];
        given[1] = Some("2027-01-06");
        let wrong = application(None, "2027-01-07", given).expect_err("ends before it begins");
        assert!(
            wrong.starts_with("--until: it must not be before"),
            "{wrong}"
        );
    }
}
