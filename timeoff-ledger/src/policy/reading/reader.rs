//! The values that all tables have: names, lists, numbers, dates.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use timeoff_models::{Department, LeaveType};
use toml::Spanned;

use crate::policy::Placed;
use crate::policy::problem::{Place, Problem};
use crate::policy::rules::Scope;
use crate::policy::written::{List, Number, Text};
use crate::{Date, Region};

/// Reads the values that tables consist of, and remembers what is wrong with them.
pub(super) struct Reader<'a> {
    lines: Lines,
    knows_region: &'a dyn Fn(&Region) -> bool,
    /// The names of the types, also of those with another problem.
    pub(super) types: Vec<LeaveType>,
    /// Every department that is named, with its place.
    pub(super) departments: Vec<Placed<Department>>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &str, knows_region: &'a dyn Fn(&Region) -> bool) -> Self {
        Self {
            lines: Lines::of(text),
            knows_region,
            types: Vec::new(),
            departments: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn scope(
        &mut self,
        place: &Place,
        types: Option<List<Text>>,
        departments: Option<List<Text>>,
    ) -> Option<Scope> {
        let types = self.known_types(place, types);
        let departments = self.departments(place, departments);
        Some(Scope {
            types: types?,
            departments: departments?,
        })
    }

    /// The types that a rule is for; empty: all.
    pub(super) fn known_types(
        &mut self,
        place: &Place,
        written: Option<List<Text>>,
    ) -> Option<Vec<LeaveType>> {
        self.list_or_all(&place.key("types"), written, Self::known_type)
    }

    pub(super) fn known_type(&mut self, place: &Place, text: &Text) -> Option<LeaveType> {
        let name: LeaveType = self.parse(place, text)?;
        if self.types.contains(&name) {
            return Some(name);
        }
        let known: Vec<_> = self.types.iter().map(LeaveType::as_str).collect();
        let instead = match known.join(", ") {
            none if none.is_empty() => none,
            known => format!(", or name one of {known}"),
        };
        self.problem(
            place,
            &format!("there is no type {name}: add [types.{name}]{instead}"),
        );
        None
    }

    /// The departments that a rule is for; empty: all.
    pub(super) fn departments(
        &mut self,
        place: &Place,
        written: Option<List<Text>>,
    ) -> Option<Vec<Department>> {
        self.list_or_all(&place.key("departments"), written, |reader, place, text| {
            let department: Department = reader.parse(place, text)?;
            reader.departments.push((place.clone(), department.clone()));
            Some(department)
        })
    }

    /// The regions that a rule is for; empty: all.
    pub(super) fn regions(
        &mut self,
        place: &Place,
        written: Option<List<Text>>,
    ) -> Option<Vec<Region>> {
        self.list_or_all(&place.key("regions"), written, |reader, place, text| {
            let region: Region = reader.parse(place, text)?;
            if (reader.knows_region)(&region) {
                return Some(region);
            }
            reader.problem(
                place,
                &format!(
                    "the calendar knows no region {region}: name one that it has, such as DE-BY"
                ),
            );
            None
        })
    }

    /// A list; without one, what an empty list stands for: all.
    fn list_or_all<T>(
        &mut self,
        place: &Place,
        written: Option<List<Text>>,
        element: impl FnMut(&mut Self, &Place, &Text) -> Option<T>,
    ) -> Option<Vec<T>> {
        match written {
            None => Some(Vec::new()),
            Some(list) => self.list(place, list, element, "leave the key out to mean all"),
        }
    }

    /// A list that is not empty.
    pub(super) fn list<T>(
        &mut self,
        place: &Place,
        written: List<Text>,
        mut element: impl FnMut(&mut Self, &Place, &Text) -> Option<T>,
        instead: &str,
    ) -> Option<Vec<T>> {
        if written.0.is_empty() {
            self.problem(place, &format!("an empty list: {instead}"));
            return None;
        }
        let read: Vec<_> = written
            .0
            .iter()
            .enumerate()
            .map(|(index, text)| element(self, &place.element(index), text))
            .collect();
        read.into_iter().collect()
    }

    /// Each table of a list that can be read, with its place.
    pub(super) fn tables<W, R>(
        &mut self,
        key: &str,
        written: List<Spanned<W>>,
        read: impl Fn(&mut Self, &Place, W) -> Option<R>,
    ) -> Vec<Placed<R>> {
        let mut rules = Vec::new();
        for (index, table) in written.0.into_iter().enumerate() {
            let place = self.place(key, table.span().start).element(index);
            let rule = read(self, &place, table.into_inner());
            rules.extend(rule.map(|rule| (place, rule)));
        }
        rules
    }

    /// `Some(None)` if there is no value, `None` if it cannot be used.
    pub(super) fn optional<W, T>(
        &mut self,
        place: &Place,
        written: Option<W>,
        read: impl FnOnce(&mut Self, &Place, W) -> Option<T>,
    ) -> Option<Option<T>> {
        match written {
            None => Some(None),
            Some(written) => read(self, place, written).map(Some),
        }
    }

    pub(super) fn number(
        &mut self,
        place: &Place,
        number: Number,
        range: RangeInclusive<u32>,
    ) -> Option<u32> {
        let read = u32::try_from(number.0).ok().filter(|n| range.contains(n));
        if read.is_none() {
            let (least, most) = range.into_inner();
            let what = format!("must be a whole number from {least} to {most}");
            self.problem(place, &what);
        }
        read
    }

    pub(super) fn date(&mut self, place: &Place, text: &Text) -> Option<Date> {
        let date = text.0.parse().ok();
        if date.is_none() {
            self.problem(place, "must be a date as \"YYYY-MM-DD\"");
        }
        date
    }

    pub(super) fn parse<T: FromStr<Err: Display>>(
        &mut self,
        place: &Place,
        text: &Text,
    ) -> Option<T> {
        let read = text.0.parse();
        read.map_err(|error: T::Err| self.problem(place, &error.to_string()))
            .ok()
    }

    pub(super) fn parse_owned<T: FromStr<Err: Display>>(
        &mut self,
        place: &Place,
        text: Text,
    ) -> Option<T> {
        self.parse(place, &text)
    }

    pub(super) fn place(&self, key: &str, at: usize) -> Place {
        Place {
            key: key.to_owned(),
            line: self.lines.line(at),
        }
    }

    pub(super) fn problem(&mut self, place: &Place, what: &str) {
        self.problems.push(Problem::new(place.clone(), what));
    }
}

/// Where the lines of a text end, in bytes.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.0.partition_point(|&end| end < at) + 1
    }
}
