//! What the embedded files say, held against what is known without them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, Weekday};

use super::*;

/// A file that is larger makes every program larger; see docs/decisions.md.
const LARGEST_FILE_BYTES: usize = 2 << 20;

fn calendar() -> &'static Calendar {
    Calendar::embedded()
}

fn region(code: &str) -> Region {
    code.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn day(year: i32, month: u32, day: u32) -> Date {
    NaiveDate::from_ymd_opt(year, month, day)
        .unwrap()
        .try_into()
        .unwrap()
}

fn name(code: &str, on: &str) -> Option<&'static str> {
    let holiday = calendar().holiday(&region(code), date(on))?;
    assert_eq!(holiday.date, date(on));
    assert_eq!(holiday.takes, HolidayShare::Whole);
    Some(holiday.name)
}

/// Easter Sunday of the Gregorian calendar, as Meeus, Jones and Butcher calculate it.
fn easter(year: i32) -> Date {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let of_march = h + l - 7 * m + 22;
    day(year, 3, 1)
        .plus(u32::try_from(of_march - 1).unwrap())
        .unwrap()
}

#[test]
fn the_sixth_of_may_2027_is_ascension_in_bavaria() {
    assert_eq!(name("DE-BY", "2027-05-06"), Some("Ascension Day"));
    let week = calendar().region(&region("DE-BY")).unwrap();
    let week = week.between(date("2027-05-03"), date("2027-05-07"));
    assert_eq!(week.len(), 1);
}

#[test]
fn holidays_of_easter_move_with_it_in_every_year() {
    for year in 2015..=2045 {
        let easter = easter(year);
        for (code, days, name) in [
            ("DE", 1, "Easter Monday"),
            ("DE-BY", 39, "Ascension Day"),
            ("DE-BY", 60, "Corpus Christi"),
            ("FR", 1, "Easter Monday"),
            ("GB-ENG", 1, "Easter Monday"),
            ("AU-NSW", 1, "Easter Monday"),
        ] {
            let date = easter.plus(days).unwrap();
            let holiday = calendar().holiday(&region(code), date).unwrap();
            assert!(
                holiday.name.contains(name),
                "{code} {date}: {}",
                holiday.name
            );
        }
        let good_friday = easter.minus(2).unwrap();
        assert!(calendar().holiday(&region("GB"), good_friday).is_some());
        assert_eq!(
            calendar().holiday(&region("FR"), good_friday),
            None,
            "{year}"
        );
    }
}

#[test]
fn holidays_on_a_weekday_of_a_month_are_on_it_in_every_year() {
    let nth = |year, month, weekday, n: u8| {
        let date = NaiveDate::from_weekday_of_month_opt(year, month, weekday, n).unwrap();
        Date::try_from(date).unwrap()
    };
    for year in 2015..=2045 {
        for (code, date, name) in [
            ("US", nth(year, 11, Weekday::Thu, 4), "Thanksgiving"),
            ("US-NY", nth(year, 9, Weekday::Mon, 1), "Labor Day"),
            ("CA", nth(year, 9, Weekday::Mon, 1), "Labour Day"),
            ("JP", nth(year, 1, Weekday::Mon, 2), "Coming of Age Day"),
        ] {
            let holiday = calendar().holiday(&region(code), date).unwrap();
            assert!(
                holiday.name.starts_with(name),
                "{code} {date}: {}",
                holiday.name
            );
        }
    }
}

#[test]
fn a_holiday_on_a_weekend_is_made_up_for_where_the_law_says_so() {
    // 25 and 26 December 2021 were a Saturday and a Sunday.
    for code in ["GB-ENG", "GB-SCT"] {
        assert_eq!(name(code, "2021-12-27"), Some("Christmas Day (observed)"));
        assert_eq!(name(code, "2021-12-28"), Some("Boxing Day (observed)"));
    }
    assert_eq!(name("DE", "2021-12-27"), None);
    // A Sunday, a Saturday; and the first of January 2028 is a Saturday, observed in the year before.
    assert_eq!(
        name("US", "2027-07-05"),
        Some("Independence Day (observed)")
    );
    assert_eq!(
        name("US", "2026-07-03"),
        Some("Independence Day (observed)")
    );
    assert_eq!(name("US", "2027-12-31"), Some("New Year's Day (observed)"));
}

#[test]
fn what_happened_once_is_known() {
    assert_eq!(
        name("GB", "2022-09-19"),
        Some("State Funeral of Queen Elizabeth II")
    );
    assert_eq!(name("DE-NW", "2017-10-31"), Some("Reformation Day"));
    assert_eq!(name("DE-NW", "2018-10-31"), None);
    assert_eq!(name("DE-NI", "2018-10-31"), Some("Reformation Day"));
    // Moved for the Olympic games in Tokyo.
    assert_eq!(name("JP", "2021-07-23"), Some("Sports Day"));
    assert_eq!(name("JP", "2019-05-01"), Some("Emperor's Enthronement Day"));
}

#[test]
fn subdivisions_differ() {
    assert_eq!(name("DE-BY", "2027-01-06"), Some("Epiphany"));
    assert_eq!(name("DE-HH", "2027-01-06"), None);
    assert_eq!(name("DE", "2027-01-06"), None);
    assert!(name("GB-SCT", "2027-11-30").is_some());
    assert_eq!(name("GB-ENG", "2027-11-30"), None);
    assert!(name("CH-GE", "2027-12-31").is_some());
    assert!(name("US-MA", "2027-04-19").is_some());
}

#[test]
fn a_half_holiday_takes_the_afternoon() {
    let eve = calendar()
        .holiday(&region("IS"), date("2027-12-24"))
        .unwrap();
    assert_eq!(eve.takes, HolidayShare::Afternoon);
    // From 6 pm on, nobody works any more anyway.
    assert_eq!(name("AU-QLD", "2027-12-24"), None);
    // For soldiers only.
    assert_eq!(name("CN", "2027-08-01"), None);
}

#[test]
fn the_last_day_of_february_and_of_the_year_are_days_as_others() {
    assert_eq!(name("DE", "2028-02-29"), None);
    assert_eq!(name("DE", "2027-12-31"), None);
    let japan = calendar().region(&region("JP")).unwrap();
    let around = japan.between(date("2027-12-31"), date("2028-01-01"));
    assert_eq!(around.len(), 1);
    assert_eq!(around[0].date, date("2028-01-01"));
    assert!(
        japan
            .between(date("2028-02-29"), date("2028-02-29"))
            .is_empty()
    );
    let all = calendar().regions().flat_map(|region| region.all());
    let mut all = all.map(|holiday| holiday.date.naive());
    assert!(all.any(|date| (date.month(), date.day()) == (2, 29)));
}

#[test]
fn between_has_both_ends_and_is_empty_backwards() {
    let germany = calendar().region(&region("DE")).unwrap();
    let christmas = germany.between(date("2027-12-25"), date("2027-12-26"));
    assert_eq!(christmas.len(), 2);
    assert!(
        germany
            .between(date("2027-12-26"), date("2027-12-25"))
            .is_empty()
    );
    assert!(germany.between(Date::MAX, date("0001-01-01")).is_empty());
    assert_eq!(
        germany.between(date("0001-01-01"), Date::MAX),
        germany.all()
    );
}

#[test]
fn a_year_that_is_not_covered_is_not_a_year_without_holidays() {
    let germany = region("DE");
    for (year, covered) in [(2014, false), (2015, true), (2045, true), (2046, false)] {
        let christmas = day(year, 12, 25);
        assert_eq!(calendar().covers(&germany, christmas), covered, "{year}");
        assert_eq!(calendar().holiday(&germany, christmas).is_some(), covered);
    }
    // The package has a table for the lunar holidays of India, and it ends.
    assert!(calendar().covers(&region("IN"), date("2035-12-31")));
    assert!(!calendar().covers(&region("IN"), date("2036-01-01")));
    assert_eq!(name("IN", "2036-01-26"), None);
}

#[test]
fn an_unknown_region_has_no_holidays() {
    for code in ["XX", "DE-XX", "DE-", "-", "D", "DE-BY-X", "ZZZZ"] {
        assert!(!calendar().knows(&region(code)), "{code}");
        assert_eq!(name(code, "2027-12-25"), None);
        assert!(!calendar().covers(&region(code), date("2027-12-25")));
    }
}

#[test]
fn a_misspelt_region_has_similar_ones() {
    let similar = |code| calendar().similar(&region(code));
    assert_eq!(similar("DE-BX"), ["DE-BB", "DE-BE", "DE-BW", "DE-BY"]);
    assert_eq!(similar("NSW"), ["AU-NSW"]);
    assert_eq!(similar("IS-1"), ["IS"]);
    assert!(similar("XX").is_empty());
    assert!(similar("XX-Y").is_empty());
}

#[test]
fn every_line_is_read_and_says_something_new() {
    assert!(HOLIDAYS.len() + REGIONS.len() < LARGEST_FILE_BYTES);
    let lines = data(HOLIDAYS);
    let told_apart: Vec<_> = lines.iter().map(|line| fields(line)).collect();
    assert!(told_apart.windows(2).all(|two| two[0] < two[1]));
    let mut codes_of_country = BTreeMap::<_, usize>::new();
    for region in calendar().regions() {
        *codes_of_country.entry(&region.code[..2]).or_default() += 1;
    }
    let mut said = 0;
    for line in lines {
        assert!(!line.contains('\r'), "{line}");
        let [country, _, _, regions] = fields(line);
        let regions: Vec<_> = regions.split(' ').filter(|code| !code.is_empty()).collect();
        assert!(regions.windows(2).all(|two| two[0] < two[1]), "{line}");
        for code in &regions {
            assert!(calendar().knows(&region(code)), "{line}");
            said += read::holidays(line, code).unwrap().len();
        }
        if regions.is_empty() {
            said += read::holidays(line, country).unwrap().len() * codes_of_country[country];
        }
    }
    let read: usize = calendar().regions().map(|region| region.all().len()).sum();
    assert_eq!(read, said);
}

#[test]
fn every_region_is_one_and_its_holidays_are_in_its_years() {
    let regions: Vec<_> = calendar().regions().collect();
    assert_eq!(regions.len(), data(REGIONS).len());
    assert!(regions.windows(2).all(|two| two[0].code < two[1].code));
    for known in regions {
        let region = region(known.code);
        assert_eq!(region.as_str(), known.code);
        assert_eq!(calendar().region(&region).unwrap().code, known.code);
        let country = known.code.split('-').next().unwrap();
        assert!(country.len() == 2 && calendar().knows(&self::region(country)));
        assert!(known.first_year <= known.last_year, "{country}");
        assert!(
            known.all().windows(2).all(|two| two[0].date < two[1].date),
            "{}",
            known.code
        );
        for holiday in known.all() {
            assert!(known.covers(holiday.date), "{} {holiday:?}", known.code);
            assert!(!holiday.name.is_empty() && holiday.name.trim() == holiday.name);
            assert!(!holiday.name.contains(['"', '\n']), "{}", holiday.name);
        }
    }
}

#[test]
fn the_files_are_of_one_version() {
    assert_eq!(HOLIDAYS.lines().next(), REGIONS.lines().next());
    let version = calendar().version().strip_prefix("holidays ").unwrap();
    assert!(
        version.split('.').all(|part| part.parse::<u32>().is_ok()),
        "{version}"
    );
}

#[test]
fn a_name_with_a_comma_is_read_whole() {
    let saint = name("IT", "2026-10-04");
    assert_eq!(
        saint,
        Some("Saint Francis of Assisi, Patron Saint of Italy")
    );
}

#[test]
fn what_is_not_in_form_is_not_read() {
    for line in [
        "",
        "DE",
        "DE,A,whole,",
        "DE,A,half,,2027-01-01",
        "DE,A,whole,,2027-02-29",
        "DE,A,whole,,2027..2028-02-29",
        "DE,A,whole,,2027-1-1",
        "DE,\"A,whole,,2027-01-01",
        "DE,A,whole,,",
    ] {
        let line = format!("{line}\n").leak();
        assert_eq!(read::holidays(line, "DE"), None, "{line}");
    }
    let of = |holidays: &str, regions: &str| {
        let holidays = format!("# v 1\ncountry,holiday,takes,regions,dates\n{holidays}");
        let regions = format!("# v 1\nregion,first year,last year\n{regions}");
        read::calendar(holidays.leak(), regions.leak()).is_some()
    };
    assert!(of(
        "DE,A,whole,,2027-01-01\n",
        "DE,2015,2045\nDE-BY,2015,2045\n"
    ));
    // A country without a region, and a region without a country.
    assert!(!of("DE,A,whole,,2027-01-01\n", "FR,2015,2045\n"));
    assert!(!of(
        "DE,A,whole,,2027-01-01\n",
        "DE,2015,2045\nFR-6AE,2015,2045\n"
    ));
}

/// Whatever tells a line from others: the country, the holiday, what it takes, the regions.
fn fields(line: &str) -> [&str; 4] {
    let mut rest = line;
    [(); 4].map(|()| {
        let (field, left) = read::field(rest).unwrap();
        rest = left;
        field
    })
}

fn data(file: &'static str) -> Vec<&'static str> {
    let lines = file
        .lines()
        .filter(|line| !line.starts_with("# ") && *line != "#");
    lines.skip(1).collect()
}

#[test]
fn countries_are_there_with_their_subdivisions() {
    let countries: BTreeSet<_> = calendar().regions().map(|known| &known.code[..2]).collect();
    assert!(countries.len() >= 249, "{}", countries.len());
    for code in [
        "DE-BY", "US-CA", "GB-NIR", "CH-ZH", "AT-9", "CA-QC", "AU-NSW", "IN-MH", "PL",
    ] {
        assert!(calendar().knows(&region(code)), "{code}");
    }
}
