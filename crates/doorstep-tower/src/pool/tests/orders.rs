//! The queue and its threads in many orders of their locks and waits, chosen by a seeded scheduler: the
//! same files again, over the locks of `shuttle`. Whatever the order, who has a place gets one answer,
//! the budget holds, and nothing is left at the end. A wait that nobody ends is a failure.

mod sync;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use doorstep::Refuse;
use doorstep::password::Workspace;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use shuttle::{Config, Runner, future, thread};
use tokio::sync::oneshot;

use super::{argon2, check, cost, limits, pbkdf2, user};
use crate::pool::{Load, PoolLimits, Timed, Times};

use self::job::{Call, Check, Job};
use self::queue::{Place, Shared};

// What locks and waits in the pool, once more, with the `sync` of here in the place of `pool/sync.rs`.
#[expect(clippy::duplicate_mod, reason = "over other locks")]
#[expect(dead_code, reason = "`Pool` takes the work out of what was refused")]
#[path = "../job.rs"]
mod job;
#[expect(clippy::duplicate_mod, reason = "over other locks")]
#[path = "../thread.rs"]
mod lives;
#[expect(clippy::duplicate_mod, reason = "over other locks")]
#[path = "../queue.rs"]
mod queue;

/// In so many orders of each kind: any, and those in which a few threads wait for long.
fn in_many_orders(check: impl Fn() + Clone + Send + Sync + 'static) {
    const ORDERS: usize = 200;
    const SEED: u64 = 5;
    let run = |scheduler: Box<dyn Scheduler + Send>, check| {
        Runner::new(scheduler, Config::new()).run(check);
    };
    run(Box::new(RandomScheduler::new_from_seed(SEED, ORDERS)), check.clone());
    run(Box::new(PctScheduler::new_from_seed(SEED, 3, ORDERS)), check);
}

/// Two threads that hash and one that counts the time, as `Pool` starts them.
struct Threads {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
}

impl Threads {
    fn start(limits: PoolLimits) -> Self {
        let shared = Arc::new(Shared::new("test", limits));
        let lives = [lives::hash, lives::hash, lives::expire];
        let threads = lives.map(|life: fn(&Shared)| {
            let shared = shared.clone();
            thread::spawn(move || life(&shared))
        });
        Self { shared, threads: threads.into() }
    }

    /// Closes, and waits for the threads: what they held is given back.
    fn end(self) {
        self.shared.close();
        for thread in self.threads {
            thread.join().unwrap();
        }
        let Load { waiting, running, memory_kib, .. } = self.shared.load();
        assert_eq!((waiting, running, memory_kib), (0, 0, 0));
    }
}

const BUDGET_KIB: u64 = 20;

fn two_threads() -> PoolLimits {
    PoolLimits {
        memory_kib: BUDGET_KIB,
        keep_kib: 8,
        batch: NonZeroUsize::new(2).unwrap(),
        ..limits(2, 1)
    }
}

/// What all jobs of an order did.
#[derive(Default)]
struct Seen {
    used_kib: AtomicU64,
    begun: AtomicUsize,
}

/// A job that fills so much memory, and holds it for a while.
fn dear(
    seen: &Arc<Seen>,
    shared: &Arc<Shared>,
    memory_kib: u32,
) -> (Box<impl Job>, oneshot::Receiver<Timed<Result<(), Refuse>>>) {
    let (seen, shared) = (seen.clone(), shared.clone());
    let work = argon2(memory_kib).hash("open sesame".into()).unwrap();
    let price = u64::from(memory_kib);
    Call::new(cost(price), move |workspace: &mut Workspace| {
        seen.begun.fetch_add(1, Ordering::SeqCst);
        let used = seen.used_kib.fetch_add(price, Ordering::SeqCst) + price;
        assert!(used <= BUDGET_KIB && shared.load().memory_kib <= BUDGET_KIB);
        work.run_in(workspace).unwrap();
        thread::yield_now();
        seen.used_kib.fetch_sub(price, Ordering::SeqCst);
    })
}

/// As `Pool::run` waits; `false` if it was refused.
fn wait<T>(place: Place, answer: oneshot::Receiver<Timed<Result<T, Refuse>>>) -> bool {
    let answered = future::block_on(answer).unwrap();
    drop(place);
    answered.result.is_ok()
}

/// Jobs of which no two fit beside each other in every pairing, and a queue that is too short.
#[test]
fn the_budget_holds_and_nothing_is_lost() {
    in_many_orders(|| {
        let pool = Threads::start(two_threads());
        let seen = Arc::new(Seen::default());
        let callers = [8, 20, 12, 8].map(|memory_kib| {
            let (shared, seen) = (pool.shared.clone(), seen.clone());
            thread::spawn(move || {
                let (job, answer) = dear(&seen, &shared, memory_kib);
                match shared.enter(job) {
                    Ok(place) => {
                        assert!(wait(place, answer));
                        1
                    }
                    Err(_) => 0,
                }
            })
        });
        let done: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
        assert!(done >= 2);
        assert_eq!(seen.begun.load(Ordering::SeqCst), done);
        pool.end();
    });
}

/// A caller who gives up at any moment frees the place, and a job begins once or never.
#[test]
fn who_hangs_up_leaves_nothing_behind() {
    in_many_orders(|| {
        let pool = Threads::start(two_threads());
        let seen = Arc::new(Seen::default());
        let callers = [true, false, true].map(|hangs_up| {
            let (shared, seen) = (pool.shared.clone(), seen.clone());
            thread::spawn(move || {
                let (job, answer) = dear(&seen, &shared, 20);
                match shared.enter(job) {
                    Ok(place) if hangs_up => {
                        thread::yield_now();
                        drop(answer);
                        drop(place);
                    }
                    Ok(place) => assert!(wait(place, answer)),
                    Err(_) => {}
                }
            })
        });
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        pool.end();
        assert!(seen.begun.load(Ordering::SeqCst) <= 3);
    });
}

/// The thread that counts the time and those that hash take from one queue: each job is one's.
#[test]
fn who_waited_for_too_long_is_answered_once() {
    in_many_orders(|| {
        let pool = Threads::start(PoolLimits { deadline: Duration::ZERO, ..two_threads() });
        let seen = Arc::new(Seen::default());
        let callers = [8, 20, 8].map(|memory_kib| {
            let (shared, seen) = (pool.shared.clone(), seen.clone());
            thread::spawn(move || {
                let (job, answer) = dear(&seen, &shared, memory_kib);
                shared.enter(job).is_ok_and(|place| wait(place, answer))
            })
        });
        let done = callers.into_iter().map(|caller| caller.join().unwrap());
        assert_eq!(done.filter(|done| *done).count(), seen.begun.load(Ordering::SeqCst));
        pool.end();
    });
}

/// Whoever got a place before the end gets an answer, and whoever comes later gets none.
#[test]
fn closing_at_any_moment_drains_what_has_a_place() {
    in_many_orders(|| {
        let pool = Threads::start(two_threads());
        let seen = Arc::new(Seen::default());
        let callers = [12, 20].map(|memory_kib| {
            let (shared, seen) = (pool.shared.clone(), seen.clone());
            thread::spawn(move || {
                let (job, answer) = dear(&seen, &shared, memory_kib);
                shared.enter(job).is_ok_and(|place| wait(place, answer))
            })
        });
        let shared = pool.shared.clone();
        pool.end();
        assert!(shared.enter(dear(&seen, &shared, 8).0).is_err());
        let done = callers.into_iter().map(|caller| caller.join().unwrap());
        assert_eq!(done.filter(|done| *done).count(), seen.begun.load(Ordering::SeqCst));
    });
}

/// Those that run together, or wait a moment to, each get their own answer.
#[test]
fn company_answers_each_its_own() {
    let hashers = pbkdf2(1);
    in_many_orders(move || {
        let pool = Threads::start(PoolLimits { queue: 4, ..two_threads() });
        let callers = [1, 2, 3, 4].map(|number| {
            let (shared, hashers) = (pool.shared.clone(), hashers.clone());
            thread::spawn(move || {
                let (job, answer) = Check::new(check(&hashers, number, "open sesame"));
                let place = shared.enter(job).ok().unwrap();
                assert_eq!(user(future::block_on(answer).unwrap().result), number);
                drop(place);
            })
        });
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        pool.end();
    });
}
