//! Reads the two files.

use std::sync::OnceLock;

use timeoff_models::Date;

use super::{Calendar, Holiday, HolidayShare, RegionCalendar};

/// A calendar with the regions of one file, whose holidays are still to be read from the other.
///
/// `None` when one of them is not as it should be.
pub(super) fn calendar(holidays: &'static str, regions: &'static str) -> Option<Calendar> {
    let version = holidays.lines().next()?.strip_prefix("# ")?;
    let (_, holidays) = holidays.split_once("\ncountry,holiday,takes,regions,dates\n")?;
    let (_, regions) = regions.split_once("\nregion,first year,last year\n")?;
    let mut left = holidays;
    let mut country = ("", "");
    let regions = regions.lines().map(|line| {
        let (code, years) = line.split_once(',')?;
        let (first, last) = years.split_once(',')?;
        // The country stands before its subdivisions, and both files have the countries in the same order.
        if !code.contains('-') {
            let (lines, rest) = left.split_at(length_about(code, left));
            country = (code, lines);
            left = rest;
        }
        (code.split('-').next() == Some(country.0)).then_some(())?;
        Some(RegionCalendar {
            code,
            first_year: first.parse().ok()?,
            last_year: last.parse().ok()?,
            lines: country.1,
            holidays: OnceLock::new(),
        })
    });
    let regions: Vec<RegionCalendar> = regions.collect::<Option<_>>()?;
    let codes = regions.iter().map(|region| region.code);
    let places = codes.zip(0..).collect();
    left.is_empty().then_some(Calendar {
        version,
        regions,
        places,
    })
}

/// The length of the lines about a country at the beginning of these.
fn length_about(country: &str, lines: &str) -> usize {
    let is_about =
        |line: &&str| line.starts_with(country) && line[country.len()..].starts_with(',');
    let lines = lines.split_inclusive('\n').take_while(is_about);
    lines.map(str::len).sum()
}

/// What the lines about a country say of one of its regions, sorted by date.
///
/// `None` when one of them is not as it should be.
pub(super) fn holidays(lines: &'static str, region: &str) -> Option<Vec<Holiday>> {
    let mut holidays = Vec::new();
    for line in lines.lines() {
        let (_country, rest) = field(line)?;
        let (name, rest) = field(rest)?;
        let (takes, rest) = field(rest)?;
        let (regions, dates) = field(rest)?;
        let takes = match takes {
            "whole" => HolidayShare::Whole,
            "afternoon" => HolidayShare::Afternoon,
            _ => return None,
        };
        if regions.is_empty() || regions.split(' ').any(|code| code == region) {
            for run in dates.split(' ') {
                let dates = days(run)?.map(|date| {
                    Some(Holiday {
                        date: date?,
                        name,
                        takes,
                    })
                });
                holidays.extend(dates.collect::<Option<Vec<_>>>()?);
            }
        }
    }
    holidays.sort_unstable_by_key(|holiday| holiday.date);
    holidays.shrink_to_fit();
    Some(holidays)
}

/// The first field of a line, and what comes after its comma.
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\","),
        None => line.split_once(','),
    }
}

/// The days of `2027-05-06`, or of `2015..2045-01-06`.
fn days(run: &str) -> Option<impl Iterator<Item = Option<Date>>> {
    let (first, last) = run.split_once("..").unwrap_or((run.get(..4)?, run));
    let last = last.parse::<Date>().ok()?;
    let years = first.parse::<u16>().ok()?..=last.year();
    Some(years.map(move |year| {
        let date = chrono::Datelike::with_year(&last.naive(), year.into())?;
        Date::try_from(date).ok()
    }))
}
