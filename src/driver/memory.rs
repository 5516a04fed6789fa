//! A store in memory, for tests and examples. Forgets everything when it is dropped.

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::convert::Infallible;
use core::fmt;

use super::BlockingStore;
use crate::account::Account;
use crate::scopes::Scopes;
use crate::step::{FindToken, FindUser, Replace};
use crate::token::TokenRecord;

/// Accounts and tokens in two maps. A user is its user-id.
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

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("users", &self.users.len())
            .field("tokens", &self.tokens.len())
            .finish()
    }
}
