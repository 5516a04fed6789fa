//! What a request leaves in freed memory, on every path through the steps: nothing of the header, of the
//! decoded credentials, of the password, of a token or of a key, also where the host panics.
//!
//! `tests/allocations.rs` drops requests after each number of pieces; the formats one by one are in
//! `doorstep-password`, and `what_the_host_leaves_is_found` shows that such a leak would be seen.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "argon2", feature = "bcrypt", feature = "getrandom", feature = "pbkdf2"))]

mod util;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use doorstep::driver::{BlockingStore, drive_blocking};
use doorstep::password::{Argon2, Bcrypt, Hashers, Pbkdf2, Prf, Secret, Workspace};
use doorstep::{
    Account, Authenticator, Basic, Bearer, FindToken, FindUser, Granted, Outcome, Receipt, Replace,
    Step, TokenDigest, TokenRecord, UnixTime, Verify,
};
use doorstep_test_alloc::{Seen, Watching, watch};

use util::{NOW, next_step};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

const USER: &str = "Aladdin";
const PASSWORD: &str = "correct horse battery staple";
const WRONG: &str = "battery staple, the wrong horse";
const TOKEN: &[u8] = b"mF_9.B5f-4.1JqM-this-is-a-token";
const KEY: &[u8; 32] = b"the key of all receipts, 32 long";

fn authenticator() -> Authenticator {
    let hashers = Hashers::new(Argon2::new(64, 1, 1).unwrap())
        .accept(Pbkdf2::new(Prf::Sha256, 50).unwrap())
        .accept(Bcrypt::default());
    Authenticator::builder("r", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new().keep_token())
        .receipts_with_key(Secret::new(KEY))
        .build()
        .unwrap()
}

/// Hashes of the password: one that stays, one that is renewed, and one that is renewed in company.
fn stored() -> Vec<String> {
    let hash = |hashers: Hashers| hashers.hash(PASSWORD.into()).unwrap().run().unwrap();
    vec![
        hash(authenticator().hashers().clone()),
        hash(Hashers::new(Pbkdf2::new(Prf::Sha256, 50).unwrap())),
        hash(Hashers::new(Bcrypt::new(4).unwrap())),
    ]
}

fn header(password: &str) -> Vec<u8> {
    util::basic(format!("{USER}:{password}"))
}

/// Runs `path`, and asserts that nothing is left of what it knows.
#[track_caller]
fn nothing_is_left<T>(path: impl FnOnce() -> T) -> T {
    let (output, seen) = watched(path);
    assert!(seen.frees > 0, "nothing was watched");
    assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{seen:?}");
    output
}

fn watched<T>(path: impl FnOnce() -> T) -> (T, Seen) {
    let mut secrets = vec![TOKEN.to_vec(), KEY.to_vec()];
    // HMAC's padded keys (RFC 2104 §2).
    secrets.extend([0x36, 0x5c].map(|pad| KEY.iter().map(|byte| byte ^ pad).collect()));
    for password in [PASSWORD, WRONG] {
        secrets.push(header(password)["Basic ".len()..].to_vec());
        secrets.push(format!(":{password}").into_bytes());
        secrets.extend([0x36, 0x5c].map(|pad| password.bytes().map(|byte| byte ^ pad).collect()));
    }
    let hashers = authenticator().hashers().clone();
    let stored = STORED.with(Clone::clone);
    secrets.extend(stored.iter().map(|hash| hashers.inspect(hash).unwrap().digest().to_vec()));
    let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    watch(&secrets, path)
}

thread_local! {
    static STORED: Vec<String> = stored();
}

/// A store that panics at its `panics_at`th call, and counts them.
struct Host {
    stored: String,
    panics_at: usize,
    calls: Cell<usize>,
}

impl Host {
    fn called(&self) {
        self.calls.set(self.calls.get() + 1);
        if self.calls.get() == self.panics_at {
            // Without the hook, which prints.
            resume_unwind(Box::new(()));
        }
    }
}

impl BlockingStore for Host {
    type User = u32;
    type Error = ();

    fn find_user(&mut self, _: &FindUser<u32>) -> Result<Option<(u32, Account)>, ()> {
        self.called();
        Ok(Some((7, Account::from(&*self.stored))))
    }

    fn find_token(&mut self, _: &FindToken<u32>) -> Result<Option<(u32, TokenRecord)>, ()> {
        self.called();
        Ok(Some((7, TokenRecord::new(TokenDigest::of(TOKEN)))))
    }

    fn replace_hash(&mut self, _: &Replace<u32>) -> Result<bool, ()> {
        self.called();
        Ok(true)
    }
}

/// The test of the test: a host that keeps what it should not is seen, by each of its secrets.
#[test]
fn what_the_host_leaves_is_found() {
    for secret in [PASSWORD.as_bytes(), &header(PASSWORD)[6..], TOKEN, KEY] {
        let ((), seen) = watched(|| drop(secret.to_vec()));
        assert_eq!(seen.leaks, 1);
    }
    let auth = authenticator();
    let ((), seen) = watched(|| {
        let Step::FindToken(ask) =
            auth.begin::<u32>([("authorization", &[b"Bearer ".as_slice(), TOKEN].concat()[..])])
        else {
            panic!("a token")
        };
        drop(ask.token().map(<[u8]>::to_vec));
    });
    assert_eq!(seen.leaks, 2, "the value of the field, and the copy");
}

/// At each call to a host's store, by a driver, whatever is hashed and whatever comes of it.
#[test]
fn nothing_is_left_where_the_store_panics() {
    let auth = authenticator();
    let token = [b"Bearer ".as_slice(), TOKEN].concat();
    let mut panics = 0;
    for stored in STORED.with(Clone::clone) {
        for value in [header(PASSWORD), header(WRONG), token.clone()] {
            for panics_at in 1..=4 {
                let mut host = Host { stored: stored.clone(), panics_at, calls: Cell::new(0) };
                let mut workspace = Workspace::new();
                let panicked = nothing_is_left(|| {
                    let fields = [("authorization", &value[..])];
                    catch_unwind(AssertUnwindSafe(|| {
                        let step = auth.begin(fields);
                        drop(drive_blocking(step, &mut host, &mut workspace, NOW));
                    }))
                    .is_err()
                });
                panics += usize::from(panicked);
            }
        }
    }
    // One look-up each; and the two old hashes are replaced, after the right password.
    assert_eq!(panics, 9 + 2);
}

/// And where a host of its own loop panics while it holds a step, between any two pieces.
#[test]
fn nothing_is_left_where_the_host_panics_between_pieces() {
    let auth = authenticator();
    for stored in STORED.with(Clone::clone) {
        for password in [PASSWORD, WRONG] {
            let value = header(password);
            for panics_after in 0..30 {
                nothing_is_left(|| {
                    let mut workspace = Workspace::new();
                    let path = AssertUnwindSafe(|| {
                        let mut step = auth.begin([("authorization", &value[..])]);
                        for answered in 0.. {
                            let held = step;
                            if answered == panics_after {
                                resume_unwind(Box::new(()));
                            }
                            step = match next_step(held, 7, Some(&stored), &mut workspace) {
                                Step::Done(_) => break,
                                next => next,
                            };
                        }
                    });
                    let _ = catch_unwind(path);
                });
            }
        }
    }
}

fn to_verify(auth: &Authenticator, value: &[u8], stored: &str) -> Verify<u32> {
    let Step::FindUser(ask) = auth.begin([("authorization", value)]) else { panic!("a user") };
    let Step::Verify(work) = ask.found(7, stored) else { panic!("a verification") };
    work
}

fn receipt(step: Step<u32>) -> Option<Receipt> {
    let granted: Option<Granted<u32>> = match step {
        Step::Done(Outcome::Granted(granted)) => Some(granted),
        _ => None,
    };
    granted?.receipt().copied()
}

/// Recalled, by the right password and by the wrong one, which is then hashed.
#[test]
fn nothing_is_left_of_a_receipt() {
    let auth = authenticator();
    let stored = STORED.with(|stored| stored[0].clone());
    let (right, wrong) = (header(PASSWORD), header(WRONG));
    let receipt = nothing_is_left(|| receipt(to_verify(&auth, &right, &stored).run())).unwrap();
    nothing_is_left(|| {
        assert!(matches!(
            to_verify(&auth, &right, &stored).recall(&receipt),
            ControlFlow::Break(Step::Done(Outcome::Granted(_)))
        ));
        let ControlFlow::Continue(work) = to_verify(&auth, &wrong, &stored).recall(&receipt) else {
            panic!("another password")
        };
        assert!(matches!(work.run(), Step::Done(Outcome::Denied(_))));
    });
    // Nor of the key under which they were made.
    drop(auth);
    nothing_is_left(|| drop(authenticator()));
}

/// Right and wrong, each with each hash, on one core.
#[test]
fn nothing_is_left_of_requests_in_company() {
    let auth = authenticator();
    let (stored, mut workspace) = (STORED.with(Clone::clone), Workspace::new());
    let (right, wrong) = (header(PASSWORD), header(WRONG));
    nothing_is_left(|| {
        let values = [&right, &wrong, &right];
        let batch = values.iter().flat_map(|value| {
            stored.iter().map(|stored| to_verify(&auth, value, stored)).collect::<Vec<_>>()
        });
        let steps = Verify::run_together(batch.collect(), &mut workspace);
        let denied = |step: &&Step<u32>| matches!(step, Step::Done(Outcome::Denied(_)));
        assert_eq!(steps.iter().filter(denied).count(), 3);
    });
    nothing_is_left(|| drop(workspace));
}

/// Refused by its form, at each of the places where credentials are read.
#[test]
fn nothing_is_left_of_what_is_malformed() {
    let auth = authenticator();
    let of = |user_pass: String| util::basic(user_pass);
    let values = [
        of(format!("{USER}{PASSWORD}")),
        of(format!("{USER}:{PASSWORD}\n")),
        [b"Basic ".as_slice(), &of(format!("{USER}:{PASSWORD}"))[6..], b"!"].concat(),
        of(format!("{USER}:{PASSWORD}")).split_last().unwrap().1.to_vec(),
        [b"Basic ".as_slice(), util::basic([PASSWORD.as_bytes(), b":\xff"].concat()).split_at(6).1]
            .concat(),
    ];
    for value in values {
        // There may be nothing to free: what is refused unread is in no buffer.
        let (step, seen) = watched(|| auth.begin::<u32>([("authorization", &value[..])]));
        assert!(matches!(step, Step::Done(Outcome::Denied(_))), "{step:?}");
        assert_eq!(seen.leaks, 0);
    }
    let _: UnixTime = NOW;
}

/// A character beyond ASCII takes two bytes of UTF-8. The buffer for them has room for all: what one that
/// grows leaves behind is not wiped.
#[test]
fn nothing_is_left_of_latin1() {
    let hashers = Hashers::new(Argon2::new(64, 1, 1).unwrap());
    let basic = Basic::new().latin1();
    let auth = Authenticator::builder("r", hashers).scheme(basic).build().unwrap();
    for latin1 in
        [&b"\xe4\xf6\xfc\xdf\xe9\xe8\xea\xe0\xe1\xe2\xf1\xf2\xf3\xf4"[..], b"Zitr\xf6nchenfalter"]
    {
        let utf8: String = latin1.iter().copied().map(char::from).collect();
        let value = util::basic([b"u:", latin1].concat());
        let ((), seen) = watch(&[latin1, utf8.as_bytes(), &value[6..]], || {
            let step: Step<u32> = auth.begin([("authorization", &*value)]);
            let Step::FindUser(ask) = step else { panic!("a user") };
            assert_eq!(ask.username(), "u");
        });
        assert!(seen.frees > 1, "{seen:?}");
        assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{utf8}: {seen:?}");
    }
}
