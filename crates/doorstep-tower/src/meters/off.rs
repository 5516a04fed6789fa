//! Without the feature `metrics`: the same, and nothing of it.

use std::time::Duration;

use doorstep::{Authenticator, Outcome};

use crate::pool::Load;

pub(crate) struct Meters;

#[derive(Clone, Copy)]
pub(crate) enum Rehashed {
    Done,
    Lost,
    Failed,
    Dropped,
}

impl Meters {
    pub(crate) fn new(_: &Authenticator) -> Self {
        Self
    }

    pub(crate) fn decided<U>(&self, _: &Outcome<U>) {}

    pub(crate) fn failed(&self, _scheme: &str) {}

    pub(crate) fn receipt(&self, _hit: bool) {}

    pub(crate) fn rehashed(&self, _: Rehashed) {}
}

pub(crate) struct PoolMeters;

impl PoolMeters {
    pub(crate) fn new(_pool: &'static str) -> Self {
        Self
    }

    pub(crate) fn load(&self, _before: Load, _now: Load) {}

    pub(crate) fn begun(&self, _waited: Duration) {}

    pub(crate) fn ran(&self, _batch: usize, _ran: Duration) {}
}
