//! What several tests share.

#![allow(dead_code, unreachable_pub)]

#[cfg(feature = "import")]
pub mod families;
#[cfg(all(feature = "import", feature = "unicode", feature = "sha-crypt"))]
pub mod paths;

use std::ops::ControlFlow;

use doorstep_password::{
    Algorithm, Argon2, Bcrypt, Derivation, Goal, Hashers, OutOfMemory, Pbkdf2, Pbkdf2Params, Prf,
    Secret, ShaCrypt, ShaCryptParams, ShaCryptVariant, TryCryptoRng, Verdict, Work, Workspace,
};
use rand_chacha::rand_core::TryRng;

/// Every hasher with its defaults, Argon2 first.
pub fn everything() -> Hashers {
    Hashers::new(Argon2::default())
        .accept(Bcrypt::default())
        .accept(Pbkdf2::default())
        .accept(ShaCrypt::default())
}

/// A goal that wants the key itself.
pub struct Key(pub Vec<u8>);

impl Goal for Key {
    type Output = Vec<u8>;

    fn password(&self) -> &[u8] {
        &self.0
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Vec<u8> {
        key.unwrap().to_vec()
    }
}

#[track_caller]
pub fn key_work(algorithm: Algorithm, salt: &[u8], password: &[u8]) -> Work<Key> {
    Work::new(Derivation::new(algorithm, salt), Key(password.to_vec()))
}

#[track_caller]
pub fn pbkdf2(prf: Prf, rounds: u32, key_len: usize) -> Algorithm {
    Algorithm::Pbkdf2(Pbkdf2Params::new(prf, rounds, key_len).unwrap())
}

#[track_caller]
pub fn sha_crypt(variant: ShaCryptVariant, rounds: u32) -> Algorithm {
    Algorithm::ShaCrypt(ShaCryptParams::new(variant, rounds).unwrap())
}

#[track_caller]
pub fn verdict(hashers: &Hashers, password: &[u8], stored: &str) -> Verdict {
    hashers.verify(Secret::new(password), stored).unwrap().run().unwrap()
}

/// Runs `work` in pieces of `units()`, each in the next of `workspaces`.
pub fn in_pieces<T: Goal>(
    mut work: Work<T>,
    mut units: impl FnMut() -> u64,
    workspaces: &mut [Workspace],
) -> T::Output {
    for turn in 0.. {
        let workspace = turn % workspaces.len();
        match work.advance(units(), &mut workspaces[workspace]) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(output) => return output,
        }
    }
    unreachable!("work that never ends")
}

/// Does so many pieces of `units`, and drops the rest: what came of it, if that was all.
pub fn dropped_after<T: Goal>(work: Work<T>, pieces: usize, units: u64) -> Option<T::Output> {
    dropped_after_in(work, pieces, units, &mut Workspace::new())
}

/// The same in a workspace.
pub fn dropped_after_in<T: Goal>(
    mut work: Work<T>,
    pieces: usize,
    units: u64,
    workspace: &mut Workspace,
) -> Option<T::Output> {
    for _ in 0..pieces {
        match work.advance(units, workspace) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(output) => return Some(output),
        }
    }
    None
}

/// What comes of one password and one hash, so many times in company.
pub fn together(hashers: &Hashers, password: &Secret, stored: &str, count: usize) -> Vec<Verdict> {
    let verify = |_| hashers.verify(Secret::new(password.expose()), stored).unwrap();
    let verdicts = Work::run_together((0..count).map(verify).collect(), &mut Workspace::new());
    verdicts.into_iter().map(Result::unwrap).collect()
}

/// The fields of each row but the header.
pub fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table.lines().skip(1).map(|line| line.split('\t').collect())
}

#[track_caller]
pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "half a byte in {text}");
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

/// The text of a column in which backslash and control characters are escaped.
#[track_caller]
pub fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '\\' => match characters.next().unwrap() {
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                '0' => '\0',
                other => panic!("\\{other}"),
            },
            other => other,
        });
    }
    out
}

/// Has no entropy to give.
pub struct Empty;

impl TryRng for Empty {
    type Error = std::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, std::fmt::Error> {
        Err(std::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, std::fmt::Error> {
        Err(std::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), std::fmt::Error> {
        Err(std::fmt::Error)
    }
}

impl TryCryptoRng for Empty {}
