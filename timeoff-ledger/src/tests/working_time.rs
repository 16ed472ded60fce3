//! When somebody works, and which days are off.

use super::office;
use crate::{Date, HolidayShare, Person, Policy, Role};

const POLICY: &str = "default_type = 'annual'\n[types.annual]\nlabel = 'Annual'\nneeds_entitlement = false\n\
    [[company_holidays]]\nname = 'Party'\ndate = '2027-05-07'\npart = 'afternoon'\n\
    [[struck_holidays]]\ndate = '2027-05-17'\nregions = ['DE-BY']\n";

fn ada() -> Person {
    office::person(1, "ada", Role::Employee)
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn holidays_of_the_region_and_of_the_company_are_off() {
    let mut person = ada();
    person.region = Some("DE-BY".parse().unwrap());
    let policy = Policy::read(POLICY, |_| true).unwrap();
    let off = |policy, day| {
        let off = person.day_off(policy, date(day));
        off.map(|off| (off.name.to_owned(), off.takes))
    };
    let works = |policy, day| person.works(policy, date(day)).minutes();
    let ascension = Some(("Ascension Day".to_owned(), HolidayShare::Whole));
    assert_eq!(off(None, "2027-05-06"), ascension);
    assert_eq!(works(None, "2027-05-06"), 0);
    assert_eq!(off(None, "2027-05-07"), None);
    let party = Some(("Party".to_owned(), HolidayShare::Afternoon));
    assert_eq!(off(Some(&policy), "2027-05-07"), party);
    assert_eq!(works(Some(&policy), "2027-05-07"), 240);
    // Whit Monday, on which people work all the same.
    assert_eq!(
        (
            off(Some(&policy), "2027-05-17"),
            works(Some(&policy), "2027-05-17")
        ),
        (None, 480)
    );
    assert_eq!(works(None, "2027-05-17"), 0);
    // A holiday on a weekend is one, too.
    assert!(off(None, "2027-12-25").is_some());
}

#[test]
fn nothing_is_worked_outside_the_employment_and_earlier_terms_hold_until_their_day() {
    let mut person = ada();
    person.from = Some(date("2027-05-03"));
    person.until = Some(date("2027-05-12"));
    person.region = Some("DE-BY".parse().unwrap());
    person.earlier = Some(
        "until 2027-05-06 schedule 300 300 300 300 300 0 0"
            .parse()
            .unwrap(),
    );
    let works = |day| person.works(None, date(day)).minutes();
    let days = [
        "2027-04-30",
        "2027-05-03",
        "2027-05-06",
        "2027-05-07",
        "2027-05-08",
        "2027-05-13",
    ];
    assert_eq!(days.map(works), [0, 300, 300, 480, 0, 0]);
    assert_eq!(person.day_off(None, date("2027-05-06")), None);
}
