//! yescrypt, by the RustCrypto crate, and the keyed digests around it that make gost-yescrypt.
//!
//! That crate does it in one call: it cannot be cut, so that the smallest piece is the whole, and its
//! memory comes from the allocator and is not wiped. What it costs is bounded before.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use hmac::{KeyInit, Mac, SimpleHmac};
use streebog::{Digest, Streebog256};
use zeroize::Zeroize;

use super::derivation::{Kdf, Slices};
use super::parameters::InvalidParameters;
use super::price::Cost;
use crate::secret::Secret;

pub(crate) const KEY_LEN: usize = 32;

/// Both passes over 128 bytes, in nanoseconds.
const BLOCK: u64 = 200;

/// yescrypt's parameters in its own mode: N as its binary logarithm, and r.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct YescryptParams {
    log_n: u8,
    r: u32,
    /// For gost-yescrypt: all of the string before the digest, which is hashed.
    gost: Option<Box<[u8]>>,
}

impl YescryptParams {
    pub(crate) fn new(log_n: u32, r: u32, gost: Option<&[u8]>) -> Result<Self, InvalidParameters> {
        if !(1..64).contains(&log_n) {
            return Err(InvalidParameters);
        }
        let params = Self { log_n: log_n as u8, r, gost: gost.map(Into::into) };
        params.params().map(|_| params).ok_or(InvalidParameters)
    }

    fn params(&self) -> Option<yescrypt::Params> {
        yescrypt::Params::new(yescrypt::Mode::Rw, 1 << self.log_n, self.r, 1).ok()
    }

    fn blocks(&self) -> u64 {
        (1u64 << self.log_n).saturating_mul(self.r.into())
    }
}

impl Kdf for YescryptParams {
    fn cost(&self, password_len: usize) -> Cost {
        let time = self.blocks().saturating_mul(BLOCK).saturating_add(10 * password_len as u64);
        Cost::new(self.blocks().div_ceil(8), time.div_ceil(1000).saturating_add(20))
    }

    fn takes(&self, password: &[u8]) -> bool {
        // `crypt()` stops at a NUL: no hash of it was made from one.
        !password.contains(&0)
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let (password, salt) = (Secret::new(password), salt.into());
        Box::new(Whole { params: self.clone(), password, salt, key: None })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("ln", self.log_n.to_string()), ("r", self.r.to_string())]
    }
}

struct Whole {
    params: YescryptParams,
    password: Secret,
    salt: Box<[u8]>,
    key: Option<Secret>,
}

impl Slices for Whole {
    fn advance(&mut self, _units: u64) -> u64 {
        let mut key = vec![0; KEY_LEN];
        let password = self.password.expose();
        let done = self.params.params().is_some_and(|params| {
            yescrypt::yescrypt(password, &self.salt, &params, &mut key).is_ok()
        });
        let key = Secret::from(key);
        // A key of no bytes matches no digest.
        self.key = Some(match &self.params.gost {
            _ if !done => Secret::new(&[]),
            None => key,
            Some(setting) => {
                let mut digest = Streebog256::digest(password);
                let inner = hmac(&digest, setting);
                digest.as_mut_slice().zeroize();
                hmac(inner.expose(), key.expose())
            }
        });
        0
    }

    fn finish(mut self: Box<Self>) -> Secret {
        self.key.take().unwrap_or_else(|| Secret::new(&[]))
    }
}

/// HMAC with Streebog-256 (GOST R 34.11-2012, RFC 7836 §4.1.1).
fn hmac(key: &[u8], message: &[u8]) -> Secret {
    let Ok(mut mac) = SimpleHmac::<Streebog256>::new_from_slice(key) else {
        unreachable!("HMAC takes a key of any length")
    };
    mac.update(message);
    let mut tag = mac.finalize().into_bytes();
    let key = Secret::new(&tag);
    tag.as_mut_slice().zeroize();
    key
}
