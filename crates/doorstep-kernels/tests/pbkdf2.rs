//! PBKDF2's kernels against published answers and the `pbkdf2` crate, on every processor that this
//! one can be taken for.
#![allow(missing_docs)]

use doorstep_kernels::Processor;
use doorstep_kernels::pbkdf2::{Kernels, Lane, advance_together};
use hmac::{Hmac, KeyInit, Mac};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::block_api::{compress256, compress512};
use sha2::{Digest, Sha256, Sha512};

/// RFC 7914 §11, and RFC 6070's inputs; the file names the source of each.
const ANSWERS: &str = include_str!("../../doorstep-password/tests/vectors/pbkdf2_raw.tsv");

#[test]
fn published_answers() {
    for processor in Processor::levels() {
        assert_eq!(answered::<u32>(|lanes| one_by_one(processor, lanes)), 6);
        assert_eq!(answered::<u64>(|lanes| one_by_one(processor, lanes)), 4);
        assert_eq!(answered::<u32>(|lanes| advance_together(processor, lanes, u32::MAX)), 6);
        assert_eq!(answered::<u64>(|lanes| advance_together(processor, lanes, u32::MAX)), 4);
    }

    fn one_by_one<W: Hash>(processor: Processor, lanes: &mut [&mut Lane<W>]) {
        lanes.iter_mut().for_each(|lane| lane.advance(processor, u32::MAX));
    }
}

/// Runs the blocks of every answer's key, and holds the keys to the answers. How many there were.
fn answered<W: Hash>(run: impl FnOnce(&mut [&mut Lane<W>])) -> usize {
    let rows: Vec<Vec<&str>> = ANSWERS
        .lines()
        .map(|line| line.split('\t').collect())
        .filter(|row: &Vec<&str>| row[0] == W::NAME)
        .collect();
    let mut keys: Vec<Vec<Lane<W>>> = rows
        .iter()
        .map(|row| {
            let rounds = row[3].parse().expect("a count");
            let len: usize = row[4].parse().expect("a length");
            (1..=len.div_ceil(W::DIGEST_LEN) as u32)
                .map(|index| W::begin(&unhex(row[1]), &unhex(row[2]), index, rounds))
                .collect()
        })
        .collect();
    run(&mut keys.iter_mut().flatten().collect::<Vec<_>>());
    for (row, lanes) in rows.iter().zip(&keys) {
        let answer = unhex(row[5]);
        let found: Vec<u8> = lanes.iter().flat_map(|lane| W::bytes(lane.t())).collect();
        assert_eq!(found[..answer.len()], answer, "{row:?}");
        assert!(lanes.iter().all(|lane| lane.left() == 0));
    }
    rows.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn sha256_as_the_crate_has_it(keys in keys(), pieces in pieces()) {
        check::<u32>(&keys, &pieces)?;
    }

    #[test]
    fn sha512_as_the_crate_has_it(keys in keys(), pieces in pieces()) {
        check::<u64>(&keys, &pieces)?;
    }
}

/// Begins a lane for each key, goes on with some of them for some iterations at a time, to the end,
/// on any processor.
fn check<W: Hash>(keys: &[Key], pieces: &[Piece]) -> Result<(), TestCaseError> {
    let levels: Vec<Processor> = Processor::levels().collect();
    let mut lanes: Vec<Lane<W>> =
        keys.iter().map(|key| W::begin(&key.password, &key.salt, 1, key.rounds)).collect();
    let everyone = Piece { who: u32::MAX, iterations: u32::MAX, ..pieces[0] };
    for piece in pieces.iter().chain([&everyone]) {
        let processor = levels[piece.level % levels.len()];
        let expected: Vec<u32> = lanes
            .iter()
            .enumerate()
            .map(|(at, lane)| match piece.holds(at) {
                true => lane.left().saturating_sub(piece.iterations),
                false => lane.left(),
            })
            .collect();
        let mut some: Vec<&mut Lane<W>> = lanes
            .iter_mut()
            .enumerate()
            .filter_map(|(at, lane)| piece.holds(at).then_some(lane))
            .collect();
        if piece.together {
            advance_together(processor, &mut some, piece.iterations);
        } else {
            some.iter_mut().for_each(|lane| lane.advance(processor, piece.iterations));
        }
        prop_assert_eq!(lanes.iter().map(Lane::left).collect::<Vec<_>>(), expected);
    }
    for (key, lane) in keys.iter().zip(&lanes) {
        prop_assert_eq!(W::bytes(lane.t()), W::reference(key), "{:?}", key);
    }
    Ok(())
}

#[derive(Clone, Debug)]
struct Key {
    password: Vec<u8>,
    salt: Vec<u8>,
    rounds: u32,
}

/// RFC 2104 hashes a key that is longer than a block, and 200 bytes are, for both.
fn keys() -> impl Strategy<Value = Vec<Key>> {
    let rounds = prop_oneof![1..4u32, 1..300u32, Just(200)];
    let key = (vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..40), rounds);
    vec(key.prop_map(|(password, salt, rounds)| Key { password, salt, rounds }), 1..=20)
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// A bit for each lane.
    who: u32,
    iterations: u32,
    together: bool,
    level: usize,
}

impl Piece {
    const fn holds(self, lane: usize) -> bool {
        self.who >> lane & 1 == 1
    }
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = (any::<u32>(), 0..100u32, any::<bool>(), 0..3usize);
    vec(
        piece.prop_map(|(who, iterations, together, level)| Piece {
            who,
            iterations,
            together,
            level,
        }),
        1..6,
    )
}

/// What the crates `sha2`, `hmac` and `pbkdf2` know about a hash.
trait Hash: Kernels {
    const NAME: &str;
    const DIGEST_LEN: usize;

    /// The lane after HMAC(password, salt || INT(index)).
    fn begin(password: &[u8], salt: &[u8], index: u32, rounds: u32) -> Lane<Self>;
    fn bytes(words: &[Self; 8]) -> Vec<u8>;
    fn reference(key: &Key) -> Vec<u8>;
}

macro_rules! hash {
    ($word:ty, $name:literal, $hash:ty, $block:literal, $compress:path, $iv:expr) => {
        impl Hash for $word {
            const NAME: &str = $name;
            const DIGEST_LEN: usize = 8 * size_of::<$word>();

            fn begin(password: &[u8], salt: &[u8], index: u32, rounds: u32) -> Lane<$word> {
                let mut key = [0; $block];
                if password.len() > $block {
                    key[..Self::DIGEST_LEN].copy_from_slice(&<$hash>::digest(password));
                } else {
                    key[..password.len()].copy_from_slice(password);
                }
                let keyed = |pad: u8| {
                    let mut state = $iv;
                    $compress(&mut state, &[key.map(|byte| byte ^ pad)]);
                    state
                };
                let mut hmac = Hmac::<$hash>::new_from_slice(password).expect("any length");
                hmac.update(salt);
                hmac.update(&index.to_be_bytes());
                let first = hmac.finalize().into_bytes();
                let first = core::array::from_fn(|at| {
                    let bytes = &first[at * size_of::<$word>()..][..size_of::<$word>()];
                    <$word>::from_be_bytes(bytes.try_into().expect("a word"))
                });
                Lane::new(&keyed(0x36), &keyed(0x5c), &first, rounds - 1)
            }

            fn bytes(words: &[$word; 8]) -> Vec<u8> {
                words.iter().flat_map(|word| word.to_be_bytes()).collect()
            }

            fn reference(key: &Key) -> Vec<u8> {
                let mut out = vec![0; Self::DIGEST_LEN];
                pbkdf2::pbkdf2_hmac::<$hash>(&key.password, &key.salt, key.rounds, &mut out);
                out
            }
        }
    };
}

// FIPS 180-4 §5.3.3 and §5.3.5.
hash!(
    u32,
    "sha256",
    Sha256,
    64,
    compress256,
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab,
        0x5be0cd19
    ]
);
hash!(
    u64,
    "sha512",
    Sha512,
    128,
    compress512,
    [
        0x6a09e667f3bcc908,
        0xbb67ae8584caa73b,
        0x3c6ef372fe94f82b,
        0xa54ff53a5f1d36f1,
        0x510e527fade682d1,
        0x9b05688c2b3e6c1f,
        0x1f83d9abfb41bd6b,
        0x5be0cd19137e2179
    ]
);

fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| core::str::from_utf8(pair).expect("ASCII"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal")).collect()
}
