//! Receipts in a layer: whose password is not hashed again, and what ends it. Issue 5 §1, DESIGN §2
//! "Rehash and receipts".

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(feature = "axum")]

mod util;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use doorstep::password::{Hashers, Secret};
use doorstep::{Authenticator, Basic, Bearer, Cause, Outcome, Refuse};
use doorstep_tower::{AuthLayer, Failures, Login, Peer, ReceiptLimits, ThrottleLimits};
use tower::{Layer as _, ServiceExt as _, service_fn};

use util::counted::Counted;
use util::{Db, Row, basic, get};

/// A host with two accounts, whose hasher counts.
struct Host {
    db: Db,
    hasher: Counted,
    layer: AuthLayer<Db>,
    login: Login<Db>,
}

impl Host {
    fn new(limits: ReceiptLimits) -> Self {
        let (db, hasher) = (Db::default(), Counted::default());
        for name in ["Aladdin", "Jafar"] {
            set(&db, name, &hasher.stored("open sesame"));
        }
        Self::over(db, hasher, limits)
    }

    /// As it is after a restart.
    fn over(db: Db, hasher: Counted, limits: ReceiptLimits) -> Self {
        let auth = Authenticator::builder("example", Hashers::new(hasher.clone()))
            .scheme(Basic::new())
            .scheme(Bearer::new())
            .receipts_with_key(Secret::from(vec![1; 32]));
        let layer = AuthLayer::new(auth.build().unwrap(), db.clone()).receipts(limits);
        Self { db, hasher, login: layer.login_handle(), layer }
    }

    /// Why not, if not.
    async fn login(&self, username: &str, password: &str) -> Result<(), Cause> {
        match self.login.decide(username, password.into(), &Peer::default()).await.unwrap() {
            Outcome::Granted(granted) => {
                assert_eq!(
                    (granted.user().as_str(), granted.username()),
                    (username, Some(username))
                );
                Ok(())
            }
            Outcome::Denied(denied) => Err(denied.cause()),
            Outcome::Anonymous(_) => panic!("a login is never anonymous"),
        }
    }

    /// Logs in, and says how often it was hashed for.
    async fn hashes(&self, username: &str, password: &str) -> (Result<(), Cause>, usize) {
        let before = self.hasher.begun();
        (self.login(username, password).await, self.hasher.begun() - before)
    }
}

fn set(db: &Db, username: &str, hash: &str) {
    let row = Row { hash: hash.into(), disabled: false };
    db.users.lock().unwrap().insert(username.into(), row);
}

fn limits() -> ReceiptLimits {
    ReceiptLimits::default()
}

#[tokio::test]
async fn the_same_password_is_hashed_once_and_the_store_asked_each_time() {
    let host = Host::new(limits());
    for hashed in [1, 0, 0] {
        assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), hashed));
    }
    assert_eq!(host.db.asked(), 3);
    // Of one layer, Basic and logins know the same users.
    let service = host.layer.layer(service_fn(async |_| Ok::<_, ()>(http::Response::new(()))));
    let fields = |value: &str| get("/", &[("authorization", value)]);
    let answered = service.oneshot(fields(&basic("Aladdin", "open sesame"))).await.unwrap();
    assert_eq!((answered.status().as_u16(), host.hasher.begun()), (200, 1));
}

#[tokio::test]
async fn there_are_none_unless_asked_for() {
    let Host { db, hasher, .. } = Host::new(limits());
    let auth = Authenticator::builder("example", Hashers::new(hasher.clone())).receipts();
    let login = AuthLayer::new(auth.build().unwrap(), db.clone()).login_handle();
    // Nor where the authenticator makes none.
    let auth = Authenticator::builder("example", Hashers::new(hasher.clone()));
    let layer = AuthLayer::new(auth.build().unwrap(), db).receipts(limits());
    for login in [login, layer.login_handle()] {
        for _ in 0..2 {
            login.login("Aladdin", "open sesame".into(), &Peer::default()).await.unwrap();
        }
    }
    assert_eq!(hasher.begun(), 4);
}

#[tokio::test]
async fn a_changed_password_ends_it() {
    let host = Host::new(limits());
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 1));
    set(&host.db, "Aladdin", &host.hasher.stored("close sesame"));
    let old = host.hashes("Aladdin", "open sesame").await;
    assert_eq!(old, (Err(Cause::Mismatch), 1));
    assert_eq!(host.hashes("Aladdin", "close sesame").await, (Ok(()), 1));
    assert_eq!(host.hashes("Aladdin", "close sesame").await, (Ok(()), 0));
}

#[tokio::test]
async fn a_disabled_or_deleted_account_ends_it() {
    let host = Host::new(limits());
    for (name, cause) in [("Aladdin", Cause::AccountDisabled), ("Jafar", Cause::UnknownUser)] {
        assert_eq!(host.hashes(name, "open sesame").await, (Ok(()), 1));
        match cause {
            Cause::AccountDisabled => host.db.disable(name),
            _ => drop(host.db.users.lock().unwrap().remove(name)),
        }
        // With the work of a wrong password.
        assert_eq!(host.hashes(name, "open sesame").await, (Err(cause), 1));
    }
}

/// The key is the same here, as a host's own would be: what was kept is gone all the same.
#[tokio::test]
async fn a_restart_ends_it() {
    let host = Host::new(limits());
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 1));
    let host = Host::over(host.db, host.hasher, limits());
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 1));
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 0));
}

#[tokio::test]
async fn time_ends_it() {
    let mut limits = limits();
    limits.time_to_live = Duration::from_millis(20);
    let host = Host::new(limits);
    let (begun, end) = (host.hasher.begun(), Instant::now() + Duration::from_secs(60));
    while host.hasher.begun() < begun + 3 {
        host.login("Aladdin", "open sesame").await.unwrap();
        assert!(Instant::now() < end, "receipts do not expire");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_wrong_password_makes_none_and_takes_none() {
    let host = Host::new(limits());
    for _ in 0..2 {
        let wrong = host.hashes("Aladdin", "close sesame").await;
        assert_eq!(wrong, (Err(Cause::Mismatch), 1));
    }
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 1));
    assert_eq!(host.hashes("Aladdin", "close sesame").await, (Err(Cause::Mismatch), 1));
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 0));
}

/// Both have one password, and their hashes are equal: only the user-id tells them apart.
#[tokio::test]
async fn anothers_is_not_taken() {
    let host = Host::new(limits());
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 1));
    assert_eq!(host.hashes("Jafar", "open sesame").await, (Ok(()), 1));
    let unknown = host.hashes("aladdin", "open sesame").await;
    assert_eq!(unknown, (Err(Cause::UnknownUser), 1));
}

/// Who has no account makes no receipt, with however many names.
#[tokio::test]
async fn names_without_accounts_push_nobody_out() {
    let mut limits = limits();
    limits.capacity = 4;
    let host = Host::new(limits);
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 1));
    for number in 0..1000 {
        let _ = host.login(&format!("name {number}"), "open sesame").await;
    }
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 0));
}

/// Issue 5 §1: throttled "before the hash". What costs no hash is no free guess either: otherwise a
/// right password would show by its grant, among as many wrong ones as one likes.
#[tokio::test]
async fn who_is_throttled_is_not_recalled() {
    let host = Host::new(limits());
    let mut throttled = ThrottleLimits::default();
    throttled.username =
        Failures { burst: NonZeroU32::new(2).unwrap(), one_each: Duration::from_secs(86_400) };
    let login = host.layer.clone().throttle(throttled).login_handle();
    let host = Host { login, ..host };
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 1));
    for _ in 0..2 {
        let wrong = host.hashes("Aladdin", "close sesame").await;
        assert_eq!(wrong, (Err(Cause::Mismatch), 1));
    }
    for password in ["open sesame", "close sesame"] {
        let (refused, hashed) = host.hashes("Aladdin", password).await;
        assert!(matches!(refused, Err(Cause::Refused(Refuse::Throttled { .. }))), "{refused:?}");
        assert_eq!(hashed, 0);
    }
}

/// DESIGN §2: after `Replace` answered `Ok(true)` the receipt is for the new hash.
#[tokio::test]
async fn a_renewed_hash_has_one() {
    let host = Host::new(limits());
    let older = Counted::of_version(1);
    set(&host.db, "Aladdin", &older.stored("open sesame"));
    // The password, and the new hash after the response.
    host.login("Aladdin", "open sesame").await.unwrap();
    while host.db.hash("Aladdin") != host.hasher.stored("open sesame") {
        tokio::task::yield_now().await;
    }
    // On this one thread nobody comes between the store's answer and the cache.
    assert_eq!(host.hasher.begun(), 2);
    assert_eq!(host.hashes("Aladdin", "open sesame").await, (Ok(()), 0));
}
