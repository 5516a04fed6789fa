//! Users and tokens in SQLite. Knows no password, only hashes, and no token, only digests.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use doorstep::{Account, Scopes, TokenDigest, TokenRecord, UnixTime};
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};

/// Whom a lookup found.
#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) username: String,
    /// The token that was looked up, if it was one.
    pub(crate) token: Option<TokenDigest>,
}

#[derive(Clone)]
pub(crate) struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens the database, and makes it first if there is none.
    pub(crate) async fn open(url: &str) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .foreign_keys(true)
            // Readers wait for nobody, and writers for each other.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(5));
        make_private(options.get_filename())?;
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        sqlx::raw_sql(include_str!("schema.sql")).execute(&pool).await?;
        Ok(Self { pool })
    }

    /// The user with this name, byte for byte.
    pub(crate) async fn find_user(
        &self,
        username: &str,
    ) -> Result<Option<(User, Account)>, sqlx::Error> {
        let row = sqlx::query("SELECT id, hash, scopes, disabled FROM users WHERE username = ?")
            .bind(username)
            .fetch_optional(&self.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let account = if row.try_get("disabled")? {
            Account::disabled()
        } else {
            Account::from(row.try_get::<Option<String>, _>("hash")?).with_scopes(scopes(&row)?)
        };
        Ok(Some((User { id: row.try_get("id")?, username: username.into(), token: None }, account)))
    }

    pub(crate) async fn has_user(&self, username: &str) -> Result<bool, sqlx::Error> {
        let row = sqlx::query("SELECT 1 FROM users WHERE username = ?")
            .bind(username)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.is_some())
    }

    /// Adds a user, and says whether the name was free.
    pub(crate) async fn add_user(&self, username: &str, hash: &str) -> Result<bool, sqlx::Error> {
        let [added] = self.add_users(&[(username, hash)]).await?[..] else { return Ok(false) };
        Ok(added)
    }

    /// Adds users, all of them or none, and says for each whether the name was free. Nobody's hash
    /// is overwritten.
    pub(crate) async fn add_users(&self, users: &[(&str, &str)]) -> Result<Vec<bool>, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let mut added = Vec::with_capacity(users.len());
        for (username, hash) in users {
            let sql = "INSERT INTO users (username, hash) VALUES (?, ?) ON CONFLICT DO NOTHING";
            let done =
                sqlx::query(sql).bind(username).bind(hash).execute(&mut *transaction).await?;
            added.push(done.rows_affected() == 1);
        }
        transaction.commit().await?;
        Ok(added)
    }

    /// Puts the new hash where the old one still is, and says whether it was.
    pub(crate) async fn replace_hash(
        &self,
        username: &str,
        old: &str,
        new: &str,
    ) -> Result<bool, sqlx::Error> {
        let done = sqlx::query("UPDATE users SET hash = ? WHERE username = ? AND hash = ?")
            .bind(new)
            .bind(username)
            .bind(old)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// The holder of the token with this digest, and the token's record.
    pub(crate) async fn find_token(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<(User, TokenRecord)>, sqlx::Error> {
        let sql = "SELECT digest, tokens.scopes, expires, revoked, disabled, id, username
                   FROM tokens JOIN users ON users.id = tokens.user WHERE digest = ?";
        let row = sqlx::query(sql).bind(&digest.as_bytes()[..]).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        let stored = <[u8; 32]>::try_from(row.try_get::<&[u8], _>("digest")?).map_err(decode)?;
        let mut record = TokenRecord::new(TokenDigest::from_bytes(stored));
        record.scopes = scopes(&row)?;
        record.expires = Some(UnixTime::from_secs(
            u64::try_from(row.try_get::<i64, _>("expires")?).map_err(decode)?,
        ));
        record.revoked = row.try_get("revoked")?;
        record.owner_disabled = row.try_get("disabled")?;
        let user = User {
            id: row.try_get("id")?,
            username: row.try_get("username")?,
            token: Some(record.digest),
        };
        Ok(Some((user, record)))
    }

    /// Stores a token of this user's, and forgets those that have expired.
    pub(crate) async fn add_token(
        &self,
        user: &User,
        token: &TokenRecord,
        now: UnixTime,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("DELETE FROM tokens WHERE expires <= ?")
            .bind(seconds(now))
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO tokens (digest, user, scopes, expires) VALUES (?, ?, ?, ?)")
            .bind(&token.digest.as_bytes()[..])
            .bind(user.id)
            .bind(token.scopes.as_str())
            .bind(token.expires.map_or(i64::MAX, seconds))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }

    pub(crate) async fn revoke_token(&self, digest: &TokenDigest) -> Result<(), sqlx::Error> {
        sqlx::query("UPDATE tokens SET revoked = 1 WHERE digest = ?")
            .bind(&digest.as_bytes()[..])
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Whether the database answers.
    pub(crate) async fn check(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1 FROM users LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(())
    }

    /// Waits for what is under way, and closes the file.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Makes the file if there is none, for its owner alone: whoever reads it can guess passwords. SQLite
/// gives the files beside it the same mode.
fn make_private(path: &Path) -> std::io::Result<()> {
    // Not a file but a URI, as for a database in memory.
    if path.to_string_lossy().starts_with("file:") {
        return Ok(());
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

fn scopes(row: &SqliteRow) -> Result<Scopes, sqlx::Error> {
    Scopes::parse(row.try_get("scopes")?).map_err(decode)
}

fn seconds(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// Something else stands in the database than was ever written there.
fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    async fn hash(store: &Store, username: &str) -> Option<String> {
        let sql = "SELECT hash FROM users WHERE username = ?";
        sqlx::query_scalar(sql).bind(username).fetch_optional(&store.pool).await.unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_replaced_only_where_the_old_one_still_is() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        assert!(store.add_user("alice", "old").await.unwrap());
        // Her password was changed while the new hash of the old one was made.
        assert!(store.replace_hash("alice", "old", "changed").await.unwrap());
        assert!(!store.replace_hash("alice", "old", "renewed").await.unwrap());
        assert!(!store.replace_hash("nobody", "old", "renewed").await.unwrap());
        assert_eq!(hash(&store, "alice").await.unwrap(), "changed");
    }

    #[tokio::test]
    async fn names_are_compared_byte_for_byte_and_taken_once() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        // The last two look the same: one has an accent of its own.
        let names = ["admin", "Admin", "admin ", "ADMIN", "z\u{eb}", "ze\u{308}"];
        let users = names.map(|name| (name, name));
        assert_eq!(store.add_users(&users).await.unwrap(), [true; 6]);
        let again = [("new", "1"), ("admin", "2"), ("new", "3")];
        assert_eq!(store.add_users(&again).await.unwrap(), [true, false, false]);
        for name in names {
            assert_eq!(hash(&store, name).await.unwrap(), name);
        }
        assert_eq!(hash(&store, "new").await.unwrap(), "1");
        assert!(store.find_user("aDMIN").await.unwrap().is_none());
    }
}
