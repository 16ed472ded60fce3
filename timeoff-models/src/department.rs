//! Departments, and the configured list whose order gives the partition numbers.

use std::{fmt, str::FromStr, sync::Arc};

use thiserror::Error;

use crate::trim::trim;

/// The departments when none are configured, as [`Departments`] reads them.
pub const DEFAULT_DEPARTMENTS: &str = "HR,IT,OPS";

/// The name of a department in upper case: ASCII letters, digits, `-` and `_`, at least one.
///
/// Which departments exist is configuration: [`Departments::parse`] gives one that does. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Department(Arc<str>);

impl Department {
    /// The name in upper case, as it is on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Department {
    type Err = InvalidDepartment;

    /// Trims, and converts to upper case. Does not check that the department is a configured one.
    ///
    /// # Errors
    ///
    /// [`InvalidDepartment`] when it is empty or has another character than the allowed ones.
    fn from_str(text: &str) -> Result<Self, InvalidDepartment> {
        let name = text.trim();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if name.is_empty() || !name.bytes().all(allowed) {
            return Err(InvalidDepartment {
                value: text.to_owned(),
            });
        }
        Ok(Self(name.to_ascii_uppercase().into()))
    }
}

impl fmt::Display for Department {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A text that cannot be the name of a department.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{value:?} is not a department name: use letters a-z, digits, - and _")]
pub struct InvalidDepartment {
    /// The text as it was given.
    pub value: String,
}

/// The configured departments in their order: never empty, no duplicates.
///
/// A department's place in the list, from 0, is its partition number on the applications topic. Read from
/// names separated by commas; [`DEFAULT_DEPARTMENTS`] by default. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departments(Arc<[Department]>);

impl Departments {
    /// The configured department of that name, in any case.
    ///
    /// # Errors
    ///
    /// [`UnknownDepartment`], which lists the configured ones.
    pub fn parse(&self, text: &str) -> Result<Department, UnknownDepartment> {
        self.named(text).cloned()
    }

    /// As [`parse`](Self::parse), but only borrows the department.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn named(&self, text: &str) -> Result<&Department, UnknownDepartment> {
        self.find(text).ok_or_else(|| UnknownDepartment {
            value: text.to_owned(),
            known: self.clone(),
        })
    }

    /// As [`named`](Self::named), without an error to build.
    pub(crate) fn find(&self, text: &str) -> Option<&Department> {
        let name = trim(text);
        self.iter().find(|d| d.as_str().eq_ignore_ascii_case(name))
    }

    /// The partition number of a department; `None` when it is not a configured one.
    #[must_use]
    pub fn partition_of(&self, department: &Department) -> Option<i32> {
        let index = self.iter().position(|d| d == department)?;
        i32::try_from(index).ok()
    }

    /// The department whose partition that is.
    #[must_use]
    pub fn at(&self, partition: i32) -> Option<&Department> {
        self.0.get(usize::try_from(partition).ok()?)
    }

    /// The list with this department at its end. A department that is already there keeps its place.
    #[must_use]
    pub fn with(&self, department: &Department) -> Self {
        let new = (self.partition_of(department).is_none()).then_some(department);
        Self(self.iter().chain(new).cloned().collect())
    }

    /// The departments in the order of their partitions.
    pub fn iter(&self) -> std::slice::Iter<'_, Department> {
        self.0.iter()
    }

    /// How many there are, which is how many partitions the applications topic needs.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "there is always a department")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'a> IntoIterator for &'a Departments {
    type Item = &'a Department;
    type IntoIter = std::slice::Iter<'a, Department>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Default for Departments {
    fn default() -> Self {
        DEFAULT_DEPARTMENTS
            .parse()
            .expect("the default departments are well-formed")
    }
}

impl FromStr for Departments {
    type Err = InvalidDepartments;

    /// Reads names separated by commas, each as [`Department`] does.
    ///
    /// # Errors
    ///
    /// [`InvalidDepartments`] when there is none, a name is malformed, or two are the same.
    fn from_str(text: &str) -> Result<Self, InvalidDepartments> {
        if text.trim().is_empty() {
            return Err(InvalidDepartments::Empty);
        }
        let mut list: Vec<Department> = Vec::new();
        for name in text.split(',') {
            let department: Department = name.parse()?;
            if list.contains(&department) {
                return Err(InvalidDepartments::Duplicate { department });
            }
            list.push(department);
        }
        Ok(Self(list.into()))
    }
}

impl fmt::Display for Departments {
    /// The names separated by commas, as they are configured.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, department) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{department}")?;
        }
        Ok(())
    }
}

/// A configured list of departments that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidDepartments {
    /// There is no name in it.
    #[error("there must be at least one department, for example {DEFAULT_DEPARTMENTS}")]
    Empty,
    /// A name is malformed.
    #[error(transparent)]
    Name(#[from] InvalidDepartment),
    /// A name is there twice, perhaps in another case.
    #[error("the department {department} is listed twice")]
    Duplicate {
        /// The one that is there twice.
        department: Department,
    },
}

/// A department that is not in the configured list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{value:?} is not a department: it must be one of {known}")]
pub struct UnknownDepartment {
    /// The text as it was given.
    pub value: String,
    /// The departments that are configured.
    pub known: Departments,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_department_is_found_in_any_case() {
        let departments = Departments::default();
        let it = departments.parse(" it ").unwrap();
        assert_eq!(it.as_str(), "IT");
        assert_eq!(departments.partition_of(&it), Some(1));
        assert_eq!(departments.at(1), Some(&it));
        assert_eq!(departments.len(), 3);
        assert_eq!((departments.at(-1), departments.at(3)), (None, None));
    }

    #[test]
    fn an_unknown_department_is_refused_with_the_known_ones() {
        let error = Departments::default().parse("Sales").unwrap_err();
        assert_eq!(
            error.to_string(),
            r#""Sales" is not a department: it must be one of HR,IT,OPS"#
        );
    }

    #[test]
    fn the_list_keeps_its_order_and_prints_as_it_is_configured() {
        let departments: Departments = "ops, Legal-2,r_d".parse().unwrap();
        assert_eq!(departments.to_string(), "OPS,LEGAL-2,R_D");
        let names: Vec<_> = departments.iter().map(Department::as_str).collect();
        assert_eq!(names, ["OPS", "LEGAL-2", "R_D"]);
    }

    #[test]
    fn a_list_that_is_empty_malformed_or_repeats_itself_is_refused() {
        let parse = |text: &str| text.parse::<Departments>().unwrap_err();
        assert_eq!(parse("  "), InvalidDepartments::Empty);
        assert!(matches!(parse("HR,,IT"), InvalidDepartments::Name(_)));
        assert!(matches!(parse("HR,I T"), InvalidDepartments::Name(_)));
        assert!(matches!(
            parse("HR,hr"),
            InvalidDepartments::Duplicate { .. }
        ));
    }
}
