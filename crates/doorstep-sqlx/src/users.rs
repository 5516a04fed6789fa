//! Users, for the host's own routes and tools. Gives no hash away but to who asks for it by name.

use std::fmt;

use doorstep::{Scopes, UnixTime};

use crate::database::Row;
use crate::error::{Error, ErrorKind};
use crate::sql::{Sql, Value, sql};
use crate::store::{SqlStore, scopes, storable, time};

/// The key of a user. It is not used again after the user is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(i64);

impl UserId {
    /// A key that was kept.
    pub const fn from_i64(id: i64) -> Self {
        Self(id)
    }

    /// The key, to keep it.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

/// What is known of a user, but for the hash.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserInfo {
    /// The key.
    pub id: UserId,
    /// The user-id.
    pub username: String,
    /// Whether there is a password to log in with.
    pub has_password: bool,
    /// What a login by password may do.
    pub scopes: Scopes,
    /// Since when there is this user.
    pub created: UnixTime,
    /// Since when the account is disabled, if it is.
    pub disabled: Option<UnixTime>,
}

/// A user with the stored hash, for tools that judge hashes. Its `Debug` shows none.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredUser {
    /// What is known of the user.
    pub info: UserInfo,
    /// The stored hash; `None` if there is no password to log in with.
    pub hash: Option<String>,
}

/// A user to be. It has no `Debug`: it holds a hash.
#[derive(Clone, Copy)]
pub struct NewUser<'a> {
    /// The user-id.
    pub username: &'a str,
    /// The stored hash; `None` for a user that logs in by tokens alone.
    pub hash: Option<&'a str>,
    /// What a login by password may do.
    pub scopes: &'a Scopes,
}

impl SqlStore {
    /// Adds a user. Nobody's hash is overwritten.
    ///
    /// # Errors
    /// [`ErrorKind::Taken`], [`ErrorKind::InvalidUsername`], [`ErrorKind::InvalidHash`],
    /// [`ErrorKind::InvalidScopes`], or the database's.
    pub async fn create_user(
        &self,
        username: &str,
        hash: Option<&str>,
        scopes: &Scopes,
    ) -> Result<UserId, Error> {
        // Not looked up by its user-id later, which may be another user's by then.
        const INSERT: Sql = Sql {
            numbered: "INSERT INTO doorstep_users (username, hash, scopes, created)
                       VALUES ($1, $2, $3, $4)
                       RETURNING id",
            positional: "INSERT INTO doorstep_users (username, hash, scopes, created)
                         VALUES (?, ?, ?, ?)",
        };
        let user = NewUser { username, hash, scopes };
        self.insert(&INSERT, &self.new_user(&user)?).await.map(UserId)
    }

    /// Adds users in one transaction, all of them or none, and says for each whether its user-id
    /// was free. Nobody's hash is overwritten.
    ///
    /// # Errors
    /// As [`create_user`](Self::create_user), but for [`ErrorKind::Taken`].
    pub async fn create_users(&self, users: &[NewUser<'_>]) -> Result<Vec<bool>, Error> {
        // MySQL's `IGNORE` ignores more than that the user-id is taken.
        const INSERT: Sql = Sql {
            numbered: "INSERT INTO doorstep_users (username, hash, scopes, created)
                       VALUES ($1, $2, $3, $4)
                       ON CONFLICT (username) DO NOTHING",
            positional: "INSERT INTO doorstep_users (username, hash, scopes, created)
                         VALUES (?, ?, ?, ?)",
        };
        let batch = users.iter().map(|user| self.new_user(user)).collect::<Result<Vec<_>, _>>()?;
        self.insert_all(&INSERT, &batch).await
    }

    /// The user with this user-id, byte for byte.
    ///
    /// # Errors
    /// [`ErrorKind::Schema`] if the table compares user-ids otherwise, and found another; the database's.
    pub async fn user(&self, username: &str) -> Result<Option<UserInfo>, Error> {
        const FIND: Sql = sql!(
            "SELECT id, username, hash, scopes, created, disabled
             FROM doorstep_users WHERE username = " {1}
        );
        self.row_by_name(&FIND, username).await?.as_ref().map(user_info).transpose()
    }

    /// At most `limit` users in the order of their keys: those after `after`, or the first.
    ///
    /// # Errors
    /// The database's.
    pub async fn users(&self, after: Option<UserId>, limit: u32) -> Result<Vec<UserInfo>, Error> {
        self.page(after, limit).await?.iter().map(user_info).collect()
    }

    /// The same with their stored hashes.
    ///
    /// # Errors
    /// The database's.
    pub async fn stored_users(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<StoredUser>, Error> {
        let stored = |row| Ok(StoredUser { info: user_info(row)?, hash: row.maybe_text(2)? });
        self.page(after, limit).await?.iter().map(stored).collect()
    }

    async fn page(&self, after: Option<UserId>, limit: u32) -> Result<Vec<Row>, Error> {
        const LIST: Sql = sql!(
            "SELECT id, username, hash, scopes, created, disabled
             FROM doorstep_users WHERE id > " {1} " ORDER BY id LIMIT " {2}
        );
        let after = after.map_or(i64::MIN, UserId::as_i64);
        self.rows(&LIST, &[after.into(), i64::from(limit).into()]).await
    }

    /// Sets the hash of a user's password, whatever it was, and says whether there is such a user.
    /// `None` takes the password away.
    ///
    /// Tokens stay: whoever changes a password because it is known to others calls
    /// [`revoke_tokens`](Self::revoke_tokens) too.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidHash`], or the database's.
    pub async fn set_password(&self, user: UserId, hash: Option<&str>) -> Result<bool, Error> {
        const SET: Sql = sql!("UPDATE doorstep_users SET hash = " {1} " WHERE id = " {2});
        let hash = storable_hash(hash)?;
        Ok(self.execute(&SET, &[hash.into(), user.0.into()]).await? == 1)
    }

    /// Sets what a login by password may do, and says whether there is such a user. Tokens keep the
    /// scopes that they were made with.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidScopes`], or the database's.
    pub async fn set_scopes(&self, user: UserId, scopes: &Scopes) -> Result<bool, Error> {
        const SET: Sql = sql!("UPDATE doorstep_users SET scopes = " {1} " WHERE id = " {2});
        let scopes = storable_scopes(scopes)?;
        Ok(self.execute(&SET, &[scopes.into(), user.0.into()]).await? == 1)
    }

    /// Disables an account, its tokens included, or enables it again, and says whether there is
    /// such a user.
    ///
    /// # Errors
    /// The database's.
    pub async fn set_disabled(&self, user: UserId, disabled: bool) -> Result<bool, Error> {
        // It stays as it is known since when.
        const DISABLE: Sql = sql!(
            "UPDATE doorstep_users SET disabled = COALESCE(disabled, " {1} ") WHERE id = " {2}
        );
        const ENABLE: Sql = sql!("UPDATE doorstep_users SET disabled = NULL WHERE id = " {1});
        let changed = if disabled {
            self.execute(&DISABLE, &[self.now().into(), user.0.into()]).await?
        } else {
            self.execute(&ENABLE, &[user.0.into()]).await?
        };
        Ok(changed == 1)
    }

    /// Deletes a user and all of its tokens, and says whether there was one.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_user(&self, user: UserId) -> Result<bool, Error> {
        const DELETE: Sql = sql!("DELETE FROM doorstep_users WHERE id = " {1});
        Ok(self.execute(&DELETE, &[user.0.into()]).await? == 1)
    }

    fn new_user<'a>(&self, user: &NewUser<'a>) -> Result<Vec<Value<'a>>, Error> {
        let username = storable(user.username, Self::MAX_USERNAME_LEN);
        let username = username.ok_or(ErrorKind::InvalidUsername)?;
        let (hash, scopes) = (storable_hash(user.hash)?, storable_scopes(user.scopes)?);
        Ok(vec![username.into(), hash.into(), scopes.into(), self.now().into()])
    }
}

impl fmt::Debug for StoredUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredUser").field("info", &self.info).finish_non_exhaustive()
    }
}

fn user_info(row: &Row) -> Result<UserInfo, Error> {
    Ok(UserInfo {
        id: UserId(row.int(0)?),
        username: row.text(1)?,
        has_password: row.maybe_text(2)?.is_some(),
        scopes: scopes(&row.text(3)?)?,
        created: time(row.int(4)?)?,
        disabled: row.maybe_int(5)?.map(time).transpose()?,
    })
}

fn storable_hash(hash: Option<&str>) -> Result<Option<&str>, Error> {
    let storable = |hash| storable(hash, SqlStore::MAX_HASH_LEN).ok_or(ErrorKind::InvalidHash);
    Ok(hash.map(storable).transpose()?)
}

pub(crate) fn storable_scopes(scopes: &Scopes) -> Result<&str, Error> {
    Ok(storable(scopes.as_str(), SqlStore::MAX_SCOPES_LEN).ok_or(ErrorKind::InvalidScopes)?)
}
