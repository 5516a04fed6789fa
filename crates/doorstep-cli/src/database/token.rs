//! `doorstep token`. A token is printed once, alone on its line; its digest is what is stored.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use doorstep::{Scopes, TokenDigest, TokenFormat, UnixTime};
use doorstep_sqlx::{SqlStore, TokenId, TokenInfo};
use serde::Serialize;

use crate::database::user::scopes;
use crate::database::{Access, Database, NOT_DONE, Rfc3339, find};
use crate::input::read_token;
use crate::output::{Listing, note, print_secret};
use crate::refusal::Refusal;

#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Token {
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a token for a user, and prints it: once, since its digest alone is stored.
    #[command(after_help = NEW_HELP)]
    New(New),
    /// Revokes a token of a user's, all of them, or the one on standard input.
    #[command(after_help = REVOKE_HELP)]
    Revoke(Revoke),
    /// Lists a user's tokens, the newest first, without anything to log in with.
    #[command(after_help = LIST_HELP)]
    List(List),
}

#[derive(clap::Args)]
struct New {
    /// The user-id.
    #[arg(value_name = "USERNAME")]
    username: String,
    /// What the token may do: scopes with one space between each.
    #[arg(long, value_name = "SCOPES", default_value = "", hide_default_value = true, value_parser = scopes)]
    scopes: Scopes,
    /// For how long it is good, such as `90d` or `12h`, or `never`.
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = lifetime)]
    expires: Lifetime,
    /// What it begins with, so that leaked tokens are found: at most 32 letters, digits, `-`, `.`, `_`
    /// and `~`.
    #[arg(long, default_value = "ds_", value_parser = format)]
    prefix: TokenFormat,
}

const NEW_HELP: &str = "\
The token is alone on its line of standard output. If it cannot be written there, it is revoked.

Examples:
  doorstep token --database sqlite:users.db new alice --scopes read --expires 90d

Exit codes: 0 made; 1 no such user; 2 refused or a wrong command line.";

#[derive(clap::Args)]
struct Revoke {
    /// The user-id.
    #[arg(value_name = "USERNAME", required_unless_present = "stdin", conflicts_with = "stdin")]
    username: Option<String>,
    /// The token's id, as `list` has it.
    #[arg(value_name = "ID", required_unless_present_any = ["stdin", "all"], conflicts_with_all = ["stdin", "all"])]
    id: Option<i64>,
    /// Revoke all tokens of the user.
    #[arg(long, conflicts_with = "stdin")]
    all: bool,
    /// Read the token itself from standard input, whoever it belongs to; one line end does not count.
    #[arg(long)]
    stdin: bool,
}

const REVOKE_HELP: &str = "\
Examples:
  doorstep token --database sqlite:users.db revoke alice 7
  doorstep token revoke alice --all
  printf %s \"$TOKEN\" | doorstep token revoke --stdin

Exit codes: 0 revoked; 1 no such user, or no such token that is not revoked already; 2 refused or a
wrong command line.";

#[derive(clap::Args)]
struct List {
    /// The user-id.
    #[arg(value_name = "USERNAME")]
    username: String,
    /// Print a line of JSON for each token, whose shape is documented and stable.
    #[arg(long)]
    json: bool,
}

const LIST_HELP: &str = "\
Examples:
  doorstep token --database sqlite:users.db list alice

Exit codes: 0 listed; 1 no such user; 2 refused or a wrong command line.";

pub(crate) fn run(args: &Token) -> Result<ExitCode, Refusal> {
    let Token { database, command } = args;
    match command {
        Command::New(new) => database.with(Access::Write, async |store| new.run(store).await),
        Command::Revoke(revoke) => {
            database.with(Access::Write, async |store| revoke.run(store).await)
        }
        Command::List(list) => database.with(Access::Read, async |store| list.run(store).await),
    }
}

impl New {
    async fn run(&self, store: &SqlStore) -> Result<ExitCode, Refusal> {
        let Some(user) = find(store, &self.username).await? else { return Ok(NOT_DONE.into()) };
        let expires = match self.expires {
            Lifetime::Endless => None,
            Lifetime::For(lifetime) => Some(now()?.saturating_add(lifetime.as_secs())),
        };
        let expires = expires.map(UnixTime::from_secs);
        let token = store.create_token(user.id, &self.prefix, self.scopes.clone(), expires).await?;
        if let Err(refusal) = print_secret(&token) {
            // Nobody has it.
            store.revoke_digest(&TokenDigest::of(token.expose())).await?;
            return Err(refusal);
        }
        match expires {
            Some(expires) => {
                note(format_args!("it is shown this once, and expires {}", Rfc3339(expires)));
            }
            None => note(format_args!("it is shown this once, and never expires")),
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Revoke {
    async fn run(&self, store: &SqlStore) -> Result<ExitCode, Refusal> {
        let count = if self.stdin {
            let token = read_token()?;
            u64::from(store.revoke_digest(&TokenDigest::of(token.expose())).await?)
        } else {
            let username = self.username.as_deref().unwrap_or_default();
            let Some(user) = find(store, username).await? else { return Ok(NOT_DONE.into()) };
            match self.id {
                Some(id) => u64::from(store.revoke_token(user.id, TokenId::from_i64(id)).await?),
                None => store.revoke_tokens(user.id).await?,
            }
        };
        // Of all of them, none may be left.
        let is_done = count > 0 || self.all;
        note(format_args!("revoked {count} tokens"));
        Ok(if is_done { ExitCode::SUCCESS } else { NOT_DONE.into() })
    }
}

impl List {
    async fn run(&self, store: &SqlStore) -> Result<ExitCode, Refusal> {
        let Some(user) = find(store, &self.username).await? else { return Ok(NOT_DONE.into()) };
        let now = now()?;
        let mut listing = Listing::new();
        for token in &store.tokens(user.id).await? {
            if !listing.line(&Line::of(token, now), self.json)? {
                return Ok(ExitCode::SUCCESS);
            }
        }
        listing.end()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What is said of a token. The README documents its JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    state: &'static str,
    scopes: Vec<&'a str>,
    created: u64,
    expires: Option<u64>,
    revoked: Option<u64>,
    last_used: Option<u64>,
    #[serde(skip)]
    info: &'a TokenInfo,
}

impl<'a> Line<'a> {
    fn of(info: &'a TokenInfo, now: u64) -> Self {
        let secs = |time: Option<UnixTime>| time.map(UnixTime::as_secs);
        let expires = secs(info.expires);
        let state = match info.revoked {
            Some(_) => "revoked",
            None if expires.is_some_and(|expires| expires <= now) => "expired",
            None => "good",
        };
        Self {
            id: info.id.as_i64(),
            state,
            scopes: info.scopes.iter().collect(),
            created: info.created.as_secs(),
            expires,
            revoked: secs(info.revoked),
            last_used: secs(info.last_used),
            info,
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, state, info, .. } = self;
        write!(f, "{id:>6}  {state:8}  made {}", Rfc3339(info.created))?;
        for (what, time) in [
            ("expires", info.expires),
            ("revoked", info.revoked),
            ("last used about", info.last_used),
        ] {
            if let Some(time) = time {
                write!(f, ", {what} {}", Rfc3339(time))?;
            }
        }
        if self.scopes.is_empty() {
            return Ok(());
        }
        write!(f, "  ({})", self.scopes.join(" "))
    }
}

/// How long a token is good.
#[derive(Clone, Copy, Debug)]
enum Lifetime {
    For(Duration),
    Endless,
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    if text == "never" {
        return Ok(Lifetime::Endless);
    }
    let lifetime = humantime::parse_duration(text).map_err(|error| error.to_string())?;
    if lifetime < Duration::from_secs(1) {
        return Err("a second at least".into());
    }
    Ok(Lifetime::For(lifetime))
}

fn format(prefix: &str) -> Result<TokenFormat, String> {
    TokenFormat::new(prefix).map_err(|error| error.to_string())
}

fn now() -> Result<u64, Refusal> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_err(|_| Refusal::io("the clock is before 1970"))?;
    Ok(now.as_secs())
}
