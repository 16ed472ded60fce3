//! Whether a leave can be approved: its days, the account, other leave, cover, windows.
//!
//! All of this holds since a policy was set. Without one, whoever may decide decides.

use std::borrow::Cow;

use timeoff_models::{ApplicationId, Date, LeaveApplication, LeaveType};

use crate::account::{Account, Claim, Leave};
use crate::days::{Half, LeaveDay, WorkingDay};
use crate::policy::{Consequence, LeaveKind, Policy, Tag};
use crate::refusal::{Broken, Overdrawn};
use crate::sabotage;
use crate::state::{Booked, Entry, InForce, PersonIndex, State};
use crate::working_time::{TermsOnDay, working_day};
use crate::{Application, Calendar, Days, Entitlement, Judged, Reason, Refusal};

/// The number of the leave that is asked for, in an account.
const ASKED: u32 = u32::MAX;

/// A leave and what is known of it, whether or not it can be approved.
pub(super) struct Assessed<'a> {
    pub(super) policy: &'a Policy,
    version: u32,
    pub(super) kind: &'a LeaveKind,
    pub(super) days: Days,
    pub(super) employee: PersonIndex,
    leave: &'a LeaveApplication,
}

/// What whoever decides lets pass.
#[derive(Clone, Copy, Default)]
pub(super) struct Leeway {
    /// What the policy only warns of.
    pub(super) accepts_warnings: bool,
    /// That days that are over are given back by an edit: an admin does.
    pub(super) gives_back_past: bool,
}

impl Assessed<'_> {
    /// Whose approval it needs after the approver's.
    pub(super) fn stages(&self) -> &[Tag] {
        self.policy.stages(&self.kind.name, self.days.minutes())
    }

    /// Whether the policy approves leave of its type and length if nothing stands against it.
    pub(super) fn is_approved_automatically(&self) -> bool {
        self.policy
            .approves_automatically(&self.kind.name, self.days.minutes())
    }

    /// What is said of it without its account.
    fn counted(&self) -> Judged<'static> {
        Judged {
            leave_type: Some(self.kind.name.clone()),
            minutes: Some(self.days.minutes()),
            policy_version: Some(self.version),
            calendar: Some(Calendar::embedded().version().into()),
            ..Judged::default()
        }
    }
}

impl State {
    /// The policy in force; `None` if none has been set.
    ///
    /// # Errors
    ///
    /// [`Refusal::PolicyUnreadable`] when this version of the program cannot read it.
    pub(super) fn policy_in_force(&self) -> Result<Option<(u32, &Policy)>, Refusal> {
        match &self.policy {
            None => Ok(None),
            Some(InForce {
                version,
                policy: Some(policy),
            }) => Ok(Some((*version, policy))),
            Some(InForce { policy: None, .. }) => Err(Refusal::PolicyUnreadable),
        }
    }

    /// What a person works on a day: nothing outside their employment and on holidays.
    pub(crate) fn works(&self, entry: &Entry, policy: Option<&Policy>, date: Date) -> WorkingDay {
        entry
            .terms_on(date)
            .map_or_else(WorkingDay::default, |terms| {
                working_day(terms, policy, date)
            })
    }

    /// The type, the days and whose leave it is. `None` without a policy.
    pub(super) fn assess<'a>(
        &'a self,
        application: &'a Application<'_>,
    ) -> Result<Option<Assessed<'a>>, Refusal> {
        let Some((version, policy)) = self.policy_in_force()? else {
            return Ok(None);
        };
        let leave = &*application.leave;
        let department = || self.department.clone();
        let employee = self
            .people
            .applicant(&application.id, &leave.email)
            .ok_or_else(|| Refusal::UnknownApplicant {
                department: department(),
            })?;
        if !self.people.at(employee).is_here {
            return Err(Refusal::ApplicantMoved {
                department: department(),
            });
        }
        let home = &self.people.at(employee).department;
        if *home != self.department {
            return Err(Refusal::ApplicantElsewhere { home: home.clone() });
        }
        let kind = kind_of(policy, leave.leave_type())?;
        let days = self.days_of(employee, policy, leave)?;
        Ok(Some(Assessed {
            policy,
            version,
            kind,
            days,
            employee,
            leave,
        }))
    }

    pub(super) fn days_of(
        &self,
        employee: PersonIndex,
        policy: &Policy,
        leave: &LeaveApplication,
    ) -> Result<Days, Refusal> {
        let entry = self.people.at(employee);
        Days::of(leave, |date| self.works(entry, Some(policy), date))
            .map_err(|why| Refusal::Uncountable { why })
    }

    /// What is said of a leave whatever becomes of it.
    pub(super) fn judged(
        &self,
        assessed: &Assessed<'_>,
        earlier: &[Earlier<'_>],
    ) -> Judged<'static> {
        let account = assessed
            .kind
            .needs_entitlement
            .then(|| self.account_for(assessed, earlier));
        let first = assessed.days.first();
        let available = account
            .zip(first)
            .map(|((account, _), first)| saturated(account.available_on(first)));
        Judged {
            available,
            ..assessed.counted()
        }
    }

    /// Judges whether the leave can be approved now.
    ///
    /// # Errors
    ///
    /// [`Refusal`] for the first rule that does not let it, or [`Refusal::Warned`] with all that the policy warns of unless
    /// that is accepted.
    pub(super) fn judge_approval(
        &self,
        application: &Application<'_>,
        assessed: &Assessed<'_>,
        leeway: Leeway,
        date: Date,
    ) -> Result<Judged<'static>, Refusal> {
        let replaces = assessed.leave.replaces();
        self.check_replaced(assessed, replaces, leeway, date)?;
        let replaced = replaces.map(ApplicationId::as_str);
        self.check_collisions(assessed.employee, assessed.policy, &assessed.days, replaced)?;
        let mut judged = assessed.counted();
        if assessed.kind.needs_entitlement {
            judged.available = Some(self.check_account(assessed, &application.earlier)?);
        }
        let mut warnings = Vec::new();
        let mut meet = |broken: Broken, then: Consequence| match then {
            Consequence::Block => Err(Refusal::Blocked {
                broken: Box::new(broken),
            }),
            Consequence::Warn => {
                warnings.push(broken);
                Ok(())
            }
        };
        self.check_windows(application, assessed, date, &mut meet)?;
        self.check_cover(assessed, &mut meet)?;
        if !warnings.is_empty() && !leeway.accepts_warnings {
            return Err(Refusal::Warned { warnings });
        }
        let told: Vec<String> = warnings.iter().map(Broken::reason).collect();
        judged.warnings = (!told.is_empty()).then(|| Reason(told.join(" ").into()));
        judged.days = Some(assessed.days.clone());
        judged.replaces = replaces.cloned();
        Ok(judged)
    }

    /// Leave that is to be replaced must be the same person's, and booked. What it took of days that are over, the new one
    /// takes too, unless an admin decides.
    fn check_replaced(
        &self,
        assessed: &Assessed<'_>,
        replaces: Option<&ApplicationId<'_>>,
        leeway: Leeway,
        date: Date,
    ) -> Result<(), Refusal> {
        let Some(replaced) = replaces else {
            return Ok(());
        };
        let holdings = &self.people.at(assessed.employee).holdings;
        let Some(booked) = holdings.booked(replaced.as_str()) else {
            return Err(Refusal::NothingToReplace);
        };
        let takes = |day: &LeaveDay| assessed.days.on(day.date).map_or(0, |new| new.minutes);
        let mut over = booked.days.iter().take_while(|day| day.date < date);
        if !leeway.gives_back_past && over.any(|day| takes(day) < day.minutes) {
            return Err(Refusal::ReplacesPast {
                department: self.department.clone(),
            });
        }
        Ok(())
    }

    /// Fails if days take the same time as booked leave of the person other than `except`.
    pub(super) fn check_collisions<'a>(
        &self,
        person: PersonIndex,
        policy: &Policy,
        days: impl IntoIterator<Item = &'a LeaveDay, IntoIter: Clone>,
        except: Option<&str>,
    ) -> Result<(), Refusal> {
        let entry = self.people.at(person);
        let days = days.into_iter();
        let dates = days.clone().map(|day| day.date);
        let (Some(first), Some(last)) = (dates.clone().next(), dates.last()) else {
            return Ok(());
        };
        let is_near = |booked: &Booked| {
            booked.days.last().is_some_and(|end| first <= end)
                && booked.days.first().is_some_and(|begin| begin <= last)
        };
        let is_other = |booked: &Booked| except.is_none_or(|id| !booked.is_by(id));
        let booked = entry.holdings.leave.iter();
        let near: Vec<&Booked> = booked
            .filter(|booked| is_near(booked) && is_other(booked))
            .collect();
        // Several booked leaves may together leave too little of a day.
        for day in days {
            let mut taken = 0;
            for booked in &near {
                let Some(other) = booked.days.on(day.date) else {
                    continue;
                };
                taken += other.minutes;
                let has = self.works(entry, Some(policy), day.date).minutes();
                let is_too_much =
                    day.minutes.saturating_add(taken) > has && !sabotage::ignores_halves();
                if !fit_in_halves(*day, *other) || is_too_much {
                    return Err(Refusal::Collides {
                        date: day.date,
                        first: booked.days.first().unwrap_or(day.date),
                        last: booked.days.last().unwrap_or(day.date),
                    });
                }
            }
        }
        Ok(())
    }

    /// The account of the employee for the type, with what earlier waiting applications reserve, and whether any does.
    fn account_for(&self, assessed: &Assessed<'_>, earlier: &[Earlier<'_>]) -> (Account, bool) {
        let Assessed {
            employee,
            policy,
            kind,
            ..
        } = *assessed;
        let mut account = self.account(employee, policy, kind);
        let is_theirs =
            |(id, leave): &&Earlier<'_>| self.people.applicant(id, &leave.email) == Some(employee);
        let earlier = earlier.iter().filter(is_theirs);
        let reserved = self.reserve(&mut account, (employee, policy, kind), earlier);
        (account, !reserved.is_empty())
    }

    /// The account of a person for a type, with nothing reserved.
    pub(crate) fn account(
        &self,
        person: PersonIndex,
        policy: &Policy,
        kind: &LeaveKind,
    ) -> Account {
        let holdings = &self.people.at(person).holdings;
        let entitlements = holdings
            .entitlements
            .iter()
            .filter(|one| one.leave_type == kind.name)
            .map(Entitlement::for_account)
            .collect();
        let booked = holdings
            .leave
            .iter()
            .filter(|booked| booked.is_of(kind, policy));
        // One after the other, and where each ends.
        let (mut days, mut ends) = (Vec::new(), Vec::new());
        for booked in booked {
            days.extend(booked.days.iter().map(minutes_on));
            ends.push(days.len());
        }
        let begins = std::iter::once(0).chain(ends.iter().copied());
        let booked = (0..)
            .zip(begins.zip(&ends))
            .map(|(number, (begin, end))| Leave {
                number,
                days: &days[begin..*end],
            });
        Account::new(entitlements, booked)
    }

    /// Has applications of a person that wait reserve in an account of theirs, one after the other, and returns those that
    /// do: none if the policy has them not reserve. Their numbers in it are behind those of booked leave.
    pub(super) fn reserve<'a>(
        &self,
        account: &mut Account,
        (person, policy, kind): (PersonIndex, &Policy, &LeaveKind),
        waiting: impl Iterator<Item = &'a Earlier<'a>>,
    ) -> Vec<&'a ApplicationId<'a>> {
        let holdings = &self.people.at(person).holdings;
        let of_kind = |booked: &&Booked| booked.is_of(kind, policy);
        let booked = holdings.leave.iter().filter(of_kind).count();
        let mut reserved = Vec::new();
        for (id, leave) in waiting.filter(|_| policy.waiting_leave_reserves()) {
            let named = kind_of(policy, leave.leave_type());
            let is_of_kind = named.is_ok_and(|named| named.name == kind.name);
            if !is_of_kind || self.applications.get(id).is_some() {
                continue;
            }
            // One that cannot be counted cannot be approved, so it reserves nothing.
            let Ok(days) = self.days_of(person, policy, leave) else {
                continue;
            };
            let is_reserved = account.reserve(&Claim {
                leave: Leave {
                    number: (booked + reserved.len()) as u32,
                    days: &minutes_of(&days),
                },
                replaces: self.number_of(person, policy, kind, leave.replaces()),
            });
            if is_reserved {
                reserved.push(id);
            }
        }
        reserved
    }

    /// The number of booked leave in the account of its type: its place among those of the type.
    pub(super) fn number_of(
        &self,
        person: PersonIndex,
        policy: &Policy,
        kind: &LeaveKind,
        application: Option<&ApplicationId<'_>>,
    ) -> Option<u32> {
        let id = application?;
        let leave = &self.people.at(person).holdings.leave;
        let mut of_kind = leave.iter().filter(|booked| booked.is_of(kind, policy));
        let place = of_kind.position(|one| *one.application == *id.as_str())?;
        u32::try_from(place).ok()
    }

    /// Returns what is available on the first day once the leave is booked.
    pub(super) fn check_account(
        &self,
        assessed: &Assessed<'_>,
        earlier: &[Earlier<'_>],
    ) -> Result<u32, Refusal> {
        let (mut account, is_reserved) = self.account_for(assessed, earlier);
        let days = minutes_of(&assessed.days);
        let claim = Claim {
            leave: Leave {
                number: ASKED,
                days: &days,
            },
            replaces: self.number_of(
                assessed.employee,
                assessed.policy,
                assessed.kind,
                assessed.leave.replaces(),
            ),
        };
        account
            .check(&claim)
            .map_err(|shortfall| Refusal::Overdrawn {
                overdrawn: Box::new(Overdrawn {
                    label: assessed.kind.label.as_str().into(),
                    shortfall,
                    is_reserved,
                }),
            })?;
        account.book(&claim);
        let first = assessed.days.first().unwrap_or(Date::MAX);
        Ok(saturated(account.available_on(first)))
    }

    /// Fails if booked leave that takes other days is overdrawn by that, or takes a day more of what is booked already.
    pub(super) fn check_recounted(
        &self,
        person: PersonIndex,
        policy: &Policy,
        booked: &Booked,
        days: &Days,
    ) -> Result<(), Refusal> {
        let before = |day: &&LeaveDay| booked.days.on(day.date).map_or(0, |day| day.minutes);
        let more = days.iter().filter(|day| before(day) < day.minutes);
        self.check_collisions(person, policy, more, Some(&booked.application))?;
        // Of a type that the policy does not know any more, nothing is counted.
        let Ok(kind) = kind_of(policy, booked.leave_type.as_ref()) else {
            return Ok(());
        };
        if !kind.needs_entitlement {
            return Ok(());
        }
        let application = ApplicationId::from_key(&*booked.application);
        let claim = Claim {
            leave: Leave {
                number: ASKED,
                days: &minutes_of(days),
            },
            replaces: self.number_of(person, policy, kind, Some(&application)),
        };
        let account = self.account(person, policy, kind);
        account
            .check(&claim)
            .map_err(|shortfall| Refusal::Overdrawn {
                overdrawn: Box::new(Overdrawn {
                    label: kind.label.as_str().into(),
                    shortfall,
                    is_reserved: false,
                }),
            })
    }

    fn check_windows(
        &self,
        application: &Application<'_>,
        assessed: &Assessed<'_>,
        date: Date,
        meet: &mut impl FnMut(Broken, Consequence) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let (policy, kind) = (assessed.policy, &assessed.kind.name);
        let (Some(first), Some(last)) = (assessed.days.first(), assessed.days.last()) else {
            return Ok(());
        };
        // Whoever asked in time does not suffer from a decision that comes late. Nobody can ask later than it is decided.
        let asked = application
            .id
            .submitted_at()
            .map_or(date, Date::of)
            .min(date);
        let ahead = first.days_since(asked);
        for window in policy.windows(kind, &self.department) {
            if let Some(notice) = window.notice_days.filter(|&days| ahead < i64::from(days)) {
                meet(Broken::Notice { notice, first }, window.then)?;
            }
            if let Some(back) = window.back_days.filter(|&days| -ahead > i64::from(days)) {
                meet(Broken::TooFarBack { back, first }, window.then)?;
            }
            if let Some(most) = window.ahead_days.filter(|&days| ahead > i64::from(days)) {
                meet(Broken::TooFarAhead { most, first }, window.then)?;
            }
        }
        for blackout in policy.blackouts(kind, &self.department) {
            if first <= blackout.until
                && blackout.from <= last
                && let Some(day) = assessed
                    .days
                    .iter()
                    .find(|day| (blackout.from..=blackout.until).contains(&day.date))
            {
                let broken = Broken::Blackout {
                    name: blackout.name.as_str().into(),
                    date: day.date,
                };
                meet(broken, blackout.then)?;
            }
        }
        Ok(())
    }
}

impl Entry {
    /// By what terms a person works on a day; `None` if they do not by their schedule, or are not employed.
    pub(super) fn terms_on(&self, date: Date) -> Option<TermsOnDay<'_>> {
        self.person.terms_on(date, self.last_date())
    }
}

/// An application of the same person that was queued earlier, and waits.
pub(crate) type Earlier<'a> = (ApplicationId<'a>, Cow<'a, LeaveApplication>);

pub(super) fn kind_of<'a>(
    policy: &'a Policy,
    named: Option<&LeaveType>,
) -> Result<&'a LeaveKind, Refusal> {
    let Some(name) = named else {
        return Ok(policy.default_type());
    };
    policy.leave_type(name).ok_or_else(|| {
        let known: Vec<&str> = policy
            .types()
            .iter()
            .map(|kind| kind.name.as_str())
            .collect();
        Refusal::UnknownLeaveType {
            name: name.clone(),
            known: known.join(", "),
        }
    })
}

pub(super) fn minutes_of(days: &Days) -> Vec<(Date, u32)> {
    days.iter().map(minutes_on).collect()
}

fn minutes_on(day: &LeaveDay) -> (Date, u32) {
    (day.date, u32::from(day.minutes))
}

fn fit_in_halves(one: LeaveDay, other: LeaveDay) -> bool {
    if sabotage::ignores_halves() {
        return one.half != other.half;
    }
    match (one.half, other.half) {
        (Half::Both, _) | (_, Half::Both) => false,
        (Half::Any, _) | (_, Half::Any) => true,
        (one, other) => one != other,
    }
}

fn saturated(minutes: u64) -> u32 {
    u32::try_from(minutes).unwrap_or(u32::MAX)
}
