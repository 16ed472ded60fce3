//! The form: one application after the other, at a terminal.

use anyhow::Context;
use chrono::{Datelike, Days, Local, NaiveDate, Weekday};
use timeoff_cli::{Answer, Terminal, Tone, chain};
use timeoff_models::{Department, Departments, Email, LeaveApplication, LeaveHours, LeaveStart};

use crate::submit::{Submitter, sentence};

/// A working day.
const USUAL_HOURS: &str = "8";

/// What was answered last: the defaults of the next application.
#[derive(Debug, Default, Clone)]
pub(crate) struct Defaults {
    email: Option<String>,
    department: usize,
}

/// Asks for applications and queues them until the person leaves.
pub(crate) async fn run(submitter: &mut Submitter, terminal: &mut Terminal) -> anyhow::Result<()> {
    terminal.say(
        "A leave application. Ctrl-C or Ctrl-D leaves at any time.",
        Tone::Faint,
    )?;
    let mut defaults = Defaults::default();
    loop {
        let today = Local::now().date_naive();
        let departments = submitter.contract().departments().clone();
        let Answer::Given(application) = ask(terminal, &departments, &mut defaults, today).await?
        else {
            terminal.say("Nothing was queued.", Tone::Plain)?;
            return Ok(());
        };
        if !queue(submitter, terminal, &application).await? {
            return Ok(());
        }
        match terminal.confirm("Another application?", false).await? {
            Answer::Given(true) => {}
            Answer::Given(false) | Answer::Left => return Ok(()),
        }
    }
}

/// Asks for one application until it is confirmed.
pub(crate) async fn ask(
    terminal: &mut Terminal,
    departments: &Departments,
    defaults: &mut Defaults,
    today: NaiveDate,
) -> anyhow::Result<Answer<LeaveApplication>> {
    let names: Vec<String> = departments.iter().map(Department::to_string).collect();
    loop {
        let email = terminal
            .line("E-mail", defaults.email.as_deref(), |text| {
                text.parse::<Email>().map_err(|error| error.to_string())
            })
            .await?;
        let Answer::Given(email) = email else {
            return Ok(Answer::Left);
        };
        defaults.email = Some(email.to_string());

        let department = terminal
            .choose("Department", &names, defaults.department)
            .await?;
        let Answer::Given(index) = department else {
            return Ok(Answer::Left);
        };
        defaults.department = index;
        let department = departments
            .iter()
            .nth(index)
            .context("a choice is one of the items")?
            .clone();

        let hours = terminal
            .line("Hours", Some(USUAL_HOURS), |text| {
                text.parse::<LeaveHours>()
                    .map_err(|error| error.to_string())
            })
            .await?;
        let Answer::Given(hours) = hours else {
            return Ok(Answer::Left);
        };

        let next_day = next_working_day(today).to_string();
        let start = terminal
            .line("First day (YYYY-MM-DD)", Some(&next_day), |text| {
                text.parse::<LeaveStart>()
                    .map_err(|error| error.to_string())
            })
            .await?;
        let Answer::Given(start) = start else {
            return Ok(Answer::Left);
        };

        let question = format!(
            "Submit {hours} hours from {start} for {email} to the manager of {department}?"
        );
        match terminal.confirm(&question, true).await? {
            Answer::Left => return Ok(Answer::Left),
            Answer::Given(false) => continue,
            Answer::Given(true) => {
                return Ok(Answer::Given(LeaveApplication {
                    email,
                    department,
                    hours,
                    start,
                }));
            }
        }
    }
}

/// Queues an application, again if that fails and the person wants to. Returns whether it is queued.
async fn queue(
    submitter: &mut Submitter,
    terminal: &mut Terminal,
    application: &LeaveApplication,
) -> anyhow::Result<bool> {
    loop {
        terminal.draw(&[("Queuing… (Ctrl-C gives up waiting)".to_owned(), Tone::Faint)])?;
        let outcome = tokio::select! {
            outcome = submitter.submit(application) => Some(outcome),
            () = left(terminal) => None,
        };
        match outcome {
            Some(Ok((_, position))) => {
                terminal.produce(&sentence(&position))?;
                return Ok(true);
            }
            Some(Err(error)) => {
                terminal.say(&chain(&error.source), Tone::Wrong)?;
                terminal.say("It is not known to be queued.", Tone::Plain)?;
                match terminal.confirm("Try again?", true).await? {
                    Answer::Given(true) => {}
                    Answer::Given(false) | Answer::Left => return Ok(false),
                }
            }
            None => {
                terminal.say("It is not known whether it was queued.", Tone::Wrong)?;
                return Ok(false);
            }
        }
    }
}

/// Waits until the person leaves.
async fn left(terminal: &mut Terminal) {
    while terminal.next().await != timeoff_cli::Input::Leave {}
}

/// The first of Monday to Friday after `today`.
fn next_working_day(today: NaiveDate) -> NaiveDate {
    (1..=3)
        .filter_map(|days| today.checked_add_days(Days::new(days)))
        .find(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
        .unwrap_or(today)
}

#[cfg(test)]
mod tests {
    use super::{Defaults, ask, next_working_day};
    use chrono::NaiveDate;
    use crossterm::event::{KeyCode, KeyEvent};
    use timeoff_cli::{Answer, Shutdown, Terminal};
    use timeoff_models::Departments;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    async fn asked(typed: &str) -> (Option<String>, String) {
        let keys: Vec<KeyEvent> = typed
            .chars()
            .map(|c| match c {
                '\n' => KeyCode::Enter.into(),
                '<' => KeyCode::Backspace.into(),
                c => KeyCode::Char(c).into(),
            })
            .collect();
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, screen, _) = Terminal::scripted(keys, shutdown);
        let departments = Departments::default();
        let mut defaults = Defaults::default();
        let answer = ask(
            &mut terminal,
            &departments,
            &mut defaults,
            day("2026-11-20"),
        )
        .await
        .expect("drawn");
        let application = match answer {
            Answer::Given(application) => Some(format!(
                "{} {} {} {}",
                application.email, application.department, application.hours, application.start
            )),
            Answer::Left => None,
        };
        (application, screen.text())
    }

    #[tokio::test]
    async fn an_application_is_asked_for_with_a_default_for_all_but_the_address() {
        let (application, _) = asked("Ada@Example.com\n\n\n\n\n").await;
        let expected = "ada@example.com HR 8 2026-11-23";
        assert_eq!(application.as_deref(), Some(expected));
    }

    #[tokio::test]
    async fn every_wrong_answer_is_told_with_the_rule_and_asked_again() {
        let typed = "ada\n@example.com\nit\n0\n<16\n2026-02-30\n<<28\n\n";
        let (application, screen) = asked(typed).await;
        let expected = "ada@example.com IT 16 2026-02-28";
        assert_eq!(application.as_deref(), Some(expected));
        for rule in ["exactly one @", "from 1 to 8784", "YYYY-MM-DD"] {
            assert!(screen.contains(rule), "{rule} in {screen}");
        }
    }

    #[tokio::test]
    async fn who_says_no_is_asked_again_with_their_answers_as_defaults() {
        let (application, _) = asked("ada@example.com\nit\n\n\nn\n\n16\n\n\n").await;
        let expected = "ada@example.com IT 16 2026-11-23";
        assert_eq!(application.as_deref(), Some(expected));
    }

    #[tokio::test]
    async fn who_leaves_in_the_middle_queues_nothing() {
        let (application, _) = asked("ada@example.com\nit\n").await;
        assert_eq!(application, None);
    }

    #[test]
    fn leave_starts_on_the_next_working_day_unless_told_otherwise() {
        for (today, next) in [
            ("2026-11-18", "2026-11-19"),
            ("2026-11-20", "2026-11-23"),
            ("2026-11-21", "2026-11-23"),
        ] {
            assert_eq!(next_working_day(day(today)), day(next));
        }
    }
}
