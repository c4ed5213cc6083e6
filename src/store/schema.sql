-- heal.db, version 1; schema_2.sql comes after it. Times are RFC 3339 in UTC with microseconds, so that text order is time order.
CREATE TABLE runs (
    id            TEXT PRIMARY KEY,
    mode          TEXT NOT NULL,
    host          TEXT NOT NULL,
    heal_version  TEXT NOT NULL,
    started_at    TEXT NOT NULL,
    finished_at   TEXT,
    status        TEXT,
    exit_code     INTEGER,
    errors        INTEGER NOT NULL DEFAULT 0,
    fixes_applied INTEGER NOT NULL DEFAULT 0
);
-- A logs[] entry that has been read before: its first run's window no longer applies.
CREATE TABLE entries (
    name      TEXT PRIMARY KEY,
    first_run TEXT NOT NULL,
    since     TEXT -- where its first run began to read; NULL: with all there is
);
CREATE TABLE positions (
    entry      TEXT NOT NULL,
    path       TEXT NOT NULL,
    target     TEXT,
    copy       INTEGER NOT NULL, -- the text of another file, not read here
    device     INTEGER NOT NULL,
    inode      INTEGER NOT NULL,
    offset     INTEGER NOT NULL,
    lines      INTEGER,
    head_hash  TEXT NOT NULL,
    tail_hash  TEXT NOT NULL,
    size       INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL,
    ctime_ns   INTEGER NOT NULL,
    last_stamp TEXT,
    grown_ns   INTEGER NOT NULL,
    rhythm     TEXT NOT NULL, -- JSON
    run        TEXT NOT NULL,
    PRIMARY KEY (entry, device, inode)
);
-- The journal of a logs[] entry: the last entry that was read, and when each unit was seen last (JSON).
CREATE TABLE journals (
    entry  TEXT PRIMARY KEY,
    cursor TEXT,
    since  TEXT,
    seen   TEXT NOT NULL,
    run    TEXT NOT NULL
);
-- What the program of a logs[] entry has printed: hashes of its last lines (JSON).
CREATE TABLE commands (
    entry TEXT PRIMARY KEY,
    began TEXT NOT NULL,
    grown TEXT,
    count INTEGER NOT NULL,
    last  TEXT NOT NULL,
    run   TEXT NOT NULL
);
CREATE TABLE incidents (
    id          TEXT PRIMARY KEY,
    pattern     TEXT,
    template    TEXT NOT NULL,
    category    TEXT NOT NULL,
    severity    TEXT NOT NULL,
    description TEXT NOT NULL,
    total       INTEGER NOT NULL,
    first_seen  TEXT NOT NULL,
    last_seen   TEXT NOT NULL,
    first_run   TEXT NOT NULL,
    last_run    TEXT NOT NULL,
    resolved_at TEXT,
    told_at     TEXT,
    cried_at    TEXT, -- a person was called
    fresh_since TEXT -- attempts before it no longer count
);
CREATE TABLE incident_sources (
    incident TEXT NOT NULL REFERENCES incidents (id),
    source   TEXT NOT NULL,
    PRIMARY KEY (incident, source)
);
CREATE TABLE samples (
    incident TEXT NOT NULL REFERENCES incidents (id),
    number   INTEGER NOT NULL,
    source   TEXT NOT NULL,
    line     INTEGER NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (incident, number)
);
-- Events of an incident that agree in captured values and in who vouches for them: JSON.
CREATE TABLE facets (
    incident  TEXT NOT NULL REFERENCES incidents (id),
    captures  TEXT NOT NULL,
    vouched   TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    recent    TEXT NOT NULL,
    PRIMARY KEY (incident, captures, vouched)
);
-- At most one row: nothing is changed for a while.
CREATE TABLE pause (
    since  TEXT NOT NULL,
    until  TEXT,
    reason TEXT NOT NULL
);
-- One fix applied for one incident. Two rows share (run, fix) when one change serves two incidents.
CREATE TABLE attempts (
    id         INTEGER PRIMARY KEY,
    run        TEXT NOT NULL,
    incident   TEXT NOT NULL,
    fix        TEXT NOT NULL,
    target     TEXT NOT NULL,
    captures   TEXT NOT NULL, -- JSON: the captured values that it was applied with
    applied_at TEXT NOT NULL,
    settled_at TEXT,
    wrote      TEXT NOT NULL, -- SHA-256 over the values that it wrote
    verdict    TEXT NOT NULL,
    failed     INTEGER NOT NULL DEFAULT 0, -- was once seen not to help
    judged_at  TEXT,
    detail     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX attempts_of_incident ON attempts (incident, fix, target);
CREATE INDEX attempts_by_time ON attempts (applied_at);
PRAGMA user_version = 1;
