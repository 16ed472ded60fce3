//! E-mail addresses of employees.

use std::{fmt, str::FromStr};

use compact_str::CompactString;
use thiserror::Error;

use crate::trim::trim;

/// Longest local part, in bytes (RFC 5321, 4.5.3.1.1).
const LOCAL_PART_MAX: usize = 64;
/// Longest address, in bytes: a path is 256 with its angle brackets (RFC 5321, 4.5.3.1.3).
const ADDRESS_MAX: usize = 254;
/// Longest label of a domain, in bytes (RFC 1035, 2.3.4).
const LABEL_MAX: usize = 63;

/// An e-mail address, trimmed and in lower case.
///
/// The rule is the one browsers apply to `<input type=email>` (HTML Living Standard, "valid e-mail address"),
/// with the lengths of RFC 5321, and one thing more: the domain must have a dot, which catches `ada@example`.
///
/// - one `@`; ASCII only, so an international domain is given in its `xn--` form;
/// - local part: 1 to 64 letters, digits or ``.!#$%&'*+/=?^_`{|}~-``;
/// - domain: two or more labels of 1 to 63 letters, digits or hyphens, no hyphen first or last;
/// - 254 characters in all.
///
/// Not promised: that the mailbox exists.
///
/// It is personal data: `Debug` does not print it, `Display` does.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(CompactString);

impl Email {
    /// The address as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As [`FromStr`], with an error that says only which rule was broken.
    pub(crate) fn check(text: &str) -> Result<Self, EmailRule> {
        let address = trim(text);
        check(address.as_bytes())?;
        Ok(Self(
            match address.bytes().any(|b| b.is_ascii_uppercase()) {
                true => address.to_ascii_lowercase().into(),
                false => address.into(),
            },
        ))
    }
}

/// Checks bytes, as only ASCII is allowed.
fn check(address: &[u8]) -> Result<(), EmailRule> {
    if address.len() > ADDRESS_MAX {
        return Err(EmailRule::TooLong);
    }
    let at = address.iter().position(|&b| b == b'@');
    let (local, domain) = address.split_at(at.ok_or(EmailRule::OneAt)?);
    let domain = &domain[1..];
    check_local_part(local)
        .and_then(|()| check_domain(domain))
        .map_err(|rule| match domain.contains(&b'@') {
            true => EmailRule::OneAt,
            false => rule,
        })
}

/// The bytes that are allowed in the part before the `@`, and in a label of the part after it. They are tables, because
/// every record's address is checked.
static IN_LOCAL_PART: [bool; 256] = letters_digits_and(b".!#$%&'*+/=?^_`{|}~-");
static IN_LABEL: [bool; 256] = letters_digits_and(b"-");

const fn letters_digits_and(others: &[u8]) -> [bool; 256] {
    let mut allowed = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        allowed[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut index = 0;
    while index < others.len() {
        allowed[others[index] as usize] = true;
        index += 1;
    }
    allowed
}

fn check_local_part(local: &[u8]) -> Result<(), EmailRule> {
    if local.is_empty() || local.len() > LOCAL_PART_MAX {
        return Err(EmailRule::LocalPartLength);
    }
    if local.iter().all(|&b| IN_LOCAL_PART[usize::from(b)]) {
        Ok(())
    } else {
        Err(EmailRule::LocalPartCharacter)
    }
}

fn check_domain(domain: &[u8]) -> Result<(), EmailRule> {
    let mut rest = domain;
    loop {
        let end = rest.iter().position(|&b| !IN_LABEL[usize::from(b)]);
        let (label, after) = rest.split_at(end.unwrap_or(rest.len()));
        let is_good = (1..=LABEL_MAX).contains(&label.len())
            && !label.starts_with(b"-")
            && !label.ends_with(b"-");
        match after {
            [b'.', more @ ..] if is_good => rest = more,
            [] if is_good && label.len() < domain.len() => return Ok(()),
            _ if domain.contains(&b'.') => return Err(EmailRule::DomainLabel),
            _ => return Err(EmailRule::DomainWithoutDot),
        }
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    /// # Errors
    ///
    /// [`InvalidEmail`] with the text and the first rule it breaks.
    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        Self::check(text).map_err(|rule| InvalidEmail {
            value: text.to_owned(),
            rule,
        })
    }
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        text.parse()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A text that is not an e-mail address.
///
/// Its `Display` repeats the text: it is meant for whoever typed it, not for a log.
#[derive(Clone, PartialEq, Eq, Error)]
#[error("{value:?} is not an e-mail address: {rule}")]
pub struct InvalidEmail {
    /// The text as it was given.
    pub value: String,
    /// The first rule it breaks.
    pub rule: EmailRule,
}

impl fmt::Debug for InvalidEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvalidEmail")
            .field("rule", &self.rule)
            .finish_non_exhaustive()
    }
}

/// The rules an [`Email`] keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EmailRule {
    /// The whole is longer than 254 characters.
    #[error("it must have at most {ADDRESS_MAX} characters")]
    TooLong,
    /// No `@`, or several.
    #[error("it must have exactly one @")]
    OneAt,
    /// Nothing before the `@`, or more than 64 characters.
    #[error("the part before the @ must have 1 to {LOCAL_PART_MAX} characters")]
    LocalPartLength,
    /// A space, comma, quote, letter outside ASCII or the like before the `@`.
    #[error("the part before the @ may only have letters a-z, digits and .!#$%&'*+/=?^_`{{|}}~-")]
    LocalPartCharacter,
    /// The domain has a single label.
    #[error("the part after the @ must have a dot, as in example.com")]
    DomainWithoutDot,
    /// A label of the domain is empty, too long, or has anything other than letters, digits and inner hyphens.
    #[error(
        "between the dots after the @ there must be 1 to {LABEL_MAX} letters a-z, digits or hyphens, \
         no hyphen first or last"
    )]
    DomainLabel,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_trimmed_and_in_lower_case() {
        let email: Email = "  Ada.Lovelace+Leave@Example.CO.UK\n".parse().unwrap();
        assert_eq!(email.as_str(), "ada.lovelace+leave@example.co.uk");
        assert_eq!(email.to_string(), email.as_str());
    }

    #[test]
    fn an_email_with_an_apostrophe_is_accepted() {
        assert!("o'brien@example.com".parse::<Email>().is_ok());
    }

    #[test]
    fn each_rule_is_named_when_it_is_broken() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long = format!("a@{}.com", "b.".repeat(125));
        let long_label = format!("a@{}.com", "b".repeat(64));
        let cases = [
            ("", EmailRule::OneAt),
            ("ada", EmailRule::OneAt),
            ("a@b@example.com", EmailRule::OneAt),
            ("@example.com", EmailRule::LocalPartLength),
            (&long_local, EmailRule::LocalPartLength),
            (&long, EmailRule::TooLong),
            (&long_label, EmailRule::DomainLabel),
            ("a b@example.com", EmailRule::LocalPartCharacter),
            ("a,b@example.com", EmailRule::LocalPartCharacter),
            ("\"a\"@example.com", EmailRule::LocalPartCharacter),
            ("a\u{7}@example.com", EmailRule::LocalPartCharacter),
            ("ä@example.com", EmailRule::LocalPartCharacter),
            ("a@localhost", EmailRule::DomainWithoutDot),
            ("a@.com", EmailRule::DomainLabel),
            ("a@example.com.", EmailRule::DomainLabel),
            ("a@-example.com", EmailRule::DomainLabel),
            ("a@example-.com", EmailRule::DomainLabel),
            ("a@exa mple.com", EmailRule::DomainLabel),
        ];
        for (text, rule) in cases {
            assert_eq!(text.parse::<Email>().unwrap_err().rule, rule, "{text}");
        }
    }

    #[test]
    fn the_longest_address_is_accepted() {
        let address = format!(
            "{}@{}.com",
            "a".repeat(64),
            ["b".repeat(61), "c".repeat(61), "d".repeat(61)].join(".")
        );
        assert_eq!(address.len(), 254);
        assert!(address.parse::<Email>().is_ok());
    }

    #[test]
    fn debug_does_not_print_the_address() {
        let email: Email = "ada@example.com".parse().unwrap();
        assert_eq!(format!("{email:?}"), "Email(…)");
        let error = "ada@home".parse::<Email>().unwrap_err();
        assert!(!format!("{error:?}").contains("ada"));
        assert!(error.to_string().contains("ada@home"));
    }
}
