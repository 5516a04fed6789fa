//! Tokens: how they are made and checked, what is stored of them, and which records grant.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::collections::BTreeSet;
use std::convert::Infallible;

use doorstep::password::TryCryptoRng;
use doorstep::{
    ApiKey, Basic, Bearer, Cause, InvalidPrefix, NoEntropy, Outcome, Scopes, TokenDigest,
    TokenFormat, TokenRecord, UnixTime,
};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{SeedableRng, TryRng};

use util::{
    Empty, NOW, authorization, begin, builder, to_denied, to_find_token, to_granted, to_outcome,
};

const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A GitHub token that was revoked and then much quoted, in two pieces that no scanner takes for one.
const GITHUB: [&str; 2] = ["ghp_", "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"];

/// "Behind GitHub's new authentication token formats" (2021): a prefix, 30 random characters, and the
/// CRC-32 in 6 digits of base62, with zeros in front.
#[test]
fn the_checksum_is_github_s() {
    assert!(TokenFormat::new("ghp_").unwrap().check(GITHUB.concat().as_bytes()));
    // CRC-32's check value (RFC 1952 §8 describes it): 0xCBF43926.
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    for seed in 0..200 {
        let token = token(&format("ds_"), seed);
        let (random, checksum) = token["ds_".len()..].split_at(30);
        assert_eq!(checksum, in_base62(crc32(random.as_bytes())), "{token}");
    }
}

/// A checksum of few digits has zeros in front, which others would leave out or not.
#[test]
fn a_small_checksum_has_zeros_in_front() {
    let format = format("");
    let small = (0..).map(|number| format!("{number:030}"));
    let mut small = small.filter(|random| crc32(random.as_bytes()) < 62 * 62);
    let random = small.next().unwrap();
    let checksum = in_base62(crc32(random.as_bytes()));
    assert!(checksum.starts_with("0000"), "{checksum}");
    assert!(format.check(format!("{random}{checksum}").as_bytes()));
    let checksum = checksum.trim_start_matches('0');
    assert!(!format.check(format!("{random}{checksum}").as_bytes()));
    assert!(!format.check(format!("{random}{checksum:>6}").as_bytes()));
}

/// 30 characters of log2(62) bits: 178, where 160 are asked for.
#[test]
fn a_token_is_random_and_all_of_base62() {
    let format = format("ds_");
    let auth = builder().scheme(Bearer::new().format(format.clone())).build().unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..1000 {
        let token = format.generate().unwrap();
        let token = std::str::from_utf8(token.expose()).unwrap();
        let body = token.strip_prefix("ds_").unwrap();
        assert_eq!(body.len(), 36);
        assert!(body.chars().all(|digit| BASE62.contains(digit)), "{token}");
        assert!(format.check(token.as_bytes()), "{token}");
        // It is a `b64token`, so that it can be sent.
        to_find_token(authorization(&auth, format!("Bearer {token}")));
        assert!(seen.insert(body[..30].to_owned()), "{token} twice");
    }
    assert!(30.0 * 62.0_f64.log2() >= 160.0);
}

/// Of 30 000 digits each comes 484 times, and 22 is the deviation. `byte % 62` would give the first 8
/// digits 586. The generator is seeded: it holds or it does not.
#[test]
fn each_digit_is_as_likely_as_the_next() {
    let mut digits = [0_usize; 62];
    for seed in 0..1000 {
        let token = token(&format(""), seed);
        token[..30].chars().for_each(|digit| digits[BASE62.find(digit).unwrap()] += 1);
    }
    assert!(digits.iter().all(|count| (484 - 88..=484 + 88).contains(count)), "{digits:?}");
}

/// Above 4 × 62 a byte is drawn again.
#[test]
fn bytes_that_would_favour_a_digit_are_not_used() {
    let mut rng = Bytes((0..=255).collect(), 0);
    let token = format("").generate_with_rng(&mut rng).unwrap();
    let expected: String = (0..30).map(|digit| char::from(BASE62.as_bytes()[digit])).collect();
    assert!(token.expose().starts_with(expected.as_bytes()));
    let mut rng = Bytes([248, 255, 7, 250].into(), 0);
    let token = format("").generate_with_rng(&mut rng).unwrap();
    assert!(token.expose().starts_with("7".repeat(30).as_bytes()));
}

#[test]
fn a_generator_that_fails_makes_no_token() {
    assert_eq!(format("ds_").generate_with_rng(&mut Empty).unwrap_err(), NoEntropy);
    // One that yields nothing from which a digit comes must not be asked for ever.
    let mut stuck = Bytes([0xff].into(), 0);
    assert_eq!(format("ds_").generate_with_rng(&mut stuck).unwrap_err(), NoEntropy);
    assert!(NoEntropy.to_string().contains("entropy"));
}

/// CRC-32 finds every burst of up to 32 bits: one character that was changed, two that changed places;
/// lengths find one too many or too few.
#[test]
fn every_typo_is_caught() {
    let format = format("ds_");
    for seed in 0..3 {
        let token = token(&format, seed);
        assert!(format.check(token.as_bytes()));
        let mut typos = 0;
        let mut caught = |typo: &[u8]| {
            assert!(!format.check(typo), "{}", typo.escape_ascii());
            typos += 1;
        };
        for at in 0..token.len() {
            let right = token.as_bytes()[at];
            for byte in (0..=255).filter(|byte| *byte != right) {
                let mut typo = token.clone().into_bytes();
                typo[at] = byte;
                caught(&typo);
            }
            let mut less = token.clone().into_bytes();
            less.remove(at);
            caught(&less);
            if at > 0 && token.as_bytes()[at - 1] != right {
                let mut swapped = token.clone().into_bytes();
                swapped.swap(at - 1, at);
                caught(&swapped);
            }
        }
        for at in 0..=token.len() {
            for byte in [b'0', b'a', b' ', b'_', 0, right_neighbour(&token, at)] {
                let mut more = token.clone().into_bytes();
                more.insert(at, byte);
                caught(&more);
            }
        }
        assert!(typos > 10_000);
    }
}

/// One and the same character twice is one too many, too.
fn right_neighbour(token: &str, at: usize) -> u8 {
    token.as_bytes().get(at).copied().unwrap_or(b'0')
}

/// DESIGN §2: a checksum "catches typos before a lookup", and so does another prefix.
#[test]
fn a_foreign_string_is_denied_without_a_lookup() {
    let format = format("ds_");
    let ours = token(&format, 1);
    let auth = builder()
        .scheme(Bearer::new().format(format.clone()))
        .scheme(Bearer::named("Token"))
        .scheme(ApiKey::in_field("x-api-key").format(format.clone()))
        .build()
        .unwrap();
    let bearer = |token: &str| authorization(&auth, format!("Bearer {token}"));
    let api_key = |token: &str| begin(&auth, &[("x-api-key", token.as_bytes())]);
    assert_eq!(to_find_token(bearer(&ours)).digest(), &TokenDigest::of(ours.as_bytes()));
    assert_eq!(to_find_token(api_key(&ours)).digest(), &TokenDigest::of(ours.as_bytes()));
    for foreign in [
        "abc",
        "ds_",
        &ours[1..],
        &ours["ds_".len()..],
        &ours.replace("ds_", "DS_"),
        &ours.replace("ds_", "dt_"),
        &format!("{ours}0"),
        &GITHUB.concat(),
        "e30.e30.e30",
    ] {
        for step in [bearer(foreign), api_key(foreign)] {
            assert_eq!(to_denied(step).cause(), Cause::ForeignToken, "{foreign}");
        }
        // A scheme without a format looks everything up.
        to_find_token(authorization(&auth, format!("Token {foreign}")));
    }
    // What is no token at all is malformed, not foreign.
    assert!(matches!(to_denied(bearer("a,b")).cause(), Cause::Malformed(_)));
}

/// What one format makes another does not take, unless the prefix is the same.
#[test]
fn formats_do_not_take_each_others_tokens() {
    let prefixes = ["", "d", "ds", "ds_", "ds_live_", "sd_"];
    for (made, checked) in prefixes.iter().flat_map(|a| prefixes.map(|b| (*a, b))) {
        let token = token(&format(made), 1);
        assert_eq!(format(checked).check(token.as_bytes()), made == checked, "{made} {checked}");
    }
}

#[test]
fn a_prefix_is_of_letters_digits_and_few_signs() {
    for prefix in ["", "ds_", "a-b.c_d~", "AZaz09", &"a".repeat(32)] {
        let format = TokenFormat::new(prefix).unwrap();
        assert!(format.generate().unwrap().expose().starts_with(prefix.as_bytes()));
    }
    for prefix in ["a b", "a+", "a/", "a=", "a\"", "a\n", "ä", "a:", &"a".repeat(33)] {
        assert_eq!(TokenFormat::new(prefix), Err(InvalidPrefix), "{prefix:?}");
    }
    assert!(InvalidPrefix.to_string().contains("32 letters"));
}

/// FIPS 180-2, appendix B: the digest is plain SHA-256, so that it can be looked up by whoever else
/// reads the table.
#[test]
fn a_digest_is_sha_256_of_the_whole_token() {
    let cases: [(&[u8], &str); 3] = [
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
    ];
    for (token, digest) in cases {
        let of = TokenDigest::of(token);
        let hex: String = of.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, digest);
        assert_eq!(TokenDigest::from_bytes(*of.as_bytes()), of);
        assert_ne!(TokenDigest::of(&[token, b"\0"].concat()), of);
        for bit in 0..256 {
            let mut other = *of.as_bytes();
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(TokenDigest::from_bytes(other), of);
        }
    }
    // As it was sent: padding and case count, the scheme and spaces do not.
    let auth = builder().scheme(Bearer::new()).build().unwrap();
    for (value, token) in [("bearer   aBc==", "aBc=="), ("Bearer abc", "abc")] {
        let ask = to_find_token(authorization(&auth, value));
        assert_eq!(ask.digest(), &TokenDigest::of(token.as_bytes()));
    }
}

/// DESIGN §2: "a lookup that returns another row cannot grant".
#[test]
fn another_record_cannot_grant() {
    let auth = builder().scheme(Bearer::new()).build().unwrap();
    let ask = || to_find_token(authorization(&auth, "Bearer abc"));
    let right = *ask().digest();
    to_granted(ask().found(7, TokenRecord::new(right), NOW));
    for bit in 0..256 {
        let mut digest = *right.as_bytes();
        digest[bit / 8] ^= 1 << (bit % 8);
        let record = TokenRecord::new(TokenDigest::from_bytes(digest));
        assert_eq!(to_denied(ask().found(7, record, NOW)).cause(), Cause::AnotherToken);
    }
}

/// A row whose token is blank would fit it.
#[test]
fn an_empty_token_is_not_looked_up() {
    let auth = builder().scheme(Bearer::new()).scheme(ApiKey::in_field("x-api-key")).build();
    let auth = auth.unwrap();
    for value in ["Bearer", "Bearer ", "Bearer  ", "Bearer =", "Bearer \t"] {
        let denied = to_denied(authorization(&auth, value));
        assert!(matches!(denied.cause(), Cause::Malformed(_)), "{value:?}");
    }
    for value in ["", " ", "\t"] {
        let denied = to_denied(begin(&auth, &[("x-api-key", value.as_bytes())]));
        assert!(matches!(denied.cause(), Cause::Malformed(_)), "{value:?}");
    }
}

/// "The first second at which it is no longer taken", and what else speaks against a token.
#[test]
fn a_record_speaks_for_itself() {
    let auth = builder().scheme(Bearer::new()).build().unwrap();
    let at = |secs: u64, change: &dyn Fn(&mut TokenRecord)| {
        let ask = to_find_token(authorization(&auth, "Bearer abc"));
        let mut record = TokenRecord::new(*ask.digest());
        change(&mut record);
        match to_outcome(ask.found(7, record, UnixTime::from_secs(secs))) {
            Outcome::Granted(granted) => Ok(granted.scopes().clone()),
            Outcome::Denied(denied) => Err(denied.cause()),
            outcome => panic!("{outcome:?}"),
        }
    };
    let expires = |secs: u64| {
        move |record: &mut TokenRecord| {
            record.expires = Some(UnixTime::from_secs(secs));
        }
    };
    let none = Ok(Scopes::NONE_ASKED);
    assert_eq!(at(999, &expires(1000)), none);
    assert_eq!(at(1000, &expires(1000)), Err(Cause::TokenExpired));
    assert_eq!(at(1001, &expires(1000)), Err(Cause::TokenExpired));
    assert_eq!(at(0, &expires(0)), Err(Cause::TokenExpired));
    assert_eq!(at(u64::MAX - 1, &expires(u64::MAX)), none);
    assert_eq!(at(u64::MAX, &|_| ()), none);
    assert_eq!(at(0, &|record| record.revoked = true), Err(Cause::TokenRevoked));
    assert_eq!(at(0, &|record| record.owner_disabled = true), Err(Cause::AccountDisabled));
    let scopes = Scopes::parse("read write").unwrap();
    assert_eq!(at(0, &|record| record.scopes = scopes.clone()), Ok(scopes.clone()));
    // Another row says nothing about this token.
    let another = |record: &mut TokenRecord| {
        record.digest = TokenDigest::of(b"another");
        (record.revoked, record.owner_disabled) = (true, true);
    };
    assert_eq!(at(0, &another), Err(Cause::AnotherToken));
}

/// DESIGN §2: the token itself is "kept only by `Bearer::keep_token()`".
#[test]
fn a_token_is_kept_if_it_is_asked_for() {
    let keeping = builder()
        .scheme(Basic::new())
        .scheme(Bearer::new().keep_token())
        .scheme(Bearer::named("Token"))
        .scheme(ApiKey::in_field("x-api-key"))
        .build()
        .unwrap();
    for (field, value, kept) in [
        ("authorization", "Bearer e30.e30.e30", Some(&b"e30.e30.e30"[..])),
        ("authorization", "Token abc", None),
        ("x-api-key", "abc", None),
    ] {
        let ask = to_find_token(begin(&keeping, &[(field, value.as_bytes())]));
        assert_eq!(ask.token(), kept, "{value}");
    }
    // The order in which the two are asked for means nothing.
    let format = format("ds_");
    let token = token(&format, 1);
    for bearer in [
        Bearer::default().format(format.clone()).keep_token(),
        Bearer::new().keep_token().format(format.clone()),
    ] {
        let auth = builder().scheme(bearer).build().unwrap();
        let ask = to_find_token(authorization(&auth, format!("Bearer {token}")));
        assert_eq!(ask.token(), Some(token.as_bytes()));
        assert_eq!(to_denied(authorization(&auth, "Bearer abc")).cause(), Cause::ForeignToken);
    }
}

proptest! {
    /// No panic on any bytes, and nothing is taken that an independent reader would not take: not
    /// even with the right checksum.
    #[test]
    fn only_what_has_the_checksum_is_taken(
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..50),
            prop::collection::vec(any::<u8>(), 30),
            "[0-9A-Za-z]{29}[0-9A-Za-z_-]".prop_map(String::into_bytes),
            "[0-9A-Za-z]{30}[0-9A-Za-z]{0,7}".prop_map(String::into_bytes),
        ],
        mend in any::<bool>(),
    ) {
        let mut body = body;
        if mend && body.len() >= 30 {
            body.truncate(30);
            body.extend(in_base62(crc32(&body)).bytes());
        }
        let expected = body.len() == 36
            && body.iter().all(|byte| BASE62.contains(char::from(*byte)))
            && body[30..] == *in_base62(crc32(&body[..30])).as_bytes();
        prop_assert_eq!(format("").check(&body), expected);
        prop_assert_eq!(format("ds_").check(&[b"ds_", &*body].concat()), expected);
    }
}

#[track_caller]
fn format(prefix: &str) -> TokenFormat {
    TokenFormat::new(prefix).unwrap()
}

/// The same for the same seed.
#[track_caller]
fn token(format: &TokenFormat, seed: u64) -> String {
    let token = format.generate_with_rng(&mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
    String::from_utf8(token.expose().to_vec()).unwrap()
}

/// RFC 1952 §8, a bit at a time.
fn crc32(bytes: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    let step = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc));
    !bytes.iter().fold(!0, step)
}

fn in_base62(number: u32) -> String {
    let digit =
        |place: u32| BASE62.as_bytes()[(u64::from(number) / 62_u64.pow(place) % 62) as usize];
    (0..6).rev().map(|place| char::from(digit(place))).collect()
}

/// These bytes, over and over.
struct Bytes(Vec<u8>, usize);

impl TryRng for Bytes {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("bytes are what is asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("bytes are what is asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Bytes {}
