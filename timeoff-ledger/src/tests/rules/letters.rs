//! The examples a to o that the rules were designed by.

use super::language::{answer, taken};
use super::scene::Scene;
use crate::{Fact, Refusal};

/// What statements take, and on which days.
#[track_caller]
fn takes(given: &str, asked: &str) -> (u32, String) {
    let mut scene = Scene::new();
    scene.given(given);
    match scene.asked(asked) {
        Ok(Fact::LeaveBooked(decided)) => {
            let days = decided.judged().days.clone().unwrap();
            (days.minutes(), taken(&days))
        }
        other => panic!("{other:?}"),
    }
}

/// Why it is refused.
#[track_caller]
fn refused(given: &str, asked: &str) -> Refusal {
    let mut scene = Scene::new();
    scene.given(given);
    scene.asked(asked).unwrap_err()
}

const A_YEAR: &str = "grant 14400 until 2027-12-31";

#[test]
fn a_friday_to_monday_takes_two_days() {
    let asked = takes(A_YEAR, "Fri 2027-01-08 to Mon 2027-01-11");
    assert_eq!(asked, (960, "Fri 480, Mon 480".to_owned()));
}

#[test]
fn b_a_weekend_has_no_working_time() {
    let refusal = refused(A_YEAR, "Sat 2027-01-09 to Sun 2027-01-10");
    assert!(refusal.to_string().contains("no working time"), "{refusal}");
}

#[test]
fn c_hours_of_version_1_are_taken_from_working_days_in_order() {
    let asked = takes(A_YEAR, "20 hours from Thu 2027-01-07");
    assert_eq!(
        asked,
        (1_200, "Thu 480, Fri 480, Mon 240 minutes".to_owned())
    );
}

#[test]
fn d_ascension_is_not_taken() {
    let given = format!("region DE-BY; {A_YEAR}");
    let asked = takes(&given, "Mon 2027-05-03 to Fri 2027-05-07");
    let days = "Mon 480, Tue 480, Wed 480, Fri 480".to_owned();
    assert_eq!(asked, (1_920, days));
}

#[test]
fn e_an_afternoon_and_a_morning_are_two_halves() {
    let asked = takes(A_YEAR, "Thu 2027-01-07 afternoon to Fri 2027-01-08 morning");
    assert_eq!(
        asked,
        (480, "Thu 240 afternoon, Fri 240 morning".to_owned())
    );
}

#[test]
fn f_the_morning_is_rounded_up() {
    let half = |schedule: &str, half: &str| {
        let given = format!("schedule {schedule} a day; {A_YEAR}");
        takes(&given, &format!("Thu 2027-01-07 {half}")).0
    };
    assert_eq!(half("456", "morning"), 228);
    assert_eq!(half("455", "morning"), 228);
    assert_eq!(half("455", "afternoon"), 227);
}

#[test]
fn g_each_day_has_the_schedule_that_holds_on_it() {
    let given =
        format!("schedule 480 a day until 2027-01-31; schedule 480 480 480 480 0 0 0; {A_YEAR}");
    let asked = takes(&given, "Thu 2027-01-28 to Fri 2027-02-05");
    let days = "Thu 480, Fri 480, Mon 480, Tue 480, Wed 480, Thu 480".to_owned();
    assert_eq!(asked, (2_880, days));
}

/// 2027 with 14,400 minutes, of which 2,400 can be used until the end of March.
const CARRIED: &str = "grant 12000 until 2027-12-31; grant 2400 until 2028-03-31";

#[test]
fn h_only_what_is_carried_over_is_left_in_the_next_year() {
    let refusal = refused(CARRIED, "Mon 2028-02-07 to Mon 2028-02-14");
    let Refusal::Overdrawn { overdrawn } = refusal else {
        panic!("{refusal:?}");
    };
    assert_eq!(overdrawn.shortfall.asked, 2_880);
    assert_eq!(overdrawn.shortfall.available(), 2_400);
}

#[test]
fn i_what_is_carried_over_is_used_first() {
    let given = format!("{CARRIED}; grant 14400 from 2028-01-01 until 2028-12-31");
    let mut scene = Scene::new();
    scene.given(&given);
    let booked = scene.asked("Mon 2028-03-27 to Fri 2028-04-07");
    assert!(matches!(booked, Ok(Fact::LeaveBooked(_))), "{booked:?}");
    let date = |text: &str| text.parse().unwrap();
    assert_eq!(scene.left("Ken", date("2028-03-31")), 12_000);
    assert_eq!(scene.left("Ken", date("2028-04-03")), 12_000);
}

#[test]
fn j_leave_over_the_end_of_a_year_is_charged_to_both() {
    let asked = "Thu 2027-12-30 to Mon 2028-01-03";
    let next_year = "grant 480 from 2028-01-01 until 2028-12-31";
    let with = |minutes| format!("grant {minutes} until 2027-12-31; {next_year}");
    let Refusal::Overdrawn { overdrawn } = refused(&with(480), asked) else {
        panic!("another refusal");
    };
    assert_eq!(overdrawn.shortfall.asked, 1_440);
    assert_eq!(
        takes(&with(960), asked),
        (1_440, "Thu 480, Fri 480, Mon 480".to_owned())
    );
}

#[test]
fn k_the_fourth_of_three_days_is_refused_whoever_approves_it() {
    let mut scene = Scene::new();
    scene.given("grant 1440 until 2027-12-31");
    let mut asked = Vec::new();
    for day in [
        "Mon 2027-01-11",
        "Tue 2027-01-12",
        "Wed 2027-01-13",
        "Thu 2027-01-14",
    ] {
        scene.given(&format!("asks {day}"));
        asked.push(scene.latest.clone().unwrap());
    }
    // Both managers have seen all four wait with enough minutes left; their commands come one after the other.
    let answers = asked
        .iter()
        .zip(["Grace", "Linus", "Grace", "Linus"])
        .map(|(id, by)| scene.decide(by, id, timeoff_models::Outcome::Approved, false));
    let answers: Vec<_> = answers.collect();
    let [Ok(_), Ok(_), Ok(_), Err(Refusal::Overdrawn { overdrawn })] = &answers[..] else {
        panic!("{answers:?}");
    };
    assert_eq!(overdrawn.shortfall.available(), 0);
}

#[test]
fn l_half_a_day_collides_with_the_whole_and_not_with_another_day() {
    let given = format!("{A_YEAR}; booked Thu 2027-01-07");
    let refusal = refused(&given, "Thu 2027-01-07 morning");
    let thursday = "2027-01-07".parse().unwrap();
    let collides = Refusal::Collides {
        date: thursday,
        first: thursday,
        last: thursday,
    };
    assert_eq!(refusal, collides);
    assert_eq!(takes(&given, "Wed 2027-01-06 afternoon").0, 240);
}

#[test]
fn m_nobody_approves_their_own_leave() {
    let given = "Grace grant 480 until 2027-12-31; Grace asks Thu 2027-01-07";
    assert!(matches!(
        refused(given, "Grace approves"),
        Refusal::OwnLeave { .. }
    ));
    assert_eq!(takes(given, "Linus approves").0, 480);
}

#[test]
fn n_the_cover_blocks_on_the_day_on_which_both_would_be_away() {
    let given = "policy cover 1 present of driver; Ken tag driver; Joan tag driver; \
                 grant 2400 until 2027-12-31; Joan grant 2400 until 2027-12-31; \
                 booked Mon 2027-01-11 to Wed 2027-01-13";
    let refusal = refused(given, "Joan Wed 2027-01-13 to Fri 2027-01-15");
    let told = refusal.to_string();
    assert!(matches!(refusal, Refusal::Blocked { .. }), "{told}");
    assert!(
        told.contains("On 2027-01-13") && told.contains("Ken"),
        "{told}"
    );
    assert!(!refusal.reason().contains("Ken"), "no names on the ledger");
    assert_eq!(takes(given, "Joan Thu 2027-01-14 to Fri 2027-01-15").0, 960);
}

#[test]
fn o_only_the_difference_to_what_is_replaced_counts() {
    let given = "grant 1440 until 2027-12-31; booked Mon 2027-01-11 to Tue 2027-01-12";
    let mut scene = Scene::new();
    scene.given(given);
    let date = "2027-01-11".parse().unwrap();
    assert_eq!(scene.left("Ken", date), 480);
    let edited = scene.says("Tue 2027-01-12 to Thu 2027-01-14, in its place");
    assert_eq!(answer(&edited), "takes 1440: Tue 480, Wed 480, Thu 480");
    assert_eq!(scene.left("Ken", date), 0);
    // One day more than the difference is too much.
    let refusal = refused(given, "Mon 2027-01-11 to Thu 2027-01-14, in its place");
    assert!(matches!(refusal, Refusal::Overdrawn { .. }), "{refusal}");
}
