//! Work gives the bytes of independent crates, by each kernel that the processor has: whole, in pieces
//! of any size in any workspaces, and in a batch of strangers, some of them begun.

#![no_main]

use std::ops::ControlFlow;

use doorstep::password::{
    Algorithm, Argon2Params, Argon2Variant, Argon2Version, BcryptParams, Derivation, Goal,
    OutOfMemory, Pbkdf2Params, Prf, ShaCryptParams, ShaCryptVariant, Work, Workspace,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    jobs: [Option<Job<'a>>; 4],
    /// How many units each piece may take, and in which workspace.
    pieces: Vec<(u8, u8)>,
    /// How many there are in the batch: the jobs, over and over.
    batch_len: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
struct Job<'a> {
    kind: Kind,
    password: &'a [u8],
    salt: [u8; 16],
    salt_len: u8,
}

/// Tiny parameters, drawn from a byte each.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Kind {
    Argon2 { variant: u8, version: bool, memory: u8, passes: bool, lanes: u8, tag_len: u8 },
    Bcrypt,
    Pbkdf2 { prf: u8, rounds: u8, key_len: u8 },
    ShaCrypt { long: bool, rounds: u8 },
}

fuzz_target!(|input: Input<'_>| {
    let jobs: Vec<Job<'_>> = input.jobs.into_iter().flatten().collect();
    let keys: Vec<Vec<u8>> = jobs.iter().map(Job::expected).collect();
    let works = || jobs.iter().map(Job::work);
    let mut workspaces: Vec<_> = Workspace::all().collect();

    for workspace in &mut workspaces {
        let whole: Vec<_> = works().map(|work| work.run_in(workspace)).collect();
        assert_eq!(whole, keys, "whole, {workspace:?}: {jobs:?}");
    }

    // All are begun before any ends: in turn, a piece of each.
    let mut begun: Vec<_> = works().map(Some).collect();
    let mut sliced = vec![Vec::new(); jobs.len()];
    let pieces = input.pieces.iter().copied().chain(std::iter::repeat((u8::MAX, 0)));
    for (turn, (units, which)) in pieces.enumerate() {
        if begun.iter().all(Option::is_none) {
            break;
        }
        let at = turn % begun.len();
        let Some(work) = begun[at].take() else { continue };
        let left = work.remaining();
        let which = usize::from(which) % workspaces.len();
        match work.advance(units.into(), &mut workspaces[which]) {
            ControlFlow::Continue(rest) => {
                assert!(rest.remaining() <= left && rest.remaining() > 0, "{left} to less");
                begun[at] = Some(rest);
            }
            ControlFlow::Break(key) => sliced[at] = key,
        }
    }
    assert_eq!(sliced, keys, "in pieces: {jobs:?}");

    for at in 0..workspaces.len() {
        let (mut batch, mut expected) = (Vec::new(), Vec::new());
        let copies = jobs.iter().zip(&keys).cycle();
        for (turn, (job, key)) in copies.take(usize::from(input.batch_len) % 18).enumerate() {
            let begin = input.pieces.get(turn).filter(|(_, which)| *which >= 128);
            let Some((units, which)) = begin else {
                batch.push(job.work());
                expected.push(key);
                continue;
            };
            let elsewhere = usize::from(*which) % workspaces.len();
            let begun = job.work().advance(u64::from(*units), &mut workspaces[elsewhere]);
            if let ControlFlow::Continue(work) = begun {
                batch.push(work);
                expected.push(key);
            }
        }
        let together = Work::run_together(batch, &mut workspaces[at]);
        assert!(together.iter().eq(expected), "together, {:?}: {jobs:?}", workspaces[at]);
    }
});

/// The key itself is what the work is for.
struct Key(Vec<u8>);

impl Goal for Key {
    type Output = Vec<u8>;

    fn password(&self) -> &[u8] {
        &self.0
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Vec<u8> {
        key.expect("a few KiB of memory").to_vec()
    }
}

impl Job<'_> {
    fn work(&self) -> Work<Key> {
        Work::new(
            Derivation::new(self.kind.algorithm(), self.salt()),
            Key(self.password().to_vec()),
        )
    }

    /// Up to two blocks of SHA-512: every border is below that.
    fn password(&self) -> &[u8] {
        &self.password[..self.password.len().min(300)]
    }

    fn salt(&self) -> &[u8] {
        let len = match self.kind {
            Kind::Bcrypt => 16,
            Kind::Argon2 { .. } => 8 + usize::from(self.salt_len) % 9,
            Kind::Pbkdf2 { .. } | Kind::ShaCrypt { .. } => usize::from(self.salt_len) % 17,
        };
        &self.salt[..len]
    }

    fn expected(&self) -> Vec<u8> {
        let (password, salt) = (self.password(), self.salt());
        match self.kind.algorithm() {
            Algorithm::Argon2(params) => {
                let variant = match params.variant {
                    Argon2Variant::Argon2d => argon2::Algorithm::Argon2d,
                    Argon2Variant::Argon2i => argon2::Algorithm::Argon2i,
                    Argon2Variant::Argon2id => argon2::Algorithm::Argon2id,
                };
                let version = match params.version {
                    Argon2Version::V0x10 => argon2::Version::V0x10,
                    Argon2Version::V0x13 => argon2::Version::V0x13,
                };
                let (m, t, p) = (params.memory_kib(), params.passes(), params.lanes());
                let mut key = vec![0; params.tag_len()];
                let params = argon2::Params::new(m, t, p, Some(key.len())).expect("in range");
                argon2::Argon2::new(variant, version, params)
                    .hash_password_into(password, salt, &mut key)
                    .expect("in range");
                key
            }
            Algorithm::Bcrypt(params) => {
                // The primitive takes the key as it is: the password, its NUL, 72 bytes of both.
                let mut key = password.to_vec();
                key.push(0);
                key.truncate(72);
                bcrypt::bcrypt(params.cost(), self.salt, &key)[..23].to_vec()
            }
            Algorithm::Pbkdf2(params) => {
                let derive = match params.prf() {
                    Prf::Sha1 => pbkdf2::pbkdf2_hmac::<sha1::Sha1>,
                    Prf::Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>,
                    _ => pbkdf2::pbkdf2_hmac::<sha2::Sha512>,
                };
                let mut key = vec![0; params.key_len()];
                derive(password, salt, params.rounds(), &mut key);
                key
            }
            Algorithm::ShaCrypt(params) => {
                let rounds = sha_crypt::Params::new(params.rounds()).expect("in range");
                match params.variant() {
                    ShaCryptVariant::Sha256 => {
                        sha_crypt::sha256_crypt(password, salt, rounds).to_vec()
                    }
                    ShaCryptVariant::Sha512 => {
                        sha_crypt::sha512_crypt(password, salt, rounds).to_vec()
                    }
                }
            }
            algorithm => panic!("{algorithm:?} is none of these"),
        }
    }
}

impl Kind {
    fn algorithm(self) -> Algorithm {
        match self {
            Kind::Argon2 { variant, version, memory, passes, lanes, tag_len } => {
                let lanes = 1 + u32::from(lanes) % 4;
                let memory = 8 * lanes + u32::from(memory) % 64;
                let tag_len = 4 + usize::from(tag_len) % 97;
                let mut params = Argon2Params::new(memory, 1 + u32::from(passes), lanes, tag_len)
                    .expect("in range");
                params.variant =
                    [Argon2Variant::Argon2d, Argon2Variant::Argon2i, Argon2Variant::Argon2id]
                        [usize::from(variant) % 3];
                params.version = if version { Argon2Version::V0x10 } else { Argon2Version::V0x13 };
                Algorithm::Argon2(params)
            }
            Kind::Bcrypt => Algorithm::Bcrypt(BcryptParams::new(4).expect("in range")),
            Kind::Pbkdf2 { prf, rounds, key_len } => {
                let prf = [Prf::Sha1, Prf::Sha256, Prf::Sha512][usize::from(prf) % 3];
                let rounds = 1 + u32::from(rounds) % 32;
                let key_len = 1 + usize::from(key_len) % 200;
                Algorithm::Pbkdf2(Pbkdf2Params::new(prf, rounds, key_len).expect("in range"))
            }
            Kind::ShaCrypt { long, rounds } => {
                let variant = if long { ShaCryptVariant::Sha512 } else { ShaCryptVariant::Sha256 };
                let rounds = 1000 + u32::from(rounds);
                Algorithm::ShaCrypt(ShaCryptParams::new(variant, rounds).expect("in range"))
            }
        }
    }
}
