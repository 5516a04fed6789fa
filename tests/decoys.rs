//! The same work for everybody (DESIGN §2): an account that cannot be logged in to costs what a wrong
//! password costs, and half-migrated tables do not give unknown names away.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(
    feature = "argon2",
    feature = "bcrypt",
    feature = "getrandom",
    feature = "pbkdf2",
    feature = "sha-crypt"
))]

mod util;

use std::ops::ControlFlow;
use std::sync::Arc;

use doorstep::password::{
    Argon2, Bcrypt, Company, Cost, Hasher, Hashers, Limits, Refused, Salt, Secret, ShaCrypt,
    ShaCryptVariant, Workspace,
};
use doorstep::{Account, Authenticator, Basic, Cause, Step, Verify};

use util::anything::Anything;
use util::{
    User, authorization, basic, cheap, hash, to_denied, to_find_user, to_granted, to_verify,
};

/// What a store may say of an account that nobody may log in to.
fn unusable() -> Vec<(Option<Account>, Cause)> {
    let hash = hash(1, b"open sesame");
    let refused = |refused| Cause::UnusableHash(refused);
    vec![
        (None, Cause::UnknownUser),
        (Some(None::<String>.into()), Cause::NoPassword),
        (Some(Account::disabled()), Cause::AccountDisabled),
        (Some("".into()), refused(Refused::UnknownFormat)),
        (Some("open sesame".into()), refused(Refused::UnknownFormat)),
        (Some(hash.replace("$1$", "$4000000000$").into()), refused(TOO_MANY_ROUNDS)),
        (Some("a".repeat(1025).into()), refused(Refused::StoredTooLong)),
    ]
}

const TOO_MANY_ROUNDS: Refused = Refused::TooCostly("pbkdf2_rounds");

/// "`not_found()` and all of these lead to the same `Verify`, with the preferred hasher's work and a
/// forced verdict": in its cost, in its slices and in its end, for each hasher.
#[test]
fn whatever_the_account_is_the_work_is_the_preferred_hashers() {
    let hashers: [Arc<dyn Hasher>; 5] = [
        Arc::new(cheap(20)),
        Arc::new(Bcrypt::new(4).unwrap()),
        Arc::new(Argon2::new(64, 1, 1).unwrap()),
        // Its cost counts the password's length.
        Arc::new(ShaCrypt::new(ShaCryptVariant::Sha256, 1000).unwrap()),
        Arc::new(ShaCrypt::new(ShaCryptVariant::Sha512, 1000).unwrap()),
    ];
    for hasher in hashers {
        let hashers = Hashers::new(hasher).accept(cheap(1));
        let auth = Authenticator::builder("example", hashers).scheme(Basic::new()).build().unwrap();
        let other = auth.hashers().hash("another password".into()).unwrap().run().unwrap();
        for password in ["", "open sesame", &"p".repeat(500)] {
            let asks = || {
                [
                    auth.login("Aladdin", password.into()),
                    authorization(&auth, basic(format!("Aladdin:{password}"))),
                ]
            };
            let [by_login, by_basic] =
                asks().map(|step| in_slices(to_find_user(step).found(7, &*other)));
            assert_eq!(by_login, by_basic);
            let mismatch = by_login;
            assert_eq!(mismatch.cause, Cause::Mismatch);
            let work = auth.hashers().verify(password.into(), &other).unwrap();
            assert_eq!((mismatch.cost, mismatch.company), (work.cost(), work.company()));
            for number in 0..unusable().len() {
                for step in asks() {
                    let (account, cause) = unusable().swap_remove(number);
                    let ask = to_find_user(step);
                    let step = match account {
                        Some(account) => ask.found(7, account),
                        None => ask.not_found(),
                    };
                    assert_eq!(in_slices(step), Run { cause, ..mismatch });
                }
            }
        }
    }
}

/// What a host can see of a `Verify` that ends in a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    cost: Cost,
    company: Option<Company>,
    slices: usize,
    cause: Cause,
}

#[track_caller]
fn in_slices(step: Step<User>) -> Run {
    let mut work = to_verify(step);
    let (cost, company) = (work.cost(), work.company());
    assert_eq!(work.remaining(), cost.units);
    let mut workspace = Workspace::new();
    for slices in 1.. {
        match work.advance(1, &mut workspace) {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(step) => {
                let denied = to_denied(step);
                assert_eq!(denied.username(), Some("Aladdin"));
                return Run { cost, company, slices, cause: denied.cause() };
            }
        }
    }
    unreachable!("work that never ends")
}

/// "No hash is made at start-up for it": the hasher that counts is begun when work is run, and then
/// once, however the account is.
#[test]
fn nothing_is_hashed_before_work_is_run() {
    let hasher = Anything::new(7);
    let shares = [("anything:", 0.5)];
    let hashers = Hashers::new(hasher.clone()).shares(SECRET.into(), shares).unwrap();
    let auth = Authenticator::builder("example", hashers).receipts().build().unwrap();
    assert_eq!(hasher.begun(), 0);
    for (number, (account, _)) in unusable().into_iter().enumerate() {
        let ask = to_find_user(auth.login("Aladdin", "open sesame".into()));
        let step = match account {
            Some(account) => ask.found(7, account),
            None => ask.not_found(),
        };
        let work = to_verify(step);
        assert_eq!((hasher.begun(), work.cost().units), (number, 7));
        to_denied(work.run());
        assert_eq!(hasher.begun(), number + 1);
    }
}

/// "a dear hash's own work never begins", be the limit one of its algorithm's or one in sum.
#[test]
fn the_work_of_a_dear_hash_never_begins() {
    let dear = Anything::new(1001);
    let mut limits = Limits::default();
    limits.units = 1000;
    let hashers = Hashers::new(cheap(2)).accept(dear.clone()).limits(limits);
    let auth = Authenticator::builder("example", hashers).build().unwrap();
    let ask = || to_find_user(auth.login("Aladdin", "open sesame".into()));
    let work = to_verify(ask().found(7, "anything:"));
    assert_eq!(work.cost(), to_verify(ask().not_found()).cost());
    let denied = to_denied(work.run());
    assert_eq!(denied.cause(), Cause::UnusableHash(Refused::TooCostly("units")));
    assert_eq!(dear.begun(), 0);
}

/// The verdict is forced: the right password, and even a hash that fits every password, grant
/// nothing.
#[test]
fn a_decoy_grants_nothing() {
    let hasher = Anything::new(1);
    let auth = Authenticator::builder("example", Hashers::new(hasher.clone())).build().unwrap();
    let ask = || to_find_user(auth.login("Aladdin", "open sesame".into()));
    to_granted(to_verify(ask().found(7, "anything:")).run());
    assert_eq!(to_denied(to_verify(ask().not_found()).run()).cause(), Cause::UnknownUser);
    let disabled = to_verify(ask().found(7, Account::disabled()));
    assert_eq!(to_denied(disabled.run()).cause(), Cause::AccountDisabled);
    // Whose user is at hand: it is the verdict alone that is in the way.
    let absent = to_verify(ask().found(7, None::<String>));
    assert_eq!(to_denied(absent.run()).cause(), Cause::NoPassword);
    let unusable = to_denied(to_verify(ask().found(7, "unknown")).run());
    assert_eq!(unusable.cause(), Cause::UnusableHash(Refused::UnknownFormat));
    hasher.take_nothing();
    // It has been told to take no password, as bcrypt takes none with a NUL.
    let mismatch = to_verify(ask().found(7, "anything:"));
    assert_eq!(to_denied(mismatch.run()).cause(), Cause::Mismatch);
    assert_eq!(hasher.begun(), 6);
}

/// No text stands for the password of an account that has none, nor for that of nobody.
#[test]
fn nothing_is_the_password_of_an_account_without_one() {
    let auth =
        Authenticator::builder("example", Hashers::new(cheap(2))).receipts().build().unwrap();
    for password in ["", "null", "NULL", "None", "nil", "undefined", "*", "!", "0", " "] {
        let ask = || to_find_user(auth.login("Aladdin", password.into()));
        let absent = to_denied(to_verify(ask().found(7, None::<String>)).run());
        assert_eq!(absent.cause(), Cause::NoPassword, "{password:?}");
        assert_eq!(to_denied(to_verify(ask().not_found()).run()).cause(), Cause::UnknownUser);
        // Nor is a column that holds the text itself.
        to_denied(to_verify(ask().found(7, password)).run());
    }
}

const SECRET: &str = "from the configuration";
const BCRYPT: &str = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.7cjLvl0DBr0LJt/A65TNBwuXC/mx6ea";
/// A hash of each old format, and its share.
type Shares<'a> = &'a [(&'a str, f64)];
const NAMES: usize = 4000;

/// "An unknown name gets the decoy of an old format iff PRF(secret, name) falls below its share".
#[test]
fn shares_are_what_they_say() {
    for share in [0.0, 0.01, 0.3, 0.5, 0.9, 1.0] {
        let auth = migrating(SECRET, &[(BCRYPT, share)]);
        let old = names().filter(|name| kind(&auth, name) == Kind::Bcrypt).count();
        assert_near(old, share);
    }
    let auth = migrating(SECRET, &[(BCRYPT, 0.3), ("anything:", 0.2)]);
    let kinds: Vec<Kind> = names().map(|name| kind(&auth, &name)).collect();
    for (expected, share) in [(Kind::Bcrypt, 0.3), (Kind::Anything, 0.2), (Kind::New, 0.5)] {
        assert_near(kinds.iter().filter(|kind| **kind == expected).count(), share);
    }
    // Nobody is new where all are old.
    let auth = migrating(SECRET, &[(BCRYPT, 0.6), ("anything:", 0.4)]);
    assert!(names().all(|name| kind(&auth, &name) != Kind::New));
}

/// Within five standard deviations. Nothing is drawn at random here: it holds or it does not.
#[track_caller]
fn assert_near(count: usize, share: f64) {
    let expected = NAMES as f64 * share;
    let deviation = (expected * (1.0 - share)).sqrt();
    println!("{count} of {NAMES} names for a share of {share}");
    assert!((count as f64 - expected).abs() <= 5.0 * deviation, "{count} of {NAMES} for {share}");
}

/// "The secret is the host's, the same on all replicas and across restarts, or one name would change
/// its speed".
#[test]
fn a_name_keeps_its_speed() {
    let shares = [(BCRYPT, 0.5)];
    let (one, replica) = (migrating(SECRET, &shares), migrating(SECRET, &shares));
    let stranger = migrating("another configuration", &shares);
    let differ = |a, b| names().filter(|name| kind(a, name) != kind(b, name)).count();
    assert_eq!(differ(&one, &replica), 0);
    assert_near(differ(&one, &stranger), 0.5);
    // By whatever way the name comes, whatever the password, and whatever is wrong with the account.
    for name in names().take(50) {
        let expected = kind(&one, &name);
        for password in ["", "open sesame"] {
            let step = authorization(&one, basic(format!("{name}:{password}")));
            assert_eq!(kind_of(&one, &to_verify(to_find_user(step).not_found())), expected);
        }
        for (account, cause) in unusable() {
            let Some(account) = account else { continue };
            let ask = to_find_user(one.login(&name, "open sesame".into()));
            assert_eq!(kind_of(&one, &to_verify(ask.found(7, account))), expected, "{cause}");
        }
    }
}

/// Whoever has a hash is verified with that, whatever the shares say of the name.
#[test]
fn shares_are_for_names_without_a_hash() {
    let auth = migrating(SECRET, &[(BCRYPT, 0.5)]);
    for name in names().take(50) {
        let found = |stored: &str| {
            to_verify(to_find_user(auth.login(&name, "open sesame".into())).found(7, stored))
        };
        assert_eq!(kind_of(&auth, &found(BCRYPT)), Kind::Bcrypt);
        assert_eq!(kind_of(&auth, &found("anything:")), Kind::Anything);
        let new = hash(2000, b"open sesame");
        assert_eq!(kind_of(&auth, &found(&new)), Kind::New);
        to_granted(found(&new).run());
    }
}

/// "A falling share only moves names from old to new": of one format, and of the first or the last of
/// several.
#[test]
fn a_falling_share_only_moves_names_from_old_to_new() {
    let falls: [(Shares<'_>, Shares<'_>, Kind); 4] = [
        (&[(BCRYPT, 0.5)], &[(BCRYPT, 0.2)], Kind::Bcrypt),
        (&[(BCRYPT, 0.2)], &[(BCRYPT, 0.0)], Kind::Bcrypt),
        (&[(BCRYPT, 0.4), ("anything:", 0.4)], &[(BCRYPT, 0.1), ("anything:", 0.4)], Kind::Bcrypt),
        (
            &[(BCRYPT, 0.4), ("anything:", 0.4)],
            &[(BCRYPT, 0.4), ("anything:", 0.1)],
            Kind::Anything,
        ),
    ];
    for (before, after, falling) in falls {
        let (before, after) = (migrating(SECRET, before), migrating(SECRET, after));
        let mut moved = 0;
        for name in names() {
            match (kind(&before, &name), kind(&after, &name)) {
                (was, is) if was == is => {}
                (was, Kind::New) if was == falling => moved += 1,
                (was, is) => panic!("{name} went from {was:?} to {is:?}"),
            }
        }
        assert!(moved > NAMES / 10, "{moved} names moved");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    New,
    Bcrypt,
    Anything,
}

fn names() -> impl Iterator<Item = String> {
    (0..NAMES).map(|number| format!("user{number}"))
}

/// Prefers PBKDF2 with 2000 rounds.
fn hashers() -> Hashers {
    Hashers::new(cheap(2000)).accept(Bcrypt::new(4).unwrap()).accept(Anything::new(7))
}

fn migrating(secret: &str, shares: Shares<'_>) -> Authenticator {
    let hashers = hashers().shares(Secret::from(secret), shares.iter().copied()).unwrap();
    Authenticator::builder("example", hashers).scheme(Basic::new()).build().unwrap()
}

/// Whose work an unknown name gets.
fn kind(auth: &Authenticator, name: &str) -> Kind {
    let ask = to_find_user(auth.login(name, "open sesame".into()));
    kind_of(auth, &to_verify(ask.not_found()))
}

/// Told by the price.
#[track_caller]
fn kind_of(auth: &Authenticator, work: &Verify<User>) -> Kind {
    let hashers = auth.hashers();
    let old = |stored: &str| hashers.inspect(stored).unwrap().cost(0);
    let new = hashers.encoder(&Salt::default()).derivation().cost(0);
    let prices =
        [(old(BCRYPT), Kind::Bcrypt), (old("anything:"), Kind::Anything), (new, Kind::New)];
    let mut fits = prices.into_iter().filter(|(price, _)| *price == work.cost());
    let (Some((_, kind)), None) = (fits.next(), fits.next()) else { panic!("{:?}", work.cost()) };
    kind
}
