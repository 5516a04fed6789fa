//! Authentication, one step at a time.
//!
//! `doorstep` decides who a request comes from, and does no I/O to find out. It reads the request's
//! header fields, then hands its caller one [`Step`] after the other: find this user, do this piece
//! of hashing, replace this hash, here is the outcome. The caller owns the storage, the threads, the
//! clock and the entropy, on a server or on a microcontroller, sync or async.
//!
//! # What it is not
//!
//! It is no session management, no OAuth server and no user database; it reads no token from a body or
//! a query. It takes one round trip: SCRAM's several rounds are not for it. It does not throttle, but
//! its steps can be refused by a host that does. Crates around it bring hosts and stores.
//!
//! # The steps
//!
//! ```text
//!  begin(fields) ─┬─ no credentials ─────────────────────────────► Done(Anonymous)
//!  login(u, p) ─┐ ├─ malformed, duplicated, ambiguous, too long ─► Done(Denied)
//!               ├─┼─ Basic ─► FindUser ─► Verify ─┬─ mismatch ───► Done(Denied)
//!               │ │                               ├─ match ──────► Done(Granted)
//!               │ │                               └─ outdated ───► Rehash ─► Replace ─► Done(Granted)
//!               │ └─ token ─► FindToken ─┬─ wrong, expired ──────► Done(Denied)
//!               │                        └─ right ───────────────► Done(Granted)
//!               └── every ask and every Verify can also be refused (throttled, overloaded) ► Done(Denied)
//! ```
//!
//! Each transition takes the step and returns the next, so that a step cannot be used twice, skipped,
//! forged, or answered for another request. There is no way to the user but through a grant. The
//! module [`step`] has every transition.
//!
//! # The shortest run
//!
//! The whole of a host, over any storage:
//!
//! ```
//! use doorstep::password::{Argon2, Bcrypt, Hashers};
//! use doorstep::{Authenticator, Basic, Bearer, Outcome, Scopes, Step, TokenRecord, UnixTime};
//!
//! # struct UserRow { user: u64, password_hash: Option<String> }
//! # struct TokenRow { user: u64, token: TokenRecord }
//! # struct Db;
//! # impl Db {
//! #     fn user(&self, name: &str) -> Result<Option<UserRow>, std::io::Error> {
//! #         // "open sesame" is not what Aladdin's password is in this example.
//! #         let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy";
//! #         Ok((name == "Aladdin").then(|| UserRow { user: 1, password_hash: Some(hash.into()) }))
//! #     }
//! #     fn token(&self, _: &doorstep::TokenDigest) -> Result<Option<TokenRow>, std::io::Error> { Ok(None) }
//! #     fn replace_hash(&self, _: &u64, _: &str, _: &str) -> Result<bool, std::io::Error> { Ok(true) }
//! # }
//! # let db = Db;
//! # let now = UnixTime::from_secs(0);
//! let auth = Authenticator::builder("example", Hashers::new(Argon2::default()).accept(Bcrypt::default()))
//!     .scheme(Basic::new())
//!     .scheme(Bearer::new())
//!     .build()?;
//!
//! # let fields = [("Authorization", &b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="[..])];
//! let mut step = auth.begin(fields); // (&str, &[u8]) pairs, any HTTP library's
//! let outcome = loop {
//!     step = match step {
//!         Step::FindUser(ask) => match db.user(ask.username())? {
//!             Some(row) => ask.found(row.user, row.password_hash),
//!             None => ask.not_found(), // the same work as a wrong password
//!         },
//!         Step::FindToken(ask) => match db.token(ask.digest())? {
//!             Some(row) => ask.found(row.user, row.token, now),
//!             None => ask.not_found(),
//!         },
//!         Step::Verify(work) => work.run(), // or on a pool, in slices, or several at once
//!         Step::Rehash(work) => work.run(), // or `skip`, or `defer` until after the response
//!         Step::Replace(ask) => {
//!             let replaced = db.replace_hash(ask.user(), ask.old(), ask.new_hash());
//!             ask.done(replaced)
//!         }
//!         Step::Done(outcome) => break outcome,
//!     };
//! };
//!
//! match outcome.require(&Scopes::NONE_ASKED) {
//!     Ok(granted) => println!("hello, user {}", granted.user()),
//!     Err(refusal) => println!("{} {:?}", refusal.status(), refusal.fields().collect::<Vec<_>>()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! `argon2`, `bcrypt`, `pbkdf2` and `sha-crypt` bring one algorithm each to [`password`]. `getrandom`
//! draws salts, tokens and the receipts' key from the operating system; without it they are arguments.
//! `kernels` has `password::Workspace::new()` compute with `doorstep-kernels`, where it is otherwise
//! the RustCrypto crates; the bytes are the same. `std` only lets it look at the processor at run time,
//! and a [`MemoryStore`](driver::MemoryStore) be shared in a `Mutex`. All are on by default; without
//! them the crate is `no_std` with `alloc`.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod account;
mod authenticator;
mod config;
mod credentials;
pub mod driver;
pub mod grammar;
mod outcome;
mod receipt;
pub mod scheme;
mod scopes;
pub mod step;
mod time;
mod token;

#[doc(inline)]
pub use doorstep_password as password;

pub use account::Account;
pub use authenticator::{Authenticator, Builder, InvalidConfig};
pub use credentials::Credentials;
pub use outcome::{Anonymous, Cause, Denied, Granted, Outcome, Refusal, Refuse};
pub use receipt::Receipt;
pub use scheme::{ApiKey, Asked, Basic, Bearer, Claim, Proof, RequestLine, Scheme};
pub use scopes::{InvalidScope, Scopes};
pub use step::{FindToken, FindUser, NewHash, Rehash, Replace, Step, Upgrade, Verify};
pub use time::UnixTime;
pub use token::{InvalidPrefix, NoEntropy, TokenDigest, TokenFormat, TokenRecord};

/// The README's code, compiled and run. It names every algorithm.
#[cfg(all(
    doctest,
    feature = "argon2",
    feature = "bcrypt",
    feature = "getrandom",
    feature = "pbkdf2",
    feature = "sha-crypt"
))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The code of the page on old hashes, which names every format of other systems.
#[cfg(all(doctest, feature = "getrandom", feature = "import", feature = "sha-crypt"))]
#[doc = include_str!("../docs/migrating.md")]
struct Migrating;
