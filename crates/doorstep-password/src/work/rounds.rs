//! A key that is derived in many equal rounds, a piece at a time: what most imported algorithms are.

use alloc::boxed::Box;

use super::derivation::Slices;
use super::price::StepTime;
use crate::secret::Secret;

/// An algorithm's state between two rounds. Its `Drop` wipes what it holds.
pub(crate) trait Round: Send + Sync + 'static {
    /// One round.
    fn round(&mut self);

    /// The key, after the last of them.
    fn key(&mut self) -> Secret;
}

/// So many rounds that are left of an algorithm. The smallest piece is one of them.
pub(crate) struct Rounds<T> {
    state: T,
    left: u64,
    time: StepTime,
}

impl<T: Round> Rounds<T> {
    /// `left` rounds, each of which takes `nanoseconds`.
    pub(crate) fn begin(state: T, left: u64, nanoseconds: u64) -> Box<dyn Slices> {
        Box::new(Self { state, left, time: StepTime(nanoseconds.max(1)) })
    }
}

impl<T: Round> Slices for Rounds<T> {
    fn advance(&mut self, units: u64) -> u64 {
        let now = self.time.steps(units).min(self.left);
        for _ in 0..now {
            self.state.round();
        }
        self.left -= now;
        self.time.units(self.left)
    }

    fn finish(mut self: Box<Self>) -> Secret {
        self.state.key()
    }
}
