//! Asking a view.

mod absences;
mod applications;
mod commands;
mod events;
mod page;
mod people;
mod positions;
mod queries;

pub use absences::{Absence, Booked};
pub use applications::{Application, ApplicationFilter, Seer, Status};
pub use commands::{Answer, Asked};
pub use events::{Event, Events};
pub use page::{Cursor, Page, PageRequest};
pub use people::{Delegation, Person, PersonFilter};
pub use positions::{PartitionPosition, PassedOver};
pub use queries::Queries;
