//! Texts that are no policy, and what is said of them.

use proptest::prelude::*;

use super::{EXAMPLE, LEAST, read, with};
use crate::{InvalidPolicy, Policy};

/// What is added to the least that a policy can say, from line 8 on, and the first thing that is wrong with it.
const UNREADABLE: &[(&str, &str)] = &[
    (
        "colour = 1",
        "line 8, column 1: unknown field `colour`, expected one of `label`, `needs_entitlement`, \
         `approve_automatically_up_to_minutes`",
    ),
    (
        "[[cover]]\n\
         least_presnt = 1",
        "line 9, column 1: unknown field `least_presnt`, expected one of `departments`, `tag`, `least_present`, \
         `largest_share_absent_percent`, `then`",
    ),
    (
        "[[cover]]\n\
         least_present = '1'",
        "line 9, column 17: invalid type: string \"1\", expected a whole number without quotes",
    ),
    (
        "[[windows]]\n\
         notice_days = 1.5",
        "line 9, column 15: invalid type: floating point `1.5`, expected a whole number without quotes",
    ),
    (
        "[[cover]]\n\
         then = 'stop'",
        "line 9, column 8: unknown variant `stop`, expected `warn` or `block`",
    ),
    (
        "[types.study]\n\
         label = 'Study'\n\
         needs_entitlement = 'yes'",
        "line 10, column 21: invalid type: string \"yes\", expected a boolean",
    ),
    (
        "[types.study]\n\
         label = 'Study'",
        "line 8, column 1: missing field `needs_entitlement`",
    ),
    (
        "[types.sick]\n\
         label = 'Sick'",
        "line 8, column 8: duplicate key",
    ),
    (
        "[[struck_holidays]]\n\
         date = 2027-12-24",
        "line 9, column 8: invalid type: map, expected a text or a date in quotes",
    ),
    (
        "[[windows]]\n\
         types = 'annual'",
        "line 9, column 9: invalid type: string \"annual\", expected a list: texts in [brackets], or tables that \
         each begin with their name in [[double brackets]]",
    ),
    (
        "[cover]\n\
         least_present = 1",
        "line 8, column 1: invalid type: map, expected a list: texts in [brackets], or tables that each begin \
         with their name in [[double brackets]]",
    ),
    (
        "\"\\u001b[2J\" = 1",
        "line 8, column 1: unknown field `\\u{1b}[2J`, expected one of `label`, `needs_entitlement`, \
         `approve_automatically_up_to_minutes`",
    ),
    (
        "Dear operator,",
        "line 8, column 6: key with no value, expected `=`",
    ),
];

#[test]
fn what_has_not_the_shape_of_a_policy_is_refused_with_its_line() {
    for (more, said) in UNREADABLE {
        let error = with(more).map(|_| "taken").unwrap_err();
        assert!(
            matches!(error, InvalidPolicy::Unreadable { .. }),
            "{more}\n{error}"
        );
        assert_eq!(error.to_string(), *said, "{more}");
    }
}

#[test]
fn a_policy_needs_a_type_and_a_default_that_is_one() {
    let said = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(said(""), "line 1, column 1: missing field `default_type`");
    assert_eq!(
        said("default_type = 'annual'"),
        "line 1, column 1: missing field `types`"
    );
    assert_eq!(
        said("default_type = 'annual'\ntypes = {}"),
        "types (line 2): name at least one type of leave, as [types.annual]\n\
         default_type (line 1): there is no type annual: add [types.annual]"
    );
    assert_eq!(
        said(&LEAST.replace("= 'annual'", "= 'parental'")),
        "default_type (line 1): there is no type parental: add [types.parental], or name one of annual, sick"
    );
}

#[test]
fn all_problems_are_found_but_only_the_first_of_many_are_shown() {
    let error = with(&"[[windows]]\nthen = 'warn'\n".repeat(30)).unwrap_err();
    let said = error.to_string();
    assert_eq!(said.lines().count(), 21);
    assert!(said.ends_with("\nand 10 more"), "{said}");
    let InvalidPolicy::Contradictory(problems) = error else {
        panic!("{said}");
    };
    assert_eq!(problems.iter().count(), 30);
    assert_eq!(problems.iter().last().unwrap().place.line, 8 + 29 * 2);
}

#[test]
fn a_text_of_more_than_64_kib_is_refused_and_one_of_64_kib_is_not() {
    let of = |bytes: usize| format!("{LEAST}#{}", "x".repeat(bytes - LEAST.len() - 1));
    assert!(read(&of(64 * 1024)).is_ok());
    assert_eq!(
        read(&of(65 * 1024)),
        Err(InvalidPolicy::TooLong { bytes: 66_560 })
    );
}

#[test]
fn a_text_that_is_nested_without_end_is_refused() {
    for opening in ["[", "{a=", "a."] {
        let text = format!("x = {}", opening.repeat(60_000 / opening.len()));
        assert!(matches!(read(&text), Err(InvalidPolicy::Unreadable { .. })));
    }
}

#[test]
fn regions_are_not_asked_for_where_the_reader_takes_all() {
    let text = format!("{LEAST}[[struck_holidays]]\ndate = '2027-12-25'\nregions = ['XX']");
    assert!(read(&text).is_err());
    assert!(Policy::read(&text, |_| true).is_ok());
}

/// The example with a part of it replaced.
fn nearly_the_example() -> impl Strategy<Value = String> {
    let at = 0..=EXAMPLE.len();
    let by = prop_oneof![
        Just(String::new()),
        "\\PC{0,3}",
        "(\\n|\"|\\[|\\]|=|-| |[0-9]|\t){1,3}",
        any::<String>(),
    ];
    (at, 0..40_usize, by).prop_map(|(from, length, by)| {
        let until = (from + length).min(EXAMPLE.len());
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        bytes.splice(from..until, by.bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #[test]
    fn no_text_panics_and_each_is_always_the_same_policy(
        text in prop_oneof![any::<String>(), nearly_the_example()],
    ) {
        let first = read(&text);
        prop_assert_eq!(&first, &read(&text));
        match first {
            Ok(policy) => prop_assert_eq!(policy.text(), text),
            Err(error) => {
                let said = error.to_string();
                prop_assert!(said.lines().all(|line| !line.contains(char::is_control)), "{:?}", said);
            }
        }
    }
}
