//! `doorstep user`.

use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Subcommand;
use doorstep::{Credentials, Scopes};
use doorstep_password::{Argon2, Hashers, Refused, Secret};
use doorstep_sqlx::{ErrorKind, SqlStore, StoredUser, UserInfo};
use serde::Serialize;

use crate::algorithm::{accept_all, hasher, unlimited};
use crate::args::{Making, Source};
use crate::database::{Access, Database, NOT_DONE, Rfc3339, find};
use crate::hash::{make, note_oddities};
use crate::input::Password;
use crate::output::{Listing, note};
use crate::parameters::Parameters;
use crate::refusal::Refusal;

#[derive(clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct User {
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Adds a user, and makes the tables if there are none. Nobody's password is overwritten.
    #[command(after_help = ADD_HELP)]
    Add(Add),
    /// Sets a user's password, whatever it was.
    #[command(after_help = PASSWD_HELP)]
    Passwd(Passwd),
    /// Disables an account, its tokens included, until it is enabled.
    #[command(after_help = CODES)]
    Disable(Name),
    /// Enables an account that was disabled.
    #[command(after_help = CODES)]
    Enable(Name),
    /// Removes a user, and the user's tokens.
    #[command(after_help = CODES)]
    Remove(Name),
    /// Lists all users, with what their hashes are and without the hashes.
    #[command(after_help = LIST_HELP)]
    List(List),
}

#[derive(clap::Args)]
struct Name {
    /// The user-id.
    #[arg(value_name = "USERNAME")]
    username: String,
}

#[derive(clap::Args)]
struct Add {
    #[command(flatten)]
    name: Name,
    /// What a login by password may do: scopes with one space between each.
    #[arg(long, value_name = "SCOPES", default_value = "", hide_default_value = true, value_parser = scopes)]
    scopes: Scopes,
    /// Add a user who logs in by tokens alone.
    #[arg(long, conflicts_with = "stdin")]
    no_password: bool,
    #[command(flatten)]
    source: Source,
    #[command(flatten, next_help_heading = "The hash")]
    making: Making,
}

const ADD_HELP: &str = "\
Examples:
  doorstep user --database sqlite:users.db add alice
  printf %s \"$PASSWORD\" | doorstep user add alice --stdin --scopes 'read write'

Exit codes: 0 added; 1 the user-id is taken; 2 refused or a wrong command line.";

#[derive(clap::Args)]
struct Passwd {
    #[command(flatten)]
    name: Name,
    /// Take the password away: the user logs in by tokens alone.
    #[arg(long, conflicts_with = "stdin")]
    no_password: bool,
    /// Revoke the user's tokens too, as is wanted if somebody else knew the password.
    #[arg(long)]
    revoke_tokens: bool,
    #[command(flatten)]
    source: Source,
    #[command(flatten, next_help_heading = "The hash")]
    making: Making,
}

const PASSWD_HELP: &str = "\
Examples:
  doorstep user --database sqlite:users.db passwd alice
  printf %s \"$PASSWORD\" | doorstep user passwd alice --stdin --revoke-tokens

Exit codes: 0 set; 1 no such user; 2 refused or a wrong command line.";

#[derive(clap::Args)]
struct List {
    /// Print a line of JSON for each user, whose shape is documented and stable.
    #[arg(long)]
    json: bool,
}

const LIST_HELP: &str = "\
In the order in which they were added: id, state, since when, user-id, format and parameters of the
hash, scopes.

Examples:
  doorstep user --database sqlite:users.db list
  doorstep user list --json | jq -r 'select(.format == \"bcrypt\") | .username'

Exit codes: 0 listed; 2 refused or a wrong command line.";

const CODES: &str = "Exit codes: 0 done; 1 no such user; 2 refused or a wrong command line.";

/// Users that are asked for at once.
const PAGE: u32 = 500;

pub(crate) fn run(args: &User) -> Result<ExitCode, Refusal> {
    let User { database, command } = args;
    match command {
        Command::Add(add) => database.with(Access::Create, async |store| add.run(store).await),
        Command::Passwd(passwd) => {
            database.with(Access::Write, async |store| passwd.run(store).await)
        }
        Command::Disable(name) => {
            database.with(Access::Write, async |store| name.set_disabled(store, true).await)
        }
        Command::Enable(name) => {
            database.with(Access::Write, async |store| name.set_disabled(store, false).await)
        }
        Command::Remove(name) => database.with(Access::Write, async |store| {
            let Some(user) = find(store, &name.username).await? else { return Ok(NOT_DONE.into()) };
            done(store.delete_user(user.id).await?, "removed a user, tokens included")
        }),
        Command::List(list) => database.with(Access::Read, async |store| list.run(store).await),
    }
}

impl Name {
    async fn set_disabled(&self, store: &SqlStore, disabled: bool) -> Result<ExitCode, Refusal> {
        let Some(user) = find(store, &self.username).await? else { return Ok(NOT_DONE.into()) };
        let what = if disabled { "disabled an account" } else { "enabled an account" };
        done(store.set_disabled(user.id, disabled).await?, what)
    }
}

impl Add {
    async fn run(&self, store: &SqlStore) -> Result<ExitCode, Refusal> {
        let username = &self.name.username;
        check(username, None)?;
        let taken = || {
            note(format_args!("the user-id is taken"));
            Ok(ExitCode::from(NOT_DONE))
        };
        // Before a password is asked for. Somebody else may still take the name meanwhile.
        if store.user(username).await?.is_some() {
            return taken();
        }
        let hash = match self.no_password {
            true => None,
            false => Some(new_hash(username, &self.source, &self.making)?),
        };
        match store.create_user(username, hash.as_deref(), &self.scopes).await {
            Ok(_) => done(true, "added a user"),
            Err(error) if error.kind() == ErrorKind::Taken => taken(),
            Err(error) => Err(error.into()),
        }
    }
}

impl Passwd {
    async fn run(&self, store: &SqlStore) -> Result<ExitCode, Refusal> {
        let username = &self.name.username;
        let Some(user) = find(store, username).await? else { return Ok(NOT_DONE.into()) };
        let hash = match self.no_password {
            true => None,
            false => Some(new_hash(username, &self.source, &self.making)?),
        };
        let is_set = store.set_password(user.id, hash.as_deref()).await?;
        // After it: nobody gets a new token by the old password.
        if self.revoke_tokens {
            let count = store.revoke_tokens(user.id).await?;
            note(format_args!("revoked {count} tokens"));
        }
        done(is_set, "set the password")
    }
}

/// A user may be removed by somebody else meanwhile.
fn done(is_done: bool, what: &str) -> Result<ExitCode, Refusal> {
    note(format_args!("{}", if is_done { what } else { "there is no such user" }));
    Ok(if is_done { ExitCode::SUCCESS } else { NOT_DONE.into() })
}

fn new_hash(username: &str, source: &Source, making: &Making) -> Result<String, Refusal> {
    let hashers = Hashers::new(hasher(making)?);
    hashers.can_hash(b"")?;
    let Password { secret, from_stdin } = Password::read_new(source, &hashers)?;
    note_oddities(&secret, from_stdin);
    check(username, Some(&secret))?;
    make(&hashers, secret)
}

/// What could never log in is not added.
fn check(username: &str, password: Option<&Secret>) -> Result<(), Refusal> {
    if username.is_empty() {
        return Err(Refusal::new("username", "the user-id is empty"));
    }
    if username.len() > SqlStore::MAX_USERNAME_LEN {
        let most = SqlStore::MAX_USERNAME_LEN;
        return Err(Refusal::new("username", format!("the user-id is longer than {most} bytes")));
    }
    if Credentials::new(username, b"").is_err() {
        let why = "there is a colon or a control character in the user-id";
        return Err(Refusal::new("username", why));
    }
    if password.is_some_and(|secret| Credentials::new(username, secret.expose()).is_err()) {
        let why = "the password is not UTF-8 or holds a control character, which Basic cannot send";
        return Err(Refusal::new("password", why));
    }
    Ok(())
}

pub(super) fn scopes(text: &str) -> Result<Scopes, String> {
    let scopes = Scopes::parse(text).map_err(|error| error.to_string())?;
    match scopes.as_str().len() <= SqlStore::MAX_SCOPES_LEN {
        true => Ok(scopes),
        false => Err(format!("longer than {} bytes", SqlStore::MAX_SCOPES_LEN)),
    }
}

impl List {
    async fn run(&self, store: &SqlStore) -> Result<ExitCode, Refusal> {
        // Read and not verified: a dear hash costs nothing to look at.
        let hashers = accept_all(Arc::new(Argon2::default())).limits(unlimited());
        let mut listing = Listing::new();
        let mut after = None;
        loop {
            let page = store.stored_users(after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.info.id);
            for user in &page {
                if !listing.line(&Line::of(user, &hashers), self.json)? {
                    return Ok(ExitCode::SUCCESS);
                }
            }
        }
        listing.end()?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What is said of a user. The README documents its JSON.
#[derive(Serialize)]
struct Line<'a> {
    id: i64,
    username: &'a str,
    scopes: Vec<&'a str>,
    created: u64,
    /// Since when.
    disabled: Option<u64>,
    has_password: bool,
    format: Option<&'static str>,
    parameters: Option<Parameters>,
    /// Why the hash cannot be read.
    refused: Option<Refusal>,
    #[serde(skip)]
    unreadable: Option<Refused>,
    #[serde(skip)]
    info: &'a UserInfo,
}

impl<'a> Line<'a> {
    fn of(user: &'a StoredUser, hashers: &Hashers) -> Self {
        let StoredUser { info, hash, .. } = user;
        let read = hash.as_deref().map(|hash| hashers.inspect(hash));
        let (stored, unreadable) = match read {
            None => (None, None),
            Some(Ok(stored)) => (Some(stored), None),
            Some(Err(refused)) => (None, Some(refused)),
        };
        Self {
            id: info.id.as_i64(),
            username: &info.username,
            scopes: info.scopes.iter().collect(),
            created: info.created.as_secs(),
            disabled: info.disabled.map(|since| since.as_secs()),
            has_password: info.has_password,
            format: stored.as_ref().map(|stored| stored.name()),
            parameters: stored.as_ref().map(Parameters::of),
            refused: unreadable.map(Refusal::from),
            unreadable,
            info,
        }
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.disabled.is_some() { "disabled" } else { "enabled" };
        let since = Rfc3339(self.info.disabled.unwrap_or(self.info.created));
        // As `{:?}` has it: no name breaks or turns a line.
        write!(f, "{:>6}  {state:8}  {since}  {:?}  ", self.id, self.username)?;
        match (&self.format, &self.parameters, &self.unreadable) {
            (Some(format), Some(parameters), _) => write!(f, "{format} {parameters}")?,
            (_, _, Some(refused)) => write!(f, "unreadable: {refused}")?,
            _ => f.write_str("no password")?,
        }
        if self.scopes.is_empty() {
            return Ok(());
        }
        // Printable characters alone, by their grammar.
        write!(f, "  ({})", self.scopes.join(" "))
    }
}
