//! Where and how long somebody worked at earlier times.

use std::{fmt, str::FromStr};

use thiserror::Error;
use timeoff_models::Date;

use crate::{Region, Schedule};

/// The most periods.
const MOST: usize = 200;

/// What held for a person until a day.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    /// The last day on which it held.
    pub until: Date,
    /// Whose public holidays they had; `None`: none.
    pub region: Option<Region>,
    /// How long they worked; `None`: the default.
    pub schedule: Option<Schedule>,
}

/// The terms of earlier times, the earliest first, each until a later day than the one before. They hold from the day after
/// the one before; the first from the beginning.
///
/// As text: `until 2027-01-31 region DE-BY schedule 480 480 480 480 480 0 0`, with `; ` between two; region and schedule
/// may be missing.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct EarlierTerms(Box<[Terms]>);

impl EarlierTerms {
    /// One after the other.
    pub fn iter(&self) -> std::slice::Iter<'_, Terms> {
        self.0.iter()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The terms that held on a day; `None` if the present ones did.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<&Terms> {
        self.iter().find(|terms| date <= terms.until)
    }

    /// These, and then what has held until a day. Later ones are dropped: they never came to hold.
    ///
    /// # Errors
    ///
    /// [`InvalidTerms`] when there would be more than 200.
    pub fn followed_by(&self, terms: Terms) -> Result<Self, InvalidTerms> {
        let earlier = self.iter().filter(|earlier| earlier.until < terms.until);
        let mut all: Vec<Terms> = earlier.cloned().collect();
        if all.len() == MOST {
            return Err(InvalidTerms);
        }
        all.push(terms);
        Ok(Self(all.into()))
    }
}

impl FromStr for EarlierTerms {
    type Err = InvalidTerms;

    /// Reads what `Display` shows; an empty text is none.
    ///
    /// # Errors
    ///
    /// [`InvalidTerms`] for another text.
    fn from_str(text: &str) -> Result<Self, InvalidTerms> {
        let mut all: Vec<Terms> = Vec::new();
        for period in text.split(';').map(str::trim) {
            if period.is_empty() && text.trim().is_empty() {
                break;
            }
            let terms = read(period).ok_or(InvalidTerms)?;
            if all.len() == MOST || all.last().is_some_and(|last| last.until >= terms.until) {
                return Err(InvalidTerms);
            }
            all.push(terms);
        }
        Ok(Self(all.into()))
    }
}

fn read(period: &str) -> Option<Terms> {
    let mut rest = period.strip_prefix("until ")?;
    let mut schedule = None;
    if let Some((before, text)) = rest.split_once(" schedule ") {
        schedule = Some(text.parse().ok()?);
        rest = before;
    }
    let mut region = None;
    if let Some((before, text)) = rest.split_once(" region ") {
        region = Some(text.parse().ok()?);
        rest = before;
    }
    Some(Terms {
        until: rest.parse().ok()?,
        region,
        schedule,
    })
}

impl fmt::Display for EarlierTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, terms) in self.iter().enumerate() {
            let between = if place > 0 { "; " } else { "" };
            write!(f, "{between}until {}", terms.until)?;
            if let Some(region) = &terms.region {
                write!(f, " region {region}")?;
            }
            if let Some(schedule) = &terms.schedule {
                write!(f, " schedule {schedule}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for EarlierTerms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EarlierTerms(…)")
    }
}

/// A text that does not say terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "earlier terms must be at most {MOST}, each until a later day, such as until 2027-01-31 region DE-BY schedule \
     480 480 480 480 480 0 0, with ; between two"
)]
pub struct InvalidTerms;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_read_and_shown() {
        for text in [
            "",
            "until 2027-01-31",
            "until 2027-01-31 region DE-BY schedule 480 480 480 480 480 0 0; until 2027-06-30 schedule 0 0 0 0 0 0 0",
            "until 2027-01-31 region FR",
        ] {
            let terms: EarlierTerms = text.parse().unwrap();
            assert_eq!(terms.to_string(), text);
        }
    }

    #[test]
    fn another_text_or_another_order_is_refused() {
        for text in [
            "2027-01-31",
            "until 2027-02-30",
            "until 2027-01-31;",
            "until 2027-01-31; until 2027-01-31",
            "until 2027-01-31 schedule 480",
            "until 2027-01-31 schedule 480 480 480 480 480 0 0 region DE",
        ] {
            assert_eq!(text.parse::<EarlierTerms>(), Err(InvalidTerms), "{text}");
        }
    }

    #[test]
    fn each_holds_until_its_day_and_then_the_next() {
        let terms: EarlierTerms = "until 2027-01-31 region FR; until 2027-06-30 region DE"
            .parse()
            .unwrap();
        let on = |date: &str| {
            let terms = terms.on(date.parse().unwrap())?;
            terms
                .region
                .as_ref()
                .map(|region| region.as_str().to_owned())
        };
        assert_eq!(on("2020-01-01").as_deref(), Some("FR"));
        assert_eq!(on("2027-01-31").as_deref(), Some("FR"));
        assert_eq!(on("2027-02-01").as_deref(), Some("DE"));
        assert_eq!(on("2027-07-01"), None);
    }

    #[test]
    fn what_follows_earlier_takes_the_place_of_later_ones() {
        let terms: EarlierTerms = "until 2027-01-31 region FR; until 2027-06-30 region DE"
            .parse()
            .unwrap();
        let at = Terms {
            until: "2027-03-31".parse().unwrap(),
            region: None,
            schedule: None,
        };
        let terms = terms.followed_by(at).unwrap();
        assert_eq!(
            terms.to_string(),
            "until 2027-01-31 region FR; until 2027-03-31"
        );
    }
}
