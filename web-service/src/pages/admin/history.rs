//! What has happened to a person, in words.

use std::collections::HashMap;

use serde_json::{Map, Value};
use timeoff_ledger::hours;
use timeoff_views::Event;

use super::super::shown::{ShownEvent, instant, place};
use super::person_form::shown_day;
use crate::service::Service;

/// Fields of a person: as they are on the wire, and in words.
const FIELDS: [(&str, &str); 8] = [
    ("Name", "name"),
    ("Email", "e-mail"),
    ("Role", "role"),
    ("Region", "region"),
    ("Schedule", "schedule"),
    ("FromDateTicks", "first day"),
    ("UntilDateTicks", "until"),
    ("Tags", "tags"),
];

/// What has happened, the oldest first. `names` has what people are called, by their ids; `id` is whose history it is.
pub(super) fn told(
    service: &Service,
    id: &str,
    events: Vec<Event>,
    names: &HashMap<String, String>,
) -> Vec<ShownEvent> {
    // As each department has had them last.
    let mut known: HashMap<i32, Map<String, Value>> = HashMap::new();
    let topic = &service.contract.topics().ledger;
    let mut told = Vec::new();
    for event in events {
        let department = service.contract.departments().at(event.partition);
        let department = department.map_or("?", |department| department.as_str());
        let fields = match serde_json::from_str(&event.fields) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let before = known.get(&event.partition);
        let by = event.by.as_ref().and_then(|by| names.get(by));
        let by = by.map_or_else(String::new, |by| format!(", by {by}"));
        let what = sentence(id, &event, &fields, before, department, names);
        let place = place(topic, event.partition, event.offset);
        if matches!(&*event.kind, "PersonEntered" | "PersonChanged") {
            known.insert(event.partition, fields);
        }
        let at = instant(event.at).unwrap_or_default();
        told.push(ShownEvent::new(
            at,
            format!("{what}{by}"),
            event.reason,
            place,
        ));
    }
    told
}

fn sentence(
    id: &str,
    event: &Event,
    fields: &Map<String, Value>,
    before: Option<&Map<String, Value>>,
    department: &str,
    names: &HashMap<String, String>,
) -> String {
    let text = |field| text(fields, field);
    let name = |field| {
        let id = text(field);
        names.get(&id).cloned().unwrap_or(id)
    };
    match &*event.kind {
        "PersonEntered" => match (text("MovedFrom"), text("Department")) {
            (from, home) if !from.is_empty() => format!("Came from {from} to {home}"),
            (_, home) if home == department => {
                format!("Entered in {department} as {}", text("Role"))
            }
            (..) => format!("Entered in {department} as a guest, {}", text("Role")),
        },
        "PersonChanged" => {
            let change = before.map_or_else(String::new, |before| difference(before, fields));
            match &*change {
                "" => format!("Changed in {department}"),
                change => format!("Changed in {department}: {change}"),
            }
        }
        "PersonMoved" => format!("Moved from {department} to {}", text("ToDepartment")),
        "PersonLeft" => format!("Last day in {department}: {}", text("LastDateTicks")),
        "ApprovalDelegated" => {
            let days = format!(
                "from {} to {}",
                text("FromDateTicks"),
                text("UntilDateTicks")
            );
            match text("FromPersonId") == id {
                true => format!("{} stands in in {department} {days}", name("ToPersonId")),
                false => format!(
                    "Stands in for {} in {department} {days}",
                    name("FromPersonId")
                ),
            }
        }
        "LeaveBooked" => "Leave approved".to_owned(),
        "LeaveDeclined" => "Leave declined".to_owned(),
        "LeaveWithdrawn" => "Leave withdrawn".to_owned(),
        "StageApproved" => "A stage of leave approved".to_owned(),
        "CancellationAsked" => "Cancellation of leave asked for".to_owned(),
        "CancellationDeclined" => "Leave stays booked".to_owned(),
        "LeaveReleased" => "Leave given back".to_owned(),
        "LeaveRecalculated" => "Leave counted anew".to_owned(),
        "LeaveAdmitted" => format!("Booked leave brought to {department}"),
        "EntitlementGranted" => {
            let minutes = fields.get("Minutes").and_then(Value::as_u64).unwrap_or(0);
            let days = format!(
                "of {} from {} to {}",
                text("LeaveType"),
                text("FromDateTicks"),
                text("UntilDateTicks")
            );
            match (minutes, text("MovedFrom").is_empty()) {
                (0, _) => format!("Entitlement {days} taken back in {department}"),
                (_, true) => format!("{} {days} granted in {department}", hours(minutes)),
                (_, false) => format!("{} {days} brought to {department}", hours(minutes)),
            }
        }
        "CommandRefused" => format!("Refused in {department}"),
        other => format!("{other} in {department}"),
    }
}

/// How somebody has changed: `role employee → approver`. Empty if nothing differs.
fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> String {
    let changes = FIELDS.iter().filter_map(|(field, shown)| {
        let [old, new] = [before, after].map(|fields| match text(fields, field) {
            none if none.is_empty() => "none".to_owned(),
            text => text,
        });
        (old != new).then(|| format!("{shown} {old} → {new}"))
    });
    changes.collect::<Vec<_>>().join(", ")
}

/// A field in words; empty if it is not there.
fn text(fields: &Map<String, Value>, field: &str) -> String {
    match fields.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if field.ends_with("Ticks") => {
            number.as_i64().map_or_else(String::new, shown_day)
        }
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::difference;

    fn fields(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    #[test]
    fn only_what_differs_is_said() {
        let before =
            fields(json!({"Name": "Ada", "Role": "employee", "UntilDateTicks": null, "By": "a"}));
        let after = fields(
            json!({"Name": "Ada", "Role": "approver", "UntilDateTicks": 639_499_968_000_000_000_i64, "By": "b"}),
        );
        assert_eq!(difference(&before, &before), "");
        assert_eq!(
            difference(&before, &after),
            "role employee → approver, until none → 1 Jul 2027"
        );
    }
}
