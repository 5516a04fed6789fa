//! sha1-crypt as NetBSD has it since 2004 (`lib/libcrypt/crypt-sha1.c`): PBKDF1 in its frame, with
//! HMAC-SHA-1 keyed by the password as the function. A piece is whole rounds of one HMAC each.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use zeroize::{Zeroize, Zeroizing};

use super::derivation::{Kdf, Slices};
use super::price::Cost;
use super::rounds::{Round, Rounds};
use crate::secret::Secret;

/// One HMAC with its key in place: two compressions, and the copies of two states.
const ROUND: u64 = 230;

/// The rounds, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sha1CryptRounds(pub(crate) u32);

impl Kdf for Sha1CryptRounds {
    fn cost(&self, password_len: usize) -> Cost {
        // A key longer than a block is hashed first.
        let key = super::digest::Function::Sha1.nanoseconds(password_len);
        Cost::new(1, (u64::from(self.0) * ROUND).saturating_add(key).div_ceil(1000))
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let Ok(keyed) = Hmac::<Sha1>::new_from_slice(password) else {
            unreachable!("HMAC takes a key of any length")
        };
        let mut state = State { keyed, digest: Zeroizing::new(Vec::with_capacity(20)) };
        state.hmac(&[salt, b"$sha1$", self.0.to_string().as_bytes()]);
        Rounds::begin(state, u64::from(self.0) - 1, ROUND)
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("rounds", self.0.to_string())]
    }
}

struct State {
    keyed: Hmac<Sha1>,
    digest: Zeroizing<Vec<u8>>,
}

impl State {
    fn hmac(&mut self, parts: &[&[u8]]) {
        let mut mac = self.keyed.clone();
        parts.iter().for_each(|part| mac.update(part));
        let mut digest = mac.finalize().into_bytes();
        self.digest.clear();
        self.digest.extend_from_slice(&digest);
        digest.as_mut_slice().zeroize();
    }
}

impl Round for State {
    fn round(&mut self) {
        let mut last = [0; 20];
        last.copy_from_slice(&self.digest);
        self.hmac(&[&last]);
        last.zeroize();
    }

    fn key(&mut self) -> Secret {
        Secret::new(&self.digest)
    }
}
