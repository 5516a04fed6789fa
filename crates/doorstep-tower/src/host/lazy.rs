//! A pool that starts with its first job, so that making a layer starts nothing and cannot fail.

use std::sync::{Arc, OnceLock};

use crate::pool::{Pool, PoolLimits};

#[derive(Clone)]
pub(crate) struct LazyPool {
    name: &'static str,
    limits: PoolLimits,
    pool: Arc<OnceLock<Pool>>,
}

impl LazyPool {
    pub(crate) fn new(name: &'static str, limits: PoolLimits) -> Self {
        Self { name, limits, pool: Arc::default() }
    }

    pub(crate) fn limit(&mut self, limits: PoolLimits) {
        *self = Self::new(self.name, limits);
    }

    pub(crate) fn set(&mut self, pool: Pool) {
        self.limits = pool.limits();
        self.pool = Arc::new(OnceLock::from(pool));
    }

    /// The pool. Without threads it refuses everything as overloaded.
    pub(crate) fn started(&self) -> &Pool {
        self.pool.get_or_init(|| {
            Pool::start_named(self.name, self.limits).unwrap_or_else(|error| {
                tracing::error!(%error, "cannot start the hashing threads");
                Pool::closed(self.name, self.limits)
            })
        })
    }
}
