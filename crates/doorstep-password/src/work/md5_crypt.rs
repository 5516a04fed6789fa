//! md5-crypt as FreeBSD has it since 1994 (`lib/libcrypt/crypt-md5.c`), and Apache's apr1, which
//! differs in one word. A piece is whole rounds of one MD5 each.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::derivation::{Kdf, Slices};
use super::digest::Function;
use super::price::{Cost, StepTime};
use super::sha::{Md5, Sha};
use super::templates::Templates;
use crate::secret::Secret;

const MD5: Function = Function::Md5;
const LEN: usize = 16;
const ROUNDS: u32 = 1000;

/// The word that the first digest has in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Md5CryptVariant {
    Md5Crypt,
    Apr1,
}

impl Md5CryptVariant {
    const fn magic(self) -> &'static [u8] {
        match self {
            Md5CryptVariant::Md5Crypt => b"$1$",
            Md5CryptVariant::Apr1 => b"$apr1$",
        }
    }
}

impl Kdf for Md5CryptVariant {
    fn cost(&self, password_len: usize) -> Cost {
        // The first digest has the password twice, and again as digests of its length.
        let first = MD5.nanoseconds(password_len.saturating_mul(3));
        let rounds = round_nanoseconds(password_len).saturating_mul(ROUNDS.into());
        let time = rounds.saturating_add(first.saturating_mul(2));
        // Eight messages, with the password twice in most.
        let memory = (password_len as u64).saturating_add(64).saturating_mul(16);
        Cost::new(memory.div_ceil(1024), time.div_ceil(1000))
    }

    fn begin(&self, password: &[u8], salt: &[u8]) -> Box<dyn Slices> {
        let mut digest = Zeroizing::new(vec![0; LEN]);
        MD5.hash(&[password, salt, password], &mut digest);
        let mut parts: Vec<&[u8]> = vec![password, self.magic(), salt];
        // As much of that digest as the password is long.
        let whole = password.len() / LEN;
        parts.extend((0..whole).map(|_| digest.as_slice()));
        parts.push(&digest[..password.len() % LEN]);
        // A bit of the length is a NUL, and none is the password's first character.
        let mut bits = password.len();
        while bits != 0 {
            parts.push(if bits & 1 == 1 { &[0] } else { &password[..1] });
            bits >>= 1;
        }
        let mut first = Zeroizing::new(Md5::ZERO);
        MD5.hash(&parts, &mut *first);
        let rounds = Templates::<Md5>::new(&first, password, salt, ROUNDS);
        Box::new(State { rounds, time: StepTime(round_nanoseconds(password.len())) })
    }

    fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("rounds", ROUNDS.to_string())]
    }
}

/// Of 42 rounds, 36 have the password twice and 6 once; most have the salt.
const fn round_nanoseconds(password_len: usize) -> u64 {
    MD5.nanoseconds(password_len.saturating_mul(2).saturating_add(LEN + 8))
}

struct State {
    rounds: Templates<Md5>,
    time: StepTime,
}

impl Slices for State {
    fn advance(&mut self, units: u64) -> u64 {
        let now = u32::try_from(self.time.steps(units)).unwrap_or(u32::MAX);
        self.rounds.advance(now);
        self.time.units(self.rounds.left().into())
    }

    fn finish(self: Box<Self>) -> Secret {
        Secret::new(self.rounds.digest())
    }
}
