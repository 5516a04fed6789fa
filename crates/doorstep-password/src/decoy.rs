//! What a password is verified against for a name that nobody has: a stored hash that is read like any
//! other. Knows no user, and matches no password.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use core::fmt;

use crate::format::Hasher;
use crate::hashers::{Hashers, Plan, Salt, new_derivation};
use crate::work::Derivation;

/// A stored hash of nobody's, and how its digest would be derived.
pub(crate) struct StandIn {
    stored: Box<str>,
    derivation: Derivation,
}

impl StandIn {
    /// One that `hasher` would write, with a salt and a digest of zeros. Nothing is hashed.
    pub(crate) fn of(hasher: &dyn Hasher) -> Self {
        let derivation = new_derivation(hasher, &Salt::default());
        let stored = hasher.encode(&derivation, &vec![0; hasher.key_len()]);
        Self::new(stored, derivation)
    }

    pub(crate) fn new(stored: String, derivation: Derivation) -> Self {
        Self { stored: stored.into(), derivation }
    }
}

/// What stands in for the stored hash of a name that nobody has: [`Hashers::decoy`].
pub struct Decoy<'a> {
    pub(crate) hashers: &'a Hashers,
    pub(crate) stand_in: &'a StandIn,
}

impl<'a> Decoy<'a> {
    /// A stored hash of the same format and parameters, with zeros for its digest: what a host that keeps
    /// an account's hash meanwhile may keep for nobody's.
    pub fn stored(&self) -> &'a str {
        &self.stand_in.stored
    }

    /// The work that a wrong `password` would have cost, with a forced mismatch at its end.
    ///
    /// It is [`Hashers::plan`] for [`stored`](Self::stored), and so takes its time.
    pub fn plan(&self, password: &[u8]) -> Plan {
        let plan = self.hashers.plan(self.stored(), password);
        // What the limits refuse of a decoy, they refuse of every hash like it: all of these come here.
        let plan = plan.unwrap_or_else(|_| Plan::unread(self.stand_in.derivation.clone()));
        plan.forced()
    }
}

impl fmt::Debug for Decoy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Decoy").field(self.stand_in.derivation.algorithm()).finish()
    }
}
