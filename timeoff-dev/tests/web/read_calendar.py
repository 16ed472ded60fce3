"""Reads a calendar feed from its input as a calendar program does. Prints its name, and a line for each event:
UID, first day, day after the last, status, sequence, transparency, summary, with a bar in between.

It fails if the feed is not as RFC 5545 wants it, if an event has times of a day, or two events have one UID.
"""

import sys
from datetime import date, datetime, timezone

from icalendar import Calendar

calendar = Calendar.from_ical(sys.stdin.buffer.read())
assert not calendar.errors, calendar.errors
for name in ("VERSION", "PRODID"):
    assert name in calendar, name
print(calendar["X-WR-CALNAME"])
uids = set()
for event in calendar.walk("VEVENT"):
    assert not event.errors, event.errors
    first, end = event.decoded("DTSTART"), event.decoded("DTEND")
    for day in (first, end):
        assert type(day) is date, day
    assert first < end, (first, end)
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        at = event.decoded(name)
        assert type(at) is datetime and at.tzinfo is not None, at
        assert at <= datetime.now(timezone.utc), at
    uid = str(event["UID"])
    assert uid not in uids, uid
    uids.add(uid)
    fields = [uid, first, end, event["STATUS"], event["SEQUENCE"], event["TRANSP"], event["SUMMARY"]]
    print("|".join(str(field) for field in fields))
