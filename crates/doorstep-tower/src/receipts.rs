//! Who logged in a moment ago. Believes no receipt: the machine judges it, with what is stored now.

use std::time::Duration;

use doorstep::{Granted, Receipt};
use moka::sync::Cache;

/// How many receipts a layer keeps, and for how long.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReceiptLimits {
    /// Users, one receipt each: 10 000, unless told. The least recently and least often seen go first.
    ///
    /// Each takes about 400 bytes and the user-id: 4 MiB with the default, 14 MiB at the very worst,
    /// since the user-ids that an authenticator reads have at most 1024 bytes unless it was told. Only
    /// a right password makes a receipt, so that nobody fills the cache who has no accounts.
    pub capacity: u64,
    /// From the last hash of the password, not from the last request: 5 minutes, unless told.
    ///
    /// A new password or a disabled account ends a receipt at once, whatever its age. This ends those
    /// of users who went away: who reads the process's memory could guess their passwords against
    /// them, with no hash between.
    pub time_to_live: Duration,
}

impl Default for ReceiptLimits {
    fn default() -> Self {
        Self { capacity: 10_000, time_to_live: Duration::from_secs(300) }
    }
}

/// The receipts of one layer, if it keeps any. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Receipts {
    /// By user-id: of two passwords for one user-id, one at most is right. A hash of the user-id would
    /// be of one size, and would let users meet whom the store keeps apart.
    cache: Option<Cache<Box<str>, Receipt>>,
}

impl Receipts {
    pub(crate) fn new(limits: ReceiptLimits) -> Self {
        let ReceiptLimits { capacity, time_to_live } = limits;
        // It panics beyond a thousand years.
        const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        let cache = Cache::builder().max_capacity(capacity).time_to_live(time_to_live.min(YEAR));
        Self { cache: Some(cache.build()) }
    }

    pub(crate) fn are_kept(&self) -> bool {
        self.cache.is_some()
    }

    pub(crate) fn find(&self, username: &str) -> Option<Receipt> {
        self.cache.as_ref()?.get(username)
    }

    /// Keeps that of a grant by password, in the place of an older one. A denial changes nothing: with
    /// wrong passwords one could take away the receipts of others.
    pub(crate) fn keep<U>(&self, granted: &Granted<U>) {
        let Some(cache) = &self.cache else { return };
        if let (Some(username), Some(receipt)) = (granted.username(), granted.receipt()) {
            cache.insert(username.into(), *receipt);
        }
    }
}
