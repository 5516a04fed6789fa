-- Ids are not used twice (AUTOINCREMENT): what still knows the id of a deleted user must not meet the
-- next one. Times are seconds since 1970.
CREATE TABLE doorstep_users (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Byte for byte: `Admin` is not `admin`.
    username TEXT NOT NULL UNIQUE COLLATE BINARY,
    hash     TEXT COLLATE BINARY,            -- NULL: there is no password to log in with
    scopes   TEXT NOT NULL,
    created  INTEGER NOT NULL,
    disabled INTEGER                         -- since when, NULL if it is not
) STRICT;

-- Of a token only its digest is stored: who reads this table can use none.
CREATE TABLE doorstep_tokens (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    digest    BLOB NOT NULL UNIQUE,
    user_id   INTEGER NOT NULL REFERENCES doorstep_users (id) ON DELETE CASCADE,
    scopes    TEXT NOT NULL,
    created   INTEGER NOT NULL,
    expires   INTEGER,                       -- NULL: never
    revoked   INTEGER,                       -- since when, NULL if it is not
    last_used INTEGER                        -- about, NULL if it was not
) STRICT;

CREATE INDEX doorstep_tokens_by_user ON doorstep_tokens (user_id);
CREATE INDEX doorstep_tokens_by_expiry ON doorstep_tokens (expires);
