-- User-ids and hashes are bytes: every collation of characters that MySQL and MariaDB both have pads
-- with blanks, to which `Admin ` is `Admin`, and the default one ignores case and accents as well.
-- IF NOT EXISTS, since a CREATE cannot be rolled back here. Times are seconds since 1970.
CREATE TABLE IF NOT EXISTS doorstep_users (
    id       BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    username VARBINARY(1024) NOT NULL UNIQUE,
    hash     VARBINARY(1024),                -- NULL: there is no password to log in with
    scopes   VARBINARY(2048) NOT NULL,
    created  BIGINT NOT NULL,
    disabled BIGINT                          -- since when, NULL if it is not
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- Of a token only its digest is stored: who reads this table can use none.
CREATE TABLE IF NOT EXISTS doorstep_tokens (
    id        BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    digest    BINARY(32) NOT NULL UNIQUE,
    user_id   BIGINT NOT NULL,
    scopes    VARBINARY(2048) NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT,                        -- NULL: never
    revoked   BIGINT,                        -- since when, NULL if it is not
    last_used BIGINT,                        -- about, NULL if it was not
    INDEX doorstep_tokens_by_user (user_id),
    INDEX doorstep_tokens_by_expiry (expires),
    FOREIGN KEY (user_id) REFERENCES doorstep_users (id) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;
