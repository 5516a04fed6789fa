//! Receipts: for whom hashing may be skipped, and for whom never. The cases are those of the
//! paragraph on receipts in DESIGN §2.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "bcrypt", feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::ops::ControlFlow;

use doorstep::password::{Bcrypt, Hasher, Hashers, Secret, Workspace};
use doorstep::{
    Account, Authenticator, Basic, Bearer, Cause, InvalidConfig, Receipt, Scopes, Step, TokenRecord,
};

use util::anything::Anything;
use util::{
    NOW, User, authorization, basic, builder, cheap, hash, to_denied, to_find_token, to_find_user,
    to_granted, to_rehash, to_replace, to_verify,
};

#[test]
fn there_are_none_unless_they_were_asked_for() {
    let auth = builder().scheme(Basic::new()).build().unwrap();
    let stored = hash(2, b"open sesame");
    let granted = to_granted(found_and_run(&auth, "Aladdin", "open sesame", &stored));
    assert_eq!(granted.receipt(), None);
    assert!(!auth.makes_receipts());
    // And none of another authenticator's is taken.
    let other = keyed(1, cheap(2));
    assert!(other.makes_receipts());
    let receipt = receipt(&other, "Aladdin", "open sesame", &stored);
    assert!(!recalls(&auth, "Aladdin", "open sesame", &stored, &receipt));
}

#[test]
fn the_same_again_is_not_hashed() {
    let hasher = Anything::new(10);
    let auth = keyed(1, hasher.clone());
    let receipt = receipt(&auth, "Aladdin", "open sesame", "anything:");
    assert_eq!(hasher.begun(), 1);
    for step in [
        auth.login("Aladdin", "open sesame".into()),
        authorization(&auth, basic("Aladdin:open sesame")),
    ] {
        let scopes = Scopes::parse("read").unwrap();
        let account = Account::from("anything:").with_scopes(scopes.clone());
        let work = to_verify(to_find_user(step).found(7, account));
        let ControlFlow::Break(step) = work.recall(&receipt) else { panic!("not recalled") };
        let granted = to_granted(step);
        assert_eq!((granted.user(), granted.username()), (&7, Some("Aladdin")));
        assert_eq!(granted.scopes(), &scopes);
        // It is good for the request after the next, too.
        assert_eq!(granted.receipt(), Some(&receipt));
    }
    assert_eq!(hasher.begun(), 1);
}

#[test]
fn another_user_id_password_or_hash_is_hashed() {
    let auth = keyed(1, cheap(2));
    let (stored, other) = (hash(2, b"open sesame"), hash(2, b"open sesame"));
    assert_ne!(stored, other);
    let receipt = receipt(&auth, "Aladdin", "open sesame", &stored);
    assert!(recalls(&auth, "Aladdin", "open sesame", &stored, &receipt));
    for (user, password, stored) in [
        ("aladdin", "open sesame", &*stored),
        ("Aladdin ", "open sesame", &stored),
        ("", "open sesame", &stored),
        ("Aladdin", "open sesame ", &stored),
        ("Aladdin", "Open sesame", &stored),
        ("Aladdin", "", &stored),
        // The same password after it was set anew.
        ("Aladdin", "open sesame", &other),
        ("Aladdin", "open sesame", ""),
    ] {
        assert!(!recalls(&auth, user, password, stored, &receipt), "{user:?} {password:?}");
    }
}

/// A receipt that is not taken changes nothing: the work is there, and its verdict counts.
#[test]
fn work_goes_on_after_a_receipt_that_does_not_fit() {
    let auth = keyed(1, cheap(2));
    let stored = hash(2, b"open sesame");
    let receipt = receipt(&auth, "Aladdin", "open sesame", &stored);
    let work = to_verify(found(&auth, "Aladdin", "wrong", &stored));
    let cost = work.cost();
    let ControlFlow::Continue(work) = work.recall(&receipt) else { panic!("recalled") };
    assert_eq!((work.cost(), work.remaining()), (cost, cost.units));
    assert_eq!(to_denied(work.run()).cause(), Cause::Mismatch);
    let other = keyed(2, cheap(2));
    let work = to_verify(found(&other, "Aladdin", "open sesame", &stored));
    let ControlFlow::Continue(work) = work.recall(&receipt) else { panic!("recalled") };
    to_granted(work.run());
}

/// Each length stands before its field: moving a byte over a border makes another message.
#[test]
fn fields_do_not_run_into_each_other() {
    let auth = keyed(1, Anything::new(1));
    let triples = [
        ("ab", "c", "anything:x"),
        ("a", "bc", "anything:x"),
        ("abc", "", "anything:x"),
        ("", "abc", "anything:x"),
        ("ab", "canything:", "anything:x"),
        ("ab", "c", "anything:anything:x"),
        ("ab", "c", "anything:"),
    ];
    let receipts = triples.map(|(user, password, stored)| receipt(&auth, user, password, stored));
    for (number, (user, password, stored)) in triples.into_iter().enumerate() {
        for (other, receipt) in receipts.iter().enumerate() {
            let is_same = number == other;
            assert_eq!(*receipt == receipts[number], is_same, "{number} {other}");
            assert_eq!(recalls(&auth, user, password, stored, receipt), is_same);
        }
    }
}

#[test]
fn another_authenticators_receipt_is_worthless() {
    let stored = hash(2, b"open sesame");
    let takes = |to: &Authenticator, from: &Authenticator| {
        let receipt = receipt(from, "Aladdin", "open sesame", &stored);
        recalls(to, "Aladdin", "open sesame", &stored, &receipt)
    };
    // Random keys, as after a restart.
    let [one, other] = [(); 2].map(|()| builder().receipts().build().unwrap());
    assert!(takes(&one, &one) && takes(&other, &other));
    assert!(!takes(&one, &other) && !takes(&other, &one));
    // Keys of the host's: the same on two servers, or not.
    let keys = [keyed(1, cheap(2)), keyed(1, cheap(2)), keyed(2, cheap(2))];
    assert!(takes(&keys[0], &keys[1]));
    assert!(!takes(&keys[0], &keys[2]));
    // A clone is the same authenticator.
    assert!(takes(&one.clone(), &one));
}

/// RFC 2104 §3: a key shorter than the output is discouraged.
#[test]
fn a_short_key_is_refused() {
    for len in [0, 31] {
        let auth = builder().receipts_with_key(Secret::from(vec![1; len]));
        assert_eq!(auth.build().unwrap_err(), InvalidConfig::ReceiptKey);
    }
    assert!(builder().receipts_with_key(Secret::from(vec![1; 33])).build().is_ok());
}

/// "`recall` obeys a forced verdict": here the password's format stops to take it, and the receipt
/// would fit.
#[test]
fn a_forced_verdict_is_never_recalled() {
    let hasher = Anything::new(1);
    let auth = keyed(1, hasher.clone());
    let receipt = receipt(&auth, "Aladdin", "open sesame", "anything:");
    assert!(recalls(&auth, "Aladdin", "open sesame", "anything:", &receipt));
    let disabled = || auth.login("Aladdin", "open sesame".into());
    for step in [
        to_find_user(disabled()).not_found(),
        to_find_user(disabled()).found(7, Account::disabled()),
        to_find_user(disabled()).found(7, None::<String>),
        to_find_user(disabled()).found(7, "unknown"),
    ] {
        let ControlFlow::Continue(work) = to_verify(step).recall(&receipt) else { panic!() };
        to_denied(work.run());
    }
    hasher.take_nothing();
    assert!(!recalls(&auth, "Aladdin", "open sesame", "anything:", &receipt));
    to_denied(found_and_run(&auth, "Aladdin", "open sesame", "anything:"));
}

/// "… and never offers a `Rehash`": an outdated hash is verified, so that it can be replaced. The
/// receipt fits, since both authenticators have one key.
#[test]
fn an_outdated_hash_is_never_recalled() {
    let (weaker, stronger) = (keyed(1, cheap(2)), keyed(1, cheap(3)));
    let stored = hash(2, b"open sesame");
    let receipt = receipt(&weaker, "Aladdin", "open sesame", &stored);
    assert!(recalls(&weaker, "Aladdin", "open sesame", &stored, &receipt));
    let work = to_verify(found(&stronger, "Aladdin", "open sesame", &stored));
    let ControlFlow::Continue(work) = work.recall(&receipt) else { panic!("recalled") };
    drop(to_rehash(work.run()));
}

/// "after `Replace` answered `Ok(true)` the receipt is for the new hash, after anything else about an
/// outdated hash there is none".
#[test]
fn after_a_replacement_the_receipt_is_for_the_new_hash() {
    let auth = keyed(1, cheap(3));
    let old = hash(2, b"open sesame");
    let rehash = || to_rehash(found_and_run(&auth, "Aladdin", "open sesame", &old));
    let replace = || to_replace(rehash().run());

    let ask = replace();
    let new = ask.new_hash().to_owned();
    let granted = to_granted(ask.done(Ok::<_, ()>(true)));
    let receipt = *granted.receipt().unwrap();
    assert!(recalls(&auth, "Aladdin", "open sesame", &new, &receipt));
    assert!(!recalls(&auth, "Aladdin", "open sesame", &old, &receipt));
    let again = to_granted(found_and_run(&auth, "Aladdin", "open sesame", &new));
    assert_eq!(again.receipt(), Some(&receipt));
    // In slices it is the same.
    let mut work = rehash();
    let mut workspace = Workspace::new();
    let ask = loop {
        match work.advance(0, &mut workspace) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(step) => break to_replace(step),
        }
    };
    let new = ask.new_hash().to_owned();
    let granted = to_granted(ask.done(Ok::<_, ()>(true)));
    assert!(recalls(&auth, "Aladdin", "open sesame", &new, granted.receipt().unwrap()));

    // Another password's hash may be there by now, or the old one.
    assert_eq!(to_granted(replace().done(Ok::<_, ()>(false))).receipt(), None);
    assert_eq!(to_granted(replace().done(Err("down"))).receipt(), None);
    assert_eq!(to_granted(rehash().skip()).receipt(), None);
    let (outcome, upgrade) = rehash().defer();
    assert_eq!(outcome.granted().unwrap().receipt(), None);
    drop(upgrade);
}

/// bcrypt would cut a password of 73 bytes, so that there is no `Rehash` and the hash stays outdated.
#[test]
fn an_outdated_hash_that_stays_has_no_receipt() {
    let hashers = Hashers::new(Bcrypt::new(4).unwrap()).accept(cheap(2));
    let auth = Authenticator::builder("example", hashers).receipts().build().unwrap();
    let long = "p".repeat(73);
    let stored = hash(2, long.as_bytes());
    let granted = to_granted(found_and_run(&auth, "Aladdin", &long, &stored));
    assert_eq!(granted.receipt(), None);
}

/// A token costs no work that could be skipped.
#[test]
fn tokens_have_no_receipts() {
    let auth = builder().scheme(Bearer::new()).receipts().build().unwrap();
    let ask = to_find_token(authorization(&auth, "Bearer abc"));
    let record = TokenRecord::new(*ask.digest());
    assert_eq!(to_granted(ask.found(7, record, NOW)).receipt(), None);
}

/// Makes receipts under a key of the host's.
fn keyed(key: u8, hasher: impl Hasher) -> Authenticator {
    Authenticator::builder("example", Hashers::new(hasher))
        .scheme(Basic::new())
        .receipts_with_key(Secret::from(vec![key; 32]))
        .build()
        .unwrap()
}

fn found(auth: &Authenticator, user: &str, password: &str, stored: &str) -> Step<User> {
    to_find_user(auth.login(user, password.into())).found(7, stored)
}

fn found_and_run(auth: &Authenticator, user: &str, password: &str, stored: &str) -> Step<User> {
    to_verify(found(auth, user, password, stored)).run()
}

#[track_caller]
fn receipt(auth: &Authenticator, user: &str, password: &str, stored: &str) -> Receipt {
    *to_granted(found_and_run(auth, user, password, stored)).receipt().unwrap()
}

/// Whether `receipt` lets this login skip the hashing.
fn recalls(
    auth: &Authenticator,
    user: &str,
    password: &str,
    stored: &str,
    receipt: &Receipt,
) -> bool {
    to_verify(found(auth, user, password, stored)).recall(receipt).is_break()
}
