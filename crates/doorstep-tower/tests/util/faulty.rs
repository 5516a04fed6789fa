//! A store over [`Db`] of which one call goes wrong.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use doorstep::driver::Store;
use doorstep::{Account, FindToken, FindUser, Replace, TokenDigest, TokenRecord};
use tokio::sync::{Notify, watch};

use super::{Db, Failed, Row, User};

/// What a call does instead of what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Fails, and nothing was done.
    Fails,
    /// Does it, and fails: the answer was lost on its way.
    Loses,
    /// Never answers.
    Hangs,
    /// Never answers, and does it when everybody has given up.
    Late,
    /// Does it twice, and gives the second answer, as what repeats a statement that it sees fail
    /// does.
    Twice,
    /// Does it, and says the contrary: nobody is there who is, not replaced what was, and replaced
    /// what was not.
    Lies,
    /// Answers with how it was in the beginning, as a replica does that lags.
    Lags,
    /// Answers what was asked for another.
    Strays,
    /// Panics.
    Panics,
}

impl Fault {
    pub const ALL: [Self; 9] = [
        Self::Fails,
        Self::Loses,
        Self::Hangs,
        Self::Late,
        Self::Twice,
        Self::Lies,
        Self::Lags,
        Self::Strays,
        Self::Panics,
    ];
}

/// Whose row is found instead of any other.
pub const STRANGER: &str = "Jafar";

/// Longer than a store that is well takes, which answers at once.
pub const STORE_TIMEOUT: Duration = Duration::from_millis(20);

/// The call of this number, from 0, goes wrong in this way.
#[derive(Clone)]
pub struct Faulty {
    pub db: Db,
    pub at: usize,
    pub fault: Fault,
    /// A request waits for what never comes.
    pub hangs: Arc<Notify>,
    /// As it was in the beginning.
    before: Db,
    calls: Arc<AtomicUsize>,
    /// What is late is done when its receivers see `true`, and then there are no more of them.
    late: watch::Sender<bool>,
}

impl Faulty {
    pub fn new(db: Db, at: usize, fault: Fault) -> Self {
        let before = Db::default();
        for (name, Row { hash, disabled }) in db.users.lock().unwrap().iter() {
            let row = Row { hash: hash.clone(), disabled: *disabled };
            before.users.lock().unwrap().insert(name.clone(), row);
        }
        let (hangs, calls, late) = (Arc::default(), Arc::default(), watch::Sender::new(false));
        Self { db, at, fault, hangs, before, calls, late }
    }

    /// Calls that there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Relaxed)
    }

    /// Has what is late be done now.
    pub async fn catch_up(&self) {
        self.late.send_replace(true);
        self.late.closed().await;
    }

    fn fault(&self) -> Option<Fault> {
        (self.calls.fetch_add(1, Relaxed) == self.at).then_some(self.fault)
    }

    async fn hang<T>(&self) -> T {
        self.hangs.notify_one();
        pending().await
    }
}

impl Store for Faulty {
    type User = User;
    type Error = Failed;

    async fn find_user(&self, ask: &FindUser<User>) -> Result<Option<(User, Account)>, Failed> {
        let lookup = self.db.find_user(ask);
        match self.fault() {
            None => lookup.await,
            Some(Fault::Fails) => Err(Failed),
            Some(Fault::Loses) => lookup.await.and(Err(Failed)),
            Some(Fault::Hangs | Fault::Late) => self.hang().await,
            Some(Fault::Twice) => lookup.await.and(self.db.find_user(ask).await),
            Some(Fault::Lies) => Ok(None),
            Some(Fault::Lags) => self.before.find_user(ask).await,
            Some(Fault::Strays) => {
                Ok(Some((STRANGER.into(), Account::from(self.db.hash(STRANGER)))))
            }
            Some(Fault::Panics) => panic!("on purpose"),
        }
    }

    async fn find_token(
        &self,
        ask: &FindToken<User>,
    ) -> Result<Option<(User, TokenRecord)>, Failed> {
        let lookup = self.db.find_token(ask);
        match self.fault() {
            None => lookup.await,
            Some(Fault::Lags) => self.before.find_token(ask).await,
            Some(Fault::Fails) => Err(Failed),
            Some(Fault::Loses) => lookup.await.and(Err(Failed)),
            Some(Fault::Hangs | Fault::Late) => self.hang().await,
            Some(Fault::Twice) => lookup.await.and(self.db.find_token(ask).await),
            Some(Fault::Lies) => Ok(None),
            Some(Fault::Strays) => {
                Ok(Some((STRANGER.into(), TokenRecord::new(TokenDigest::of(b"another")))))
            }
            Some(Fault::Panics) => panic!("on purpose"),
        }
    }

    async fn replace_hash(&self, ask: &Replace<User>) -> Result<bool, Failed> {
        match self.fault() {
            None => self.db.replace_hash(ask).await,
            Some(Fault::Fails) => Err(Failed),
            Some(Fault::Loses) => self.db.replace_hash(ask).await.and(Err(Failed)),
            Some(Fault::Hangs) => pending().await,
            Some(Fault::Late) => {
                let (db, mut late) = (self.db.clone(), self.late.subscribe());
                let [user, old, new] = [ask.user(), ask.old(), ask.new_hash()].map(str::to_owned);
                tokio::spawn(async move {
                    let _ = late.wait_for(|late| *late).await;
                    db.swap(&user, &old, &new);
                });
                pending().await
            }
            Some(Fault::Twice) => {
                self.db.replace_hash(ask).await.and(self.db.replace_hash(ask).await)
            }
            Some(Fault::Lies) => self.db.replace_hash(ask).await.map(|replaced| !replaced),
            Some(Fault::Lags) => self.before.replace_hash(ask).await,
            // There, it never was.
            Some(Fault::Strays) => Ok(self.db.swap(STRANGER, ask.old(), ask.new_hash())),
            Some(Fault::Panics) => panic!("on purpose"),
        }
    }
}
