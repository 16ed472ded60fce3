//! The form: one application after the other, at a terminal.

use std::pin::pin;

use anyhow::{Context, bail};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use timeoff_cli::{Answer, STALL, Terminal, Tone, chain, stalled};
use timeoff_log::{AppendError, LogError, Position};
use timeoff_models::{
    ApplicationId, Department, Departments, Email, InvalidLeaveStart, LeaveApplication, LeaveHours,
    LeaveStart,
};

use crate::submit::{Submitter, in_the_past, sentence, unprinted};

/// A working day.
const USUAL_HOURS: &str = "8";

/// The answers so far: they are the defaults when the questions are asked again.
#[derive(Debug, Default, Clone)]
struct Draft {
    email: Option<Email>,
    department: usize,
    hours: Option<LeaveHours>,
    start: Option<LeaveStart>,
}

/// The questions of the form, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Email,
    Department,
    Hours,
    Start,
    Confirmation,
}

impl Question {
    fn before(self) -> Question {
        match self {
            Question::Email | Question::Department => Question::Email,
            Question::Hours => Question::Department,
            Question::Start => Question::Hours,
            Question::Confirmation => Question::Start,
        }
    }
}

/// Asks for applications and queues them until the person leaves. `today` is the day at their place.
///
/// # Errors
///
/// If an application that was confirmed is not known to be queued, or the terminal fails.
pub(crate) async fn run(
    submitter: &mut Submitter,
    terminal: &mut Terminal,
    usual_email: Option<Email>,
    today: impl Fn() -> NaiveDate,
) -> anyhow::Result<()> {
    terminal.say(
        "A leave application. Esc goes back, Ctrl-C leaves at any time.",
        Tone::Faint,
    )?;
    let departments = submitter.departments().clone();
    let mut draft = Draft {
        email: usual_email,
        ..Draft::default()
    };
    let mut queued = Vec::new();
    let mut nothing = "Nothing was queued.";
    loop {
        let asked = ask(terminal, &departments, &mut draft, &queued, today()).await?;
        let Some(application) = asked else {
            terminal.say(nothing, Tone::Plain)?;
            return Ok(());
        };
        let id = submitter.new_id(&application);
        let submit = async || submitter.submit(&id, &application).await;
        let position = queue(terminal, &id, submit, || submitter.obstacle()).await?;
        queued.push((application, position));
        (draft.hours, draft.start) = (None, None);
        match terminal.confirm("Another application?", false).await? {
            Answer::Given(true) => nothing = "Nothing more was queued.",
            Answer::Given(false) | Answer::Back | Answer::Left => return Ok(()),
        }
    }
}

/// Asks for one application until it is confirmed. `None`: the person left.
async fn ask(
    terminal: &mut Terminal,
    departments: &Departments,
    draft: &mut Draft,
    queued: &[(LeaveApplication, Position)],
    today: NaiveDate,
) -> anyhow::Result<Option<LeaveApplication>> {
    let mut question = Question::Email;
    loop {
        let answer = match question {
            Question::Email => {
                let usual = draft.email.as_ref().map(Email::as_str);
                let email = terminal.line("E-mail", usual, str::parse::<Email>).await?;
                email.map(|email| {
                    draft.email = Some(email);
                    Question::Department
                })
            }
            Question::Department => {
                let index = terminal.choose("Department", departments, draft.department);
                index.await?.map(|index| {
                    draft.department = index;
                    Question::Hours
                })
            }
            Question::Hours => {
                let usual = draft.hours.map(|hours| hours.to_string());
                let usual = usual.as_deref().unwrap_or(USUAL_HOURS);
                let hours = terminal.line("Hours", Some(usual), str::parse::<LeaveHours>);
                hours.await?.map(|hours| {
                    draft.hours = Some(hours);
                    Question::Start
                })
            }
            Question::Start => {
                let usual = match draft.start {
                    Some(start) => start.to_string(),
                    None => next_working_day(today).to_string(),
                };
                let read = |text: &str| read_start(text, today);
                let start = terminal.line("First day", Some(&usual), read);
                start.await?.map(|start| {
                    draft.start = Some(start);
                    Question::Confirmation
                })
            }
            Question::Confirmation => {
                let application = draft.application(departments)?;
                match confirm(terminal, &application, queued, today).await? {
                    Answer::Given(true) => return Ok(Some(application)),
                    Answer::Given(false) => Answer::Given(Question::Email),
                    Answer::Back => Answer::Back,
                    Answer::Left => Answer::Left,
                }
            }
        };
        question = match answer {
            Answer::Given(next) => next,
            Answer::Back => question.before(),
            Answer::Left => return Ok(None),
        };
    }
}

impl Draft {
    /// The application, once all is answered.
    fn application(&self, departments: &Departments) -> anyhow::Result<LeaveApplication> {
        let department: Option<&Department> = departments.iter().nth(self.department);
        Ok(LeaveApplication {
            email: self.email.clone().context("the e-mail is answered")?,
            department: department.context("a choice is one of the items")?.clone(),
            hours: self.hours.context("the hours are answered")?,
            start: self.start.context("the first day is answered")?,
            details: None,
        })
    }
}

/// Asks whether the application is to be queued, and points out what may be wrong with it.
async fn confirm(
    terminal: &mut Terminal,
    application: &LeaveApplication,
    queued: &[(LeaveApplication, Position)],
    today: NaiveDate,
) -> anyhow::Result<Answer<bool>> {
    if let Some((_, position)) = queued.iter().find(|(same, _)| same == application) {
        terminal.say(&again(position), Tone::Wrong)?;
    }
    // On a separate line, where a narrow window does not cut it.
    if application.start.date() < today {
        terminal.say(&in_the_past(application.start), Tone::Wrong)?;
    }
    Ok(terminal.confirm(&question(application), true).await?)
}

/// Reads a day, or a word for one.
fn read_start(text: &str, today: NaiveDate) -> Result<LeaveStart, InvalidLeaveStart> {
    let day = match text.trim().to_lowercase().as_str() {
        "today" => Some(today),
        "tomorrow" => today.succ_opt(),
        _ => None,
    };
    match day.and_then(|day| LeaveStart::try_from(day).ok()) {
        Some(start) => Ok(start),
        None => text.parse(),
    }
}

/// The question that asks for the confirmation.
fn question(application: &LeaveApplication) -> String {
    let LeaveApplication {
        email,
        department,
        hours,
        start,
        details: _,
    } = application;
    // The address comes last: it may be long and be cut in a narrow window, but it is on the screen already.
    format!("Submit to {department}: {hours} h from {start} for {email}?")
}

/// The warning about an application that is the same as one that was queued in this form.
fn again(position: &Position) -> String {
    format!(
        "You have queued the same application already, at partition {}, offset {}.",
        position.partition, position.offset
    )
}

/// Queues an application, and tries again if that fails and the person wants to.
async fn queue(
    terminal: &mut Terminal,
    id: &ApplicationId<'_>,
    submit: impl AsyncFn() -> Result<Position, AppendError>,
    obstacle: impl Fn() -> LogError,
) -> anyhow::Result<Position> {
    let queuing = [("Queuing… (Ctrl-C gives up waiting)".to_owned(), Tone::Faint)];
    loop {
        terminal.draw(&queuing)?;
        let mut submitting = pin!(submit());
        let mut stall = pin!(tokio::time::sleep(STALL));
        let mut is_told = false;
        let outcome = loop {
            tokio::select! {
                biased;
                outcome = submitting.as_mut() => break outcome,
                () = terminal.left() => bail!("it is not known whether the application is queued"),
                () = stall.as_mut(), if !is_told => {
                    is_told = true;
                    terminal.say(&stalled(&obstacle()), Tone::Wrong)?;
                    terminal.draw(&queuing)?;
                }
            }
        };
        let error = match outcome {
            Ok(position) => {
                let printed = terminal.produce(&sentence(id, &position));
                printed.with_context(|| unprinted(id, &position))?;
                return Ok(position);
            }
            Err(error) => error.source,
        };
        terminal.say(
            &format!("It is not known to be queued: {}", chain(&error)),
            Tone::Wrong,
        )?;
        // There is nothing to go back to, so the question is asked again.
        let answer = loop {
            match terminal.confirm("Try again?", true).await? {
                Answer::Back => {}
                answer => break answer,
            }
        };
        if answer != Answer::Given(true) {
            bail!("the application is not known to be queued");
        }
    }
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
    use super::{Draft, ask, next_working_day, queue};
    use chrono::NaiveDate;
    use crossterm::event::{KeyCode, KeyEvent};
    use std::cell::Cell;
    use timeoff_cli::{Shutdown, Terminal};
    use timeoff_log::{AppendError, LogError, Position};
    use timeoff_models::{ApplicationId, Departments, LeaveApplication};

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn keys(typed: &str) -> Vec<KeyEvent> {
        typed
            .chars()
            .map(|c| match c {
                '\n' => KeyCode::Enter.into(),
                '<' => KeyCode::Backspace.into(),
                '↓' => KeyCode::Down.into(),
                '⎋' => KeyCode::Esc.into(),
                c => KeyCode::Char(c).into(),
            })
            .collect()
    }

    async fn asked(typed: &str) -> (Option<String>, String) {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, screen, _) = Terminal::scripted(keys(typed), shutdown);
        let departments = Departments::default();
        let mut draft = Draft::default();
        let answer = ask(
            &mut terminal,
            &departments,
            &mut draft,
            &[],
            day("2026-11-20"),
        )
        .await
        .expect("drawn");
        let application = answer.map(|application| {
            format!(
                "{} {} {} {}",
                application.email, application.department, application.hours, application.start
            )
        });
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
        let typed = "ada\n@example.com\n↓\n0\n<16\n2026-02-30\n<<28\n\n";
        let (application, screen) = asked(typed).await;
        let expected = "ada@example.com IT 16 2026-02-28";
        assert_eq!(application.as_deref(), Some(expected));
        for rule in ["exactly one @", "from 1 to 8784", "there is no such day"] {
            assert!(screen.contains(rule), "{rule} in {screen}");
        }
    }

    #[tokio::test]
    async fn what_is_to_be_confirmed_names_what_may_be_cut_last() {
        let (_, screen) = asked("ada@example.com\n↓\n16\n2027-07-01\n").await;
        // At 40 columns all of it is visible but the address, which stands above.
        let question = "Submit to IT: 16 h from 2027-07-01 for ada@example.com?";
        assert!(screen.contains(question), "{screen}");
    }

    #[tokio::test]
    async fn who_says_no_is_asked_again_with_their_answers_as_defaults() {
        let (application, _) = asked("ada@example.com\n↓\n\n\nn\n\n16\n\n\n").await;
        let expected = "ada@example.com IT 16 2026-11-23";
        assert_eq!(application.as_deref(), Some(expected));
    }

    #[tokio::test]
    async fn the_same_application_again_is_pointed_out_before_it_is_confirmed() {
        let (shutdown, _trigger) = Shutdown::manual();
        let typed = "ada@example.com\n\n\n\nn\n\n9\n\n\n";
        let (mut terminal, screen, _) = Terminal::scripted(keys(typed), shutdown);
        let queued = [(
            LeaveApplication {
                email: "ada@example.com".parse().expect("an address"),
                department: "HR".parse().expect("a department"),
                hours: "8".parse().expect("hours"),
                start: "2026-11-23".parse().expect("a day"),
                details: None,
            },
            Position {
                topic: "leave-applications".into(),
                partition: 0,
                offset: 7,
            },
        )];
        let mut draft = Draft::default();
        let departments = Departments::default();
        let today = day("2026-11-20");
        let answer = ask(&mut terminal, &departments, &mut draft, &queued, today).await;
        assert!(matches!(answer, Ok(Some(_))), "{answer:?}");
        let said = "the same application already, at partition 0, offset 7.";
        let screen = screen.text();
        assert_eq!(screen.matches(said).count(), 1, "{screen}");
    }

    #[tokio::test]
    async fn who_leaves_in_the_middle_queues_nothing() {
        let (application, _) = asked("ada@example.com\n↓\n").await;
        assert_eq!(application, None);
    }

    #[tokio::test]
    async fn esc_goes_back_to_the_question_before_with_what_was_answered() {
        // From the confirmation to the hours; from the first question there is no way back.
        let typed = "⎋ada@example.com\n↓\n9\n2027-07-01\n⎋⎋⎋⎋\n\n<16\n\n\n";
        let (application, screen) = asked(typed).await;
        let expected = "ada@example.com IT 16 2027-07-01";
        assert_eq!(application.as_deref(), Some(expected), "{screen}");
    }

    #[tokio::test]
    async fn words_for_days_are_understood_and_a_day_in_the_past_is_pointed_out() {
        let (application, screen) = asked("ada@example.com\n\n\ntoday\n\n").await;
        let expected = "ada@example.com HR 8 2026-11-20";
        assert_eq!(application.as_deref(), Some(expected));
        assert!(!screen.contains("past"), "{screen}");

        let (application, screen) = asked("ada@example.com\n\n\n2026-11-19\n\n").await;
        let expected = "ada@example.com HR 8 2026-11-19";
        assert_eq!(application.as_deref(), Some(expected));
        assert!(screen.contains("which is in the past"), "{screen}");
    }

    /// Queues one application on a log that fails `failures` times first. Returns the outcome, the number of attempts,
    /// and what was said and produced.
    async fn queued(failures: u32, typed: &str) -> (anyhow::Result<Position>, u32, String, String) {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, screen, product) = Terminal::scripted(keys(typed), shutdown);
        let id = ApplicationId::from_key("ada@example.com-1");
        let tried = Cell::new(0);
        let submit = async || {
            tried.set(tried.get() + 1);
            if tried.get() <= failures {
                return Err(AppendError {
                    acknowledged: 0,
                    source: LogError::Closed,
                });
            }
            Ok(Position {
                topic: "leave-applications".into(),
                partition: 1,
                offset: 7,
            })
        };
        let outcome = queue(&mut terminal, &id, submit, || LogError::Closed).await;
        (outcome, tried.get(), screen.text(), product.text())
    }

    #[tokio::test]
    async fn what_is_queued_is_said_on_standard_output() {
        let (outcome, tried, _, product) = queued(0, "").await;
        outcome.expect("queued");
        assert_eq!(tried, 1);
        assert_eq!(
            product,
            "Queued at partition 1, offset 7. Its id is ada@example.com-1.\n"
        );
    }

    #[tokio::test]
    async fn a_log_that_fails_is_told_and_tried_again_with_the_same_answers() {
        let (outcome, tried, screen, product) = queued(2, "\ny").await;
        outcome.expect("queued");
        assert_eq!(tried, 3);
        assert!(
            screen.contains("not known to be queued: the log is closed"),
            "{screen}"
        );
        assert!(product.starts_with("Queued at partition 1"), "{product}");
    }

    #[tokio::test]
    async fn who_does_not_try_again_has_failed() {
        for typed in ["n", ""] {
            let (outcome, tried, _, product) = queued(2, typed).await;
            assert!(outcome.is_err());
            assert_eq!((tried, product.as_str()), (1, ""));
        }
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
