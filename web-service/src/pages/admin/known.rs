//! A person where whoever looks is an admin.

use timeoff_ledger::{Date, Person, Place, Wanted};
use timeoff_models::Department;
use timeoff_views as views;

use super::office::check_admin;
use super::person_form::place_of;
use crate::api::nothing_of_that_name;
use crate::problem::Problem;
use crate::service::Service;
use crate::who::{Me, has_left, today};

/// A person whom whoever looks may see.
pub(super) struct Known {
    /// At home first.
    pub(super) places: Vec<Place>,
    /// The same, as the view has them.
    pub(super) found: Vec<views::Person>,
}

impl Known {
    /// The person with this id.
    ///
    /// # Errors
    ///
    /// A problem of status 403 if they are no admin, 404 if there is no such person where they are one.
    pub(super) async fn of(service: &Service, me: &Me, id: &str) -> Result<Known, Problem> {
        check_admin(me)?;
        let asked = id.to_owned();
        let mut found = service
            .reading
            .ask(move |queries| queries.places_of_person(&asked))
            .await?;
        if !found.iter().any(|place| me.is_admin_in(place.partition)) {
            return Err(nothing_of_that_name("person"));
        }
        let departments = service.contract.departments();
        let is_home = |place: &views::Person| {
            let here = departments.at(place.partition);
            here.is_some_and(|here| here.as_str() == place.department)
        };
        found.sort_by_key(|place| (!is_home(place), !me.is_admin_in(place.partition)));
        let places = found.iter().map(|place| place_of(place, departments));
        Ok(Known {
            places: places.collect::<Result<_, _>>()?,
            found,
        })
    }

    /// What is shown of them: as they are at home, if whoever looks may see that.
    pub(super) fn shown(&self, me: &Me) -> (&Place, &views::Person) {
        let mut all = self.places.iter().zip(&self.found);
        let seen = all.find(|(place, _)| me.is_admin_in(place.partition));
        seen.expect("they are an admin in one of the places")
    }

    /// Where they are at home, if all that is entered of them can be changed by whoever looks.
    pub(super) fn changeable(&self, service: &Service, me: &Me) -> Option<(&Place, Department)> {
        let home = self.places.first().filter(|place| place.is_home)?;
        let mut all = self.places.iter();
        let department = service.contract.departments().at(home.partition)?.clone();
        all.all(|place| me.is_admin_in(place.partition))
            .then_some((home, department))
    }

    /// The whole of them, if that is what is entered of them and this is their home.
    pub(super) fn wanted<'a>(&self, person: &'a Person, department: &'a Department) -> Wanted<'a> {
        let home = self.found.first();
        let leaves_on = home.and_then(|home| home.left_on);
        Wanted {
            person,
            department,
            leaves_on: leaves_on.and_then(|day| Date::try_from(day).ok()),
            has_left: home.is_some_and(|home| has_left(home, today())),
        }
    }
}
