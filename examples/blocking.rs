//! Host: threads and the standard library. Each request has a thread, which waits for the database; a
//! few other threads hash.
//!
//! What to take away:
//!
//! - look-ups are made where the request is, hashing is handed over: so many passwords are hashed at
//!   once, in so much memory, however many requests there are;
//! - the queue is bounded, and a full one is answered with 503 by `refuse`, before any work; so is who
//!   waited for too long;
//! - an outdated hash is renewed after the answer, if there is room, and put only where the old one
//!   still is.
//!
//! ```text
//! cargo run --example blocking
//! ```

use std::collections::HashMap;
use std::error::Error;
use std::sync::mpsc::{
    Receiver, RecvError, RecvTimeoutError as Lost, SyncSender, TrySendError, sync_channel,
};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::password::{Argon2, Bcrypt, Hashers, Secret, Workspace};
use doorstep::{Authenticator, Basic, Outcome, Refuse, Scopes, Step, Upgrade, Verify};

/// Threads that hash, each in memory of its own: 2 × 19 MiB.
const THREADS: usize = 2;
/// Jobs that wait, each of which holds a password.
const QUEUE: usize = 16;
/// How long a login may wait.
const PATIENCE: Duration = Duration::from_secs(5);
const OVERLOADED: Refuse = Refuse::Overloaded { retry_after: 1 };

enum Job {
    Login { work: Verify<String>, since: Instant, reply: SyncSender<Step<String>> },
    Renewal(Upgrade),
}

struct Host<'a> {
    auth: &'a Authenticator,
    users: &'a Mutex<HashMap<String, String>>,
    queue: SyncSender<Job>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let hashers = Hashers::new(Argon2::default()).accept(Bcrypt::default());
    let auth = Authenticator::builder("threads", hashers).scheme(Basic::new()).build()?;
    let old = Hashers::new(Bcrypt::new(8)?).hash(Secret::from("open sesame"))?.run()?;
    let users = Mutex::new(HashMap::from([("Aladdin".into(), old)]));

    let (queue, jobs) = sync_channel(QUEUE);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| hash(&jobs, &users));
        }
        check(&Host { auth: &auth, users: &users, queue })
        // With the host goes the queue, and so the threads end.
    })?;
    assert!(lock(&users)["Aladdin"].starts_with("$argon2id$"), "the old hash was renewed");
    Ok(())
}

impl Host<'_> {
    /// Who a request comes from, decided on its own thread.
    fn decide(&self, authorization: Option<&str>) -> Result<Outcome<String>, Lost> {
        let fields = authorization.map(|value| ("authorization", value.as_bytes()));
        let mut step = self.auth.begin(fields);
        loop {
            step = match step {
                Step::FindUser(ask) => {
                    let hash = lock(self.users).get(ask.username()).cloned();
                    let user = ask.username().to_owned();
                    match hash {
                        Some(hash) => ask.found(user, hash),
                        None => ask.not_found(), // the same work as a wrong password
                    }
                }
                Step::FindToken(ask) => ask.not_found(),
                Step::Verify(work) => self.hand_over(work)?,
                Step::Rehash(work) => {
                    let (outcome, upgrade) = work.defer();
                    // If there is no room, the next login makes it.
                    let _ = self.queue.try_send(Job::Renewal(upgrade));
                    Step::Done(outcome)
                }
                // Comes after a `Rehash` that is run, not after one that is deferred.
                Step::Replace(ask) => ask.done(Err(())),
                Step::Done(outcome) => return Ok(outcome),
            };
        }
    }

    /// Waits for the verdict; an error if the threads that hash are gone, or stand still.
    fn hand_over(&self, work: Verify<String>) -> Result<Step<String>, Lost> {
        let (reply, answer) = sync_channel(1);
        match self.queue.try_send(Job::Login { work, since: Instant::now(), reply }) {
            Ok(()) => answer.recv_timeout(2 * PATIENCE),
            Err(TrySendError::Full(Job::Login { work, .. })) => Ok(work.refuse(OVERLOADED)),
            Err(_) => Err(Lost::Disconnected),
        }
    }
}

/// The life of a thread that hashes.
fn hash(jobs: &Mutex<Receiver<Job>>, users: &Mutex<HashMap<String, String>>) {
    let mut workspace = Workspace::new();
    loop {
        // One waits for a job, the others for the lock.
        let job = lock(jobs).recv();
        match job {
            Ok(Job::Login { work, since, reply }) => {
                let late = since.elapsed() > PATIENCE;
                let step = if late { work.refuse(OVERLOADED) } else { work.run_in(&mut workspace) };
                // Who asked may be gone.
                let _ = reply.send(step);
            }
            Ok(Job::Renewal(upgrade)) => {
                let Some(made) = upgrade.run_in(&mut workspace) else { continue };
                if let Some(hash) = lock(users).get_mut(made.username())
                    && hash == made.old()
                {
                    *hash = made.new_hash().into();
                }
            }
            Err(RecvError) => return,
        }
    }
}

/// No thread panics with the lock held half-way through a change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(host: &Host<'_>) -> Result<(), Lost> {
    let basic = |user_pass: &str| Some(format!("Basic {}", STANDARD.encode(user_pass)));
    let status = |authorization: Option<String>| {
        let outcome = host.decide(authorization.as_deref())?;
        Ok(outcome.require(&Scopes::NONE_ASKED).map_or_else(|refusal| refusal.status(), |_| 200))
    };
    for (what, authorization, expected) in [
        ("anonymous", None, 401),
        ("malformed", Some("Basic garbage".into()), 401),
        ("an unknown user", basic("Cassim:open sesame"), 401),
        ("a wrong password", basic("Aladdin:open barley"), 401),
        ("the right password", basic("Aladdin:open sesame"), 200),
    ] {
        let status = status(authorization)?;
        println!("{what}: {status}");
        assert_eq!(status, expected);
    }
    // More at once than can be done or may wait: each is served or told to come back, and none hangs.
    let served: Result<Vec<u16>, Lost> = thread::scope(|scope| {
        let one = || status(basic("Aladdin:open sesame"));
        let crowd: Vec<_> = (0..64).map(|_| scope.spawn(one)).collect();
        crowd.into_iter().map(|thread| thread.join().unwrap_or(Err(Lost::Disconnected))).collect()
    });
    let served = served?;
    let count = |status| served.iter().filter(|&&one| one == status).count();
    println!("64 at once: {} served, {} told to come back", count(200), count(503));
    assert!(count(200) >= 1 && count(200) + count(503) == 64);
    Ok(())
}
