//! A token passes whole or not at all: what was generated is found by its digest and granted by its
//! own record alone, and one byte more, less or other is refused without a lookup.

#![no_main]

use doorstep::password::{Argon2, Hashers};
use doorstep::{
    Authenticator, Bearer, Cause, Outcome, Step, TokenDigest, TokenFormat, TokenRecord, UnixTime,
};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    prefix: &'a str,
    seed: u64,
    edit: Edit,
    /// Somebody else's token.
    foreign: &'a [u8],
}

/// The checksum finds every single one of these; of more at once, all but one in 2^32.
#[derive(Arbitrary, Debug)]
enum Edit {
    Replace { at: u8, with: u8 },
    Insert { at: u8, with: u8 },
    Remove { at: u8 },
    CutTo { len: u8 },
}

fuzz_target!(|input: Input<'_>| {
    let is_prefix_char = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let fits = input.prefix.len() <= 32 && input.prefix.chars().all(is_prefix_char);
    let format = TokenFormat::new(input.prefix);
    assert_eq!(format.is_ok(), fits);
    let Ok(format) = format else { return };

    let mut rng = ChaCha8Rng::seed_from_u64(input.seed);
    let token = format.generate_with_rng(&mut rng).expect("this generator does not fail");
    let token = token.expose();
    assert!(naive_check(input.prefix, token));
    assert!(format.check(token));
    assert_eq!(format.check(input.foreign), naive_check(input.prefix, input.foreign));

    let edited = input.edit.apply(token);
    assert_eq!(format.check(&edited), edited == token, "{:?}", input.edit);

    let auth = Authenticator::builder("fuzz", Hashers::new(Argon2::default()))
        .scheme(Bearer::new().format(format))
        .build()
        .expect("a configuration without mistakes");
    let begin =
        |token: &[u8]| auth.begin([("authorization", [b"Bearer ", token].concat().as_slice())]);
    let (record, now) = (|token| TokenRecord::new(TokenDigest::of(token)), UnixTime::from_secs(1));
    for (lookup, granted) in [(token, true), (input.foreign, input.foreign == token)] {
        let Step::FindToken(ask) = begin(token) else {
            panic!("no lookup for a token of the format")
        };
        assert_eq!(ask.digest(), &TokenDigest::of(token));
        let Step::Done(outcome) = ask.found((), record(lookup), now) else { panic!("not done") };
        assert_eq!(outcome.granted().is_some(), granted);
    }
    // `1*SP` takes a space before the token for its own.
    if edited.strip_prefix(b" ").unwrap_or(&edited) != token {
        let Step::Done(Outcome::Denied(denied)) = begin(&edited) else { panic!("not denied") };
        assert!(matches!(denied.cause(), Cause::ForeignToken | Cause::Malformed(_)));
    }
});

impl Edit {
    fn apply(&self, token: &[u8]) -> Vec<u8> {
        let place = |at: u8, places: usize| usize::from(at) % places;
        let mut token = token.to_vec();
        match *self {
            Edit::Replace { at, with } => {
                let at = place(at, token.len());
                token[at] = with;
            }
            Edit::Insert { at, with } => token.insert(place(at, token.len() + 1), with),
            Edit::Remove { at } => drop(token.remove(place(at, token.len()))),
            Edit::CutTo { len } => token.truncate(len.into()),
        }
        token
    }
}

/// The prefix, 30 characters of base62, and their CRC-32 in 6 more, highest first.
fn naive_check(prefix: &str, token: &[u8]) -> bool {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some(body) = token.strip_prefix(prefix.as_bytes()) else { return false };
    if body.len() != 36 || !body.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let value = |byte: &u8| DIGITS.iter().position(|digit| digit == byte).expect("base62") as u64;
    let stated = body[30..].iter().fold(0, |sum, digit| sum * 62 + value(digit));
    let mut crc = u32::MAX;
    for byte in &body[..30] {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    stated == u64::from(!crc)
}
