//! Who waits, who runs, and who is next. Runs nothing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use doorstep::Refuse;
use doorstep::password::Workspace;

use super::job::{Job, Queued};
use super::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use super::{Load, PoolLimits};
use crate::meters::PoolMeters;

pub(super) struct Shared {
    pub(super) limits: PoolLimits,
    pub(super) meters: PoolMeters,
    state: Mutex<State>,
    /// Something changed that a hashing thread may wait for.
    changed: Condvar,
    /// There is a first in the queue, where there was none.
    first: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order of arrival, which is that of the deadlines. A number is never used twice.
    queue: BTreeMap<u64, Queued>,
    next: u64,
    /// Threads that run jobs.
    running: usize,
    /// What all workspaces hold, or will when the jobs that run have taken what they asked for.
    held_kib: u64,
    last_batch: usize,
    /// How much faster company was of late than one job after the other; 0 before there was any.
    gain: f64,
    closed: bool,
    /// What the meters know.
    reported: Load,
}

/// No company is so much faster, whatever a clock says.
const MOST_GAIN: f64 = 16.0;

/// What a thread does next.
pub(super) struct Batch {
    pub(super) first: Queued,
    pub(super) others: Vec<Queued>,
    /// What it is charged for, the thread's own workspace included.
    charged_kib: u64,
}

/// What a thread has just done: so many of a kind that gains by company, in this time.
#[derive(Clone, Copy)]
pub(super) struct Answered {
    pub(super) size: usize,
    pub(super) ran: Duration,
}

/// Which part of a batch's time is waited for those whom it answered: some hundred microseconds for
/// PBKDF2, in which a client on the same network asks again.
const MOMENT: u32 = 32;

/// A place in the queue, free again when it is dropped.
pub(super) struct Place {
    shared: Arc<Shared>,
    number: u64,
}

impl Shared {
    pub(super) fn new(name: &'static str, limits: PoolLimits) -> Self {
        let (state, changed, first) = Default::default();
        Self { limits, meters: PoolMeters::new(name), state, changed, first }
    }

    /// A place for the job, or the job.
    pub(super) fn enter<J: Job>(self: &Arc<Self>, job: Box<J>) -> Result<Place, (Box<J>, Refuse)> {
        let PoolLimits { threads, queue, memory_kib, .. } = self.limits;
        let mut state = self.lock();
        // What the idle threads are about to take does not wait.
        let idle = threads.get() - state.running;
        let full = state.queue.len() >= queue.saturating_add(idle);
        if full || state.closed || job.cost().memory_kib > memory_kib {
            return Err((job, self.overloaded(&state)));
        }
        let number = state.next;
        state.next += 1;
        if state.queue.is_empty() {
            self.first.notify_all();
        }
        state.queue.insert(number, Queued::new(job));
        self.report(&mut state);
        drop(state);
        // All threads: the one that would take it may need the memory that another one keeps.
        self.changed.notify_all();
        Ok(Place { shared: self.clone(), number })
    }

    /// When what waits now will have been done, about.
    fn overloaded(&self, state: &State) -> Refuse {
        let units_of = |in_company: bool| {
            let jobs = state.queue.values().filter(|job| job.company.is_some() == in_company);
            jobs.map(|job| job.cost.units).fold(0, u64::saturating_add)
        };
        // Costs are of jobs alone: bcrypt in company takes a quarter of what it says.
        let in_company = (units_of(true) as f64 / state.gain.max(1.0)) as u64;
        let units = units_of(false).saturating_add(in_company);
        let seconds = units / 1_000_000 / self.limits.threads.get() as u64;
        Refuse::Overloaded { retry_after: u32::try_from(seconds).unwrap_or(u32::MAX).max(1) }
    }

    /// Waits for the first in the queue and for its memory. First come, first served: a dear job is
    /// not overtaken by cheap ones for ever. `None` when there will be no more.
    ///
    /// `answered` is what this thread has just done, if it was not idle.
    pub(super) fn next(
        &self,
        workspace: &mut Workspace,
        answered: Option<Answered>,
    ) -> Option<Batch> {
        let mut state = self.lock();
        if let Some(answered) = answered {
            state = self.let_return(state, answered);
        }
        loop {
            let mine = workspace.memory_kib();
            if let Some(batch) = state.take(mine, &self.limits) {
                self.report(&mut state);
                if state.closed {
                    self.notify();
                }
                return Some(batch);
            }
            if state.queue.is_empty() {
                if state.closed {
                    // It ends, and its memory with it.
                    workspace.shrink_to(0);
                    state.held_kib -= mine;
                    self.report(&mut state);
                    return None;
                }
            } else if mine > 0 {
                // It may be what another thread needs to begin.
                workspace.shrink_to(0);
                state.held_kib -= mine;
                self.report(&mut state);
                self.changed.notify_all();
                continue;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives those who were just answered a moment to ask again. Otherwise the first of them to be back
    /// goes alone, and a group that was split stays so: each half would begin just before the other
    /// is back, and the vectors would never be full. A thread that was idle has nobody to wait for.
    fn let_return<'a>(
        &self,
        mut state: MutexGuard<'a, State>,
        answered: Answered,
    ) -> MutexGuard<'a, State> {
        let all = (state.queue.len() + answered.size).min(self.limits.batch.get());
        let begun = Instant::now();
        let moment = answered.ran / MOMENT;
        while !state.closed && state.queue.len() < all && state.first_may_gain() {
            let left = moment.saturating_sub(begun.elapsed());
            if left == Duration::ZERO {
                break;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// So many units have run in company, in this time.
    pub(super) fn gained(&self, units: u64, ran: Duration) {
        let gain = units as f64 / ran.as_micros().max(1) as f64;
        let mut state = self.lock();
        // The last few batches, of which one may have been interrupted.
        let before = state.gain.max(1.0);
        state.gain = before + (gain.clamp(1.0, MOST_GAIN) - before) / 4.0;
    }

    /// A batch has ended, and the thread keeps so much.
    pub(super) fn ended(&self, charged_kib: u64, kept_kib: u64) {
        let mut state = self.lock();
        state.running -= 1;
        state.held_kib = state.held_kib.saturating_sub(charged_kib).saturating_add(kept_kib);
        self.report(&mut state);
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until somebody has waited for too long. `None` when nobody will wait any more.
    pub(super) fn next_expired(&self) -> Option<(Queued, Refuse)> {
        let mut state = self.lock();
        loop {
            let Some(first) = state.queue.first_entry() else {
                if state.closed {
                    return None;
                }
                state = self.first.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = self.limits.deadline.saturating_sub(first.get().since.elapsed());
            if left == Duration::ZERO {
                let expired = first.remove();
                let why = self.overloaded(&state);
                self.report(&mut state);
                drop(state);
                self.notify();
                return Some((expired, why));
            }
            let waited = self.first.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.notify();
    }

    pub(super) fn load(&self) -> Load {
        self.lock().load()
    }

    fn report(&self, state: &mut State) {
        let now = state.load();
        self.meters.load(state.reported, now);
        state.reported = now;
    }

    fn notify(&self) {
        self.changed.notify_all();
        self.first.notify_all();
    }

    /// No job runs under the lock, so that a panic leaves nothing half done behind it.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the first in the queue, or who will be, may gain by company.
    fn first_may_gain(&self) -> bool {
        self.queue.first_key_value().is_none_or(|(_, first)| first.company.is_some())
    }

    fn load(&self) -> Load {
        Load {
            waiting: self.queue.len(),
            running: self.running,
            memory_kib: self.held_kib,
            last_batch: self.last_batch,
        }
    }

    /// The first in the queue and its company, if there is the memory. `mine` is what the thread's
    /// workspace holds.
    fn take(&mut self, mine: u64, limits: &PoolLimits) -> Option<Batch> {
        let first = self.queue.first_entry()?;
        let (cost, company) = (first.get().cost.memory_kib, first.get().company);
        // Argon2 runs in the workspace; what runs together has its states besides.
        let mut charged_kib =
            if company.is_some() { mine.saturating_add(cost) } else { mine.max(cost) };
        let others_kib = self.held_kib - mine;
        if others_kib.saturating_add(charged_kib) > limits.memory_kib {
            return None;
        }
        let first = first.remove();
        let mut others = Vec::new();
        if company.is_some() {
            let mut numbers = Vec::new();
            for (&number, queued) in &self.queue {
                if numbers.len() + 1 >= limits.batch.get() {
                    break;
                }
                let sum = charged_kib.saturating_add(queued.cost.memory_kib);
                let fits = others_kib.saturating_add(sum) <= limits.memory_kib;
                if fits && queued.company == company {
                    charged_kib = sum;
                    numbers.push(number);
                }
            }
            others.extend(numbers.iter().filter_map(|number| self.queue.remove(number)));
        }
        self.held_kib = others_kib + charged_kib;
        self.running += 1;
        self.last_batch = 1 + others.len();
        Some(Batch { first, others, charged_kib })
    }
}

impl Batch {
    /// How many there are, if they are of a kind that gains by company.
    pub(super) fn company(&self) -> Option<usize> {
        self.first.company.map(|_| 1 + self.others.len())
    }

    pub(super) fn charged_kib(&self) -> u64 {
        self.charged_kib
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let job = state.queue.remove(&self.number);
        if job.is_some() {
            self.shared.report(&mut state);
            drop(state);
            // The next in the queue may need less memory; and a closed pool waits for every place.
            self.shared.notify();
        }
    }
}
