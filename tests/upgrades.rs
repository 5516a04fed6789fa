//! New hashes after a login: in pieces, under a salt of the host's, and never at the cost of the grant
//! (DESIGN §2, "Rehash and receipts").

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::ops::ControlFlow;

use doorstep::password::{Hashers, Workspace};
use doorstep::{Authenticator, Rehash};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use util::{
    Empty, User, builder_of, cheap, hash, to_find_user, to_granted, to_rehash, to_replace,
    to_verify,
};

const ROUNDS: u32 = 500;

/// The same salt gives the same hash: whether the step makes it or what it was deferred to, and in
/// pieces of any size.
#[test]
fn an_upgrade_in_pieces_makes_what_the_step_makes() {
    let auth = authenticator();
    let new = to_replace(to_rehash_of(&auth).with_rng(&mut rng()).run()).new_hash().to_owned();
    let work = auth.hashers().verify("secret".into(), &new).unwrap();
    assert!(work.run().unwrap().is_match());
    for units in [0, 1, 7, u64::MAX] {
        let (outcome, upgrade) = to_rehash_of(&auth).defer();
        assert!(outcome.granted().is_some());
        let mut upgrade = upgrade.with_rng(&mut rng());
        let mut workspace = Workspace::new();
        let made = loop {
            match upgrade.advance(units, &mut workspace) {
                ControlFlow::Continue(rest) => upgrade = rest,
                ControlFlow::Break(made) => break made.unwrap(),
            }
        };
        assert_eq!((made.username(), made.new_hash()), ("Aladdin", &*new));
        assert_ne!(made.old(), new);
    }
}

/// "If entropy or memory fails in it, the outcome is `Granted` without an upgrade."
#[test]
fn without_entropy_there_is_a_grant_and_no_new_hash() {
    let auth = authenticator();
    let workspace = &mut Workspace::new();
    let without = || to_rehash_of(&auth).with_rng(&mut Empty);
    to_granted(without().run_in(workspace));
    let ControlFlow::Break(step) = without().advance(1, workspace) else { panic!("no entropy") };
    to_granted(step);
    let deferred = || without().defer().1;
    assert!(deferred().run_in(workspace).is_none());
    assert!(matches!(deferred().advance(1, workspace), ControlFlow::Break(None)));
    // It can be had later.
    assert!(deferred().with_rng(&mut rng()).run().is_some());
}

fn authenticator() -> Authenticator {
    builder_of(Hashers::new(cheap(ROUNDS))).build().unwrap()
}

/// A login whose hash is outdated.
#[track_caller]
fn to_rehash_of(auth: &Authenticator) -> Rehash<User> {
    let ask = to_find_user(auth.login("Aladdin", "secret".into()));
    to_rehash(to_verify(ask.found(7, &*hash(1, b"secret"))).run())
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}
