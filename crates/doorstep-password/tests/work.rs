//! Work as a value, and what decides about it: prices, pieces, batches, outdated hashes, names,
//! decoys, shares; and what no `Debug` shows. DESIGN §2 and §3.

#![allow(clippy::unwrap_used, missing_docs)]
// They compare the algorithms with one another; what one feature alone needs is checked by building.
#![cfg(all(
    feature = "argon2",
    feature = "bcrypt",
    feature = "getrandom",
    feature = "pbkdf2",
    feature = "sha-crypt"
))]

mod util;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::mem::discriminant;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use doorstep_password::{
    Algorithm, Argon2, Argon2Params, Argon2Variant, Argon2Version, Bcrypt, BcryptParams,
    CannotHash, Check, Company, Cost, Decoy, Derivation, Encoder, Format, Goal, HashError, Hasher,
    Hashers, InvalidParameters, InvalidShares, Kdf, Limits, Making, Malformed, MalformedKind,
    OutOfMemory, Parameter, Pbkdf2, Pbkdf2Params, Plan, Prf, Refused, Salt, Secret, ShaCrypt,
    ShaCryptParams, ShaCryptVariant, Slices, StoredHash, UnknownName, Verdict, Verifying, Work,
    Workspace, by_name, hashers, names,
};

use util::{Key, everything, key_work, pbkdf2, sha_crypt};

const BCRYPT_10: &str = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

/// All may go to another thread and stay there.
#[test]
fn auto_traits() {
    fn all<T: ?Sized + Send + Sync + 'static>() {}
    all::<Algorithm>();
    all::<Argon2>();
    all::<Argon2Params>();
    all::<Argon2Variant>();
    all::<Argon2Version>();
    all::<Bcrypt>();
    all::<BcryptParams>();
    all::<CannotHash>();
    all::<Check>();
    all::<Company>();
    all::<Cost>();
    all::<Decoy<'static>>();
    all::<Derivation>();
    all::<Encoder>();
    all::<dyn Format>();
    all::<HashError>();
    all::<dyn Hasher>();
    all::<Hashers>();
    all::<InvalidParameters>();
    all::<InvalidShares>();
    all::<dyn Kdf>();
    all::<Limits>();
    all::<Making>();
    all::<Malformed>();
    all::<MalformedKind>();
    all::<OutOfMemory>();
    all::<Parameter>();
    all::<Pbkdf2>();
    all::<Pbkdf2Params>();
    all::<Plan>();
    all::<Prf>();
    all::<Refused>();
    all::<Salt>();
    all::<Secret>();
    all::<ShaCrypt>();
    all::<ShaCryptParams>();
    all::<ShaCryptVariant>();
    fn slices<T: ?Sized + Send + Sync>() {}
    slices::<dyn Slices>();
    all::<StoredHash>();
    all::<UnknownName>();
    all::<Verdict>();
    all::<Verifying>();
    all::<Work<Verifying>>();
    all::<Work<Making>>();
    all::<Workspace>();
}

/// `Work<T>` is `Send` exactly when `T` is; a goal that stays on its thread is fine.
#[test]
fn work_is_send_when_its_goal_is() {
    fn is_send<T: Send>() {}
    is_send::<Work<Box<u8>>>();

    // With two candidates, `_` would be ambiguous: this compiles only for what is not `Send`.
    trait NotSend<A> {
        fn holds() {}
    }
    impl<T: ?Sized> NotSend<()> for T {}
    struct IsSend;
    impl<T: ?Sized + Send> NotSend<IsSend> for T {}
    <Work<Rc<u8>> as NotSend<_>>::holds();

    struct Local(Rc<Vec<u8>>);
    impl Goal for Local {
        type Output = Rc<Vec<u8>>;
        fn password(&self) -> &[u8] {
            &self.0
        }
        fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
            assert_eq!(key.unwrap().len(), 32);
            self.0
        }
    }
    let password = Rc::new(b"password".to_vec());
    let derivation = Derivation::new(pbkdf2(Prf::Sha256, 10, 32), b"salt");
    assert!(Rc::ptr_eq(&Work::new(derivation, Local(password.clone())).run(), &password));
}

/// One work of each algorithm, with its smallest piece in units, rounded up.
fn works() -> Vec<(Work<Key>, u64)> {
    let password = b"correct horse battery staple";
    let argon2 = Argon2Params::new(256, 2, 1, 32).unwrap();
    let long = [b'x'; 500];
    vec![
        (key_work(Algorithm::Argon2(argon2), &[1; 16], password), 103),
        (key_work(Algorithm::Bcrypt(BcryptParams::new(4).unwrap()), &[1; 16], password), 46),
        (key_work(pbkdf2(Prf::Sha1, 2000, 20), &[1; 16], password), 1),
        (key_work(pbkdf2(Prf::Sha256, 2000, 80), &[1; 16], password), 1),
        (key_work(pbkdf2(Prf::Sha512, 2000, 64), &[1; 16], password), 1),
        (key_work(sha_crypt(ShaCryptVariant::Sha256, 2000), &[b's'; 16], password), 1),
        (key_work(sha_crypt(ShaCryptVariant::Sha512, 2000), &[b's'; 16], password), 1),
        (key_work(sha_crypt(ShaCryptVariant::Sha512, 1000), &[b's'; 16], &long), 2),
        (key_work(sha_crypt(ShaCryptVariant::Sha256, 1000), &[b's'; 16], b""), 1),
    ]
}

/// DESIGN §3: `remaining()` feeds a progress bar.
#[test]
fn what_remains_falls_from_the_cost_to_the_end() {
    for units in [0, 1, 10, 100] {
        for (mut work, smallest) in works() {
            let what = format!("{work:?} by {units}");
            let cost = work.cost();
            let mut left = work.remaining();
            assert_eq!(left, cost.units, "{what}");
            let mut workspace = Workspace::default();
            let mut pieces = 1;
            while let ControlFlow::Continue(rest) = work.advance(units, &mut workspace) {
                let now = rest.remaining();
                assert!(now <= left, "{what}: {now} after {left}");
                assert!(now > 0, "{what}: nothing left, and not ended");
                // A piece is bounded: by what was asked for, or else by the smallest. The first has
                // the set-up too, which is also the first round of PBKDF2.
                assert!(left - now <= units.max(smallest) + smallest + 1, "{what}: {left} {now}");
                assert_eq!(rest.cost(), cost, "{what}: a price that changes");
                left = now;
                work = rest;
                pieces += 1;
            }
            // Nor is anything big left for the last piece.
            assert!(left <= units.max(smallest) + smallest + 1, "{what}: {left} at the end");
            // Each piece makes progress: one round at least.
            assert!(pieces <= 3 * 2000 + 1000, "{what}: {pieces} pieces");
            if smallest < 100 {
                assert!(pieces as u64 + 1 >= cost.units / units.max(smallest).max(1) / 2, "{what}");
            }
        }
    }
}

/// Also of what the crates compute, who know no pieces of Argon2.
#[test]
fn what_remains_never_grows_in_any_workspace() {
    for mut workspace in Workspace::all() {
        for (mut work, _) in works() {
            let what = format!("{work:?} in {workspace:?}");
            let mut left = work.remaining();
            while let ControlFlow::Continue(rest) = work.advance(100, &mut workspace) {
                assert!(rest.remaining() < left, "{what}: {} after {left}", rest.remaining());
                left = rest.remaining();
                work = rest;
            }
        }
    }
}

#[test]
fn the_smallest_piece_always_makes_progress() {
    for (work, _) in works() {
        // Every one of them ends: a piece that did nothing would loop for ever here.
        let what = format!("{work:?}");
        assert!(!util::in_pieces(work, || 0, &mut [Workspace::new()]).is_empty(), "{what}");
    }
}

#[test]
fn work_may_be_dropped_or_abandoned_between_two_pieces() {
    for pieces in 0..20 {
        for (work, _) in works() {
            let mut workspace = Workspace::new();
            let mut work = Some(work);
            for _ in 0..pieces {
                work = work.and_then(|work| work.advance(0, &mut workspace).continue_value());
            }
            match work {
                Some(work) if pieces % 2 == 0 => assert!(work.abandon().0.len() <= 500),
                dropped => drop(dropped),
            }
            // The workspace is as good as new.
            let (again, _) = works().swap_remove(0);
            let (fresh, _) = works().swap_remove(0);
            assert_eq!(again.run_in(&mut workspace), fresh.run());
        }
    }
}

/// A thread for each piece: begun work owns its state.
#[test]
fn pieces_may_run_on_different_threads() {
    for (work, _) in works() {
        let expected = clone_of(&work).run();
        let mut work = work;
        let key = loop {
            let piece = std::thread::spawn(move || work.advance(300, &mut Workspace::new()));
            match piece.join().unwrap() {
                ControlFlow::Continue(rest) => work = rest,
                ControlFlow::Break(key) => break key,
            }
        };
        assert_eq!(key, expected);
    }
}

/// The same work again, from its `Debug` and its goal.
fn clone_of(work: &Work<Key>) -> Work<Key> {
    let same = |other: &Work<Key>| {
        format!("{other:?}") == format!("{work:?}") && other.goal().0 == work.goal().0
    };
    works().into_iter().map(|(work, _)| work).find(same).unwrap()
}

/// DESIGN §3: the results come back in the batch's order.
#[test]
fn batches_keep_their_order() {
    let alone: Vec<_> = works().into_iter().map(|(work, _)| work.run()).collect();
    assert_eq!(alone.iter().collect::<BTreeSet<_>>().len(), alone.len(), "keys that differ");
    for rotation in 0..alone.len() {
        let mut batch: Vec<_> = works().into_iter().map(|(work, _)| work).collect();
        let mut expected = alone.clone();
        batch.rotate_left(rotation);
        expected.rotate_left(rotation);
        assert_eq!(Work::run_together(batch, &mut Workspace::new()), expected);
    }
    // Some of them begun.
    let mut workspace = Workspace::new();
    let mut batch = Vec::new();
    let mut expected = Vec::new();
    for ((work, _), key) in works().into_iter().zip(&alone) {
        if let ControlFlow::Continue(rest) = work.advance(50, &mut workspace) {
            batch.push(rest);
            expected.push(key.clone());
        }
    }
    assert!(batch.len() > 5);
    assert_eq!(Work::run_together(batch, &mut workspace), expected);
}

#[track_caller]
fn outdated(preferred: impl Hasher, stored: &str) -> bool {
    let hashers = Hashers::new(preferred)
        .accept(Argon2::default())
        .accept(Bcrypt::default())
        .accept(Pbkdf2::default())
        .accept(ShaCrypt::default());
    hashers.needs_update(stored).unwrap()
}

/// DESIGN §3: another algorithm or weaker parameters; a stronger hash is not outdated.
#[test]
fn what_needs_an_update() {
    // m, t, p of the preferred one, then of the stored one.
    for (ours, theirs, expected) in [
        ((1024, 2, 1), (1024, 2, 1), false),
        ((1024, 2, 1), (1025, 2, 1), false),
        ((1024, 2, 1), (1024, 3, 1), false),
        ((1024, 2, 1), (2048, 1, 1), false),
        ((1024, 2, 1), (1023, 2, 1), true),
        ((1024, 2, 1), (1024, 1, 1), true),
        // Less memory is weaker, however many passes.
        ((1024, 2, 1), (1023, 16, 1), true),
        // m·t is lower.
        ((1024, 3, 1), (1500, 2, 1), true),
        // p never counts.
        ((1024, 2, 4), (1024, 2, 1), false),
        ((1024, 2, 1), (1024, 2, 4), false),
    ] {
        let (m, t, p) = theirs;
        let stored = format!("$argon2id$v=19$m={m},t={t},p={p}$c29tZXNhbHQ${}", "A".repeat(43));
        let preferred = Argon2::new(ours.0, ours.1, ours.2).unwrap();
        assert_eq!(outdated(preferred, &stored), expected, "{ours:?} {theirs:?}");
        // Another variant or version, however strong.
        for other in [
            stored.replacen("argon2id", "argon2i", 1),
            stored.replacen("argon2id", "argon2d", 1),
            stored.replacen("v=19", "v=16", 1),
            stored.replacen("$v=19", "", 1),
        ] {
            assert!(outdated(preferred, &other), "{other}");
        }
        // A tag of less than 128 bits is weaker, too.
        let cut = |chars| stored.replacen(&"A".repeat(43), &"A".repeat(chars), 1);
        assert_eq!(outdated(preferred, &cut(22)), expected);
        assert!(outdated(preferred, &cut(20)));
        assert!(outdated(Bcrypt::new(4).unwrap(), &stored));
    }
    for (cost, expected) in [(9, false), (10, false), (11, true)] {
        assert_eq!(outdated(Bcrypt::new(cost).unwrap(), BCRYPT_10), expected);
        let other_prefix = BCRYPT_10.replacen("$2b$", "$2a$", 1);
        assert_eq!(outdated(Bcrypt::new(cost).unwrap(), &other_prefix), expected);
    }
    assert!(outdated(Argon2::new(8, 1, 1).unwrap(), BCRYPT_10));
    for rounds in [999u32, 1000, 1001] {
        let stored = format!("$pbkdf2-sha256$1000$c29tZXNhbHQ${}", "A".repeat(43));
        let phc = format!("$pbkdf2-sha256$i=1000,l=32$c29tZXNhbHQ${}", "A".repeat(43));
        let short = format!("$pbkdf2-sha256$i=1000,l=16$c29tZXNhbHQ${}", "A".repeat(22));
        let same = Pbkdf2::new(Prf::Sha256, rounds).unwrap();
        assert_eq!(outdated(same, &stored), rounds > 1000, "{rounds}");
        assert_eq!(outdated(same, &phc), rounds > 1000, "{rounds}");
        assert!(outdated(same, &short));
        for prf in [Prf::Sha1, Prf::Sha512] {
            assert!(outdated(Pbkdf2::new(prf, 1).unwrap(), &stored));
        }
        assert!(outdated(ShaCrypt::new(ShaCryptVariant::Sha256, 1000).unwrap(), &stored));
    }
    for rounds in [4999, 5000, 5001] {
        let stored = format!("$6$salt${}", ".".repeat(86));
        let same = ShaCrypt::new(ShaCryptVariant::Sha512, rounds).unwrap();
        let other = ShaCrypt::new(ShaCryptVariant::Sha256, rounds).unwrap();
        assert_eq!(outdated(same, &stored), rounds > 5000, "{rounds}");
        assert!(outdated(other, &stored));
    }
}

/// `Hasher::is_outdated`: "whether a hash is of another algorithm", whatever name it goes by.
#[test]
fn a_hash_of_another_algorithm_is_outdated() {
    let new = |hasher: &dyn Hasher| hasher.derivation(&vec![0; hasher.salt_len()]);
    for (hasher, other) in
        hashers().flat_map(|one| hashers().map(move |other| (one.clone(), other)))
    {
        let stored = StoredHash::new("the same", new(&*other), &[1; 32]);
        let algorithms = [&hasher, &other].map(|it| discriminant(new(&**it).algorithm()));
        if algorithms[0] != algorithms[1] {
            assert!(hasher.is_outdated(&stored), "{stored:?} for {hasher:?}");
        }
    }
}

/// Each hasher's own hashes match and are not outdated; all others say so.
#[test]
fn the_first_writes_and_all_verify() {
    let cheap = || -> [Hashers; 4] {
        [
            Hashers::new(Argon2::new(64, 1, 1).unwrap()),
            Hashers::new(Bcrypt::new(4).unwrap()),
            Hashers::new(Pbkdf2::new(Prf::Sha512, 10).unwrap()),
            Hashers::new(ShaCrypt::new(ShaCryptVariant::Sha256, 1000).unwrap()),
        ]
        .map(|hashers| {
            hashers
                .accept(Argon2::default())
                .accept(Bcrypt::default())
                .accept(Pbkdf2::default())
                .accept(ShaCrypt::default())
        })
    };
    for (writer, by) in cheap().iter().enumerate() {
        let stored = by.hash(Secret::from("correct horse")).unwrap().run().unwrap();
        let again = by.hash(Secret::from("correct horse")).unwrap().run().unwrap();
        assert_ne!(stored, again, "a salt of its own");
        for (reader, hashers) in cheap().iter().enumerate() {
            let right = util::verdict(hashers, b"correct horse", &stored);
            assert_eq!(right == Verdict::Match, reader == writer, "{stored}");
            assert!(right.is_match());
            assert_eq!(util::verdict(hashers, b"wrong horse", &stored), Verdict::Mismatch);
        }
    }
}

/// Issue 3, section 1: passlib's names for these algorithms, and an error that lists them.
#[test]
fn by_name_knows_passlibs_names() {
    let known = [
        "argon2",
        "bcrypt",
        "pbkdf2_sha1",
        "pbkdf2_sha256",
        "pbkdf2_sha512",
        "sha256_crypt",
        "sha512_crypt",
    ];
    assert_eq!(names().collect::<BTreeSet<_>>(), BTreeSet::from(known));
    assert_eq!((names().count(), hashers().count()), (known.len(), known.len()));
    for name in known {
        let hasher = by_name(name).unwrap();
        let key_len = match name {
            "bcrypt" => 23,
            "argon2" | "pbkdf2_sha256" | "sha256_crypt" => 32,
            "pbkdf2_sha1" => 20,
            _ => 64,
        };
        let derivation = hasher.derivation(&vec![1; hasher.salt_len()]);
        let stored = hasher.encode(&derivation, &vec![1; key_len]);
        assert_eq!(everything().inspect(&stored).unwrap().name(), name, "{stored}");
        assert!(!Hashers::new(hasher).needs_update(&stored).unwrap(), "{name}");
    }
    for unknown in ["", "Argon2", "argon2id", "sha512-crypt", "md5_crypt", "bcrypt ", "pbkdf2"] {
        let message = by_name(unknown).unwrap_err().to_string();
        for name in known {
            assert!(message.split(' ').any(|word| word == name), "{name} in {message:?}");
        }
    }
}

/// A goal of the host's own, that keeps the check.
struct Checking {
    password: Vec<u8>,
    check: Check,
}

impl Goal for Checking {
    type Output = (Verdict, Vec<u8>);

    fn password(&self) -> &[u8] {
        &self.password
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Self::Output {
        let key = key.unwrap();
        (self.check.verdict(key), key.to_vec())
    }
}

#[track_caller]
fn checking(plan: Plan, password: &str) -> Work<Checking> {
    plan.work(|check| Checking { password: password.into(), check })
}

/// DESIGN §2: the same work for everybody, with a forced verdict at its end.
#[test]
fn a_decoy_costs_the_same_and_never_matches() {
    for hashers in [
        Hashers::new(Argon2::new(64, 2, 1).unwrap()),
        Hashers::new(Bcrypt::new(4).unwrap()),
        Hashers::new(Pbkdf2::new(Prf::Sha256, 100).unwrap()),
        Hashers::new(ShaCrypt::new(ShaCryptVariant::Sha512, 1000).unwrap()),
    ] {
        let stored = hashers.hash(Secret::from("correct horse")).unwrap().run().unwrap();
        for password in ["", "correct horse", &"x".repeat(300)] {
            let real = hashers.verify(Secret::from(password), &stored).unwrap();
            let decoy = checking(hashers.decoy("nobody").plan(password.as_bytes()), password);
            assert_eq!(decoy.cost(), real.cost());
            assert!(decoy.goal().check.is_forced());
            assert!(!decoy.goal().check.is_outdated());
            // The same algorithm and parameters: all that `Debug` shows.
            assert_eq!(format!("{decoy:?}"), format!("{real:?}"));
        }
        let blank = hashers.blank(&stored).unwrap();
        let (of_decoy, of_stored) = (hashers.decoy("nobody").stored(), blank.as_str());
        assert_eq!(of_decoy.len(), of_stored.len());
        let [one, other] = [of_decoy, of_stored].map(|stored| hashers.inspect(stored).unwrap());
        assert_eq!((one.digest(), format!("{one:?}")), (other.digest(), format!("{other:?}")));
        let decoy = hashers.decoy("nobody");
        assert!(decoy.plan(b"").is_forced());
        assert!(!format!("{decoy:?}").contains(decoy.stored()));
        // The derivation's salt is fixed, so that one could know the key: it does not help.
        let (verdict, key) =
            checking(hashers.decoy("nobody").plan(b"correct horse"), "correct horse").run();
        assert_eq!(verdict, Verdict::Mismatch);
        let encoder = hashers.encoder(&Salt::default());
        let known = encoder.encode(&key);
        assert!(util::verdict(&hashers, b"correct horse", &known).is_match(), "the right password");
        let again = checking(hashers.decoy("nobody").plan(b"correct horse"), "correct horse");
        assert_eq!(again.goal().check.verdict(&key), Verdict::Mismatch);
        assert_eq!(again.run(), (Verdict::Mismatch, key));
        // A plan against a stored hash is not forced.
        let plan = hashers.plan(&stored, b"correct horse").unwrap();
        assert!(!plan.is_forced());
        let work = checking(plan, "correct horse");
        assert!(!work.goal().check.is_forced());
        assert_eq!(work.run().0, Verdict::Match);
    }
}

/// PBKDF2 that tells what it is asked for.
#[derive(Clone, Debug)]
struct Asked(Pbkdf2, Arc<Mutex<Vec<&'static str>>>);

impl Asked {
    fn note(&self, what: &'static str) -> &Pbkdf2 {
        self.1.lock().unwrap().push(what);
        &self.0
    }
}

impl Format for Asked {
    fn claims(&self, stored: &str) -> bool {
        self.note("claims").claims(stored)
    }

    fn parse(&self, stored: &str) -> Result<StoredHash, Refused> {
        self.note("parse").parse(stored)
    }

    fn takes(&self, password: &[u8]) -> bool {
        self.note("takes").takes(password)
    }
}

impl Hasher for Asked {
    fn salt_len(&self) -> usize {
        self.note("salt_len").salt_len()
    }

    fn derivation(&self, salt: &[u8]) -> Derivation {
        self.note("derivation").derivation(salt)
    }

    fn key_len(&self) -> usize {
        self.note("key_len").key_len()
    }

    fn encode(&self, derivation: &Derivation, key: &[u8]) -> String {
        self.note("encode").encode(derivation, key)
    }

    fn is_outdated(&self, stored: &StoredHash) -> bool {
        self.note("is_outdated").is_outdated(stored)
    }
}

/// For nobody the format is asked what it is asked for somebody, be it preferred or one that shares chose,
/// and be the price within the limits or not.
#[test]
fn a_decoy_is_read_as_a_stored_hash_is() {
    let asked = Asked(Pbkdf2::new(Prf::Sha256, 10).unwrap(), Arc::default());
    let preferred = Hashers::new(asked.clone());
    let stored = preferred.hash(Secret::from("correct horse")).unwrap().run().unwrap();
    let dear = {
        let mut limits = Limits::default();
        limits.pbkdf2_rounds = 9;
        preferred.clone().limits(limits)
    };
    let accepted = Hashers::new(Argon2::default()).accept(asked.clone());
    let accepted = accepted.shares(Secret::new(SECRET), [(&*stored, 1.0)]).unwrap();
    for hashers in [preferred, dear, accepted] {
        let asked_for = |call: &dyn Fn()| {
            asked.1.lock().unwrap().clear();
            call();
            asked.1.lock().unwrap().clone()
        };
        let of_somebody = asked_for(&|| drop(hashers.plan(&stored, b"wrong")));
        let of_nobody = asked_for(&|| drop(hashers.decoy("nobody").plan(b"wrong")));
        assert_eq!(of_nobody, of_somebody);
        assert!(of_nobody.contains(&"parse"), "{of_nobody:?}");
    }
}

const SECRET: &[u8] = b"of sixteen bytes";

/// A goal of the host's own compares the key and nothing else: not twice the key, not none, and no part.
#[test]
fn a_key_of_another_length_is_a_mismatch() {
    let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, 2).unwrap());
    let stored = hashers.hash(Secret::from("correct horse")).unwrap().run().unwrap();
    let plan = || hashers.plan(&stored, b"correct horse").unwrap();
    let work = checking(plan(), "correct horse");
    let (verdict, key) = checking(plan(), "correct horse").run();
    assert_eq!(verdict, Verdict::Match);
    let check = &work.goal().check;
    for other in [&[][..], &key[1..], &key[..key.len() - 1], &key.repeat(2), b"\0"] {
        assert_eq!(check.verdict(other), Verdict::Mismatch);
    }
    assert_eq!(check.verdict(&key), Verdict::Match);
}

/// Cheap old formats, told apart by their price.
const OLD: [&str; 3] = [
    "$2b$04$CCCCCCCCCCCCCCCCCCCCC.7cjLvl0DBr0LJt/A65TNBwuXC/mx6ea",
    "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2b$06$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
];

#[track_caller]
fn with_shares(secret: &[u8], shares: &[(&'static str, f64)]) -> Hashers {
    everything().shares(Secret::new(secret), shares.iter().copied()).unwrap()
}

/// Which of [`OLD`] the decoy of each of so many names is, if any.
fn assigned(hashers: &Hashers, names: usize) -> Vec<Option<usize>> {
    let cost_of = |sample: &&str| hashers.inspect(sample).unwrap().cost(1);
    let costs: Vec<Cost> = OLD.iter().map(cost_of).collect();
    (0..names)
        .map(|name| {
            let work = checking(hashers.decoy(&format!("user{name}")).plan(b"x"), "x");
            assert!(work.goal().check.is_forced());
            costs.iter().position(|cost| *cost == work.cost())
        })
        .collect()
}

/// DESIGN §2: an unknown name gets the decoy of an old format in the share that this one has.
#[test]
fn shares_are_kept() {
    const NAMES: usize = 10_000;
    for shares in [
        vec![(OLD[0], 0.3)],
        vec![(OLD[0], 0.0)],
        vec![(OLD[0], 1.0)],
        vec![(OLD[0], 0.2), (OLD[1], 0.5)],
        vec![(OLD[0], 0.5), (OLD[1], 0.5)],
        vec![(OLD[0], 0.1), (OLD[1], 0.2), (OLD[2], 0.3)],
        // Thirds, whose sum is above 1 by rounding.
        vec![(OLD[0], 0.7), (OLD[1], 0.2), (OLD[2], 0.1)],
        vec![],
    ] {
        let assigned = assigned(&with_shares(SECRET, &shares), NAMES);
        for (index, (_, share)) in shares.iter().enumerate() {
            let count = assigned.iter().filter(|&&old| old == Some(index)).count();
            let seen = count as f64 / NAMES as f64;
            // Four standard deviations of 10 000 draws are at most 0.02; none or all are exact.
            assert!((seen - share).abs() <= 0.02, "{seen} for {share} in {shares:?}");
            if *share == 0.0 || *share == 1.0 {
                assert_eq!(seen, *share);
            }
        }
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        let new = assigned.iter().filter(|old| old.is_none()).count() as f64 / NAMES as f64;
        assert!((new - (1.0 - sum)).abs() <= 0.02, "{new} in {shares:?}");
    }
}

/// DESIGN §2: a falling share only moves names from old to new, so that no name's speed changes twice.
#[test]
fn a_falling_share_only_moves_names_from_old_to_new() {
    for (before, after) in [
        (vec![(OLD[0], 0.5)], vec![(OLD[0], 0.3)]),
        (vec![(OLD[0], 0.5)], vec![(OLD[0], 0.0)]),
        (vec![(OLD[0], 1.0)], vec![(OLD[0], 0.9)]),
        (vec![(OLD[0], 0.3), (OLD[1], 0.4)], vec![(OLD[0], 0.1), (OLD[1], 0.4)]),
        (vec![(OLD[0], 0.3), (OLD[1], 0.4)], vec![(OLD[0], 0.3), (OLD[1], 0.2)]),
        (vec![(OLD[0], 0.3), (OLD[1], 0.7)], vec![(OLD[0], 0.2), (OLD[1], 0.1)]),
        // Of three, the last.
        (
            vec![(OLD[0], 0.2), (OLD[1], 0.3), (OLD[2], 0.4)],
            vec![(OLD[0], 0.2), (OLD[1], 0.3), (OLD[2], 0.1)],
        ),
    ] {
        let pairs = assigned(&with_shares(SECRET, &before), 3000)
            .into_iter()
            .zip(assigned(&with_shares(SECRET, &after), 3000));
        let mut moved = 0;
        for (old, new) in pairs {
            if old != new {
                assert_eq!(new, None, "from {old:?}: {before:?} {after:?}");
                moved += 1;
            }
        }
        assert!(moved > 100, "{moved}: {before:?} {after:?}");
    }
}

/// The secret decides, and nothing else does: the same on all replicas.
#[test]
fn shares_are_deterministic_for_a_secret() {
    let shares = [(OLD[0], 0.5)];
    let one = assigned(&with_shares(SECRET, &shares), 500);
    assert_eq!(one, assigned(&with_shares(SECRET, &shares), 500));
    let other = assigned(&with_shares(b"of 16 bytes, too", &shares), 500);
    let same = one.iter().zip(&other).filter(|(one, other)| one == other).count();
    assert!((150..350).contains(&same), "{same} of 500 the same under another secret");
    // A clone shares them; a name is its bytes, of any length.
    let hashers = with_shares(SECRET, &shares);
    for name in ["", "\0", "user\u{e9}", &"x".repeat(10_000)] {
        let cost = |hashers: &Hashers| checking(hashers.decoy(name).plan(b"x"), "x").cost();
        assert_eq!(cost(&hashers), cost(&hashers.clone()));
    }
}

#[test]
fn shares_that_do_not_fit_are_refused() {
    let try_shares = |secret: &[u8], shares: &[(&'static str, f64)]| {
        everything().shares(Secret::new(secret), shares.iter().copied()).map(|_| ()).unwrap_err()
    };
    for shares in [
        &[(OLD[0], 1.1)][..],
        &[(OLD[0], -0.1)],
        &[(OLD[0], f64::NAN)],
        &[(OLD[0], f64::INFINITY)],
        &[(OLD[0], f64::NEG_INFINITY)],
        &[(OLD[0], 0.6), (OLD[1], 0.5)],
        &[(OLD[0], 1.0), (OLD[1], 1.0), (OLD[2], -1.0)],
    ] {
        assert_eq!(try_shares(SECRET, shares), InvalidShares::Sum, "{shares:?}");
    }
    for len in [0, 1, 15] {
        assert_eq!(try_shares(&SECRET[..len], &[(OLD[0], 0.5)]), InvalidShares::Secret);
    }
    assert_eq!(
        try_shares(SECRET, &[("$1$salt$hash", 0.5)]),
        InvalidShares::Sample(Refused::UnknownFormat)
    );
    let dear = "$2b$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let too_dear = InvalidShares::Sample(Refused::TooCostly("bcrypt_cost"));
    assert_eq!(try_shares(SECRET, &[(OLD[0], 0.1), (dear, 0.5)]), too_dear);
}

/// Fails if `shown` holds `secret` as text, as base64, in hexadecimal or as a list of numbers.
#[track_caller]
fn assert_hidden(what: &str, shown: &str, secret: &[u8]) {
    let mut forms = vec![
        STANDARD_NO_PAD.encode(secret),
        STANDARD_NO_PAD.encode(secret).replace('+', "."),
        secret.iter().map(|byte| format!("{byte:02x}")).collect(),
        secret.iter().map(|byte| format!("{byte:02X}")).collect(),
        secret.escape_ascii().to_string(),
    ];
    let numbers: Vec<String> = secret[..6].iter().map(u8::to_string).collect();
    forms.push(numbers.join(", "));
    forms.push(numbers.join(",\n"));
    forms.extend(String::from_utf8(secret.to_vec()));
    let lines: String = shown.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    for form in forms {
        // The beginning is enough of a leak.
        let form: String = form.chars().take(8).collect();
        assert!(!shown.contains(&form) && !lines.contains(&form), "{what} shows {form}: {shown}");
    }
}

/// No `Debug` of a public type shows a password, a salt or a digest. After str0m's `tests/pii.rs`.
#[test]
fn nothing_secret_in_any_debug() {
    let password = "pa55word-in-the-clear";
    for hasher in hashers() {
        let mut limits = Limits::default();
        limits.units = u64::MAX;
        let all = everything();
        let hashers = Hashers::new(hasher.clone()).limits(limits);
        // Cheaper ones of the same formats, to be run.
        let stored = cheap(&hasher).hash(Secret::from(password)).unwrap().run().unwrap();
        let hash = all.inspect(&stored).unwrap();
        let (salt, digest) = (hash.derivation().salt().to_vec(), hash.digest().to_vec());
        let as_written: Vec<&str> = stored.split('$').skip(2).collect();

        let mut shown = Vec::new();
        fn show<T: Debug>(shown: &mut Vec<(String, String)>, value: &T) {
            let name = std::any::type_name::<T>().to_string();
            shown.push((name.clone(), format!("{value:?}")));
            shown.push((name, format!("{value:#?}")));
        }
        let verify = || all.verify(Secret::from(password), &stored).unwrap();
        show(&mut shown, &verify());
        let begun = verify().advance(0, &mut Workspace::new());
        if let ControlFlow::Continue(begun) = &begun {
            show(&mut shown, begun);
        }
        show(&mut shown, &begun);
        show(&mut shown, &verify().goal());
        show(&mut shown, &verify().abandon());
        show(&mut shown, &verify().run());
        let making = cheap(&hasher).hash(Secret::from(password)).unwrap();
        show(&mut shown, &making.goal());
        show(&mut shown, &making);
        show(&mut shown, &all.plan(&stored, password.as_bytes()).unwrap());
        show(&mut shown, &checking(all.plan(&stored, b"x").unwrap(), password).goal().check);
        show(&mut shown, &hashers.decoy(password).plan(b"x"));
        show(&mut shown, &hash);
        show(&mut shown, hash.derivation());
        show(&mut shown, hash.derivation().algorithm());
        show(&mut shown, &hash.parameters());
        show(&mut shown, &hash.cost(password.len()));
        show(&mut shown, &hasher);
        show(&mut shown, &hashers);
        let with_shares =
            all.clone().shares(Secret::from(password), [(stored.as_str(), 0.5)]).unwrap();
        show(&mut shown, &with_shares);
        show(&mut shown, &Secret::from(password));
        show(&mut shown, &Workspace::new());
        show(&mut shown, &all.verify(Secret::from(password), &format!("{stored}$")).map(|_| ()));
        show(&mut shown, &hashers.hash(Secret::from("\0".repeat(5000))).map(|_| ()));
        for (what, shown) in &shown {
            assert_hidden(what, shown, password.as_bytes());
            assert_hidden(what, shown, &salt);
            assert_hidden(what, shown, &digest);
            // As the string has them, in each format's own base64.
            for field in as_written.iter().filter(|field| field.len() > 15 && !field.contains('='))
            {
                assert!(!shown.contains(&field[..8]), "{what} shows {field}: {shown}");
            }
        }
    }
    // A salt that is given out before it is used.
    let salt = format!("{:?}", Salt::generate().unwrap());
    assert_eq!(salt, "Salt(..)");
    let encoder = everything().encoder(&Salt::generate().unwrap());
    assert_hidden("Encoder", &format!("{encoder:#?}"), encoder.derivation().salt());
}

/// The same algorithm at its lowest price.
fn cheap(hasher: &Arc<dyn Hasher>) -> Hashers {
    let derivation = hasher.derivation(&vec![0; hasher.salt_len()]);
    match derivation.algorithm() {
        Algorithm::Argon2(_) => Hashers::new(Argon2::new(64, 1, 1).unwrap()),
        Algorithm::Bcrypt(_) => Hashers::new(Bcrypt::new(4).unwrap()),
        Algorithm::Pbkdf2(params) => Hashers::new(Pbkdf2::new(params.prf(), 100).unwrap()),
        Algorithm::ShaCrypt(params) => Hashers::new(ShaCrypt::new(params.variant(), 1000).unwrap()),
        other => panic!("{other:?}"),
    }
}

/// A secret compares by value, and says nothing of its length.
#[test]
fn secrets() {
    assert!(Secret::from("same") == Secret::new(b"same"));
    assert!(Secret::from("same") != Secret::from("sama"));
    assert!(Secret::from("same") != Secret::from("same "));
    assert!(Secret::from(String::new()).is_empty());
    assert_eq!(Secret::from(vec![1, 2, 3]).len(), 3);
    assert_eq!(format!("{:#?}", Secret::from("x".repeat(100))), "Secret(..)");
}

/// OWASP's Password Storage Cheat Sheet as of 25 June 2026.
#[test]
fn defaults_are_the_advice_of_2026() {
    let argon2 = Argon2::default().params();
    assert_eq!((argon2.memory_kib(), argon2.passes(), argon2.lanes()), (19 * 1024, 2, 1));
    assert_eq!(Pbkdf2::SHA1.params().rounds(), 1_400_000);
    assert_eq!(Pbkdf2::SHA256.params().rounds(), 600_000);
    assert_eq!(Pbkdf2::SHA512.params().rounds(), 220_000);
    assert!(Bcrypt::default().params().cost() >= 10);
}

/// The ranges in the constructors' docs.
#[test]
fn parameters_out_of_range() {
    assert!(Argon2::new(8, 1, 1).is_ok());
    for (m, t, p) in [(7, 1, 1), (8, 0, 1), (8, 1, 0), (15, 1, 2), (u32::MAX, 1, 1 << 24)] {
        assert_eq!(Argon2::new(m, t, p), Err(InvalidParameters));
    }
    assert!(Argon2::new(u32::MAX, u32::MAX, (1 << 24) - 1).is_ok());
    for tag_len in [0, 3, 1025] {
        assert_eq!(Argon2Params::new(8, 1, 1, tag_len), Err(InvalidParameters));
    }
    for cost in [0, 3, 32, u32::MAX] {
        assert_eq!(Bcrypt::new(cost), Err(InvalidParameters));
    }
    assert_eq!(Pbkdf2::new(Prf::Sha1, 0), Err(InvalidParameters));
    for key_len in [0, 1025] {
        assert_eq!(Pbkdf2Params::new(Prf::Sha1, 1, key_len), Err(InvalidParameters));
    }
    for rounds in [0, 999, 1_000_000_000, u32::MAX] {
        assert_eq!(ShaCrypt::new(ShaCryptVariant::Sha256, rounds), Err(InvalidParameters));
    }
}

/// DESIGN §3: the same algorithm shares lanes or interleaves; Argon2 goes one after another.
#[test]
fn company_is_kept_by_those_who_gain_by_it() {
    let company = |hashers: Hashers| hashers.hash(Secret::from("U*U")).unwrap().company();
    let bcrypt = |cost| company(Hashers::new(Bcrypt::new(cost).unwrap()));
    let pbkdf2 = |prf, rounds| company(Hashers::new(Pbkdf2::new(prf, rounds).unwrap()));
    assert_eq!(bcrypt(4), Some(Company::Bcrypt));
    assert_eq!(bcrypt(4), bcrypt(5));
    assert_eq!(pbkdf2(Prf::Sha256, 1), pbkdf2(Prf::Sha256, 2));
    assert_ne!(pbkdf2(Prf::Sha256, 1), pbkdf2(Prf::Sha512, 1));
    assert_eq!(company(Hashers::new(Argon2::new(8, 1, 1).unwrap())), None);
}
