//! The tables.
//!
//! Times are .NET ticks as on the wire, except for `appended_ms`: milliseconds since 1970, the record's own time stamp.
//! A `place` is a partition and an offset in one number; see `place.rs`.

/// Marks the file as a view: "TiOv".
pub(super) const APPLICATION_ID: i64 = 0x5469_4f76;

/// The version of all that is below, and of what the fold puts there. A view of an older version is folded anew.
pub(super) const VERSION: i64 = 1;

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
    replaces     TEXT,
    status       INTEGER NOT NULL,   -- see status.rs
    answer       INTEGER NOT NULL    -- a key; see answers.rs
) STRICT;

-- What became of applications. Not in their rows: these would grow, and SQLite would have to move what is behind them.
CREATE TABLE answers (
    key          INTEGER PRIMARY KEY,
    withdrawn    INTEGER,            -- the place of the event
    outcome      INTEGER,            -- a status
    result_place INTEGER,
    result_ms    INTEGER,
    decided_by   TEXT,
    decided_at   INTEGER,
    comment      TEXT,
    sentence     TEXT                -- NULL: the outcome's own
) STRICT;

-- Answers to applications that have not been read yet: topics are read independently of each other.
CREATE TABLE early_answers (
    id           TEXT PRIMARY KEY,
    answer       INTEGER NOT NULL
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
    left_on      INTEGER
) STRICT, WITHOUT ROWID;
";

/// What results need to find their applications, and what notices an id that was used before.
pub(super) const ID_INDEX: &str =
    "CREATE UNIQUE INDEX IF NOT EXISTS applications_by_id ON applications (id)";

/// What only queries need: pages are read in the order of an index.
pub(super) const INDEXES: &str = "
CREATE INDEX applications_by_email ON applications (email, appended_ms, place);
CREATE INDEX applications_by_time ON applications (appended_ms, place);
CREATE INDEX applications_by_start ON applications (start, place);
CREATE INDEX applications_waiting ON applications (appended_ms, place) WHERE status = 2;
CREATE INDEX commands_by_id ON commands (id);
CREATE INDEX events_by_time ON events (appended_ms);
CREATE INDEX events_by_application ON events (application, appended_ms) WHERE application IS NOT NULL;
CREATE INDEX events_by_person ON events (person, appended_ms) WHERE person IS NOT NULL;
CREATE INDEX events_by_other_person ON events (other_person, appended_ms) WHERE other_person IS NOT NULL;
CREATE INDEX events_by_command ON events (command) WHERE command IS NOT NULL;
CREATE INDEX people_by_email ON people (email);
";
