//! Public holidays of the world's countries and their subdivisions.
//!
//! They are data, two CSV files that the PyPI package `holidays` was asked for while developing (`timeoff-dev holidays`)
//! and that are embedded here:
//!
//! ```text
//! region,first year,last year
//! DE-BY,2015,2045
//!
//! country,holiday,takes,regions,dates
//! DE,Ascension Day,whole,,2026-05-14 2027-05-06 …
//! DE,Epiphany,whole,DE-BW DE-BY DE-ST,2015..2045-01-06
//! IS,Christmas Eve (from 1pm),afternoon,,2015..2045-12-24
//! ```
//!
//! Without `regions`, a holiday is in the whole country: in its own region, such as `DE`, and in each subdivision.
//! `2015..2045-01-06` is that day of every year from 2015 to 2045. Both files are sorted. A field with a comma in it
//! stands in double quotes.

mod read;

use std::collections::HashMap;
use std::sync::OnceLock;

use timeoff_models::Date;

use crate::Region;

const HOLIDAYS: &str = include_str!("calendar/holidays.csv");
const REGIONS: &str = include_str!("calendar/regions.csv");

/// The public holidays of all regions that it knows.
///
/// A region's holidays are read when they are first asked for, in 0.3 ms, and then stay in memory: about 10 KB for a
/// region, 160 KB for Germany with all its states. Without any, the calendar takes about 110 KB, and 1 ms when it is
/// first used. The files make a program 1 MB larger.
///
/// It has what everybody has off by law. Not promised:
///
/// - that it is right: governments move holidays at short notice, and what was not announced when
///   [`Calendar::version`] was released is calculated, such as `Eid al-Fitr (estimated)`;
/// - that it has what holds in some municipalities only, as the Assumption in `DE-BY`, nor evenings that are off (from
///   6 pm).
#[derive(Debug)]
pub struct Calendar {
    version: &'static str,
    /// Sorted by their codes.
    regions: Vec<RegionCalendar>,
    /// Where a code's region is among them.
    places: HashMap<&'static str, usize>,
}

/// A public holiday of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// When it is.
    pub date: Date,
    /// In English where there is a translation. Two on the same day have one name: `Ascension Day; Labor Day`.
    pub name: &'static str,
    /// What of the day is off.
    pub takes: HolidayShare,
}

/// What of a day a public holiday takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HolidayShare {
    /// All of it.
    Whole,
    /// The afternoon.
    Afternoon,
}

/// The public holidays of one region.
#[derive(Debug)]
pub struct RegionCalendar {
    code: &'static str,
    first_year: u16,
    last_year: u16,
    /// The lines about its country.
    lines: &'static str,
    /// What they say of this region, sorted by date, no date twice.
    holidays: OnceLock<Vec<Holiday>>,
}

impl Calendar {
    /// The calendar that is part of this program.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static EMBEDDED: OnceLock<Calendar> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            read::calendar(HOLIDAYS, REGIONS).expect("the tests have read the embedded files")
        })
    }

    /// What it was made of, such as `holidays 0.109`. The same version says the same of each region and date.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The regions that it knows, sorted by their codes.
    pub fn regions(&self) -> impl Iterator<Item = &RegionCalendar> {
        self.regions.iter()
    }

    /// A region's holidays; `None` if it does not know the region.
    ///
    /// Finding it takes about 20 ns, and a day in it another 10: whoever asks for many days keeps it.
    #[must_use]
    pub fn region(&self, region: &Region) -> Option<&RegionCalendar> {
        let place = *self.places.get(region.as_str())?;
        self.regions.get(place)
    }

    /// Whether it knows the region.
    #[must_use]
    pub fn knows(&self, region: &Region) -> bool {
        self.region(region).is_some()
    }

    /// Whether it knows the region's holidays of that date's year.
    #[must_use]
    pub fn covers(&self, region: &Region, date: Date) -> bool {
        self.region(region).is_some_and(|known| known.covers(date))
    }

    /// The region's holiday on that date.
    ///
    /// `None` also where it does not know: see [`Calendar::covers`].
    #[must_use]
    pub fn holiday(&self, region: &Region, date: Date) -> Option<Holiday> {
        self.region(region)?.on(date)
    }

    /// The codes that somebody may have meant who wrote one that is not known.
    ///
    /// Of the same country, those that begin in the same way (`DE-BX`: `DE-BB`, `DE-BE`, `DE-BW`, `DE-BY`). If that is
    /// no country, those of subdivisions that end with the code (`NSW`: `AU-NSW`). There may be none.
    #[must_use]
    pub fn similar(&self, region: &Region) -> Vec<&'static str> {
        let wanted = region.as_str();
        let codes = || self.regions.iter().map(|known| known.code);
        let country = wanted.split('-').next().unwrap_or(wanted);
        let shared = |code: &str| {
            let pairs = code.bytes().zip(wanted.bytes());
            pairs.take_while(|(a, b)| a == b).count()
        };
        let of_country = || codes().filter(|code| code.split('-').next() == Some(country));
        match of_country().map(shared).max() {
            Some(longest) => of_country()
                .filter(|code| shared(code) == longest)
                .collect(),
            None => codes()
                .filter(|code| code.split_once('-').is_some_and(|(_, end)| end == wanted))
                .collect(),
        }
    }
}

impl RegionCalendar {
    /// The region's code, as in [`Region`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The first year whose holidays are known.
    #[must_use]
    pub fn first_year(&self) -> u16 {
        self.first_year
    }

    /// The last year whose holidays are known.
    #[must_use]
    pub fn last_year(&self) -> u16 {
        self.last_year
    }

    /// Whether the holidays of that date's year are known.
    #[must_use]
    pub fn covers(&self, date: Date) -> bool {
        (self.first_year..=self.last_year).contains(&date.year())
    }

    /// The holiday on that date. `None` also in a year that is not covered.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<Holiday> {
        let holidays = self.all();
        let found = holidays.binary_search_by_key(&date, |holiday| holiday.date);
        found.ok().map(|at| holidays[at])
    }

    /// The holidays from `first` to `last`, both included, by date.
    #[must_use]
    pub fn between(&self, first: Date, last: Date) -> &[Holiday] {
        let holidays = self.all();
        let begin = holidays.partition_point(|holiday| holiday.date < first);
        let end = holidays.partition_point(|holiday| holiday.date <= last);
        holidays.get(begin..end).unwrap_or_default()
    }

    fn all(&self) -> &[Holiday] {
        self.holidays.get_or_init(|| {
            read::holidays(self.lines, self.code).expect("the tests have read the embedded files")
        })
    }
}

#[cfg(test)]
mod tests;
