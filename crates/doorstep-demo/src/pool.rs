//! Threads that hash: so many at once, in so much memory, with so many waiting. Knows no request and
//! no user.
//!
//! A [`Place`] is taken before there is anything to wait for, so that a caller who finds none still
//! has the work in hand, and can refuse it. From then on the place belongs to the caller: when it
//! gives up waiting, the place is free at once, not when a thread comes to it. A thread and the memory
//! of a job that has begun belong to the job: they are free when it ends, whoever still waits for it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use doorstep::password::{Cost, Workspace};
use tokio::sync::oneshot;

/// How much at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Jobs that run at once, a thread each.
    pub(crate) threads: NonZeroUsize,
    /// Jobs that wait, besides those that run.
    pub(crate) queue: usize,
    /// Memory of all workspaces together, in KiB, those of idle threads included.
    pub(crate) memory_kib: u64,
    /// What a thread keeps for its next job, in KiB: the price of the usual one.
    pub(crate) keep_kib: u64,
}

/// No place: try again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// When what waits now will have been done, in seconds, about.
    pub(crate) retry_after: u32,
}

/// The job was begun and did not end: it panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lost;

pub(crate) struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

struct Shared {
    size: Size,
    state: Mutex<State>,
    /// Something changed that a thread may wait for.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Places that are taken, in the order of arrival, and the jobs in those where there is one by
    /// now. A number is never used twice.
    queue: BTreeMap<u64, Option<Job>>,
    next: u64,
    /// Threads that run no job.
    idle: usize,
    /// What all workspaces hold, or will when the jobs that run have taken what they asked for.
    held_kib: u64,
    closed: bool,
}

struct Job {
    cost: Cost,
    run: Box<dyn FnOnce(&mut Workspace) + Send>,
}

impl Pool {
    /// Starts the threads.
    pub(crate) fn start(size: Size) -> std::io::Result<Self> {
        let state = State { idle: size.threads.get(), ..State::default() };
        let shared = Arc::new(Shared { size, state: Mutex::new(state), changed: Condvar::new() });
        let threads = (0..size.threads.get()).map(|number| {
            let shared = shared.clone();
            let thread = std::thread::Builder::new().name(format!("hash-{number}"));
            thread.spawn(move || shared.work())
        });
        let threads = Mutex::new(threads.collect::<Result<_, _>>()?);
        Ok(Self { shared, threads })
    }

    /// A place for a job of this price.
    pub(crate) fn reserve(&self, cost: Cost) -> Result<Place, Full> {
        let Size { threads, queue, memory_kib, .. } = self.shared.size;
        let mut state = self.shared.lock();
        // What the idle threads are about to take does not wait.
        let full = state.queue.len() >= queue.saturating_add(state.idle);
        if full || state.closed || cost.memory_kib > memory_kib {
            let units: u64 = state.queue.values().flatten().map(|job| job.cost.units).sum();
            let seconds = units / 1_000_000 / threads.get() as u64;
            return Err(Full { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX).max(1) });
        }
        let number = state.next;
        state.next += 1;
        state.queue.insert(number, None);
        Ok(Place { shared: self.shared.clone(), number, cost })
    }

    /// Takes no more jobs, waits for those that have a place, and ends the threads. Blocks.
    pub(crate) fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        let threads = std::mem::take(&mut *unpoisoned(self.threads.lock()));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a hashing thread ended by a panic");
            }
        }
    }
}

/// A place for one job. Free again when it is dropped, unless the job has begun.
#[must_use = "a place is free again when it is dropped"]
pub(crate) struct Place {
    shared: Arc<Shared>,
    number: u64,
    cost: Cost,
}

impl Place {
    /// Puts a job here and waits for what it returns. Dropping the future gives the place back and
    /// drops the job, unless a thread has begun it.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        job: impl FnOnce(&mut Workspace) -> T + Send + 'static,
    ) -> Result<T, Lost> {
        let (answer, result) = oneshot::channel();
        let run = Box::new(move |workspace: &mut Workspace| {
            if !answer.is_closed() {
                // Nobody may be waiting at its end: then what it made is dropped, and so wiped.
                let _ = answer.send(job(workspace));
            }
        });
        self.shared.lock().queue.insert(self.number, Some(Job { cost: self.cost, run }));
        // All threads: the one that would take it may need the memory that another one keeps.
        self.shared.changed.notify_all();
        result.await.map_err(|_| Lost)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let job = self.shared.lock().queue.remove(&self.number);
        // The next in the queue may need less memory; and a closed pool waits for every place.
        self.shared.changed.notify_all();
        drop(job);
    }
}

impl Shared {
    /// A thread's life.
    fn work(&self) {
        let mut workspace = Workspace::new();
        while let Some((job, charged_kib)) = self.next(&mut workspace) {
            let ended = catch_unwind(AssertUnwindSafe(|| (job.run)(&mut workspace)));
            if ended.is_err() {
                workspace = Workspace::new();
                tracing::error!("a hashing job panicked");
            }
            workspace.shrink_to(self.size.keep_kib);
            let mut state = self.lock();
            state.idle += 1;
            state.held_kib = state.held_kib - charged_kib + workspace.memory_kib();
            drop(state);
            self.changed.notify_all();
        }
    }

    /// Waits for the first job in the queue and for its memory. First come, first served: a dear job
    /// is not overtaken by cheap ones for ever.
    fn next(&self, workspace: &mut Workspace) -> Option<(Job, u64)> {
        let mut state = self.lock();
        loop {
            let first = state.queue.iter().find_map(|(&number, job)| Some((number, job.as_ref()?)));
            let mine = workspace.memory_kib();
            if let Some((number, job)) = first {
                let charged = job.cost.memory_kib.max(mine);
                let held = state.held_kib - mine + charged;
                if held <= self.size.memory_kib {
                    let job = state.queue.remove(&number).flatten()?;
                    state.held_kib = held;
                    state.idle -= 1;
                    return Some((job, charged));
                }
                if mine > 0 {
                    // It may be what another thread needs to begin.
                    workspace.shrink_to(0);
                    state.held_kib -= mine;
                    self.changed.notify_all();
                    continue;
                }
            } else if state.closed && state.queue.is_empty() {
                return None;
            }
            state = unpoisoned(self.changed.wait(state));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        unpoisoned(self.state.lock())
    }
}

/// No job runs under a lock, so that a panic leaves nothing half done behind it.
fn unpoisoned<T>(result: Result<T, PoisonError<T>>) -> T {
    result.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn pool(threads: usize, queue: usize) -> Pool {
        let threads = NonZeroUsize::new(threads).unwrap();
        Pool::start(Size { threads, queue, memory_kib: 100, keep_kib: 10 }).unwrap()
    }

    fn cost(memory_kib: u64) -> Cost {
        Cost::new(memory_kib, 3_000_000)
    }

    /// A job that runs until it is told to end, and the way to tell it.
    fn held(
        pool: &Pool,
        memory_kib: u64,
    ) -> (tokio::task::JoinHandle<Result<(), Lost>>, mpsc::Sender<()>) {
        let (end, ended) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel();
        let place = pool.reserve(cost(memory_kib)).unwrap();
        let task = tokio::spawn(place.run(move |_| {
            begin.send(()).unwrap();
            let _ = ended.recv();
        }));
        begun.recv_timeout(Duration::from_secs(10)).unwrap();
        (task, end)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_queue_refuses_and_says_when_to_come_again() {
        let pool = pool(1, 2);
        let (running, end) = held(&pool, 1);
        let mut waiting = Vec::new();
        for _ in 0..2 {
            let place = pool.reserve(cost(1)).unwrap();
            waiting.push(tokio::spawn(place.run(|_| ())));
        }
        while pool.shared.lock().queue.values().flatten().count() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.reserve(cost(1)).err(), Some(Full { retry_after: 6 }));
        drop(end);
        running.await.unwrap().unwrap();
        for task in waiting {
            task.await.unwrap().unwrap();
        }
        assert!(pool.reserve(cost(1)).is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_place_is_free_when_its_caller_gives_up_and_its_job_never_begins() {
        let pool = pool(1, 1);
        let (running, end) = held(&pool, 1);
        let (begin, begun) = mpsc::channel::<()>();
        let place = pool.reserve(cost(1)).unwrap();
        let waiting = tokio::spawn(place.run(move |_| begin.send(())));
        assert!(pool.reserve(cost(1)).is_err());
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        // The thread is still busy; the place is free all the same.
        assert!(pool.reserve(cost(1)).is_ok());
        drop(end);
        running.await.unwrap().unwrap();
        pool.close();
        assert!(begun.recv().is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_thread_belongs_to_the_job_that_has_begun() {
        let pool = pool(1, 0);
        let (running, end) = held(&pool, 1);
        running.abort();
        assert!(running.await.unwrap_err().is_cancelled());
        // Nobody waits for it any more, and it runs: there is no thread for another one.
        assert!(pool.reserve(cost(1)).is_err());
        drop(end);
        while pool.reserve(cost(1)).is_err() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn memory_is_waited_for_and_more_than_there_is_refused() {
        let pool = pool(2, 2);
        assert!(pool.reserve(cost(101)).is_err());
        let (running, end) = held(&pool, 60);
        // The other thread is idle, and there is no memory for it.
        let place = pool.reserve(cost(50)).unwrap();
        let (begin, begun) = mpsc::channel();
        let waiting = tokio::spawn(place.run(move |_| begin.send(())));
        assert!(begun.recv_timeout(Duration::from_millis(50)).is_err());
        drop(end);
        running.await.unwrap().unwrap();
        waiting.await.unwrap().unwrap().unwrap();
        assert_eq!(pool.shared.lock().held_kib, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn idle_threads_give_their_memory_to_a_dear_job() {
        use doorstep::password::{Argon2, Hashers, Secret};

        let pool = pool(2, 8);
        let hash = |memory_kib: u32| {
            let hashers = Hashers::new(Argon2::new(memory_kib, 1, 1).unwrap());
            let work = hashers.hash(Secret::from("correct horse")).unwrap();
            let place = pool.reserve(work.cost()).unwrap();
            tokio::spawn(place.run(|workspace| {
                work.run_in(workspace).unwrap();
                workspace.memory_kib()
            }))
        };
        let cheap: Vec<_> = (0..4).map(|_| hash(8)).collect();
        for task in cheap {
            assert_eq!(task.await.unwrap().unwrap(), 8);
        }
        // All that there is, so that what idle threads keep is in its way.
        assert_eq!(hash(100).await.unwrap().unwrap(), 100);
        assert_eq!(hash(8).await.unwrap().unwrap(), 8);
        pool.close();
        assert!(pool.shared.lock().held_kib <= 20);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_panic_loses_one_job_and_no_thread() {
        let pool = pool(1, 0);
        let lost: Result<(), Lost> =
            pool.reserve(cost(1)).unwrap().run(|_| panic!("on purpose")).await;
        assert_eq!(lost, Err(Lost));
        while pool.reserve(cost(1)).is_err() {
            tokio::task::yield_now().await;
        }
        assert_eq!(pool.reserve(cost(1)).unwrap().run(|_| 1).await, Ok(1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn closing_waits_for_what_has_a_place() {
        let pool = Arc::new(pool(1, 1));
        let (running, end) = held(&pool, 1);
        let waiting = tokio::spawn(pool.reserve(cost(1)).unwrap().run(|_| 1));
        let closing = tokio::task::spawn_blocking({
            let pool = pool.clone();
            move || pool.close()
        });
        while !pool.shared.lock().closed {
            tokio::task::yield_now().await;
        }
        assert!(pool.reserve(cost(1)).is_err());
        drop(end);
        closing.await.unwrap();
        running.await.unwrap().unwrap();
        assert_eq!(waiting.await.unwrap(), Ok(1));
    }
}
