//! What is known of a leave and of a person's account, for those who show it. Nothing is decided by it.

use std::collections::HashMap;

use timeoff_models::{ApplicationId, Date, LeaveApplication, LeaveType, Ticks};

use super::leave::Leeway;
use crate::account::Explanation;
use crate::state::{Booked, Entry, PersonIndex, State};
use crate::{Application, Days, Half, PersonId, PersonName, Refusal, hours};

/// What is known of a leave that is asked for.
#[derive(Clone, Debug)]
pub struct Look {
    /// What kind of leave.
    pub leave_type: LeaveType,
    /// What people call it.
    pub label: String,
    /// What it takes.
    pub days: Days,
    /// Minutes of the type that can be taken on the first day before it is booked, and after; `None` if the type needs no
    /// entitlement.
    pub available: Option<Available>,
    /// Why it cannot be approved now, [`Refusal::Warned`] included; `None` if it can.
    pub against: Option<Refusal>,
    /// Which stage is to decide, from 1.
    pub stage: u8,
    /// How many there are.
    pub stages: u8,
    /// The tag of those who decide at that stage; `None`: approvers.
    pub stage_tag: Option<String>,
}

impl Look {
    /// What it takes, in words: `24 h (3 days)`.
    #[must_use]
    pub fn takes(&self) -> String {
        let minutes = hours(self.days.minutes());
        match self.days.in_words() {
            Some(days) => format!("{minutes} ({days})"),
            None => minutes,
        }
    }

    /// What can be taken on the first day before it is booked, and after: `40 h can be taken on 2027-08-02, 24 h after
    /// this.` `None` if the type needs no entitlement.
    #[must_use]
    pub fn leaves(&self) -> Option<String> {
        let Available { before, after } = self.available?;
        let first = self.days.first()?;
        let before = match before {
            0 => "Nothing".to_owned(),
            before => hours(before),
        };
        Some(match after {
            None => format!("{before} can be taken on {first}."),
            Some(0) => format!("{before} can be taken on {first}, nothing after this."),
            Some(after) => {
                let after = hours(after);
                format!("{before} can be taken on {first}, {after} after this.")
            }
        })
    }

    /// Which stage is to decide, and who that is: `Stage 2 of 2: somebody with the tag hr decides.` `None` where there is
    /// one stage.
    #[must_use]
    pub fn stage_in_words(&self) -> Option<String> {
        let Self { stage, stages, .. } = self;
        (*stages > 1).then(|| match &self.stage_tag {
            Some(tag) => format!("Stage {stage} of {stages}: somebody with the tag {tag} decides."),
            None => format!("Stage {stage} of {stages}: an approver decides."),
        })
    }
}

/// Somebody who has booked leave while another leave lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// What they are called.
    pub name: PersonName,
    /// On which days of that leave, in order.
    pub dates: Vec<Date>,
}

/// What can be taken on the first day of a leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// Before it is booked, in minutes.
    pub before: u64,
    /// After it is booked; `None` if it cannot be.
    pub after: Option<u64>,
}

/// What a person can take of one type of leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// What kind of leave.
    pub leave_type: LeaveType,
    /// What people call it.
    pub label: String,
    /// Where each minute of each entitlement is, and which are available; `None` if the type needs no entitlement. The
    /// number of a leave in it is its place in `booked`; those of waiting applications are behind.
    pub explanation: Option<Explanation>,
    /// Booked leave of the type, in the order in which it was booked.
    pub booked: Vec<BookedLeave>,
    /// Waiting applications that reserve, in the order in which they were queued; see `explanation`.
    pub reserved: Vec<ApplicationId<'static>>,
}

/// Leave that is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookedLeave {
    /// Its application.
    pub application: ApplicationId<'static>,
    /// What kind of leave; `None` where it was booked without a type.
    pub leave_type: Option<LeaveType>,
    /// When.
    pub days: Days,
    /// Whether its cancellation has been asked for, and not decided.
    pub is_to_be_cancelled: bool,
}

impl BookedLeave {
    fn of(booked: &Booked) -> Self {
        Self {
            application: ApplicationId::from_key(booked.application.to_string()),
            leave_type: booked.leave_type.clone(),
            days: booked.days.clone(),
            is_to_be_cancelled: booked.is_to_be_cancelled,
        }
    }
}

impl State {
    /// What is known of an application, whether or not it waits; `None` without a policy.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when not even its days can be said.
    pub fn look_at(
        &self,
        application: &Application<'_>,
        at: Ticks,
    ) -> Result<Option<Look>, Refusal> {
        let date = Date::of(at);
        let Some(assessed) = self.assess(application)? else {
            return Ok(None);
        };
        let judged = self.judge_approval(application, &assessed, Leeway::default(), date);
        let available = assessed.kind.needs_entitlement.then(|| {
            let before = self.judged(&assessed, &application.earlier).available;
            // What can be approved was booked in the account to find that out.
            let after = match &judged {
                Ok(judged) => judged.available,
                Err(_) => self.check_account(&assessed, &application.earlier).ok(),
            };
            Available {
                before: before.map_or(0, u64::from),
                after: after.map(u64::from),
            }
        });
        let later = assessed.stages();
        let done = self.stages.of(&application.id).len();
        let stage = done.min(later.len());
        Ok(Some(Look {
            leave_type: assessed.kind.name.clone(),
            label: assessed.kind.label.as_str().to_owned(),
            available,
            against: judged.err(),
            stage: stage as u8 + 1,
            stages: later.len() as u8 + 1,
            stage_tag: stage
                .checked_sub(1)
                .and_then(|place| later.get(place))
                .map(|tag| tag.as_str().to_owned()),
            days: assessed.days,
        }))
    }

    /// The days that a leave takes, by schedule and holidays of the person who has its e-mail address then, whether or not it
    /// can be approved. `None` if they are not entered here, or the days cannot be counted.
    #[must_use]
    pub fn days_of_leave(&self, leave: &LeaveApplication, at: Ticks) -> Option<Days> {
        let submitted_now = ApplicationId::new(&leave.email, at);
        let employee = self.people.applicant(&submitted_now, &leave.email)?;
        self.days_for(self.people.at(employee), leave)
    }

    fn days_for(&self, employee: &Entry, leave: &LeaveApplication) -> Option<Days> {
        let policy = self.policy().map(|(_, policy)| policy);
        Days::of(leave, |date| self.works(employee, policy, date)).ok()
    }

    /// The days of an application: those that are booked, or else those that it would take by schedule and holidays of
    /// whose it is. `None` as for [`State::days_of_leave`], and if that person has moved away.
    #[must_use]
    pub fn days_of_application(
        &self,
        id: &ApplicationId<'_>,
        leave: &LeaveApplication,
    ) -> Option<Days> {
        let employee = self.people.applicant(id, &leave.email)?;
        let entry = self.people.at(employee);
        if !entry.is_here {
            return None;
        }
        match entry.holdings.booked(id.as_str()) {
            Some(booked) => Some(booked.days.clone()),
            None => self.days_for(entry, leave),
        }
    }

    /// Who else is at home in the department and has booked leave while a leave of `days` lasts, those who are away first
    /// first. Whoever has booked the other half of a day is not away then.
    #[must_use]
    pub fn others_away(&self, application: &Application<'_>, days: &Days) -> Vec<Away> {
        let asks = self
            .people
            .applicant(&application.id, &application.leave.email);
        let mut others: Vec<(PersonIndex, Vec<Date>)> = Vec::new();
        let mut places: HashMap<PersonIndex, usize> = HashMap::new();
        for day in days {
            let halves = match day.half {
                Half::Both | Half::Any => &[Half::Morning, Half::Afternoon][..],
                Half::Morning => &[Half::Morning],
                Half::Afternoon => &[Half::Afternoon],
            };
            for &half in halves {
                for index in self.absences.on(day.date, half) {
                    let place = *places.entry(index).or_insert_with(|| {
                        others.push((index, Vec::new()));
                        others.len() - 1
                    });
                    let dates = &mut others[place].1;
                    if dates.last() != Some(&day.date) {
                        dates.push(day.date);
                    }
                }
            }
        }
        others
            .into_iter()
            .filter(|(index, _)| Some(*index) != asks)
            .map(|(index, dates)| (self.people.at(index), dates))
            .filter(|(entry, _)| entry.is_here && entry.department == self.department)
            .map(|(entry, dates)| Away {
                name: entry.person.name.clone(),
                dates,
            })
            .collect()
    }

    /// What a person can take on a day, of each type that the policy has, in its order. `waiting` are their applications
    /// that wait, in the order in which they were queued. Empty without a policy, or if the person is not here.
    #[must_use]
    pub fn balances(
        &self,
        person: PersonId,
        date: Date,
        waiting: &[super::leave::Earlier<'_>],
    ) -> Vec<Balance> {
        let (Some((_, policy)), Some(index)) = (self.policy(), self.people.here(person)) else {
            return Vec::new();
        };
        let holdings = &self.people.at(index).holdings;
        policy
            .types()
            .iter()
            .map(|kind| {
                let booked: Vec<&Booked> = holdings
                    .leave
                    .iter()
                    .filter(|booked| booked.is_of(kind, policy))
                    .collect();
                let mut reserved = Vec::new();
                let explanation = kind.needs_entitlement.then(|| {
                    let mut account = self.account(index, policy, kind);
                    let waiting = waiting.iter();
                    reserved = self.reserve(&mut account, (index, policy, kind), waiting);
                    account.explain(date)
                });
                Balance {
                    leave_type: kind.name.clone(),
                    label: kind.label.as_str().to_owned(),
                    explanation,
                    booked: booked.into_iter().map(BookedLeave::of).collect(),
                    reserved: reserved
                        .into_iter()
                        .map(|id| id.clone().into_owned())
                        .collect(),
                }
            })
            .collect()
    }

    /// All booked leave of a person who is here, in the order in which it was booked.
    pub fn booked_leave_of(&self, person: PersonId) -> impl Iterator<Item = BookedLeave> {
        let index = self.people.here(person);
        index
            .into_iter()
            .flat_map(|index| &self.people.at(index).holdings.leave)
            .map(BookedLeave::of)
    }
}
