//! The fields of a record, and why one cannot be read.

use std::str::FromStr;

use thiserror::Error;
use timeoff_models::{
    Comment, Department, Departments, Email, EmailRule, InvalidComment, InvalidLeaveType, Outcome,
    Ticks,
};

use crate::{
    Date, InvalidDate, InvalidDays, InvalidId, InvalidPersonName, InvalidRegion, InvalidRole,
    InvalidSchedule, InvalidTags, InvalidTerms,
};

/// A record that is well-formed Avro but has an impossible value.
///
/// `Display` and `Debug` name the wire's field and the rule, never the value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {rule}")]
pub struct InvalidField {
    /// The field's name on the wire.
    pub field: &'static str,
    /// The rule that it breaks.
    pub rule: FieldRule,
}

/// What a field must be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each one's sentence says it")]
pub enum FieldRule {
    #[error(transparent)]
    Id(#[from] InvalidId),
    #[error("it is not an e-mail address: {0}")]
    Email(EmailRule),
    #[error(transparent)]
    Name(#[from] InvalidPersonName),
    #[error("it must be one of {0}")]
    UnknownDepartment(Departments),
    #[error("a department must be a name of letters a-z, digits, - and _")]
    DepartmentName,
    #[error(transparent)]
    Role(#[from] InvalidRole),
    #[error(transparent)]
    Region(#[from] InvalidRegion),
    #[error(transparent)]
    Schedule(#[from] InvalidSchedule),
    #[error(transparent)]
    Tags(#[from] InvalidTags),
    #[error(transparent)]
    Terms(#[from] InvalidTerms),
    #[error(transparent)]
    LeaveType(#[from] InvalidLeaveType),
    #[error(transparent)]
    Days(#[from] InvalidDays),
    #[error("it must be from 0 to {}", i32::MAX)]
    Minutes,
    #[error("it must be from 1 to 100")]
    Stage,
    #[error(transparent)]
    Date(#[from] InvalidDate),
    #[error("it must be from {} to {}", Ticks::MIN, Ticks::MAX)]
    Ticks,
    #[error("it must be approve or decline")]
    Outcome,
    #[error(transparent)]
    Comment(#[from] InvalidComment),
    #[error("it must be from 0 to {}", u32::MAX)]
    Version,
}

/// Adds a field's name to the rule that it breaks.
pub(crate) trait InField<T> {
    fn in_field(self, field: &'static str) -> Result<T, InvalidField>;
}

impl<T, E: Into<FieldRule>> InField<T> for Result<T, E> {
    fn in_field(self, field: &'static str) -> Result<T, InvalidField> {
        self.map_err(|rule| InvalidField {
            field,
            rule: rule.into(),
        })
    }
}

/// A field whose type reads itself.
pub(crate) fn read<T>(field: &'static str, text: &str) -> Result<T, InvalidField>
where
    T: FromStr<Err: Into<FieldRule>>,
{
    text.parse().in_field(field)
}

/// As [`read`], if the field has a value.
pub(crate) fn read_some<T>(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, InvalidField>
where
    T: FromStr<Err: Into<FieldRule>>,
{
    text.map(|text| read(field, text)).transpose()
}

pub(crate) fn email(field: &'static str, text: &str) -> Result<Email, InvalidField> {
    text.parse::<Email>()
        .map_err(|error| FieldRule::Email(error.rule))
        .in_field(field)
}

/// The instant of a command or an event.
pub(crate) fn ticks(field: &'static str, ticks: i64) -> Result<Ticks, InvalidField> {
    Ticks::try_from(ticks)
        .map_err(|_| FieldRule::Ticks)
        .in_field(field)
}

pub(crate) fn date(field: &'static str, ticks: i64) -> Result<Date, InvalidField> {
    Date::try_from(ticks).in_field(field)
}

pub(crate) fn some_date(
    field: &'static str,
    ticks: Option<i64>,
) -> Result<Option<Date>, InvalidField> {
    ticks.map(|ticks| date(field, ticks)).transpose()
}

/// A department that is configured.
pub(crate) fn department(
    field: &'static str,
    text: &str,
    departments: &Departments,
) -> Result<Department, InvalidField> {
    departments
        .named(text)
        .cloned()
        .map_err(|error| FieldRule::UnknownDepartment(error.known))
        .in_field(field)
}

/// A department that was configured once.
pub(crate) fn past_department(
    field: &'static str,
    text: &str,
    departments: &Departments,
) -> Result<Department, InvalidField> {
    if let Ok(known) = departments.named(text) {
        return Ok(known.clone());
    }
    text.parse()
        .map_err(|_| FieldRule::DepartmentName)
        .in_field(field)
}

pub(crate) fn outcome(field: &'static str, text: &str) -> Result<Outcome, InvalidField> {
    [Outcome::Approved, Outcome::Declined]
        .into_iter()
        .find(|&outcome| outcome_text(outcome).eq_ignore_ascii_case(text.trim()))
        .ok_or(FieldRule::Outcome)
        .in_field(field)
}

/// What is wanted, as commands have it.
pub(crate) fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "approve",
        Outcome::Declined => "decline",
    }
}

pub(crate) fn comment(
    field: &'static str,
    text: Option<&str>,
) -> Result<Option<Comment>, InvalidField> {
    read_some(field, text)
}

pub(crate) fn minutes(field: &'static str, minutes: i32) -> Result<u32, InvalidField> {
    u32::try_from(minutes)
        .map_err(|_| FieldRule::Minutes)
        .in_field(field)
}

pub(crate) fn stage(field: &'static str, number: i32) -> Result<u8, InvalidField> {
    u8::try_from(number)
        .ok()
        .filter(|number| (1..=100).contains(number))
        .ok_or(FieldRule::Stage)
        .in_field(field)
}

pub(crate) fn version(
    field: &'static str,
    number: Option<i64>,
) -> Result<Option<u32>, InvalidField> {
    number
        .map(|number| u32::try_from(number).map_err(|_| FieldRule::Version))
        .transpose()
        .in_field(field)
}
