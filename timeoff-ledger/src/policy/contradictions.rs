//! Rules that can be read, but cannot be meant.

use timeoff_models::LeaveType;

use super::problem::{Place, Problem};
use super::reading::Rules;
use super::rules::{EntitlementRule, LeaveKind, StageRule, Window};
use crate::Region;

/// Adds each contradiction between the rules to the problems.
pub(super) fn find(rules: &Rules, problems: &mut Vec<Problem>) {
    let mut found = |place: Place, what: &str| problems.push(Problem::new(place, what));
    entitlements(rules, &mut found);
    stages(rules, &mut found);
    for (place, window) in &rules.windows {
        if let Some(what) = window_contradicts_itself(window) {
            found(place.clone(), what);
        }
    }
    for (place, blackout) in &rules.blackouts {
        if blackout.until < blackout.from {
            found(
                place.key("until"),
                &format!("is before from, {}: exchange them", blackout.from),
            );
        }
    }
    holidays(rules, &mut found);
}

fn entitlements(rules: &Rules, found: &mut impl FnMut(Place, &str)) {
    let kind = |name: &LeaveType| -> Option<&LeaveKind> {
        let mut kinds = rules.types.iter().map(|(_, kind)| kind);
        kinds.find(|kind| kind.name == *name)
    };
    for (index, (place, rule)) in rules.entitlements.iter().enumerate() {
        let name = &rule.leave_type;
        if kind(name).is_some_and(|kind| !kind.needs_entitlement) {
            found(
                place.key("type"),
                &format!(
                    "{name} needs no entitlement, so this would never be used: set types.{name}.needs_entitlement, or \
                     leave this out"
                ),
            );
        }
        if let Some(carry) = rule.carry_over
            && carry.minutes > rule.minutes_a_year
        {
            found(
                place.key("carry_over_minutes"),
                &format!(
                    "is more than minutes_a_year, {}: carry over that much at most",
                    rule.minutes_a_year
                ),
            );
        }
        let earlier = rules.entitlements[..index].iter();
        if let Some((hiding, _)) = earlier
            .filter(|(_, earlier)| earlier.leave_type == *name)
            .find(|(_, earlier)| fits_whoever(earlier, rule))
        {
            found(place.clone(), &never_reached(hiding));
        }
    }
}

/// Whether the first rule is for everybody whom the second is for.
fn fits_whoever(earlier: &EntitlementRule, rule: &EntitlementRule) -> bool {
    earlier.tag.is_none() || earlier.tag == rule.tag
}

fn stages(rules: &Rules, found: &mut impl FnMut(Place, &str)) {
    for (index, (place, rule)) in rules.stages.iter().enumerate() {
        let earlier = rules.stages[..index].iter();
        if let Some((hiding, _)) = earlier
            .filter(|(_, earlier)| earlier.longer_than <= rule.longer_than)
            .find(|(_, earlier)| covers_types(earlier, rule))
        {
            found(place.clone(), &never_reached(hiding));
        }
    }
    for (place, kind) in &rules.types {
        let Some(automatic) = kind.approve_automatically_up_to else {
            continue;
        };
        let skipped = rules
            .stages
            .iter()
            .find(|(_, rule)| rule.has(&kind.name) && rule.longer_than < automatic);
        if let Some((stage, rule)) = skipped {
            let instead = match rule.longer_than {
                0 => "leave this out".to_owned(),
                longer_than => format!("write {longer_than} at most"),
            };
            found(
                place.key("approve_automatically_up_to_minutes"),
                &format!("would skip the approval that {stage} asks for: {instead}"),
            );
        }
    }
}

/// Whether the first rule is about every type that the second is about.
fn covers_types(earlier: &StageRule, rule: &StageRule) -> bool {
    earlier.types.is_empty()
        || (!rule.types.is_empty() && rule.types.iter().all(|name| earlier.has(name)))
}

fn never_reached(hiding: &Place) -> String {
    format!(
        "is never reached, as {hiding} comes first and fits whenever this does: put this before it, or keep one of them"
    )
}

fn window_contradicts_itself(window: &Window) -> Option<&'static str> {
    match (window.notice_days, window.back_days, window.ahead_days) {
        (None, None, None) => Some("says no days: add notice_days, back_days or ahead_days"),
        (Some(_), Some(_), _) => Some(
            "has both notice_days and back_days, and leave with notice is never for past days: keep one of the two",
        ),
        (Some(notice), _, Some(ahead)) if ahead < notice => {
            Some("has ahead_days below notice_days, so that no day is left: raise ahead_days")
        }
        _ => None,
    }
}

fn holidays(rules: &Rules, found: &mut impl FnMut(Place, &str)) {
    for (index, (place, holiday)) in rules.company_holidays.iter().enumerate() {
        let mut earlier = rules.company_holidays[..index].iter();
        if let Some((other, _)) = earlier.find(|(_, other)| {
            holiday.date.meets(other.date) && have_a_common_region(&holiday.regions, &other.regions)
        }) {
            found(
                place.key("date"),
                &format!("falls on the same day as {other} in the same region: keep one of them"),
            );
        }
        let mut struck = rules.struck_holidays.iter();
        if let Some((strike, _)) = struck.find(|(_, strike)| {
            holiday.date.meets(strike.date)
                && have_a_common_region(&holiday.regions, &strike.regions)
        }) {
            found(
                place.key("date"),
                &format!("is struck by {strike} in the same region: keep one of them"),
            );
        }
    }
}

/// An empty list has all.
fn have_a_common_region(one: &[Region], other: &[Region]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|region| other.contains(region))
}
