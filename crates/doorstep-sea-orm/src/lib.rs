//! Users for `doorstep` in any SeaORM entity of the host's.
//!
//! [`ModelUsers`] is told which entity, which of its columns is the user-id and which one the
//! stored hash. Over a connection it is a [`doorstep::driver::Store`], whose user is the entity's
//! model.
//!
//! ```
//! use doorstep::driver::drive;
//! use doorstep::password::{Bcrypt, Hashers};
//! use doorstep::{Authenticator, Basic, Scopes, UnixTime};
//! use doorstep_sea_orm::ModelUsers;
//! use sea_orm::{ActiveModelTrait, ConnectionTrait, Database, DbErr, Schema, Set};
//!
//! mod account {
//!     use sea_orm::entity::prelude::*;
//!
//!     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
//!     #[sea_orm(table_name = "accounts")]
//!     pub struct Model {
//!         #[sea_orm(primary_key)]
//!         pub id: i64,
//!         #[sea_orm(unique)]
//!         pub email: String,
//!         pub password: Option<String>,
//!         pub locked: bool,
//!     }
//!
//!     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
//!     pub enum Relation {}
//!
//!     impl ActiveModelBehavior for ActiveModel {}
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let connection = Database::connect("sqlite::memory:").await?;
//! # let schema = Schema::new(connection.get_database_backend());
//! # connection.execute(&schema.create_table_from_entity(account::Entity)).await?;
//! use account::Column;
//! let users = ModelUsers::<account::Entity>::new(Column::Email, Column::Password)
//!     .disabled(|account| account.locked)
//!     .over(connection.clone());
//!
//! let hashers = Hashers::new(Bcrypt::new(5)?);
//! let auth = Authenticator::builder("example", hashers).scheme(Basic::new()).build()?;
//! let hash = auth.hashers().hash("open sesame".into())?.run()?;
//! # let aladdin = account::ActiveModel {
//! #     email: Set("Aladdin".into()),
//! #     password: Set(Some(hash)),
//! #     locked: Set(false),
//! #     ..Default::default()
//! # };
//! # aladdin.insert(&connection).await?;
//! let fields = [("authorization", &b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="[..])];
//! let outcome = drive(auth.begin(fields), &users, UnixTime::from_secs(1_700_000_000)).await?;
//! assert_eq!(outcome.require(&Scopes::NONE_ASKED)?.user().email, "Aladdin");
//! # Ok(())
//! # }
//! ```
//!
//! # What the host owes: a collation that compares byte for byte
//!
//! A user-id must be unique byte for byte, and found byte for byte. PostgreSQL and SQLite compare
//! text so unless a column says otherwise. MySQL and MariaDB do not: to their default collation
//! `Admin ` is `admin`. There, make the column `VARBINARY`, or give it `utf8mb4_0900_bin` (MySQL)
//! or `utf8mb4_nopad_bin` (MariaDB).
//!
//! This store makes sure that no one is let in as another, whatever the column says: of the rows
//! that the database takes for equal it keeps the one whose bytes are, and it is an
//! [`ErrorKind::Ambiguous`] if there are two. What it cannot do is keep the host from registering
//! `admın` beside `admin`, and where a collation calls more than 16 user-ids equal, those beyond
//! are not found.
//!
//! # What it is not
//!
//! It makes no table and no user, and knows no tokens: asked for one, it finds none.
//! `doorstep-sqlx` has tables for both. Timeouts are those of the connection: see `acquire_timeout`
//! of SeaORM's `ConnectOptions`.

#![forbid(unsafe_code)]

mod error;
mod users;

pub use crate::error::{Error, ErrorKind};
pub use crate::users::{ModelStore, ModelUsers};

/// The README's example, which is compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
