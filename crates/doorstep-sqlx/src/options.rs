//! How a database is reached. Makes no table.

use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use doorstep::UnixTime;

use crate::database::Pool;
use crate::error::{Error, ErrorKind};
use crate::store::SqlStore;

/// What a store is told once.
///
/// ```
/// use std::time::Duration;
/// use doorstep_sqlx::Options;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), doorstep_sqlx::Error> {
/// let mut options = Options::default();
/// options.statement_timeout = Duration::from_secs(2);
/// let store = options.connect("sqlite::memory:").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Whether a file of SQLite's is made if there is none. A tool that looks at what is there does
    /// without: a mistyped path is then [`ErrorKind::Unavailable`], and no empty database.
    pub create: bool,
    /// How many connections there may be at once. A database in memory has one.
    pub max_connections: u32,
    /// How long a request waits for a free connection. It is the pool's: [`over`](Self::over)
    /// leaves it to whoever made that.
    pub acquire_timeout: Duration,
    /// How long a statement may take, its waiting for locks included. MySQL counts in whole
    /// seconds.
    ///
    /// The database is told, and gives up by itself what takes longer. If it does not say so within
    /// two seconds more, the connection is given up.
    pub statement_timeout: Duration,
    /// How coarse a token's last use is: it is written at most once in this time.
    pub last_use: Duration,
    /// The time of creating, disabling, revoking and last uses. Whether a token has expired is
    /// decided by the time that the authentication is given.
    pub clock: fn() -> UnixTime,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            create: true,
            // PostgreSQL lets 100 in by default, and a login holds one for a millisecond.
            max_connections: 8,
            // Longer than any healthy database takes, and shorter than clients wait.
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(5),
            last_use: Duration::from_secs(3600),
            clock: system_clock,
        }
    }
}

fn system_clock() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(now.as_secs())
}

impl Options {
    /// Opens the database of a URL: `sqlite:`, `postgres:`, `mysql:` or `mariadb:`, as sqlx reads
    /// them.
    ///
    /// A file of SQLite's is made if there is none, for its owner alone, unless
    /// [`create`](Self::create) is off. With `?mode=ro` it must be
    /// there, and stays as it is: who logs in is let in, and no hash is renewed.
    ///
    /// # Errors
    /// [`ErrorKind::Url`], or why the first connection was not made.
    pub async fn connect(self, url: &str) -> Result<SqlStore, Error> {
        let pool = match url.split(':').next() {
            #[cfg(feature = "sqlite")]
            Some("sqlite") => Pool::Sqlite(self.sqlite(url).await?),
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => Pool::Postgres(self.postgres(url).await?),
            #[cfg(feature = "mysql")]
            Some("mysql" | "mariadb") => Pool::MySql(self.mysql(url).await?),
            _ => return Err(ErrorKind::Url.into()),
        };
        Ok(self.over(pool))
    }

    /// A store over a pool that the host has already, whose timeouts it has set, and whose
    /// connections commit by themselves: a MySQL server can be set not to.
    pub fn over(self, pool: impl Into<Pool>) -> SqlStore {
        SqlStore::new(pool.into(), self)
    }

    /// When a statement is given up that the database has not given up itself: with whole seconds,
    /// and the way there and back.
    pub(crate) fn deadline(&self) -> Duration {
        self.timeout() + Duration::from_secs(2)
    }

    /// What all databases take for a timeout: none at all is what PostgreSQL takes zero for, and
    /// what is longer than a day would be too much for one or another.
    fn timeout(&self) -> Duration {
        self.statement_timeout.clamp(Duration::from_millis(1), Duration::from_secs(86_400))
    }

    #[cfg(feature = "sqlite")]
    async fn sqlite(&self, url: &str) -> Result<sqlx::SqlitePool, sqlx::Error> {
        use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

        let mut options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(self.create)
            .foreign_keys(true)
            .busy_timeout(self.timeout());
        let mut pool = SqlitePoolOptions::new()
            .max_connections(self.max_connections)
            .acquire_timeout(self.acquire_timeout)
            // There is nobody at the other end to be gone.
            .test_before_acquire(false);
        if read_only(url) {
            return pool.connect_with(options).await;
        }
        if in_memory(&options) {
            // It is gone with its last connection, and two would lock each other out.
            pool = pool.max_connections(1).max_lifetime(None).idle_timeout(None);
        } else if self.create {
            make_private(options.get_filename())?;
            // Once: if it goes away later, a new connection must not make another, without accounts.
            options = options.create_if_missing(false);
        }
        // Readers wait for nobody, and writers for each other. What is committed is on the disk:
        // `synchronous` stays full.
        let options = options.journal_mode(SqliteJournalMode::Wal);
        pool.connect_with(options).await
    }

    #[cfg(feature = "postgres")]
    async fn postgres(&self, url: &str) -> Result<sqlx::PgPool, sqlx::Error> {
        use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

        let options = PgConnectOptions::from_str(url)?
            .options([("statement_timeout", self.timeout().as_millis())]);
        PgPoolOptions::new()
            .max_connections(self.max_connections)
            .acquire_timeout(self.acquire_timeout)
            .connect_with(options)
            .await
    }

    #[cfg(feature = "mysql")]
    async fn mysql(&self, url: &str) -> Result<sqlx::MySqlPool, sqlx::Error> {
        use sqlx::Executor as _;
        use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};

        let millis = self.timeout().as_millis();
        let secs = millis.div_ceil(1000);
        // A server may be set to commit nothing by itself. The first comment is a statement to
        // MariaDB alone, the second to MySQL alone.
        let deadlines = format!(
            "SET SESSION autocommit = 1, innodb_lock_wait_timeout = {secs} \
             /*M!100101 , max_statement_time = {secs} */ \
             /*!50708 , max_execution_time = {millis} */"
        );
        MySqlPoolOptions::new()
            .max_connections(self.max_connections)
            .acquire_timeout(self.acquire_timeout)
            .after_connect(move |connection, _| {
                // Two numbers of this program's, and nothing else.
                let deadlines = sqlx::AssertSqlSafe(deadlines.clone());
                Box::pin(async move { connection.execute(deadlines).await.map(drop) })
            })
            .connect_with(MySqlConnectOptions::from_str(url)?)
            .await
    }
}

#[cfg(feature = "sqlite")]
fn read_only(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair == "mode=ro")
}

/// What sqlx makes of `sqlite::memory:` and `?mode=memory`.
#[cfg(feature = "sqlite")]
fn in_memory(options: &sqlx::sqlite::SqliteConnectOptions) -> bool {
    let name = options.get_filename().to_string_lossy();
    name.is_empty() || name == ":memory:" || name.starts_with("file:")
}

/// Makes the file if there is none, for its owner alone: whoever reads it can guess passwords.
/// SQLite gives the files beside it the same mode.
#[cfg(feature = "sqlite")]
fn make_private(path: &std::path::Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}
