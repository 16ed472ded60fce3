"""Writes `holidays.csv` and `regions.csv` of timeoff-ledger into the folder that is its argument.

Both are what the package `holidays` says, and the same on every run. What the columns mean stands in
timeoff-ledger/src/calendar.rs.
"""

import csv
import re
import sys
import unicodedata
import warnings
from collections import defaultdict
from importlib.metadata import distribution
from pathlib import Path

import holidays

FIRST_YEAR, LAST_YEAR = 2015, 2045

# No government has announced holidays for these years yet: all that the package knows of them is calculated.
CALCULATED_FROM = 2030

# Half holidays that leave the afternoon to work: they begin in the evening, or shorten the day by less than half.
LEAVES_THE_AFTERNOON = re.compile(r"from [67]pm|shortened by")

# Half holidays for women, for the young and for soldiers only.
HALF_HOLIDAYS_OF_A_FEW = {"CN"}


def code(country, subdivision):
    """A region's code in the characters that a `Region` may have: `BR-SAO-PAULO-CAPITAL`."""
    text = f"{country}-{subdivision}" if subdivision else country
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    region = plain.upper().replace(" ", "-")
    assert re.fullmatch(r"[A-Z0-9-]{1,20}", region), text
    return region


def read(entity, subdivision, category):
    """The names of a region's holidays by their dates: in its own English, or in another, or else in its language."""
    languages = [entity.default_language, "en_US", *sorted(entity.supported_languages)]
    english = [lang for lang in languages if lang in entity.supported_languages and lang.startswith("en")]
    language = next(iter(english), None)
    # A year more on both sides: a holiday may be observed in the year before it, or after.
    years = range(FIRST_YEAR - 1, LAST_YEAR + 2)
    found = entity(subdiv=subdivision, years=years, language=language, categories=category)
    return {date: name for date, name in found.items() if FIRST_YEAR <= date.year <= LAST_YEAR}


def region_holidays(country, entity, subdivision):
    """A region's holidays by their dates, each with its name and what it takes."""
    days = {}
    if holidays.HALF_DAY in entity.supported_categories and country not in HALF_HOLIDAYS_OF_A_FEW:
        for date, name in read(entity, subdivision, holidays.HALF_DAY).items():
            if not LEAVES_THE_AFTERNOON.search(name):
                days[date] = (name, "afternoon")
    for date, name in read(entity, subdivision, holidays.PUBLIC).items():
        days[date] = (name, "whole")
    return days


def last_covered_year(entity, days):
    """The last year of which the package knows all holidays.

    It has tables for calendars that cannot be calculated, and says nothing where they end: a holiday that came each
    year does not come any more.
    """
    years = defaultdict(set)
    for date, (names, _) in days.items():
        for name in names.split("; "):
            years[name.removesuffix(" (estimated)")].add(date.year)
    last = min(LAST_YEAR, entity.end_year)
    for seen in years.values():
        end = max(seen)
        came_each_year = seen.issuperset(range(end - 4, end + 1))
        if came_each_year and CALCULATED_FROM <= end < LAST_YEAR - 2:
            last = min(last, end)
    return last


def dates(days):
    """A holiday's dates in order; one that comes on the same day year after year is a run: `2019..2045-03-08`."""
    runs = []
    for day, year in sorted((date.strftime("%m-%d"), date.year) for date in days):
        if runs and runs[-1][2] == day and runs[-1][1] == year - 1:
            runs[-1][1] = year
        else:
            runs.append([year, year, day])
    return " ".join(
        f"{first}-{day}" if first == last else f"{first}..{last}-{day}"
        for first, last, day in sorted(runs)
    )


def lines():
    """All lines of both files."""
    holiday_lines, region_lines = [], []
    for country, subdivisions in sorted(holidays.list_supported_countries(include_aliases=False).items()):
        entity = getattr(holidays, country)
        regions_by_day = defaultdict(set)
        regions = [None, *subdivisions]
        for subdivision in regions:
            region = code(country, subdivision)
            days = region_holidays(country, entity, subdivision)
            first, last = max(FIRST_YEAR, entity.start_year), last_covered_year(entity, days)
            region_lines.append((region, first, last))
            for date, (name, takes) in days.items():
                assert '"' not in name and "\n" not in name, name
                if first <= date.year <= last:
                    regions_by_day[date, name, takes].add(region)
        days_by_holiday = defaultdict(set)
        for (date, name, takes), where in regions_by_day.items():
            everywhere = len(where) == len(regions)
            text = "" if everywhere else " ".join(sorted(where))
            days_by_holiday[country, name, takes, text].add(date)
        for holiday, days in days_by_holiday.items():
            holiday_lines.append((*holiday, dates(days)))
    assert len({line[0] for line in region_lines}) == len(region_lines), "two regions have one code"
    return sorted(holiday_lines), sorted(region_lines)


def write(path, comment, head, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {line}".rstrip() + "\n" for line in comment)
        rows_of = csv.writer(file, lineterminator="\n")
        rows_of.writerow(head)
        rows_of.writerows(rows)


def main():
    # It is for `last_covered_year` to find out.
    warnings.filterwarnings("ignore", "Requested Holidays are available only")
    folder = Path(sys.argv[1])
    holiday_lines, region_lines = lines()
    package = distribution("holidays")
    origin = f"holidays {package.version}"
    licence = package.read_text("licenses/LICENSE").strip().splitlines()
    made_of = "Extracted from this package of PyPI by `timeoff-dev holidays`. Do not edit. The package's licence:"
    head = ("country", "holiday", "takes", "regions", "dates")
    write(folder / "holidays.csv", [origin, made_of, "", *licence], head, holiday_lines)
    head = ("region", "first year", "last year")
    write(folder / "regions.csv", [origin, "As holidays.csv."], head, region_lines)


main()
