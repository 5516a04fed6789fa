//! The same bytes as independent crates: argon2 0.6, bcrypt 0.19, pbkdf2 0.13, sha-crypt 0.6.
//!
//! Each way in which this processor can compute is judged by itself. Without kernels the argon2 crate
//! is what computes Argon2, so that it then judges the use of it, not the arithmetic; the vectors and
//! `scripts/interop` judge that. Everything is seeded.

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

use doorstep_password::{
    Algorithm, Argon2, Argon2Params, Argon2Variant, Argon2Version, Bcrypt, BcryptParams, Format,
    Hasher, Pbkdf2, Prf, ShaCrypt, ShaCryptVariant, Work, Workspace,
};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use util::{Key, in_pieces, key_work, pbkdf2, sha_crypt};

/// Where a block of SHA-1, SHA-256 or SHA-512 ends, with and without its padding, and bcrypt's key.
const BORDERS: [usize; 18] =
    [0, 1, 55, 56, 63, 64, 65, 71, 72, 73, 111, 112, 119, 120, 127, 128, 129, 300];

/// A case: what is computed here, and what another crate computed.
struct Case {
    algorithm: Algorithm,
    salt: Vec<u8>,
    password: Vec<u8>,
    expected: Vec<u8>,
}

impl Case {
    fn work(&self) -> Work<Key> {
        key_work(self.algorithm.clone(), &self.salt, &self.password)
    }
}

/// Passwords of every border and of random lengths up to 300.
fn passwords(rng: &mut ChaCha8Rng, random: usize) -> Vec<Vec<u8>> {
    let mut lens = BORDERS.to_vec();
    lens.extend((0..random).map(|_| below(rng, 301)));
    lens.into_iter().map(|len| bytes(rng, len)).collect()
}

fn bytes(rng: &mut ChaCha8Rng, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn below(rng: &mut ChaCha8Rng, end: usize) -> usize {
    (rng.next_u64() % end as u64) as usize
}

fn argon2_cases(rng: &mut ChaCha8Rng) -> Vec<Case> {
    let case = |(index, password): (usize, Vec<u8>)| {
        let lanes = 1 + below(rng, 4) as u32;
        let memory_kib = 8 * lanes + below(rng, 64) as u32;
        let (passes, tag_len) = (1 + below(rng, 3) as u32, 4 + below(rng, 97));
        let salt_len = 8 + below(rng, 56);
        let salt = bytes(rng, salt_len);
        let (variant, theirs) = [
            (Argon2Variant::Argon2d, argon2::Algorithm::Argon2d),
            (Argon2Variant::Argon2i, argon2::Algorithm::Argon2i),
            (Argon2Variant::Argon2id, argon2::Algorithm::Argon2id),
        ][index % 3];
        let (version, their_version) = [
            (Argon2Version::V0x10, argon2::Version::V0x10),
            (Argon2Version::V0x13, argon2::Version::V0x13),
        ][index / 3 % 2];
        let mut params = Argon2Params::new(memory_kib, passes, lanes, tag_len).unwrap();
        params.variant = variant;
        params.version = version;
        let their_params = argon2::Params::new(memory_kib, passes, lanes, Some(tag_len)).unwrap();
        let mut expected = vec![0; tag_len];
        argon2::Argon2::new(theirs, their_version, their_params)
            .hash_password_into(&password, &salt, &mut expected)
            .unwrap();
        Case { algorithm: Algorithm::Argon2(params), salt, password, expected }
    };
    passwords(&mut ChaCha8Rng::seed_from_u64(1), 40).into_iter().enumerate().map(case).collect()
}

fn bcrypt_cases(rng: &mut ChaCha8Rng) -> Vec<Case> {
    let case = |password: Vec<u8>| {
        let cost = 4 + below(rng, 2) as u32;
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        // The primitive takes the key as it is: the password, its NUL, at most 72 bytes of both.
        let mut key = password.clone();
        key.push(0);
        key.truncate(72);
        let expected = bcrypt::bcrypt(cost, salt, &key)[..23].to_vec();
        let algorithm = Algorithm::Bcrypt(BcryptParams::new(cost).unwrap());
        Case { algorithm, salt: salt.to_vec(), password, expected }
    };
    passwords(&mut ChaCha8Rng::seed_from_u64(2), 60).into_iter().map(case).collect()
}

fn pbkdf2_cases(rng: &mut ChaCha8Rng) -> Vec<Case> {
    let mut cases = Vec::new();
    for prf in [Prf::Sha1, Prf::Sha256, Prf::Sha512] {
        for password in passwords(&mut ChaCha8Rng::seed_from_u64(3), 60) {
            let rounds = 1 + below(rng, 40) as u32;
            // Up to three blocks and a part of a fourth, so that the borders of blocks are met.
            let mut expected = vec![0; 1 + below(rng, 3 * prf.output_len() + 7)];
            let salt_len = below(rng, 200);
            let salt = bytes(rng, salt_len);
            let theirs = match prf {
                Prf::Sha1 => ::pbkdf2::pbkdf2_hmac::<sha1::Sha1>,
                Prf::Sha256 => ::pbkdf2::pbkdf2_hmac::<sha2::Sha256>,
                _ => ::pbkdf2::pbkdf2_hmac::<sha2::Sha512>,
            };
            theirs(&password, &salt, rounds, &mut expected);
            cases.push(Case {
                algorithm: pbkdf2(prf, rounds, expected.len()),
                salt,
                password,
                expected,
            });
        }
    }
    cases
}

fn sha_crypt_cases(rng: &mut ChaCha8Rng) -> Vec<Case> {
    let mut cases = Vec::new();
    for variant in [ShaCryptVariant::Sha256, ShaCryptVariant::Sha512] {
        for password in passwords(&mut ChaCha8Rng::seed_from_u64(4), 40) {
            let rounds = 1000 + below(rng, 50) as u32;
            let salt_len = below(rng, 17);
            let salt = bytes(rng, salt_len);
            let params = ::sha_crypt::Params::new(rounds).unwrap();
            let expected = match variant {
                ShaCryptVariant::Sha256 => {
                    ::sha_crypt::sha256_crypt(&password, &salt, params).to_vec()
                }
                ShaCryptVariant::Sha512 => {
                    ::sha_crypt::sha512_crypt(&password, &salt, params).to_vec()
                }
            };
            cases.push(Case { algorithm: sha_crypt(variant, rounds), salt, password, expected });
        }
    }
    cases
}

/// Whole, and in pieces of random sizes with another workspace each time.
#[track_caller]
fn compare(cases: &[Case], rng: &mut ChaCha8Rng, most_units: u64) {
    let mut workspaces: Vec<_> = Workspace::all().chain([Workspace::new()]).collect();
    for Case { algorithm, password, salt, expected } in cases {
        let work = || key_work(algorithm.clone(), salt, password);
        let what = || format!("{algorithm:?}, {} bytes, salt of {}", password.len(), salt.len());
        for workspace in &mut workspaces {
            assert_eq!(&work().run_in(workspace), expected, "{workspace:?}: {}", what());
        }
        // Argon2 that the crate begins is done at once: let a kernel begin.
        workspaces.rotate_left(1);
        let pieces = in_pieces(work(), || rng.next_u64() % most_units, &mut workspaces);
        assert_eq!(&pieces, expected, "in pieces: {}", what());
    }
    println!("{} cases", cases.len());
}

#[test]
fn argon2_is_that_of_its_crate() {
    let mut rng = ChaCha8Rng::seed_from_u64(10);
    compare(&argon2_cases(&mut rng), &mut rng, 100);
}

#[test]
fn bcrypt_is_that_of_its_crate() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    compare(&bcrypt_cases(&mut rng), &mut rng, 300);
}

#[test]
fn pbkdf2_is_that_of_its_crate() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    compare(&pbkdf2_cases(&mut rng), &mut rng, 3);
}

#[test]
fn sha_crypt_is_that_of_its_crate() {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    compare(&sha_crypt_cases(&mut rng), &mut rng, 20);
}

/// sha-crypt's set-up also stops anywhere: after each repetition of the password.
#[test]
fn the_smallest_pieces_give_the_same_bytes() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let mut workspaces: Vec<_> = Workspace::all().collect();
    workspaces.reverse();
    for cases in [bcrypt_cases(&mut rng), pbkdf2_cases(&mut rng), sha_crypt_cases(&mut rng)] {
        for case in cases.iter().step_by(3) {
            assert_eq!(in_pieces(case.work(), || 0, &mut workspaces), case.expected);
        }
    }
}

/// DESIGN §3, "Work is a value": strangers are right too, and in the batch's order.
#[test]
fn mixed_batches_give_the_same_bytes_in_their_order() {
    let mut rng = ChaCha8Rng::seed_from_u64(15);
    let mut cases = argon2_cases(&mut rng);
    cases.extend(bcrypt_cases(&mut rng));
    cases.extend(pbkdf2_cases(&mut rng));
    cases.extend(sha_crypt_cases(&mut rng));
    for at in (1..cases.len()).rev() {
        cases.swap(at, below(&mut rng, at + 1));
    }
    for mut workspace in Workspace::all() {
        let mut rest = &cases[..];
        while !rest.is_empty() {
            let (batch, others) = rest.split_at((1 + below(&mut rng, 17)).min(rest.len()));
            rest = others;
            // Some are begun already: a batch may hold what was sliced before, and elsewhere.
            let mut elsewhere = Workspace::new();
            let (works, expected): (Vec<_>, Vec<_>) = batch
                .iter()
                .filter_map(|case| {
                    let mut work = case.work();
                    if rng.next_u32().is_multiple_of(3) {
                        work = work.advance(0, &mut elsewhere).continue_value()?;
                    }
                    Some((work, case.expected.clone()))
                })
                .unzip();
            assert_eq!(Work::run_together(works, &mut workspace), expected, "{workspace:?}");
        }
    }
    assert!(Work::<Key>::run_together(Vec::new(), &mut Workspace::new()).is_empty());
}

/// Equal parameters and lengths, which lanes share, in batches of every size up to the widest and more.
#[test]
fn batches_of_one_kind_give_the_same_bytes() {
    let mut rng = ChaCha8Rng::seed_from_u64(16);
    for algorithm in [
        pbkdf2(Prf::Sha1, 20, 32),
        pbkdf2(Prf::Sha256, 20, 70),
        pbkdf2(Prf::Sha512, 20, 32),
        sha_crypt(ShaCryptVariant::Sha256, 1000),
        sha_crypt(ShaCryptVariant::Sha512, 1000),
        Algorithm::Bcrypt(BcryptParams::new(4).unwrap()),
        Algorithm::Argon2(Argon2Params::new(32, 1, 1, 32).unwrap()),
    ] {
        let inputs: Vec<_> = (0..19).map(|_| (bytes(&mut rng, 16), bytes(&mut rng, 12))).collect();
        let work =
            |(salt, password): &(Vec<u8>, Vec<u8>)| key_work(algorithm.clone(), salt, password);
        let portable = |input| work(input).run_in(&mut Workspace::portable());
        let alone: Vec<_> = inputs.iter().map(portable).collect();
        for mut workspace in Workspace::all() {
            for len in 1..=inputs.len() {
                let batch = inputs[..len].iter().map(work).collect();
                let keys = Work::run_together(batch, &mut workspace);
                assert_eq!(keys, alone[..len], "{algorithm:?}, {len} in {workspace:?}");
            }
        }
    }
}

/// Well-formed hashes to mutate, in forms that the hashers write and forms that they only read.
const SAMPLES: [&str; 12] = [
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI",
    "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
    "$argon2d$v=16$m=256,t=2,p=2$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e",
    "$pbkdf2-sha256$29000$x9h7j/Ge8x6DMEao1VqrdQ$kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A",
    "$pbkdf2$1212$OB8F6PDJ3bMHQS1cUFpwGw$.NeZSbxkO5ta3wQmStG3jYmyTnI",
    "$pbkdf2-sha256$i=4096,l=32$c2FsdHNhbHQ$kra3R1wEnY8mPdDWOpTqOTINaAmZvRMcYd8u5OBQP9A",
    "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
    "$5$rounds=10000$saltstringsaltst$3xv.VbSCBX41eDL9L3voE.bALnpIaZtpdTTzDTKbKO3",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
];

/// One string for each value: what `parse` reads is what the hasher of these parameters writes.
///
/// Of the forms that no hasher writes, `$2a$` and `$2y$` are compared behind their prefix.
#[track_caller]
fn check_canonical(stored: &str) {
    if let Ok(hash) = Argon2::default().parse(stored) {
        let Algorithm::Argon2(p) = hash.derivation().algorithm() else { panic!("{stored}") };
        if p.variant == Argon2Variant::Argon2id
            && p.version == Argon2Version::V0x13
            && stored.contains("$v=")
        {
            let hasher = Argon2::new(p.memory_kib(), p.passes(), p.lanes()).unwrap();
            assert_eq!(hasher.encode(hash.derivation(), hash.digest()), stored);
        }
    }
    if let Ok(hash) = Bcrypt::default().parse(stored) {
        let Algorithm::Bcrypt(params) = hash.derivation().algorithm() else { panic!("{stored}") };
        let hasher = Bcrypt::new(params.cost()).unwrap();
        let written = hasher.encode(hash.derivation(), hash.digest());
        assert_eq!(written, format!("$2b{}", &stored[3..]));
    }
    if let Ok(hash) = Pbkdf2::default().parse(stored) {
        let Algorithm::Pbkdf2(params) = hash.derivation().algorithm() else { panic!("{stored}") };
        let hasher = Pbkdf2::new(params.prf(), params.rounds()).unwrap();
        if !stored.contains("$i=") {
            assert_eq!(hasher.encode(hash.derivation(), hash.digest()), stored);
        }
    }
    if let Ok(hash) = ShaCrypt::default().parse(stored) {
        let Algorithm::ShaCrypt(params) = hash.derivation().algorithm() else { panic!("{stored}") };
        let hasher = ShaCrypt::new(params.variant(), params.rounds()).unwrap();
        let written = hasher.encode(hash.derivation(), hash.digest());
        // crypt() keeps a `rounds=5000` that it was given: the one value with two spellings.
        assert_eq!(written, stored.replacen("rounds=5000$", "", 1));
    }
}

#[test]
fn samples_are_canonical() {
    let accepted = SAMPLES.iter().filter(|sample| {
        check_canonical(sample);
        util::everything().inspect(sample).is_ok()
    });
    assert_eq!(accepted.count(), SAMPLES.len() - 1, "all but $2x$");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4096,
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(16),
        ..ProptestConfig::default()
    })]

    /// No panic on anything; and whatever is read is canonical.
    #[test]
    fn arbitrary_strings(stored in any::<String>()) {
        check_canonical(&stored);
        let _ = util::everything().inspect(&stored);
    }

    /// The same behind a prefix that a format claims.
    #[test]
    fn arbitrary_strings_behind_a_prefix(
        prefix in prop::sample::select(vec![
            "$argon2", "$argon2id$", "$argon2id$v=19$m=", "$2", "$2b$", "$2b$04$", "$pbkdf2",
            "$pbkdf2$", "$pbkdf2-sha256$i=", "$5$", "$6$rounds=",
        ]),
        rest in any::<String>(),
    ) {
        let stored = format!("{prefix}{rest}");
        check_canonical(&stored);
        let _ = util::everything().inspect(&stored);
    }

    /// Well-formed hashes with one to three characters removed, replaced or put in.
    #[test]
    fn mutated_hashes(
        sample in prop::sample::select(SAMPLES.to_vec()),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::option::of("[ -~é\u{20ac}\0]"), any::<bool>()),
            1..4,
        ),
    ) {
        let mut characters: Vec<char> = sample.chars().collect();
        for (at, with, keep) in edits {
            let at = at.index(characters.len());
            let end = if keep { at } else { at + 1 };
            let with: Vec<char> = with.iter().flat_map(|text| text.chars()).collect();
            characters.splice(at..end, with);
        }
        let stored: String = characters.into_iter().collect();
        check_canonical(&stored);
        let _ = util::everything().inspect(&stored);
    }
}
