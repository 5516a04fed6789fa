//! Issue 5 §1: own threads, a budget, a bounded queue with a deadline, company, and an end. No test
//! asserts a time: where one waits, it waits for an event, and fails by a time-out of its own.

#![allow(clippy::unwrap_used)]

mod orders;

use std::sync::mpsc;

use doorstep::password::{Algorithm, Argon2, Derivation, Hashers, Kdf, Pbkdf2, Prf, Slices};
use doorstep::{Authenticator, Cause, Outcome};
use tokio::task::{JoinHandle, yield_now};

use super::queue::Answered;
use super::*;

const LONG: Duration = Duration::from_secs(60);

fn limits(threads: usize, queue: usize) -> PoolLimits {
    PoolLimits {
        threads: NonZeroUsize::new(threads).unwrap(),
        memory_kib: 100,
        keep_kib: 10,
        queue,
        deadline: LONG,
        batch: NonZeroUsize::new(4).unwrap(),
    }
}

fn pool(threads: usize, queue: usize) -> Pool {
    Pool::start(limits(threads, queue)).unwrap()
}

fn cost(memory_kib: u64) -> Cost {
    Cost::new(memory_kib, 3_000_000)
}

fn spawn(pool: &Pool, memory_kib: u64) -> JoinHandle<Result<(), NotDone>> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.run(cost(memory_kib), |_| ()).await })
}

/// A job that runs until what is given back is dropped.
fn held(pool: &Pool, memory_kib: u64) -> (JoinHandle<Result<(), NotDone>>, mpsc::Sender<()>) {
    let (end, ended) = mpsc::channel::<()>();
    let (begin, begun) = mpsc::channel();
    let pool = pool.clone();
    let task = tokio::spawn(async move {
        let job = move |_: &mut Workspace| {
            begin.send(()).unwrap();
            let _ = ended.recv();
        };
        pool.run(cost(memory_kib), job).await
    });
    begun.recv_timeout(LONG).unwrap();
    (task, end)
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        yield_now().await;
    }
}

/// A password to be verified; the hash is of "open sesame".
fn check<U>(hashers: &Hashers, user: U, password: &str) -> Verify<U> {
    let stored = hashers.hash("open sesame".into()).unwrap().run().unwrap();
    let auth = Authenticator::builder("example", hashers.clone()).build().unwrap();
    let Step::FindUser(ask) = auth.login("Aladdin", password.into()) else { panic!() };
    let Step::Verify(work) = ask.found(user, stored) else { panic!() };
    work
}

fn pbkdf2(rounds: u32) -> Hashers {
    Hashers::new(Pbkdf2::new(Prf::Sha256, rounds).unwrap())
}

fn argon2(memory_kib: u32) -> Hashers {
    Hashers::new(Argon2::new(memory_kib, 1, 1).unwrap())
}

fn verify<U: Send + 'static>(
    pool: &Pool,
    work: Verify<U>,
) -> JoinHandle<Result<Timed<Step<U>>, Panicked>> {
    let pool = pool.clone();
    tokio::spawn(async move { pool.verify_timed(work).await })
}

#[track_caller]
fn denied<U>(step: Step<U>) -> Cause {
    let Step::Done(Outcome::Denied(denied)) = step else { panic!("{step:?}") };
    denied.cause()
}

#[track_caller]
fn user<U>(step: Step<U>) -> U {
    let Step::Done(outcome) = step else { panic!("{step:?}") };
    outcome.granted().unwrap().into_user()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_and_says_when_to_come_again() {
    let pool = pool(1, 2);
    let (running, end) = held(&pool, 1);
    let waiting = [spawn(&pool, 1), spawn(&pool, 1)];
    until(|| pool.load().waiting == 2).await;
    // Two jobs of three seconds each wait for the one thread.
    let why = Refuse::Overloaded { retry_after: 6 };
    let step = pool.verify(check(&pbkdf2(1), 1, "open sesame")).await.unwrap();
    assert_eq!(denied(step), Cause::Refused(why));
    let full = pool.run(cost(1), |_| ()).await;
    assert_eq!(full, Err(NotDone::Overloaded { retry_after: 6 }));
    drop(end);
    running.await.unwrap().unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    let step = pool.verify(check(&pbkdf2(1), 1, "open sesame")).await.unwrap();
    assert_eq!(user(step), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_free_when_its_caller_hangs_up_and_its_job_never_begins() {
    let pool = pool(1, 1);
    let (running, end) = held(&pool, 1);
    let (begin, begun) = mpsc::channel::<()>();
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.run(cost(1), move |_| begin.send(())).await }
    });
    until(|| pool.load().waiting == 1).await;
    assert!(pool.run(cost(1), |_| ()).await.is_err());
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    // The thread is still busy; the place is free all the same.
    assert_eq!(pool.load().waiting, 0);
    let next = spawn(&pool, 1);
    until(|| pool.load().waiting == 1).await;
    drop(end);
    running.await.unwrap().unwrap();
    next.await.unwrap().unwrap();
    pool.drain().await;
    assert!(begun.recv().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_permit_belongs_to_the_job_that_has_begun() {
    let pool = pool(1, 0);
    let (running, end) = held(&pool, 60);
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    // Nobody waits for it any more, and it runs: neither its thread nor its memory is free.
    let Load { running, memory_kib, .. } = pool.load();
    assert_eq!((running, memory_kib), (1, 60));
    assert!(pool.run(cost(1), |_| ()).await.is_err());
    drop(end);
    until(|| pool.load().running == 0).await;
    pool.run(cost(1), |_| ()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_waited_for_and_more_than_there_is_refused() {
    let pool = pool(2, 2);
    assert!(pool.run(cost(101), |_| ()).await.is_err());
    let (running, end) = held(&pool, 60);
    // The other thread is idle, and there is no memory for it.
    let dear = spawn(&pool, 50);
    until(|| pool.load().waiting == 1).await;
    // Nor is a dear job overtaken by a cheap one.
    let cheap = spawn(&pool, 1);
    until(|| pool.load().waiting == 2).await;
    assert_eq!(pool.load().running, 1);
    drop(end);
    for task in [running, dear, cheap] {
        task.await.unwrap().unwrap();
    }
    until(|| pool.load().running == 0).await;
    assert_eq!(pool.load().memory_kib, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_threads_give_their_memory_to_a_dear_job() {
    let pool = pool(2, 8);
    let hash = async |memory_kib| {
        let work = argon2(memory_kib).hash("open sesame".into()).unwrap();
        let job = |workspace: &mut Workspace| {
            work.run_in(workspace).unwrap();
            workspace.memory_kib()
        };
        pool.run(Cost::new(u64::from(memory_kib), 1), job).await.unwrap()
    };
    for _ in 0..4 {
        assert_eq!(hash(8).await, 8);
    }
    // All that there is, so that what idle threads keep is in its way.
    assert_eq!(hash(100).await, 100);
    assert_eq!(hash(8).await, 8);
    pool.drain().await;
    assert!(pool.load().memory_kib <= 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_runs_together_if_it_gains_by_it() {
    let pool = pool(1, 8);
    let (running, end) = held(&pool, 1);
    let waiting = async |count| until(|| pool.load().waiting == count).await;
    // Another algorithm and another user type are no company.
    let alone = verify(&pool, check(&argon2(8), 0, "open sesame"));
    waiting(1).await;
    let three = [1, 2, 3].map(|user| verify(&pool, check(&pbkdf2(user), user, "open sesame")));
    waiting(4).await;
    let other = verify(&pool, check(&pbkdf2(1), "another type", "open sesame"));
    let wrong = verify(&pool, check(&pbkdf2(1), 4_u32, "close sesame"));
    waiting(6).await;
    // The bound is 4.
    let fifth = verify(&pool, check(&pbkdf2(1), 5_u32, "open sesame"));
    waiting(7).await;
    drop(end);
    running.await.unwrap().unwrap();

    let Timed { result, times } = alone.await.unwrap().unwrap();
    assert_eq!((user(result), times.batch), (0, 1));
    let mut batches = Vec::new();
    for (task, expected) in three.into_iter().zip(1..) {
        let Timed { result, times } = task.await.unwrap().unwrap();
        assert_eq!(user(result), expected);
        batches.push(times.batch);
    }
    let Timed { result, times } = wrong.await.unwrap().unwrap();
    assert_eq!(denied(result), Cause::Mismatch);
    batches.push(times.batch);
    let Timed { result, times } = fifth.await.unwrap().unwrap();
    assert_eq!(user(result), 5);
    batches.push(times.batch);
    batches.sort_unstable();
    // Tasks may have come in another order than they were spawned in.
    assert_eq!(batches, [1, 4, 4, 4, 4]);
    let Timed { result, times } = other.await.unwrap().unwrap();
    assert_eq!((user(result), times.batch), ("another type", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_stays_within_the_budget() {
    // PBKDF2 has the price of 1 KiB.
    let pool = Pool::start(PoolLimits { memory_kib: 3, ..limits(1, 8) }).unwrap();
    let (running, end) = held(&pool, 1);
    let tasks = [1, 2, 3, 4].map(|user| verify(&pool, check(&pbkdf2(1), user, "open sesame")));
    until(|| pool.load().waiting == 4).await;
    drop(end);
    running.await.unwrap().unwrap();
    let mut batches = Vec::new();
    for task in tasks {
        batches.push(task.await.unwrap().unwrap().times.batch);
    }
    batches.sort_unstable();
    assert_eq!(batches, [1, 3, 3, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_refuses_who_waits_while_the_thread_is_busy() {
    // For the first job, too, which a busy machine may keep waiting.
    let deadline = Duration::from_secs(1);
    let pool = Pool::start(PoolLimits { deadline, ..limits(1, 4) }).unwrap();
    let (running, end) = held(&pool, 1);
    let step = pool.verify(check(&pbkdf2(1), 1, "open sesame")).await.unwrap();
    assert_eq!(denied(step), Cause::Refused(Refuse::Overloaded { retry_after: 1 }));
    let late = pool.run(cost(1), |_| ()).await;
    assert_eq!(late, Err(NotDone::Overloaded { retry_after: 1 }));
    // Who runs is not refused.
    drop(end);
    running.await.unwrap().unwrap();
}

/// An algorithm of the host's that panics.
#[derive(Debug)]
struct Panics;

impl Kdf for Panics {
    fn cost(&self, _: usize) -> Cost {
        Cost::new(1, 1)
    }

    fn begin(&self, _: &[u8], _: &[u8]) -> Box<dyn Slices> {
        panic!("on purpose")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_loses_one_job_and_neither_thread_nor_others() {
    let pool = pool(1, 4);
    let (running, end) = held(&pool, 1);
    let panics = tokio::spawn({
        let pool = pool.clone();
        async move {
            let derivation = Derivation::new(Algorithm::Other(Arc::new(Panics)), &[]);
            let job = move |_: &mut Workspace| drop(begin(&derivation));
            pool.run(cost(1), job).await
        }
    });
    until(|| pool.load().waiting == 1).await;
    let other = verify(&pool, check(&pbkdf2(1), 1, "open sesame"));
    until(|| pool.load().waiting == 2).await;
    drop(end);
    running.await.unwrap().unwrap();
    assert_eq!(panics.await.unwrap(), Err(NotDone::Panicked));
    assert_eq!(user(other.await.unwrap().unwrap().result), 1);
    until(|| pool.load().running == 0).await;
    assert_eq!(pool.load().memory_kib, 0);
}

fn begin(derivation: &Derivation) -> Box<dyn Slices> {
    let Algorithm::Other(kdf) = derivation.algorithm() else { unreachable!() };
    kdf.begin(&[], &[])
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_drains_what_has_a_place() {
    let pool = pool(1, 1);
    let (running, end) = held(&pool, 1);
    let waiting = spawn(&pool, 1);
    until(|| pool.load().waiting == 1).await;
    pool.close();
    assert!(pool.run(cost(1), |_| ()).await.is_err());
    drop(end);
    pool.drain().await;
    running.await.unwrap().unwrap();
    waiting.await.unwrap().unwrap();
    pool.join();
}

#[tokio::test(flavor = "current_thread")]
async fn threads_are_not_the_runtimes_and_end_with_the_last_clone() {
    let pool = pool(1, 1);
    let name = |_: &mut Workspace| std::thread::current().name().map(str::to_owned);
    assert_eq!(pool.run(cost(1), name).await.unwrap().as_deref(), Some("doorstep-0"));
    let alive = pool.handle.alive.clone();
    drop(pool);
    alive.closed().await;
}

/// They have an hour: if they were not waited for, the first would be alone.
#[test]
fn who_was_answered_together_begins_together() {
    let mut limits = limits(1, 2);
    limits.batch = NonZeroUsize::new(2).unwrap();
    let shared = Arc::new(Shared::new("test", limits));
    let answered = Some(Answered { size: 2, ran: Duration::from_secs(32 * 3600) });
    let next = {
        let shared = shared.clone();
        std::thread::spawn(move || shared.next(&mut Workspace::portable(), answered))
    };
    let hashers = pbkdf2(1);
    let _first = shared.enter(Check::new(check(&hashers, 1, "open sesame")).0).ok().unwrap();
    let _second = shared.enter(Check::new(check(&hashers, 2, "open sesame")).0).ok().unwrap();
    assert_eq!(next.join().unwrap().unwrap().company(), Some(2));
}

/// Two jobs of three seconds each wait, and company has been four times as fast as they say.
#[test]
fn who_is_refused_is_told_how_long_the_queue_takes_in_company() {
    let shared = Arc::new(Shared::new("test", limits(1, 1)));
    let hashers = pbkdf2(4_000_000);
    let enter = || {
        let stored = "$pbkdf2-sha256$4000000$AAAAAAAAAAAAAAAAAAAAAA$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let auth = Authenticator::builder("example", hashers.clone()).build().unwrap();
        let Step::FindUser(ask) = auth.login("Aladdin", "open sesame".into()) else { panic!() };
        let Step::Verify(work) = ask.found(1, stored) else { panic!() };
        shared.enter(Check::new(work).0)
    };
    let _places = [enter().ok().unwrap(), enter().ok().unwrap()];
    let seconds = || match enter() {
        Err((_, Refuse::Overloaded { retry_after })) => retry_after,
        _ => panic!("there is room"),
    };
    let alone = seconds();
    for _ in 0..64 {
        shared.gained(4_000_000, Duration::from_secs(1));
    }
    let together = seconds();
    assert!(together.abs_diff(alone / 4) <= 1, "{alone} s alone, {together} s together");
}
