//! scrypt, RFC 7914, by the RustCrypto crate.
//!
//! That crate does it in one call: it cannot be cut, so that the smallest piece is the whole, and its
//! memory comes from the allocator and is not wiped. What it costs is bounded before.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::derivation::{Kdf, Slices};
use super::parameters::InvalidParameters;
use super::price::Cost;
use crate::secret::Secret;

/// One of the two passes over one block of 128 bytes, in nanoseconds.
const BLOCK: u64 = 150;

/// scrypt's parameters: N as its binary logarithm, r, p, and the length of the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScryptParams {
    log_n: u8,
    r: u32,
    p: u32,
    key_len: usize,
}

impl ScryptParams {
    /// RFC 7914 §2: N is a power of two over 1, and r p is below 2^30. Its bound of N by r counts
    /// bits as bytes (erratum 5971), and is nobody's.
    pub(crate) fn new(
        log_n: u32,
        r: u32,
        p: u32,
        key_len: usize,
    ) -> Result<Self, InvalidParameters> {
        let product = u64::from(r) * u64::from(p);
        if product == 0 || product >= 1 << 30 || !(1..64).contains(&log_n) || key_len == 0 {
            return Err(InvalidParameters);
        }
        Ok(Self { log_n: log_n as u8, r, p, key_len })
    }

    fn blocks(&self, count: u64) -> u64 {
        1u64.checked_shl(self.log_n.into())
            .and_then(|n| n.checked_mul(self.r.into())?.checked_mul(count))
            .unwrap_or(u64::MAX)
    }
}

impl Kdf for ScryptParams {
    fn cost(&self, password_len: usize) -> Cost {
        let memory = self.blocks(1).saturating_add(u64::from(self.r) * u64::from(self.p));
        let time = self.blocks(2 * u64::from(self.p)).saturating_mul(BLOCK);
        // PBKDF2 with one round: a block each for 32 bytes, and the password once.
        let ends = 4 * u64::from(self.r) * u64::from(self.p) * 350 + password_len as u64;
        Cost::new(memory.div_ceil(8), time.saturating_add(ends).div_ceil(1000))
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let (password, salt) = (Secret::new(password), salt.into());
        Box::new(Whole { params: *self, password, salt, key: None })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("ln", self.log_n.to_string()), ("r", self.r.to_string()), ("p", self.p.to_string())]
    }
}

struct Whole {
    params: ScryptParams,
    password: Secret,
    salt: Box<[u8]>,
    key: Option<Secret>,
}

impl Slices for Whole {
    fn advance(&mut self, _units: u64) -> u64 {
        let ScryptParams { log_n, r, p, key_len } = self.params;
        let mut key = vec![0; key_len];
        let done = scrypt::Params::new(log_n, r, p).is_ok_and(|params| {
            scrypt::scrypt(self.password.expose(), &self.salt, &params, &mut key).is_ok()
        });
        // A key of no bytes matches no digest.
        self.key = Some(if done { Secret::from(key) } else { Secret::new(&[]) });
        0
    }

    fn finish(mut self: Box<Self>) -> Secret {
        self.key.take().unwrap_or_else(|| Secret::new(&[]))
    }
}
