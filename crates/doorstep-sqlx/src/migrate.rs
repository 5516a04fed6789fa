//! The two tables. Changes nothing that another crate made.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::database::Pool;
use crate::error::Error;

impl Pool {
    /// Brings the tables to this version.
    pub(crate) async fn migrate(&self) -> Result<(), Error> {
        // SQLite has no lock for it: all fail but one, and see next what that did.
        #[cfg(feature = "sqlite")]
        for _ in 0..4 {
            if !matches!(self, Self::Sqlite(_)) {
                break;
            }
            if self.migrate_once().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        self.migrate_once().await
    }

    async fn migrate_once(&self) -> Result<(), Error> {
        let migrator = self.migrator();
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql(pool) => {
                // sqlx waits for its lock by a negative number of seconds, which is none at all to
                // MariaDB. Locks are the whole server's.
                let lock = "SELECT GET_LOCK(CONCAT('doorstep ', MD5(DATABASE())), 60)";
                let mut connection = pool.acquire().await?;
                let locked: Option<i64> =
                    sqlx::query_scalar(lock).fetch_one(&mut *connection).await?;
                if locked != Some(1) {
                    return Err(crate::ErrorKind::Timeout.into());
                }
                let done = migrator.run_direct(None, &mut *connection, false).await;
                // And the lock with it.
                connection.close().await?;
                Ok(done?)
            }
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            other => on_each!(other, Pool(pool) => {
                let mut connection = pool.acquire().await?;
                let done = migrator.run_direct(None, &mut *connection, false).await;
                if done.is_err() {
                    // It may hold PostgreSQL's lock.
                    connection.close_on_drop();
                }
                Ok(done?)
            }),
        }
    }

    fn migrator(&self) -> Migrator {
        let statements = match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => include_str!("../migrations/sqlite.sql"),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => include_str!("../migrations/postgres.sql"),
            #[cfg(feature = "mysql")]
            Self::MySql(_) => include_str!("../migrations/mysql.sql"),
        };
        let name = Cow::Borrowed("users and tokens");
        let first =
            Migration::new(1, name, MigrationType::Simple, statements.into_sql_str(), false);
        let mut migrator = Migrator::with_migrations(vec![first]);
        // Apart from the host's own, which sqlx would otherwise find missing here.
        migrator.dangerous_set_table_name("doorstep_migrations");
        migrator
    }
}
