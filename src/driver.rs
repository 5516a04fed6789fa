//! Stores, and the loops that drive a step to its outcome through one.
//!
//! A host with demands of its own (a pool, a queue, a deadline) writes the loop itself: it is the
//! first thing in this crate's documentation, and `examples/` has it for a pool of threads, actix-web,
//! smol, and one thread without futures.
//!
//! ```
//! use doorstep::driver::{MemoryStore, drive_blocking};
//! use doorstep::password::{Bcrypt, Hashers, Workspace};
//! use doorstep::{Authenticator, Basic, Scopes, UnixTime};
//!
//! let auth = Authenticator::builder("example", Hashers::new(Bcrypt::new(5)?))
//!     .scheme(Basic::new())
//!     .build()?;
//! let mut store = MemoryStore::new();
//! let hash = auth.hashers().hash("open sesame".into())?.run()?;
//! store.insert_user("Aladdin", Some(&hash), Scopes::NONE_ASKED);
//!
//! let mut workspace = Workspace::new(); // kept from one request to the next
//! let now = UnixTime::from_secs(1_700_000_000);
//! let step = auth.begin([("authorization", &b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="[..])]);
//! let Ok(outcome) = drive_blocking(step, &mut store, &mut workspace, now);
//! assert_eq!(outcome.require(&Scopes::NONE_ASKED)?.user(), "Aladdin");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
///
/// [`MemoryStore`] is one, short enough to look at.
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

    /// Puts the new hash where the old one still is, in one statement, and says whether it was there:
    /// `UPDATE users SET hash = $new WHERE id = $user AND hash = $old`. Without the comparison a
    /// password that was changed meanwhile would be undone. It runs in a transaction or savepoint of
    /// its own.
    ///
    /// # Errors
    /// The store's own. It fails no login.
    fn replace_hash(&mut self, ask: &Replace<Self::User>) -> Result<bool, Self::Error>;
}

/// Storage that is awaited, shared between threads.
///
/// An implementation writes `async fn`; the futures must be `Send`, so that [`drive`] can be spawned
/// on any executor.
///
/// ```
/// use doorstep::driver::{Store, drive};
/// use doorstep::{Account, Authenticator, FindToken, FindUser, Replace, TokenRecord, UnixTime};
///
/// struct Db; // a pool of connections
/// # #[derive(Debug)]
/// # struct DbError;
/// # type Result<T, E = DbError> = std::result::Result<T, E>;
/// # impl Db {
/// #     async fn row(&self, _: &str) -> Result<Option<(u64, Option<String>)>> { Ok(None) }
/// #     async fn token(&self, _: &[u8; 32]) -> Result<Option<(u64, TokenRecord)>> { Ok(None) }
/// #     async fn update(&self, _: u64, _: &str, _: &str) -> Result<u64> { Ok(1) }
/// # }
///
/// impl Store for Db {
///     type User = u64;
///     type Error = DbError;
///
///     async fn find_user(&self, ask: &FindUser<u64>) -> Result<Option<(u64, Account)>> {
///         let row = self.row(ask.username()).await?;
///         Ok(row.map(|(id, hash)| (id, Account::from(hash))))
///     }
///
///     async fn find_token(&self, ask: &FindToken<u64>) -> Result<Option<(u64, TokenRecord)>> {
///         self.token(ask.digest().as_bytes()).await
///     }
///
///     async fn replace_hash(&self, ask: &Replace<u64>) -> Result<bool> {
///         let changed = self.update(*ask.user(), ask.old(), ask.new_hash()).await?;
///         Ok(changed == 1)
///     }
/// }
///
/// async fn decide(auth: &Authenticator, db: &Db, value: &[u8], now: UnixTime) {
///     let step = auth.begin([("authorization", value)]);
///     match drive(step, db, now).await {
///         Ok(outcome) => println!("{outcome:?}"),
///         Err(error) => eprintln!("the database is down: {error:?}"),
///     }
/// }
/// # fn is_send<T: Send>(_: T) {}
/// # fn spawned(auth: &Authenticator, db: &Db) { is_send(decide(auth, db, b"", UnixTime::from_secs(0))) }
/// ```
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
