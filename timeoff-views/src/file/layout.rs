//! The tables.
//!
//! Times are .NET ticks as on the wire, except for `appended_ms`: milliseconds since 1970, the record's own time stamp.
//! A `place` is a partition and an offset in one number; see `place.rs`.

/// Marks the file as a view: "TiOv".
pub(super) const APPLICATION_ID: i64 = 0x5469_4f76;

/// The version of all that is below, and of what the fold puts there. A view of an older version is folded anew.
pub(super) const VERSION: i64 = 6;

pub(super) const TABLES: &str = "
CREATE TABLE meta (
    name         TEXT PRIMARY KEY,
    value        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
    topic        INTEGER NOT NULL,   -- see topic.rs
    partition    INTEGER NOT NULL,
    offset       INTEGER NOT NULL,   -- of the record that was folded last
    appended_ms  INTEGER NOT NULL,   -- its time stamp
    print        INTEGER NOT NULL,   -- and what it was: see print.rs
    PRIMARY KEY (topic, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE passed_over (
    topic        INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    reason       TEXT NOT NULL,
    PRIMARY KEY (topic, place)
) STRICT, WITHOUT ROWID;

-- In the order of reading, which is the cheapest to write: its keys mean nothing, and another fold gives others.
CREATE TABLE applications (
    key          INTEGER PRIMARY KEY,
    place        INTEGER NOT NULL,
    id           TEXT NOT NULL,
    appended_ms  INTEGER NOT NULL,
    email        TEXT NOT NULL,
    department   TEXT NOT NULL,
    hours        INTEGER NOT NULL,
    start        INTEGER NOT NULL,
    submitted_at INTEGER,
    leave_type   TEXT,
    end          INTEGER,
    first_day    TEXT,
    last_day     TEXT,
    minutes      INTEGER,
    note         TEXT,
    substitute   TEXT,
    submitted_by TEXT,
    replaces     TEXT
) STRICT;

-- The applications by the hash of their ids; see hash.rs. Once all are there that there were, every one has its row.
CREATE TABLE ids (
    hash         INTEGER NOT NULL,
    key          INTEGER NOT NULL,
    PRIMARY KEY (hash, key)
) STRICT, WITHOUT ROWID;

-- What follows is filled once everything is folded that there was, as indexes would be. They are tables because the fold
-- sorts their rows faster than SQLite does.

-- The applications of an employee in the order of time, by the hash of the e-mail address.
CREATE TABLE by_email (
    hash         INTEGER NOT NULL,
    appended_ms  INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    key          INTEGER NOT NULL,
    PRIMARY KEY (hash, appended_ms, place)
) STRICT, WITHOUT ROWID;

-- All applications in the order of time.
CREATE TABLE by_time (
    appended_ms  INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    key          INTEGER NOT NULL,
    PRIMARY KEY (appended_ms, place)
) STRICT, WITHOUT ROWID;

-- All applications in the order of the leave's start.
CREATE TABLE by_start (
    start        INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    key          INTEGER NOT NULL,
    PRIMARY KEY (start, place)
) STRICT, WITHOUT ROWID;

-- The applications that have no answer, in the order of time.
CREATE TABLE waiting (
    appended_ms  INTEGER NOT NULL,
    place        INTEGER NOT NULL,
    key          INTEGER NOT NULL,
    PRIMARY KEY (appended_ms, place)
) STRICT, WITHOUT ROWID;

-- What became of applications, under their keys. Not in their rows: each would be written twice, and SQLite would have
-- to move what is behind it.
CREATE TABLE answers (
    key          INTEGER PRIMARY KEY,
    withdrawn    INTEGER,            -- the place of the event
    outcome      INTEGER,            -- see status.rs
    result_place INTEGER,
    result_ms    INTEGER,
    decided_by   TEXT,
    decided_at   INTEGER,
    comment      TEXT,
    sentence     TEXT                -- NULL: the outcome's own
) STRICT;

-- The keys that answers have reserved for applications that have not been read yet: topics are read independently of
-- each other.
CREATE TABLE early_answers (
    id           TEXT PRIMARY KEY,
    key          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE commands (
    place        INTEGER PRIMARY KEY,
    id           TEXT NOT NULL,
    appended_ms  INTEGER NOT NULL,
    type         TEXT NOT NULL,
    asked_by     TEXT NOT NULL,
    asked_at     INTEGER NOT NULL,
    application  TEXT,
    person       TEXT,
    fields       TEXT                -- JSON; NULL: a type that is not known
) STRICT;

CREATE TABLE events (
    place        INTEGER PRIMARY KEY,
    appended_ms  INTEGER NOT NULL,
    type         TEXT NOT NULL,
    at           INTEGER NOT NULL,
    by           TEXT,
    command      TEXT,
    application  TEXT,
    person       TEXT,
    other_person TEXT,
    reason       TEXT,
    fields       TEXT NOT NULL       -- JSON
) STRICT;

CREATE TABLE delegations (
    place        INTEGER PRIMARY KEY,
    person       TEXT NOT NULL,
    other_person TEXT NOT NULL,
    from_date    INTEGER NOT NULL,
    until_date   INTEGER NOT NULL
) STRICT;

-- What each partition says of a person. Partitions are read independently of each other, so where a person has moved
-- is known only from all of them.
CREATE TABLE stays (
    person       TEXT NOT NULL,
    partition    INTEGER NOT NULL,
    entered_ms   INTEGER NOT NULL,
    entered      INTEGER NOT NULL,   -- the place of the event
    moved_to     TEXT,               -- NULL: still there
    email        TEXT NOT NULL,
    name         TEXT NOT NULL,
    department   TEXT NOT NULL,
    role         TEXT NOT NULL,
    region       TEXT,
    schedule     TEXT,
    from_date    INTEGER,
    until_date   INTEGER,
    tags         TEXT NOT NULL,
    left_on      INTEGER,
    is_guest     INTEGER NOT NULL,   -- whether the partition is another department's than this one
    earlier_terms TEXT,
    PRIMARY KEY (person, partition)
) STRICT, WITHOUT ROWID;

-- Of each person the stay that counts.
CREATE TABLE people (
    id           TEXT PRIMARY KEY,
    partition    INTEGER NOT NULL,
    entered_ms   INTEGER NOT NULL,
    email        TEXT NOT NULL,
    name         TEXT NOT NULL,
    department   TEXT NOT NULL,
    role         TEXT NOT NULL,
    region       TEXT,
    schedule     TEXT,
    from_date    INTEGER,
    until_date   INTEGER,
    tags         TEXT NOT NULL,
    left_on      INTEGER,
    earlier_terms TEXT
) STRICT, WITHOUT ROWID;

-- What is booked in each partition of a person's leave, day by day. Without a row, nothing was booked by days.
CREATE TABLE booked (
    person       TEXT NOT NULL,
    partition    INTEGER NOT NULL,
    application  TEXT NOT NULL,
    days         TEXT NOT NULL,      -- as in LeaveBooked; empty: none is left
    first        INTEGER,
    last         INTEGER,
    is_admitted  INTEGER NOT NULL,   -- whether they have brought it from another department
    PRIMARY KEY (person, partition, application)
) STRICT, WITHOUT ROWID;
";

/// The ticks of a day.
pub(crate) const DAY: i64 = 864_000_000_000;

/// Leave that waits, or was not booked by days, is found by its start if it has no more hours, and no more days from its
/// start to its end than these hours may take of whoever works eight hours in a week. Other leave is in an index of its
/// own, so that whoever asks who is away need not look at all that began in the years before.
pub(crate) const HOURS_OF_SHORT_LEAVE: i64 = 40;

/// [`HOURS_OF_SHORT_LEAVE`] in ticks: 42 days. See [`last_day`].
pub(crate) const LENGTH_OF_SHORT_LEAVE: i64 = (HOURS_OF_SHORT_LEAVE * 7 / 8 + 7) * DAY;

/// Leave that was booked by days is found by its first day if its last one is no later than this many ticks after that:
/// 14 days. Other leave is in an index of its own.
pub(crate) const LENGTH_OF_SHORT_BOOKED_LEAVE: i64 = 14 * DAY;

/// The last day that the leave of an application may have, as in SQL. An hour may take 7 / 8 of a day, because nobody works
/// less than eight hours in a week; and those may be at the end of the week.
pub(crate) fn last_day() -> String {
    format!("coalesce(end, start + (hours * 7 / 8 + 7) * {DAY})")
}

/// Which applications are in the index of long leaves, as in SQL.
pub(crate) fn is_long() -> String {
    format!("(hours > {HOURS_OF_SHORT_LEAVE} OR end > start + {LENGTH_OF_SHORT_LEAVE})")
}

/// Which booked leave is in the index of long ones, as in SQL.
pub(crate) fn is_long_booked() -> String {
    format!("last - first > {LENGTH_OF_SHORT_BOOKED_LEAVE}")
}

/// What only queries need: pages are read in the order of an index. Those of booked leave have all that a wallchart asks
/// for, so that it reads them and nothing else.
pub(super) fn indexes() -> String {
    format!(
        "{INDEXES}
CREATE INDEX long_leaves ON applications ({last_day}, start, place) WHERE {is_long};
CREATE INDEX long_booked ON booked (partition, last, first, days, is_admitted) WHERE {is_long_booked};
",
        last_day = last_day(),
        is_long = is_long(),
        is_long_booked = is_long_booked()
    )
}

const INDEXES: &str = "
CREATE INDEX applications_by_place ON applications (place);
CREATE INDEX commands_by_id ON commands (id);
CREATE INDEX events_by_time ON events (appended_ms);
CREATE INDEX events_by_application ON events (application, appended_ms) WHERE application IS NOT NULL;
CREATE INDEX events_by_person ON events (person, appended_ms) WHERE person IS NOT NULL;
CREATE INDEX events_by_other_person ON events (other_person, appended_ms) WHERE other_person IS NOT NULL;
CREATE INDEX policies ON events (place) WHERE type = 'PolicySet';
CREATE INDEX events_by_command ON events (command) WHERE command IS NOT NULL;
CREATE INDEX people_by_email ON people (email);
CREATE INDEX stays_by_email ON stays (email);
CREATE INDEX delegations_by_other_person ON delegations (other_person);
CREATE INDEX booked_by_first ON booked (partition, first, last, days, is_admitted);
CREATE INDEX booked_by_application ON booked (application);
";
