//! The examples of `docs/rules.md`, each line as it stands there.

use super::language::answer;
use super::scene::Scene;

const RULES: &str = include_str!("../../../../docs/rules.md");

/// A line of a table of examples.
struct Line<'a> {
    name: &'a str,
    given: &'a str,
    asked: &'a str,
    answer: &'a str,
}

/// Every line of a table whose first cell is a name of an example: a number, or a letter.
fn lines() -> Vec<Line<'static>> {
    let cells = |line: &'static str| -> Option<Line<'static>> {
        let inner = line.strip_prefix("| ")?.strip_suffix(" |")?;
        let cells: Vec<&str> = inner.split(" | ").map(str::trim).collect();
        let [name, given, asked, answer] = cells[..] else {
            panic!("a table of examples has four columns: {line}");
        };
        Some(Line {
            name,
            given,
            asked,
            answer,
        })
    };
    let examples = RULES.split_once("## Examples\n").unwrap().1;
    let lines = examples.lines().filter_map(cells);
    lines.filter(|line| line.name != "#").collect()
}

/// What the answer says: after `takes`, `refused` and `warned`, words of the answer; then perhaps what is left on a day.
fn check(line: &Line<'_>) -> Result<(), String> {
    let mut scene = Scene::new();
    scene.given(line.given);
    let said = scene.says(line.asked);
    let actual = answer(&said);
    let (expected, left) = match line.answer.split_once("; left ") {
        Some((expected, left)) => (expected, Some(left)),
        None => (line.answer, None),
    };
    let is_as_expected = match expected.split_once(": ") {
        Some((kind @ ("refused" | "warned"), words)) => {
            let told = actual
                .strip_prefix(kind)
                .and_then(|rest| rest.strip_prefix(": "));
            !words.is_empty() && told.is_some_and(|told| told.contains(words))
        }
        // What is not said of the days is not held against the answer: `takes 480`.
        None if expected.starts_with("takes ") => {
            actual == expected || actual.starts_with(&format!("{expected}: "))
        }
        _ => actual == expected,
    };
    if !is_as_expected {
        return Err(format!("{}: '{expected}', but: {actual}", line.name));
    }
    if let Some(left) = left {
        let (minutes, date) = left.split_once(" on ").unwrap();
        let actual = scene.left("Ken", date.parse().unwrap());
        if actual.to_string() != minutes {
            return Err(format!("{}: left {minutes}, but: {actual}", line.name));
        }
    }
    Ok(())
}

#[test]
fn every_example_of_the_document_is_as_it_says() {
    let lines = lines();
    let wrong: Vec<String> = lines.iter().filter_map(|line| check(line).err()).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_document_has_the_letters_and_at_least_forty_more() {
    let names: Vec<&str> = lines().iter().map(|line| line.name).collect();
    let letters: Vec<String> = ('a'..='o').map(String::from).collect();
    let numbers: Vec<String> = (1..=names.len() - 15)
        .map(|number| number.to_string())
        .collect();
    assert!(numbers.len() >= 40);
    assert_eq!(names, [letters, numbers].concat());
}

#[test]
fn a_wrong_example_is_found() {
    let wrong = |given, asked, answer| {
        check(&Line {
            name: "x",
            given,
            asked,
            answer,
        })
        .is_err()
    };
    let (given, asked) = ("grant 480 until 2027-12-31", "Thu 2027-01-07");
    assert!(!wrong(given, asked, "takes 480"));
    assert!(!wrong(
        given,
        asked,
        "takes 480: Thu 480; left 0 on 2027-01-08"
    ));
    assert!(wrong(given, asked, "takes 48"));
    assert!(wrong(given, asked, "takes 480: Fri 480"));
    assert!(wrong(given, asked, "takes 480; left 480 on 2027-01-08"));
    assert!(wrong(given, asked, "refused: "));
    assert!(wrong(given, "Sat 2027-01-09", "refused: no entitlement"));
}

#[test]
#[should_panic(expected = "not understood: 'shedule 480 a day'")]
fn a_word_that_nobody_knows_fails() {
    Scene::new().given("shedule 480 a day");
}

#[test]
#[should_panic(expected = "not understood: 'Wed 2027-01-07'")]
fn a_wrong_weekday_fails() {
    Scene::new().given("Wed 2027-01-07");
}
