//! Policies whose rules cannot be meant, and what is said of each.

use super::with;
use crate::InvalidPolicy;

/// What is added to the least that a policy can say, from line 8 on, and all that is said of it.
const CONTRADICTIONS: &[(&str, &str)] = &[
    (
        "[types.study]\n\
         label = ''\n\
         needs_entitlement = true",
        "types.study.label (line 8): must have 1 to 100 characters, no control characters",
    ),
    (
        "[types.study]\n\
         label = 'Study'\n\
         needs_entitlement = true\n\
         approve_automatically_up_to_minutes = 0",
        "types.study.approve_automatically_up_to_minutes (line 8): must be a whole number from 1 to 527040",
    ),
    (
        "[types.'study leave']\n\
         label = 'Study'\n\
         needs_entitlement = true",
        "types.study leave (line 8): a leave type must be a name of 1 to 40 letters a-z, digits and hyphens, such \
         as annual",
    ),
    (
        "[types.Annual]\n\
         label = 'Annual'\n\
         needs_entitlement = true",
        "types.Annual (line 8): the same type in another case: keep one of them",
    ),
    (
        "[[entitlements]]\n\
         type = 'parental'\n\
         minutes_a_year = 480",
        "entitlements[1].type (line 8): there is no type parental: add [types.parental], or name one of annual, \
         sick",
    ),
    (
        "[[entitlements]]\n\
         type = 'sick'\n\
         minutes_a_year = 480",
        "entitlements[1].type (line 8): sick needs no entitlement, so this would never be used: set \
         types.sick.needs_entitlement, or leave this out",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = -1",
        "entitlements[1].minutes_a_year (line 8): must be a whole number from 0 to 527040",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         tag = 'two words'\n\
         minutes_a_year = 480",
        "entitlements[1].tag (line 8): must be one word, as people have it among their tags",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = 480\n\
         carry_over_minutes = 481\n\
         carry_over_until = '03-31'",
        "entitlements[1].carry_over_minutes (line 8): is more than minutes_a_year, 480: carry over that much at \
         most",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = 480\n\
         carry_over_minutes = 480",
        "entitlements[1].carry_over_until (line 8): missing: say until when carry_over_minutes can be used",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = 480\n\
         carry_over_until = '03-31'",
        "entitlements[1].carry_over_minutes (line 8): missing: say how much can be carried over until \
         carry_over_until",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = 480\n\
         carry_over_minutes = 0\n\
         carry_over_until = '03-31'",
        "entitlements[1].carry_over_minutes (line 8): must be a whole number from 1 to 527040",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = 480\n\
         carry_over_minutes = 480\n\
         carry_over_until = '02-29'",
        "entitlements[1].carry_over_until (line 8): must be a day that every year has, and 02-29 is not: write \
         02-28 or 03-01",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = 480\n\
         carry_over_minutes = 480\n\
         carry_over_until = '2028-03-31'",
        "entitlements[1].carry_over_until (line 8): must be a day of every year as \"MM-DD\", such as \"03-31\"",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         minutes_a_year = 480\n\
         [[entitlements]]\n\
         type = 'annual'\n\
         tag = 'nights'\n\
         minutes_a_year = 960",
        "entitlements[2] (line 11): is never reached, as entitlements[1] (line 8) comes first and fits whenever \
         this does: put this before it, or keep one of them",
    ),
    (
        "[[stages]]\n\
         types = ['parental']\n\
         after_approver = ['hr']",
        "stages[1].types[1] (line 8): there is no type parental: add [types.parental], or name one of annual, sick",
    ),
    (
        "[[stages]]\n\
         after_approver = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']",
        "stages[1].after_approver (line 8): no leave needs the word of more than 9 people after the approver's: \
         leave some out",
    ),
    (
        "[[stages]]\n\
         after_approver = []",
        "stages[1].after_approver (line 8): an empty list: name the tag of the people who decide after the \
         approver",
    ),
    (
        "[[stages]]\n\
         longer_than_minutes = -1\n\
         after_approver = ['hr']",
        "stages[1].longer_than_minutes (line 8): must be a whole number from 0 to 527040",
    ),
    (
        "[[stages]]\n\
         after_approver = ['hr']\n\
         [[stages]]\n\
         types = ['sick']\n\
         longer_than_minutes = 480\n\
         after_approver = ['board']",
        "stages[2] (line 10): is never reached, as stages[1] (line 8) comes first and fits whenever this does: \
         put this before it, or keep one of them",
    ),
    (
        "[types.study]\n\
         label = 'Study'\n\
         needs_entitlement = true\n\
         approve_automatically_up_to_minutes = 481\n\
         [[stages]]\n\
         longer_than_minutes = 480\n\
         after_approver = ['hr']",
        "types.study.approve_automatically_up_to_minutes (line 8): would skip the approval that stages[1] (line \
         12) asks for: write 480 at most",
    ),
    (
        "[[cover]]\n\
         then = 'warn'",
        "cover[1] (line 8): says no number: add least_present or largest_share_absent_percent",
    ),
    (
        "[[cover]]\n\
         least_present = 1\n\
         largest_share_absent_percent = 50\n\
         then = 'warn'",
        "cover[1] (line 8): has both least_present and largest_share_absent_percent: keep one, and write a second \
         [[cover]] for the other",
    ),
    (
        "[[cover]]\n\
         least_present = 0\n\
         then = 'warn'",
        "cover[1].least_present (line 8): must be a whole number from 1 to 100000",
    ),
    (
        "[[cover]]\n\
         largest_share_absent_percent = 0\n\
         then = 'warn'",
        "cover[1].largest_share_absent_percent (line 8): must be a whole number from 1 to 99: with 0 nobody could \
         ever be absent, and 100 would hold up nobody",
    ),
    (
        "[[cover]]\n\
         largest_share_absent_percent = 100\n\
         then = 'warn'",
        "cover[1].largest_share_absent_percent (line 8): must be a whole number from 1 to 99: with 0 nobody could \
         ever be absent, and 100 would hold up nobody",
    ),
    (
        "[[cover]]\n\
         largest_share_absent_percent = 101\n\
         then = 'warn'",
        "cover[1].largest_share_absent_percent (line 8): must be a whole number from 1 to 99: with 0 nobody could \
         ever be absent, and 100 would hold up nobody",
    ),
    (
        "[[cover]]\n\
         departments = ['I T']\n\
         tag = ''\n\
         least_present = 1\n\
         then = 'warn'",
        "cover[1].departments[1] (line 8): \"I T\" is not a department name: use letters a-z, digits, - and _\n\
         cover[1].tag (line 8): must be one word, as people have it among their tags",
    ),
    (
        "[[cover]]\n\
         departments = []\n\
         least_present = 1\n\
         then = 'warn'",
        "cover[1].departments (line 8): an empty list: leave the key out to mean all",
    ),
    (
        "[[windows]]\n\
         then = 'warn'",
        "windows[1] (line 8): says no days: add notice_days, back_days or ahead_days",
    ),
    (
        "[[windows]]\n\
         types = ['sick', 'parental']\n\
         back_days = 1\n\
         then = 'warn'",
        "windows[1].types[2] (line 8): there is no type parental: add [types.parental], or name one of annual, \
         sick",
    ),
    (
        "[[windows]]\n\
         notice_days = 7\n\
         back_days = 1\n\
         then = 'warn'",
        "windows[1] (line 8): has both notice_days and back_days, and leave with notice is never for past days: \
         keep one of the two",
    ),
    (
        "[[windows]]\n\
         notice_days = 7\n\
         ahead_days = 6\n\
         then = 'warn'",
        "windows[1] (line 8): has ahead_days below notice_days, so that no day is left: raise ahead_days",
    ),
    (
        "[[windows]]\n\
         ahead_days = 3661\n\
         then = 'warn'",
        "windows[1].ahead_days (line 8): must be a whole number from 0 to 3660",
    ),
    (
        "[[blackouts]]\n\
         name = 'Fair'\n\
         from = '2027-05-02'\n\
         until = '2027-05-01'\n\
         then = 'block'",
        "blackouts[1].until (line 8): is before from, 2027-05-02: exchange them",
    ),
    (
        "[[blackouts]]\n\
         name = 'Fair'\n\
         from = '2027-02-29'\n\
         until = '2027-05-01'\n\
         types = ['parental']\n\
         then = 'block'",
        "blackouts[1].from (line 8): must be a date as \"YYYY-MM-DD\"\n\
         blackouts[1].types[1] (line 8): there is no type parental: add [types.parental], or name one of annual, \
         sick",
    ),
    (
        "[[company_holidays]]\n\
         name = 'Eve'\n\
         date = '24.12.'",
        "company_holidays[1].date (line 8): must be a date as \"YYYY-MM-DD\", or a day of every year as \"MM-DD\"",
    ),
    (
        "[[company_holidays]]\n\
         name = 'Leap'\n\
         date = '02-29'",
        "company_holidays[1].date (line 8): 02-29 is not in every year: write the date with its year",
    ),
    (
        "[[company_holidays]]\n\
         name = 'Eve'\n\
         date = '12-24'\n\
         regions = ['DE-BY', 'XX']",
        "company_holidays[1].regions[2] (line 8): the calendar knows no region XX: name one that it has, such as \
         DE-BY",
    ),
    (
        "[[company_holidays]]\n\
         name = 'Eve'\n\
         date = '12-24'\n\
         regions = ['DE-BY']\n\
         [[company_holidays]]\n\
         name = 'Party'\n\
         date = '2027-12-24'",
        "company_holidays[2].date (line 12): falls on the same day as company_holidays[1] (line 8) in the same \
         region: keep one of them",
    ),
    (
        "[[company_holidays]]\n\
         name = 'Eve'\n\
         date = '2027-12-24'\n\
         [[struck_holidays]]\n\
         date = '12-24'\n\
         regions = ['DE-BY']",
        "company_holidays[1].date (line 8): is struck by struck_holidays[1] (line 11) in the same region: keep \
         one of them",
    ),
    (
        "[[struck_holidays]]\n\
         date = '2027-12-25'\n\
         regions = ['XX']",
        "struck_holidays[1].regions[1] (line 8): the calendar knows no region XX: name one that it has, such as \
         DE-BY",
    ),
    (
        "[types.study]\n\
         label = 'Study'\n\
         needs_entitlement = true\n\
         approve_automatically_up_to_minutes = 1\n\
         [[stages]]\n\
         after_approver = ['hr']",
        "types.study.approve_automatically_up_to_minutes (line 8): would skip the approval that stages[1] (line 12) asks \
         for: leave this out",
    ),
    (
        "[[entitlements]]\n\
         type = 'annual'\n\
         tag = 'nights'\n\
         minutes_a_year = 480\n\
         [[entitlements]]\n\
         type = 'annual'\n\
         tag = 'nights'\n\
         minutes_a_year = 960",
        "entitlements[2] (line 12): is never reached, as entitlements[1] (line 8) comes first and fits whenever this \
         does: put this before it, or keep one of them",
    ),
];

#[test]
fn a_contradiction_is_refused_with_its_place_and_what_to_do() {
    for (more, said) in CONTRADICTIONS {
        let error = with(more).map(|_| "taken").unwrap_err();
        assert!(
            matches!(error, InvalidPolicy::Contradictory(_)),
            "{more}\n{error}"
        );
        assert_eq!(error.to_string(), *said, "{more}");
    }
}
