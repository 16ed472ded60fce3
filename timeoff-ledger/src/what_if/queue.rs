//! What was asked for, and what of it waits.

use std::borrow::Cow;
use std::collections::HashMap;

use timeoff_models::{ApplicationId, Email, LeaveApplication};

use crate::{Application, State};

/// The applications of a department, in the order in which they were queued.
pub(super) struct Queue {
    asked: Vec<(ApplicationId<'static>, LeaveApplication)>,
    places: HashMap<Box<str>, u32>,
    /// The places of those that wait, by their addresses, in order.
    waiting: HashMap<Email, Vec<u32>>,
}

impl Queue {
    pub(super) fn of(asked: Vec<(ApplicationId<'static>, LeaveApplication)>) -> Self {
        let mut places = HashMap::with_capacity(asked.len());
        let mut waiting: HashMap<Email, Vec<u32>> = HashMap::new();
        for (place, (id, leave)) in (0..).zip(&asked) {
            // An id that comes again is the same application, and was queued when it came first.
            if places.contains_key(id.as_str()) {
                continue;
            }
            places.insert(id.as_str().into(), place);
            match waiting.get_mut(&leave.email) {
                Some(of_address) => of_address.push(place),
                None => {
                    waiting.insert(leave.email.clone(), vec![place]);
                }
            }
        }
        Self {
            asked,
            places,
            waiting,
        }
    }

    pub(super) fn place(&self, id: &ApplicationId<'_>) -> Option<u32> {
        self.places.get(id.as_str()).copied()
    }

    /// An application with those of the same person, in a state, that wait before it; `None` if it is not known what it
    /// asks for.
    pub(super) fn application(
        &self,
        id: &ApplicationId<'_>,
        state: &State,
    ) -> Option<Application<'_>> {
        let place = self.place(id)?;
        let (id, leave) = &self.asked[place as usize];
        let mut earlier: Vec<u32> = state
            .addresses_of_applicant(id, &leave.email)
            .into_iter()
            .filter_map(|address| self.waiting.get(address))
            .flat_map(|waiting| waiting.iter().take_while(|&&one| one < place))
            .copied()
            .collect();
        earlier.sort_unstable();
        Some(Application {
            id: ApplicationId::from_key(id.as_str()),
            leave: Cow::Borrowed(leave),
            earlier: earlier
                .into_iter()
                .map(|one| {
                    let (id, leave) = &self.asked[one as usize];
                    (ApplicationId::from_key(id.as_str()), Cow::Borrowed(leave))
                })
                .collect(),
        })
    }

    /// It does not wait any more.
    pub(super) fn is_decided(&mut self, id: &ApplicationId<'_>) {
        let Some(place) = self.place(id) else {
            return;
        };
        let email = &self.asked[place as usize].1.email;
        if let Some(waiting) = self.waiting.get_mut(email)
            && let Ok(at) = waiting.binary_search(&place)
        {
            waiting.remove(at);
        }
    }
}
