//! What the machine costs over the hash that it drives, and slices over the whole.
//!
//! `cargo bench --bench overhead` prints a row for each algorithm: from `login` to the outcome, the
//! hashing by `run_in` or in slices of 50 units, against the primitive called by hand with the same
//! memory and the same wiping. Contenders take turns, so that a machine that slows down slows all of
//! them; a ratio is the median over the rounds. `again` is the primitive once more: how far from 1 that
//! is, is what this machine can tell.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use doorstep::password::{
    Argon2, Bcrypt, Hasher, Hashers, Pbkdf2, Prf, Secret, ShaCrypt, ShaCryptVariant, Workspace,
};
use doorstep::{Authenticator, Outcome, Step};
use doorstep_kernels::Processor;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use zeroize::Zeroize;

const PASSWORD: &[u8] = b"correct horse battery staple";
const SALT: &[u8; 16] = b"0123456789abcdef";

/// How long each case may take.
const PATIENCE: Duration = Duration::from_secs(6);
const ROUNDS: usize = 301;

fn main() {
    // `cargo test --benches` runs this with another argument: then once around is enough.
    let rounds = if std::env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };
    println!("{:<46}primitive    again   run_in   slices   rounds", "");
    let processor = Processor::detect();

    let argon2 = Argon2::new(19 * 1024, 2, 1).unwrap();
    let params = argon2::Params::new(19 * 1024, 2, 1, Some(32)).unwrap();
    let mut blocks = vec![argon2::Block::new(); params.block_count()];
    let primitive = argon2::Argon2::new(Default::default(), Default::default(), params);
    let case = Case::new(argon2, Workspace::portable());
    case.measure("Argon2id 19 MiB, 2 passes: argon2", rounds, || {
        let mut tag = [0; 32];
        primitive.hash_password_into_with_memory(PASSWORD, SALT, &mut tag, &mut blocks).unwrap();
        blocks.iter_mut().for_each(Zeroize::zeroize);
        black_box(tag);
    });
    drop(blocks);

    let mut kernel = argon2_kernel(processor);
    let case = Case::new(argon2, Workspace::new());
    case.measure("Argon2id 19 MiB, 2 passes: kernel", rounds, || {
        black_box(kernel());
    });
    drop(kernel);

    let bcrypt = Bcrypt::new(10).unwrap();
    let case = Case::new(bcrypt, Workspace::portable());
    case.measure("bcrypt, cost 10: blowfish", rounds, || {
        black_box(bcrypt_by_hand(10));
    });
    let case = Case::new(bcrypt, Workspace::new());
    case.measure("bcrypt, cost 10: kernel", rounds, || {
        let key = [PASSWORD, &[0]].concat();
        let mut state = doorstep_kernels::bcrypt::State::begin(&key, SALT, 1 << 10);
        assert!(state.advance(u64::MAX));
        black_box(state.finish());
    });

    for (name, workspace) in [
        ("PBKDF2-SHA256, 50 000: sha2, portable", Workspace::portable()),
        ("PBKDF2-SHA256, 50 000: sha2", Workspace::new()),
    ] {
        let case = Case::new(Pbkdf2::new(Prf::Sha256, 50_000).unwrap(), workspace);
        case.measure(name, rounds, || {
            black_box(pbkdf2_by_hand(50_000));
        });
    }
    for (name, workspace) in [
        ("PBKDF2-SHA512, 20 000: pbkdf2, portable", Workspace::portable()),
        ("PBKDF2-SHA512, 20 000: pbkdf2", Workspace::new()),
    ] {
        let case = Case::new(Pbkdf2::new(Prf::Sha512, 20_000).unwrap(), workspace);
        case.measure(name, rounds, || {
            black_box(pbkdf2::pbkdf2_hmac_array::<sha2::Sha512, 64>(PASSWORD, SALT, 20_000));
        });
    }
    let params = sha_crypt::Params::new(20_000).unwrap();
    for (name, variant) in [
        ("sha256-crypt, 20 000: sha-crypt", ShaCryptVariant::Sha256),
        ("sha512-crypt, 20 000: sha-crypt", ShaCryptVariant::Sha512),
    ] {
        let case = Case::new(ShaCrypt::new(variant, 20_000).unwrap(), Workspace::new());
        case.measure(name, rounds, || match variant {
            ShaCryptVariant::Sha256 => {
                black_box(sha_crypt::sha256_crypt(PASSWORD, SALT, params));
            }
            ShaCryptVariant::Sha512 => {
                black_box(sha_crypt::sha512_crypt(PASSWORD, SALT, params));
            }
        });
    }
}

/// A host with one user, whose hash is current.
struct Case {
    auth: Authenticator,
    stored: String,
    workspace: Workspace,
}

impl Case {
    fn new(hasher: impl Hasher, workspace: Workspace) -> Self {
        let hashers = Hashers::new(hasher);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let stored = hashers.hash_with_rng(Secret::new(PASSWORD), &mut rng).unwrap().run().unwrap();
        let auth = Authenticator::builder("bench", hashers).build().unwrap();
        Self { auth, stored, workspace }
    }

    fn measure(mut self, name: &str, rounds: usize, mut primitive: impl FnMut()) {
        let begin = Instant::now();
        // By contender: the primitive, the primitive again, whole, in slices.
        let mut times: [Vec<f64>; 4] = Default::default();
        for round in 0..rounds {
            for turn in 0..times.len() {
                // Whoever comes second finds the caches as the first has left them.
                let contender = (turn + round) % times.len();
                let begin = Instant::now();
                match contender {
                    0 | 1 => primitive(),
                    2 => self.login(u64::MAX),
                    _ => self.login(50),
                }
                times[contender].push(begin.elapsed().as_secs_f64());
            }
            if begin.elapsed() > PATIENCE {
                break;
            }
        }
        let ratio = |of: usize, to: usize| {
            median(times[of].iter().zip(&times[to]).map(|(of, to)| of / to).collect())
        };
        println!(
            "{name:<44}{:8.3} ms {:8.4} {:8.4} {:8.4} {:8}",
            median(times[0].clone()) * 1e3,
            ratio(1, 0),
            ratio(2, 0),
            ratio(3, 2),
            times[0].len(),
        );
    }

    fn login(&mut self, units: u64) {
        let Step::FindUser(ask) = self.auth.login("alice", Secret::new(PASSWORD)) else {
            panic!("a login asks for its user");
        };
        let Step::Verify(mut verify) = ask.found((), self.stored.as_str()) else {
            panic!("a user is verified");
        };
        let step = if units == u64::MAX {
            verify.run_in(&mut self.workspace)
        } else {
            loop {
                match verify.advance(units, &mut self.workspace) {
                    ControlFlow::Continue(rest) => verify = rest,
                    ControlFlow::Break(step) => break step,
                }
            }
        };
        assert!(matches!(step, Step::Done(Outcome::Granted(_))), "the password is right");
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Argon2's kernel with 19 MiB, used again and wiped each time.
fn argon2_kernel(processor: Processor) -> impl FnMut() -> [u8; 32] {
    use doorstep_kernels::argon2::{Block, Fill, Inputs, Params, Variant, Version, wipe};
    let params = Params::new(Variant::Id, Version::V0x13, 19 * 1024, 2, 1, 32).unwrap();
    let mut memory = vec![Block::ZERO; params.blocks()];
    move || {
        let inputs = Inputs { password: PASSWORD, salt: SALT, secret: b"", associated_data: b"" };
        let mut fill = Fill::begin(params, &inputs, &mut memory).unwrap();
        assert!(fill.advance(processor, &mut memory, u64::MAX));
        let mut tag = [0; 32];
        fill.finish(&memory, &mut tag);
        wipe(&mut memory);
        tag
    }
}

/// bcrypt's schedule over the `blowfish` crate, without the wiping that its `Drop` does anyway.
fn bcrypt_by_hand(cost: u32) -> [u32; 6] {
    let key = [PASSWORD, &[0]].concat();
    let mut cipher: blowfish::Blowfish = blowfish::Blowfish::bc_init_state();
    cipher.salted_expand_key(SALT, &key);
    for _ in 0..1u32 << cost {
        cipher.bc_expand_key(&key);
        cipher.bc_expand_key(SALT);
    }
    let mut text = [0x4f727068, 0x65616e42, 0x65686f6c, 0x64657253, 0x63727944, 0x6f756274];
    for half in text.chunks_exact_mut(2) {
        for _ in 0..64 {
            half.copy_from_slice(&cipher.bc_encrypt([half[0], half[1]]));
        }
    }
    text
}

/// PBKDF2-HMAC-SHA256 of one block over the compression function of the `sha2` crate.
fn pbkdf2_by_hand(rounds: u32) -> [u8; 32] {
    use sha2::block_api::compress256;
    /// FIPS 180-4 §5.3.3.
    const IV: [u32; 8] = [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19,
    ];
    let keyed = |pad: u8| {
        let mut block = [pad; 64];
        block.iter_mut().zip(PASSWORD).for_each(|(byte, key)| *byte ^= key);
        let mut state = IV;
        compress256(&mut state, &[block]);
        state
    };
    let padded = |message: &[u8]| {
        let mut block = [0; 64];
        block[..message.len()].copy_from_slice(message);
        block[message.len()] = 0x80;
        block[56..].copy_from_slice(&(8 * (64 + message.len() as u64)).to_be_bytes());
        block
    };
    let write = |state: &[u32; 8], out: &mut [u8]| {
        out.chunks_exact_mut(4)
            .zip(state)
            .for_each(|(o, word)| o.copy_from_slice(&word.to_be_bytes()));
    };
    let (inner, outer) = (keyed(0x36), keyed(0x5c));
    let mut u = padded(&[SALT.as_slice(), &[0, 0, 0, 1]].concat());
    let mut t = [0; 32];
    for round in 0..rounds {
        let mut state = inner;
        compress256(&mut state, &[u]);
        if round == 0 {
            u = padded(&[0; 32]);
        }
        write(&state, &mut u[..32]);
        state = outer;
        compress256(&mut state, &[u]);
        write(&state, &mut u[..32]);
        t.iter_mut().zip(&u).for_each(|(t, u)| *t ^= u);
    }
    t
}
