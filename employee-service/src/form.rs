//! The form: one application after the other, at a terminal.

use std::borrow::Cow;
use std::fmt;
use std::pin::pin;

use anyhow::{Context, bail};
use chrono::{Datelike, Days, NaiveDate, Weekday};
use timeoff_cli::{Answer, STALL, Terminal, Tone, chain, stalled};
use timeoff_ledger::{Application, Look, Refusal, State};
use timeoff_log::{AppendError, LogError, Position};
use timeoff_models::{
    ApplicationId, Date, DayPart, Department, Departments, Email, InvalidLeaveStart,
    LeaveApplication, LeaveDetails, LeaveHours, LeaveStart, LeaveType,
};

use crate::ledger::{Ledger, now};
use crate::parts::{Length, fit, hours_of, read_date, read_minutes};
use crate::submit::{Submitter, in_the_past, sentence, unprinted};

/// What a newcomer would not guess.
const HINT: &str = "A day may be a half: 2027-07-05 morning. A short leave may be in hours: 3 h.";

/// The answers so far: they are the defaults when the questions are asked again.
#[derive(Debug, Default, Clone)]
struct Draft {
    email: Option<Email>,
    department: usize,
    start: Option<First>,
    end: Option<End>,
    /// `None` where no policy is known that has several.
    leave_type: Option<LeaveType>,
}

/// The first day, and how much of it.
#[derive(Debug, Clone, Copy)]
struct First {
    start: LeaveStart,
    part: DayPart,
}

/// How far a leave goes.
#[derive(Debug, Clone, Copy)]
enum End {
    /// To this day, and how much of it.
    Day(Date, DayPart),
    Hours(LeaveHours),
    /// Minutes of the first day.
    Minutes(u16),
}

impl fmt::Display for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.start, after(self.part))
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Day(date, part) => write!(f, "{date}{}", after(*part)),
            End::Hours(hours) => write!(f, "{hours} h"),
            End::Minutes(minutes) => write!(f, "{minutes} min"),
        }
    }
}

/// A part of a day, as it stands behind the day.
fn after(part: DayPart) -> &'static str {
    match part {
        DayPart::Whole => "",
        DayPart::Morning => " morning",
        DayPart::Afternoon => " afternoon",
    }
}

/// The questions of the form, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Email,
    Department,
    Start,
    End,
    /// Only where a policy is known that has several types.
    Type,
    Confirmation,
}

impl Question {
    fn before(self, asks_type: bool) -> Question {
        match self {
            Question::Email | Question::Department => Question::Email,
            Question::Start => Question::Department,
            Question::End => Question::Start,
            Question::Confirmation if asks_type => Question::Type,
            Question::Type | Question::Confirmation => Question::End,
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
    terminal.say(HINT, Tone::Faint)?;
    let departments = submitter.departments().clone();
    let Some(mut ledger) = look_up(terminal, submitter.ledger()).await else {
        terminal.say("Nothing was queued.", Tone::Plain)?;
        return Ok(());
    };
    let mut draft = Draft {
        email: usual_email,
        ..Draft::default()
    };
    let mut queued = Vec::new();
    let mut nothing = "Nothing was queued.";
    loop {
        let form = Form {
            departments: &departments,
            queued: &queued,
            today: today(),
        };
        let asked = form.ask(terminal, &mut draft, &mut ledger).await?;
        let Some(application) = asked else {
            terminal.say(nothing, Tone::Plain)?;
            return Ok(());
        };
        let id = submitter.new_id(&application);
        let submit = async || submitter.submit(&id, &application).await;
        let position = queue(terminal, &id, submit, || submitter.obstacle()).await?;
        queued.push(Queued {
            id,
            application,
            position,
        });
        (draft.start, draft.end) = (None, None);
        match terminal.confirm("Another application?", false).await? {
            Answer::Given(true) => nothing = "Nothing more was queued.",
            Answer::Given(false) | Answer::Back | Answer::Left => return Ok(()),
        }
    }
}

/// An application that was queued in this form.
struct Queued {
    id: ApplicationId<'static>,
    application: LeaveApplication,
    position: Position,
}

/// What the questions for one application rest on.
struct Form<'a> {
    departments: &'a Departments,
    queued: &'a [Queued],
    today: NaiveDate,
}

impl Form<'_> {
    /// Asks for one application until it is confirmed. `None`: the person left.
    async fn ask(
        &self,
        terminal: &mut Terminal,
        draft: &mut Draft,
        ledger: &mut Ledger,
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
                    let index = terminal.choose("Department", self.departments, draft.department);
                    let index = index.await?;
                    if let Answer::Given(index) = index
                        && let Some(department) = self.departments.iter().nth(index)
                    {
                        // It is read while the next questions are answered.
                        ledger.begin(department);
                    }
                    index.map(|index| {
                        draft.department = index;
                        Question::Start
                    })
                }
                Question::Start => {
                    let usual = match draft.start {
                        Some(start) => start.to_string(),
                        None => next_working_day(self.today).to_string(),
                    };
                    let read = |text: &str| read_first(text, self.today);
                    let start = terminal.line("First day", Some(&usual), read);
                    ledger.while_asking(start).await?.map(|start| {
                        draft.start = Some(start);
                        Question::End
                    })
                }
                Question::End => {
                    let start = draft.start.context("the first day is answered")?;
                    let usual = match draft.end {
                        Some(end) => end.to_string(),
                        None => start.start.to_string(),
                    };
                    let read = |text: &str| {
                        let end = read_end(text, self.today)?;
                        self.application(draft, end)?;
                        Ok::<_, String>(end)
                    };
                    let end = terminal.line("Last day, or hours", Some(&usual), read);
                    ledger.while_asking(end).await?.map(|end| {
                        draft.end = Some(end);
                        Question::Type
                    })
                }
                Question::Type => {
                    let Some(known) = look_up(terminal, ledger.state()).await else {
                        return Ok(None);
                    };
                    self.ask_type(terminal, draft, known).await?
                }
                Question::Confirmation => {
                    let Some(known) = look_up(terminal, ledger.state()).await else {
                        return Ok(None);
                    };
                    let end = draft.end.context("the last day is answered")?;
                    let mut application =
                        self.application(draft, end).map_err(anyhow::Error::msg)?;
                    if let (Some(state), End::Day(..)) = (known, end)
                        && let Some(days) = state.days_of_leave(&application, now())
                    {
                        application.hours = hours_of(&days);
                    }
                    match self.confirm(terminal, &application, known).await? {
                        Answer::Given(true) => return Ok(Some(application)),
                        Answer::Given(false) => Answer::Given(Question::Email),
                        Answer::Back => Answer::Back,
                        Answer::Left => Answer::Left,
                    }
                }
            };
            question = match answer {
                Answer::Given(next) => next,
                Answer::Back => question.before(draft.leave_type.is_some()),
                Answer::Left => return Ok(None),
            };
        }
    }

    /// Asks for the type where a policy is known that has several.
    async fn ask_type(
        &self,
        terminal: &mut Terminal,
        draft: &mut Draft,
        known: Option<&State>,
    ) -> anyhow::Result<Answer<Question>> {
        let types = known
            .and_then(State::policy)
            .map(|(_, policy)| (policy, policy.types()))
            .filter(|(_, types)| types.len() > 1);
        let Some((policy, types)) = types else {
            draft.leave_type = None;
            return Ok(Answer::Given(Question::Confirmation));
        };
        let named = |name: &LeaveType| types.iter().position(|kind| kind.name == *name);
        let before = draft.leave_type.as_ref();
        let usual = before
            .and_then(named)
            .or_else(|| named(&policy.default_type().name));
        let labels = types.iter().map(|kind| kind.label.as_str());
        let index = terminal.choose("Type", labels, usual.unwrap_or_default());
        Ok(index.await?.map(|index| {
            draft.leave_type = types.get(index).map(|kind| kind.name.clone());
            Question::Confirmation
        }))
    }

    /// The application, once all but the type is answered, or why the answers do not fit together. Its hours are counted as
    /// if everybody worked 8 hours from Monday to Friday.
    fn application(&self, draft: &Draft, end: End) -> Result<LeaveApplication, String> {
        let department: Option<&Department> = self.departments.iter().nth(draft.department);
        let (Some(email), Some(department), Some(First { start, part })) =
            (&draft.email, department, draft.start)
        else {
            return Err("a question is not answered yet: Esc goes back".to_owned());
        };
        let mut details = LeaveDetails {
            leave_type: draft.leave_type.clone(),
            first_day: part,
            ..LeaveDetails::default()
        };
        let mut hours = None;
        match end {
            End::Day(date, part) => (details.last_date, details.last_day) = (Some(date), part),
            End::Hours(_) if part != DayPart::Whole => {
                let rule =
                    "hours begin with a whole day: give a last day here, or go back with Esc";
                return Err(rule.to_owned());
            }
            End::Hours(given) => hours = Some(given),
            End::Minutes(minutes) => details.minutes = Some(minutes),
        }
        let details = (details != LeaveDetails::default()).then_some(details);
        let length = fit((email, department, start), hours, details);
        let Length { hours, details, .. } = length.map_err(|wrong| wrong.rule)?;
        Ok(LeaveApplication {
            email: email.clone(),
            department: department.clone(),
            hours,
            start,
            details,
        })
    }

    /// Asks whether the application is to be queued, and points out what may be wrong with it.
    async fn confirm(
        &self,
        terminal: &mut Terminal,
        application: &LeaveApplication,
        known: Option<&State>,
    ) -> anyhow::Result<Answer<bool>> {
        let is_same = |queued: &&Queued| queued.application == *application;
        if let Some(Queued { position, .. }) = self.queued.iter().find(is_same) {
            terminal.say(&again(position), Tone::Wrong)?;
        }
        // On a separate line, where a narrow window does not cut it.
        if application.start.date() < self.today {
            terminal.say(&in_the_past(application.start), Tone::Wrong)?;
        }
        if let Some(state) = known {
            for (sentence, tone) in self.outlook(application, state) {
                terminal.say(&sentence, tone)?;
            }
        }
        Ok(terminal.confirm(&question(application), true).await?)
    }

    /// What the policy says of the application now, if there is one.
    fn outlook(&self, application: &LeaveApplication, state: &State) -> Vec<(String, Tone)> {
        let is_earlier = |queued: &&Queued| {
            let of = &queued.application;
            (&of.email, &of.department) == (&application.email, &application.department)
        };
        let earlier = self.queued.iter().filter(is_earlier);
        let asked = Application {
            id: ApplicationId::new(&application.email, now()),
            leave: Cow::Borrowed(application),
            earlier: earlier
                .map(|queued| (queued.id.clone(), Cow::Borrowed(&queued.application)))
                .collect(),
        };
        match state.look_at(&asked, now()) {
            Ok(None) => Vec::new(),
            Ok(Some(look)) => told(&look),
            Err(refusal) => vec![stands_against(&refusal)],
        }
    }
}

/// Waits for what is known. `None`: the person left meanwhile.
async fn look_up<T>(terminal: &mut Terminal, known: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        known = known => Some(known),
        () = terminal.left() => None,
    }
}

/// What a leave takes, what is left, and what stands against it.
fn told(look: &Look) -> Vec<(String, Tone)> {
    let mut takes = format!("Takes {} of {}.", look.takes(), look.label);
    if let Some(leaves) = look.leaves() {
        takes.push_str(&format!(" {leaves}"));
    }
    let against = look.against.as_ref().map(stands_against);
    [(takes, Tone::Plain)].into_iter().chain(against).collect()
}

/// Why a leave would not be approved now. It can be queued all the same.
fn stands_against(refusal: &Refusal) -> (String, Tone) {
    let sentence = match refusal {
        Refusal::Warned { .. } => format!("The approver would be warned: {}", refusal.reason()),
        _ => format!("It could not be approved now: {}", refusal.reason()),
    };
    (sentence, Tone::Wrong)
}

/// Reads a day, or a word for one.
fn read_start(text: &str, today: NaiveDate) -> Result<LeaveStart, InvalidLeaveStart> {
    match word_for_a_day(text, today).and_then(|day| LeaveStart::try_from(day).ok()) {
        Some(start) => Ok(start),
        None => text.parse(),
    }
}

fn word_for_a_day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    match text.trim().to_lowercase().as_str() {
        "today" => Some(today),
        "tomorrow" => today.succ_opt(),
        _ => None,
    }
}

/// A day and the part of it that stands behind, all of it if none does.
fn split_part(text: &str) -> (&str, DayPart) {
    let text = text.trim();
    let split = text.rsplit_once(char::is_whitespace);
    let split = split.and_then(|(day, part)| Some((day, part.parse().ok()?)));
    split.unwrap_or((text, DayPart::Whole))
}

fn read_first(text: &str, today: NaiveDate) -> Result<First, InvalidLeaveStart> {
    let (day, part) = split_part(text);
    let start = read_start(day, today)?;
    Ok(First { start, part })
}

/// Reads a last day, hours or minutes.
fn read_end(text: &str, today: NaiveDate) -> Result<End, String> {
    let lower = text.trim().to_lowercase();
    let without = |units: &[&str]| {
        let number = units.iter().find_map(|unit| lower.strip_suffix(unit))?;
        let number = number.trim_end();
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !number.is_empty()).then_some(number)
    };
    if let Some(minutes) = without(&["minutes", "minute", "min"]) {
        return read_minutes(minutes).map(End::Minutes);
    }
    if let Some(number) = without(&["hours", "hour", "h", ""]) {
        let hours = number.parse::<LeaveHours>();
        return hours.map(End::Hours).map_err(|error| error.to_string());
    }
    let (day, part) = split_part(text);
    let date = word_for_a_day(day, today).and_then(|day| Date::try_from(day).ok());
    match date {
        Some(date) => Ok(End::Day(date, part)),
        None => match read_date(day) {
            Ok(date) => Ok(End::Day(date, part)),
            Err(rule) => Err(format!("{rule}; or hours, such as 3 h, or 90 min")),
        },
    }
}

/// The question that asks for the confirmation.
fn question(application: &LeaveApplication) -> String {
    let LeaveApplication {
        email,
        department,
        hours,
        start,
        details,
    } = application;
    let length = match details.as_deref() {
        Some(LeaveDetails {
            minutes: Some(minutes),
            ..
        }) => format!("{minutes} min on {start}"),
        Some(LeaveDetails {
            last_date: Some(last),
            first_day,
            last_day,
            ..
        }) => {
            let first = First {
                start: *start,
                part: *first_day,
            };
            let is_one_day = *last == Date::of(start.ticks());
            let last = End::Day(*last, *last_day);
            match is_one_day {
                true if *first_day == DayPart::Whole => format!("{hours} h on {last}"),
                true => format!("{hours} h on {first}"),
                false => format!("{hours} h from {first} to {last}"),
            }
        }
        _ => format!("{hours} h from {start}"),
    };
    // The address comes last: it may be long and be cut in a narrow window, but it is on the screen already.
    format!("Submit to {department}: {length} for {email}?")
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
    use super::{Draft, Form, Queued, next_working_day, queue};
    use crate::ledger::Ledger;
    use chrono::NaiveDate;
    use crossterm::event::{KeyCode, KeyEvent};
    use std::cell::Cell;
    use timeoff_cli::{Shutdown, Terminal};
    use timeoff_ledger::{Cause, Date, Entitlement, Event, Fact, Person, PolicyText, Role, State};
    use timeoff_log::{AppendError, LogError, Position};
    use timeoff_models::{ApplicationId, DayPart, Departments, LeaveApplication, Ticks};

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

    /// Asks with these keys; with what a ledger says, and what was queued in the form before.
    async fn ask(
        typed: &str,
        mut ledger: Ledger,
        queued: &[Queued],
    ) -> (Option<LeaveApplication>, String) {
        let (shutdown, _trigger) = Shutdown::manual();
        let (mut terminal, screen, _) = Terminal::scripted(keys(typed), shutdown);
        let form = Form {
            departments: &Departments::default(),
            queued,
            today: day("2026-11-20"),
        };
        let mut draft = Draft::default();
        let answer = form.ask(&mut terminal, &mut draft, &mut ledger).await;
        (answer.expect("drawn"), screen.text())
    }

    /// An application as a line of text.
    fn line(application: &LeaveApplication) -> String {
        let LeaveApplication {
            email,
            department,
            hours,
            start,
            details,
        } = application;
        let mut line = format!("{email} {department} {hours} {start}");
        if let Some(details) = details {
            let until = details.last_date.map(|date| format!(" to {date}"));
            line.push_str(&until.unwrap_or_default());
            let minutes = details.minutes.map(|minutes| format!(" {minutes} min"));
            line.push_str(&minutes.unwrap_or_default());
            for (part, name) in [(details.first_day, "first"), (details.last_day, "last")] {
                if part != DayPart::Whole {
                    line.push_str(&format!(" {name} {part}"));
                }
            }
            if let Some(of) = &details.leave_type {
                line.push_str(&format!(" {of}"));
            }
        }
        line
    }

    async fn asked(typed: &str) -> (Option<String>, String) {
        let (application, screen) = ask(typed, Ledger::unknown(), &[]).await;
        (application.as_ref().map(line), screen)
    }

    #[tokio::test]
    async fn an_application_is_asked_for_with_a_default_for_all_but_the_address() {
        let (application, _) = asked("Ada@Example.com\n\n\n\n\n").await;
        let expected = "ada@example.com HR 8 2026-11-23 to 2026-11-23";
        assert_eq!(application.as_deref(), Some(expected));
    }

    #[tokio::test]
    async fn whoever_gives_hours_queues_an_application_without_details() {
        for hours in ["16", "16 h", "16h", "16 hours"] {
            let typed = format!("ada@example.com\n\n2027-07-01\n{hours}\n\n");
            let (application, screen) = ask(&typed, Ledger::unknown(), &[]).await;
            let application = application.expect("confirmed");
            assert_eq!(line(&application), "ada@example.com HR 16 2027-07-01");
            assert_eq!(application.details, None);
            let question = "Submit to HR: 16 h from 2027-07-01 for";
            assert!(screen.contains(question), "{screen}");
        }
    }

    #[tokio::test]
    async fn halves_and_minutes_stand_behind_the_day_or_in_its_place() {
        for (start, end, expected, asks) in [
            (
                "2027-07-01 afternoon",
                "2027-07-05 Morning",
                "16 2027-07-01 to 2027-07-05 first afternoon last morning",
                "16 h from 2027-07-01 afternoon to 2027-07-05 morning",
            ),
            (
                "2027-07-01 morning",
                "",
                "4 2027-07-01 to 2027-07-01 first morning",
                "4 h on 2027-07-01 morning",
            ),
            (
                "2027-07-01",
                "90 min",
                "2 2027-07-01 to 2027-07-01 90 min",
                "90 min on 2027-07-01",
            ),
            (
                "2027-07-01",
                "",
                "8 2027-07-01 to 2027-07-01",
                "8 h on 2027-07-01",
            ),
        ] {
            let (application, screen) =
                asked(&format!("ada@example.com\n\n{start}\n{end}\n\n")).await;
            let expected = format!("ada@example.com HR {expected}");
            assert_eq!(application.as_deref(), Some(&*expected), "{screen}");
            assert!(
                screen.contains(&format!("Submit to HR: {asks} for")),
                "{screen}"
            );
        }
    }

    #[tokio::test]
    async fn every_wrong_answer_is_told_with_the_rule_and_asked_again() {
        let typed = "ada\n@example.com\n↓\n2026-02-30\n<<28\n0\n<16\n\n";
        let (application, screen) = asked(typed).await;
        let expected = "ada@example.com IT 16 2026-02-28";
        assert_eq!(application.as_deref(), Some(expected));
        for rule in ["exactly one @", "from 1 to 8784", "there is no such day"] {
            assert!(screen.contains(rule), "{rule} in {screen}");
        }
    }

    #[tokio::test]
    async fn an_end_that_does_not_fit_the_first_day_is_told_with_what_to_do() {
        for (start, end, rule) in [
            (
                "2027-07-01",
                "2027-06-30",
                "must not be before the first day, 2027-07-01",
            ),
            ("2027-07-01", "soon", "\"soon\" is not a last day"),
            ("2027-07-01", "1441 min", "from 1 to 1440"),
            (
                "2027-07-01 morning",
                "2027-07-02",
                "cannot begin with a morning alone",
            ),
            (
                "2027-07-01",
                "2027-07-02 afternoon",
                "cannot end with an afternoon alone",
            ),
            (
                "2027-07-01 afternoon",
                "3 h",
                "hours begin with a whole day",
            ),
            ("2027-07-01 afternoon", "90 min", "without halves"),
            ("2027-07-03", "2027-07-04", "no day from Monday to Friday"),
        ] {
            let (application, screen) =
                asked(&format!("ada@example.com\n\n{start}\n{end}\n\n")).await;
            assert_eq!(application, None);
            let screen = unbroken(&screen);
            assert!(screen.contains(rule), "{rule} in {screen}");
        }
    }

    /// What is wrong may stand on several lines, each indented.
    fn unbroken(screen: &str) -> String {
        screen.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[tokio::test]
    async fn what_is_to_be_confirmed_names_what_may_be_cut_last() {
        let (_, screen) = asked("ada@example.com\n↓\n2027-07-01\n16\n").await;
        // At 40 columns all of it is visible but the address, which stands above.
        let question = "Submit to IT: 16 h from 2027-07-01 for ada@example.com?";
        assert!(screen.contains(question), "{screen}");
    }

    #[tokio::test]
    async fn who_says_no_is_asked_again_with_their_answers_as_defaults() {
        let typed = "ada@example.com\n↓\n\n2026-11-24 morning\nn\n\n2026-11-20\n\n\n";
        let (application, _) = asked(typed).await;
        let expected = "ada@example.com IT 20 2026-11-20 to 2026-11-24 last morning";
        assert_eq!(application.as_deref(), Some(expected));
    }

    fn queued_before(application: LeaveApplication) -> Queued {
        Queued {
            id: ApplicationId::new(&application.email, Ticks::MIN),
            application,
            position: Position {
                topic: "leave-applications".into(),
                partition: 0,
                offset: 7,
            },
        }
    }

    #[tokio::test]
    async fn the_same_application_again_is_pointed_out_before_it_is_confirmed() {
        let queued = [queued_before(LeaveApplication {
            email: "ada@example.com".parse().expect("an address"),
            department: "HR".parse().expect("a department"),
            hours: "8".parse().expect("hours"),
            start: "2026-11-23".parse().expect("a day"),
            details: None,
        })];
        let typed = "ada@example.com\n\n\n8\nn\n\n\n9\n\n";
        let (application, screen) = ask(typed, Ledger::unknown(), &queued).await;
        assert!(application.is_some(), "{screen}");
        let said = "the same application already, at partition 0, offset 7.";
        assert_eq!(screen.matches(said).count(), 1, "{screen}");
    }

    const POLICY: &str = "\
default_type = 'annual'
[types.sick]
label = 'Sick leave'
needs_entitlement = false
[types.annual]
label = 'Annual leave'
needs_entitlement = true
[[windows]]
types = ['sick']
ahead_days = 1
then = 'warn'
";

    /// The ledger of HR: Ada works on six days a week, and has 96 h.
    fn known(policy: Option<&str>) -> Ledger {
        let mut state = State::of("HR".parse().expect("a department"));
        let id = "0190163d-8694-739b-aea5-966c26f8ad90";
        let person = Person {
            id: id.parse().expect("an id"),
            email: "ada@example.com".parse().expect("an address"),
            name: "Ada Lovelace".parse().expect("a name"),
            role: Role::Employee,
            region: None,
            schedule: Some("480 480 480 480 480 300 0".parse().expect("a schedule")),
            from: None,
            until: None,
            tags: "".parse().expect("tags"),
            earlier: None,
        };
        let entitlement = Entitlement {
            id: id.parse().expect("an id"),
            person: person.id,
            leave_type: "annual".parse().expect("a type"),
            minutes: 96 * 60,
            from: "2020-01-01".parse::<Date>().expect("a day"),
            until: "9999-12-31".parse().expect("a day"),
        };
        let entered = Fact::PersonEntered {
            person: Box::new(person),
            department: state.department().clone(),
            moved_from: None,
            left: None,
        };
        let set = policy.map(|policy| Fact::PolicySet {
            version: 1,
            policy: PolicyText(policy.into()),
        });
        let granted = Fact::EntitlementGranted {
            entitlement: Box::new(entitlement),
            moved_from: None,
        };
        for fact in [entered].into_iter().chain(set).chain([granted]) {
            let cause = Cause {
                command_id: None,
                by: None,
                at: Ticks::MIN,
            };
            state.evolve(&Event { cause, fact });
        }
        Ledger::known(state)
    }

    #[tokio::test]
    async fn where_a_policy_holds_the_type_is_asked_for_and_the_balance_is_said() {
        let typed = "ada@example.com\n\n2027-01-07\n2027-01-11\n\n\n";
        let (application, screen) = ask(typed, known(Some(POLICY)), &[]).await;
        // Saturday's five hours are counted.
        let expected = "ada@example.com HR 29 2027-01-07 to 2027-01-11 annual";
        assert_eq!(
            application.as_ref().map(line).as_deref(),
            Some(expected),
            "{screen}"
        );
        let said = "Takes 29 h (4 days) of Annual leave. 96 h can be taken on 2027-01-07, 67 h after this.";
        assert!(unbroken(&screen).contains(said), "{screen}");
        assert!(!screen.contains("could not be approved"), "{screen}");

        // What was queued in the form before reserves its hours.
        let queued = [queued_before(application.expect("confirmed"))];
        let typed = "ada@example.com\n\n2027-02-01\n2027-02-01\n\n\n";
        let (_, screen) = ask(typed, known(Some(POLICY)), &queued).await;
        let said = "67 h can be taken on 2027-02-01, 59 h after this.";
        assert!(unbroken(&screen).contains(said), "{screen}");
    }

    #[tokio::test]
    async fn what_stands_against_it_is_said_and_it_can_be_queued_all_the_same() {
        for (typed, said) in [
            (
                "ada@example.com\n\n2027-01-04\n2027-01-29\n\n\n",
                "It could not be approved now: ",
            ),
            (
                "ada@example.com\n\n2027-01-07\n2027-01-07\n↓\n\n",
                "Takes 8 h (1 day) of Sick leave.",
            ),
            (
                "ada@example.com\n\n2027-01-07\n2027-01-07\n↓\n\n",
                "The approver would be warned: ",
            ),
            (
                "eve@example.com\n\n2027-01-07\n2027-01-07\n\n\n",
                "It could not be approved now: Nobody with this e-mail address has been entered",
            ),
        ] {
            let (application, screen) = ask(typed, known(Some(POLICY)), &[]).await;
            assert!(application.is_some(), "{screen}");
            assert!(unbroken(&screen).contains(said), "{said} in {screen}");
        }
    }

    #[tokio::test]
    async fn without_a_policy_days_are_counted_by_the_schedule_and_nothing_is_said() {
        let typed = "ada@example.com\n\n2027-01-07\n2027-01-11\n\n";
        let (application, screen) = ask(typed, known(None), &[]).await;
        let expected = "ada@example.com HR 29 2027-01-07 to 2027-01-11";
        assert_eq!(application.as_ref().map(line).as_deref(), Some(expected));
        assert!(!screen.contains("Takes"), "{screen}");
    }

    #[tokio::test]
    async fn who_leaves_in_the_middle_queues_nothing() {
        let (application, _) = asked("ada@example.com\n↓\n").await;
        assert_eq!(application, None);
    }

    #[tokio::test]
    async fn esc_goes_back_to_the_question_before_with_what_was_answered() {
        // From the confirmation to the first day; from the first question there is no way back.
        let typed = "⎋ada@example.com\n↓\n2027-07-01\n9\n⎋⎋⎋⎋\n\n\n<<<16\n\n";
        let (application, screen) = asked(typed).await;
        let expected = "ada@example.com IT 16 2027-07-01";
        assert_eq!(application.as_deref(), Some(expected), "{screen}");
    }

    #[tokio::test]
    async fn esc_goes_back_to_the_type_where_it_was_asked_for() {
        let typed = "ada@example.com\n\n2027-01-07\n\n\n⎋↓\n\n";
        let (application, screen) = ask(typed, known(Some(POLICY)), &[]).await;
        let expected = "ada@example.com HR 8 2027-01-07 to 2027-01-07 sick";
        assert_eq!(
            application.as_ref().map(line).as_deref(),
            Some(expected),
            "{screen}"
        );
    }

    #[tokio::test]
    async fn words_for_days_are_understood_and_a_day_in_the_past_is_pointed_out() {
        let (application, screen) = asked("ada@example.com\n\ntoday\ntomorrow\n\n").await;
        let expected = "ada@example.com HR 8 2026-11-20 to 2026-11-21";
        assert_eq!(application.as_deref(), Some(expected));
        assert!(!screen.contains("past"), "{screen}");

        let (application, screen) = asked("ada@example.com\n\n2026-11-19\n\n\n").await;
        let expected = "ada@example.com HR 8 2026-11-19 to 2026-11-19";
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
