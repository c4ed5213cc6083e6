-- What version 3 adds: what the rules said of an incident in the last run that saw it.
CREATE TABLE diagnoses (
    incident       TEXT PRIMARY KEY REFERENCES incidents (id),
    run            TEXT NOT NULL,
    likely_cause   TEXT,
    recommendation TEXT,
    facts          TEXT NOT NULL -- JSON: [{"kind": ..., "text": ..., "evidence": [...]}, ...]
) WITHOUT ROWID;
PRAGMA user_version = 3;
