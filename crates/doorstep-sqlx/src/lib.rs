//! Users and tokens for `doorstep` in SQLite, PostgreSQL, MySQL and MariaDB.
//!
//! [`SqlStore`] is a [`doorstep::driver::Store`], and what a host needs beside it: its two tables
//! and their migrations, users that are created, listed, disabled and given passwords, tokens that
//! are made, listed and revoked.
//!
//! ```
//! use doorstep::driver::drive;
//! use doorstep::password::{Bcrypt, Hashers};
//! use doorstep::{Authenticator, Basic, Scopes, UnixTime};
//! use doorstep_sqlx::SqlStore;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = SqlStore::connect("sqlite::memory:").await?; // or postgres:, mysql:, mariadb:
//! store.migrate().await?;
//!
//! let hashers = Hashers::new(Bcrypt::new(5)?);
//! let auth = Authenticator::builder("example", hashers).scheme(Basic::new()).build()?;
//! let hash = auth.hashers().hash("open sesame".into())?.run()?;
//! store.create_user("Aladdin", Some(&hash), &Scopes::NONE_ASKED).await?;
//!
//! let fields = [("authorization", &b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="[..])];
//! let outcome = drive(auth.begin(fields), &store, UnixTime::from_secs(1_700_000_000)).await?;
//! assert_eq!(outcome.require(&Scopes::NONE_ASKED)?.user().username, "Aladdin");
//! # Ok(())
//! # }
//! ```
//!
//! # What it promises
//!
//! - User-ids are unique and compared byte for byte on all databases. `Admin `, `admin` and `admın`
//!   are three users.
//! - A hash is replaced by one statement that compares and swaps: a password that was changed
//!   meanwhile stays.
//! - Every statement is prepared, and every operation has a deadline. A slow or failing database is
//!   an [`Error`], which a host answers with 503: nobody is granted anything by it, and it holds
//!   neither values nor the server's message.
//! - Tokens are stored as their SHA-256. When one was last used is known to about the hour: it is
//!   not a write for each request.
//!
//! # What it is not
//!
//! It hashes nothing and throttles nobody. It knows its own tables alone: a host that keeps its
//! users in a table of its own implements the trait over that, which is three statements, or takes
//! `doorstep-sea-orm`.
//!
//! # Behind a pooler
//!
//! PgBouncer in session mode is as good as the server, if `ignore_startup_parameters` names
//! `extra_float_digits` and `options`. The server then knows of no deadline: give the role one, by
//! `ALTER ROLE … SET statement_timeout`. In transaction mode a prepared statement meets the ones of
//! other sessions, and the server refuses it: nothing works, and nobody is granted anything.
//!
//! # Features
//!
//! `sqlite` (on by default), `postgres` and `mysql` bring one database each; `mysql` is for MariaDB
//! too. `rustls` speaks TLS to the servers; without it, a server is reached by a socket or a
//! network that nobody else listens to. A MySQL server whose users log in by
//! `caching_sha2_password` asks for either TLS or a Unix socket.

#![forbid(unsafe_code)]

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("doorstep-sqlx needs a database: one of the features sqlite, postgres and mysql");

#[macro_use]
mod database;
mod error;
mod migrate;
mod options;
mod sql;
mod store;
mod tokens;
mod users;

pub use crate::database::Pool;
pub use crate::error::{Error, ErrorKind};
pub use crate::options::Options;
pub use crate::store::{SqlStore, User};
pub use crate::tokens::{TokenId, TokenInfo};
pub use crate::users::{NewUser, StoredUser, UserId, UserInfo};

/// The README's example, which is compiled.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
mod readme {}
