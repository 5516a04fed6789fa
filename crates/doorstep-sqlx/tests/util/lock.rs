//! Somebody else at the same database.

/// Somebody else's transaction that changed the user's row and is not at its end.
pub enum Lock {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
    #[cfg(feature = "mysql")]
    MySql(sqlx::Transaction<'static, sqlx::MySql>),
}

impl Lock {
    pub async fn hold(url: &str, id: i64) -> Self {
        let update = || {
            let update = format!("UPDATE doorstep_users SET created = created + 1 WHERE id = {id}");
            sqlx::raw_sql(sqlx::AssertSqlSafe(update))
        };
        macro_rules! hold {
            ($name:ident, $pool:ty) => {{
                let mut transaction = <$pool>::connect(url).await.unwrap().begin().await.unwrap();
                update().execute(&mut *transaction).await.unwrap();
                Self::$name(transaction)
            }};
        }
        match url.split(':').next() {
            Some("sqlite") => hold!(Sqlite, sqlx::SqlitePool),
            #[cfg(feature = "postgres")]
            Some("postgres") => hold!(Postgres, sqlx::PgPool),
            #[cfg(feature = "mysql")]
            Some("mysql") => hold!(MySql, sqlx::MySqlPool),
            _ => panic!("no such database"),
        }
    }

    pub async fn release(self) {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            #[cfg(feature = "postgres")]
            Self::Postgres(transaction) => transaction.rollback().await,
            #[cfg(feature = "mysql")]
            Self::MySql(transaction) => transaction.rollback().await,
        }
        .unwrap();
    }
}
