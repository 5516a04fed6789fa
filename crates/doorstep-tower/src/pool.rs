//! Threads that hash: so many at once, in so much memory, with so many waiting, for so long. Knows no
//! request and no runtime.
//!
//! A thread that is free takes what waits first, and with it what gains by company: bcrypt and SHA-2
//! share its vectors, Argon2 goes alone. It waits for nobody. A place in the queue belongs to the
//! caller: a caller who gives up frees it at once. A thread and the memory of a job that has begun
//! belong to the job, until it ends, whoever still waits for it.

mod job;
mod queue;
mod sync;
#[cfg(test)]
mod tests;
mod thread;

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use doorstep::password::{Cost, Limits, Workspace};
use doorstep::{Refuse, Step, Verify};
use tokio::sync::{oneshot, watch};

use self::job::{Call, Check, Job};
use self::queue::Shared;

/// How much a [`Pool`] does at once.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PoolLimits {
    /// Threads: one for each core, unless told.
    pub threads: NonZeroUsize,
    /// Memory of all hashing together, in KiB, what idle threads keep included. Unless told, 19 MiB
    /// (OWASP's Argon2id) for each thread, and no less than the dearest hash that
    /// [`Limits::argon2_memory_kib`] lets in.
    pub memory_kib: u64,
    /// What a thread keeps for its next job, in KiB: 19 MiB, unless told.
    pub keep_kib: u64,
    /// Jobs that wait, besides those that run: 256, unless told. Each holds a password.
    pub queue: usize,
    /// How long a job may wait: 5 seconds, unless told.
    pub deadline: Duration,
    /// Jobs that a thread does together, at most: 16, unless told, which fills the widest vectors.
    pub batch: NonZeroUsize,
}

impl PoolLimits {
    /// OWASP's recommendation for Argon2id, in KiB.
    const USUAL_KIB: u64 = 19_456;
    const BATCH: NonZeroUsize = NonZeroUsize::new(16).expect("not 0");

    /// For what is done after the response: one thread, 16 jobs that wait for up to a minute, and
    /// 64 MiB.
    pub fn for_upgrades() -> Self {
        Self {
            threads: NonZeroUsize::MIN,
            memory_kib: 64 * 1024,
            keep_kib: 0,
            queue: 16,
            deadline: Duration::from_secs(60),
            batch: Self::BATCH,
        }
    }
}

impl Default for PoolLimits {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let usual = Self::USUAL_KIB.saturating_mul(threads.get() as u64);
        Self {
            threads,
            memory_kib: usual.max(u64::from(Limits::default().argon2_memory_kib)),
            keep_kib: Self::USUAL_KIB,
            queue: 256,
            deadline: Duration::from_secs(5),
            batch: Self::BATCH,
        }
    }
}

/// Threads that hash. Cheap to clone; all clones are one pool, which may serve several layers. It
/// ends, when the last is dropped, with what still waits.
///
/// ```
/// use doorstep::password::{Bcrypt, Hashers};
/// use doorstep_tower::{Pool, PoolLimits};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Pool::start(PoolLimits::default())?;
/// // The hash of a new account, within the same budget as logins.
/// let work = Hashers::new(Bcrypt::new(5)?).hash("open sesame".into())?;
/// let hash = pool.run(work.cost(), |workspace| work.run_in(workspace)).await??;
/// assert!(hash.starts_with("$2b$05$"));
/// pool.drain().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pool {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Its receivers are the threads'.
    alive: watch::Sender<()>,
}

/// What a [`Pool`] is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// Jobs that wait.
    pub waiting: usize,
    /// Threads that run jobs.
    pub running: usize,
    /// Memory that is held, in KiB.
    pub memory_kib: u64,
    /// Jobs in the last batch.
    pub last_batch: usize,
}

impl Pool {
    /// Starts the threads, and one that counts the time of those who wait.
    ///
    /// # Errors
    /// The system's, if it has no threads.
    pub fn start(limits: PoolLimits) -> io::Result<Self> {
        Self::start_named("hashing", limits)
    }

    pub(crate) fn start_named(name: &'static str, limits: PoolLimits) -> io::Result<Self> {
        let pool = Self::idle(name, limits);
        let started = pool.spawn_all();
        started.map(|()| pool)
    }

    /// Without threads: refuses everything.
    pub(crate) fn closed(name: &'static str, limits: PoolLimits) -> Self {
        let pool = Self::idle(name, limits);
        pool.close();
        pool
    }

    fn idle(name: &'static str, limits: PoolLimits) -> Self {
        let shared = Arc::new(Shared::new(name, limits));
        let (threads, alive) = (Mutex::default(), watch::Sender::new(()));
        Self { handle: Arc::new(Handle { shared, threads, alive }) }
    }

    fn spawn_all(&self) -> io::Result<()> {
        let Handle { shared, threads, alive } = &*self.handle;
        let mut threads = threads.lock().unwrap_or_else(PoisonError::into_inner);
        let mut spawn = |name: String, life: fn(&Shared)| {
            let (shared, alive) = (shared.clone(), alive.subscribe());
            let thread = std::thread::Builder::new().name(name).spawn(move || {
                life(&shared);
                drop(alive);
            })?;
            threads.push(thread);
            Ok(())
        };
        for number in 0..shared.limits.threads.get() {
            spawn(format!("doorstep-{number}"), thread::hash)?;
        }
        spawn("doorstep-time".into(), thread::expire)
    }

    /// Verifies on one of the threads, within the budget: `work` itself, refused as overloaded, if
    /// there is no room or the deadline passes. Dropping the future gives the place back.
    ///
    /// # Errors
    /// [`Panicked`], if the work did. Only an algorithm of the host's own could.
    pub async fn verify<U: Send + 'static>(&self, work: Verify<U>) -> Result<Step<U>, Panicked> {
        Ok(self.verify_timed(work).await?.result)
    }

    /// The same, and how long it took.
    ///
    /// # Errors
    /// [`Panicked`], if the work did.
    pub async fn verify_timed<U: Send + 'static>(
        &self,
        work: Verify<U>,
    ) -> Result<Timed<Step<U>>, Panicked> {
        let (job, answer) = Check::new(work);
        match self.wait(job, answer).await {
            Ok(answered) => answered.ok_or(Panicked),
            Err((job, why)) => Ok(Timed::at_once((*job).into_work().refuse(why))),
        }
    }

    /// Runs any other job of this price: the hash of a new account, an
    /// [`Upgrade`](doorstep::Upgrade). Dropping the future gives the place back and drops the job,
    /// unless it has begun.
    ///
    /// # Errors
    /// [`NotDone`], if there is no room, the deadline passes, or the job panics.
    pub async fn run<T: Send + 'static>(
        &self,
        cost: Cost,
        job: impl FnOnce(&mut Workspace) -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let (job, answer) = Call::new(cost, job);
        match self.wait(job, answer).await {
            Ok(Some(answered)) => answered.result.map_err(NotDone::from),
            Ok(None) => Err(NotDone::Panicked),
            Err((_, why)) => Err(NotDone::from(why)),
        }
    }

    /// `Ok(None)` if it panicked, the job itself if there is no room for it.
    async fn wait<J: Job, T>(
        &self,
        job: Box<J>,
        answer: oneshot::Receiver<Timed<T>>,
    ) -> Result<Option<Timed<T>>, (Box<J>, Refuse)> {
        let place = self.handle.shared.enter(job)?;
        let answered = answer.await.ok();
        drop(place);
        Ok(answered)
    }

    /// What it is doing now.
    pub fn load(&self) -> Load {
        self.handle.shared.load()
    }

    /// The limits that it keeps.
    pub fn limits(&self) -> PoolLimits {
        self.handle.shared.limits
    }

    /// Takes no more jobs. Those that wait are done, then the threads end.
    pub fn close(&self) {
        self.handle.shared.close();
    }

    /// [Closes](Self::close), and waits until the threads have ended.
    pub async fn drain(&self) {
        self.close();
        self.handle.alive.closed().await;
    }

    /// The same for those who may block. Not from a job: it would wait for itself.
    pub fn join(&self) {
        self.close();
        let mut threads = self.handle.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a hashing thread ended by a panic");
            }
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("limits", &self.limits())
            .field("load", &self.load())
            .finish_non_exhaustive()
    }
}

/// A job's result and its times.
#[derive(Debug)]
pub struct Timed<T> {
    /// What came of it.
    pub result: T,
    /// How long it took.
    pub times: Times,
}

/// How long a job waited and ran, and in what company.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Times {
    /// From its coming to its beginning.
    pub waited: Duration,
    /// From its beginning to the end of its batch.
    pub ran: Duration,
    /// Jobs that ran together, this one included; 0 if it did not run.
    pub batch: usize,
}

impl<T> Timed<T> {
    fn at_once(result: T) -> Self {
        Self { result, times: Times::default() }
    }
}

/// The job panicked. Its thread and the other jobs did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hashing job panicked")
    }
}

impl std::error::Error for Panicked {}

/// Why a job of [`Pool::run`] has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotDone {
    /// There was no room for it, or the deadline passed: try again later.
    Overloaded {
        /// In so many seconds.
        retry_after: u32,
    },
    /// It panicked.
    Panicked,
}

impl From<Refuse> for NotDone {
    fn from(why: Refuse) -> Self {
        match why {
            Refuse::Overloaded { retry_after } | Refuse::Throttled { retry_after } => {
                Self::Overloaded { retry_after }
            }
            _ => Self::Overloaded { retry_after: 1 },
        }
    }
}

impl fmt::Display for NotDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overloaded { retry_after } => write!(f, "overloaded for {retry_after} seconds"),
            Self::Panicked => Panicked.fmt(f),
        }
    }
}

impl std::error::Error for NotDone {}
