//! Any valid value of every type, for what holds for all of them.

use chrono::NaiveDate;
use proptest::option;
use proptest::prelude::*;
use timeoff_models::{ApplicationId, Comment, Department, Email, Outcome, Ticks};
use uuid::Uuid;

use crate::{
    Asked, Cause, Command, CommandId, Date, Event, Fact, LeaveDecided, Person, PersonId,
    PersonName, Reason, Region, Request, Role, Schedule, Tags,
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
    )
        .prop_map(
            |((id, email, name, role), region, schedule, (from, until), tags)| Person {
                id,
                email,
                name,
                role,
                region,
                schedule,
                from,
                until,
                tags,
            },
        )
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
            option::of(any::<u32>())
        )
            .prop_map(|(application, outcome, comment, expected_version)| {
                Request::DecideApplication {
                    application,
                    outcome,
                    comment,
                    expected_version,
                }
            }),
        application().prop_map(|application| Request::WithdrawApplication { application }),
    ]
}

pub(super) fn command() -> impl Strategy<Value = Command> {
    (asked(), request()).prop_map(|(asked, request)| Command { asked, request })
}

fn leave_decided() -> impl Strategy<Value = LeaveDecided<'static>> {
    (
        application(),
        option::of(person_id()),
        option::of(person_id()),
        option::of(any::<String>()),
        option::of(any::<i64>()),
    )
        .prop_map(
            |(application, person, on_behalf_of, policy, known_offset)| LeaveDecided {
                application,
                person,
                on_behalf_of,
                policy: policy.map(Into::into),
                known_offset,
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
        leave_decided().prop_map(Fact::LeaveBooked),
        leave_decided().prop_map(Fact::LeaveDeclined),
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
            option::of(any::<i64>())
        )
            .prop_map(|(application, person, reason, known_offset)| {
                Fact::CommandRefused {
                    application,
                    person,
                    reason: Reason(reason.into()),
                    known_offset,
                }
            }),
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
