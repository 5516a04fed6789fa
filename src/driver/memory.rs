//! A store in memory, for tests and examples. Forgets everything when it is dropped.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::convert::Infallible;
use core::fmt;
#[cfg(feature = "std")]
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::BlockingStore;
#[cfg(feature = "std")]
use super::Store;
use crate::account::Account;
use crate::scopes::Scopes;
use crate::step::{FindToken, FindUser, Replace};
use crate::token::TokenRecord;

/// Accounts and tokens in two maps. A user is its user-id.
///
/// With the feature `std`, one in a `Mutex` can be shared: it is a [`Store`](super::Store), and a
/// reference to it a [`BlockingStore`]. It is locked for each look-up, and never while somebody hashes.
///
/// ```
/// use doorstep::driver::MemoryStore;
/// use doorstep::{Scopes, TokenDigest, TokenRecord};
///
/// let mut store = MemoryStore::new();
/// store.insert_user("Aladdin", None, Scopes::NONE_ASKED); // no password: tokens alone
/// store.insert_token("Aladdin", TokenRecord::new(TokenDigest::of(b"mF_9.B5f-4.1JqM")));
/// assert_eq!(store.hash("Aladdin"), None);
/// ```
#[derive(Default)]
pub struct MemoryStore {
    users: BTreeMap<String, (Option<String>, Scopes)>,
    tokens: BTreeMap<[u8; 32], (String, TokenRecord)>,
}

impl MemoryStore {
    /// A store without accounts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a user, or replaces its hash and scopes.
    pub fn insert_user(&mut self, username: &str, hash: Option<&str>, scopes: Scopes) {
        self.users.insert(username.into(), (hash.map(String::from), scopes));
    }

    /// Adds a token that belongs to `username`.
    pub fn insert_token(&mut self, username: &str, token: TokenRecord) {
        self.tokens.insert(*token.digest.as_bytes(), (username.into(), token));
    }

    /// The stored hash of a user; `None` if there is no such user, or no hash.
    pub fn hash(&self, username: &str) -> Option<&str> {
        self.users.get(username)?.0.as_deref()
    }
}

impl BlockingStore for MemoryStore {
    type User = String;
    type Error = Infallible;

    fn find_user(
        &mut self,
        ask: &FindUser<String>,
    ) -> Result<Option<(String, Account)>, Infallible> {
        Ok(self.users.get_key_value(ask.username()).map(|(username, (hash, scopes))| {
            (username.clone(), Account::from(hash.clone()).with_scopes(scopes.clone()))
        }))
    }

    fn find_token(
        &mut self,
        ask: &FindToken<String>,
    ) -> Result<Option<(String, TokenRecord)>, Infallible> {
        Ok(self.tokens.get(ask.digest().as_bytes()).cloned())
    }

    fn replace_hash(&mut self, ask: &Replace<String>) -> Result<bool, Infallible> {
        let Some((Some(hash), _)) = self.users.get_mut(ask.user()) else { return Ok(false) };
        let still_there = hash == ask.old();
        if still_there {
            *hash = ask.new_hash().into();
        }
        Ok(still_there)
    }
}

/// Who panics with the lock held has changed all of a map or nothing.
#[cfg(feature = "std")]
fn lock(store: &Mutex<MemoryStore>) -> MutexGuard<'_, MemoryStore> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(feature = "std")]
impl BlockingStore for &Mutex<MemoryStore> {
    type User = String;
    type Error = Infallible;

    fn find_user(
        &mut self,
        ask: &FindUser<String>,
    ) -> Result<Option<(String, Account)>, Infallible> {
        lock(self).find_user(ask)
    }

    fn find_token(
        &mut self,
        ask: &FindToken<String>,
    ) -> Result<Option<(String, TokenRecord)>, Infallible> {
        lock(self).find_token(ask)
    }

    fn replace_hash(&mut self, ask: &Replace<String>) -> Result<bool, Infallible> {
        lock(self).replace_hash(ask)
    }
}

#[cfg(feature = "std")]
impl Store for Mutex<MemoryStore> {
    type User = String;
    type Error = Infallible;

    async fn find_user(
        &self,
        ask: &FindUser<String>,
    ) -> Result<Option<(String, Account)>, Infallible> {
        lock(self).find_user(ask)
    }

    async fn find_token(
        &self,
        ask: &FindToken<String>,
    ) -> Result<Option<(String, TokenRecord)>, Infallible> {
        lock(self).find_token(ask)
    }

    async fn replace_hash(&self, ask: &Replace<String>) -> Result<bool, Infallible> {
        lock(self).replace_hash(ask)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("users", &self.users.len())
            .field("tokens", &self.tokens.len())
            .finish()
    }
}
