//! Our own records as Avro binary: flat, their fields follow each other with nothing between them.
//!
//! After a field is added to a schema, this does not compile until the field is added here.

use timeoff_models::generated::*;

use super::binary::Rest;
use super::value_bytes::{FromAvro, ToAvro};

/// A record of these fields, in the order of its schema.
macro_rules! flat_record {
    ($record:ident { $($field:ident),* $(,)? }) => {
        impl ToAvro for $record<'_> {
            fn most_bytes(&self) -> usize {
                0 $(+ self.$field.most_bytes())*
            }

            fn write(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($field.write(out);)*
            }
        }

        impl<'avro> FromAvro<'avro> for $record<'avro> {
            fn read(rest: &mut Rest<'avro>) -> Option<Self> {
                Some(Self { $($field: FromAvro::read(rest)?),* })
            }
        }
    };
}

flat_record!(LeaveApplicationReceived {
    emp_email,
    emp_department,
    leave_duration_in_hours,
    leave_start_date_ticks,
    leave_type,
    leave_end_date_ticks,
    first_day,
    last_day,
    leave_minutes,
    note,
    substitute,
    submitted_by,
    replaces,
});

flat_record!(LeaveApplicationProcessed {
    emp_email,
    emp_department,
    leave_duration_in_hours,
    leave_start_date_ticks,
    processed_by,
    result,
    comment,
    decided_at_ticks,
});

flat_record!(NameFirstAdmin {
    command_id,
    asked_by,
    asked_at_ticks,
    person_id,
    email,
    name,
    department,
});

flat_record!(EnterPerson {
    command_id,
    asked_by,
    asked_at_ticks,
    person_id,
    email,
    name,
    department,
    role,
    region,
    schedule,
    from_date_ticks,
    until_date_ticks,
    tags,
    earlier_terms,
});

flat_record!(ChangePerson {
    command_id,
    asked_by,
    asked_at_ticks,
    person_id,
    email,
    name,
    role,
    region,
    schedule,
    from_date_ticks,
    until_date_ticks,
    tags,
    earlier_terms,
});

flat_record!(MovePerson {
    command_id,
    asked_by,
    asked_at_ticks,
    person_id,
    to_department,
});

flat_record!(AdmitPerson {
    command_id,
    asked_by,
    asked_at_ticks,
    person_id,
    email,
    name,
    department,
    role,
    region,
    schedule,
    from_date_ticks,
    until_date_ticks,
    tags,
    from_department,
    last_date_ticks,
    earlier_terms,
});

flat_record!(EndEmployment {
    command_id,
    asked_by,
    asked_at_ticks,
    person_id,
    last_date_ticks,
});

flat_record!(DelegateApproval {
    command_id,
    asked_by,
    asked_at_ticks,
    from_person_id,
    to_person_id,
    from_date_ticks,
    until_date_ticks,
});

flat_record!(DecideApplication {
    command_id,
    asked_by,
    asked_at_ticks,
    application_id,
    outcome,
    comment,
    expected_version,
    accept_warnings,
});

flat_record!(WithdrawApplication {
    command_id,
    asked_by,
    asked_at_ticks,
    application_id,
});

flat_record!(GrantEntitlement {
    command_id,
    asked_by,
    asked_at_ticks,
    entitlement_id,
    person_id,
    leave_type,
    minutes,
    from_date_ticks,
    until_date_ticks,
});

flat_record!(SetPolicy {
    command_id,
    asked_by,
    asked_at_ticks,
    policy,
    expected_version,
});

flat_record!(AskToCancel {
    command_id,
    asked_by,
    asked_at_ticks,
    application_id,
});

flat_record!(DecideCancellation {
    command_id,
    asked_by,
    asked_at_ticks,
    application_id,
    outcome,
});

flat_record!(RecalculateLeave {
    command_id,
    asked_by,
    asked_at_ticks,
    application_id,
});

flat_record!(AdmitEntitlement {
    command_id,
    asked_by,
    asked_at_ticks,
    entitlement_id,
    person_id,
    leave_type,
    minutes,
    from_date_ticks,
    until_date_ticks,
    from_department,
});

flat_record!(AdmitLeave {
    command_id,
    asked_by,
    asked_at_ticks,
    application_id,
    person_id,
    leave_type,
    days,
    from_department,
});

flat_record!(PersonEntered {
    command_id,
    by,
    at_ticks,
    person_id,
    email,
    name,
    department,
    role,
    region,
    schedule,
    from_date_ticks,
    until_date_ticks,
    tags,
    moved_from,
    last_date_ticks,
    earlier_terms,
});

flat_record!(PersonChanged {
    command_id,
    by,
    at_ticks,
    person_id,
    email,
    name,
    role,
    region,
    schedule,
    from_date_ticks,
    until_date_ticks,
    tags,
    earlier_terms,
});

flat_record!(PersonMoved {
    command_id,
    by,
    at_ticks,
    person_id,
    to_department,
});

flat_record!(PersonLeft {
    command_id,
    by,
    at_ticks,
    person_id,
    last_date_ticks,
});

flat_record!(ApprovalDelegated {
    command_id,
    by,
    at_ticks,
    from_person_id,
    to_person_id,
    from_date_ticks,
    until_date_ticks,
});

flat_record!(LeaveBooked {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    on_behalf_of,
    policy,
    known_offset,
    leave_type,
    first_date_ticks,
    last_date_ticks,
    minutes,
    days,
    available_minutes,
    policy_version,
    calendar,
    warnings,
    replaces,
});

flat_record!(LeaveDeclined {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    on_behalf_of,
    policy,
    known_offset,
    leave_type,
    minutes,
    available_minutes,
    policy_version,
    calendar,
    reason,
});

flat_record!(LeaveWithdrawn {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    known_offset,
});

flat_record!(EntitlementGranted {
    command_id,
    by,
    at_ticks,
    entitlement_id,
    person_id,
    leave_type,
    minutes,
    from_date_ticks,
    until_date_ticks,
    moved_from,
});

flat_record!(PolicySet {
    command_id,
    by,
    at_ticks,
    version,
    policy,
});

flat_record!(StageApproved {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    on_behalf_of,
    stage,
    stages,
    policy_version,
    known_offset,
});

flat_record!(CancellationAsked {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    known_offset,
});

flat_record!(LeaveReleased {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    on_behalf_of,
    from_date_ticks,
    minutes,
    known_offset,
});

flat_record!(CancellationDeclined {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    on_behalf_of,
    known_offset,
});

flat_record!(LeaveRecalculated {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    minutes,
    days,
    policy_version,
    calendar,
    known_offset,
});

flat_record!(LeaveAdmitted {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    leave_type,
    days,
    moved_from,
});

flat_record!(CommandRefused {
    command_id,
    by,
    at_ticks,
    application_id,
    person_id,
    reason,
    known_offset,
    policy_version,
    calendar,
});

#[cfg(test)]
mod tests {
    use apache_avro::Schema;
    use proptest::prelude::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Map, Value, json};
    use timeoff_models::generated::*;

    use crate::avro::value_bytes::tests::the_library_agrees;

    /// What the fields of a record hold: those at each place that are of its type.
    #[derive(Debug)]
    struct Held {
        texts: [String; 20],
        numbers: [i64; 20],
        is_given: [bool; 20],
    }

    impl Held {
        fn record<T: DeserializeOwned>(&self, schema: &str) -> T {
            let schema = Schema::parse_str(schema).expect("our own schema");
            let Schema::Record(record) = schema else {
                panic!("not a record");
            };
            let fields = record.fields.iter().enumerate().map(|(place, field)| {
                let value = match &field.schema {
                    Schema::Union(_) if !self.is_given[place] => Value::Null,
                    Schema::Union(union) => self.value(&union.variants()[1], place),
                    schema => self.value(schema, place),
                };
                (field.name.clone(), value)
            });
            let fields: Map<String, Value> = fields.collect();
            serde_json::from_value(fields.into()).expect("a record of the schema")
        }

        fn value(&self, schema: &Schema, place: usize) -> Value {
            match schema {
                Schema::String => json!(self.texts[place]),
                Schema::Long => json!(self.numbers[place]),
                Schema::Int => json!(self.numbers[place] as i32),
                Schema::Boolean => json!(self.numbers[place] % 2 == 0),
                _ => panic!("neither a text nor a number"),
            }
        }
    }

    macro_rules! what_the_library_says {
        ($held:ident, $($record:ident),* $(,)?) => {
            $({
                let record: $record<'static> = $held.record($record::SCHEMA);
                the_library_agrees($record::SCHEMA, &record, &mut Vec::new());
            })*
        };
    }

    proptest! {
        #[test]
        fn commands_and_events_are_what_the_library_says(
            texts: [String; 20],
            numbers: [i64; 20],
            is_given: [bool; 20],
        ) {
            let held = Held { texts, numbers, is_given };
            what_the_library_says!(
                held,
                NameFirstAdmin,
                EnterPerson,
                ChangePerson,
                MovePerson,
                AdmitPerson,
                EndEmployment,
                DelegateApproval,
                DecideApplication,
                WithdrawApplication,
                GrantEntitlement,
                SetPolicy,
                AskToCancel,
                DecideCancellation,
                RecalculateLeave,
                AdmitEntitlement,
                AdmitLeave,
                PersonEntered,
                PersonChanged,
                PersonMoved,
                PersonLeft,
                ApprovalDelegated,
                LeaveBooked,
                LeaveDeclined,
                LeaveWithdrawn,
                EntitlementGranted,
                PolicySet,
                StageApproved,
                CancellationAsked,
                LeaveReleased,
                CancellationDeclined,
                LeaveRecalculated,
                LeaveAdmitted,
                CommandRefused,
            );
        }
    }
}
