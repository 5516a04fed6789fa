//! What the types promise: who may cross threads, how big a step is, and that nothing is asked of `U`.

#![allow(missing_docs)]
#![cfg(feature = "bcrypt")]

use std::cell::Cell;
use std::fmt::Debug;
use std::future::Future;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

use doorstep::driver::{self, BlockingStore, LocalStore, MemoryStore, Store};
use doorstep::password::{Bcrypt, Hashers, Secret, Workspace};
use doorstep::{
    Account, Anonymous, ApiKey, Authenticator, Basic, Bearer, Cause, Credentials, Denied,
    FindToken, FindUser, Granted, InvalidConfig, NewHash, Outcome, Receipt, Refusal, Refuse,
    Rehash, Replace, Scopes, Step, TokenDigest, TokenFormat, TokenRecord, UnixTime, Upgrade,
    Verify,
};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn send<T: Send>() {}
fn sync<T: Sync>() {}
fn owned<T: 'static>() {}
fn debug<T: Debug>() {}

/// DESIGN §2: "`Step<U>` is `'static` and `Send` exactly when `U` is".
#[test]
fn steps_are_send_when_the_user_is() {
    macro_rules! table {
        ($($name:ty),* $(,)?) => {$(
            send::<$name>();
            sync::<$name>();
            owned::<$name>();
            debug::<$name>();
        )*};
    }
    table!(
        Step<u64>,
        FindUser<u64>,
        FindToken<u64>,
        Verify<u64>,
        Rehash<u64>,
        Replace<u64>,
        Upgrade,
        NewHash,
        Outcome<u64>,
        Granted<u64>,
        Denied,
        Anonymous,
        Refusal,
        Refuse,
        Cause,
        Receipt,
        Scopes,
        Account,
        Authenticator,
        Credentials,
        TokenDigest,
        TokenFormat,
        TokenRecord,
        UnixTime,
        InvalidConfig,
        Basic,
        Bearer,
        ApiKey,
    );
    // An ask does not hold a user yet: it crosses threads whatever the user is.
    send::<FindUser<Rc<u8>>>();
    send::<FindToken<Rc<u8>>>();
}

/// Nothing is asked of `U`: no `Debug`, no `Clone`, no `Send`, not even `'static`.
#[test]
fn no_bound_on_the_user() {
    struct Bare<'a>(#[expect(dead_code)] &'a Cell<u8>);
    fn shown<'a>(step: Step<Bare<'a>>) -> String {
        format!("{step:?}")
    }
    let auth = doorstep::Authenticator::builder(
        "r",
        doorstep::password::Hashers::new(doorstep::password::Bcrypt::default()),
    )
    .build();
    let auth = auth.expect("a valid configuration");
    let cell = Cell::new(0);
    let Step::FindUser(ask) = auth.login("a", "b".into()) else { panic!("well-formed") };
    assert!(shown(ask.found(Bare(&cell), "")).contains("Verify"));
}

/// Whether a type is `Send` is told by method resolution: the inherent method wins if its bound holds.
#[test]
fn a_step_with_a_local_user_is_not_send() {
    struct Probe<T>(std::marker::PhantomData<T>);
    trait Otherwise {
        fn is_send(&self) -> bool {
            false
        }
    }
    impl<T> Otherwise for Probe<T> {}
    impl<T: Send> Probe<T> {
        fn is_send(&self) -> bool {
            true
        }
    }
    assert!(Probe::<Step<u8>>(std::marker::PhantomData).is_send());
    assert!(!Probe::<Step<Rc<u8>>>(std::marker::PhantomData).is_send());
}

/// DESIGN §2: small; "half-done state is boxed at the first piece; assert ≤ 192 bytes".
#[test]
fn a_step_is_small() {
    let size = size_of::<Step<()>>();
    println!("Step<()>: {size} bytes");
    assert!(size <= 192, "{size}");
}

struct Shared;

impl Store for Shared {
    type User = u64;
    type Error = ();

    async fn find_user(&self, ask: &FindUser<u64>) -> Result<Option<(u64, Account)>, ()> {
        if ask.username() == "broken" {
            return Err(());
        }
        Ok((ask.username() == "known").then(|| (7, Account::from(None::<&str>))))
    }

    async fn find_token(&self, _: &FindToken<u64>) -> Result<Option<(u64, TokenRecord)>, ()> {
        Err(())
    }

    async fn replace_hash(&self, _: &Replace<u64>) -> Result<bool, ()> {
        Err(())
    }
}

struct Local(Rc<str>);

impl LocalStore for Local {
    type User = Rc<str>;
    type Error = ();

    async fn find_user(&self, ask: &FindUser<Rc<str>>) -> Result<Option<(Rc<str>, Account)>, ()> {
        let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy";
        Ok((ask.username() == "known").then(|| (self.0.clone(), Account::from(hash))))
    }

    async fn find_token(
        &self,
        ask: &FindToken<Rc<str>>,
    ) -> Result<Option<(Rc<str>, TokenRecord)>, ()> {
        Ok(Some((self.0.clone(), TokenRecord::new(*ask.digest()))))
    }

    async fn replace_hash(&self, _: &Replace<Rc<str>>) -> Result<bool, ()> {
        Ok(true)
    }
}

impl BlockingStore for Local {
    type User = Rc<str>;
    type Error = ();

    fn find_user(&mut self, _: &FindUser<Rc<str>>) -> Result<Option<(Rc<str>, Account)>, ()> {
        Err(())
    }

    fn find_token(
        &mut self,
        ask: &FindToken<Rc<str>>,
    ) -> Result<Option<(Rc<str>, TokenRecord)>, ()> {
        if *ask.digest() == TokenDigest::of(b"broken") {
            return Err(());
        }
        Ok(Some((self.0.clone(), TokenRecord::new(*ask.digest()))))
    }

    fn replace_hash(&mut self, _: &Replace<Rc<str>>) -> Result<bool, ()> {
        Ok(true)
    }
}

fn bcrypt(cost: u32) -> Hashers {
    Hashers::new(Bcrypt::new(cost).expect("in range"))
}

fn auth() -> Authenticator {
    Authenticator::builder("types", bcrypt(4))
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .build()
        .expect("a valid configuration")
}

/// The smallest executor that there is: polls until it is ready, and counts how often.
fn block_on<F: Future>(future: F) -> (F::Output, usize) {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for polls in 1.. {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return (output, polls);
        }
    }
    unreachable!("counts for ever")
}

fn spawn<F: Future + Send + 'static>(future: F) -> F {
    future
}

/// DESIGN §2: "one loop serves both": `Send` futures from a `Send` store, which a spawn demands.
#[test]
fn the_loop_over_a_shared_store_can_be_spawned() {
    let step = auth().login("known", "secret".into());
    let task = spawn(async move { driver::drive(step, &Shared, UnixTime::from_secs(0)).await });
    let (outcome, polls) = block_on(task);
    let Ok(Outcome::Denied(denied)) = outcome else { panic!("an account without password") };
    assert_eq!(denied.cause(), Cause::NoPassword);
    println!("bcrypt, cost 4, in {polls} polls");
}

#[test]
fn the_same_loop_serves_a_local_store() {
    let store = Local(Rc::from("somebody"));
    let now = UnixTime::from_secs(0);
    let step = auth().begin([("Authorization", &b"Bearer abc"[..])]);
    let (outcome, _) = block_on(driver::drive(step, &store, now));
    let granted = outcome.ok().and_then(Outcome::granted).expect("the right token");
    assert_eq!(&**granted.user(), "somebody");
    // The hash is of the empty password.
    let (outcome, _) = block_on(driver::drive(auth().login("known", "".into()), &store, now));
    assert!(outcome.ok().and_then(Outcome::granted).is_some());
}

/// A store for tests is of use to hosts of every kind, those that share theirs between threads too.
#[cfg(feature = "std")]
#[test]
fn the_store_in_memory_can_be_shared() {
    let (old, password) = (bcrypt(4), || Secret::from("secret"));
    let hash = old.hash_with_rng(password(), &mut ChaCha8Rng::seed_from_u64(1));
    let hash = hash.ok().and_then(|work| work.run().ok()).expect("a hash");
    let now = UnixTime::from_secs(0);
    let mut stored = vec![hash.clone()];
    for cost in [5, 6] {
        let mut memory = MemoryStore::new();
        memory.insert_user("known", Some(&hash), Scopes::NONE_ASKED);
        memory.insert_token("known", TokenRecord::new(TokenDigest::of(b"abc")));
        let store = Arc::new(Mutex::new(memory));
        let auth = Authenticator::builder("types", bcrypt(cost)).scheme(Bearer::new());
        let auth = auth.build().expect("a valid configuration");
        for step in
            [auth.login("known", password()), auth.begin([("Authorization", &b"Bearer abc"[..])])]
        {
            let outcome = if cost == 5 {
                let store = store.clone();
                block_on(spawn(async move { driver::drive(step, &*store, now).await })).0
            } else {
                driver::drive_blocking(step, &mut &*store, &mut Workspace::new(), now)
            };
            let Ok(outcome) = outcome;
            assert_eq!(outcome.granted().map(Granted::into_user).as_deref(), Some("known"));
        }
        stored.extend(store.lock().expect("no panic").hash("known").map(String::from));
    }
    // The hash was renewed by both.
    let costs: Vec<_> = stored.iter().map(|hash| &hash[..7]).collect();
    assert_eq!(costs, ["$2b$04$", "$2b$05$", "$2b$06$"]);
}

/// Whom the store does not have, neither loop grants.
#[cfg(feature = "std")]
#[test]
fn who_is_unknown_is_denied_by_each_loop() {
    let (store, now) = (Mutex::new(MemoryStore::new()), UnixTime::from_secs(0));
    assert_eq!(store.lock().expect("no panic").hash("unknown"), None);
    for (step, cause) in [
        (|| auth().login("unknown", "secret".into()), Cause::UnknownUser),
        (|| auth().begin([("Authorization", &b"Bearer abc"[..])]), Cause::UnknownToken),
    ] as [(fn() -> Step<String>, Cause); 2]
    {
        let Ok(async_outcome) = block_on(driver::drive(step(), &store, now)).0;
        let Ok(outcome) = driver::drive_blocking(step(), &mut &store, &mut Workspace::new(), now);
        for outcome in [async_outcome, outcome] {
            let Outcome::Denied(denied) = outcome else { panic!("{outcome:?}") };
            assert_eq!(denied.cause(), cause);
            assert!(Outcome::<String>::Denied(denied).granted().is_none());
        }
    }
}

/// A user who is deleted while the new hash is made does not come back with it.
#[test]
fn the_store_in_memory_replaces_no_hash_that_is_gone() {
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy";
    for gone in [true, false] {
        let step = to_replace(hash);
        let Step::Replace(ask) = step else { panic!("{step:?}") };
        let mut store = MemoryStore::new();
        if !gone {
            store.insert_user("known", Some("another"), Scopes::NONE_ASKED);
        }
        assert_eq!(store.replace_hash(&ask), Ok(false));
        assert_eq!(store.hash("known"), (!gone).then_some("another"));
    }
}

/// A login with an outdated hash, up to where it is replaced.
fn to_replace(hash: &str) -> Step<String> {
    let auth = Authenticator::builder("types", bcrypt(6)).build().expect("a valid configuration");
    let Step::FindUser(ask) = auth.login("known", "".into()) else { panic!("well-formed") };
    let Step::Verify(work) = ask.found("known".to_owned(), hash) else { panic!("a hash") };
    let Step::Rehash(work) = work.run() else { panic!("an outdated hash") };
    work.with_rng(&mut ChaCha8Rng::seed_from_u64(1)).run()
}

/// A failed lookup is the host's own error, and the step is dropped.
#[test]
fn a_failing_store_grants_nothing() {
    let now = UnixTime::from_secs(0);
    let step = auth().begin([("Authorization", &b"Bearer abc"[..])]);
    assert!(block_on(driver::drive(step, &Shared, now)).0.is_err());
    let step = auth().login("broken", "secret".into());
    assert!(block_on(driver::drive(step, &Shared, now)).0.is_err());
    let mut store = Local(Rc::from("somebody"));
    let mut workspace = Workspace::new();
    let step = auth().login("known", "secret".into());
    assert!(driver::drive_blocking(step, &mut store, &mut workspace, now).is_err());
    let step = auth().begin([("Authorization", &b"Bearer broken"[..])]);
    assert!(driver::drive_blocking(step, &mut store, &mut workspace, now).is_err());
    let step = auth().begin([("Authorization", &b"Bearer abc"[..])]);
    let outcome = driver::drive_blocking(step, &mut store, &mut workspace, now);
    assert!(outcome.is_ok_and(|outcome| outcome.granted().is_some()));
}
