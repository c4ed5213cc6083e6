-- What version 4 adds: sums over the buckets of days, so that a year is told at once. Triggers keep them: whatever
-- changes a bucket, they say the same.
CREATE TABLE days (
    start     TEXT PRIMARY KEY,
    errors    INTEGER NOT NULL,
    incidents INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE months (
    incident TEXT NOT NULL,
    month    TEXT NOT NULL, -- 2026-01
    errors   INTEGER NOT NULL,
    days     INTEGER NOT NULL,
    PRIMARY KEY (incident, month)
) WITHOUT ROWID;
INSERT INTO days SELECT start, SUM(count), COUNT(*) FROM buckets WHERE seconds = 86400 GROUP BY start;
INSERT INTO months
    SELECT incident, substr(start, 1, 7), SUM(count), COUNT(*) FROM buckets WHERE seconds = 86400 GROUP BY 1, 2;
CREATE TRIGGER day_added AFTER INSERT ON buckets WHEN NEW.seconds = 86400 BEGIN
    INSERT INTO days VALUES (NEW.start, NEW.count, 1)
        ON CONFLICT (start) DO UPDATE SET errors = errors + excluded.errors, incidents = incidents + 1;
    INSERT INTO months VALUES (NEW.incident, substr(NEW.start, 1, 7), NEW.count, 1)
        ON CONFLICT (incident, month) DO UPDATE SET errors = errors + excluded.errors, days = days + 1;
END;
CREATE TRIGGER day_removed AFTER DELETE ON buckets WHEN OLD.seconds = 86400 BEGIN
    UPDATE days SET errors = errors - OLD.count, incidents = incidents - 1 WHERE start = OLD.start;
    DELETE FROM days WHERE start = OLD.start AND incidents = 0;
    UPDATE months SET errors = errors - OLD.count, days = days - 1
        WHERE incident = OLD.incident AND month = substr(OLD.start, 1, 7);
    DELETE FROM months WHERE incident = OLD.incident AND month = substr(OLD.start, 1, 7) AND days = 0;
END;
CREATE TRIGGER day_changed AFTER UPDATE ON buckets WHEN NEW.seconds = 86400 OR OLD.seconds = 86400 BEGIN
    INSERT INTO days SELECT NEW.start, NEW.count, 1 WHERE NEW.seconds = 86400
        ON CONFLICT (start) DO UPDATE SET errors = errors + excluded.errors, incidents = incidents + 1;
    INSERT INTO months SELECT NEW.incident, substr(NEW.start, 1, 7), NEW.count, 1 WHERE NEW.seconds = 86400
        ON CONFLICT (incident, month) DO UPDATE SET errors = errors + excluded.errors, days = days + 1;
    UPDATE days SET errors = errors - OLD.count, incidents = incidents - 1
        WHERE OLD.seconds = 86400 AND start = OLD.start;
    DELETE FROM days WHERE start = OLD.start AND incidents = 0;
    UPDATE months SET errors = errors - OLD.count, days = days - 1
        WHERE OLD.seconds = 86400 AND incident = OLD.incident AND month = substr(OLD.start, 1, 7);
    DELETE FROM months WHERE incident = OLD.incident AND month = substr(OLD.start, 1, 7) AND days = 0;
END;
-- Starts of units, as their journal tells them.
CREATE TABLE starts (
    unit TEXT NOT NULL,
    at   TEXT NOT NULL,
    PRIMARY KEY (unit, at)
) WITHOUT ROWID;
PRAGMA user_version = 4;
