//! New hashes around old ones: what verifies, what they cost, and what they no longer tell.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "import")]

mod util;

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use doorstep_password::{
    Argon2, Bcrypt, CannotHash, Company, Cost, Format, HashError, Hashers, Limits, Malformed,
    MalformedKind, Md5Crypt, Pbkdf2, Peppered, Refused, Secret, ShaCrypt, Verdict, Work, Workspace,
    Wrapped, hashers, imports,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use util::families::matching_rows;
use util::{Empty, verdict};

fn argon2() -> Argon2 {
    Argon2::new(8, 1, 1).unwrap()
}

fn wrapped() -> Wrapped {
    Wrapped::of_all(argon2())
}

fn verifying() -> Hashers {
    Hashers::new(argon2()).accept(wrapped())
}

fn wrap(old: &str) -> String {
    wrapped().wrap(old).unwrap().run().unwrap()
}

const MD5: &str = "$1$abcdefgh$G//4keteveJp0qb8z2DxG/";

/// One hash of each kind of work that there is, from the published vectors, with its password.
fn samples() -> Vec<(Vec<u8>, String)> {
    let mut samples: Vec<(Vec<u8>, String)> = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    for (password, stored) in matching_rows() {
        let all = Hashers::new(argon2());
        let all = imports().fold(hashers().fold(all, Hashers::accept), Hashers::accept);
        let Ok(hash) = all.inspect(&stored) else { continue };
        if hash.cost(password.len()).units < 200_000 && names.insert(hash.name()) {
            samples.push((password, stored));
        }
    }
    samples
}

/// The whole of it, for every format that there is: the right password and no other.
#[test]
fn every_format_verifies_when_it_is_wrapped() {
    let samples = samples();
    assert!(samples.len() > 40, "{}", samples.len());
    let hashers = verifying();
    for (password, old) in samples {
        let stored = wrap(&old);
        assert_eq!(verdict(&hashers, &password, &stored), Verdict::Outdated, "{old}");
        let wrong = [&password[..], b"x"].concat();
        // DES reads eight characters, bcrypt 72.
        if password.len() < 8 {
            assert_eq!(verdict(&hashers, &wrong, &stored), Verdict::Mismatch, "{old}");
        }
        assert!(hashers.needs_update(&stored).unwrap());
    }
}

/// The old digest is not in it, in any form: two hashes that differ in the digest alone have the same
/// description, and the digest itself is no password.
#[test]
fn the_old_digest_is_nowhere() {
    let old = ["$1$abcdefgh$G//4keteveJp0qb8z2DxG/", "$1$abcdefgh$Aj5n4keteveJp0qb8z2Dx1"];
    let described = old.map(|old| {
        let stored = wrap(old);
        stored["$wrapped$old=".len()..].split('$').next().unwrap().to_string()
    });
    assert_eq!(described[0], described[1]);
    let blank = STANDARD_NO_PAD.decode(&described[0]).unwrap();
    assert_eq!(blank, b"$1$abcdefgh$......................");

    let hashers = verifying();
    let stored = wrap(MD5);
    let inspected = imports().fold(Hashers::new(argon2()), Hashers::accept).inspect(MD5).unwrap();
    let digest = inspected.digest();
    let text = base64::engine::general_purpose::STANDARD.encode(digest);
    for password in [digest, text.as_bytes(), MD5.as_bytes()] {
        assert_eq!(verdict(&hashers, password, &stored), Verdict::Mismatch);
    }
}

/// A string that has kept its old digest would be no safer than before: it is refused.
#[test]
fn an_old_string_that_is_not_blank_is_malformed() {
    let stored = wrap(MD5);
    let at = "$wrapped$old=".len();
    let new = &stored[at + stored[at..].find('$').unwrap()..];
    let with = |old: &str| format!("$wrapped$old={}{new}", STANDARD_NO_PAD.encode(old));
    let hashers = verifying();
    assert!(hashers.inspect(&with("$1$abcdefgh$......................")).is_ok());
    let malformed = |kind| Refused::Malformed(Malformed::new(at, kind));
    for (stored, refused) in [
        (with(MD5), malformed(MalformedKind::Syntax)),
        (with("$1$abcdefgh$....................."), malformed(MalformedKind::Length)),
        (with("no hash at all"), Refused::UnknownFormat),
        (with(&stored), Refused::Unsupported("it is wrapped already")),
        (format!("$wrapped$old={new}"), Refused::UnknownFormat),
        (format!("$wrapped$old=JDEk*{new}"), malformed(MalformedKind::Base64)),
        (format!("$wrapped$old=//79{new}"), malformed(MalformedKind::Syntax)),
        (
            format!("$wrapped$new=JDEk{new}"),
            Refused::Malformed(Malformed::new(0, MalformedKind::Syntax)),
        ),
    ] {
        assert_eq!(hashers.inspect(&stored).unwrap_err(), refused, "{stored}");
    }
    // What is behind it is the hasher's own string, and nothing else.
    for rest in ["", "$", "$2b$04$CCCCCCCCCCCCCCCCCCCCC.7cjLvl0DBr0LJt/A65TNBwuXC/mx6ea"] {
        assert!(
            hashers.inspect(&format!("{}{rest}", &stored[..stored.len() - new.len()])).is_err()
        );
    }
    assert!(hashers.inspect(&format!("{stored}$")).is_err());
}

/// No other format claims it, and it claims no other's.
#[test]
fn nobody_else_claims_it() {
    let stored = wrap(MD5);
    let wrapped = wrapped();
    assert!(wrapped.claims(&stored));
    assert!(!hashers().any(|format| format.claims(&stored)));
    assert!(!imports().any(|format| format.claims(&stored)));
    for (_, old) in matching_rows() {
        assert!(!wrapped.claims(&old), "{old}");
    }
}

/// The price is both's: the time of one after the other, the memory of the larger.
#[test]
fn it_costs_both_and_the_limits_hold_for_each() {
    let all =
        imports().fold(hashers().fold(Hashers::new(argon2()), Hashers::accept), Hashers::accept);
    let old = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let stored = wrap(old);
    let first = all.inspect(old).unwrap().cost(3);
    let second = all.verify(Secret::new(&[b'A'; 32]), &stored[stored.find("$argon2").unwrap()..]);
    let second = second.unwrap().cost();
    let cost = verifying().verify(Secret::from("U*U"), &stored).unwrap().cost();
    assert_eq!(cost.memory_kib, first.memory_kib.max(second.memory_kib));
    assert!(cost.units.abs_diff(first.units + second.units) <= 1);

    // A dear hash within is as dear.
    let mut limits = Limits::default();
    limits.bcrypt_cost = 4;
    let refused = Refused::TooCostly("bcrypt_cost");
    let verifying = verifying().limits(limits);
    assert_eq!(verifying.verify(Secret::from("U*U"), &stored).unwrap_err(), refused);
    let error = wrapped().limits(limits).wrap(old).unwrap_err();
    assert_eq!(error, HashError::Refused(refused));
    // And both together.
    let mut limits = Limits::default();
    limits.units = first.units.max(second.units);
    let refused = Refused::TooCostly("units");
    let verifying = verifying.limits(limits);
    assert_eq!(verifying.verify(Secret::from("U*U"), &stored).unwrap_err(), refused);
}

/// Alone, in the smallest pieces, in any company: the same verdicts, and a price that falls to nothing.
#[test]
fn pieces_and_company_change_nothing() {
    let hashers = verifying();
    let samples = samples();
    let works = || -> Vec<_> {
        let works = samples.iter().flat_map(|(password, old)| {
            let stored = wrap(old);
            [&password[..], b"wrong"]
                .map(|password| hashers.verify(Secret::new(password), &stored).unwrap())
        });
        works.collect()
    };
    for mut workspace in [Workspace::new(), Workspace::portable()] {
        let together = Work::run_together(works(), &mut workspace);
        for (place, verdict) in together.into_iter().enumerate() {
            assert_eq!(verdict.unwrap().is_match(), place % 2 == 0, "{place}");
        }
    }
    let stored = wrap("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    let mut work = hashers.verify(Secret::from("U*U"), &stored).unwrap();
    let (mut workspace, mut left) = (Workspace::new(), u64::MAX);
    let verdict = loop {
        assert!(work.remaining() <= left, "{} {left}", work.remaining());
        left = work.remaining();
        match work.advance(0, &mut workspace) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(verdict) => break verdict.unwrap(),
        }
    };
    assert!(verdict.is_match() && left < 100);
}

/// Old hashes that share vectors still do so when they are wrapped.
#[test]
fn the_old_hash_keeps_its_company() {
    let old = hashes_of(Pbkdf2::SHA256);
    let work = verifying().verify(Secret::from("x"), &wrap(&old)).unwrap();
    assert!(matches!(work.company(), Some(Company::Pbkdf2(_))));
    let outer = Wrapped::new(ShaCrypt::default()).of(argon2());
    let stored = outer.wrap(&hashes_of(argon2())).unwrap().run().unwrap();
    let work = Hashers::new(argon2()).accept(outer).verify(Secret::from("x"), &stored).unwrap();
    assert!(matches!(work.company(), Some(Company::ShaCrypt(_))));
}

fn hashes_of(hasher: impl doorstep_password::Hasher) -> String {
    Hashers::new(hasher).encoder(&doorstep_password::Salt::default()).encode(&[7; 32])
}

/// A key around the new hash, against who has old digests from elsewhere.
#[test]
fn it_can_be_peppered() {
    let key = || Secret::from("thirty-two bytes of a secret key");
    let peppered = Peppered::new(argon2(), "k1", key()).unwrap();
    let outer = Wrapped::new(peppered).of(doorstep_password::Md5Crypt);
    let (password, old) =
        matching_rows().into_iter().find(|(_, stored)| stored.starts_with("$1$")).unwrap();
    let stored = outer.wrap(&old).unwrap().run().unwrap();
    assert!(stored.contains("$peppered$keyid=k1$argon2id$"));
    let hashers = Hashers::new(argon2()).accept(outer);
    assert_eq!(verdict(&hashers, &password, &stored), Verdict::Outdated);
    assert_eq!(verdict(&hashers, b"wrong", &stored), Verdict::Mismatch);
    let lost = Peppered::new(argon2(), "k2", key()).unwrap();
    let lost = Hashers::new(argon2()).accept(Wrapped::new(lost).of(doorstep_password::Md5Crypt));
    assert_eq!(lost.verify(Secret::new(&password), &stored).unwrap_err(), Refused::UnknownKey);
}

#[test]
fn what_cannot_be_wrapped_says_why() {
    let error = |old: &str| wrapped().wrap(old).unwrap_err();
    let refused = HashError::Refused;
    assert_eq!(error(&wrap(MD5)), refused(Refused::Unsupported("it is wrapped already")));
    assert_eq!(error("x"), refused(Refused::UnknownFormat));
    assert_eq!(error(&"$1$".repeat(1000)), refused(Refused::StoredTooLong));
    assert!(matches!(error(&MD5[..20]), HashError::Refused(Refused::Malformed(_))));
    // What could not be read afterwards is not made.
    let mut limits = Limits::default();
    limits.stored_len = 100;
    let error = wrapped().limits(limits).wrap(MD5).unwrap_err();
    assert_eq!(error, refused(Refused::StoredTooLong));
    // bcrypt would cut a digest of 64 bytes in base64.
    let bcrypt = Wrapped::new(Bcrypt::new(4).unwrap()).of(ShaCrypt::default());
    let old = Hashers::new(ShaCrypt::default()).encoder(&Default::default()).encode(&[7; 64]);
    assert_eq!(bcrypt.wrap(&old).unwrap_err(), HashError::Password(CannotHash::LongerThan(72)));
}

/// The salt may come from the host's own generator: the same salt, the same string. One that fails makes
/// none.
#[test]
fn the_salt_may_be_the_hosts() {
    let rng = || ChaCha8Rng::seed_from_u64(1);
    let made = || wrapped().wrap_with_rng(MD5, &mut rng()).unwrap().run().unwrap();
    assert_eq!(made(), made());
    assert!(verifying().inspect(&made()).is_ok());
    assert_ne!(made(), wrap(MD5));
    assert_eq!(wrapped().wrap_with_rng(MD5, &mut Empty).unwrap_err(), HashError::Entropy);
    let made = verifying().hash_with_rng(Secret::from("password"), &mut Empty);
    assert_eq!(made.unwrap_err(), HashError::Entropy);
    assert!(format!("{:?}", wrapped()).contains("Argon2"));
}

/// The blank of a wrapped hash can be shown like any other's, and is a sample for decoys.
#[test]
fn its_blank_is_a_sample_for_decoys() {
    let stored = wrap(MD5);
    let blank = wrapped().blank(&stored).unwrap();
    assert_eq!(wrapped().blank(&blank), Some(blank.clone()));
    let cost_of = |hashers: &Hashers| -> Cost {
        hashers.decoy("nobody").plan(b"x").work(|_| util::Key(b"x".to_vec())).cost()
    };
    let secret = Secret::from("sixteen bytes at least");
    let hashers = verifying().shares(secret, [(&*blank, 1.0)]).unwrap();
    let real = hashers.verify(Secret::from("x"), &stored).unwrap().cost();
    assert_eq!(cost_of(&hashers), real);
}

/// The price of what is outside counts the old digest's base64: four characters for three bytes, or
/// less, of MD5's 16 (RFC 4648 §4).
#[test]
fn the_new_hash_is_of_the_digest_in_base64() {
    let wrapped = || Wrapped::of_all(ShaCrypt::SHA256);
    let stored = wrapped().wrap(MD5).unwrap().run().unwrap();
    let all = Hashers::new(ShaCrypt::SHA256).accept(Md5Crypt).accept(wrapped());
    let new = &stored[stored.find("$5$").unwrap()..];
    let sum = all.inspect(MD5).unwrap().cost(3).units + all.inspect(new).unwrap().cost(24).units;
    assert!(all.inspect(&stored).unwrap().cost(3).units.abs_diff(sum) <= 1);
}

/// What is as long as a limit is within it.
#[test]
fn the_limit_of_the_length_is_the_last_that_is_read() {
    let within = |stored_len: usize| {
        let mut limits = Limits::default();
        limits.stored_len = stored_len;
        wrapped().limits(limits)
    };
    let stored = wrap(MD5);
    // Room is kept for a key of 64 bytes, 86 characters; Argon2's tag of 32 has 43.
    let longest = stored.len() - 43 + 86;
    assert!(within(longest).wrap(MD5).is_ok());
    assert!(within(longest - 1).wrap(MD5).is_err());
    assert!(within(MD5.len()).parse(&stored).is_ok());
    assert_eq!(within(MD5.len() - 1).parse(&stored).unwrap_err(), Refused::StoredTooLong);
}

/// People read what is wrapped in what.
#[test]
fn it_shows_both() {
    let hash = wrapped().parse(&wrap(MD5)).unwrap();
    let parameters = hash.parameters();
    let old = parameters.iter().find(|parameter| parameter.name == "old").unwrap();
    assert!(old.value.to_string().starts_with("md5_crypt"));
    assert!(format!("{:?}", wrapped()).starts_with("Wrapped"));
}
