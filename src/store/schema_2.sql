-- What version 2 adds: how the incidents went over time. A new database runs schema.sql, then this.
CREATE INDEX runs_by_time ON runs (started_at);
CREATE INDEX incidents_by_time ON incidents (last_seen);
CREATE INDEX incidents_open ON incidents (last_seen) WHERE resolved_at IS NULL;
CREATE INDEX attempts_waiting ON attempts (verdict) WHERE verdict IN ('under_way', 'on_probation');
-- Events of an incident by their own log times, in pieces of 300, 3600 or 86400 seconds from `start`.
CREATE TABLE buckets (
    incident TEXT NOT NULL REFERENCES incidents (id),
    seconds  INTEGER NOT NULL,
    start    TEXT NOT NULL,
    count    INTEGER NOT NULL,
    PRIMARY KEY (incident, seconds, start)
) WITHOUT ROWID;
CREATE INDEX buckets_by_time ON buckets (seconds, start, count);
-- Which incidents had events in a run.
CREATE TABLE sightings (
    incident TEXT NOT NULL REFERENCES incidents (id),
    run      TEXT NOT NULL,
    count    INTEGER NOT NULL,
    status   TEXT NOT NULL, -- new, ongoing, regressed or muted
    PRIMARY KEY (run, incident)
) WITHOUT ROWID;
CREATE INDEX sightings_of_incident ON sightings (incident, run, count);
-- When an incident began, or began again after a quiet time, by its own log times.
CREATE TABLE onsets (
    incident TEXT NOT NULL REFERENCES incidents (id),
    run      TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (incident, run)
) WITHOUT ROWID;
CREATE INDEX onsets_by_time ON onsets (at);
-- The life of an incident: new, regressed, resolved, muted, unmuted, resumed.
CREATE TABLE changes (
    id       INTEGER PRIMARY KEY,
    incident TEXT NOT NULL REFERENCES incidents (id),
    at       TEXT NOT NULL, -- the run's time
    status   TEXT NOT NULL,
    run      TEXT,
    since    TEXT, -- new, regressed: the first event's log time
    detail   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX changes_of_incident ON changes (incident, at);
CREATE INDEX changes_by_time ON changes (at);
-- Every verdict on an attempt; `attempts.verdict` is the last.
CREATE TABLE verdicts (
    attempt INTEGER NOT NULL REFERENCES attempts (id),
    at      TEXT NOT NULL,
    verdict TEXT NOT NULL,
    detail  TEXT NOT NULL
);
CREATE INDEX verdicts_of_attempt ON verdicts (attempt);
CREATE INDEX verdicts_by_time ON verdicts (at);
-- The kinds of step of an attempt's fix.
CREATE TABLE attempt_steps (
    attempt INTEGER NOT NULL REFERENCES attempts (id),
    kind    TEXT NOT NULL,
    PRIMARY KEY (attempt, kind)
) WITHOUT ROWID;
-- Known issues: counted, not listed.
CREATE TABLE mutes (
    incident  TEXT PRIMARY KEY REFERENCES incidents (id),
    since     TEXT NOT NULL,
    until     TEXT, -- NULL: for ever
    reason    TEXT NOT NULL,
    user_name TEXT NOT NULL,
    uid       INTEGER NOT NULL,
    sudo_user TEXT,
    events    INTEGER NOT NULL, -- how it went when it was muted: so many events ...
    seconds   INTEGER NOT NULL, -- ... in so many seconds
    total     INTEGER NOT NULL -- events of all runs until then
);
-- What a run found out beside its incidents, by name: model_requests, model_cached, model_seconds, ...
CREATE TABLE metrics (
    run   TEXT NOT NULL,
    name  TEXT NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (run, name)
) WITHOUT ROWID;
CREATE INDEX metrics_by_name ON metrics (name, run, value);
-- When old rows were last merged and removed. At most one row.
CREATE TABLE upkeep (
    at TEXT NOT NULL
);
-- What version 1 knew of the same.
INSERT INTO verdicts (attempt, at, verdict, detail)
    SELECT id, judged_at, verdict, detail FROM attempts WHERE judged_at IS NOT NULL;
INSERT INTO changes (incident, at, status, run, since)
    SELECT i.id, COALESCE(r.started_at, i.first_seen), 'new', i.first_run, i.first_seen
    FROM incidents i LEFT JOIN runs r ON r.id = i.first_run;
INSERT INTO changes (incident, at, status)
    SELECT id, resolved_at, 'resolved' FROM incidents WHERE resolved_at IS NOT NULL;
PRAGMA user_version = 2;
