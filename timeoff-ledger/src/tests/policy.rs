//! What a policy says, and which texts are none.

mod contradictions;
mod entitlements;
mod refused;

use timeoff_models::{Department, LeaveType};

use crate::{CoverLimit, Date, HolidayChange, HolidayPart, InvalidPolicy, Policy, Region, Tag};

/// What a newcomer begins with.
const EXAMPLE: &str = include_str!("../../../docs/policy.example.toml");

/// The least that a policy can say.
const LEAST: &str = "\
default_type = 'annual'
[types.annual]
label = 'Annual leave'
needs_entitlement = true
[types.sick]
label = 'Sick leave'
needs_entitlement = false
";

/// The least and more; what is added begins in line 8.
fn with(more: &str) -> Result<Policy, InvalidPolicy> {
    read(&format!("{LEAST}{more}"))
}

fn read(text: &str) -> Result<Policy, InvalidPolicy> {
    Policy::read(text, |region| region.as_str().starts_with("DE-"))
}

fn leave_type(name: &str) -> LeaveType {
    name.parse().unwrap()
}

fn department(name: &str) -> Department {
    name.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn the_example_says_what_its_comments_say() {
    let policy = read(EXAMPLE).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(policy.text(), EXAMPLE);
    assert_eq!(policy.default_type().label.as_str(), "Annual leave");
    assert!(policy.waiting_leave_reserves());
    let names: Vec<_> = policy
        .types()
        .iter()
        .map(|kind| kind.name.as_str())
        .collect();
    assert_eq!(names, ["annual", "sick", "unpaid"]);
    assert!(
        !policy
            .leave_type(&leave_type("sick"))
            .unwrap()
            .needs_entitlement
    );
    assert_eq!(policy.leave_type(&leave_type("parental")), None);

    let it: Vec<_> = policy
        .cover(&department("IT"))
        .map(|cover| cover.limit)
        .collect();
    assert_eq!(
        it,
        [
            CoverLimit::LeastPresent(1),
            CoverLimit::LargestShareAbsent(50)
        ]
    );
    assert_eq!(policy.cover(&department("HR")).count(), 1);
    let annual = leave_type("annual");
    let notice: Vec<_> = policy
        .windows(&annual, &department("HR"))
        .map(|window| (window.notice_days, window.back_days, window.ahead_days))
        .collect();
    assert_eq!(notice, [(Some(14), None, Some(540))]);
    assert_eq!(policy.blackouts(&annual, &department("OPS")).count(), 1);
    assert_eq!(policy.blackouts(&annual, &department("IT")).count(), 0);
    assert_eq!(
        policy
            .blackouts(&leave_type("sick"), &department("OPS"))
            .count(),
        0
    );
    assert!(policy.warnings(&"HR,IT,OPS".parse().unwrap()).is_empty());
}

#[test]
fn the_comments_of_the_example_that_are_rules_can_be_taken_in() {
    let commented = "# [[struck_holidays]]\n# date = \"2027-08-15\"\n# regions = [\"DE-BY\"]\n";
    assert!(EXAMPLE.contains(commented));
    let policy = read(&EXAMPLE.replace(commented, &commented.replace("# ", ""))).unwrap();
    let by: Region = "DE-BY".parse().unwrap();
    assert_eq!(
        policy.holiday(Some(&by), date("2027-08-15")),
        Some(HolidayChange::Struck)
    );
    assert_eq!(policy.holiday(None, date("2027-08-15")), None);
}

#[test]
fn stages_and_automatic_approval_go_by_type_and_length() {
    let policy = read(EXAMPLE).unwrap();
    let stages = |name: &str, minutes| {
        let stages = policy.stages(&leave_type(name), minutes).iter();
        stages.map(Tag::as_str).collect::<Vec<_>>()
    };
    assert!(stages("annual", 4800).is_empty());
    assert_eq!(stages("annual", 4801), ["hr"]);
    assert_eq!(stages("unpaid", 9600), ["hr"]);
    assert!(stages("sick", 9600).is_empty());
    let automatic = |name, minutes| policy.approves_automatically(&leave_type(name), minutes);
    assert!(automatic("annual", 240));
    assert!(!automatic("annual", 241));
    assert!(!automatic("sick", 1));
    assert!(!automatic("parental", 1));
}

#[test]
fn the_first_stages_that_fit_count() {
    let policy = with(
        "[[stages]]\nlonger_than_minutes = 9600\nafter_approver = ['hr', 'board']\n\
         [[stages]]\ntypes = ['annual']\nafter_approver = ['hr']\n",
    )
    .unwrap();
    assert_eq!(policy.stages(&leave_type("annual"), 9601).len(), 2);
    assert_eq!(policy.stages(&leave_type("annual"), 9600).len(), 1);
    assert_eq!(policy.stages(&leave_type("sick"), 9600).len(), 0);
}

#[test]
fn company_holidays_are_of_a_region_or_of_all_and_of_a_year_or_of_all() {
    let policy = read(EXAMPLE).unwrap();
    let added = |region: Option<&str>, day: &str| {
        let region = region.map(|code| code.parse::<Region>().unwrap());
        match policy.holiday(region.as_ref(), date(day)) {
            Some(HolidayChange::Added(holiday)) => Some((holiday.name.to_string(), holiday.part)),
            Some(HolidayChange::Struck) => panic!("struck"),
            None => None,
        }
    };
    let afternoon = |name: &str| Some((name.to_owned(), HolidayPart::Afternoon));
    for year in [2027, 2028, 9999] {
        assert_eq!(
            added(None, &format!("{year}-12-24")),
            afternoon("Christmas Eve")
        );
    }
    assert_eq!(
        added(Some("DE-BE"), "2027-12-31"),
        afternoon("New Year's Eve")
    );
    assert_eq!(
        added(Some("DE-BE"), "2027-07-16"),
        afternoon("Summer party")
    );
    assert_eq!(added(Some("DE-BE"), "2028-07-16"), None);
    assert_eq!(added(Some("DE-BY"), "2027-07-16"), None);
    assert_eq!(added(None, "2027-07-16"), None);
    assert_eq!(added(None, "2028-02-29"), None);
}

#[test]
fn a_department_that_is_not_configured_is_a_warning() {
    let policy =
        with("[[cover]]\ndepartments = ['it', 'Sales']\nleast_present = 1\nthen = 'warn'").unwrap();
    let warnings: Vec<_> = policy
        .warnings(&"HR,IT".parse().unwrap())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        warnings,
        [
            "cover[1].departments[2] (line 8): SALES is not one of the departments HR,IT: the rule does nothing until it is"
        ]
    );
}

#[test]
fn the_least_policy_lets_waiting_leave_reserve_and_can_say_otherwise() {
    let policy = read(LEAST).unwrap();
    assert!(policy.waiting_leave_reserves());
    assert!(policy.stages(&leave_type("annual"), u32::MAX).is_empty());
    let other = read(&format!("waiting_leave_reserves = false\n{LEAST}")).unwrap();
    assert!(!other.waiting_leave_reserves());
}

#[test]
fn without_a_company_holiday_a_struck_one_is_of_its_region() {
    let policy = with(
        "[[struck_holidays]]\ndate = '10-03'\n\
         [[struck_holidays]]\ndate = '2027-12-25'\nregions = ['DE-BY', 'DE-BE']\n",
    )
    .unwrap();
    let is_struck = |region: Option<&str>, day: &str| {
        let region = region.map(|code| code.parse::<Region>().unwrap());
        policy.holiday(region.as_ref(), date(day)) == Some(HolidayChange::Struck)
    };
    assert!(is_struck(None, "2027-10-03"));
    assert!(is_struck(Some("DE-NI"), "2031-10-03"));
    assert!(is_struck(Some("DE-BE"), "2027-12-25"));
    assert!(!is_struck(Some("DE-BE"), "2028-12-25"));
    assert!(!is_struck(Some("DE"), "2027-12-25"));
    assert!(!is_struck(None, "2027-12-25"));
}

#[test]
fn names_are_read_in_any_case_but_tags_are_not() {
    let policy = with(
        "[[stages]]\ntypes = ['Annual']\nafter_approver = ['HR']\n\
         [[blackouts]]\nname = ' Fair '\nfrom = '2027-05-01'\nuntil = '2027-05-01'\n\
         departments = ['ops']\nthen = 'warn'\n",
    )
    .unwrap();
    let annual = leave_type("annual");
    assert_eq!(policy.stages(&annual, 1)[0].as_str(), "HR");
    let names: Vec<_> = policy
        .blackouts(&annual, &department("OPS"))
        .map(|blackout| blackout.name.as_str())
        .collect();
    assert_eq!(names, ["Fair"]);
}
