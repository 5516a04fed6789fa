//! A format whose hashes match any password, for what real ones cannot show. It is written outside of
//! the crate, counts what is begun, and can be told to take no password.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use doorstep::password::{
    Algorithm, Cost, Derivation, Format, Hasher, Kdf, Refused, Secret, Slices, StoredHash,
};

/// `anything:` and then whatever one likes.
#[derive(Clone, Debug)]
pub struct Anything {
    pub units: u64,
    pub begun: Arc<AtomicUsize>,
    pub takes: Arc<AtomicBool>,
}

impl Anything {
    pub fn new(units: u64) -> Self {
        Self { units, begun: Arc::default(), takes: Arc::new(AtomicBool::new(true)) }
    }

    /// How many hashes were begun.
    pub fn begun(&self) -> usize {
        self.begun.load(Relaxed)
    }

    pub fn take_nothing(&self) {
        self.takes.store(false, Relaxed);
    }
}

const KEY: &[u8] = b"the same whatever the password";

#[derive(Debug)]
struct Counted {
    units: u64,
    begun: Arc<AtomicUsize>,
}

struct Begun(u64);

impl Kdf for Counted {
    fn cost(&self, _password_len: usize) -> Cost {
        Cost::new(0, self.units)
    }

    fn begin(&self, _password: &[u8], _salt: &[u8]) -> Box<dyn Slices> {
        self.begun.fetch_add(1, Relaxed);
        Box::new(Begun(self.units))
    }
}

impl Slices for Begun {
    fn advance(&mut self, units: u64) -> u64 {
        self.0 = self.0.saturating_sub(units.max(1));
        self.0
    }

    fn finish(self: Box<Self>) -> Secret {
        Secret::new(KEY)
    }
}

impl Format for Anything {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("anything:")
    }

    fn parse(&self, _stored: &str) -> Result<StoredHash, Refused> {
        Ok(StoredHash::new("anything", self.derivation(&[]), KEY))
    }

    fn takes(&self, _password: &[u8]) -> bool {
        self.takes.load(Relaxed)
    }
}

impl Hasher for Anything {
    fn salt_len(&self) -> usize {
        4
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        let kdf = Counted { units: self.units, begun: self.begun.clone() };
        Derivation::new(Algorithm::Other(Arc::new(kdf)), salt)
    }

    fn key_len(&self) -> usize {
        KEY.len()
    }

    fn encode(&self, derivation: &Derivation, _key: &[u8]) -> String {
        format!("anything:{:?}", derivation.salt())
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        stored.name() != "anything"
    }
}
