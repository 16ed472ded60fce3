//! From what is written to the rules, with all problems that are found on the way.

mod reader;

use std::collections::BTreeMap;

use timeoff_models::LeaveType;
use toml::Spanned;

use self::reader::{Lines, Reader};
use super::contradictions;
use super::problem::{InvalidPolicy, Place, Problems, shown};
use super::rules::{
    Blackout, CarryOver, CompanyHoliday, Consequence, Cover, CoverLimit, EntitlementRule,
    HolidayPart, LeaveKind, StageRule, StruckHoliday, Window,
};
use super::written::{
    Number, Text, Written, WrittenBlackout, WrittenConsequence, WrittenCover, WrittenEntitlement,
    WrittenHoliday, WrittenPart, WrittenStages, WrittenStrike, WrittenType, WrittenWindow,
};
use super::{Placed, Policy, TEXT_MAX};
use crate::Region;

/// The minutes of a leap year.
const MINUTES_MAX: u32 = 366 * 24 * 60;

/// Ten years.
const DAYS_MAX: u32 = 3660;

/// More people than a department has.
const PEOPLE_MAX: u32 = 100_000;

/// The most stages after the approver's.
const STAGES_MAX: usize = 9;

/// Reads a policy; see [`Policy::read`].
pub(super) fn read(
    text: &str,
    knows_region: &dyn Fn(&Region) -> bool,
) -> Result<Policy, InvalidPolicy> {
    if text.len() > TEXT_MAX {
        return Err(InvalidPolicy::TooLong { bytes: text.len() });
    }
    let written = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
    let mut reader = Reader::new(text, knows_region);
    let rules = reader.rules(written);
    let Reader {
        departments,
        mut problems,
        ..
    } = reader;
    contradictions::find(&rules, &mut problems);
    Problems::check(problems)?;
    Ok(Policy {
        text: text.into(),
        default_type: rules.default_type.expect("no problem was found with it"),
        waiting_leave_reserves: rules.waiting_leave_reserves,
        types: without_places(rules.types),
        entitlement_rules: without_places(rules.entitlements),
        stage_rules: without_places(rules.stages),
        cover: without_places(rules.cover),
        windows: without_places(rules.windows),
        blackouts: without_places(rules.blackouts),
        company_holidays: without_places(rules.company_holidays),
        struck_holidays: without_places(rules.struck_holidays),
        departments,
    })
}

fn unreadable(text: &str, error: &toml::de::Error) -> InvalidPolicy {
    let at = error.span().map_or(text.len(), |span| span.start);
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    InvalidPolicy::Unreadable {
        line: Lines::of(text).line(at),
        column: before[line_start..].chars().count() + 1,
        what: shown(error.message()),
    }
}

fn without_places<T>(placed: Vec<Placed<T>>) -> Vec<T> {
    placed.into_iter().map(|(_, rule)| rule).collect()
}

/// The rules that could be read, with their places.
pub(super) struct Rules {
    pub(super) default_type: Option<usize>,
    pub(super) waiting_leave_reserves: bool,
    pub(super) types: Vec<Placed<LeaveKind>>,
    pub(super) entitlements: Vec<Placed<EntitlementRule>>,
    pub(super) stages: Vec<Placed<StageRule>>,
    pub(super) cover: Vec<Placed<Cover>>,
    pub(super) windows: Vec<Placed<Window>>,
    pub(super) blackouts: Vec<Placed<Blackout>>,
    pub(super) company_holidays: Vec<Placed<CompanyHoliday>>,
    pub(super) struck_holidays: Vec<Placed<StruckHoliday>>,
}

impl Reader<'_> {
    fn rules(&mut self, written: Written) -> Rules {
        let types = self.types(written.types);
        Rules {
            default_type: self.default_type(&written.default_type, &types),
            waiting_leave_reserves: written.waiting_leave_reserves,
            types,
            entitlements: self.tables("entitlements", written.entitlements, Self::entitlement),
            stages: self.tables("stages", written.stages, Self::stage),
            cover: self.tables("cover", written.cover, Self::cover),
            windows: self.tables("windows", written.windows, Self::window),
            blackouts: self.tables("blackouts", written.blackouts, Self::blackout),
            company_holidays: self.tables(
                "company_holidays",
                written.company_holidays,
                Self::company_holiday,
            ),
            struck_holidays: self.tables(
                "struck_holidays",
                written.struck_holidays,
                Self::struck_holiday,
            ),
        }
    }

    /// The types in the order in which they are written.
    fn types(
        &mut self,
        written: Spanned<BTreeMap<String, Spanned<WrittenType>>>,
    ) -> Vec<Placed<LeaveKind>> {
        let place = self.place("types", written.span().start);
        let mut written: Vec<_> = written.into_inner().into_iter().collect();
        if written.is_empty() {
            self.problem(&place, "name at least one type of leave, as [types.annual]");
        }
        written.sort_by_key(|(_, table)| table.span().start);
        let mut types = Vec::new();
        for (name, table) in written {
            let place = self.place(&format!("types.{name}"), table.span().start);
            let Some(name) = self.parse::<LeaveType>(&place, &Text(name)) else {
                continue;
            };
            if self.types.contains(&name) {
                self.problem(&place, "the same type in another case: keep one of them");
                continue;
            }
            self.types.push(name.clone());
            let kind = self.leave_kind(&place, name, table.into_inner());
            types.extend(kind.map(|kind| (place, kind)));
        }
        types
    }

    fn leave_kind(
        &mut self,
        place: &Place,
        name: LeaveType,
        written: WrittenType,
    ) -> Option<LeaveKind> {
        let up_to = self.optional(
            &place.key("approve_automatically_up_to_minutes"),
            written.approve_automatically_up_to_minutes,
            |reader, place, number| reader.number(place, number, 1..=MINUTES_MAX),
        );
        Some(LeaveKind {
            name,
            label: self.parse(&place.key("label"), &written.label)?,
            needs_entitlement: written.needs_entitlement,
            approve_automatically_up_to: up_to?,
        })
    }

    /// The place of the default type among those that could be read.
    fn default_type(
        &mut self,
        written: &Spanned<Text>,
        types: &[Placed<LeaveKind>],
    ) -> Option<usize> {
        let place = self.place("default_type", written.span().start);
        let name = self.known_type(&place, written.get_ref())?;
        types.iter().position(|(_, kind)| kind.name == name)
    }

    fn entitlement(
        &mut self,
        place: &Place,
        written: WrittenEntitlement,
    ) -> Option<EntitlementRule> {
        let leave_type = self.known_type(&place.key("type"), &written.leave_type);
        let tag = self.optional(&place.key("tag"), written.tag, Self::parse_owned);
        let minutes = self.number(
            &place.key("minutes_a_year"),
            written.minutes_a_year,
            0..=MINUTES_MAX,
        );
        let carry_over = self.carry_over(
            place,
            written.carry_over_minutes,
            written.carry_over_until.as_ref(),
        );
        Some(EntitlementRule {
            leave_type: leave_type?,
            tag: tag?,
            minutes_a_year: minutes?,
            carry_over: carry_over?,
            pro_rata: written.pro_rata,
        })
    }

    fn carry_over(
        &mut self,
        place: &Place,
        minutes: Option<Number>,
        until: Option<&Text>,
    ) -> Option<Option<CarryOver>> {
        match (minutes, until) {
            (None, None) => Some(None),
            (Some(_), None) => {
                let missing = place.key("carry_over_until");
                self.problem(
                    &missing,
                    "missing: say until when carry_over_minutes can be used",
                );
                None
            }
            (None, Some(_)) => {
                let missing = place.key("carry_over_minutes");
                self.problem(
                    &missing,
                    "missing: say how much can be carried over until carry_over_until",
                );
                None
            }
            (Some(minutes), Some(until)) => {
                let minutes =
                    self.number(&place.key("carry_over_minutes"), minutes, 1..=MINUTES_MAX);
                let until = self.parse(&place.key("carry_over_until"), until);
                Some(Some(CarryOver {
                    minutes: minutes?,
                    until: until?,
                }))
            }
        }
    }

    fn stage(&mut self, place: &Place, written: WrittenStages) -> Option<StageRule> {
        let types = self.known_types(place, written.types);
        let longer_than = self.number(
            &place.key("longer_than_minutes"),
            written.longer_than_minutes,
            0..=MINUTES_MAX,
        );
        let tags = self.list(
            &place.key("after_approver"),
            written.after_approver,
            Self::parse,
            "name the tag of the people who decide after the approver",
        );
        if tags.as_ref().is_some_and(|tags| tags.len() > STAGES_MAX) {
            let what = format!(
                "no leave needs the word of more than {STAGES_MAX} people after the approver's: leave some out"
            );
            self.problem(&place.key("after_approver"), &what);
        }
        Some(StageRule {
            types: types?,
            longer_than: longer_than?,
            after_approver: tags?,
        })
    }

    fn cover(&mut self, place: &Place, written: WrittenCover) -> Option<Cover> {
        let departments = self.departments(place, written.departments);
        let tag = self.optional(&place.key("tag"), written.tag, Self::parse_owned);
        let limit = match (written.least_present, written.largest_share_absent_percent) {
            (Some(least), None) => self
                .number(&place.key("least_present"), least, 1..=PEOPLE_MAX)
                .map(CoverLimit::LeastPresent),
            (None, Some(share)) => {
                self.largest_share(&place.key("largest_share_absent_percent"), share)
            }
            (Some(_), Some(_)) => {
                self.problem(
                    place,
                    "has both least_present and largest_share_absent_percent: keep one, and write a second [[cover]] \
                     for the other",
                );
                None
            }
            (None, None) => {
                self.problem(
                    place,
                    "says no number: add least_present or largest_share_absent_percent",
                );
                None
            }
        };
        Some(Cover {
            departments: departments?,
            tag: tag?,
            limit: limit?,
            then: written.then.into(),
        })
    }

    fn largest_share(&mut self, place: &Place, percent: Number) -> Option<CoverLimit> {
        match u8::try_from(percent.0) {
            Ok(percent @ 1..=99) => Some(CoverLimit::LargestShareAbsent(percent)),
            _ => {
                self.problem(
                    place,
                    "must be a whole number from 1 to 99: with 0 nobody could ever be absent, and 100 would hold up nobody",
                );
                None
            }
        }
    }

    fn window(&mut self, place: &Place, written: WrittenWindow) -> Option<Window> {
        let scope = self.scope(place, written.types, written.departments);
        let mut days = |key: &str, days| {
            self.optional(&place.key(key), days, |reader, place, days| {
                reader.number(place, days, 0..=DAYS_MAX)
            })
        };
        let notice_days = days("notice_days", written.notice_days);
        let back_days = days("back_days", written.back_days);
        let ahead_days = days("ahead_days", written.ahead_days);
        Some(Window {
            scope: scope?,
            notice_days: notice_days?,
            back_days: back_days?,
            ahead_days: ahead_days?,
            then: written.then.into(),
        })
    }

    fn blackout(&mut self, place: &Place, written: WrittenBlackout) -> Option<Blackout> {
        let name = self.parse(&place.key("name"), &written.name);
        let from = self.date(&place.key("from"), &written.from);
        let until = self.date(&place.key("until"), &written.until);
        let scope = self.scope(place, written.types, written.departments);
        Some(Blackout {
            name: name?,
            from: from?,
            until: until?,
            scope: scope?,
            then: written.then.into(),
        })
    }

    fn company_holiday(
        &mut self,
        place: &Place,
        written: WrittenHoliday,
    ) -> Option<CompanyHoliday> {
        let name = self.parse(&place.key("name"), &written.name);
        let date = self.parse(&place.key("date"), &written.date);
        let regions = self.regions(place, written.regions);
        Some(CompanyHoliday {
            name: name?,
            date: date?,
            part: written.part.into(),
            regions: regions?,
        })
    }

    fn struck_holiday(&mut self, place: &Place, written: WrittenStrike) -> Option<StruckHoliday> {
        let date = self.parse(&place.key("date"), &written.date);
        let regions = self.regions(place, written.regions);
        Some(StruckHoliday {
            date: date?,
            regions: regions?,
        })
    }
}

impl From<WrittenConsequence> for Consequence {
    fn from(written: WrittenConsequence) -> Self {
        match written {
            WrittenConsequence::Warn => Self::Warn,
            WrittenConsequence::Block => Self::Block,
        }
    }
}

impl From<WrittenPart> for HolidayPart {
    fn from(written: WrittenPart) -> Self {
        match written {
            WrittenPart::Whole => Self::Whole,
            WrittenPart::Afternoon => Self::Afternoon,
        }
    }
}
