//! The fields that say an entitlement. Three records have them.

use timeoff_models::generated;

use crate::field::{date, minutes, read};
use crate::{Entitlement, InvalidField};

/// The entitlement in a record.
pub(super) trait ReadEntitlement {
    fn read_entitlement(&self) -> Result<Entitlement, InvalidField>;
}

macro_rules! read_entitlement {
    ($($record:ident),*) => {
        $(
            impl ReadEntitlement for generated::$record<'_> {
                fn read_entitlement(&self) -> Result<Entitlement, InvalidField> {
                    Ok(Entitlement {
                        id: read("EntitlementId", &self.entitlement_id)?,
                        person: read("PersonId", &self.person_id)?,
                        leave_type: read("LeaveType", &self.leave_type)?,
                        minutes: minutes("Minutes", self.minutes)?,
                        from: date("FromDateTicks", self.from_date_ticks)?,
                        until: date("UntilDateTicks", self.until_date_ticks)?,
                    })
                }
            }
        )*
    };
}

read_entitlement!(GrantEntitlement, AdmitEntitlement, EntitlementGranted);

/// Minutes as records have them. No type of ours holds more.
pub(super) fn wire_minutes(minutes: u32) -> i32 {
    i32::try_from(minutes).unwrap_or(i32::MAX)
}
