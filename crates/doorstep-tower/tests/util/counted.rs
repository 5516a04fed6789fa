//! A hasher that counts how often it hashes, and hashes nothing: `counted:{version}:{password}`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use doorstep::password::{
    Algorithm, Cost, Derivation, Format, Hasher, Kdf, Refused, Secret, Slices, StoredHash,
};

#[derive(Clone, Debug, Default)]
pub struct Counted {
    begun: Arc<AtomicUsize>,
    /// Any other is outdated.
    version: u8,
}

impl Counted {
    pub fn of_version(version: u8) -> Self {
        Self { version, ..Self::default() }
    }

    pub fn begun(&self) -> usize {
        self.begun.load(Relaxed)
    }

    pub fn stored(&self, password: &str) -> String {
        format!("counted:{}:{password}", self.version)
    }
}

impl Kdf for Counted {
    fn cost(&self, _: usize) -> Cost {
        Cost::new(1, 1)
    }

    fn begin(&self, password: &[u8], _: &[u8]) -> Box<dyn Slices> {
        self.begun.fetch_add(1, Relaxed);
        Box::new(Begun(key(password)))
    }
}

struct Begun(Vec<u8>);

impl Slices for Begun {
    fn advance(&mut self, _: u64) -> u64 {
        0
    }

    fn finish(self: Box<Self>) -> Secret {
        self.0.into()
    }
}

fn key(password: &[u8]) -> Vec<u8> {
    let mut key = password.to_vec();
    key.resize(32, 0);
    key
}

impl Format for Counted {
    fn claims(&self, stored: &str) -> bool {
        stored.starts_with("counted:")
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        let (_, password) = stored.rsplit_once(':').unwrap();
        Ok(StoredHash::new(
            "counted",
            self.derivation(stored.as_bytes()),
            &key(password.as_bytes()),
        ))
    }
}

impl Hasher for Counted {
    fn salt_len(&self) -> usize {
        1
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        Derivation::new(Algorithm::Other(Arc::new(self.clone())), salt)
    }

    fn key_len(&self) -> usize {
        32
    }

    fn encode(&self, _: &Derivation, key: &[u8]) -> String {
        self.stored(str::from_utf8(key).unwrap().trim_end_matches('\0'))
    }

    fn is_outdated(&self, hash: &StoredHash) -> bool {
        !hash.derivation().salt().starts_with(format!("counted:{}:", self.version).as_bytes())
    }
}
