//! Any valid value of every type, for what holds for all of them.

use chrono::NaiveDate;
use proptest::option;
use proptest::prelude::*;
use timeoff_models::{ApplicationId, Comment, Department, Email, LeaveType, Outcome, Ticks};
use uuid::Uuid;

use crate::{
    AdmittedLeave, Asked, Cause, Command, CommandId, Date, Days, EarlierTerms, Entitlement, Event,
    Fact, Half, Judged, LeaveDay, LeaveDecided, Person, PersonId, PersonName, PolicyText, Reason,
    Region, Request, Role, Schedule, Tags, Terms,
};

fn uuid() -> impl Strategy<Value = Uuid> {
    (1..=u128::MAX).prop_map(Uuid::from_u128)
}

fn person_id() -> impl Strategy<Value = PersonId> {
    uuid().prop_map(|uuid| uuid.try_into().unwrap())
}

fn command_id() -> impl Strategy<Value = CommandId> {
    uuid().prop_map(|uuid| uuid.try_into().unwrap())
}

fn ticks() -> impl Strategy<Value = Ticks> {
    (Ticks::MIN.get()..=Ticks::MAX.get()).prop_map(|ticks| ticks.try_into().unwrap())
}

fn date() -> impl Strategy<Value = Date> {
    (1..=3_652_059)
        .prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).unwrap())
        .prop_map(|date| date.try_into().unwrap())
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>(
    pattern: &'static str,
) -> impl Strategy<Value = T> {
    pattern.prop_map(|text| text.parse().unwrap())
}

fn email() -> impl Strategy<Value = Email> {
    parsed("[a-z0-9.+'-]{1,40}@[a-z0-9]{1,20}[.][a-z]{2,5}")
}

fn name() -> impl Strategy<Value = PersonName> {
    parsed("[A-Za-zäöüéß -]{0,40}[A-Z]")
}

/// One that is configured by default.
fn department() -> impl Strategy<Value = Department> {
    parsed("HR|IT|OPS")
}

fn past_department() -> impl Strategy<Value = Department> {
    parsed("[A-Z0-9_-]{1,12}")
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        Just(Role::Employee),
        Just(Role::Approver),
        Just(Role::Admin)
    ]
}

fn schedule() -> impl Strategy<Value = Schedule> {
    prop::array::uniform7(0..=1440_u16).prop_map(|minutes| minutes.try_into().unwrap())
}

fn person() -> impl Strategy<Value = Person> {
    (
        (person_id(), email(), name(), role()),
        option::of(parsed::<Region>("[A-Za-z0-9-]{1,20}")),
        option::of(schedule()),
        (option::of(date()), option::of(date())),
        parsed::<Tags>("([a-zé-]{1,8}[ \t]*){0,4}"),
        option::of(earlier_terms()),
    )
        .prop_map(
            |((id, email, name, role), region, schedule, (from, until), tags, earlier)| Person {
                id,
                email,
                name,
                role,
                region,
                schedule,
                from,
                until,
                tags,
                earlier,
            },
        )
}

fn earlier_terms() -> impl Strategy<Value = EarlierTerms> {
    let terms = (
        date(),
        option::of(parsed::<Region>("[A-Za-z0-9-]{1,20}")),
        option::of(schedule()),
    );
    prop::collection::vec(terms, 0..4).prop_map(|all| {
        all.into_iter().fold(
            EarlierTerms::default(),
            |earlier, (until, region, schedule)| {
                let terms = Terms {
                    until,
                    region,
                    schedule,
                };
                earlier.followed_by(terms).unwrap()
            },
        )
    })
}

fn leave_type() -> impl Strategy<Value = LeaveType> {
    parsed::<LeaveType>("[A-Za-z0-9-]{1,40}")
}

fn minutes() -> impl Strategy<Value = u32> {
    0..=i32::MAX as u32
}

fn days() -> impl Strategy<Value = Days> {
    let half = prop_oneof![
        Just(Half::Both),
        Just(Half::Morning),
        Just(Half::Afternoon),
        Just(Half::Any)
    ];
    let day = (date(), 1..=1440_u16, half);
    prop::collection::vec(day, 1..8).prop_map(|mut days| {
        days.sort_by_key(|(date, ..)| *date);
        days.dedup_by_key(|(date, ..)| *date);
        let day = |(date, minutes, half)| LeaveDay {
            date,
            minutes,
            half,
        };
        days.into_iter().map(day).collect::<Vec<_>>().into()
    })
}

fn entitlement() -> impl Strategy<Value = Box<Entitlement>> {
    (uuid(), person_id(), leave_type(), minutes(), date(), date()).prop_map(
        |(id, person, leave_type, minutes, from, until)| {
            Box::new(Entitlement {
                id: id.try_into().unwrap(),
                person,
                leave_type,
                minutes,
                from,
                until,
            })
        },
    )
}

fn admitted_leave() -> impl Strategy<Value = Box<AdmittedLeave>> {
    (application(), person_id(), option::of(leave_type()), days()).prop_map(
        |(application, person, leave_type, days)| {
            Box::new(AdmittedLeave {
                application,
                person,
                leave_type,
                days,
            })
        },
    )
}

fn policy() -> impl Strategy<Value = PolicyText> {
    any::<String>().prop_map(|text| PolicyText(text.into()))
}

/// Any text, as other programs choose them.
fn application() -> impl Strategy<Value = ApplicationId<'static>> {
    any::<String>().prop_map(ApplicationId::from_key)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![Just(Outcome::Approved), Just(Outcome::Declined)]
}

fn asked() -> impl Strategy<Value = Asked> {
    (command_id(), email(), ticks()).prop_map(|(command_id, by, at)| Asked { command_id, by, at })
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (person_id(), email(), name(), department()).prop_map(
            |(person, email, name, department)| Request::NameFirstAdmin {
                person,
                email,
                name,
                department
            }
        ),
        (person(), department()).prop_map(|(person, department)| Request::EnterPerson {
            person: Box::new(person),
            department
        }),
        person().prop_map(|person| Request::ChangePerson {
            person: Box::new(person)
        }),
        (person_id(), department()).prop_map(|(person, to)| Request::MovePerson { person, to }),
        (person(), department(), department(), option::of(date())).prop_map(
            |(person, department, from, left)| Request::AdmitPerson {
                person: Box::new(person),
                department,
                from,
                left,
            }
        ),
        (person_id(), date())
            .prop_map(|(person, last_date)| Request::EndEmployment { person, last_date }),
        (person_id(), person_id(), date(), date()).prop_map(|(from, to, from_date, until_date)| {
            Request::DelegateApproval {
                from,
                to,
                from_date,
                until_date,
            }
        }),
        (
            application(),
            outcome(),
            option::of(parsed::<Comment>("[ -~é\n\t]{0,60}[a-z]")),
            option::of(any::<u32>()),
            any::<bool>()
        )
            .prop_map(
                |(application, outcome, comment, expected_version, accept_warnings)| {
                    Request::DecideApplication {
                        application,
                        outcome,
                        comment,
                        expected_version,
                        accept_warnings,
                    }
                }
            ),
        application().prop_map(|application| Request::WithdrawApplication { application }),
        entitlement().prop_map(|entitlement| Request::GrantEntitlement { entitlement }),
        (policy(), option::of(0..9_u32)).prop_map(|(policy, expected_version)| {
            Request::SetPolicy {
                policy,
                expected_version,
            }
        }),
        application().prop_map(|application| Request::AskToCancel { application }),
        (application(), outcome()).prop_map(|(application, outcome)| {
            Request::DecideCancellation {
                application,
                outcome,
            }
        }),
        application().prop_map(|application| Request::RecalculateLeave { application }),
        (entitlement(), department())
            .prop_map(|(entitlement, from)| Request::AdmitEntitlement { entitlement, from }),
        (admitted_leave(), department())
            .prop_map(|(leave, from)| Request::AdmitLeave { leave, from }),
    ]
}

pub(super) fn command() -> impl Strategy<Value = Command> {
    (asked(), request()).prop_map(|(asked, request)| Command { asked, request })
}

fn leave_decided(is_booked: bool) -> impl Strategy<Value = LeaveDecided<'static>> {
    (
        application(),
        option::of(person_id()),
        option::of(person_id()),
        option::of(any::<String>()),
        option::of(any::<i64>()),
        judged(is_booked),
    )
        .prop_map(
            |(application, person, on_behalf_of, policy, known_offset, judged)| LeaveDecided {
                application,
                person,
                on_behalf_of,
                policy: policy.map(Into::into),
                known_offset,
                judged: Some(Box::new(judged)).filter(|judged| **judged != Judged::default()),
            },
        )
}

fn judged(is_booked: bool) -> impl Strategy<Value = Judged<'static>> {
    (
        (option::of(leave_type()), option::of(minutes())),
        option::of(days()),
        (option::of(minutes()), option::of(any::<u32>())),
        option::of(any::<String>()),
        option::of(any::<String>()),
        option::of(application()),
    )
        .prop_map(
            move |((leave_type, minutes), days, (available, version), calendar, text, replaces)| {
                let text = text.map(|text| Reason(text.into()));
                let (warnings, reason) = match is_booked {
                    true => (text, None),
                    false => (None, text),
                };
                Judged {
                    leave_type,
                    minutes,
                    days: days.filter(|_| is_booked),
                    available,
                    policy_version: version,
                    calendar: calendar.map(Into::into),
                    warnings,
                    replaces: replaces.filter(|_| is_booked),
                    reason,
                }
            },
        )
}

fn fact() -> impl Strategy<Value = Fact<'static>> {
    prop_oneof![
        (
            person(),
            past_department(),
            option::of(past_department()),
            option::of(date())
        )
            .prop_map(
                |(person, department, moved_from, left)| Fact::PersonEntered {
                    person: Box::new(person),
                    department,
                    moved_from,
                    left,
                }
            ),
        person().prop_map(|person| Fact::PersonChanged {
            person: Box::new(person)
        }),
        (person_id(), past_department()).prop_map(|(person, to)| Fact::PersonMoved { person, to }),
        (person_id(), date())
            .prop_map(|(person, last_date)| Fact::PersonLeft { person, last_date }),
        (person_id(), person_id(), date(), date()).prop_map(|(from, to, from_date, until_date)| {
            Fact::ApprovalDelegated {
                from,
                to,
                from_date,
                until_date,
            }
        }),
        leave_decided(true).prop_map(Fact::LeaveBooked),
        leave_decided(false).prop_map(Fact::LeaveDeclined),
        (entitlement(), option::of(past_department())).prop_map(|(entitlement, moved_from)| {
            Fact::EntitlementGranted {
                entitlement,
                moved_from,
            }
        }),
        (any::<u32>(), policy()).prop_map(|(version, policy)| Fact::PolicySet { version, policy }),
        (
            (
                application(),
                option::of(person_id()),
                option::of(person_id())
            ),
            (1..=100_u8, 1..=100_u8),
            (option::of(any::<u32>()), option::of(any::<i64>()))
        )
            .prop_map(
                |(
                    (application, person, on_behalf_of),
                    (stage, stages),
                    (policy_version, known_offset),
                )| Fact::StageApproved {
                    application,
                    person,
                    on_behalf_of,
                    stage,
                    stages,
                    policy_version,
                    known_offset,
                }
            ),
        (application(), person_id(), option::of(any::<i64>())).prop_map(
            |(application, person, known_offset)| Fact::CancellationAsked {
                application,
                person,
                known_offset,
            }
        ),
        (
            (application(), person_id(), option::of(person_id())),
            option::of(date()),
            minutes(),
            option::of(any::<i64>())
        )
            .prop_map(
                |((application, person, on_behalf_of), from_date, minutes, known_offset)| {
                    Fact::LeaveReleased {
                        application,
                        person,
                        on_behalf_of,
                        from_date,
                        minutes,
                        known_offset,
                    }
                }
            ),
        (
            application(),
            person_id(),
            option::of(person_id()),
            option::of(any::<i64>())
        )
            .prop_map(|(application, person, on_behalf_of, known_offset)| {
                Fact::CancellationDeclined {
                    application,
                    person,
                    on_behalf_of,
                    known_offset,
                }
            }),
        (
            (application(), person_id(), days()),
            option::of(any::<u32>()),
            option::of(any::<String>()),
            option::of(any::<i64>())
        )
            .prop_map(
                |((application, person, days), policy_version, calendar, known_offset)| {
                    Fact::LeaveRecalculated {
                        application,
                        person,
                        days,
                        policy_version,
                        calendar: calendar.map(Into::into),
                        known_offset,
                    }
                }
            ),
        (admitted_leave(), past_department())
            .prop_map(|(leave, moved_from)| Fact::LeaveAdmitted { leave, moved_from }),
        (
            application(),
            option::of(person_id()),
            option::of(any::<i64>())
        )
            .prop_map(|(application, person, known_offset)| Fact::LeaveWithdrawn {
                application,
                person,
                known_offset
            }),
        (
            option::of(application()),
            option::of(person_id()),
            any::<String>(),
            option::of(any::<i64>()),
            (option::of(any::<u32>()), option::of(any::<String>()))
        )
            .prop_map(
                |(application, person, reason, known_offset, (policy_version, calendar))| {
                    Fact::CommandRefused {
                        application,
                        person,
                        reason: Reason(reason.into()),
                        known_offset,
                        policy_version,
                        calendar: calendar.map(Into::into),
                    }
                }
            ),
    ]
}

pub(super) fn event() -> impl Strategy<Value = Event<'static>> {
    (
        option::of(command_id()),
        option::of(person_id()),
        ticks(),
        fact(),
    )
        .prop_map(|(command_id, by, at, fact)| Event {
            cause: Cause { command_id, by, at },
            fact,
        })
}
