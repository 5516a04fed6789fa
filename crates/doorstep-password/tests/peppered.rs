//! Hashes under a key: what is written, who can read it, and what a lost key is.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "argon2")]

mod util;

use doorstep_password::{
    Argon2, Bcrypt, Format, Hasher, Hashers, InvalidParameters, Malformed, MalformedKind, Peppered,
    Refused, Secret, Verdict,
};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use sha2::Sha256;
use util::verdict;

const KEY: &[u8] = b"thirty-two bytes of a secret key";
const OTHER: &[u8] = b"another thirty-two bytes of key!";

fn argon2() -> Argon2 {
    Argon2::new(8, 1, 1).unwrap()
}

fn peppered(id: &str, key: &[u8]) -> Peppered {
    Peppered::new(argon2(), id, Secret::new(key)).unwrap()
}

fn hash(hashers: &Hashers, password: &[u8]) -> String {
    hashers.hash(Secret::new(password)).unwrap().run().unwrap()
}

/// The string says all but the key: HMAC, base64 and Argon2 of other crates verify it.
#[test]
fn other_crates_verify_what_it_writes() {
    use argon2::password_hash::phc::PasswordHash;
    use argon2::{PasswordVerifier, password_hash};
    use base64::Engine as _;

    let hashers = Hashers::new(peppered("k1", KEY));
    let stored = hash(&hashers, b"open sesame");
    let within = stored.strip_prefix("$peppered$keyid=k1").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(b"open sesame");
    let tag = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    let theirs = PasswordHash::new(within).unwrap();
    let verified = argon2::Argon2::default().verify_password(tag.as_bytes(), &theirs);
    assert_eq!(verified, Ok(()));
    let wrong = argon2::Argon2::default().verify_password(b"open sesame", &theirs);
    assert_eq!(wrong, Err(password_hash::Error::PasswordInvalid));
}

/// A new key comes first, the old one verifies on; what it made is outdated.
#[test]
fn keys_are_rotated() {
    let first = Hashers::new(peppered("k1", KEY));
    let stored = hash(&first, b"open sesame");
    assert_eq!(verdict(&first, b"open sesame", &stored), Verdict::Match);

    let rotated = Hashers::new(peppered("k2", OTHER).also("k1", Secret::new(KEY)).unwrap());
    assert_eq!(verdict(&rotated, b"open sesame", &stored), Verdict::Outdated);
    assert_eq!(verdict(&rotated, b"open Sesame", &stored), Verdict::Mismatch);
    assert!(rotated.needs_update(&stored).unwrap());
    let renewed = hash(&rotated, b"open sesame");
    assert!(renewed.starts_with("$peppered$keyid=k2$argon2id$"));
    assert_eq!(verdict(&rotated, b"open sesame", &renewed), Verdict::Match);

    // Weaker parameters within are outdated, under whatever key.
    let stronger = Peppered::new(Argon2::new(16, 1, 1).unwrap(), "k1", Secret::new(KEY)).unwrap();
    assert!(Hashers::new(stronger).needs_update(&stored).unwrap());
}

/// Nothing is said about the password where a key is missing, and nothing is hashed.
#[test]
fn a_lost_key_is_a_refusal_and_no_mismatch() {
    let stored = hash(&Hashers::new(peppered("k1", KEY)), b"open sesame");
    let lost = Hashers::new(peppered("k2", KEY));
    for password in [&b"open sesame"[..], b"wrong"] {
        let refused = lost.verify(Secret::new(password), &stored).unwrap_err();
        assert_eq!(refused, Refused::UnknownKey);
    }
    assert_eq!(lost.inspect(&stored).unwrap_err(), Refused::UnknownKey);

    // Another key under the same id is a mismatch: nobody can tell it from another password.
    let wrong = Hashers::new(peppered("k1", OTHER));
    assert_eq!(verdict(&wrong, b"open sesame", &stored), Verdict::Mismatch);
}

/// A table from before the key, and one from after it, beside each other.
#[test]
fn plain_and_peppered_hashes_stand_in_one_table() {
    let plain = hash(&Hashers::new(argon2()), b"open sesame");
    let hashers = Hashers::new(peppered("k1", KEY)).accept(argon2());
    assert_eq!(verdict(&hashers, b"open sesame", &plain), Verdict::Outdated);
    // And back: the key is given up while its hashes are renewed.
    let stored = hash(&hashers, b"open sesame");
    let back = Hashers::new(argon2()).accept(peppered("k1", KEY));
    assert_eq!(verdict(&back, b"open sesame", &stored), Verdict::Outdated);
}

/// bcrypt's 72 bytes and its NUL are those of what it gets, which is 44 characters.
#[test]
fn any_password_can_be_hashed_and_all_of_it_counts() {
    let bcrypt = Peppered::new(Bcrypt::new(4).unwrap(), "k1", Secret::new(KEY)).unwrap();
    let hashers = Hashers::new(bcrypt);
    let long = vec![b'x'; 100];
    let stored = hash(&hashers, &long);
    assert_eq!(verdict(&hashers, &long, &stored), Verdict::Match);
    assert_eq!(verdict(&hashers, &long[..99], &stored), Verdict::Mismatch);
    let stored = hash(&hashers, b"a\0b");
    assert_eq!(verdict(&hashers, b"a\0b", &stored), Verdict::Match);
    assert_eq!(verdict(&hashers, b"a", &stored), Verdict::Mismatch);
}

#[test]
fn ids_and_keys_that_are_none_are_refused() {
    let new = |id: &str, key: &[u8]| Peppered::new(argon2(), id, Secret::new(key)).err();
    assert_eq!(new("k1", &KEY[..16]), None);
    assert_eq!(new("k1", &KEY[..15]), Some(InvalidParameters));
    for id in ["", "a$b", "a b", "a=b", "a,b", "é", &"x".repeat(33)] {
        assert_eq!(new(id, KEY), Some(InvalidParameters), "{id}");
    }
    assert_eq!(new(&"x".repeat(32), KEY), None);
    assert!(peppered("k1", KEY).also("k1", Secret::new(OTHER)).is_err());
}

/// `Format::blank` keeps all but the digest: the key's id, too.
#[test]
fn a_blank_names_its_key() {
    let blank = |digest: &str| {
        let within = format!("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ${digest}");
        peppered("k1", KEY).blank(&format!("$peppered$keyid=k1{within}"))
    };
    let zeros =
        format!("$peppered$keyid=k1$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ${}", "A".repeat(43));
    assert_eq!(blank("CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI"), Some(zeros));
    assert_eq!(blank("CTFh*"), None);
}

/// PHC's syntax, to the letter.
#[test]
fn another_syntax_is_malformed() {
    let format = peppered("k1", KEY);
    let within =
        "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI";
    assert!(format.parse(&format!("$peppered$keyid=k1{within}")).is_ok());
    let syntax = |at| Refused::Malformed(Malformed::new(at, MalformedKind::Syntax));
    for (stored, refused) in [
        (format!("$peppered${within}"), syntax(0)),
        (format!("$peppered$keyid={within}"), syntax(16)),
        (format!("$peppered$keyid=a b{within}"), syntax(16)),
        (format!("$peppered$keyid=k1,x=1{within}"), syntax(16)),
        (format!("$peppered$keyid=k1${within}"), syntax(18)),
        ("$peppered$keyid=k1".into(), syntax(18)),
        // Of another hasher than the one it has.
        ("$peppered$keyid=k1$2b$04$CCCCCCCCCCCCCCCCCCCCC.".into(), syntax(18)),
        (format!("$peppered$keyid=k1$peppered$keyid=k1{within}"), syntax(18)),
    ] {
        assert_eq!(format.parse(&stored).unwrap_err(), refused, "{stored}");
    }
    // Errors within keep their place in the whole.
    let cut = format!("$peppered$keyid=k1{}", &within[..within.len() - 1]);
    let Err(Refused::Malformed(Malformed { at, .. })) = format.parse(&cut) else { panic!() };
    assert!(at >= "$peppered$keyid=k1$argon2id$".len());
}

/// DESIGN §3: nothing of a secret in `Debug`.
#[test]
fn the_key_is_never_shown() {
    let format = peppered("k1", KEY);
    let hashers = Hashers::new(format.clone());
    let stored = hash(&hashers, b"open sesame");
    let inspected = hashers.inspect(&stored).unwrap();
    let shown = format!(
        "{format:?} {hashers:?} {inspected:?} {:?} {:?}",
        inspected.derivation(),
        format.derivation(&[0; 16])
    );
    assert!(shown.contains("k1") && !shown.contains("thirty") && !shown.contains("116, 104"));
    let keyid = inspected.parameters().into_iter().find(|parameter| parameter.name == "keyid");
    assert_eq!(keyid.unwrap().value, "k1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_password_comes_back_under_its_key_alone(
        password in prop::collection::vec(any::<u8>(), 0..200),
        other in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let hashers = Hashers::new(peppered("k1", KEY));
        let stored = hash(&hashers, &password);
        prop_assert_eq!(verdict(&hashers, &password, &stored), Verdict::Match);
        prop_assert_eq!(verdict(&hashers, &other, &stored).is_match(), other == password);
        let elsewhere = Hashers::new(peppered("k1", OTHER));
        prop_assert_eq!(verdict(&elsewhere, &password, &stored), Verdict::Mismatch);
    }
}
