//! A digest of salt and password, once or over and over: what many systems took for a password hash.
//!
//! The hash functions are those of the RustCrypto crates. Each piece does whole rounds, of which the
//! smallest is one.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use sha2::Digest;
use zeroize::{Zeroize, Zeroizing};

use super::derivation::{Kdf, Slices};
use super::price::Cost;
use super::rounds::{Round, Rounds};
use crate::secret::Secret;

/// The longest output of a [`Function`], in bytes.
pub(crate) const MAX_LEN: usize = 64;

/// A hash function: RFC 1320, RFC 1321, and FIPS 180-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "some are for one family alone")]
pub(crate) enum Function {
    Md4,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Function {
    /// Bytes of its output.
    pub(crate) const fn output_len(self) -> usize {
        match self {
            Function::Md4 | Function::Md5 => 16,
            Function::Sha1 => 20,
            Function::Sha224 => 28,
            Function::Sha256 => 32,
            Function::Sha384 => 48,
            Function::Sha512 => 64,
        }
    }

    /// Bytes of a block, and of the length behind the message.
    const fn block_len(self) -> (usize, usize) {
        match self {
            Function::Sha384 | Function::Sha512 => (128, 16),
            _ => (64, 8),
        }
    }

    /// The nanoseconds that a message of so many bytes takes.
    pub(crate) const fn nanoseconds(self, len: usize) -> u64 {
        let (block_len, length_len) = self.block_len();
        let compressions = (len.saturating_add(1 + length_len)).div_ceil(block_len) as u64;
        let each = match self {
            Function::Md4 => 75,
            Function::Md5 => 110,
            Function::Sha1 => 75,
            Function::Sha224 | Function::Sha256 => 60,
            Function::Sha384 | Function::Sha512 => 180,
        };
        // What comes with each message, its buffers and their wiping, is about a third of a block.
        compressions.saturating_mul(each).saturating_add(30)
    }

    /// The digest of `parts`, one behind the other, at the beginning of `out`.
    pub(crate) fn hash(self, parts: &[&[u8]], out: &mut [u8]) {
        fn hash<D: Digest>(parts: &[&[u8]], out: &mut [u8]) {
            let mut hasher = D::new();
            parts.iter().for_each(|part| hasher.update(part));
            let mut digest = hasher.finalize();
            out[..digest.len()].copy_from_slice(&digest);
            digest.as_mut_slice().zeroize();
        }
        match self {
            Function::Md4 => hash::<md4::Md4>(parts, out),
            Function::Md5 => hash::<md5::Md5>(parts, out),
            Function::Sha1 => hash::<sha1::Sha1>(parts, out),
            Function::Sha224 => hash::<sha2::Sha224>(parts, out),
            Function::Sha256 => hash::<sha2::Sha256>(parts, out),
            Function::Sha384 => hash::<sha2::Sha384>(parts, out),
            Function::Sha512 => hash::<sha2::Sha512>(parts, out),
        }
    }
}

/// What the first digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    SaltPassword,
    PasswordSalt,
}

/// What each further digest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// The digest before.
    Digest,
    /// The digest before, and the password behind it.
    DigestPassword,
}

/// A digest of the salt and the password, and so many digests of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Digested {
    function: Function,
    order: Order,
    again: Again,
    /// Digests after the first.
    rounds: u32,
    /// Bits of the last digest that are the key: whole bytes, then the lowest bits of one more.
    bits: usize,
}

impl Digested {
    /// One digest: of the whole length, as all are.
    pub(crate) const fn once(function: Function, order: Order) -> Self {
        let bits = 8 * function.output_len();
        Self { function, order, again: Again::Digest, rounds: 0, bits }
    }

    /// With so many digests after the first.
    pub(crate) const fn then(self, again: Again, rounds: u32) -> Self {
        Self { again, rounds, ..self }
    }

    /// Cut to the first so many bits.
    pub(crate) const fn cut(self, bits: usize) -> Self {
        assert!(bits > 0 && bits <= 8 * self.function.output_len(), "no more than there are");
        Self { bits, ..self }
    }

    const fn round_nanoseconds(self, password_len: usize) -> u64 {
        let len = self.function.output_len();
        self.function.nanoseconds(match self.again {
            Again::Digest => len,
            Again::DigestPassword => len.saturating_add(password_len),
        })
    }
}

impl Kdf for Digested {
    fn cost(&self, password_len: usize) -> Cost {
        let rounds = self.round_nanoseconds(password_len).saturating_mul(self.rounds.into());
        // The longest salt that a stored string of the default length can hold.
        let first = self.function.nanoseconds(password_len.saturating_add(1024));
        Cost::new(1, first.saturating_add(rounds).div_ceil(1000))
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let mut digest = Zeroizing::new(vec![0; MAX_LEN]);
        let parts = match self.order {
            Order::SaltPassword => [salt, password],
            Order::PasswordSalt => [password, salt],
        };
        self.function.hash(&parts, &mut digest);
        let again = match self.again {
            Again::Digest => Secret::new(&[]),
            Again::DigestPassword => Secret::new(password),
        };
        let state = Underway { function: self.function, again, digest, bits: self.bits };
        Rounds::begin(state, self.rounds.into(), self.round_nanoseconds(password.len()))
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        match self.rounds {
            0 => Vec::new(),
            rounds => vec![("rounds", rounds.to_string())],
        }
    }
}

struct Underway {
    function: Function,
    /// What stands behind each digest.
    again: Secret,
    digest: Zeroizing<Vec<u8>>,
    bits: usize,
}

impl Round for Underway {
    fn round(&mut self) {
        let mut last = [0; MAX_LEN];
        let last = &mut last[..self.function.output_len()];
        last.copy_from_slice(&self.digest[..last.len()]);
        self.function.hash(&[last, self.again.expose()], &mut self.digest);
        last.zeroize();
    }

    fn key(&mut self) -> Secret {
        let key = &mut self.digest[..self.bits.div_ceil(8)];
        if let (Some(last), 1..) = (key.last_mut(), self.bits % 8) {
            *last &= (1 << (self.bits % 8)) - 1;
        }
        Secret::new(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(params: Digested, password: &[u8], salt: &[u8]) -> Vec<u8> {
        let mut slices = params.begin(password, salt);
        while slices.advance(0) > 0 {}
        slices.finish().expose().to_vec()
    }

    /// RFC 1320 §A.5, RFC 1321 §A.5, FIPS 180-4: "abc" is split between salt and password.
    #[test]
    fn each_function_is_itself() {
        for (function, expected) in [
            (Function::Md4, "a448017aaf21d8525fc10ae87aa6729d"),
            (Function::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (Function::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Function::Sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (Function::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            let hex = |bytes: Vec<u8>| -> String {
                bytes.iter().map(|byte| alloc::format!("{byte:02x}")).collect()
            };
            assert_eq!(
                hex(key(Digested::once(function, Order::SaltPassword), b"c", b"ab")),
                expected
            );
            assert_eq!(
                hex(key(Digested::once(function, Order::PasswordSalt), b"a", b"bc")),
                expected
            );
        }
        for function in [Function::Sha384, Function::Sha512] {
            let key = key(Digested::once(function, Order::PasswordSalt), b"abc", b"");
            assert_eq!(key.len(), function.output_len());
        }
    }

    /// Rounds are what they are said to be, and the price is of each of them.
    #[test]
    fn rounds_hash_what_was_before() {
        let once = Digested::once(Function::Md5, Order::SaltPassword);
        let first = key(once, b"password", b"salt");
        let again = key(once, b"password", &first);
        assert_eq!(key(once.then(Again::DigestPassword, 1), b"password", b"salt"), again);
        let again = key(once, b"", &first);
        assert_eq!(key(once.then(Again::Digest, 1), b"password", b"salt"), again);
        let dear = once.then(Again::DigestPassword, u32::MAX);
        assert!(dear.cost(8).units > 100_000_000);
        assert!(dear.cost(4096).units > 50 * dear.cost(8).units, "the length counts");
        assert!(once.cost(usize::MAX).units > 0);
    }

    #[test]
    fn a_cut_key_is_the_lowest_bits() {
        let whole = Digested::once(Function::Sha512, Order::SaltPassword);
        let cut = key(whole.cut(258), b"password", b"salt");
        let whole = key(whole, b"password", b"salt");
        assert_eq!(cut.len(), 33);
        assert_eq!((&cut[..32], cut[32]), (&whole[..32], whole[32] & 3));
    }
}
