//! How many hashes share a salt with another, in bounded memory.
//!
//! A salt is remembered as 64 bits of a keyed hash of it and its format. Two salts that differ could
//! have the same 64 bits: among a million, with odds of 1 in 37 million. When there are more than fit,
//! those whose bits end in a one are forgotten, then those that end in a one and a zero, and so on. All
//! hashes of one salt are counted or not, so that what is left is a fair sample.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use serde::Serialize;

/// So many salts are remembered: what 2^21 places of a hash table are filled with, in 34 MiB.
const CAPACITY: usize = (1 << 21) / 8 * 7;

/// The salts of a dump.
pub(crate) struct Salts {
    key: RandomState,
    /// How many hashes have it.
    seen: HashMap<u64, u64>,
    capacity: usize,
    /// A salt is remembered if so many of its lowest bits are zero.
    thinned: u32,
    unsalted: u64,
}

/// What `--json` prints of salts.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Sharing {
    /// Hashes that share their salt with another of their format.
    pub(crate) sharing: u64,
    /// Salts that more than one hash has.
    pub(crate) shared: u64,
    /// Hashes with the commonest salt.
    pub(crate) largest: u64,
    /// Hashes without any.
    pub(crate) unsalted: u64,
    /// One salt in so many was looked at. Above 1, `sharing` and `shared` are estimates.
    pub(crate) one_in: u64,
}

impl Salts {
    pub(crate) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        let (key, seen) = (RandomState::new(), HashMap::new());
        Self { key, seen, capacity, thinned: 0, unsalted: 0 }
    }

    pub(crate) fn take(&mut self, format: &str, salt: &[u8]) {
        if salt.is_empty() {
            self.unsalted += 1;
            return;
        }
        let salt = self.key.hash_one((format, salt));
        if !self.is_kept(salt) {
            return;
        }
        if let Some(count) = self.seen.get_mut(&salt) {
            *count += 1;
            return;
        }
        while self.seen.len() >= self.capacity {
            self.thinned += 1;
            let thinned = self.thinned;
            self.seen.retain(|salt, _| salt.trailing_zeros() >= thinned);
        }
        if self.is_kept(salt) {
            self.seen.insert(salt, 1);
        }
    }

    fn is_kept(&self, salt: u64) -> bool {
        salt.trailing_zeros() >= self.thinned
    }

    pub(crate) fn sharing(&self) -> Sharing {
        let one_in = 1 << self.thinned;
        let mut sharing = Sharing { unsalted: self.unsalted, one_in, ..Sharing::default() };
        for &count in self.seen.values() {
            if count > 1 {
                sharing.sharing += count * one_in;
                sharing.shared += one_in;
            }
            sharing.largest = sharing.largest.max(count);
        }
        sharing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salts_are_told_apart_by_format_and_bytes() {
        let mut salts = Salts::new();
        for (format, salt) in
            [("a", "x"), ("a", "x"), ("b", "x"), ("a", "y"), ("a", "x"), ("a", "")]
        {
            salts.take(format, salt.as_bytes());
        }
        let expected = Sharing { sharing: 3, shared: 1, largest: 3, unsalted: 1, one_in: 1 };
        assert_eq!(salts.sharing(), expected);
    }

    /// Each salt twice, and many times more salts than fit.
    #[test]
    fn a_sample_stands_for_all() {
        let (capacity, distinct) = (10_000, 100_000_u64);
        let mut salts = Salts::with_capacity(capacity);
        for salt in (0..distinct).chain(0..distinct) {
            salts.take("a", &salt.to_le_bytes());
        }
        assert!(salts.seen.len() <= capacity);
        let Sharing { sharing, largest, one_in, .. } = salts.sharing();
        assert_eq!(largest, 2);
        assert!(one_in >= 16, "{one_in}");
        // Six thousand of them are in the sample: ten standard deviations are 13 %.
        assert!(sharing.abs_diff(2 * distinct) < 26_000, "{sharing}");
    }
}
