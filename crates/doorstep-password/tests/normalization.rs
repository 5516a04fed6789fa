//! Passwords in several spellings: what is hashed, what verifies, and at which price.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "unicode")]

mod util;

use std::ops::ControlFlow;

use doorstep_password::{
    Bcrypt, CannotHash, HashError, Hashers, Limits, Normalization, Pbkdf2, Prf, Refused, Secret,
    Verdict, Work, Workspace,
};
use proptest::prelude::*;
use util::{rows, unhex, verdict};

fn cheap() -> Hashers {
    Hashers::new(Pbkdf2::new(Prf::Sha256, 2).unwrap()).accept(Bcrypt::new(4).unwrap())
}

fn hash(hashers: &Hashers, password: &[u8]) -> String {
    hashers.hash(Secret::new(password)).unwrap().run().unwrap()
}

/// RFC 8265 §4.2, as an independent implementation has it.
#[test]
fn opaque_string_prepares_as_others_do() {
    let hashers = cheap().normalize(Normalization::OpaqueString);
    let (mut prepared, mut refused) = (0, 0);
    for row in rows(include_str!("vectors/opaque_string.tsv")) {
        let password = unhex(row[0]);
        if row[1] == "-" {
            let error = hashers.can_hash(&password).unwrap_err();
            assert_eq!(error, HashError::Password(CannotHash::NotOpaqueString), "{row:?}");
            assert!(hashers.normalized(&password).is_none(), "{row:?}");
            refused += 1;
        } else {
            assert_eq!(hashers.can_hash(&password), Ok(()), "{row:?}");
            let other = hashers.normalized(&password);
            let is_hashed = other.as_ref().map_or(&*password, Secret::expose);
            assert_eq!(is_hashed, unhex(row[1]), "{row:?}");
            assert_eq!(other.is_some(), password != unhex(row[1]), "{row:?}");
            prepared += 1;
        }
    }
    assert!(prepared > 40 && refused > 40, "{prepared} {refused}");
}

/// RFC 8265 §4.2.1 and §4.2.2: what is refused, and that verifying still takes it as it is.
#[test]
fn what_no_hash_is_made_of_still_verifies() {
    let hashers = cheap().normalize(Normalization::OpaqueString);
    for password in [&b""[..], b"a\x07b", b"\xff\xfe", "a\u{ad}".as_bytes(), "\u{e000}".as_bytes()]
    {
        let error = hashers.hash(Secret::new(password)).unwrap_err();
        assert_eq!(error, HashError::Password(CannotHash::NotOpaqueString));
        let old = hash(&cheap(), password);
        assert_eq!(verdict(&hashers, password, &old), Verdict::Match);
    }
    // NFC alone refuses nothing.
    let nfc = cheap().normalize(Normalization::Nfc);
    for password in [&b""[..], b"a\x07b", b"\xff\xfe"] {
        assert_eq!(verdict(&nfc, password, &hash(&nfc, password)), Verdict::Match);
    }
}

/// UAX 15: a character, its parts, and a compatibility character that NFC leaves alone.
#[test]
fn each_spelling_logs_in_and_the_old_ones_are_renewed() {
    let (composed, parts) = ("Ω é".as_bytes(), "\u{2126} e\u{301}".as_bytes());
    let hashers = cheap().normalize(Normalization::Nfc);
    let new = hash(&hashers, parts);
    assert_eq!(verdict(&hashers, parts, &new), Verdict::Match);
    assert_eq!(verdict(&hashers, composed, &new), Verdict::Match);
    assert_eq!(verdict(&cheap(), composed, &new), Verdict::Match);
    assert_eq!(verdict(&cheap(), parts, &new), Verdict::Mismatch);

    // Made before, of the parts: only who sends the parts can log in, and is then renewed.
    let old = hash(&cheap(), parts);
    assert_eq!(verdict(&hashers, parts, &old), Verdict::Outdated);
    assert_eq!(verdict(&hashers, composed, &old), Verdict::Mismatch);
    assert_ne!(verdict(&hashers, "ﬁ".as_bytes(), &hash(&hashers, b"fi")), Verdict::Match);
}

/// The price is known before, is that of both, and is the same for who is unknown.
#[test]
fn two_spellings_have_one_price_and_it_is_a_decoys_too() {
    let hashers = cheap().normalize(Normalization::Nfc);
    let old = hash(&cheap(), b"x");
    let units = |password: &str| {
        let work = hashers.verify(Secret::from(password), &old).unwrap();
        let decoy =
            hashers.decoy("nobody").plan(password.as_bytes()).work(|_| util::Key(password.into()));
        assert_eq!(work.cost(), decoy.cost());
        assert_eq!(work.remaining(), work.cost().units);
        work.cost().units
    };
    assert_eq!(units("e\u{301}"), 2 * units("abc"));

    // Whatever comes of the first: a match does not end it.
    let stored = hash(&cheap(), "e\u{301}".as_bytes());
    let pieces = |password: &str| {
        let mut work = hashers.verify(Secret::from(password), &stored).unwrap();
        let (mut workspace, mut pieces) = (Workspace::new(), 1);
        while let ControlFlow::Continue(rest) = work.advance(0, &mut workspace) {
            work = rest;
            pieces += 1;
        }
        pieces
    };
    assert_eq!(pieces("e\u{301}"), pieces("wrong e\u{301}"));
    assert_eq!(pieces("e\u{301}"), 2 * pieces("abc"));
}

/// A price that fits once and not twice is refused, before any work.
#[test]
fn the_limit_of_units_holds_for_both_together() {
    let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, 10_000).unwrap());
    let stored = hash(&hashers, b"x");
    let mut limits = Limits::default();
    limits.units = hashers.inspect(&stored).unwrap().cost(8).units + 10;
    let hashers = hashers.limits(limits).normalize(Normalization::Nfc);
    assert!(hashers.verify(Secret::from("e"), &stored).is_ok());
    let refused = hashers.verify(Secret::from("e\u{301}"), &stored).unwrap_err();
    assert_eq!(refused, Refused::TooCostly("units"));
}

/// Characters that NFC makes longer (U+1D160 has three times its bytes) stay within the limit.
#[test]
fn what_grows_beyond_the_limit_has_no_other_spelling() {
    let password = "\u{1d160}".repeat(1000);
    let hashers = cheap().normalize(Normalization::Nfc);
    assert!(hashers.hash(Secret::from(&*password)).is_err());
    let old = hash(&cheap(), password.as_bytes());
    assert_eq!(verdict(&hashers, password.as_bytes(), &old), Verdict::Match);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// One spelling is final: what was normalised has no other.
    #[test]
    fn normalising_twice_changes_nothing(password in "\\PC{0,20}") {
        for normalization in [Normalization::Nfc, Normalization::OpaqueString] {
            let hashers = cheap().normalize(normalization);
            if let Some(other) = hashers.normalized(password.as_bytes()) {
                prop_assert!(hashers.normalized(other.expose()).is_none());
            }
        }
    }

    /// Alone, in pieces and in company the verdicts are the same, of any spelling.
    #[test]
    fn company_changes_no_verdict(passwords in prop::collection::vec("[ae\u{301}é]{0,4}", 1..20)) {
        let hashers = cheap().normalize(Normalization::Nfc);
        let stored = [hash(&hashers, "é".as_bytes()), hash(&cheap(), "e\u{301}".as_bytes())];
        let works = || -> Vec<_> {
            let pairs = passwords.iter().zip(stored.iter().cycle());
            pairs.map(|(password, old)| hashers.verify(Secret::from(&**password), old).unwrap()).collect()
        };
        let alone: Vec<_> = works().into_iter().map(|work| work.run().unwrap()).collect();
        let together = Work::run_together(works(), &mut Workspace::new());
        let together: Vec<_> = together.into_iter().map(Result::unwrap).collect();
        prop_assert_eq!(&alone, &together);
        let mut workspaces = [Workspace::new(), Workspace::portable()];
        for (work, verdict) in works().into_iter().zip(alone) {
            prop_assert_eq!(util::in_pieces(work, || 0, &mut workspaces).unwrap(), verdict);
        }
    }
}
