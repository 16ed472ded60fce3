//! What has to be asked of which department, so that a person is everywhere as they are to be.
//!
//! Departments do not know of each other's people: each has its own ledger, and is asked for itself. An admin is entered
//! in every department.

use timeoff_models::{Department, Departments};

use crate::{Date, Person, Request, Role};

/// A department in which somebody is entered now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The department's partition.
    pub partition: i32,
    /// Whether they are at home there; if not, they are a guest.
    pub is_home: bool,
    /// What it says of them.
    pub person: Person,
}

/// A request, and the partition whose owner is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The partition.
    pub partition: i32,
    /// What is asked there.
    pub request: Request,
}

/// The whole of a person as they are to be.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What is to be entered of them.
    pub person: &'a Person,
    /// Where they are to be at home.
    pub department: &'a Department,
    /// Their last day, if it was said that they leave.
    pub leaves_on: Option<Date>,
    /// Whether that day, or any other last day, is over: then they are entered nowhere anew.
    pub has_left: bool,
}

impl Wanted<'_> {
    /// What has to be asked for, in the order in which it has to be asked; nothing if they are as they are to be. Where
    /// they are at home comes first. `places` is where they are entered.
    #[must_use]
    pub fn steps(&self, places: &[Place], departments: &Departments) -> Vec<Step> {
        let home = departments.partition_of(self.department);
        let old_home = places.iter().find(|place| place.is_home);
        let mut steps = Vec::new();
        match old_home {
            // Whoever is entered anew has not left there.
            None if self.has_left => {}
            None => steps.extend(home.into_iter().flat_map(|home| self.enter(home))),
            Some(place) => {
                steps.extend(self.change(place));
                if Some(place.partition) != home {
                    let to = self.department.clone();
                    let person = self.person.id;
                    let request = Request::MovePerson { person, to };
                    let partition = place.partition;
                    steps.push(Step { partition, request });
                }
            }
        }
        let old_home = old_home.map(|place| place.partition);
        for (partition, _) in (0..).zip(departments) {
            if Some(partition) == home {
                // Entered, changed or admitted there.
                continue;
            }
            match places.iter().find(|place| place.partition == partition) {
                Some(place) if Some(partition) != old_home => steps.extend(self.change(place)),
                // Nobody has them there, or not any more when they have moved.
                _ if self.person.role == Role::Admin && !self.has_left => {
                    steps.extend(self.enter(partition));
                }
                _ => {}
            }
        }
        steps
    }

    /// Has them entered, with the last day that was said of them where they were before.
    fn enter(&self, partition: i32) -> impl Iterator<Item = Step> + use<> {
        let person = self.person;
        let enters = Request::EnterPerson {
            person: Box::new(person.clone()),
            department: self.department.clone(),
        };
        let is_sooner = |day: &Date| person.until.is_none_or(|until| *day < until);
        let leaves = self.leaves_on.filter(is_sooner);
        let leaves = leaves.map(|last_date| Request::EndEmployment {
            person: person.id,
            last_date,
        });
        let requests = [Some(enters), leaves].into_iter().flatten();
        requests.map(move |request| Step { partition, request })
    }

    fn change(&self, place: &Place) -> Option<Step> {
        (place.person != *self.person).then(|| Step {
            partition: place.partition,
            request: Request::ChangePerson {
                person: Box::new(self.person.clone()),
            },
        })
    }
}
