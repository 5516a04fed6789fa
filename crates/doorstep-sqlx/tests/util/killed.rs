//! A process that renews hashes until it is killed, and what must be true of the accounts then.

use std::convert::Infallible;

use doorstep::driver::Store;
use doorstep::password::{Hashers, Pbkdf2, Prf};
use doorstep::{Authenticator, Basic, Outcome, Step};
use doorstep_sqlx::SqlStore;

use super::process::say;

/// Logins under way at once.
pub const TASKS: usize = 2;
/// Accounts that each of them logs in, one after another. No two share one.
pub const ACCOUNTS: usize = 4;

pub fn name(task: usize, account: usize) -> String {
    format!("user{task}{account}")
}

/// Prefers one of two kinds of hashes and takes the other one as outdated. Both are so cheap that a
/// login is little but the database.
pub fn preferring(prf: Prf) -> Authenticator {
    let [one, other] = [Prf::Sha256, Prf::Sha512].map(|prf| Pbkdf2::new(prf, 1).unwrap());
    let hashers = match prf {
        Prf::Sha512 => Hashers::new(other).accept(one),
        _ => Hashers::new(one).accept(other),
    };
    Authenticator::builder("test", hashers).scheme(Basic::new()).build().unwrap()
}

/// Logs the accounts in for ever, by turns where either kind of hash is outdated. Says that a login
/// begins (`find TASK ACCOUNT`), that its new hash is sent (`sent TASK ACCOUNT NEW`) and what the
/// database answered (`done TASK ACCOUNT BOOL`).
pub async fn rehash_until_killed(store: &SqlStore) -> String {
    let hosts = [preferring(Prf::Sha256), preferring(Prf::Sha512)];
    tokio::join!(rehash(store, &hosts, 0), rehash(store, &hosts, 1));
    unreachable!("it never ends")
}

async fn rehash(store: &SqlStore, hosts: &[Authenticator; 2], task: usize) {
    for at in 0.. {
        let (account, host) = (at % ACCOUNTS, &hosts[at / ACCOUNTS % 2]);
        let name = name(task, account);
        say(format_args!("find {task} {account}"));
        let mut step = host.login(&name, name.as_str().into());
        loop {
            step = match step {
                Step::FindUser(ask) => match store.find_user(&ask).await.unwrap() {
                    Some((user, row)) => ask.found(user, row),
                    None => ask.not_found(),
                },
                Step::Verify(work) => work.run(),
                Step::Rehash(work) => work.run(),
                Step::Replace(ask) => {
                    say(format_args!("sent {task} {account} {}", ask.new_hash()));
                    let replaced = Store::replace_hash(store, &ask).await;
                    say(format_args!("done {task} {account} {}", *replaced.as_ref().unwrap()));
                    ask.done(replaced)
                }
                Step::Done(outcome) => break assert!(matches!(outcome, Outcome::Granted(_))),
                Step::FindToken(_) => unreachable!("there is none"),
            };
        }
    }
}

/// Whether an account logs in with what is stored, which stays as it is.
pub async fn logs_in_as_it_is(store: &SqlStore, name: &str) -> bool {
    let mut step = preferring(Prf::Sha256).login(name, name.into());
    loop {
        step = match step {
            Step::FindUser(ask) => match store.find_user(&ask).await.unwrap() {
                Some((user, row)) => ask.found(user, row),
                None => ask.not_found(),
            },
            Step::Verify(work) => work.run(),
            Step::Rehash(work) => work.skip(),
            Step::Replace(ask) => ask.done(Ok::<_, Infallible>(false)),
            Step::Done(outcome) => return matches!(outcome, Outcome::Granted(_)),
            Step::FindToken(_) => unreachable!("there is none"),
        };
    }
}
