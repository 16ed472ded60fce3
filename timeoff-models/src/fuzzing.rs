//! What fuzzers call. The fuzzers are in `fuzz/`; `cargo test` calls the same function with the inputs that are kept
//! there.

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use crate::{
    ApplicationId, Comment, Department, Departments, Email, LeaveHours, LeaveStart, ManagerName,
    Ticks,
};

/// Any text that a person or another program may have given.
///
/// An accepted text prints as a text that reads as the same value; a refused one comes with a reason.
pub fn texts(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(email) = read::<Email>(text) {
        assert!(email.as_str().is_ascii() && email.as_str().len() <= 254);
        assert_eq!(email.as_str().matches('@').count(), 1);
        check_id(&email);
    }
    if let Some(department) = read::<Department>(text) {
        let departments = read::<Departments>(text).expect("one name is a list of one");
        assert_eq!(departments.partition_of(&department), Some(0));
    }
    if let Some(departments) = read::<Departments>(text) {
        for (partition, department) in (0..).zip(&departments) {
            assert_eq!(departments.partition_of(department), Some(partition));
            assert_eq!(departments.at(partition), Some(department));
            assert_eq!(
                departments.parse(department.as_str()).as_ref(),
                Ok(department)
            );
        }
    }
    if let Err(unknown) = Departments::default().parse(text) {
        assert!(!unknown.to_string().is_empty());
    }
    if let Some(hours) = read::<LeaveHours>(text) {
        assert!((1..=8784).contains(&hours.get()));
    }
    if let Some(start) = read::<LeaveStart>(text) {
        assert_eq!(LeaveStart::try_from(start.date()), Ok(start));
    }
    if let Some(comment) = read::<Comment>(text) {
        assert!((1..=1000).contains(&comment.as_str().chars().count()));
        assert!(!comment.as_str().contains('\r'));
    }
    if let Some(name) = read::<ManagerName>(text) {
        assert!((1..=100).contains(&name.as_str().chars().count()));
    }
    let id = ApplicationId::from_key(text.to_owned());
    assert_eq!(id.as_str(), text);
    if let Some(at) = id.submitted_at() {
        let (_, digits) = text.rsplit_once('-').expect("ticks stand after a hyphen");
        assert_eq!(digits.parse(), Ok(at.get()));
    }
}

fn read<T: FromStr<Err: Display + Debug> + Display + PartialEq + Debug>(text: &str) -> Option<T> {
    match text.parse::<T>() {
        Ok(value) => {
            let again = value.to_string().parse::<T>().expect("what was printed");
            assert_eq!(again, value);
            Some(value)
        }
        Err(reason) => {
            assert!(!reason.to_string().is_empty());
            assert!(!format!("{reason:?}").is_empty());
            None
        }
    }
}

fn check_id(email: &Email) {
    for at in [Ticks::MIN, Ticks::MAX] {
        assert_eq!(ApplicationId::new(email, at).submitted_at(), Some(at));
    }
}

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn what_was_found_in_texts_stays_mended() {
        replay("texts", super::texts);
    }
}
