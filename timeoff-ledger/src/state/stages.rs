//! The applications that one of several stages has approved, and who did.

use std::collections::HashMap;

use timeoff_models::ApplicationId;

use super::PersonIndex;

/// Who has approved which waiting application, in the order of the stages. Few wait between two stages.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Stages(HashMap<Box<str>, Vec<PersonIndex>>);

impl Stages {
    /// Who has approved it so far.
    pub(crate) fn of(&self, application: &ApplicationId<'_>) -> &[PersonIndex] {
        self.0.get(application.as_str()).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn approve(&mut self, application: &ApplicationId<'_>, by: PersonIndex) {
        self.0
            .entry(application.as_str().into())
            .or_default()
            .push(by);
    }

    /// Forgets an application that is decided. Returns how many stages had approved it.
    pub(crate) fn close(&mut self, application: &ApplicationId<'_>) -> usize {
        if self.0.is_empty() {
            return 0;
        }
        self.0.remove(application.as_str()).map_or(0, |by| by.len())
    }
}
