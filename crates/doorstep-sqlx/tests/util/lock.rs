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

/// Has the server end the connections whose statement begins so, and says whether there was one.
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub async fn terminate(url: &str, statement: &str) -> bool {
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres:") {
        let pool = sqlx::PgPool::connect(url).await.unwrap();
        let ended = sqlx::query_scalar(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND state = 'active' AND starts_with(query, $1)",
        );
        let ended: i64 = ended.bind(statement).fetch_one(&pool).await.unwrap();
        pool.close().await;
        return ended > 0;
    }
    #[cfg(feature = "mysql")]
    if url.starts_with("mysql:") {
        let pool = sqlx::MySqlPool::connect(url).await.unwrap();
        let ids = sqlx::query_scalar(
            "SELECT CAST(id AS SIGNED) FROM information_schema.processlist
             WHERE db = DATABASE() AND LEFT(info, CHAR_LENGTH(?)) = ?",
        );
        let ids: Vec<i64> = ids.bind(statement).bind(statement).fetch_all(&pool).await.unwrap();
        for id in &ids {
            let kill = sqlx::AssertSqlSafe(format!("KILL {id}"));
            sqlx::raw_sql(kill).execute(&pool).await.unwrap();
        }
        pool.close().await;
        return !ids.is_empty();
    }
    panic!("no such server: {url}")
}
