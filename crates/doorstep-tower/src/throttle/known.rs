//! Who was granted from where before, as far as there is room. Keeps no name and no address.

use std::mem;
use std::sync::{Mutex, PoisonError};

/// A user and an address, each as a keyed hash.
#[derive(Clone, Copy)]
pub(super) struct Pair {
    /// Chooses the set.
    pub(super) user: u64,
    /// Of both.
    pub(super) tag: u64,
}

pub(super) struct Known {
    sets: Box<[Mutex<Set>]>,
}

/// The latest first; 0 is nobody.
type Set = [u64; WAYS];

const WAYS: usize = 8;

impl Known {
    pub(super) fn new(pairs: usize) -> Self {
        let sets = (pairs / WAYS).max(1);
        Self { sets: (0..sets).map(|_| Mutex::default()).collect() }
    }

    pub(super) fn holds(&self, pair: Pair) -> bool {
        self.with(pair, |set| set.contains(&pair.tag))
    }

    /// Puts it in front of its set, and the last of it out.
    pub(super) fn remember(&self, pair: Pair) {
        self.with(pair, |set| {
            let at = set.iter().position(|tag| *tag == pair.tag).unwrap_or(WAYS - 1);
            set[..=at].rotate_right(1);
            set[0] = pair.tag;
        });
    }

    pub(super) fn memory(&self) -> usize {
        mem::size_of_val(&*self.sets)
    }

    fn with<T>(&self, pair: Pair, look: impl FnOnce(&mut Set) -> T) -> T {
        let set = &self.sets[(pair.user % self.sets.len() as u64) as usize];
        look(&mut set.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
