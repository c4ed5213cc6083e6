-- What version 6 adds: what is stored of a path that holds a secret, to find the file again by: JSON; NULL where `path`
-- and `target` are the paths themselves.
ALTER TABLE positions ADD COLUMN seal TEXT;
-- The rules of redaction under which everything was stored, as a hash.
CREATE TABLE redaction (rules TEXT NOT NULL);
PRAGMA user_version = 6;
