//! A process of its own that logs users in: this test binary once more, which runs nothing but
//! `serve` and does what it is told, a line at a time.
//!
//! It is the machine, its driver and the store as a host has them, and shares with the test that
//! started it the database alone.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use doorstep::driver::{Store, drive};
use doorstep::{Replace, Scopes, Step, TokenDigest, TokenFormat};
use doorstep_sqlx::{Error, SqlStore, User, UserId};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::{Bed, authenticator, hash, killed, now, options, refused, to_replace};

/// Which database it opens. Without it, `serve` has nothing to do.
const URL: &str = "DOORSTEP_PROCESS_URL";
/// What an answer's line begins with: the test harness writes lines of its own.
const MARK: &str = "> ";
/// Longer than anything takes, and shorter than a test's patience.
const PATIENCE: Duration = Duration::from_secs(120);

/// The process, from outside. It is killed when this is dropped.
pub struct Process {
    child: Child,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts one, which has a connection to the bed's database when this returns.
    pub async fn start(bed: &Bed) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["process", "--exact", "--include-ignored", "--nocapture"])
            .env(URL, &bed.url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let asks = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Self { child, asks, answers };
        assert_eq!(process.answer().await, "ready");
        process
    }

    /// Asks, and waits for the answer.
    pub async fn ask(&mut self, line: impl Display) -> String {
        self.tell(line).await;
        self.answer().await
    }

    /// Asks. The answer is still to be waited for.
    pub async fn tell(&mut self, line: impl Display) {
        self.asks.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    pub async fn answer(&mut self) -> String {
        self.next().await.expect("the process has ended")
    }

    /// The next line that it wrote, if there is one.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            let line =
                timeout(PATIENCE, self.answers.next_line()).await.expect("it hangs").unwrap();
            match line {
                None => return None,
                Some(line) => {
                    if let Some((_, answer)) = line.split_once(MARK) {
                        return Some(answer.to_owned());
                    }
                }
            }
        }
    }

    /// Ends it where it stands: SIGKILL, of which no process knows anything.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }
}

/// The process, from inside. What it does is in the words of the lines.
pub async fn serve() {
    let Ok(url) = std::env::var(URL) else { return };
    let store = options().connect(&url).await.unwrap();
    let mut host = Host { store, held: None, hashes: HashMap::new() };
    say("ready");
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let words: Vec<_> = line.split(' ').collect();
        match host.answer(&words).await {
            Ok(answer) => say(answer),
            Err(error) => say(format_args!("{:?}", error.kind())),
        }
    }
}

/// Writes a line at once and whole: it can be read after this process was killed.
pub fn say(answer: impl Display) {
    let line = format!("{MARK}{answer}\n");
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}

struct Host {
    store: SqlStore,
    /// The login that waits with its new hash.
    held: Option<Replace<User>>,
    /// Of passwords that were set before, so that setting them again is one statement.
    hashes: HashMap<String, String>,
}

impl Host {
    async fn answer(&mut self, words: &[&str]) -> Result<String, Error> {
        let store = &self.store;
        Ok(match *words {
            ["migrate"] => {
                store.migrate().await?;
                "migrated".to_owned()
            }
            ["login", name, password] => {
                let step = authenticator().login(name, password.into());
                let granted = drive(step, store, now()).await?.granted().is_some();
                granted.to_string()
            }
            // A login in two halves: up to the new hash, and what becomes of it.
            ["rehash", name, password] => {
                self.held = Some(to_replace(store, name, password).await);
                "held".to_owned()
            }
            ["replace"] => {
                let ask = self.held.take().unwrap();
                let replaced = Store::replace_hash(store, &ask).await?;
                assert!(matches!(ask.done(Ok::<_, Error>(replaced)), Step::Done(_)));
                replaced.to_string()
            }
            ["password", id, password] => {
                let hash = self.hashes.entry(password.to_owned()).or_insert_with(|| hash(password));
                store.set_password(user_id(id), Some(hash)).await?.to_string()
            }
            ["token", id] => {
                let format = TokenFormat::new("ds_").unwrap();
                let none = Scopes::NONE_ASKED;
                let token = store.create_token(user_id(id), &format, none, None).await?;
                String::from_utf8(token.expose().to_vec()).unwrap()
            }
            ["bearer", token] => format!("{:?}", refused(store, &token.into()).await),
            ["revoke", token] => {
                store.revoke_digest(&TokenDigest::of(token.as_bytes())).await?.to_string()
            }
            ["rehash-until-killed"] => killed::rehash_until_killed(store).await,
            _ => panic!("no such word"),
        })
    }
}

fn user_id(word: &str) -> UserId {
    UserId::from_i64(word.parse().unwrap())
}
