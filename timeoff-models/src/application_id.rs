//! The identity of an application.

use std::borrow::Cow;
use std::fmt;

use compact_str::ToCompactString as _;

use crate::{email::Email, ticks::Ticks};

/// The most digits that ticks have.
const TICKS_DIGITS: usize = 19;

/// The key of an application's record and of its result: `{email}-{ticks}`, the ticks being when it was
/// submitted (UTC).
///
/// Other programs choose their keys themselves, so any text is an id. It contains an e-mail address: `Debug` does not
/// print it, `Display` does.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApplicationId<'a>(Cow<'a, str>);

impl ApplicationId<'static> {
    /// The id of an application that is submitted now; give each its own tick with
    /// [`TickClock`](crate::TickClock).
    #[must_use]
    pub fn new(email: &Email, submitted_at: Ticks) -> Self {
        let mut id = String::with_capacity(email.as_str().len() + 1 + TICKS_DIGITS);
        id.push_str(email.as_str());
        id.push('-');
        id.push_str(&submitted_at.get().to_compact_string());
        Self(id.into())
    }
}

impl<'a> ApplicationId<'a> {
    /// The id in a record's key, whatever it looks like.
    #[must_use]
    pub fn from_key(key: impl Into<Cow<'a, str>>) -> Self {
        Self(key.into())
    }

    /// The same id, able to outlive the record.
    #[must_use]
    pub fn into_owned(self) -> ApplicationId<'static> {
        ApplicationId(self.0.into_owned().into())
    }

    /// When the application was submitted, where the key says so: the number after the last hyphen, if an e-mail address
    /// stands before it. Ids of other programs may end in any number.
    #[must_use]
    pub fn submitted_at(&self) -> Option<Ticks> {
        let (address, ticks) = self.0.rsplit_once('-')?;
        if !address.contains('@') || !ticks.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Ticks::try_from(ticks.parse::<i64>().ok()?).ok()
    }

    /// The key as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for ApplicationId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApplicationId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_address_and_the_ticks_and_says_when() {
        let email: Email = "jean-luc@example.com".parse().unwrap();
        let ticks = Ticks::try_from(638_396_640_000_000_000).unwrap();
        let id = ApplicationId::new(&email, ticks);
        assert_eq!(id.as_str(), "jean-luc@example.com-638396640000000000");
        assert_eq!(id.submitted_at(), Some(ticks));
        assert_eq!(format!("{id:?}"), "ApplicationId(…)");
    }

    #[test]
    fn a_foreign_key_is_an_id_that_may_not_say_when() {
        for key in [
            "",
            "-",
            "a-",
            "REQ-2027-1042",
            "a-638396640000000000",
            "a-+1",
            "a-9999999999999999999",
            "a-3155378976000000000",
            "a-１",
        ] {
            let id = ApplicationId::from_key(key.to_owned());
            assert_eq!(id.submitted_at(), None, "{key}");
            assert_eq!(id.to_string(), key);
        }
    }
}
