//! What is left in freed memory: nothing of a password, of a derived key or of an algorithm's state.
//!
//! DESIGN §3 and §7, "Wiping". The stack is out of reach: there the primitive crates, which wipe what
//! they own, are trusted.

#![allow(clippy::unwrap_used, missing_docs)]
// They compare the algorithms with one another; what one feature alone needs is checked by building.
#![cfg(all(
    feature = "argon2",
    feature = "bcrypt",
    feature = "getrandom",
    feature = "pbkdf2",
    feature = "sha-crypt"
))]

mod util;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep_password::{
    Algorithm, Argon2, Argon2Params, Bcrypt, BcryptParams, Derivation, Format, Goal, HashFunction,
    Hasher, Hashers, KeyStep, OutOfMemory, PasswordStep, Pbkdf2, Prf, Secret, ShaCrypt,
    ShaCryptVariant, Verdict, Work, Workspace,
};
use doorstep_test_alloc::{Seen, Watching, watch};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::Digest;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Hashers of few rounds, one for each code path of the arithmetic.
fn hashers() -> Vec<(&'static str, Hashers)> {
    fn only(hasher: impl Hasher) -> Hashers {
        Hashers::new(hasher)
    }
    vec![
        ("argon2", only(Argon2::new(512, 2, 1).unwrap())),
        ("argon2, four lanes", only(Argon2::new(512, 1, 4).unwrap())),
        ("bcrypt", only(Bcrypt::new(4).unwrap())),
        ("pbkdf2_sha1", only(Pbkdf2::new(Prf::Sha1, 50).unwrap())),
        ("pbkdf2_sha256", only(Pbkdf2::new(Prf::Sha256, 50).unwrap())),
        ("pbkdf2_sha512", only(Pbkdf2::new(Prf::Sha512, 50).unwrap())),
        ("sha256_crypt", only(ShaCrypt::new(ShaCryptVariant::Sha256, 1000).unwrap())),
        ("sha512_crypt", only(ShaCrypt::new(ShaCryptVariant::Sha512, 1000).unwrap())),
    ]
}

/// Printable passwords, also over the border of each hash's block and at bcrypt's 72 bytes.
fn passwords() -> Vec<Vec<u8>> {
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let character = |_| 0x21 + (rng.next_u32() % 94) as u8;
    let characters: Vec<u8> = (0..12 + 40 + 72 + 70).map(character).collect();
    [0..12, 12..52, 52..124, 124..194].into_iter().map(|range| characters[range].to_vec()).collect()
}

/// The password, the key, and what stands between them that a test can know.
fn secrets(stored: &str, password: &[u8]) -> Vec<Vec<u8>> {
    let hash = util::everything().inspect(stored).unwrap();
    let mut secrets = vec![password.to_vec(), hash.digest().to_vec()];
    // HMAC's padded keys (RFC 2104 §2).
    for pad in [0x36, 0x5c] {
        secrets.push(password.iter().map(|byte| byte ^ pad).collect());
    }
    // sha-crypt's digest DP (steps 13 to 15).
    secrets.push(sha2::Sha256::digest(password.repeat(password.len())).to_vec());
    secrets.push(sha2::Sha512::digest(password.repeat(password.len())).to_vec());
    // PBKDF2's hashed keys.
    secrets.push(sha1::Sha1::digest(password).to_vec());
    secrets.push(sha2::Sha256::digest(password).to_vec());
    secrets.push(sha2::Sha512::digest(password).to_vec());
    secrets
}

/// Runs `login` for each hasher with the right password and with a wrong one.
#[track_caller]
fn nothing_is_left(login: impl Fn(&Hashers, Secret, &str)) {
    let mut failures = Vec::new();
    for (name, hashers) in hashers() {
        for (password, wrong) in passwords().iter().zip(passwords().iter().rev()) {
            if hashers.can_hash(password).is_err() {
                continue;
            }
            let stored = hashers.hash(Secret::new(password)).unwrap().run().unwrap();
            for attempt in [password, wrong] {
                let all = [secrets(&stored, password), secrets(&stored, attempt)].concat();
                let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
                let attempt_secret = Secret::new(attempt);
                let ((), seen) = watch(&all, || login(&hashers, attempt_secret, &stored));
                assert!(seen.frees > 0, "{name}: nothing was watched");
                if seen.leaks > 0 || seen.unwiped > 0 {
                    failures.push(format!("{name}, {} bytes: {seen:?}", attempt.len()));
                }
            }
        }
    }
    assert!(failures.is_empty(), "left in freed memory:\n{}", failures.join("\n"));
}

/// The test of the test: an unwiped copy is found.
#[test]
fn the_allocator_finds_what_is_left() {
    let password = &passwords()[1];
    let (_, seen) = watch(&[password], || drop(password.clone()));
    assert_eq!((seen.frees, seen.leaks, seen.first_leak), (1, 1, password.len()));
    let (_, seen) = watch(&[password], || drop(password[3..11].to_vec()));
    assert_eq!(seen.leaks, 1, "any eight bytes");
    let (_, seen) = watch(&[password], || drop(vec![1u8; 5000]));
    assert_eq!((seen.leaks, seen.unwiped), (0, 1));
    let (_, seen) = watch(&[password], || drop(Secret::new(password)));
    assert_eq!((seen.frees, seen.leaks), (1, 0));
    // Also what a growing buffer leaves behind.
    let (_, seen) = watch(&[password], || {
        let mut grown = password.clone();
        grown.reserve_exact(1000);
        Secret::from(grown)
    });
    assert_eq!((seen.frees, seen.leaks), (1, 1));
}

#[test]
fn nothing_is_left_of_a_verification() {
    nothing_is_left(|hashers, password, stored| {
        let _ = hashers.verify(password, stored).unwrap().run().unwrap();
    });
}

#[test]
fn nothing_is_left_of_one_in_pieces() {
    nothing_is_left(|hashers, password, stored| {
        let work = hashers.verify(password, stored).unwrap();
        let mut workspaces = [Workspace::new(), Workspace::portable()];
        let _ = util::in_pieces(work, || 3, &mut workspaces).unwrap();
    });
}

/// DESIGN §3: dropping it between two pieces cancels and wipes.
#[test]
fn nothing_is_left_of_one_dropped_half_way() {
    for pieces in [0, 1, 2, 5, 8] {
        nothing_is_left(|hashers, password, stored| {
            let _ = util::dropped_after(hashers.verify(password, stored).unwrap(), pieces, 0);
        });
    }
}

#[test]
fn nothing_is_left_of_a_batch() {
    nothing_is_left(|hashers, password, stored| {
        // Enough of them to fill the widest lanes, and one more.
        let verdicts = util::together(hashers, &password, stored, 17);
        assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]));
    });
}

/// A goal that wants nothing of the key.
struct Unused(Secret);

impl Goal for Unused {
    type Output = ();

    fn password(&self) -> &[u8] {
        self.0.expose()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) {
        assert!(key.is_ok());
    }
}

/// What steps before an algorithm make of a password, and those after it of a key.
#[test]
fn nothing_is_left_of_the_steps_beside_an_algorithm() {
    let hash = HashFunction::Sha256;
    let before: Vec<Vec<PasswordStep>> = vec![
        vec![PasswordStep::Trim],
        vec![PasswordStep::Utf16Le],
        vec![PasswordStep::Digest(hash), PasswordStep::Hex],
        vec![PasswordStep::Digest(HashFunction::Sha384), PasswordStep::Base64],
        vec![PasswordStep::Hmac(hash, Arc::new(Secret::new(b"key"))), PasswordStep::Base64],
        #[cfg(feature = "scram")]
        vec![PasswordStep::SaslPrep],
        #[cfg(feature = "scram")]
        vec![PasswordStep::SaslPrepOrAsIs],
    ];
    let algorithms = [
        util::pbkdf2(Prf::Sha256, 50, 32),
        Algorithm::Bcrypt(BcryptParams::new(4).unwrap()),
        Algorithm::Argon2(Argon2Params::new(64, 1, 1, 32).unwrap()),
    ];
    for (steps, algorithm) in
        before.iter().flat_map(|steps| algorithms.iter().map(move |a| (steps, a)))
    {
        for password in passwords() {
            // First, so that the slack of its allocations holds nothing of what this test computes.
            let derivation = steps
                .iter()
                .fold(
                    Derivation::new(algorithm.clone(), b"sixteen of bytes"),
                    |derivation, step| derivation.prepared_by(step.clone()),
                )
                .followed_by(KeyStep::ScramKeys(hash));
            // Something to trim and to prepare.
            let password = [b" \xc3\xa4", password.as_slice(), b" "].concat();
            let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
            let base64 = |bytes: &[u8]| STANDARD.encode(bytes).into_bytes();
            let text = str::from_utf8(&password).unwrap();
            let digest = sha2::Sha256::digest(&password);
            let secrets = [
                password[1..password.len() - 1].to_vec(),
                text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
                digest.to_vec(),
                hex(&digest).into_bytes(),
                base64(&sha2::Sha384::digest(&password)),
            ];
            let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
            let secret = Secret::new(&password);
            let ((), seen) = watch(&secrets, || {
                let work = Work::new(derivation, Unused(secret));
                util::in_pieces(work, || 3, &mut [Workspace::new(), Workspace::portable()]);
            });
            assert!(seen.frees > 0);
            assert_eq!(seen.leaks, 0, "{steps:?} before {algorithm:?}: {seen:?}");
        }
    }
}

/// Nor of a refused or abandoned one.
#[test]
fn nothing_is_left_of_what_is_never_run() {
    nothing_is_left(|hashers, password, stored| {
        drop(hashers.verify(password, stored).unwrap().abandon());
    });
    nothing_is_left(|hashers, password, stored| {
        assert!(hashers.verify(password, &format!("{stored}!")).is_err());
    });
}

/// A new hash is public, its key is not: only the string's own characters remain.
#[test]
fn nothing_is_left_of_a_new_hash() {
    for (name, hashers) in hashers() {
        for password in passwords() {
            if hashers.can_hash(&password).is_err() {
                continue;
            }
            let make = || {
                let mut rng = ChaCha8Rng::seed_from_u64(21);
                hashers.hash_with_rng(Secret::new(&password), &mut rng).unwrap().run().unwrap()
            };
            let secrets = secrets(&make(), &password);
            let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
            let (_, seen) = watch(&secrets, make);
            assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{name}: {seen:?}");
        }
    }
}

/// DESIGN §3: two logins in one workspace allocate the 19 MiB once.
#[test]
fn two_logins_share_the_memory_of_one_workspace() {
    let hashers = Hashers::new(Argon2::default());
    let stored = hashers.hash(Secret::from("correct horse")).unwrap().run().unwrap();
    let login = |password: &str, workspace: &mut Workspace| {
        hashers.verify(Secret::from(password), &stored).unwrap().run_in(workspace).unwrap()
    };
    let (workspace, seen): (Workspace, Seen) = watch(&[], || {
        let mut workspace = Workspace::new();
        assert_eq!(workspace.memory_kib(), 0);
        assert_eq!(login("correct horse", &mut workspace), Verdict::Match);
        assert_eq!(login("wrong horse", &mut workspace), Verdict::Mismatch);
        workspace
    });
    assert_eq!(seen.large_allocations, 1, "{seen:?}");
    assert_eq!(workspace.memory_kib(), 19456);
    // What it keeps between two logins is wiped, too.
    let ((), seen) = watch(&[], || drop(workspace));
    assert_eq!((seen.frees, seen.unwiped), (1, 0));
}

/// A workspace that grows frees the old blocks first, and may be told to shrink.
#[test]
fn a_workspace_grows_and_shrinks() {
    let mut workspace = Workspace::new();
    let run = |memory_kib, workspace: &mut Workspace| {
        let params = Argon2Params::new(memory_kib, 1, 1, 32).unwrap();
        util::key_work(Algorithm::Argon2(params), b"somesalt", b"password").run_in(workspace)
    };
    let small = run(64, &mut workspace);
    let large = run(2048, &mut workspace);
    assert_eq!(workspace.memory_kib(), 2048);
    let (again, seen) = watch(&[], || run(64, &mut workspace));
    assert_eq!((again, seen.large_allocations), (small, 0));
    workspace.shrink_to(2048);
    assert_eq!(workspace.memory_kib(), 2048);
    workspace.shrink_to(2047);
    assert_eq!(workspace.memory_kib(), 0);
    assert_eq!(run(2048, &mut workspace), large);
}

/// The digest of a stored string is the derived key of the right password.
#[test]
fn nothing_is_left_of_a_digest_that_was_read() {
    let stored = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let format = Bcrypt::default();
    let digest = format.parse(stored).unwrap().digest().to_vec();
    let ((), seen) = watch(&[&digest], || {
        let hash = format.parse(stored).unwrap();
        drop(hash.clone());
        drop(hash);
    });
    assert_eq!(seen.leaks, 0, "{seen:?}");
}
