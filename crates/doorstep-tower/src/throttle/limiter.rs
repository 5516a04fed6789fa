//! A quota for each key, and places for what is undecided.

use std::time::Duration;

use governor::RateLimiter;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;

use super::limits::Failures;
use super::table::{Does, Key, Table};
use super::time::Time;

pub(super) struct Limiter {
    limiter: RateLimiter<Key, Table, Time, NoOpMiddleware<Nanos>>,
    memory: usize,
}

impl Limiter {
    /// Those who have a place are decided before long.
    const SOON: Duration = Duration::from_secs(1);

    pub(super) fn new(failures: Failures, slots: usize, time: Time) -> Self {
        let quota = failures.quota();
        let table = Table::new(slots, quota);
        let memory = table.memory();
        Self { limiter: RateLimiter::new(quota, table, time), memory }
    }

    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Takes a place.
    ///
    /// # Errors
    /// How long to wait for one.
    pub(super) fn enter(&self, hash: u64) -> Result<Place<'_>, Duration> {
        match self.limiter.check_key(&Key { hash, does: Does::Enter }) {
            Ok(()) => Ok(Place { limiter: self, hash, is_held: true }),
            Err(_) => Err(self.wait(hash).unwrap_or(Self::SOON)),
        }
    }

    /// Takes no place: what is tried meanwhile does not count before it has failed.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn look(&self, hash: u64) -> Result<Place<'_>, Duration> {
        match self.wait(hash) {
            None => Ok(Place { limiter: self, hash, is_held: false }),
            Some(wait) => Err(wait),
        }
    }

    fn wait(&self, hash: u64) -> Option<Duration> {
        let not_until = self.limiter.check_key(&Key { hash, does: Does::Look }).err()?;
        Some(not_until.wait_time_from(self.limiter.clock().now()))
    }

    fn update(&self, hash: u64, does: Does) {
        // Nothing refuses these two.
        let _ = self.limiter.check_key(&Key { hash, does });
    }
}

/// Where an attempt is charged. Dropped, the place is free again.
pub(super) struct Place<'l> {
    limiter: &'l Limiter,
    hash: u64,
    is_held: bool,
}

impl Place<'_> {
    /// Before the place is free, so that nobody comes between.
    pub(super) fn charge(&mut self) {
        self.limiter.update(self.hash, Does::Charge);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if self.is_held {
            self.limiter.update(self.hash, Does::Leave);
        }
    }
}
