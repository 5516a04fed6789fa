//! Hash functions by name, for the steps beside an algorithm.

use hmac::digest::block_api::EagerHash;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Digest;
use zeroize::Zeroize;

use super::price::StepTime;
use crate::secret::Secret;

/// A hash function (FIPS 180-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashFunction {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
    /// SHA-512, 64 bytes.
    Sha512,
}

impl HashFunction {
    /// Bytes of its output.
    pub const fn output_len(self) -> usize {
        match self {
            HashFunction::Sha256 => 32,
            HashFunction::Sha384 => 48,
            HashFunction::Sha512 => 64,
        }
    }

    /// Bytes of a block, as HMAC knows it.
    const fn block_len(self) -> usize {
        match self {
            HashFunction::Sha256 => 64,
            HashFunction::Sha384 | HashFunction::Sha512 => 128,
        }
    }

    /// The time of one compression.
    const fn step_time(self) -> StepTime {
        match self {
            HashFunction::Sha256 => StepTime(50),
            HashFunction::Sha384 | HashFunction::Sha512 => StepTime(130),
        }
    }

    /// The nanoseconds that a message of so many bytes takes.
    pub(crate) const fn nanoseconds(self, len: usize) -> u64 {
        // Padding fills at most one block more.
        (len / self.block_len() + 2) as u64 * self.step_time().0
    }

    /// The nanoseconds that HMAC over so many bytes takes.
    pub(crate) const fn hmac_nanoseconds(self, len: usize) -> u64 {
        self.nanoseconds(self.block_len() + len)
            + self.nanoseconds(self.block_len() + self.output_len())
    }

    pub(crate) fn digest(self, message: &[u8]) -> Secret {
        fn digest<D: Digest>(message: &[u8]) -> Secret {
            let mut output = D::digest(message);
            let digest = Secret::new(&output);
            output.as_mut_slice().zeroize();
            digest
        }
        match self {
            HashFunction::Sha256 => digest::<sha2::Sha256>(message),
            HashFunction::Sha384 => digest::<sha2::Sha384>(message),
            HashFunction::Sha512 => digest::<sha2::Sha512>(message),
        }
    }

    /// HMAC, RFC 2104, with a key of any length.
    pub(crate) fn hmac(self, key: &[u8], message: &[u8]) -> Secret {
        self.hmac_of(key, &[message])
    }

    /// The same of a message in parts.
    pub(crate) fn hmac_of(self, key: &[u8], parts: &[&[u8]]) -> Secret {
        fn hmac<D: EagerHash>(key: &[u8], parts: &[&[u8]]) -> Secret
        where
            Hmac<D>: Mac + KeyInit,
        {
            let Ok(mut mac) = <Hmac<D> as KeyInit>::new_from_slice(key) else {
                unreachable!("HMAC takes a key of any length")
            };
            parts.iter().for_each(|part| mac.update(part));
            let mut output = mac.finalize().into_bytes();
            let tag = Secret::new(&output);
            output.as_mut_slice().zeroize();
            tag
        }
        match self {
            HashFunction::Sha256 => hmac::<sha2::Sha256>(key, parts),
            HashFunction::Sha384 => hmac::<sha2::Sha384>(key, parts),
            HashFunction::Sha512 => hmac::<sha2::Sha512>(key, parts),
        }
    }
}
