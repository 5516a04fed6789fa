//! The databases of `user`, `token`, `audit` and `wrap`: which one it is, and how it is reached. Shows no
//! URL, no hash, and a token once.

pub(crate) mod connection;
pub(crate) mod token;
pub(crate) mod user;

use std::env;
use std::fmt;
use std::time::{Duration, SystemTime};

use doorstep::UnixTime;
use doorstep_sqlx::{Error, ErrorKind, Options, SqlStore, UserInfo};

use self::connection::Connection;
use crate::output::note;
use crate::refusal::Refusal;

/// Where the URL is, if no option has it.
const VARIABLE: &str = "DOORSTEP_DATABASE";
/// There is no such user or token, or the user is there already.
const NOT_DONE: u8 = 1;

/// Which database.
#[derive(clap::Args)]
pub(crate) struct Database {
    /// The database: `sqlite:PATH`, or `postgres:` or `mysql:` of a server's [default: the variable
    /// DOORSTEP_DATABASE]. Other users of the machine can see a password in it; they do not see the
    /// variable.
    #[arg(long = "database", value_name = "URL", global = true)]
    url: Option<String>,
}

/// What a command is about to do with the tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Look at them, whoever made them: a replica will do.
    Read,
    /// Change what is there.
    Write,
    /// The same, and make them if there are none.
    Create,
}

/// A database's URL, which may hold a password.
struct Url {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    MySql,
}

impl Database {
    /// Runs `work` on the store.
    fn with<T>(
        &self,
        access: Access,
        work: impl AsyncFnOnce(&SqlStore) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.drive(async |url| {
            let store = open(&url, access).await?;
            let done = work(&store).await;
            store.close().await;
            done
        })
    }

    /// Runs `work` on a connection, for tables that are not the store's.
    pub(crate) fn connect<T>(
        &self,
        access: Access,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.drive(async |url| {
            let mut connection = Connection::open(&url, access).await?;
            let done = work(&mut connection).await;
            connection.close().await;
            done
        })
    }

    /// Runs `work` on what sqlx's futures are driven by.
    fn drive<T>(&self, work: impl AsyncFnOnce(Url) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let url = Url::new(self.url()?)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Refusal::io(format!("cannot start a runtime: {error}")))?;
        runtime.block_on(work(url))
    }

    fn url(&self) -> Result<String, Refusal> {
        if let Some(url) = &self.url {
            if holds_password(url) {
                note(format_args!(
                    "other users of the machine can see the password in --database; {VARIABLE} keeps \
                     it out of sight"
                ));
            }
            return Ok(url.clone());
        }
        match env::var(VARIABLE) {
            Ok(url) if !url.is_empty() => Ok(url),
            Err(env::VarError::NotUnicode(_)) => {
                Err(Refusal::usage(format!("{VARIABLE} is not UTF-8")))
            }
            _ => Err(Refusal::usage(format!("which database? --database URL, or {VARIABLE}"))),
        }
    }
}

impl Url {
    fn new(text: String) -> Result<Self, Refusal> {
        // Nothing of it is shown: it may be a secret in the wrong place.
        let kind = match text.split(':').next() {
            Some("sqlite") => Kind::Sqlite,
            Some("postgres" | "postgresql") => Kind::Postgres,
            Some("mysql" | "mariadb") => Kind::MySql,
            _ => {
                return Err(Refusal::usage(
                    "a database's URL begins with sqlite:, postgres: or mysql:",
                ));
            }
        };
        Ok(Self { text, kind })
    }
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

async fn open(Url { text, kind }: &Url, access: Access) -> Result<SqlStore, Refusal> {
    let mut options = Options::default();
    options.create = access == Access::Create;
    let failed = |error: Error| {
        let kind = kind.name();
        Refusal::new("database", format!("cannot open the {kind} database: {error}"))
    };
    let store = options.connect(text).await.map_err(failed)?;
    let ready = if access == Access::Read { store.check().await } else { store.migrate().await };
    match ready {
        Ok(()) => Ok(store),
        Err(error) => {
            store.close().await;
            Err(failed(error))
        }
    }
}

/// Whether there is a password in the URL, where sqlx reads one.
fn holds_password(url: &str) -> bool {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let authority = place.split_once("//").map_or("", |(_, rest)| rest);
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
        || query.split('&').any(|pair| pair.starts_with("password="))
}

/// The user of this name, or the exit code for that there is none.
async fn find(store: &SqlStore, username: &str) -> Result<Option<UserInfo>, Refusal> {
    let found = store.user(username).await?;
    if found.is_none() {
        note(format_args!("there is no such user"));
    }
    Ok(found)
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::InvalidUsername => "username",
            ErrorKind::NoEntropy => "entropy",
            ErrorKind::InvalidScopes => "usage",
            _ => "database",
        };
        Self::new(reason, error.to_string())
    }
}

/// A time as people and programs read it: RFC 3339, in UTC.
struct Rfc3339(UnixTime);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The first second of the year 10000, which has no place in the form.
        const END: u64 = 253_402_300_800;
        let secs = self.0.as_secs();
        match SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(secs)) {
            Some(time) if secs < END => humantime::format_rfc3339_seconds(time).fmt(f),
            _ => write!(f, "{secs} s after 1970"),
        }
    }
}

#[cfg(test)]
mod tests {
    use doorstep::UnixTime;

    use super::{Rfc3339, holds_password};

    #[test]
    fn a_password_in_a_url_is_noticed() {
        for url in [
            "postgres://alice:secret@localhost/db",
            "postgres://alice:s@cret@localhost/db",
            "mysql://:secret@localhost",
            "postgres:///db?host=/run&user=alice&password=secret",
        ] {
            assert!(holds_password(url), "{url}");
        }
        for url in [
            "sqlite:users.db",
            "sqlite://users.db?mode=ro",
            "postgres://localhost:5432/db",
            "postgres://alice@localhost:5432/db",
            "postgres://alice:@localhost/db",
            "mysql://alice@localhost/db?socket=/run/a:b@c",
        ] {
            assert!(!holds_password(url), "{url}");
        }
    }

    #[test]
    fn every_time_has_a_form() {
        for (secs, form) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (253_402_300_800, "253402300800 s after 1970"),
            (u64::MAX, "18446744073709551615 s after 1970"),
        ] {
            assert_eq!(Rfc3339(UnixTime::from_secs(secs)).to_string(), form);
        }
    }
}
