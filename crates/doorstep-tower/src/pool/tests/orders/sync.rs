//! The locks of `shuttle`, which knows no time. Here a short wait ends by itself whenever the scheduler
//! likes, and a long one never.

use std::time::Duration;

use shuttle::sync::{self, LockResult, WaitTimeoutResult};
use shuttle::thread;

pub(super) use shuttle::sync::{Mutex, MutexGuard};
pub(super) use std::sync::{Arc, PoisonError};

/// Time wakes those alone who wait for it, so that it hides no wake that was forgotten.
#[derive(Default)]
pub(super) struct Condvar {
    untimed: sync::Condvar,
    timed: Arc<sync::Condvar>,
}

const LONG: Duration = Duration::from_secs(1);

impl Condvar {
    pub(super) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.untimed.wait(guard)
    }

    pub(super) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        if time < LONG {
            let timed = self.timed.clone();
            thread::spawn(move || timed.notify_all());
        }
        self.timed.wait_timeout(guard, time)
    }

    pub(super) fn notify_all(&self) {
        self.untimed.notify_all();
        self.timed.notify_all();
    }
}
