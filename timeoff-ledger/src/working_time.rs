//! When somebody works, and which days are off.

use timeoff_models::Date;

use crate::days::WorkingDay;
use crate::{Calendar, HolidayChange, HolidayPart, HolidayShare, Person, Policy, Region};

/// A holiday of whoever has a region: a public one, or one of the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayOff<'a> {
    /// What people call it.
    pub name: &'a str,
    /// How much of the day.
    pub takes: HolidayShare,
}

/// Where somebody works, and how many minutes by their schedule.
pub(crate) type TermsOnDay<'a> = (Option<&'a Region>, u16);

impl Person {
    /// What they work on a day: nothing outside their employment and on holidays.
    ///
    /// Without a policy, the public holidays of their region count. A region that the calendar does not know has none.
    #[must_use]
    pub fn works(&self, policy: Option<&Policy>, date: Date) -> WorkingDay {
        self.terms_on(date, self.until)
            .map_or_else(WorkingDay::default, |terms| {
                working_day(terms, policy, date)
            })
    }

    /// Their holiday on a day, whether or not they would work then.
    #[must_use]
    pub fn day_off<'a>(&'a self, policy: Option<&'a Policy>, date: Date) -> Option<DayOff<'a>> {
        let earlier = self.earlier.as_ref().and_then(|terms| terms.on(date));
        let region = earlier.map_or(&self.region, |terms| &terms.region);
        day_off(region.as_ref(), policy, date)
    }

    /// By what terms they work on a day, if their last one is this; `None` if they do not work then by their schedule, or
    /// are not employed.
    pub(crate) fn terms_on(&self, date: Date, last: Option<Date>) -> Option<TermsOnDay<'_>> {
        let begins = self.from.is_none_or(|from| from <= date);
        if !begins || last.is_some_and(|last| last < date) {
            return None;
        }
        let earlier = self.earlier.as_ref().and_then(|terms| terms.on(date));
        let (region, schedule) = earlier.map_or((&self.region, self.schedule), |terms| {
            (&terms.region, terms.schedule)
        });
        let minutes = schedule.unwrap_or_default().on(date);
        (minutes > 0).then_some((region.as_ref(), minutes))
    }
}

/// What is worked on a day by those terms.
pub(crate) fn working_day(
    (region, minutes): TermsOnDay<'_>,
    policy: Option<&Policy>,
    date: Date,
) -> WorkingDay {
    let day = WorkingDay::of(minutes);
    match day_off(region, policy, date).map(|off| off.takes) {
        None => day,
        Some(HolidayShare::Whole) => WorkingDay::default(),
        Some(HolidayShare::Afternoon) => WorkingDay {
            afternoon: 0,
            ..day
        },
    }
}

fn day_off<'a>(
    region: Option<&'a Region>,
    policy: Option<&'a Policy>,
    date: Date,
) -> Option<DayOff<'a>> {
    match policy.and_then(|policy| policy.holiday(region, date)) {
        Some(HolidayChange::Struck) => None,
        Some(HolidayChange::Added(added)) => Some(DayOff {
            name: added.name.as_str(),
            takes: match added.part {
                HolidayPart::Whole => HolidayShare::Whole,
                HolidayPart::Afternoon => HolidayShare::Afternoon,
            },
        }),
        None => {
            let holiday = Calendar::embedded().holiday(region?, date)?;
            Some(DayOff {
                name: holiday.name,
                takes: holiday.takes,
            })
        }
    }
}
