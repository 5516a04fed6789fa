//! Stores, and the loops that drive a step to its outcome through one.
//!
//! A host with demands of its own (a pool, a queue, a deadline) writes the loop itself: it is the
//! first thing in this crate's documentation.

mod blocking;
mod future;
mod memory;

use core::future::Future;

pub use self::blocking::drive_blocking;
pub use self::future::drive;
pub use self::memory::MemoryStore;

use crate::account::Account;
use crate::step::{FindToken, FindUser, Replace};
use crate::token::TokenRecord;

/// Storage that is asked and waited for. `&mut self`, so that a connection or a transaction is one.
pub trait BlockingStore {
    /// What lookups return.
    type User;
    /// Why a lookup failed: the host's own error, which ends the authentication.
    type Error;

    /// The user with this user-id, byte for byte, and the account.
    ///
    /// # Errors
    /// The store's own.
    fn find_user(
        &mut self,
        ask: &FindUser<Self::User>,
    ) -> Result<Option<(Self::User, Account)>, Self::Error>;

    /// The holder of the token with this digest, and the token's record.
    ///
    /// # Errors
    /// The store's own.
    fn find_token(
        &mut self,
        ask: &FindToken<Self::User>,
    ) -> Result<Option<(Self::User, TokenRecord)>, Self::Error>;

    /// Puts the new hash where the old one still is, in one statement, and says whether it was there.
    ///
    /// # Errors
    /// The store's own. It fails no login.
    fn replace_hash(&mut self, ask: &Replace<Self::User>) -> Result<bool, Self::Error>;
}

/// Storage that is awaited, shared between threads.
pub trait Store: Send + Sync {
    /// What lookups return.
    type User: Send;
    /// Why a lookup failed: the host's own error, which ends the authentication.
    type Error: Send;

    /// As [`BlockingStore::find_user`].
    fn find_user(
        &self,
        ask: &FindUser<Self::User>,
    ) -> impl Future<Output = Result<Option<(Self::User, Account)>, Self::Error>> + Send;

    /// As [`BlockingStore::find_token`].
    fn find_token(
        &self,
        ask: &FindToken<Self::User>,
    ) -> impl Future<Output = Result<Option<(Self::User, TokenRecord)>, Self::Error>> + Send;

    /// As [`BlockingStore::replace_hash`].
    fn replace_hash(
        &self,
        ask: &Replace<Self::User>,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;
}

/// Storage that is awaited on one thread. Every [`Store`] is one.
pub trait LocalStore {
    /// What lookups return.
    type User;
    /// Why a lookup failed: the host's own error, which ends the authentication.
    type Error;

    /// As [`BlockingStore::find_user`].
    fn find_user(
        &self,
        ask: &FindUser<Self::User>,
    ) -> impl Future<Output = Result<Option<(Self::User, Account)>, Self::Error>>;

    /// As [`BlockingStore::find_token`].
    fn find_token(
        &self,
        ask: &FindToken<Self::User>,
    ) -> impl Future<Output = Result<Option<(Self::User, TokenRecord)>, Self::Error>>;

    /// As [`BlockingStore::replace_hash`].
    fn replace_hash(
        &self,
        ask: &Replace<Self::User>,
    ) -> impl Future<Output = Result<bool, Self::Error>>;
}

impl<S: Store> LocalStore for S {
    type User = S::User;
    type Error = S::Error;

    fn find_user(
        &self,
        ask: &FindUser<S::User>,
    ) -> impl Future<Output = Result<Option<(S::User, Account)>, S::Error>> {
        Store::find_user(self, ask)
    }

    fn find_token(
        &self,
        ask: &FindToken<S::User>,
    ) -> impl Future<Output = Result<Option<(S::User, TokenRecord)>, S::Error>> {
        Store::find_token(self, ask)
    }

    fn replace_hash(&self, ask: &Replace<S::User>) -> impl Future<Output = Result<bool, S::Error>> {
        Store::replace_hash(self, ask)
    }
}
