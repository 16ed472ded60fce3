//! A decided application as its readers see it.

use std::borrow::Cow;
use std::fmt;

use crate::{
    decision::Outcome,
    department::Departments,
    email::Email,
    generated,
    leave_application::{InvalidRecord, LeaveApplication, read_hours, read_start},
    ticks::Ticks,
};

/// An application and what became of it.
///
/// The texts are another program's and are kept whole: they may have control characters, so escape them
/// before they reach a terminal. `Debug` prints none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct LeaveResult<'a> {
    /// The application as the result repeats it. Its department need not be a configured one.
    pub application: LeaveApplication,
    /// Whether the leave was granted.
    pub outcome: Outcome,
    /// The whole sentence; it starts with `Approved:` or `Declined:`.
    pub text: Cow<'a, str>,
    /// Who decided.
    pub processed_by: Cow<'a, str>,
    /// What they wrote to the employee. Personal data.
    pub comment: Option<Cow<'a, str>>,
    /// When it was decided (UTC), where the deciding program says so.
    pub decided_at: Option<Ticks>,
}

impl<'a> LeaveResult<'a> {
    /// Understands a record from the results topic, whichever program wrote it: e-mail and department may come in any
    /// case. The department need not be one of `departments`; one that is there is reused, not built anew.
    ///
    /// # Errors
    ///
    /// [`InvalidRecord`] for the first field that has an impossible value.
    pub fn from_wire(
        record: generated::LeaveApplicationProcessed<'a>,
        departments: &Departments,
    ) -> Result<Self, InvalidRecord> {
        let email = Email::check(&record.emp_email)?;
        let name = record.emp_department;
        let department = match departments.find(&name) {
            Some(known) => known.clone(),
            None => name.parse().map_err(|_| InvalidRecord::DepartmentName)?,
        };
        let application = LeaveApplication {
            email,
            department,
            hours: read_hours(record.leave_duration_in_hours)?,
            start: read_start(record.leave_start_date_ticks)?,
            details: None,
        };
        let decided_at = record
            .decided_at_ticks
            .map(|ticks| Ticks::try_from(ticks).map_err(|_| InvalidRecord::DecidedAt { ticks }))
            .transpose()?;
        Ok(Self {
            application,
            outcome: Outcome::of_sentence(&record.result).ok_or(InvalidRecord::Outcome)?,
            text: record.result,
            processed_by: record.processed_by,
            comment: record.comment,
            decided_at,
        })
    }
}

impl fmt::Debug for LeaveResult<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LeaveResult")
            .field("application", &self.application)
            .field("outcome", &self.outcome)
            .field("decided_at", &self.decided_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decision, ManagerName};

    fn application() -> generated::LeaveApplicationReceived<'static> {
        generated::LeaveApplicationReceived::version_1(
            "Ada@Example.com ",
            "sales",
            8,
            638_396_640_000_000_000,
        )
    }

    fn decision() -> Decision {
        Decision {
            outcome: Outcome::Declined,
            by: ManagerName::of_partition(2),
            at: Ticks::try_from(638_400_000_000_000_000).unwrap(),
            comment: Some("Release week".parse().unwrap()),
        }
    }

    #[test]
    fn a_decision_repeats_the_application_bit_for_bit() {
        let expected = generated::LeaveApplicationProcessed {
            emp_email: "Ada@Example.com ".into(),
            emp_department: "sales".into(),
            leave_duration_in_hours: 8,
            leave_start_date_ticks: 638_396_640_000_000_000,
            processed_by: "Manager #2".into(),
            result: "Declined: Your leave application has been declined.".into(),
            comment: Some("Release week".into()),
            decided_at_ticks: Some(638_400_000_000_000_000),
        };
        assert_eq!(decision().on(application()), expected);
    }

    #[test]
    fn a_result_is_read_with_everything_its_manager_said() {
        let decision = decision();
        let result =
            LeaveResult::from_wire(decision.on(application()), &Departments::default()).unwrap();
        assert_eq!(result.application.email.as_str(), "ada@example.com");
        assert_eq!(result.application.department.as_str(), "SALES");
        assert_eq!(result.outcome, Outcome::Declined);
        assert_eq!(result.text, Outcome::Declined.sentence());
        assert_eq!(result.processed_by, "Manager #2");
        assert_eq!(result.comment.as_deref(), Some("Release week"));
        assert_eq!(result.decided_at.unwrap().get(), 638_400_000_000_000_000);
    }

    #[test]
    fn a_foreign_sentence_is_kept_whole() {
        let decision = decision();
        let mut record = decision.on(application());
        record.result = "Approved: enjoy the sea".into();
        let result = LeaveResult::from_wire(record, &Departments::default()).unwrap();
        assert_eq!(result.outcome, Outcome::Approved);
        assert_eq!(result.text, "Approved: enjoy the sea");
    }

    #[test]
    fn an_impossible_value_is_refused_by_the_name_of_its_field() {
        let with = |change: fn(&mut generated::LeaveApplicationProcessed<'_>)| {
            let decision = decision();
            let mut record = decision.on(application());
            change(&mut record);
            LeaveResult::from_wire(record, &Departments::default())
                .unwrap_err()
                .to_string()
        };
        for (field, text) in [
            ("EmpEmail", with(|r| r.emp_email = "ada".into())),
            ("EmpDepartment", with(|r| r.emp_department = "a b".into())),
            ("Result", with(|r| r.result = "Maybe".into())),
            ("DecidedAtTicks", with(|r| r.decided_at_ticks = Some(-1))),
        ] {
            assert!(text.starts_with(field), "{text}");
        }
    }

    #[test]
    fn debug_prints_no_personal_data() {
        let decision = decision();
        let text = format!(
            "{:?}",
            LeaveResult::from_wire(decision.on(application()), &Departments::default()).unwrap()
        );
        assert!(!text.to_lowercase().contains("ada@"), "{text}");
        assert!(!text.contains("Release"), "{text}");
    }
}
