//! SHA-crypt's rounds against published answers, the specification spelled out, and the `sha-crypt`
//! crate, on every processor that this one can be taken for.
#![allow(missing_docs)]

use base64::prelude::{BASE64_STANDARD, Engine};
use doorstep_kernels::Processor;
use doorstep_kernels::sha_crypt::{Kernels, Rounds, advance_together};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256, Sha512};

/// The test vectors at the end of U. Drepper, "Unix crypt using SHA-256 and SHA-512", are among them;
/// the file names the source of each.
const ANSWERS: &str = include_str!("../../doorstep-password/tests/vectors/passwords.tsv");

#[test]
fn published_answers() {
    for processor in Processor::levels() {
        assert_eq!(answered::<u32>(|all| one_by_one(processor, all)), 7);
        assert_eq!(answered::<u64>(|all| one_by_one(processor, all)), 7);
        assert_eq!(answered::<u32>(|all| advance_together(processor, all, u32::MAX)), 7);
        assert_eq!(answered::<u64>(|all| advance_together(processor, all, u32::MAX)), 7);
    }

    fn one_by_one<W: Hash>(processor: Processor, all: &mut [&mut Rounds<W>]) {
        all.iter_mut().for_each(|rounds| rounds.advance(processor, u32::MAX));
    }
}

/// Runs the rounds of Drepper's examples, and holds the digests to his. How many there were.
fn answered<W: Hash>(run: impl FnOnce(&mut [&mut Rounds<W>])) -> usize {
    // `$5$rounds=5000$salt$digest`
    let rows: Vec<(Key, &str)> = ANSWERS
        .lines()
        .map(|line| line.split('\t').collect())
        .filter(|row: &Vec<&str>| row[3] == "match" && row[4].starts_with("Drepper"))
        .filter_map(|row| {
            let mut parts = row[2].strip_prefix(W::PREFIX)?.strip_prefix("rounds=")?.split('$');
            let rounds = parts.next()?.parse().expect("a count");
            let password = BASE64_STANDARD.decode(row[1]).expect("base64");
            let salt = parts.next()?.into();
            Some((Key { password, salt, rounds }, parts.next()?))
        })
        .collect();
    let mut all: Vec<Rounds<W>> = rows.iter().map(|(key, _)| begin(key)).collect();
    run(&mut all.iter_mut().collect::<Vec<_>>());
    for ((key, answer), rounds) in rows.iter().zip(&all) {
        assert_eq!(crypt_base64::<W>(&W::bytes(rounds.digest())), *answer, "{key:?}");
        assert_eq!(rounds.left(), 0);
    }
    rows.len()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn sha256_as_specified(keys in keys(), pieces in pieces()) {
        check::<u32>(&keys, &pieces)?;
    }

    #[test]
    fn sha512_as_specified(keys in keys(), pieces in pieces()) {
        check::<u64>(&keys, &pieces)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn sha256_as_the_crate_has_it(keys in long_keys()) {
        as_the_crate::<u32>(&keys)?;
    }

    #[test]
    fn sha512_as_the_crate_has_it(keys in long_keys()) {
        as_the_crate::<u64>(&keys)?;
    }
}

/// Begins the rounds of each key, goes on with some of them for some rounds at a time, to the end, on
/// any processor.
fn check<W: Hash>(keys: &[Key], pieces: &[Piece]) -> Result<(), TestCaseError> {
    let levels: Vec<Processor> = Processor::levels().collect();
    let mut all: Vec<Rounds<W>> = keys.iter().map(begin).collect();
    let everyone = Piece { who: u32::MAX, rounds: u32::MAX, ..pieces[0] };
    for piece in pieces.iter().chain([&everyone]) {
        let processor = levels[piece.level % levels.len()];
        let mut expected = Vec::new();
        let mut some = Vec::new();
        for (at, rounds) in all.iter_mut().enumerate() {
            let chosen = piece.who >> at & 1 == 1;
            let done = if chosen { piece.rounds } else { 0 };
            expected.push(rounds.left().saturating_sub(done));
            if chosen {
                some.push(rounds);
            }
        }
        if piece.together {
            advance_together(processor, &mut some, piece.rounds);
        } else {
            some.iter_mut().for_each(|rounds| rounds.advance(processor, piece.rounds));
        }
        prop_assert_eq!(all.iter().map(Rounds::left).collect::<Vec<_>>(), expected);
    }
    for (key, rounds) in keys.iter().zip(&all) {
        prop_assert_eq!(W::bytes(rounds.digest()), specified::<W>(key), "{:?}", key);
    }
    Ok(())
}

fn as_the_crate<W: Hash>(keys: &[Key]) -> Result<(), TestCaseError> {
    for processor in Processor::levels() {
        let mut all: Vec<Rounds<W>> = keys.iter().map(begin).collect();
        advance_together(processor, &mut all.iter_mut().collect::<Vec<_>>(), u32::MAX);
        for (key, rounds) in keys.iter().zip(&all) {
            prop_assert_eq!(W::bytes(rounds.digest()), W::reference(key), "{:?}", key);
        }
    }
    Ok(())
}

#[derive(Clone, Debug)]
struct Key {
    password: Vec<u8>,
    salt: Vec<u8>,
    rounds: u32,
}

fn keys() -> impl Strategy<Value = Vec<Key>> {
    let len = prop_oneof![8 => 0..30usize, 8 => 0..200usize, 1 => 0..=4096usize];
    let password = len.prop_flat_map(|len| vec(any::<u8>(), len));
    let rounds = prop_oneof![0..3u32, 0..150u32, Just(100)];
    key(password, rounds, 20)
}

/// The crate takes no fewer than 1000 rounds.
fn long_keys() -> impl Strategy<Value = Vec<Key>> {
    key(vec(any::<u8>(), 0..80), 1000..1100u32, 20)
}

fn key(
    password: impl Strategy<Value = Vec<u8>>,
    rounds: impl Strategy<Value = u32>,
    most: usize,
) -> impl Strategy<Value = Vec<Key>> {
    let key = (password, vec(any::<u8>(), 0..=16), rounds);
    vec(key.prop_map(|(password, salt, rounds)| Key { password, salt, rounds }), 1..=most)
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// A bit for each password.
    who: u32,
    rounds: u32,
    together: bool,
    level: usize,
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = (any::<u32>(), 0..100u32, any::<bool>(), 0..3usize);
    let piece =
        piece.prop_map(|(who, rounds, together, level)| Piece { who, rounds, together, level });
    vec(piece, 1..6)
}

/// Steps 1 to 20.
fn begin<W: Hash>(Key { password, salt, rounds }: &Key) -> Rounds<W> {
    let (a, p, s) = first_steps::<W>(password, salt);
    Rounds::new(&W::words(&a), &p, &s, *rounds)
}

/// All steps, word for word.
fn specified<W: Hash>(Key { password, salt, rounds }: &Key) -> Vec<u8> {
    let (mut digest, p, s) = first_steps::<W>(password, salt);
    for round in 0..*rounds {
        let mut hash = W::Digest::new();
        hash.update(if round % 2 == 1 { &p } else { &digest });
        if round % 3 != 0 {
            hash.update(&s);
        }
        if round % 7 != 0 {
            hash.update(&p);
        }
        hash.update(if round % 2 == 1 { &digest } else { &p });
        digest = hash.finalize().to_vec();
    }
    digest
}

/// Digest A, P and S.
fn first_steps<W: Hash>(password: &[u8], salt: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let cycled = |digest: &[u8], len| digest.iter().copied().cycle().take(len).collect::<Vec<u8>>();
    let b = W::Digest::new().chain_update(password).chain_update(salt).chain_update(password);
    let b = b.finalize();
    let mut a = W::Digest::new().chain_update(password).chain_update(salt);
    a.update(cycled(&b, password.len()));
    let mut bits = password.len();
    while bits > 0 {
        a.update(if bits & 1 == 1 { &b } else { password });
        bits >>= 1;
    }
    let a = a.finalize().to_vec();
    let mut dp = W::Digest::new();
    (0..password.len()).for_each(|_| dp.update(password));
    let mut ds = W::Digest::new();
    (0..16 + u32::from(a[0])).for_each(|_| ds.update(salt));
    (a, cycled(&dp.finalize(), password.len()), cycled(&ds.finalize(), salt.len()))
}

/// Step 22: three bytes at a time, in an order of its own, the lowest six bits first.
fn crypt_base64<W: Hash>(digest: &[u8]) -> String {
    const ALPHABET: &[u8] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let third = digest.len() / 3;
    let mut encoded = String::new();
    let mut encode = |bytes: &[u8], letters| {
        let bits = bytes.iter().fold(0u32, |bits, &byte| bits << 8 | u32::from(byte));
        (0..letters).for_each(|at| encoded.push(ALPHABET[(bits >> (6 * at) & 63) as usize].into()));
    };
    for at in 0..third {
        let [a, b, c] = [at, at + third, at + 2 * third].map(|at| digest[at]);
        encode(&W::order(at, [a, b, c]), 4);
    }
    let rest = &digest[3 * third..];
    encode(&rest.iter().rev().copied().collect::<Vec<_>>(), if rest.len() == 2 { 3 } else { 2 });
    encoded
}

/// What the crates `sha2` and `sha-crypt` know about a hash.
trait Hash: Kernels {
    type Digest: Digest;
    const PREFIX: &str;

    /// Which byte of three comes first in step 22.
    fn order(group: usize, bytes: [u8; 3]) -> [u8; 3];
    fn words(bytes: &[u8]) -> [Self; 8];
    fn bytes(words: &[Self; 8]) -> Vec<u8>;
    fn reference(key: &Key) -> Vec<u8>;
}

macro_rules! hash {
    ($word:ty, $digest:ty, $prefix:literal, $turn:literal, $reference:path) => {
        impl Hash for $word {
            type Digest = $digest;
            const PREFIX: &str = $prefix;

            fn order(group: usize, mut bytes: [u8; 3]) -> [u8; 3] {
                bytes.rotate_left($turn * group % 3);
                bytes
            }

            fn words(bytes: &[u8]) -> [$word; 8] {
                let (words, _) = bytes.as_chunks();
                core::array::from_fn(|at| <$word>::from_be_bytes(words[at]))
            }

            fn bytes(words: &[$word; 8]) -> Vec<u8> {
                words.iter().flat_map(|word| word.to_be_bytes()).collect()
            }

            fn reference(Key { password, salt, rounds }: &Key) -> Vec<u8> {
                let params = sha_crypt::Params::new(*rounds).expect("1000 or more");
                $reference(password, salt, params).to_vec()
            }
        }
    };
}

// SHA-256's threes turn one way, (0, 10, 20), (21, 1, 11), SHA-512's the other, (0, 21, 42), (22, 43, 1).
hash!(u32, Sha256, "$5$", 2, sha_crypt::sha256_crypt);
hash!(u64, Sha512, "$6$", 1, sha_crypt::sha512_crypt);
