//! md5-crypt as FreeBSD has it since 1994 (`lib/libcrypt/crypt-md5.c`), and Apache's apr1, which
//! differs in one word. A piece is whole rounds of one MD5 each.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use zeroize::{Zeroize, Zeroizing};

use super::derivation::{Kdf, Slices};
use super::digest::Function;
use super::price::Cost;
use super::rounds::{Round, Rounds};
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
        Cost::new(1, rounds.saturating_add(first.saturating_mul(2)).div_ceil(1000))
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
        let mut first = Zeroizing::new(vec![0; LEN]);
        MD5.hash(&parts, &mut first);
        let state =
            State { password: Secret::new(password), salt: salt.into(), digest: first, round: 0 };
        Rounds::begin(state, ROUNDS.into(), round_nanoseconds(password.len()))
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
    password: Secret,
    salt: Box<[u8]>,
    digest: Zeroizing<Vec<u8>>,
    round: u32,
}

impl Round for State {
    fn round(&mut self) {
        let mut last = [0; LEN];
        last.copy_from_slice(&self.digest);
        let odd = self.round % 2 == 1;
        let password = self.password.expose();
        let when = |condition: bool, part| if condition { part } else { &[][..] };
        let parts: [&[u8]; 4] = [
            if odd { password } else { &last },
            when(!self.round.is_multiple_of(3), &self.salt),
            when(!self.round.is_multiple_of(7), password),
            if odd { &last } else { password },
        ];
        MD5.hash(&parts, &mut self.digest);
        last.zeroize();
        self.round += 1;
    }

    fn key(&mut self) -> Secret {
        Secret::new(&self.digest)
    }
}
