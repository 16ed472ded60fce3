//! The sample, on many days.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};
use fastrand::Rng;
use timeoff_ledger::{Answer, Application, Role, State};
use timeoff_models::{Departments, Ticks};

use super::calendar::{Absence, Becomes, Calendar, HALF_A_YEAR};
use super::{SEED, Sample};

/// Every day of four years.
fn days() -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).expect("it is a day");
    first.iter_days().take(4 * 366)
}

fn sample(today: NaiveDate) -> Sample {
    let noon = today.and_time(NaiveTime::MIN) + TimeDelta::hours(12);
    let now = Ticks::try_from(noon).expect("it has ticks");
    Sample::of(now, &Departments::default()).expect("there is a sample for every day")
}

#[test]
fn on_any_day_everybodys_leave_is_on_weekdays_around_it_and_nothing_overlaps() {
    for today in days() {
        let mut dice = Rng::with_seed(SEED);
        for nth in 0..24 {
            let mut calendar = Calendar::new(today, &mut dice);
            if nth == 16 {
                let (first, last) = calendar.is_away_now().expect("it fits");
                assert!(first <= today && today <= last);
            }
            if nth % 3 == 0 {
                calendar.waits();
            }
            calendar.the_usual(nth);
            check(today, &calendar.absences());
        }
    }
}

fn check(today: NaiveDate, absences: &[Absence]) {
    assert!((4..=7).contains(&absences.len()), "{today}: {absences:?}");
    let mut taken = BTreeSet::new();
    for absence in absences {
        let Absence { first, last, .. } = *absence;
        let span = [first, last].map(|day| (day - today).num_days().abs());
        assert!(span.iter().all(|&days| days <= HALF_A_YEAR), "{absence:?}");
        assert!(first.weekday().number_from_monday() <= 5, "{absence:?}");
        let days = first.iter_days().take_while(|&day| day <= last);
        let weekdays: Vec<_> = days
            .filter(|day| day.weekday().number_from_monday() <= 5)
            .collect();
        match absence.hours {
            4 => assert_eq!(weekdays.len(), 1),
            hours => assert_eq!(8 * weekdays.len(), usize::from(hours)),
        }
        for day in weekdays {
            assert!(taken.insert(day), "{today}: {day} twice in {absences:?}");
        }
        assert!(absence.applied_at.date() < today && absence.applied_at.date() < first);
        if absence.becomes == Becomes::Waiting {
            assert!(first > today && first < today + Days::new(60));
        }
    }
}

#[test]
fn there_are_24_people_in_three_departments_with_somebody_who_decides_in_each() {
    let sample = sample(days().next().expect("there is one"));
    let mut roles: BTreeMap<_, usize> = BTreeMap::new();
    for one in &sample.people {
        let department = one.department.as_str();
        *roles
            .entry((department, one.person.role.as_str()))
            .or_default() += 1;
    }
    assert_eq!(sample.people.len(), 24);
    for department in ["HR", "IT", "OPS"] {
        assert_eq!(roles[&(department, "approver")], 1);
        assert!(roles[&(department, "employee")] >= 4);
    }
    assert_eq!(roles[&("HR", "admin")], 1);
    let order = |one: &super::Colleague| (one.department.clone(), one.person.name.to_string());
    // The pages show them in this order, so those to try it as are the same there.
    assert!(sample.people.is_sorted_by_key(order));
    let [employee, approver, admin] = sample.to_try().expect("there are three");
    assert_eq!(employee.department, approver.department);
    let roles = [employee, approver, admin].map(|one| one.person.role);
    assert_eq!(roles, [Role::Employee, Role::Approver, Role::Admin]);
}

#[test]
fn on_any_day_every_outcome_is_there_and_the_ledger_refuses_nothing() {
    let departments = Departments::default();
    for today in days().step_by(13) {
        let sample = sample(today);
        let ids: BTreeSet<_> = sample
            .applications
            .iter()
            .map(|applied| &applied.id)
            .collect();
        assert_eq!(ids.len(), sample.applied());
        assert!((110..150).contains(&ids.len()), "{today}: {}", ids.len());
        assert_eq!(sample.waiting(), 8);
        let count = |is: fn(&Becomes) -> bool| {
            let applications = sample.applications.iter();
            applications.filter(|applied| is(&applied.becomes)).count()
        };
        assert!(count(|becomes| matches!(becomes, Becomes::Declined(_))) >= 2);
        assert!(count(|becomes| matches!(becomes, Becomes::Withdrawn)) >= 1);

        let mut ledgers: Vec<State> = departments.iter().cloned().map(State::of).collect();
        for (partition, command) in &sample.commands {
            let of_department = command.request.application().map(|id| {
                let mut applications = sample.applications.iter();
                let place = applications.position(|applied| applied.id == *id);
                let place = place.expect("it is there");
                let applied = &sample.applications[place];
                // What has been decided is not waiting any more when its turn comes.
                let earlier = sample.applications[..place].iter().filter(|earlier| {
                    earlier.person == applied.person && earlier.becomes == Becomes::Waiting
                });
                let earlier = earlier
                    .map(|earlier| (earlier.id.clone(), Cow::Borrowed(&earlier.application)));
                Application {
                    id: id.clone(),
                    leave: Cow::Borrowed(&applied.application),
                    earlier: earlier.collect(),
                }
            });
            let ledger = &mut ledgers[*partition as usize];
            match ledger.carry_out(command, of_department.as_ref()) {
                Answer::Done { events, .. } => events.iter().for_each(|event| ledger.evolve(event)),
                other => panic!("{today}: {command:?} is answered with {other:?}"),
            }
        }
    }
}

#[test]
fn on_the_same_day_it_is_the_same() {
    let [one, other] = [(); 2].map(|()| sample(days().next().expect("there is one")));
    let ids = |sample: &Sample| -> Vec<String> {
        let applications = sample.applications.iter();
        applications.map(|applied| applied.id.to_string()).collect()
    };
    assert_eq!(ids(&one), ids(&other));
    assert_eq!(one.commands, other.commands);
}
