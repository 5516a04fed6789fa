//! How long a unit takes: `Cost::units` are to be microseconds within a factor of two, on one core of
//! a server of 2024, for every algorithm and set of parameters.
//!
//! `cargo bench -p doorstep-password --bench units` prints a row for each, the median of several runs.
//! If a row says `out` on such a machine, the algorithm's `StepTime` is to be changed.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use doorstep_password::{
    Algorithm, Argon2Params, BcryptParams, Derivation, Goal, OutOfMemory, Pbkdf2Params, Prf,
    ShaCryptParams, ShaCryptVariant, Work, Workspace,
};

fn main() {
    // `cargo test --benches` runs this with another argument: then once around is enough.
    let runs = if std::env::args().any(|argument| argument == "--bench") { 11 } else { 1 };
    println!("{:<40}{:>8}{:>16}{:>16}", "", "units", "ns per unit", "portable");
    let argon2 = |memory, passes, lanes| {
        Algorithm::Argon2(Argon2Params::new(memory, passes, lanes, 32).unwrap())
    };
    let pbkdf2 = |prf, key_len| Algorithm::Pbkdf2(Pbkdf2Params::new(prf, 50_000, key_len).unwrap());
    let sha_crypt =
        |variant, rounds| Algorithm::ShaCrypt(ShaCryptParams::new(variant, rounds).unwrap());
    for (name, algorithm, password_len) in [
        ("Argon2id 64 KiB, 3 passes", argon2(64, 3, 1), 12),
        ("Argon2id 19 MiB, 2 passes", argon2(19 * 1024, 2, 1), 12),
        ("Argon2id 64 MiB, 3 passes, 4 lanes", argon2(64 * 1024, 3, 4), 12),
        ("bcrypt, cost 5", Algorithm::Bcrypt(BcryptParams::new(5).unwrap()), 12),
        ("bcrypt, cost 10", Algorithm::Bcrypt(BcryptParams::new(10).unwrap()), 12),
        ("PBKDF2-SHA1, 50 000", pbkdf2(Prf::Sha1, 20), 12),
        ("PBKDF2-SHA256, 50 000", pbkdf2(Prf::Sha256, 32), 12),
        ("PBKDF2-SHA256, 50 000, 64 bytes", pbkdf2(Prf::Sha256, 64), 12),
        ("PBKDF2-SHA512, 50 000", pbkdf2(Prf::Sha512, 64), 12),
        ("sha256-crypt, 50 000", sha_crypt(ShaCryptVariant::Sha256, 50_000), 12),
        ("sha256-crypt, 5 000, 1000 characters", sha_crypt(ShaCryptVariant::Sha256, 5_000), 1000),
        ("sha512-crypt, 50 000", sha_crypt(ShaCryptVariant::Sha512, 50_000), 12),
        ("sha512-crypt, 1 000, 4096 characters", sha_crypt(ShaCryptVariant::Sha512, 1_000), 4096),
    ] {
        let derivation = Derivation::new(algorithm, b"0123456789abcdef");
        let units = derivation.cost(password_len).units;
        let ns_per_unit = |mut workspace: Workspace| {
            let mut times: Vec<u128> = (0..runs)
                .map(|_| {
                    let work = Work::new(derivation.clone(), Key(vec![b'x'; password_len]));
                    let begin = Instant::now();
                    black_box(work.run_in(&mut workspace));
                    begin.elapsed().as_nanos()
                })
                .collect();
            times.sort_unstable();
            let ns = times[times.len() / 2] as u64 / units;
            let mark = if (500..=2000).contains(&ns) { "" } else { "out" };
            format!("{mark} {ns:6}")
        };
        let (fastest, portable) = (Workspace::new(), Workspace::portable());
        println!("{name:<40}{units:8}{:>16}{:>16}", ns_per_unit(fastest), ns_per_unit(portable));
    }
}

/// Nothing but the key is wanted.
struct Key(Vec<u8>);

impl Goal for Key {
    type Output = Vec<u8>;

    fn password(&self) -> &[u8] {
        &self.0
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Vec<u8> {
        key.unwrap().to_vec()
    }
}
