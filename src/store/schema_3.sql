-- What version 3 adds. An incident may begin several times in a run.
CREATE TABLE onsets_3 (
    incident TEXT NOT NULL REFERENCES incidents (id),
    run      TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (incident, run, at)
) WITHOUT ROWID;
INSERT INTO onsets_3 SELECT incident, run, at FROM onsets;
DROP TABLE onsets;
ALTER TABLE onsets_3 RENAME TO onsets;
CREATE INDEX onsets_by_time ON onsets (at);
-- What the rules said of an incident in the last run that saw it.
CREATE TABLE diagnoses (
    incident       TEXT PRIMARY KEY REFERENCES incidents (id),
    run            TEXT NOT NULL,
    likely_cause   TEXT,
    recommendation TEXT,
    facts          TEXT NOT NULL -- JSON: [{"kind": ..., "text": ..., "evidence": [...]}, ...]
) WITHOUT ROWID;
PRAGMA user_version = 3;
