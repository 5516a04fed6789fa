//! The store: what the steps ask for. Decides nothing.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use doorstep::driver::Store;
use doorstep::{Account, FindToken, FindUser, Replace, Scopes, TokenDigest, TokenRecord, UnixTime};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::database::{Pool, Row};
use crate::error::{Error, ErrorKind};
use crate::options::Options;
use crate::sql::{Sql, Value, sql};
use crate::tokens::TokenId;
use crate::users::UserId;

/// Users and tokens in a database. Cheap to clone.
///
/// What it does for the steps it does as a [`Store`]; the rest is for the host's own routes and
/// tools.
#[derive(Clone)]
pub struct SqlStore {
    pool: Pool,
    pub(crate) options: Options,
    /// The one last use that is being written.
    touching: Arc<Semaphore>,
}

/// Whom a lookup found.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The key of its row, which no other user gets later.
    pub id: UserId,
    /// The user-id.
    pub username: String,
    /// The token that was looked up, if it was one: for a route that revokes it.
    pub token: Option<TokenId>,
}

impl SqlStore {
    /// The most bytes of a user-id, as many as an authenticator lets in: MySQL's index takes 3072.
    pub const MAX_USERNAME_LEN: usize = 1024;
    /// The most bytes of a hash: none that is written here has more than a few hundred.
    pub const MAX_HASH_LEN: usize = 1024;
    /// The most bytes of a user's or a token's scopes.
    pub const MAX_SCOPES_LEN: usize = 2048;

    /// Opens a database with the default [`Options`].
    ///
    /// # Errors
    /// As [`Options::connect`].
    pub async fn connect(url: &str) -> Result<Self, Error> {
        Options::default().connect(url).await
    }

    pub(crate) fn new(pool: Pool, options: Options) -> Self {
        Self { pool, options, touching: Arc::new(Semaphore::new(1)) }
    }

    /// Makes the tables `doorstep_users` and `doorstep_tokens`, or brings them to this version.
    /// What was done is noted in `doorstep_migrations`. Several processes may do it at once.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if another version was here, or the database's.
    pub async fn migrate(&self) -> Result<(), Error> {
        // Each of its statements has a deadline at the server, of which a server that is not reached
        // says nothing.
        let deadline = self.options.deadline().saturating_mul(20);
        timeout(deadline, self.pool.migrate()).await.map_err(|_| ErrorKind::Timeout)?
    }

    /// Whether the database answers and has the tables.
    ///
    /// # Errors
    /// The database's.
    pub async fn check(&self) -> Result<(), Error> {
        const ANY: Sql = sql!("SELECT id FROM doorstep_users WHERE id = 0");
        self.rows(&ANY, &[]).await.map(drop)
    }

    /// Waits for what is under way, and closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Puts the new hash where the old one still is, and says whether it was.
    ///
    /// It is what [`Replace`] asks for, and what renews a hash by an
    /// [`Upgrade`](doorstep::Upgrade) that was deferred.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidHash`], or the database's.
    pub async fn replace_hash(&self, user: UserId, old: &str, new: &str) -> Result<bool, Error> {
        const SWAP: Sql =
            sql!("UPDATE doorstep_users SET hash = "{1}" WHERE id = "{2}" AND hash = "{3});
        // No row holds a hash that this database cannot compare with.
        if storable(old, Self::MAX_HASH_LEN).is_none() {
            return Ok(false);
        }
        let new = storable(new, Self::MAX_HASH_LEN).ok_or(ErrorKind::InvalidHash)?;
        let swapped = self.execute(&SWAP, &[new.into(), user.as_i64().into(), old.into()]).await?;
        Ok(swapped == 1)
    }

    pub(crate) async fn execute(&self, sql: &Sql, values: &[Value<'_>]) -> Result<u64, Error> {
        self.pool.execute(self.options.deadline(), sql, values).await
    }

    pub(crate) async fn rows(&self, sql: &Sql, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        self.pool.rows(self.options.deadline(), sql, values).await
    }

    pub(crate) async fn insert(&self, sql: &Sql, values: &[Value<'_>]) -> Result<i64, Error> {
        self.pool.insert(self.options.deadline(), sql, values).await
    }

    pub(crate) async fn insert_all(
        &self,
        sql: &Sql,
        batch: &[Vec<Value<'_>>],
    ) -> Result<Vec<bool>, Error> {
        self.pool.insert_all(self.options.deadline(), sql, batch).await
    }

    pub(crate) fn now(&self) -> i64 {
        secs((self.options.clock)())
    }

    /// The row that a query finds for a user-id, which is its second column.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if it is another user's, since somebody gave the column another collation.
    pub(crate) async fn row_by_name(
        &self,
        find: &Sql,
        username: &str,
    ) -> Result<Option<Row>, Error> {
        // What cannot be stored was not.
        let Some(username) = storable(username, Self::MAX_USERNAME_LEN) else { return Ok(None) };
        let row = self.rows(find, &[username.into()]).await?.into_iter().next();
        match row {
            Some(row) if row.text(1)? != username => Err(ErrorKind::Schema.into()),
            row => Ok(row),
        }
    }

    async fn user_by_name(&self, username: &str) -> Result<Option<(User, Account)>, Error> {
        const FIND: Sql = sql!(
            "SELECT id, username, hash, scopes, disabled FROM doorstep_users WHERE username = " {1}
        );
        let Some(row) = self.row_by_name(&FIND, username).await? else { return Ok(None) };
        let user = User { id: UserId::from_i64(row.int(0)?), username: row.text(1)?, token: None };
        let account = match row.maybe_int(4)? {
            Some(_) => Account::disabled(),
            None => Account::from(row.maybe_text(2)?).with_scopes(scopes(&row.text(3)?)?),
        };
        Ok(Some((user, account)))
    }

    async fn token_by_digest(
        &self,
        digest: &TokenDigest,
    ) -> Result<Option<(User, TokenRecord)>, Error> {
        const FIND: Sql = sql!(
            "SELECT t.digest, t.id, t.scopes, t.expires, t.revoked, t.last_used,
                    u.id, u.username, u.disabled
             FROM doorstep_tokens t JOIN doorstep_users u ON u.id = t.user_id WHERE t.digest = " {1}
        );
        let rows = self.rows(&FIND, &[digest.as_bytes().into()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let mut record = TokenRecord::new(TokenDigest::from_bytes(row.digest(0)?));
        record.scopes = scopes(&row.text(2)?)?;
        record.expires = row.maybe_int(3)?.map(time).transpose()?;
        record.revoked = row.maybe_int(4)?.is_some();
        record.owner_disabled = row.maybe_int(8)?.is_some();
        let token = TokenId::from_i64(row.int(1)?);
        let user =
            User { id: UserId::from_i64(row.int(6)?), username: row.text(7)?, token: Some(token) };
        self.touch(token, &record, row.maybe_int(5)?);
        Ok(Some((user, record)))
    }

    /// Writes that a token is used, if what is written of it is old.
    ///
    /// No request waits for it, none fails with it, and there is one at a time: a token that is
    /// passed over is noted at its next use.
    fn touch(&self, token: TokenId, record: &TokenRecord, last_used: Option<i64>) {
        const TOUCH: Sql = sql!(
            "UPDATE doorstep_tokens SET last_used = " {1} " WHERE id = " {2}
            " AND (last_used IS NULL OR last_used < " {3} ")"
        );
        let now = self.now();
        let expired = record.expires.is_some_and(|expires| secs(expires) <= now);
        if record.revoked || record.owner_disabled || expired {
            return;
        }
        let coarse = i64::try_from(self.options.last_use.as_secs()).unwrap_or(i64::MAX);
        let old = now.saturating_sub(coarse);
        if last_used.is_some_and(|last_used| last_used > old) {
            return;
        }
        let Ok(permit) = self.touching.clone().try_acquire_owned() else { return };
        let store = self.clone();
        tokio::spawn(async move {
            let values = [now.into(), token.as_i64().into(), old.saturating_add(1).into()];
            // It is a note for people: the next use tries again, but does not press a database that
            // is read-only or in trouble.
            if store.execute(&TOUCH, &values).await.is_err() {
                sleep(Duration::from_secs(1)).await;
            }
            drop(permit);
        });
    }
}

impl Store for SqlStore {
    type User = User;
    type Error = Error;

    async fn find_user(&self, ask: &FindUser<User>) -> Result<Option<(User, Account)>, Error> {
        self.user_by_name(ask.username()).await
    }

    async fn find_token(
        &self,
        ask: &FindToken<User>,
    ) -> Result<Option<(User, TokenRecord)>, Error> {
        self.token_by_digest(ask.digest()).await
    }

    async fn replace_hash(&self, ask: &Replace<User>) -> Result<bool, Error> {
        Self::replace_hash(self, ask.user().id, ask.old(), ask.new_hash()).await
    }
}

impl fmt::Debug for SqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlStore").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What `{:?}` does to a string: no user-id breaks or turns a line of a log.
        f.debug_struct("User").field("id", &self.id).field("username", &self.username).finish()
    }
}

/// The text, if every one of the databases stores it as it is: PostgreSQL takes no NUL, and MySQL
/// outside of its strict mode cuts off what is too long.
pub(crate) fn storable(text: &str, max: usize) -> Option<&str> {
    (text.len() <= max && !text.contains('\0')).then_some(text)
}

pub(crate) fn scopes(stored: &str) -> Result<Scopes, Error> {
    Scopes::parse(stored).map_err(|_| ErrorKind::Corrupt.into())
}

pub(crate) fn secs(time: UnixTime) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

pub(crate) fn time(stored: i64) -> Result<UnixTime, Error> {
    u64::try_from(stored).map(UnixTime::from_secs).map_err(|_| ErrorKind::Corrupt.into())
}
