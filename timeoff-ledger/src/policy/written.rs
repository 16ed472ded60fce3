//! A policy as it is written: the shape of the TOML and nothing else.
//!
//! Numbers are read as `i64` and words as text, so that what is wrong with all of them can be reported together.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) default_type: Spanned<String>,
    #[serde(default = "yes")]
    pub(super) waiting_leave_reserves: bool,
    pub(super) types: Spanned<BTreeMap<String, Spanned<WrittenType>>>,
    #[serde(default)]
    pub(super) entitlements: Vec<Spanned<WrittenEntitlement>>,
    #[serde(default)]
    pub(super) stages: Vec<Spanned<WrittenStages>>,
    #[serde(default)]
    pub(super) cover: Vec<Spanned<WrittenCover>>,
    #[serde(default)]
    pub(super) windows: Vec<Spanned<WrittenWindow>>,
    #[serde(default)]
    pub(super) blackouts: Vec<Spanned<WrittenBlackout>>,
    #[serde(default)]
    pub(super) company_holidays: Vec<Spanned<WrittenHoliday>>,
    #[serde(default)]
    pub(super) struck_holidays: Vec<Spanned<WrittenStrike>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenType {
    pub(super) label: String,
    pub(super) needs_entitlement: bool,
    pub(super) approve_automatically_up_to_minutes: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEntitlement {
    #[serde(rename = "type")]
    pub(super) leave_type: String,
    pub(super) tag: Option<String>,
    pub(super) minutes_a_year: i64,
    pub(super) carry_over_minutes: Option<i64>,
    pub(super) carry_over_until: Option<String>,
    #[serde(default = "yes")]
    pub(super) pro_rata: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStages {
    pub(super) types: Option<Vec<String>>,
    #[serde(default)]
    pub(super) longer_than_minutes: i64,
    pub(super) after_approver: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenCover {
    pub(super) departments: Option<Vec<String>>,
    pub(super) tag: Option<String>,
    pub(super) least_present: Option<i64>,
    pub(super) largest_share_absent_percent: Option<i64>,
    pub(super) then: WrittenConsequence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenWindow {
    pub(super) types: Option<Vec<String>>,
    pub(super) departments: Option<Vec<String>>,
    pub(super) notice_days: Option<i64>,
    pub(super) back_days: Option<i64>,
    pub(super) ahead_days: Option<i64>,
    pub(super) then: WrittenConsequence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenBlackout {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) until: String,
    pub(super) types: Option<Vec<String>>,
    pub(super) departments: Option<Vec<String>>,
    pub(super) then: WrittenConsequence,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenHoliday {
    pub(super) name: String,
    pub(super) date: String,
    #[serde(default)]
    pub(super) part: WrittenPart,
    pub(super) regions: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenStrike {
    pub(super) date: String,
    pub(super) regions: Option<Vec<String>>,
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
