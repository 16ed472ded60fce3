//! What a department would have decided under another policy.
//!
//! The ledger is folded twice, side by side: as it is, and as it would be. In the second state the other policy holds,
//! and every approval is judged anew, on the day on which it was given, by whoever gave it. What nobody decides by a
//! policy (people, entitlements, declined leave, cancellations) happens as it did, if it can.
//!
//! Only decisions that were made are made again. An application that would be refused stays refused: nobody knows what
//! the employee would have asked for instead. Warnings count as accepted by a person, and not by a rule.

mod queue;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use timeoff_models::{ApplicationId, Department, LeaveApplication, Outcome, Ticks};

use crate::decide::approved_automatically;
use crate::policy::Policy;
use crate::state::{InForce, State};
use crate::{
    Answer, Application, Cause, Command, CommandId, Date, Event, Fact, Fate, LeaveDecided,
    PersonId, Refusal, Request,
};
use queue::Queue;

/// A department's past under another policy: give it the events in the order of the ledger, then ask for the
/// [`Comparison`].
pub struct WhatIf {
    real: State,
    /// `None` until the other policy holds: until then it is the real one.
    other: Option<State>,
    policy: Arc<Policy>,
    from: Option<Date>,
    queue: Queue,
    commands: HashMap<CommandId, Command>,
    /// By their places in the queue, so in the order in which they were asked for.
    compared: BTreeMap<u32, Difference>,
    comparison: Comparison,
}

/// What is the same under another policy, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Applications that end otherwise, take other minutes, or would have been warned of; in the order in which they were
    /// queued.
    pub differences: Vec<Difference>,
    /// How many applications end as they did, with the same minutes.
    pub unchanged: usize,
    /// How many end otherwise.
    pub decided_differently: usize,
    /// How many are approved as they were, and take other minutes.
    pub other_minutes: usize,
    /// How many are approved as they were, and would have been warned of.
    pub newly_warned: usize,
    /// Decided applications of which it is not known what they asked for. If they were approved, they count as approved.
    pub not_known: Vec<ApplicationId<'static>>,
    /// Refused commands about applications of which it is not known what they asked for.
    pub commands_not_known: usize,
}

/// What became of an application, and what would have become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The application.
    pub application: ApplicationId<'static>,
    /// Whose leave it is; `None` if they have not been entered.
    pub person: Option<PersonId>,
    /// When what became of it was decided (UTC).
    pub at: Ticks,
    /// What became of it.
    pub then: Ending,
    /// What would have.
    pub now: Ending,
}

/// How an application ended, as far as anybody decided on it. What happened to booked leave later does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// How.
    pub how: How,
    /// Working minutes; `None` if they are not known.
    pub minutes: Option<u32>,
    /// Why, in a sentence: what refused it, or of what the policy warned; `None` for a person's decision.
    pub why: Option<String>,
}

/// In which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The leave was granted.
    Approved,
    /// It was not, or a rule of an operator did not grant it.
    Declined,
    /// The employee took the application back.
    Withdrawn,
    /// An approval was refused, and nothing more was decided.
    Refused,
    /// It waits for somebody else to approve it, or for anybody.
    Waits,
}

impl How {
    /// `approved`, `declined`, `withdrawn`, `refused` or `waits`.
    #[must_use]
    pub fn as_verb(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Withdrawn => "withdrawn",
            Self::Refused => "refused",
            Self::Waits => "waits",
        }
    }
}

impl Difference {
    /// Whether the leave is approved in both, and takes other minutes. What is not known is not other.
    #[must_use]
    pub fn has_other_minutes(&self) -> bool {
        let both = self.then.minutes.zip(self.now.minutes);
        self.is_approved_in_both() && both.is_some_and(|(then, now)| then != now)
    }

    /// Whether it ends otherwise.
    #[must_use]
    pub fn is_decided_differently(&self) -> bool {
        self.then.how != self.now.how
    }

    /// Whether it is approved in both, and would have been warned of only under the other policy.
    #[must_use]
    pub fn is_newly_warned(&self) -> bool {
        self.is_approved_in_both() && self.then.why.is_none() && self.now.why.is_some()
    }

    fn is_approved_in_both(&self) -> bool {
        self.then.how == How::Approved && self.now.how == How::Approved
    }
}

/// Who approves.
enum By<'a> {
    Person {
        id: Option<PersonId>,
        accepts_warnings: bool,
    },
    /// The policy itself, which approves some leave automatically.
    PolicyItself,
    /// A rule of an operator.
    Rule(&'a str),
}

impl WhatIf {
    /// A department whose ledger has yet to be read. The other policy holds from the first decision on or after `from`;
    /// `None`: from the beginning. `queued` is what was asked for, in the order of the queue; `commands` are those that
    /// were refused. What is missing of both is reported as not known.
    #[must_use]
    pub fn of(
        department: Department,
        policy: Policy,
        from: Option<Date>,
        queued: Vec<(ApplicationId<'static>, LeaveApplication)>,
        commands: Vec<Command>,
    ) -> Self {
        let mut what_if = Self {
            real: State::of(department),
            other: None,
            policy: Arc::new(policy),
            from,
            queue: Queue::of(queued),
            commands: commands
                .into_iter()
                .map(|command| (command.asked.command_id, command))
                .collect(),
            compared: BTreeMap::new(),
            comparison: Comparison::default(),
        };
        if from.is_none() {
            what_if.begin();
        }
        what_if
    }

    fn begin(&mut self) {
        let mut other = self.real.clone();
        let version = self
            .real
            .policy
            .as_ref()
            .map_or(0, |in_force| in_force.version);
        other.put_in_force(InForce {
            version: version + 1,
            policy: Some(Arc::clone(&self.policy)),
        });
        self.other = Some(other);
    }

    /// Takes in the next event of the ledger.
    pub fn take(&mut self, event: &Event<'_>) {
        let is_time = self
            .from
            .is_none_or(|from| from <= Date::of(event.cause.at));
        if self.other.is_none() && is_time {
            self.begin();
        }
        if let Some(mut other) = self.other.take() {
            self.take_otherwise(event, &mut other);
            self.other = Some(other);
        }
        self.real.evolve(event);
        if let Fact::LeaveBooked(LeaveDecided { application, .. })
        | Fact::LeaveDeclined(LeaveDecided { application, .. })
        | Fact::LeaveWithdrawn { application, .. } = &event.fact
        {
            self.queue.is_decided(application);
        }
    }

    /// What has become of all that was decided while the other policy held.
    #[must_use]
    pub fn finish(self) -> Comparison {
        let mut comparison = self.comparison;
        for difference in self.compared.into_values() {
            let (other_way, other_minutes) = (
                difference.is_decided_differently(),
                difference.has_other_minutes(),
            );
            let newly_warned = difference.is_newly_warned();
            comparison.decided_differently += usize::from(other_way);
            comparison.other_minutes += usize::from(other_minutes);
            comparison.newly_warned += usize::from(newly_warned);
            if other_way || other_minutes || newly_warned {
                comparison.differences.push(difference);
            } else {
                comparison.unchanged += 1;
            }
        }
        comparison
    }

    fn take_otherwise(&mut self, event: &Event<'_>, other: &mut State) {
        match &event.fact {
            Fact::LeaveBooked(decided) => self.approved(event, decided, other),
            Fact::LeaveDeclined(decided) => self.declined(event, decided, other),
            Fact::LeaveWithdrawn {
                application,
                person,
                ..
            } => {
                let then = Ending {
                    how: How::Withdrawn,
                    minutes: None,
                    why: None,
                };
                if other.fate_of(application).is_none() {
                    other.evolve(event);
                    self.compare(event, application, *person, then.clone(), Some(then));
                } else {
                    self.compare(event, application, *person, then, None);
                }
            }
            Fact::StageApproved {
                application,
                person,
                stage,
                stages,
                ..
            } => {
                let then = Ending {
                    how: How::Waits,
                    minutes: None,
                    why: Some(format!("Stage {stage} of {stages} has approved it.")),
                };
                let by = By::Person {
                    id: event.cause.by,
                    accepts_warnings: true,
                };
                self.approve_otherwise(event, application, *person, then, &by, other);
            }
            Fact::CommandRefused {
                application: Some(application),
                reason,
                policy_version: Some(_),
                ..
            } => self.refused(event, application, &reason.0, other),
            // It is about leave that may not be booked here.
            Fact::CancellationAsked { application, .. }
            | Fact::CancellationDeclined { application, .. }
            | Fact::LeaveReleased { application, .. } => {
                if other.fate_of(application) == Some(Fate::Approved) {
                    other.evolve(event);
                }
            }
            Fact::LeaveRecalculated { application, .. } => {
                if let Some(days) = other.recounted(application) {
                    let mut event = event.clone();
                    if let Fact::LeaveRecalculated { days: theirs, .. } = &mut event.fact {
                        *theirs = days;
                    }
                    other.evolve(&event);
                }
            }
            // The other policy stays.
            Fact::PolicySet { .. } => {}
            Fact::PersonEntered { .. }
            | Fact::PersonChanged { .. }
            | Fact::PersonMoved { .. }
            | Fact::PersonLeft { .. }
            | Fact::ApprovalDelegated { .. }
            | Fact::EntitlementGranted { .. }
            | Fact::LeaveAdmitted { .. }
            | Fact::CommandRefused { .. } => other.evolve(event),
        }
    }

    fn approved(&mut self, event: &Event<'_>, decided: &LeaveDecided<'_>, other: &mut State) {
        let judged = decided.judged();
        let then = Ending {
            how: How::Approved,
            minutes: judged.minutes,
            why: judged.warnings.as_ref().map(|why| why.0.to_string()),
        };
        let by = match decided.policy.as_deref() {
            None => By::Person {
                id: event.cause.by,
                accepts_warnings: true,
            },
            Some(rule) => match self.real.policy() {
                Some((_, policy)) if approved_automatically(policy).any(|own| own == rule) => {
                    By::PolicyItself
                }
                _ => By::Rule(rule),
            },
        };
        let (application, person) = (&decided.application, decided.person);
        self.approve_otherwise(event, application, person, then, &by, other);
    }

    fn declined(&mut self, event: &Event<'_>, decided: &LeaveDecided<'_>, other: &mut State) {
        let judged = decided.judged();
        let then = Ending {
            how: How::Declined,
            minutes: judged.minutes,
            why: judged.reason.as_ref().map(|why| why.0.to_string()),
        };
        let (application, person) = (&decided.application, decided.person);
        // A rule of an operator wanted to approve it, and the policy did not let it.
        if let (Some(rule), Some(_)) = (&decided.policy, &judged.reason) {
            let by = By::Rule(rule);
            self.approve_otherwise(event, application, person, then, &by, other);
            return;
        }
        if other.fate_of(application).is_some() {
            self.compare(event, application, person, then, None);
            return;
        }
        // The other policy may approve at once what a person was asked about.
        let queued = self.queue.application(application, &self.real);
        let automatic = queued.and_then(|application| {
            let at = event.cause.at;
            let approved = other.approve_automatically(&application, at)?;
            let is_other = self.real.approve_automatically(&application, at).is_none();
            is_other.then_some(approved)
        });
        let now = match &automatic {
            None => {
                other.evolve(event);
                then.clone()
            }
            Some(approved) => {
                other.evolve(approved);
                ending_of(&approved.fact)
            }
        };
        self.compare(event, application, person, then, Some(now));
    }

    /// A command was refused. If it was an approval, and a rule of the policy stood against it, it is tried.
    fn refused(
        &mut self,
        event: &Event<'_>,
        id: &ApplicationId<'_>,
        reason: &str,
        other: &mut State,
    ) {
        let command = event.cause.command_id.and_then(|id| self.commands.get(&id));
        let Some(command) = command else {
            self.comparison.commands_not_known += 1;
            return;
        };
        let Request::DecideApplication {
            outcome: Outcome::Approved,
            accept_warnings,
            ..
        } = &command.request
        else {
            return;
        };
        let Some(application) = self.queue.application(id, &self.real) else {
            self.comparison.not_known.push(id.clone().into_owned());
            return;
        };
        // Refused by a right or a version: that has nothing to do with the policy.
        let answer = self.real.carry_out(command, Some(&application));
        if let Answer::Refused { refusal, .. } = &answer
            && !refusal.is_by_policy()
        {
            return;
        }
        let asked = &command.asked;
        let by = By::Person {
            id: other.person_at(&asked.by, asked.at).map(|person| person.id),
            accepts_warnings: *accept_warnings,
        };
        let then = Ending {
            how: How::Refused,
            minutes: None,
            why: Some(reason.to_owned()),
        };
        self.approve_otherwise(event, id, None, then, &by, other);
    }

    /// An approval: what became of it `then` is known, and what would have become of it is asked.
    fn approve_otherwise(
        &mut self,
        event: &Event<'_>,
        id: &ApplicationId<'_>,
        person: Option<PersonId>,
        then: Ending,
        by: &By<'_>,
        other: &mut State,
    ) {
        if other.fate_of(id).is_some() {
            // An earlier approval was enough.
            self.compare(event, id, person, then, None);
            return;
        }
        let Some(application) = self.queue.application(id, &self.real) else {
            // Nobody can judge it. It is taken for what it was.
            other.evolve(event);
            if !matches!(event.fact, Fact::StageApproved { .. }) {
                self.comparison.not_known.push(id.clone().into_owned());
            }
            return;
        };
        let judged = other.approve_as(&application, by, event.cause.at);
        let minutes = match &judged {
            Ok(_) => None,
            Err(_) => other.minutes_of(&application),
        };
        drop(application);
        let (now, person) = match judged {
            Ok(fact) => {
                let now = ending_of(&fact);
                let person = person.or_else(|| person_of(&fact));
                other.evolve(&Event {
                    cause: Cause {
                        command_id: event.cause.command_id,
                        ..event.cause
                    },
                    fact,
                });
                (now, person)
            }
            Err((how, why)) => {
                let why = Some(why);
                (Ending { how, minutes, why }, person)
            }
        };
        self.compare(event, id, person, then, Some(now));
    }

    /// Notes how an application stands. `now` is `None` if it stands as it did.
    fn compare(
        &mut self,
        event: &Event<'_>,
        id: &ApplicationId<'_>,
        person: Option<PersonId>,
        then: Ending,
        now: Option<Ending>,
    ) {
        let Some(place) = self.queue.place(id) else {
            // Nothing that depends on what was asked for has happened to it.
            return;
        };
        let at = event.cause.at;
        match self.compared.get_mut(&place) {
            Some(difference) => {
                difference.at = at;
                difference.person = person.or(difference.person);
                difference.then = then;
                if let Some(now) = now {
                    difference.now = now;
                }
            }
            None => {
                // It had been decided before the other policy held, and stays so.
                let now = now.unwrap_or_else(|| then.clone());
                let application = id.clone().into_owned();
                self.compared.insert(
                    place,
                    Difference {
                        application,
                        person,
                        at,
                        then,
                        now,
                    },
                );
            }
        }
    }
}

fn ending_of(fact: &Fact<'_>) -> Ending {
    match fact {
        Fact::LeaveBooked(decided) => Ending {
            how: How::Approved,
            minutes: decided.judged().minutes,
            why: decided
                .judged()
                .warnings
                .as_ref()
                .map(|why| why.0.to_string()),
        },
        Fact::LeaveDeclined(decided) => Ending {
            how: How::Declined,
            minutes: decided.judged().minutes,
            why: decided
                .judged()
                .reason
                .as_ref()
                .map(|why| why.0.to_string()),
        },
        Fact::StageApproved { stage, stages, .. } => Ending {
            how: How::Waits,
            minutes: None,
            why: Some(format!("Stage {stage} of {stages} would have approved it.")),
        },
        _ => Ending {
            how: How::Waits,
            minutes: None,
            why: None,
        },
    }
}

fn person_of(fact: &Fact<'_>) -> Option<PersonId> {
    match fact {
        Fact::LeaveBooked(decided) | Fact::LeaveDeclined(decided) => decided.person,
        Fact::StageApproved { person, .. } => *person,
        _ => None,
    }
}

impl State {
    /// What the ledger would say of an approval, or how the application would stand without it, and why.
    fn approve_as(
        &self,
        application: &Application<'_>,
        by: &By<'_>,
        at: Ticks,
    ) -> Result<Fact<'static>, (How, String)> {
        let date = Date::of(at);
        let refused = |refusal: Refusal| (How::Refused, refusal.reason().into_owned());
        match by {
            By::Person {
                id,
                accepts_warnings,
            } => self
                .approve_by(*id, application, *accepts_warnings, date)
                .map_err(refused),
            By::Rule(rule) => self
                .approve_by_rule(application, rule, date)
                .map_err(|refusal| (How::Waits, refusal.reason().into_owned())),
            By::PolicyItself => match self.approve_automatically(application, at) {
                Some(approved) => Ok(approved.fact),
                None => Err((
                    How::Waits,
                    match self.approve_by_rule(application, "", date) {
                        Ok(Fact::LeaveDeclined(declined)) if declined.judged().reason.is_some() => {
                            let reason = declined.judged().reason.as_ref();
                            reason.map_or_else(String::new, |why| why.0.to_string())
                        }
                        Ok(_) => {
                            "It is not approved automatically: somebody has to decide.".to_owned()
                        }
                        Err(refusal) => refusal.reason().into_owned(),
                    },
                )),
            },
        }
    }
}
