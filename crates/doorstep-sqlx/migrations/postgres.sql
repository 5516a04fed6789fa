-- Times are seconds since 1970.
CREATE TABLE doorstep_users (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Byte for byte, whatever the database's own collation is: `Admin` is not `admin`.
    username TEXT COLLATE "C" NOT NULL UNIQUE,
    hash     TEXT COLLATE "C",               -- NULL: there is no password to log in with
    scopes   TEXT NOT NULL,
    created  BIGINT NOT NULL,
    disabled BIGINT                          -- since when, NULL if it is not
);

-- Of a token only its digest is stored: who reads this table can use none.
CREATE TABLE doorstep_tokens (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest    BYTEA NOT NULL UNIQUE,
    user_id   BIGINT NOT NULL REFERENCES doorstep_users (id) ON DELETE CASCADE,
    scopes    TEXT NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT,                        -- NULL: never
    revoked   BIGINT,                        -- since when, NULL if it is not
    last_used BIGINT                         -- about, NULL if it was not
);

CREATE INDEX doorstep_tokens_by_user ON doorstep_tokens (user_id);
CREATE INDEX doorstep_tokens_by_expiry ON doorstep_tokens (expires);
