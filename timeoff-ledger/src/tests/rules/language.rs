//! The statements of `docs/rules.md`, which says what they mean. A word that is not understood fails the test.

use timeoff_models::{ApplicationId, DayPart, LeaveDetails, Outcome};

use super::scene::{Became, PEOPLE, Scene};
use crate::tests::office::department;
use crate::{Date, Days, Fact, Half, Refusal, Request};

/// What became of a statement.
#[derive(Debug)]
pub(super) enum Said {
    /// It only said what holds.
    Given,
    Became(Box<Became>),
    /// The policy decides nothing by itself.
    LeftToPeople,
}

/// A day of the days that are taken, as a test expects it.
pub(super) fn taken(days: &Days) -> String {
    let days = days.iter().map(|day| {
        let weekday = day.date.weekday();
        let half = match day.half {
            Half::Both => "",
            Half::Morning => " morning",
            Half::Afternoon => " afternoon",
            Half::Any => " minutes",
        };
        format!("{weekday} {}{half}", day.minutes)
    });
    days.collect::<Vec<_>>().join(", ")
}

impl Scene {
    /// Has statements with `; ` between them happen. All but the last must be carried out.
    #[track_caller]
    pub(super) fn says(&mut self, statements: &str) -> Said {
        let mut last = Said::Given;
        for statement in statements.split("; ").map(str::trim) {
            if let Said::Became(became) = &last
                && let Err(refusal) = &**became
            {
                panic!("before '{statement}': refused: {refusal}");
            }
            last = self
                .statement(statement)
                .unwrap_or_else(|| panic!("not understood: '{statement}'"));
        }
        last
    }

    /// Has statements happen that must all be carried out.
    #[track_caller]
    pub(super) fn given(&mut self, statements: &str) {
        if let Said::Became(became) = self.says(statements)
            && let Err(refusal) = *became
        {
            panic!("'{statements}': refused: {refusal}");
        }
    }

    /// Has statements happen and gives what became of the last.
    #[track_caller]
    pub(super) fn asked(&mut self, statements: &str) -> Became {
        match self.says(statements) {
            Said::Became(became) => *became,
            other => panic!("'{statements}': {other:?}"),
        }
    }

    fn statement(&mut self, statement: &str) -> Option<Said> {
        if statement == "nothing" {
            return Some(Said::Given);
        }
        let (main, additions) = match statement.split_once(", ") {
            Some((main, additions)) => (main, additions.split(", ").collect()),
            None => (statement, Vec::new()),
        };
        let mut words: Vec<&str> = main.split(' ').collect();
        if let ["policy", words @ ..] = &words[..] {
            return additions.is_empty().then(|| self.policy_says(words))?;
        }
        let names_somebody = PEOPLE.iter().any(|(name, _)| words[0] == *name);
        let who = if names_somebody { words.remove(0) } else { "" };
        if let Some(said) = self.of_leave(who, &words, &additions) {
            return Some(said);
        }
        if !additions.is_empty() {
            return None;
        }
        let somebody = if who.is_empty() { "Ken" } else { who };
        let given = self.of_person(somebody, &words);
        given.or_else(|| self.of_decision(who, &words))
    }

    /// What holds for a person, and the day.
    fn of_person(&mut self, who: &str, words: &[&str]) -> Option<Said> {
        match words {
            ["today", day @ ..] => self.today = self.date(day)?,
            ["schedule", rest @ ..] => {
                let (schedule, until) = match rest {
                    [before @ .., "until", until] => (before, Some(until.parse().ok()?)),
                    _ => (rest, None),
                };
                let text = match schedule {
                    [minutes, "a", "day"] => format!("{} 0 0", [*minutes; 5].join(" ")),
                    days => days.join(" "),
                };
                let schedule = text.parse().ok()?;
                self.change_person(who, |person| person.schedule = Some(schedule));
                if let Some(until) = until {
                    self.until(who, until);
                }
            }
            ["region", region, rest @ ..] => {
                let region = region.parse().ok()?;
                self.change_person(who, |person| person.region = Some(region));
                match rest {
                    [] => {}
                    ["until", until] => self.until(who, until.parse().ok()?),
                    _ => return None,
                }
            }
            ["tag", tag] => {
                let tag = tag.parse().ok()?;
                self.change_person(who, |person| person.tags = tag);
            }
            ["employed", "from", from] => {
                let from = from.parse().ok()?;
                self.change_person(who, |person| person.from = Some(from));
            }
            ["employed", "until", until] => {
                let until = until.parse().ok()?;
                self.change_person(who, |person| person.until = Some(until));
            }
            ["grant", minutes, rest @ ..] => {
                let (leave_type, rest) = match rest {
                    ["from" | "until", ..] => ("annual", rest),
                    [leave_type, rest @ ..] => (*leave_type, rest),
                    [] => return None,
                };
                let (from, until): (Date, Date) = match rest {
                    ["until", until] => ("2027-01-01".parse().ok()?, until.parse().ok()?),
                    ["from", from, "until", until] => (from.parse().ok()?, until.parse().ok()?),
                    _ => return None,
                };
                let minutes = minutes.parse().ok()?;
                return became(self.grant(who, leave_type, minutes, from, until));
            }
            ["moves", "to", to] => {
                let person = self.person(who).id;
                let to = department(to);
                return became(self.ask("Ada", Request::MovePerson { person, to }));
            }
            ["delegates", "to", to, "until", until] => {
                let (from, to) = (self.person(who).id, self.person(to).id);
                let (from_date, until_date) = (self.today, until.parse().ok()?);
                return became(self.ask(
                    who,
                    Request::DelegateApproval {
                        from,
                        to,
                        from_date,
                        until_date,
                    },
                ));
            }
            _ => return None,
        }
        Some(Said::Given)
    }

    /// Asking for leave: alone, it is asked for and Grace approves it; `booked`, with what is warned of; `asks`, it waits.
    fn of_leave(&mut self, who: &str, words: &[&str], additions: &[&str]) -> Option<Said> {
        let (verb, words) = match words {
            [verb @ ("booked" | "asks"), words @ ..] => (*verb, words),
            words => ("", words),
        };
        let (first, hours, details) = self.leave(words)?;
        let mut details = details;
        for addition in additions {
            let of = details.get_or_insert_with(LeaveDetails::default);
            match *addition {
                "in its place" => of.replaces = Some(self.latest.clone()?),
                leave_type => {
                    if of.leave_type.is_some() {
                        return None;
                    }
                    of.leave_type = Some(leave_type.parse().ok()?);
                }
            }
        }
        let who = if who.is_empty() { "Ken" } else { who };
        let id = self.queue(who, first, hours, details);
        if verb == "asks" {
            return Some(Said::Given);
        }
        let by = if who == "Grace" { "Linus" } else { "Grace" };
        became(self.decide(by, &id, Outcome::Approved, verb == "booked"))
    }

    /// `20 hours from DAY`, `90 minutes on DAY`, `DAY`, `DAY morning`, `DAY to DAY` and the like.
    fn leave(&self, words: &[&str]) -> Option<(Date, i32, Option<LeaveDetails>)> {
        match words {
            [hours, "hours", "from", day @ ..] => {
                Some((self.date(day)?, hours.parse().ok()?, None))
            }
            [minutes, "minutes", "on", day @ ..] => {
                let details = LeaveDetails {
                    minutes: Some(minutes.parse().ok()?),
                    ..LeaveDetails::default()
                };
                Some((self.date(day)?, 24, Some(details)))
            }
            _ => {
                let to = words.iter().position(|word| *word == "to");
                let (first, last) = match to {
                    Some(to) => (&words[..to], &words[to + 1..]),
                    None => (words, &["", ""][..0]),
                };
                let (first, first_day) = self.part(first)?;
                let (last, last_day) = match to {
                    Some(_) => self.part(last)?,
                    None => (first, first_day),
                };
                let details = LeaveDetails {
                    last_date: Some(last),
                    first_day,
                    last_day,
                    ..LeaveDetails::default()
                };
                Some((first, 24, Some(details)))
            }
        }
    }

    fn part(&self, words: &[&str]) -> Option<(Date, DayPart)> {
        match words {
            [day @ .., "morning"] => Some((self.date(day)?, DayPart::Morning)),
            [day @ .., "afternoon"] => Some((self.date(day)?, DayPart::Afternoon)),
            day => Some((self.date(day)?, DayPart::Whole)),
        }
    }

    /// `Thu 2027-01-07`: the weekday must be right.
    #[expect(clippy::unused_self, reason = "it reads like the others")]
    fn date(&self, words: &[&str]) -> Option<Date> {
        let [weekday, date] = words else { return None };
        let date: Date = date.parse().ok()?;
        (date.weekday().to_string() == *weekday).then_some(date)
    }

    /// What somebody does with the latest application.
    fn of_decision(&mut self, who: &str, words: &[&str]) -> Option<Said> {
        let application = |scene: &Self| -> Option<ApplicationId<'static>> { scene.latest.clone() };
        let decide = |scene: &mut Self, outcome, accepts| {
            let id = application(scene)?;
            became(scene.decide(who, &id, outcome, accepts))
        };
        let cancel = |scene: &mut Self, outcome| {
            let application = application(scene)?;
            let request = Request::DecideCancellation {
                application,
                outcome,
            };
            became(scene.ask(who, request))
        };
        if who.is_empty() {
            return match words {
                ["nobody", "decides"] => {
                    let id = application(self)?;
                    match self.automatically(&id) {
                        Some(fact) => became(Ok(fact)),
                        None => Some(Said::LeftToPeople),
                    }
                }
                ["the", "last", "grant", "is", "corrected", "to", minutes] => {
                    let entitlement = self.grants.last_mut()?;
                    entitlement.minutes = minutes.parse().ok()?;
                    let entitlement = Box::new(entitlement.clone());
                    became(self.ask("Ada", Request::GrantEntitlement { entitlement }))
                }
                _ => None,
            };
        }
        match words {
            ["approves"] => decide(self, Outcome::Approved, false),
            ["accepts"] => decide(self, Outcome::Approved, true),
            ["declines"] => decide(self, Outcome::Declined, false),
            ["withdraws"] => {
                let application = application(self)?;
                became(self.ask(who, Request::WithdrawApplication { application }))
            }
            ["asks", "to", "cancel"] => {
                let application = application(self)?;
                became(self.ask(who, Request::AskToCancel { application }))
            }
            ["gives", "it", "back"] => cancel(self, Outcome::Approved),
            ["keeps", "it", "booked"] => cancel(self, Outcome::Declined),
            ["counts", "anew"] => {
                let application = application(self)?;
                became(self.ask(who, Request::RecalculateLeave { application }))
            }
            ["leaves", "on", date] => {
                let person = self.person(who).id;
                let last_date = date.parse().ok()?;
                let request = Request::EndEmployment { person, last_date };
                became(self.ask("Ada", request))
            }
            _ => None,
        }
    }

    fn policy_says(&mut self, words: &[&str]) -> Option<Said> {
        let (words, then) = match words {
            [words @ .., "warn"] => (words, "warn"),
            words => (words, "block"),
        };
        let rule = match words {
            ["cover", least, "present", of @ ..] => {
                format!("[[cover]]\nleast_present = {least}\n{}", tag_of(of)?)
            }
            ["cover", percent, "%", "away", of @ ..] => format!(
                "[[cover]]\nlargest_share_absent_percent = {percent}\n{}",
                tag_of(of)?
            ),
            ["notice", days, "days"] => format!("[[windows]]\nnotice_days = {days}\n"),
            ["back", days, "days"] => format!("[[windows]]\nback_days = {days}\n"),
            ["ahead", days, "days"] => format!("[[windows]]\nahead_days = {days}\n"),
            ["blackout", from, "to", until] => {
                format!("[[blackouts]]\nname = 'Stocktaking'\nfrom = '{from}'\nuntil = '{until}'\n")
            }
            _ => {
                let rule = match words {
                    ["holiday", date] => {
                        format!("[[company_holidays]]\nname = 'Off'\ndate = '{date}'\n")
                    }
                    ["holiday", date, "afternoon"] => format!(
                        "[[company_holidays]]\nname = 'Off'\ndate = '{date}'\npart = 'afternoon'\n"
                    ),
                    ["works", "on", date] => format!("[[struck_holidays]]\ndate = '{date}'\n"),
                    ["stage", tag, "over", minutes] => {
                        let stage = format!(
                            "[[stages]]\nlonger_than_minutes = {minutes}\nafter_approver = ['{tag}']\n"
                        );
                        self.change_policy(|policy| policy.stages.push_str(&stage));
                        return Some(Said::Given);
                    }
                    ["without", "stages"] => {
                        self.change_policy(|policy| policy.stages.clear());
                        return Some(Said::Given);
                    }
                    ["automatic", "up", "to", minutes] => {
                        let minutes = minutes.parse().ok()?;
                        self.change_policy(|policy| policy.automatic_up_to = Some(minutes));
                        return Some(Said::Given);
                    }
                    ["waiting", "does", "not", "reserve"] => {
                        self.change_policy(|policy| policy.does_not_reserve = true);
                        return Some(Said::Given);
                    }
                    ["is", what @ ..] => {
                        let text = match what {
                            ["empty"] => "",
                            ["contradictory"] => {
                                "default_type = 'holiday'\n[types.annual]\nlabel = 'A'\nneeds_entitlement = true\n"
                            }
                            ["for", "region", region] => &format!(
                                "default_type = 'annual'\n[types.annual]\nlabel = 'A'\nneeds_entitlement = true\n\
                                 [[company_holidays]]\nname = 'Off'\ndate = '12-24'\nregions = ['{region}']\n"
                            ),
                            _ => return None,
                        };
                        let policy = crate::PolicyText(text.into());
                        return became(self.ask(
                            "Ada",
                            Request::SetPolicy {
                                policy,
                                expected_version: None,
                            },
                        ));
                    }
                    _ => return None,
                };
                if then == "warn" {
                    return None;
                }
                self.change_policy(|policy| policy.rules.push_str(&rule));
                return Some(Said::Given);
            }
        };
        self.change_policy(|policy| policy.rules.push_str(&format!("{rule}then = '{then}'\n")));
        Some(Said::Given)
    }
}

fn tag_of(of: &[&str]) -> Option<String> {
    match of {
        [] => Some(String::new()),
        ["of", tag] => Some(format!("tag = '{tag}'\n")),
        _ => None,
    }
}

fn became(became: Became) -> Option<Said> {
    Some(Said::Became(Box::new(became)))
}

/// What a statement became, as `docs/rules.md` says it.
pub(super) fn answer(said: &Said) -> String {
    let became = match said {
        Said::Given => return "nothing happens".to_owned(),
        Said::LeftToPeople => return "somebody has to decide".to_owned(),
        Said::Became(became) => &**became,
    };
    match became {
        Err(Refusal::Warned { warnings }) => {
            let told: Vec<String> = warnings.iter().map(ToString::to_string).collect();
            format!("warned: {}", told.join(" "))
        }
        Err(refusal) => format!("refused: {refusal}"),
        Ok(fact) => match fact {
            Fact::LeaveBooked(decided) => {
                let days = decided.judged().days.as_ref().unwrap();
                format!("takes {}: {}", days.minutes(), taken(days))
            }
            Fact::LeaveDeclined(_) => "declined".to_owned(),
            Fact::LeaveWithdrawn { .. } => "withdrawn".to_owned(),
            Fact::StageApproved { stage, stages, .. } => format!("stage {stage} of {stages}"),
            Fact::LeaveReleased {
                minutes, from_date, ..
            } => match from_date {
                None => format!("gives back {minutes}"),
                Some(from) => format!("gives back {minutes} from {from} on"),
            },
            Fact::CancellationAsked { .. } => "cancellation waits".to_owned(),
            Fact::CancellationDeclined { .. } => "stays booked".to_owned(),
            Fact::LeaveRecalculated { days, .. } => match days.as_slice() {
                [] => "takes nothing now".to_owned(),
                _ => format!("takes {} now: {}", days.minutes(), taken(days)),
            },
            Fact::EntitlementGranted { .. } => "granted".to_owned(),
            Fact::PolicySet { .. } => "set".to_owned(),
            other => panic!("no words for {other:?}"),
        },
    }
}
