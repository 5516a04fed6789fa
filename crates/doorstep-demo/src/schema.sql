-- SQLite compares TEXT byte for byte unless a column says otherwise (COLLATE BINARY): `Admin` is not
-- `admin`.
CREATE TABLE IF NOT EXISTS users (
    id       INTEGER PRIMARY KEY,
    username TEXT NOT NULL UNIQUE COLLATE BINARY,
    hash     TEXT,                               -- NULL: there is no password to log in with
    scopes   TEXT NOT NULL DEFAULT '',
    disabled INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Of a token only its digest is stored: who reads this table can use none.
CREATE TABLE IF NOT EXISTS tokens (
    digest  BLOB PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scopes  TEXT NOT NULL,
    expires INTEGER NOT NULL,                    -- seconds since 1970
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS tokens_by_expiry ON tokens (expires);
CREATE INDEX IF NOT EXISTS tokens_by_user ON tokens (user);
