//! What is reported to a manager besides applications.

use timeoff_cli::{Notices, counted, describe};
use timeoff_contract::Contract;
use timeoff_log::{Assignment, Event};
use timeoff_models::Departments;

/// Says what an event means to a manager. Deliveries, and events that end a run, are not reported here.
pub(crate) fn tell(event: &Event, contract: &Contract, notices: &Notices) {
    if let Some(text) = text(event, contract.departments(), &contract.topics().commands) {
        notices.say(&text);
    }
}

/// The sentence for an event, if it needs one. `commands` is the topic of commands.
pub(crate) fn text(event: &Event, departments: &Departments, commands: &str) -> Option<String> {
    match event {
        Event::Assignment(assignment) => Some(of_assignment(assignment, departments)),
        Event::Expired {
            topic,
            partition,
            lost,
            ..
        } if **topic == *commands => Some(format!(
            "{}: up to {} no longer on topic {topic}, where retention has removed what nobody had answered.",
            describe(departments, &[*partition]),
            counted(lost.unsigned_abs(), "command is", "commands are")
        )),
        Event::Expired {
            partition,
            lost,
            resumed_at,
            group_was_there: false,
            ..
        } => Some(format!(
            "{}: up to {} no longer on the topic, and this group has decided none there; going on from offset \
            {resumed_at}. If the group is new, that is as it should be; if not, they are lost. Set retention.ms=-1 on \
            the topic to keep applications until they are decided.",
            describe(departments, &[*partition]),
            counted(lost.unsigned_abs(), "application is", "applications are")
        )),
        Event::Expired {
            partition,
            lost,
            resumed_at,
            group_was_there: true,
            ..
        } => Some(format!(
            "{}: up to {} lost to the topic's retention before anyone decided them; going on from offset {resumed_at}. \
            Set retention.ms=-1 on the topic to keep them.",
            describe(departments, &[*partition]),
            counted(lost.unsigned_abs(), "application was", "applications were")
        )),
        Event::Unreachable { .. }
        | Event::Reachable
        | Event::Hidden { .. }
        | Event::MadeAgain { .. } => timeoff_cli::trouble(event),
        Event::Delivery(_) | Event::CaughtUp | Event::WindowFull { .. } => None,
    }
}

/// The notice for departments in which somebody has decided, though the group has no position there.
pub(crate) fn decided_before(departments: &Departments, partitions: &[i32], group: &str) -> String {
    let departments = describe(departments, partitions);
    format!(
        "{departments}: the results topic has records already, and group '{group}' has no position there: it begins \
        with the first application. If the group is new, that is as it should be. If not, its position was forgotten \
        (Kafka does so after offsets.retention.minutes without a manager), and what was decided before is decided \
        again: stop, and set the position first (kafka-consumer-groups --reset-offsets)."
    )
}

/// The notice for a department with as many undecided applications as the log can keep apart from decided ones.
pub(crate) fn window_full(departments: &Departments, partition: i32, undecided: i64) -> String {
    format!(
        "{}: {} left undecided, as many as the log can keep apart from decided ones; decide some of them with \
        manager-service to see those behind them.",
        describe(departments, &[partition]),
        counted(
            undecided.unsigned_abs(),
            "application is",
            "applications are"
        )
    )
}

fn of_assignment(assignment: &Assignment, departments: &Departments) -> String {
    let held = describe(departments, &assignment.held);
    match (assignment.held.is_empty(), assignment.lost.is_empty()) {
        (true, true) => {
            "You hold no department yet: other managers have them all. You get your share, or take over when one of \
            them leaves.".to_owned()
        }
        (true, false) => format!(
            "You no longer hold {}, and no other department now. You get one when it is free and the log answers.",
            describe(departments, &assignment.lost)
        ),
        (false, true) => format!("You hold {held}."),
        (false, false) => format!(
            "You no longer hold {}. You hold {held}.",
            describe(departments, &assignment.lost)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{decided_before, text};
    use timeoff_log::{Assignment, Event};
    use timeoff_models::Departments;

    fn told(held: &[i32], gained: &[i32], lost: &[i32]) -> String {
        let assignment = Assignment {
            held: held.to_vec(),
            gained: gained.to_vec(),
            lost: lost.to_vec(),
            ..Assignment::default()
        };
        let event = Event::Assignment(assignment);
        text(&event, &Departments::default(), "leave-commands").expect("a sentence")
    }

    #[test]
    fn what_is_no_longer_there_is_called_lost_only_to_a_group_that_was_there() {
        let expired = |group_was_there| {
            let event = Event::Expired {
                topic: "leave-applications".into(),
                partition: 0,
                lost: 40,
                resumed_at: 40,
                group_was_there,
            };
            text(&event, &Departments::default(), "leave-commands").expect("a sentence")
        };
        let known = expired(true);
        assert!(known.contains("up to 40 applications were lost"), "{known}");
        assert!(!known.contains("new"), "{known}");
        let unknown = expired(false);
        for part in [
            "HR: up to 40 applications are no longer on the topic",
            "decided none there",
            "from offset 40",
            "If the group is new, that is as it should be",
        ] {
            assert!(unknown.contains(part), "{part:?} is not in {unknown:?}");
        }
    }

    #[test]
    fn a_group_that_begins_where_others_have_decided_is_told_what_that_means() {
        let told = decided_before(&Departments::default(), &[0, 2], "managers");
        for part in [
            "HR and OPS: the results topic has records already",
            "group 'managers'",
            "decided again",
            "--reset-offsets",
        ] {
            assert!(told.contains(part), "{part:?} is not in {told:?}");
        }
    }

    #[test]
    fn a_manager_is_told_which_departments_they_hold_and_when_they_hold_none() {
        assert_eq!(
            told(&[0, 1, 2], &[0, 1, 2], &[]),
            "You hold HR, IT and OPS."
        );
        assert_eq!(
            told(&[0], &[], &[2]),
            "You no longer hold OPS. You hold HR."
        );
        assert!(told(&[], &[], &[]).starts_with("You hold no department"));
        assert!(told(&[], &[], &[1]).starts_with("You no longer hold IT, and no other department"));
    }
}
