//! A policy as it is written: the shape of the TOML and nothing else.
//!
//! A number is any whole number and a word any text, so that what is wrong with all of them can be reported together.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use toml::Spanned;

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) default_type: Spanned<Text>,
    #[serde(default = "yes")]
    pub(super) waiting_leave_reserves: bool,
    pub(super) types: Spanned<BTreeMap<String, Spanned<WrittenType>>>,
    #[serde(default)]
    pub(super) entitlements: List<Spanned<WrittenEntitlement>>,
    #[serde(default)]
    pub(super) stages: List<Spanned<WrittenStages>>,
    #[serde(default)]
    pub(super) cover: List<Spanned<WrittenCover>>,
    #[serde(default)]
    pub(super) windows: List<Spanned<WrittenWindow>>,
    #[serde(default)]
    pub(super) blackouts: List<Spanned<WrittenBlackout>>,
    #[serde(default)]
    pub(super) company_holidays: List<Spanned<WrittenHoliday>>,
    #[serde(default)]
    pub(super) struck_holidays: List<Spanned<WrittenStrike>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenType {
    pub(super) label: Text,
    pub(super) needs_entitlement: bool,
    pub(super) approve_automatically_up_to_minutes: Option<Number>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEntitlement {
    #[serde(rename = "type")]
    pub(super) leave_type: Text,
    pub(super) tag: Option<Text>,
    pub(super) minutes_a_year: Number,
    pub(super) carry_over_minutes: Option<Number>,
    pub(super) carry_over_until: Option<Text>,
    #[serde(default = "yes")]
    pub(super) pro_rata: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStages {
    pub(super) types: Option<List<Text>>,
    #[serde(default)]
    pub(super) longer_than_minutes: Number,
    pub(super) after_approver: List<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCover {
    pub(super) departments: Option<List<Text>>,
    pub(super) tag: Option<Text>,
    pub(super) least_present: Option<Number>,
    pub(super) largest_share_absent_percent: Option<Number>,
    pub(super) then: WrittenConsequence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenWindow {
    pub(super) types: Option<List<Text>>,
    pub(super) departments: Option<List<Text>>,
    pub(super) notice_days: Option<Number>,
    pub(super) back_days: Option<Number>,
    pub(super) ahead_days: Option<Number>,
    pub(super) then: WrittenConsequence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenBlackout {
    pub(super) name: Text,
    pub(super) from: Text,
    pub(super) until: Text,
    pub(super) types: Option<List<Text>>,
    pub(super) departments: Option<List<Text>>,
    pub(super) then: WrittenConsequence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenHoliday {
    pub(super) name: Text,
    pub(super) date: Text,
    #[serde(default)]
    pub(super) part: WrittenPart,
    pub(super) regions: Option<List<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStrike {
    pub(super) date: Text,
    pub(super) regions: Option<List<Text>>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WrittenConsequence {
    Warn,
    Block,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WrittenPart {
    #[default]
    Whole,
    Afternoon,
}

/// A whole number.
#[derive(Clone, Copy, Default)]
pub(super) struct Number(pub(super) i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(Expected::<Number>(PhantomData))
    }
}

impl Visitor<'_> for Expected<Number> {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number without quotes")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number(number))
    }
}

/// A text; a date as well.
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(Expected::<Text>(PhantomData))
    }
}

impl Visitor<'_> for Expected<Text> {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a date in quotes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
}

/// Texts or tables, one after the other.
pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Expected::<List<T>>(PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Expected<List<T>> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list: texts in [brackets], or tables that each begin with their name in [[double brackets]]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<List<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(elements)).map(List)
    }
}

/// What says in plain words what was expected.
struct Expected<T>(PhantomData<T>);
