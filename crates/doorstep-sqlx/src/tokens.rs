//! Tokens, for the host's own routes and tools. Stores digests, and shows a token once.

use doorstep::password::Secret;
use doorstep::{Scopes, TokenDigest, TokenFormat, TokenRecord, UnixTime};

use crate::database::Row;
use crate::error::{Error, ErrorKind};
use crate::sql::{Sql, sql};
use crate::store::{SqlStore, scopes, secs, time};
use crate::users::{UserId, storable_scopes};

/// The key of a token. It is no secret: nobody is let in by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(i64);

impl TokenId {
    /// A key that was kept, or that a page sends back.
    pub const fn from_i64(id: i64) -> Self {
        Self(id)
    }

    /// The key.
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

/// What is known of a token, but for its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenInfo {
    /// The key.
    pub id: TokenId,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was made.
    pub created: UnixTime,
    /// The first second at which it is no longer taken; `None` for never.
    pub expires: Option<UnixTime>,
    /// Since when it is revoked, if it is.
    pub revoked: Option<UnixTime>,
    /// When it was last used, as coarse as [`Options::last_use`](crate::Options::last_use); `None`
    /// if it was not.
    pub last_used: Option<UnixTime>,
}

impl SqlStore {
    /// Makes a token of this user's and stores its digest. It is shown this once.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchUser`], [`ErrorKind::InvalidScopes`], [`ErrorKind::NoEntropy`], or the
    /// database's.
    pub async fn create_token(
        &self,
        user: UserId,
        format: &TokenFormat,
        scopes: Scopes,
        expires: Option<UnixTime>,
    ) -> Result<Secret, Error> {
        let token = format.generate().map_err(|_| ErrorKind::NoEntropy)?;
        let mut record = TokenRecord::new(TokenDigest::of(token.expose()));
        record.scopes = scopes;
        record.expires = expires;
        self.insert_token(user, &record).await?;
        Ok(token)
    }

    /// Stores a token that was made elsewhere, by its digest. It must be random, of 128 bits or
    /// more.
    ///
    /// # Errors
    /// [`ErrorKind::NoSuchUser`], [`ErrorKind::Taken`], [`ErrorKind::InvalidScopes`], or the
    /// database's.
    pub async fn insert_token(&self, user: UserId, token: &TokenRecord) -> Result<(), Error> {
        const INSERT: Sql = sql!(
            "INSERT INTO doorstep_tokens (digest, user_id, scopes, created, expires, revoked)
             VALUES (" {1} ", " {2} ", " {3} ", " {4} ", " {5} ", " {6} ")"
        );
        let now = self.now();
        let values = [
            token.digest.as_bytes().into(),
            user.as_i64().into(),
            storable_scopes(&token.scopes)?.into(),
            now.into(),
            token.expires.map(secs).into(),
            token.revoked.then_some(now).into(),
        ];
        self.execute(&INSERT, &values).await.map(drop)
    }

    /// The tokens of a user, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn tokens(&self, user: UserId) -> Result<Vec<TokenInfo>, Error> {
        const LIST: Sql = sql!(
            "SELECT id, scopes, created, expires, revoked, last_used
             FROM doorstep_tokens WHERE user_id = " {1} " ORDER BY id DESC"
        );
        let rows = self.rows(&LIST, &[user.as_i64().into()]).await?;
        rows.iter().map(token_info).collect()
    }

    /// Revokes a token of this user's, and says whether there was one to revoke. Nobody else's: a
    /// page may pass on what a browser sent.
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke_token(&self, user: UserId, token: TokenId) -> Result<bool, Error> {
        const REVOKE: Sql = sql!(
            "UPDATE doorstep_tokens SET revoked = " {1}
            " WHERE id = " {2} " AND user_id = " {3} " AND revoked IS NULL"
        );
        let values = [self.now().into(), token.0.into(), user.as_i64().into()];
        Ok(self.execute(&REVOKE, &values).await? == 1)
    }

    /// Revokes the token with this digest, for whoever holds the token itself, and says whether
    /// there was one to revoke.
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke_digest(&self, digest: &TokenDigest) -> Result<bool, Error> {
        const REVOKE: Sql = sql!(
            "UPDATE doorstep_tokens SET revoked = " {1}
            " WHERE digest = " {2} " AND revoked IS NULL"
        );
        let values = [self.now().into(), digest.as_bytes().into()];
        Ok(self.execute(&REVOKE, &values).await? == 1)
    }

    /// Revokes all tokens of a user, and says how many there were.
    ///
    /// # Errors
    /// The database's.
    pub async fn revoke_tokens(&self, user: UserId) -> Result<u64, Error> {
        const REVOKE: Sql = sql!(
            "UPDATE doorstep_tokens SET revoked = " {1}
            " WHERE user_id = " {2} " AND revoked IS NULL"
        );
        self.execute(&REVOKE, &[self.now().into(), user.as_i64().into()]).await
    }

    /// Forgets the tokens that expired before `before`, and says how many there were.
    ///
    /// # Errors
    /// The database's.
    pub async fn delete_expired_tokens(&self, before: UnixTime) -> Result<u64, Error> {
        const DELETE: Sql = sql!("DELETE FROM doorstep_tokens WHERE expires < " {1});
        self.execute(&DELETE, &[secs(before).into()]).await
    }
}

fn token_info(row: &Row) -> Result<TokenInfo, Error> {
    Ok(TokenInfo {
        id: TokenId(row.int(0)?),
        scopes: scopes(&row.text(1)?)?,
        created: time(row.int(2)?)?,
        expires: row.maybe_int(3)?.map(time).transpose()?,
        revoked: row.maybe_int(4)?.map(time).transpose()?,
        last_used: row.maybe_int(5)?.map(time).transpose()?,
    })
}
