//! A database for each test, which goes with it; and a clock that tests turn.

pub mod killed;
pub mod lock;
pub mod process;
#[cfg(any(feature = "postgres", feature = "mysql"))]
pub mod proxy;
pub mod site;

use std::cell::Cell;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use doorstep::driver::{Store as _, drive};
use doorstep::password::{Bcrypt, Hashers, Pbkdf2, Prf, Secret};
use doorstep::{Authenticator, Basic, Bearer, Cause, Outcome, Replace, Step, UnixTime};
use doorstep_sqlx::{Options, SqlStore, User};

/// One empty database.
pub struct Bed {
    pub url: String,
    /// SQLite's file.
    _directory: Option<tempfile::TempDir>,
}

impl Bed {
    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("users.db").display());
        Self { url, _directory: Some(directory) }
    }

    #[cfg(feature = "postgres")]
    pub async fn postgres() -> Self {
        let server = server("DOORSTEP_POSTGRES_URL");
        let (name, pool) = (fresh_name(), sqlx::PgPool::connect(&server).await.unwrap());
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE template0"));
        sqlx::raw_sql(create).execute(&pool).await.unwrap();
        pool.close().await;
        Self { url: database_of(&server, &name), _directory: None }
    }

    #[cfg(feature = "mysql")]
    pub async fn mysql() -> Self {
        let server = server("DOORSTEP_MYSQL_URL");
        let (name, pool) = (fresh_name(), sqlx::MySqlPool::connect(&server).await.unwrap());
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&pool).await.unwrap();
        pool.close().await;
        Self { url: database_of(&server, &name), _directory: None }
    }

    /// The URL of this database for somebody who may only read it.
    pub async fn read_only(&self) -> String {
        #[cfg(feature = "postgres")]
        if self.url.starts_with("postgres:") {
            return format!("{}?options=-c%20default_transaction_read_only%3Don", self.url);
        }
        #[cfg(feature = "mysql")]
        if let Some((user, place)) =
            self.url.strip_prefix("mysql://").and_then(|rest| rest.split_once('@'))
        {
            let (name, pool) = (fresh_name(), sqlx::MySqlPool::connect(&self.url).await.unwrap());
            let password = user.split_once(':').unwrap().1;
            let (_, database) = place.rsplit_once('/').unwrap();
            let create = format!(
                "CREATE USER {name} IDENTIFIED BY '{password}'; GRANT SELECT ON {database}.* TO {name}"
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(create)).execute(&pool).await.unwrap();
            return format!("mysql://{name}:{password}@{place}");
        }
        format!("{}?mode=ro", self.url)
    }

    /// A store with a pool of its own, and its tables.
    pub async fn store(&self) -> SqlStore {
        let store = options().connect(&self.url).await.unwrap();
        store.migrate().await.unwrap();
        store
    }
}

pub fn options() -> Options {
    let mut options = Options::default();
    options.clock = now;
    // The processors may be busy with other tests.
    options.statement_timeout = Duration::from_secs(60);
    options.acquire_timeout = Duration::from_secs(60);
    options
}

/// A number that a script sets for longer runs, or one that is quick.
pub fn variable(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |value| value.parse().unwrap())
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn server(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set: run scripts/databases"))
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn fresh_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("doorstep_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn database_of(server: &str, name: &str) -> String {
    format!("{}/{name}", server.rsplit_once('/').unwrap().0)
}

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(1_700_000_000) };
}

/// The test's time. Each test has a thread and a runtime on it.
pub fn now() -> UnixTime {
    UnixTime::from_secs(NOW.get())
}

pub fn later(secs: u64) {
    NOW.set(NOW.get() + secs);
}

/// Writes bcrypt, and takes PBKDF2 as outdated: both as cheap as they come.
pub fn authenticator() -> Authenticator {
    let hashers = Hashers::new(Bcrypt::new(4).unwrap()).accept(outdated_hasher());
    Authenticator::builder("test", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .build()
        .unwrap()
}

fn outdated_hasher() -> Pbkdf2 {
    Pbkdf2::new(Prf::Sha256, 1).unwrap()
}

pub fn hash(password: &str) -> String {
    authenticator().hashers().hash(password.into()).unwrap().run().unwrap()
}

pub fn outdated_hash(password: &str) -> String {
    Hashers::new(outdated_hasher()).hash(password.into()).unwrap().run().unwrap()
}

/// Whether this user-id and password are let in.
pub async fn logs_in(store: &SqlStore, username: &str, password: &str) -> bool {
    let step = authenticator().login(username, password.into());
    drive(step, store, now()).await.unwrap().granted().is_some()
}

/// Why this token is refused, if it is.
pub async fn refused(store: &SqlStore, token: &Secret) -> Option<Cause> {
    let value = [b"Bearer ", token.expose()].concat();
    let step = authenticator().begin([("authorization", &value[..])]);
    match drive(step, store, now()).await.unwrap() {
        Outcome::Granted(_) => None,
        Outcome::Denied(denied) => Some(denied.cause()),
        Outcome::Anonymous(_) => unreachable!("there is a token"),
    }
}

/// A login up to where the new hash is to be put in the place of the old one.
pub async fn to_replace(store: &SqlStore, username: &str, password: &str) -> Replace<User> {
    match to_hash(store, username, password).await {
        Step::Rehash(work) => match work.run() {
            Step::Replace(ask) => ask,
            _ => panic!("there is no entropy"),
        },
        _ => panic!("the hash is not outdated"),
    }
}

/// Whether this user-id and password are let in, and the stored hash is of the preferred kind.
pub async fn is_up_to_date(store: &SqlStore, username: &str, password: &str) -> bool {
    matches!(to_hash(store, username, password).await, Step::Done(Outcome::Granted(_)))
}

/// A login up to its rehash or its outcome.
async fn to_hash(store: &SqlStore, username: &str, password: &str) -> Step<User> {
    let mut step = authenticator().login(username, password.into());
    loop {
        step = match step {
            Step::FindUser(ask) => match store.find_user(&ask).await.unwrap() {
                Some((user, account)) => ask.found(user, account),
                None => ask.not_found(),
            },
            Step::Verify(work) => work.run(),
            other => return other,
        };
    }
}
