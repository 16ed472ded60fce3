//! Places for those who follow what happens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use timeoff_models::Email;

use crate::problem::Problem;

/// How many there are.
const ALL: usize = 2048;

/// How many a person can have.
const OF_ONE: usize = 64;

/// The places that are taken, by whom.
#[derive(Debug, Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<Email, usize>,
}

/// A place, for as long as this lives.
pub(crate) struct Place {
    streams: Streams,
    email: Email,
}

impl Streams {
    fn change<T>(&self, change: impl FnOnce(&mut Taken) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a place.
    ///
    /// # Errors
    ///
    /// A problem of status 503 if there is none, and 429 if this person has enough.
    pub(crate) fn take(&self, email: &Email) -> Result<Place, Problem> {
        self.change(|taken| {
            if taken.all >= ALL {
                return Err(Problem::busy());
            }
            let of_one = taken.by.entry(email.clone()).or_default();
            if *of_one >= OF_ONE {
                return Err(Problem::too_many_streams(OF_ONE));
            }
            *of_one += 1;
            taken.all += 1;
            Ok(Place {
                streams: self.clone(),
                email: email.clone(),
            })
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.streams.change(|taken| {
            taken.all -= 1;
            if let Some(of_one) = taken.by.get_mut(&self.email) {
                *of_one -= 1;
                if *of_one == 0 {
                    taken.by.remove(&self.email);
                }
            }
        });
    }
}
