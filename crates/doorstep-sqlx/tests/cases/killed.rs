//! Issue: "`kill -9` during rehashes: every account still logs in with its password". `scripts/crash`
//! does it 1000 times.

use std::time::Duration;

use doorstep::Scopes;
use doorstep::password::Prf;
use doorstep_sqlx::{SqlStore, UserId};

use crate::util::killed::{ACCOUNTS, TASKS, logs_in_as_it_is, name, preferring};
use crate::util::process::Process;
use crate::util::{Bed, options, variable};

/// An account, and what may be stored of it. One hash, or more where a process was killed before it
/// knew what became of a new one.
struct Account {
    id: UserId,
    name: String,
    hashes: Vec<String>,
}

pub async fn a_killed_process_leaves_every_account_its_password(bed: &Bed) {
    let kills = variable("DOORSTEP_KILLS", 50);
    let seed = variable("DOORSTEP_SEED", 1);
    let mut random = Random(seed);
    let mut accounts = Vec::new();
    let store = bed.store().await;
    for (task, account) in (0..TASKS * ACCOUNTS).map(|at| (at / ACCOUNTS, at % ACCOUNTS)) {
        accounts.push(Account::create(&store, name(task, account)).await);
    }
    store.close().await;

    // Of the logins that a kill cut off: no new hash yet, sent to the database, answered.
    let (mut before, mut inside, mut after, mut made) = (0, 0, 0, 0);
    for kill in 0..kills {
        let mut process = Process::start(bed).await;
        process.tell("rehash-until-killed").await;
        let mut cut = [Cut::Before; TASKS];
        // Each has made its connection, and renewed a hash.
        let mut warm = [false; TASKS];
        while warm.contains(&false) {
            heard(&process.answer().await, &mut accounts, &mut cut);
            for (warm, cut) in warm.iter_mut().zip(cut) {
                *warm |= cut == Cut::After;
            }
        }
        std::thread::sleep(Duration::from_micros(random.below(20_000)));
        process.kill().await;
        while let Some(line) = process.next().await {
            heard(&line, &mut accounts, &mut cut);
        }

        // Opened anew: nobody else has SQLite's file open, which is then recovered.
        let store = options().connect(&bed.url).await.unwrap();
        for cut in cut {
            match cut {
                Cut::Before => before += 1,
                Cut::Inside(at) => {
                    inside += 1;
                    let new = accounts[at].hashes.last().unwrap();
                    made += u32::from(store.replace_hash(accounts[at].id, new, new).await.unwrap());
                }
                Cut::After => after += 1,
            }
        }
        for account in &accounts {
            account.check(&store, kill, seed).await;
        }
        store.close().await;
    }
    println!(
        "{kills} kills with seed {seed} cut {} logins off: {before} before they had a new hash, \
         {inside} with it on the way, of which {made} were stored at once, {after} after",
        kills * TASKS as u64
    );
}

/// Where a login was when its process was killed.
#[derive(Clone, Copy, PartialEq)]
enum Cut {
    Before,
    /// It sent a new hash for this account.
    Inside(usize),
    After,
}

/// Takes in what a process said: which account, and where its login is now.
fn heard(line: &str, accounts: &mut [Account], cut: &mut [Cut; TASKS]) {
    let words: Vec<_> = line.split(' ').collect();
    let number = |at: usize| words[at].parse::<usize>().unwrap();
    let (task, at) = (number(1), number(1) * ACCOUNTS + number(2));
    cut[task] = match words[0] {
        "find" => Cut::Before,
        "sent" => {
            accounts[at].hashes.push(words[3].to_owned());
            Cut::Inside(at)
        }
        "done" => {
            accounts[at].answered(words[3] == "true");
            Cut::After
        }
        _ => panic!("{line}"),
    };
}

impl Account {
    async fn create(store: &SqlStore, name: String) -> Self {
        let hashers = preferring(Prf::Sha256);
        let hash = hashers.hashers().hash(name.as_str().into()).unwrap().run().unwrap();
        let id = store.create_user(&name, Some(&hash), &Scopes::NONE_ASKED).await.unwrap();
        Self { id, name, hashes: vec![hash] }
    }

    /// The newest hash was stored, or another one was there before it.
    fn answered(&mut self, replaced: bool) {
        let new = self.hashes.pop().unwrap();
        if replaced {
            self.hashes = vec![new];
        }
    }

    /// What was said to be stored is stored, whole, and lets the account in.
    async fn check(&self, store: &SqlStore, kill: u64, seed: u64) {
        let mut found = false;
        for hash in &self.hashes {
            // Compared by the database, byte for byte.
            found |= store.replace_hash(self.id, hash, hash).await.unwrap();
        }
        assert!(found, "{} has another hash after kill {kill} with seed {seed}", self.name);
        let logs_in = logs_in_as_it_is(store, &self.name).await;
        assert!(logs_in, "{} is locked out after kill {kill} with seed {seed}", self.name);
    }
}

/// xorshift64*, by S. Vigna: the same moments from the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) % end
    }
}
