-- What version 5 adds: how sure the model was when it named a fix, so that later verdicts tell what its word is worth.
CREATE TABLE opinions (
    run        TEXT NOT NULL,
    incident   TEXT NOT NULL,
    confidence TEXT,
    fix        TEXT, -- the registered fix that it named
    suggestion TEXT, -- the id of what it proposed itself
    PRIMARY KEY (run, incident)
) WITHOUT ROWID;
PRAGMA user_version = 5;
