//! What a request allocates, and what is left of it in freed memory.
//!
//! DESIGN §7: a token request allocates nothing, a Basic header its one buffer; no window of a
//! password, of decoded credentials or of a token stays behind, wherever the request is dropped.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "argon2", feature = "bcrypt", feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::ops::ControlFlow;

use doorstep::password::{Argon2, Bcrypt, Hashers, Pbkdf2, Prf, Secret, Workspace};
use doorstep::{
    ApiKey, Authenticator, Basic, Bearer, Cause, Outcome, Scopes, Step, TokenFormat, TokenRecord,
    UnixTime, Verify,
};
use doorstep_test_alloc::{Watching, watch, without_large_blocks};
use util::next_step;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

const NOW: UnixTime = UnixTime::from_secs(0);
const PASSWORD: &str = "correct horse battery staple";
/// "Aladdin:correct horse battery staple"
const BASIC: &str = "Basic QWxhZGRpbjpjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl";
const TOKEN: &str = "mF_9.B5f-4.1JqM-this-is-a-token";

fn auth() -> Authenticator {
    let hashers = Hashers::new(Argon2::new(64, 1, 1).unwrap())
        .accept(Pbkdf2::new(Prf::Sha256, 50).unwrap())
        .accept(Bcrypt::default());
    Authenticator::builder("r", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .scheme(Bearer::named("token"))
        .scheme(ApiKey::in_field("x-api-key"))
        .receipts()
        .build()
        .unwrap()
}

/// A request as it comes, with fields that no scheme reads.
fn fields<'a>(name: &'a str, value: &'a str) -> [(&'a str, &'a [u8]); 4] {
    [
        ("host", b"example.org"),
        ("accept", b"*/*"),
        (name, value.as_bytes()),
        ("user-agent", b"test"),
    ]
}

#[test]
fn a_token_request_allocates_nothing() {
    let auth = auth();
    for (name, value) in [
        ("Authorization", format!("Bearer {TOKEN}")),
        ("authorization", format!("Token {TOKEN}")),
        ("X-API-Key", TOKEN.to_string()),
    ] {
        let fields = fields(name, &value);
        let (outcome, seen) = watch(&[], || {
            let Step::FindToken(ask) = auth.begin(fields) else { panic!("a token") };
            let record = TokenRecord::new(*ask.digest());
            let Step::Done(outcome) = ask.found(7, record, NOW) else { panic!("no more steps") };
            outcome
        });
        assert!(outcome.granted().is_some());
        assert_eq!((seen.allocations, seen.frees), (0, 0), "{name}");
    }
}

#[test]
fn a_basic_header_allocates_its_buffer() {
    let auth = auth();
    let (step, seen) = watch(&[], || -> Step<()> { auth.begin(fields("authorization", BASIC)) });
    assert!(matches!(step, Step::FindUser(_)));
    assert_eq!(seen.allocations, 1);
}

/// RFC 9110 §15.6.4: a machine without the memory that a hash asks for is overloaded. Nobody is let in,
/// nobody is told that the password is wrong, and nothing of it stays behind.
#[test]
fn no_memory_is_503() {
    let auth = auth();
    let stored = Hashers::new(Argon2::new(2048, 1, 1).unwrap()).hash(PASSWORD.into()).unwrap();
    let stored = stored.run().unwrap();
    let to_verify = || {
        let Step::FindUser(ask) = auth.begin::<u32>(fields("authorization", BASIC)) else {
            panic!("a user");
        };
        let Step::Verify(work) = ask.found(7, stored.as_str()) else { panic!("a verification") };
        work
    };
    let check = |step: Step<u32>| {
        let Step::Done(Outcome::Denied(denied)) = step else { panic!("no memory, no verdict") };
        assert!(matches!(denied.cause(), Cause::OutOfMemory(_)), "{:?}", denied.cause());
        let refusal = denied.refusal(&Scopes::default());
        let fields: Vec<_> = refusal.fields().collect();
        assert_eq!((refusal.status(), &fields[..]), (503, &[("retry-after", "1")][..]));
    };
    for mut workspace in Workspace::all() {
        let ((), seen) = watch(&[PASSWORD.as_bytes(), BASIC.as_bytes()], || {
            without_large_blocks(|| check(to_verify().run_in(&mut workspace)));
            without_large_blocks(|| match to_verify().advance(1, &mut workspace) {
                ControlFlow::Break(step) => check(step),
                ControlFlow::Continue(_) => panic!("no memory, no piece"),
            });
            let batch = vec![to_verify(), to_verify()];
            without_large_blocks(|| {
                Verify::run_together(batch, &mut workspace).into_iter().for_each(check);
            });
        });
        assert_eq!((seen.leaks, seen.unwiped), (0, 0));
        // With memory again, the same workspace goes on.
        let granted = to_verify().run_in(&mut workspace);
        assert!(matches!(granted, Step::Done(Outcome::Granted(_))));
    }
}

/// DESIGN §2: "if entropy or memory fails in it, the outcome is `Granted` without an upgrade", and
/// nothing of the password stays behind.
#[test]
fn no_memory_for_a_new_hash_is_no_denial() {
    let hashers = Hashers::new(Argon2::new(2048, 1, 1).unwrap());
    let hashers = hashers.accept(Pbkdf2::new(Prf::Sha256, 50).unwrap());
    let auth = Authenticator::builder("r", hashers).build().unwrap();
    let outdated = Hashers::new(Pbkdf2::new(Prf::Sha256, 50).unwrap());
    let stored = outdated.hash(PASSWORD.into()).unwrap().run().unwrap();
    let to_rehash = || {
        let Step::FindUser(ask) = auth.login("Aladdin", PASSWORD.into()) else { panic!("a user") };
        let Step::Verify(work) = ask.found(7, stored.as_str()) else { panic!("a verification") };
        let Step::Rehash(work) = work.run() else { panic!("the hash is outdated") };
        work
    };
    for mut workspace in Workspace::all() {
        let ((), seen) = watch(&[PASSWORD.as_bytes()], || {
            let work = to_rehash();
            let step = without_large_blocks(|| work.run_in(&mut workspace));
            assert!(matches!(step, Step::Done(Outcome::Granted(_))), "{step:?}");
            let (_, upgrade) = to_rehash().defer();
            let made = without_large_blocks(|| upgrade.run_in(&mut workspace));
            assert!(made.is_none());
        });
        assert_eq!((seen.leaks, seen.unwiped), (0, 0));
        // With memory again, the same workspace goes on.
        assert!(matches!(to_rehash().run_in(&mut workspace), Step::Replace(_)));
    }
}

/// What is refused before a lookup allocates nothing, however long it is.
#[test]
fn refusals_allocate_nothing() {
    let auth = auth();
    let long = format!("Basic {}", "QUFB".repeat(250_000));
    let values = ["Basic", "Basic !", "Basic QQ=", "Basic QQ==", "Bearer ", "Bearer a b", &long];
    for value in values {
        let (step, seen) =
            watch(&[], || -> Step<()> { auth.begin(fields("authorization", value)) });
        assert!(matches!(step, Step::Done(Outcome::Denied(_))), "{:.20}", value);
        // Base64 that decodes and holds no colon had to be decoded to be refused.
        let expected = usize::from(value == "Basic QQ==");
        assert_eq!(seen.allocations, expected, "{value:.20}");
    }
    let twice = [("authorization", BASIC.as_bytes()), ("Authorization", BASIC.as_bytes())];
    let (step, seen) = watch(&[], || -> Step<()> { auth.begin(twice) });
    assert!(matches!(step, Step::Done(Outcome::Denied(_))));
    assert_eq!(seen.allocations, 0);
}

/// A login, dropped after each number of steps and slices, leaves nothing of the password.
#[test]
fn nothing_is_left_of_a_password() {
    let auth = auth();
    let hash = |hashers: Hashers| hashers.hash(PASSWORD.into()).unwrap().run().unwrap();
    let stored = [
        ("current", Some(hash(auth.hashers().clone()))),
        ("outdated", Some(hash(Hashers::new(Pbkdf2::new(Prf::Sha256, 50).unwrap())))),
        ("bcrypt", Some(hash(Hashers::new(Bcrypt::new(4).unwrap())))),
        ("corrupt", Some("$argon2id$v=19$m=64,t=1,p=1$".to_string())),
        ("none", None),
    ];
    // The field's own value is the host's: here it is on the heap too, and not freed meanwhile.
    let secrets = [PASSWORD.as_bytes(), &BASIC.as_bytes()["Basic ".len()..]];
    let mut ends = 0;
    for (name, stored) in &stored {
        for password in [PASSWORD, "correct horse battery stapler, which is wrong"] {
            for basic in [true, false] {
                for drop_after in 0..24 {
                    let login = Secret::from(password);
                    let mut workspace = Workspace::new();
                    let (ended, seen) =
                        watch(&[&secrets[..], &[password.as_bytes()]].concat(), || {
                            let step = if basic && password == PASSWORD {
                                drop(login);
                                auth.begin(fields("authorization", BASIC))
                            } else {
                                auth.login("Aladdin", login)
                            };
                            follow(step, stored.as_deref(), drop_after, &mut workspace)
                        });
                    ends += usize::from(ended);
                    let found = (seen.leaks, seen.unwiped);
                    assert_eq!(found, (0, 0), "{name}, after {drop_after} steps: {seen:?}");
                }
            }
        }
    }
    assert!(ends > 0, "no login came to its end");
}

/// Answers so many times, then drops what there is. Whether there was an outcome.
fn follow(
    mut step: Step<u8>,
    stored: Option<&str>,
    drop_after: usize,
    workspace: &mut Workspace,
) -> bool {
    for _ in 0..drop_after {
        if matches!(step, Step::Done(_)) {
            return true;
        }
        step = next_step(step, 1, stored, workspace);
    }
    false
}

/// Deferred upgrades hold the password: run, or dropped.
#[test]
fn nothing_is_left_of_an_upgrade() {
    let auth = auth();
    let outdated = Hashers::new(Pbkdf2::new(Prf::Sha256, 50).unwrap());
    let stored = outdated.hash(PASSWORD.into()).unwrap().run().unwrap();
    for run in [true, false] {
        let password = Secret::from(PASSWORD);
        let (made, seen) = watch(&[PASSWORD.as_bytes()], || {
            let Step::FindUser(ask) = auth.login("Aladdin", password) else { panic!() };
            let Step::Verify(work) = ask.found((), stored.as_str()) else { panic!() };
            let Step::Rehash(work) = work.run() else { panic!("the hash is outdated") };
            let (outcome, upgrade) = work.defer();
            assert!(outcome.granted().is_some());
            run.then(|| upgrade.run()).flatten()
        });
        assert_eq!(made.is_some(), run);
        assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{seen:?}");
    }
}

/// A token that is kept for the host, and one in the making.
#[test]
fn nothing_is_left_of_a_token() {
    let auth = Authenticator::builder("r", Hashers::new(Bcrypt::default()))
        .scheme(Bearer::new().keep_token())
        .build()
        .unwrap();
    let value = format!("Bearer {TOKEN}");
    let (kept, seen) = watch(&[TOKEN.as_bytes()], || {
        let fields = [("authorization", value.as_bytes())];
        let Step::FindToken(ask) = auth.begin::<()>(fields) else { panic!("a token") };
        ask.token().map(<[u8]>::len)
    });
    assert_eq!((kept, seen.allocations, seen.leaks), (Some(TOKEN.len()), 1, 0));

    let format = TokenFormat::new("ds_").unwrap();
    let token = format.generate().unwrap();
    let secret = token.expose().to_vec();
    let ((), seen) = watch(&[&secret], || drop(token));
    assert_eq!((seen.frees, seen.leaks), (1, 0));
}
