//! What holds for every value, not only for the ones somebody thought of.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use proptest::prelude::*;
use timeoff_models::{
    ApplicationId, Comment, Department, Departments, Email, LeaveApplication, LeaveHours,
    LeaveStart, ManagerName, TickClock, Ticks, generated,
};

fn any_ticks() -> impl Strategy<Value = Ticks> {
    (Ticks::MIN.get()..=Ticks::MAX.get()).prop_map(|ticks| Ticks::try_from(ticks).unwrap())
}

fn any_date_of_chrono() -> impl Strategy<Value = NaiveDate> {
    (NaiveDate::MIN.num_days_from_ce()..=NaiveDate::MAX.num_days_from_ce())
        .prop_map(|days| NaiveDate::from_num_days_from_ce_opt(days).unwrap())
}

fn any_time_of_chrono() -> impl Strategy<Value = NaiveDateTime> {
    // A leap second of chrono is 23:59:59 with more than a second of nanoseconds.
    let time = prop_oneof![
        (0..86_400_u32, 0..1_000_000_000_u32),
        (Just(86_399_u32), 1_000_000_000..2_000_000_000_u32),
    ];
    (any_date_of_chrono(), time).prop_map(|(date, (seconds, nanoseconds))| {
        date.and_time(NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds).unwrap())
    })
}

/// Addresses that follow the rule or come close.
fn near_email() -> impl Strategy<Value = String> {
    "[ ]?[A-Za-z0-9.!'+_-]{0,66}@?[A-Za-z0-9-]{0,64}[.]?[A-Za-z0-9-]{0,64}[.]?[a-zA-Zé ]{0,4}"
}

fn email() -> impl Strategy<Value = Email> {
    "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]{0,20}[A-Za-z0-9])?[.]){1,4}[A-Za-z]{2,10}"
        .prop_map(|text| text.parse().unwrap())
}

proptest! {
    #[test]
    fn ticks_come_back_from_every_kind_of_time(ticks in any_ticks()) {
        prop_assert_eq!(Ticks::try_from(NaiveDateTime::from(ticks)), Ok(ticks));
        prop_assert_eq!(Ticks::try_from(DateTime::<Utc>::from(ticks)), Ok(ticks));
        prop_assert_eq!(Ticks::of(DateTime::<Utc>::from(ticks)), ticks);
        prop_assert_eq!(Ticks::try_from(ticks.get()), Ok(ticks));
    }

    #[test]
    fn ticks_are_ordered_as_their_times_are(a in any_ticks(), b in any_ticks()) {
        prop_assert_eq!(a.cmp(&b), NaiveDateTime::from(a).cmp(&NaiveDateTime::from(b)));
    }

    #[test]
    fn a_number_is_ticks_exactly_when_it_is_in_range(number in any::<i64>()) {
        let in_range = (0..=3_155_378_975_999_999_999).contains(&number);
        prop_assert_eq!(Ticks::try_from(number).is_ok(), in_range);
    }

    #[test]
    fn a_day_of_chrono_is_ticks_exactly_in_the_years_1_to_9999(date in any_date_of_chrono()) {
        match Ticks::try_from(date) {
            Ok(ticks) => prop_assert_eq!(ticks.date(), date),
            Err(_) => prop_assert!(!(1..=9999).contains(&date.year())),
        }
    }

    #[test]
    fn a_time_of_chrono_loses_less_than_a_tick(time in any_time_of_chrono()) {
        let year = time.year();
        match Ticks::try_from(time) {
            Ok(ticks) => {
                let lost = time - NaiveDateTime::from(ticks);
                prop_assert!((0..100).contains(&lost.num_nanoseconds().unwrap()), "{lost}");
            }
            Err(_) => prop_assert!(!(1..=9999).contains(&year), "{time}"),
        }
        let instant = Ticks::of(time.and_utc());
        prop_assert!(year >= 1 || instant == Ticks::MIN);
        prop_assert!(year <= 9999 || instant == Ticks::MAX);
    }

    #[test]
    fn a_start_that_is_a_day_is_read_as_it_is_printed(days in 1..=3_652_059_i32) {
        let date = NaiveDate::from_num_days_from_ce_opt(days).unwrap();
        let start = LeaveStart::try_from(date).unwrap();
        prop_assert_eq!(start.to_string().len(), 10);
        prop_assert_eq!(start.to_string().parse::<LeaveStart>(), Ok(start));
        prop_assert_eq!(start.date(), date);
    }

    #[test]
    fn a_start_is_printed_as_the_time_it_is(ticks in any_ticks()) {
        let text = LeaveStart::from(ticks).to_string();
        let time: NaiveDateTime = if text.len() == 10 { format!("{text}T00:00:00") } else { text }
            .parse()
            .unwrap();
        prop_assert_eq!(Ticks::try_from(time), Ok(ticks));
    }

    #[test]
    fn an_accepted_email_reads_as_itself(text in near_email()) {
        if let Ok(email) = text.parse::<Email>() {
            prop_assert_eq!(email.as_str().parse::<Email>(), Ok(email.clone()));
            prop_assert_eq!(email.as_str(), text.trim().to_lowercase());
            prop_assert!(email.as_str().len() <= 254);
        }
    }

    #[test]
    fn an_email_by_the_rule_is_accepted(email in email()) {
        prop_assert_eq!(email.as_str().to_uppercase().parse::<Email>(), Ok(email));
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in any::<String>()) {
        let _ = text.parse::<Email>();
        let _ = text.parse::<Department>();
        let _ = text.parse::<Departments>();
        let _ = text.parse::<LeaveHours>();
        let _ = text.parse::<LeaveStart>();
        let _ = text.parse::<Comment>();
        let _ = text.parse::<ManagerName>();
        let _ = ApplicationId::from_key(text).submitted_at();
    }

    #[test]
    fn hours_are_accepted_exactly_from_1_to_8784(hours in prop_oneof![-10..9000_i32, any::<i32>()]) {
        let accepted = LeaveHours::try_from(hours);
        prop_assert_eq!(accepted.is_ok(), (1..=8784).contains(&hours));
        prop_assert_eq!(hours.to_string().parse::<LeaveHours>().ok(), accepted.ok());
    }

    #[test]
    fn a_list_of_departments_gives_each_its_place_in_any_case(
        names in proptest::collection::hash_set("[A-Z0-9_-]{1,8}", 1..12)
    ) {
        let names: Vec<String> = names.into_iter().collect();
        let departments: Departments = names.join(",").to_lowercase().parse().unwrap();
        prop_assert_eq!(departments.to_string(), names.join(","));
        for (partition, name) in (0..).zip(&names) {
            let department = departments.parse(&name.to_lowercase()).unwrap();
            prop_assert_eq!(department.as_str(), name);
            prop_assert_eq!(departments.partition_of(&department), Some(partition));
            prop_assert_eq!(departments.at(partition), Some(&department));
        }
    }

    #[test]
    fn an_accepted_comment_reads_as_itself(text in "[a-z\r\n\t é]{0,40}") {
        if let Ok(comment) = text.parse::<Comment>() {
            prop_assert_eq!(comment.as_str().parse::<Comment>(), Ok(comment.clone()));
        }
    }

    #[test]
    fn an_id_says_when_the_application_was_submitted(email in email(), ticks in any_ticks()) {
        let id = ApplicationId::new(&email, ticks);
        prop_assert_eq!(id.submitted_at(), Some(ticks));
        prop_assert_eq!(ApplicationId::from_key(id.to_string()), id);
    }

    #[test]
    fn the_clock_is_strictly_increasing_whatever_the_machine_says(
        readings in proptest::collection::vec(any_ticks(), 2..50)
    ) {
        let mut clock = TickClock::new();
        let given: Vec<Ticks> = readings.iter().map(|now| clock.stamp(*now)).collect();
        prop_assert!(given.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(given.iter().zip(&readings).all(|(given, now)| given >= now));
    }

    #[test]
    fn an_application_survives_the_wire(
        email in email(), partition in 0..3_i32, hours in 1..=8784_i32, ticks in any_ticks()
    ) {
        let departments = Departments::default();
        let application = LeaveApplication {
            email,
            department: departments.at(partition).unwrap().clone(),
            hours: hours.try_into().unwrap(),
            start: ticks.into(), details: None,
};
        let record = generated::LeaveApplicationReceived::from(&application);
        prop_assert_eq!(LeaveApplication::from_wire(&record, &departments), Ok(application));
    }
}
