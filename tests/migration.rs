//! Tables that move: wrapped, under a key, in another spelling. Each user logs in once, and is through.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "pbkdf2")]

mod util;

use std::ops::ControlFlow;

use doorstep::password::{
    Hashers, Md5Crypt, Normalization, Peppered, Refused, Secret, Workspace, Wrapped,
};
use doorstep::{Authenticator, Cause, Step};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use util::{
    authorization, basic, cheap, hash, refusal, to_denied, to_find_user, to_granted, to_rehash,
    to_replace, to_verify,
};

/// Apache's documentation of its password formats: of "myPassword".
const APR1: &str = "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/";

fn authenticator(hashers: Hashers) -> Authenticator {
    util::builder_of(hashers).scheme(doorstep::Basic::new()).build().unwrap()
}

fn found(auth: &Authenticator, password: &str, stored: &str) -> Step<util::User> {
    let step = authorization(auth, basic(format!("Aladdin:{password}")));
    to_find_user(step).found(7, stored)
}

/// What is stored after a login with the right password.
#[track_caller]
fn renewed(auth: &Authenticator, password: &str, stored: &str) -> String {
    let step = to_rehash(to_verify(found(auth, password, stored)).run()).run();
    let ask = to_replace(step);
    assert_eq!((*ask.user(), ask.old()), (7, stored));
    let new = ask.new_hash().to_string();
    to_granted(ask.done::<()>(Ok(true)));
    // There is nothing left to renew.
    to_granted(to_verify(found(auth, password, &new)).run());
    new
}

/// The onion comes off at the first login.
#[test]
fn a_wrapped_hash_is_replaced_by_a_plain_one() {
    let wrapped = Wrapped::new(cheap(2)).of(Md5Crypt);
    let stored = wrapped.wrap(APR1).unwrap().run().unwrap();
    let auth = authenticator(Hashers::new(cheap(2)).accept(wrapped));
    let new = renewed(&auth, "myPassword", &stored);
    assert!(new.starts_with("$pbkdf2-sha256$2$"));
    let denied = to_denied(to_verify(found(&auth, "wrong", &stored)).run());
    assert_eq!(denied.cause(), Cause::Mismatch);
}

/// NIST SP 800-63B-4 §3.1.1.2: each hash has a salt of its own. Two renewals of one hash share none.
#[cfg(feature = "getrandom")]
#[test]
fn two_renewals_are_two_hashes() {
    let auth = authenticator(Hashers::new(cheap(2)));
    let stored = hash(1, b"open sesame");
    let salt = |new: String| new.split('$').nth(3).unwrap().to_string();
    let new = || salt(renewed(&auth, "open sesame", &stored));
    assert_ne!(new(), new());
}

/// DESIGN §3: work has its price before it is done, and says what is left of it.
#[test]
fn a_renewal_says_what_is_left() {
    let auth = authenticator(Hashers::new(cheap(20_000)));
    let stored = hash(1, b"open sesame");
    let rehash = || to_rehash(to_verify(found(&auth, "open sesame", &stored)).run());
    let (mut workspace, mut rng) = (Workspace::new(), ChaCha8Rng::seed_from_u64(1));
    let work = rehash().with_rng(&mut rng);
    let cost = work.cost();
    assert_eq!(work.remaining(), cost.units);
    let ControlFlow::Continue(rest) = work.advance(cost.units / 2, &mut workspace) else {
        panic!("one piece")
    };
    assert!((1..cost.units).contains(&rest.remaining()));
    // What was begun is begun anew.
    let (_, upgrade) = rest.defer();
    assert_eq!((upgrade.cost(), upgrade.remaining()), (cost, cost.units));
    let ControlFlow::Continue(rest) = upgrade.advance(cost.units / 2, &mut workspace) else {
        panic!("one piece")
    };
    assert!((1..cost.units).contains(&rest.remaining()));
    let new = rest.run_in(&mut workspace).unwrap();
    assert_eq!((new.username(), new.old()), ("Aladdin", stored.as_str()));
}

/// A new key is written by the first login after the rotation.
#[test]
fn a_key_is_rotated_by_logging_in() {
    let key = |text: &str| Secret::from(text);
    let old = Peppered::new(cheap(2), "2025", key("sixteen bytes or more")).unwrap();
    let stored = Hashers::new(old).hash("open sesame".into()).unwrap().run().unwrap();
    let new = Peppered::new(cheap(2), "2026", key("another sixteen bytes")).unwrap();
    let auth = authenticator(Hashers::new(new.also("2025", key("sixteen bytes or more")).unwrap()));
    let new = renewed(&auth, "open sesame", &stored);
    assert!(new.starts_with("$peppered$keyid=2026$pbkdf2-sha256$"));
}

/// The host learns that a key is missing; the client learns nothing, and waits as long.
#[test]
fn a_lost_key_is_a_cause_of_its_own_and_shows_to_nobody() {
    let key = Secret::from("sixteen bytes or more");
    let stored = Hashers::new(Peppered::new(cheap(2), "2025", key).unwrap());
    let stored = stored.hash("open sesame".into()).unwrap().run().unwrap();
    let other = Secret::from("another sixteen bytes");
    let auth = authenticator(Hashers::new(Peppered::new(cheap(2), "2026", other).unwrap()));
    let verify = || to_verify(found(&auth, "open sesame", &stored));
    let unknown = || {
        let step = authorization(&auth, basic("Aladdin:open sesame"));
        to_verify(to_find_user(step).not_found())
    };
    assert_eq!(verify().cost(), unknown().cost());
    let denied = to_denied(verify().run());
    assert_eq!(denied.cause(), Cause::UnusableHash(Refused::UnknownKey));
    assert_eq!(refusal(verify().run(), ""), refusal(unknown().run(), ""));
}

/// UAX 15: one user, two keyboards. The first login with the old spelling renews the hash for both.
#[test]
fn another_spelling_is_renewed_and_then_both_log_in() {
    let (parts, composed) = ("cafe\u{301}", "caf\u{e9}");
    let stored = hash(2, parts.as_bytes());
    let auth = authenticator(Hashers::new(cheap(2)).normalize(Normalization::Nfc));
    let new = renewed(&auth, parts, &stored);
    to_granted(to_verify(found(&auth, composed, &new)).run());
    assert_eq!(new.len(), stored.len());

    // An upgrade after the response hashes the same.
    let step = to_verify(found(&auth, parts, &stored)).run();
    let (_, upgrade) = to_rehash(step).defer();
    let made = upgrade.run().unwrap();
    to_granted(to_verify(found(&auth, composed, made.new_hash())).run());
}

/// DESIGN §2, the same work for everybody: a password of two spellings costs two, whoever is asked for.
#[test]
fn the_work_of_two_spellings_tells_nothing_of_the_account() {
    let auth = authenticator(Hashers::new(cheap(2)).normalize(Normalization::Nfc));
    let step = || to_find_user(authorization(&auth, basic("Aladdin:cafe\u{301}")));
    let known = to_verify(step().found(7, &*hash(2, b"x")));
    let unknown = to_verify(step().not_found());
    let corrupt = to_verify(step().found(7, "no hash"));
    assert_eq!(known.cost(), unknown.cost());
    assert_eq!(known.cost(), corrupt.cost());
    let plain = to_find_user(authorization(&auth, basic("Aladdin:cafe")));
    assert_eq!(known.cost().units, 2 * to_verify(plain.not_found()).cost().units);
}
