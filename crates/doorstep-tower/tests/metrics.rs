//! What is counted and measured, as a recorder sees it. Issue 5 §1: "queue length, permits, batch
//! sizes, causes, rehashes, receipts".

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "axum", feature = "metrics"))]

mod util;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError, mpsc};
use std::time::Duration;

use axum::http::Response;
use doorstep::password::Cost;
use doorstep_tower::{AuthLayer, Peer, Pool, PoolLimits, ReceiptLimits, ThrottleLimits, metrics};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower::{Layer as _, ServiceExt as _, service_fn};

use util::{Db, TOKEN, authenticator, basic, bearer, builder, get};

/// The process has one recorder, so that its tests come one after another; each drains the pools that
/// would go on counting.
struct Recorder {
    snapshotter: Snapshotter,
    /// Sums, and the values of histograms: a snapshot forgets what it showed.
    seen: BTreeMap<(String, String), Vec<f64>>,
}

fn recorder() -> MutexGuard<'static, Recorder> {
    static RECORDER: OnceLock<Mutex<Recorder>> = OnceLock::new();
    let recorder = RECORDER.get_or_init(|| {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        recorder.install().unwrap();
        metrics::describe();
        Mutex::new(Recorder { snapshotter, seen: BTreeMap::new() })
    });
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    recorder.look();
    recorder.seen.clear();
    recorder
}

impl Recorder {
    /// Each has a unit and a description.
    fn look(&mut self) {
        for (key, unit, description, value) in self.snapshotter.snapshot().into_vec() {
            assert!(unit.is_some() && description.is_some(), "{key:?}");
            let labels: Vec<_> = key.key().labels().map(|label| label.value()).collect();
            let seen =
                self.seen.entry((key.key().name().to_owned(), labels.join(" "))).or_default();
            match value {
                DebugValue::Counter(count) => seen.push(count as f64),
                DebugValue::Gauge(change) => seen.push(change.into_inner()),
                DebugValue::Histogram(values) => seen.extend(values.into_iter().map(f64::from)),
            }
        }
    }

    /// The sums under a name, by labels.
    fn sums(&mut self, name: &str) -> BTreeMap<String, f64> {
        self.look();
        let of_name = self.seen.iter().filter(|((other, _), _)| other == name);
        let sums = of_name.map(|((_, labels), seen)| (labels.clone(), seen.iter().sum()));
        sums.filter(|(_, sum)| *sum != 0.0).collect()
    }

    /// The values of a histogram.
    fn values(&mut self, name: &str) -> Vec<f64> {
        self.look();
        self.seen.get(&(name.to_owned(), "hashing".to_owned())).cloned().unwrap_or_default()
    }
}

fn of<const N: usize>(counts: [(&str, f64); N]) -> BTreeMap<String, f64> {
    counts.into_iter().map(|(labels, count)| (labels.to_owned(), count)).collect()
}

async fn send(layer: &AuthLayer<Db>, fields: &[(&str, &str)]) {
    let service = layer.layer(service_fn(async |_| Ok::<_, ()>(Response::new(()))));
    service.oneshot(get("/", fields)).await.unwrap();
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn requests_and_logins_are_counted_by_scheme_outcome_and_cause() {
    let mut recorder = recorder();
    let db = Db::new();
    let layer = AuthLayer::new(authenticator(), db.clone());
    send(&layer, &[]).await;
    send(&layer, &[("authorization", "Negotiate abc")]).await;
    for (name, password) in [("Aladdin", "open sesame"), ("Aladdin", "x"), ("Nobody", "x")] {
        send(&layer, &[("authorization", &basic(name, password))]).await;
    }
    send(&layer, &[("authorization", &bearer())]).await;
    send(&layer, &[("authorization", "Bearer another")]).await;
    send(&layer, &[("authorization", "Bearer ?")]).await;
    send(&layer, &[("x-api-key", TOKEN), ("authorization", &bearer())]).await;
    let login = layer.login_handle();
    for password in ["open sesame", "wrong", "wrong"] {
        let _ = login.login("Aladdin", password.into(), &Peer::default()).await;
    }
    layer.hashing_pool().drain().await;
    send(&layer, &[("authorization", &basic("Aladdin", "open sesame"))]).await;
    *db.fails.lock().unwrap() = true;
    send(&layer, &[("authorization", &bearer())]).await;
    let counted = recorder.sums(metrics::AUTHENTICATIONS);
    let expected = of([
        ("none anonymous none", 2.0),
        ("basic granted none", 1.0),
        ("basic denied mismatch", 1.0),
        ("basic denied unknown_user", 1.0),
        ("basic denied overloaded", 1.0),
        ("bearer granted none", 1.0),
        ("bearer denied unknown_token", 1.0),
        ("bearer denied malformed", 1.0),
        ("bearer failed none", 1.0),
        ("unknown denied ambiguous", 1.0),
        ("login granted none", 1.0),
        ("login denied mismatch", 2.0),
    ]);
    assert_eq!(counted, expected);
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn receipts_hit_or_miss() {
    let mut recorder = recorder();
    let layer = AuthLayer::new(builder().receipts().build().unwrap(), Db::new());
    let login = |layer: &AuthLayer<Db>, password: &str| {
        let (login, password) = (layer.login_handle(), password.into());
        async move { login.login("Aladdin", password, &Peer::default()).await.is_ok() }
    };
    assert!(login(&layer, "open sesame").await);
    assert_eq!(recorder.sums(metrics::RECEIPTS), of([]));
    let layer = layer.receipts(ReceiptLimits::default());
    assert!(login(&layer, "open sesame").await && login(&layer, "open sesame").await);
    assert!(!login(&layer, "wrong").await && login(&layer, "open sesame").await);
    assert_eq!(recorder.sums(metrics::RECEIPTS), of([("miss", 2.0), ("hit", 2.0)]));
    layer.hashing_pool().drain().await;
}

/// On one thread, what the test does between a response and the next `await` comes before the store
/// is told of the new hash.
#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn rehashes_are_counted_by_what_became_of_them() {
    let mut recorder = recorder();
    let mut no_room = PoolLimits::for_upgrades();
    no_room.memory_kib = 0;
    let log_in = async |db: &Db, layer: &AuthLayer<Db>| {
        db.set_password("Aladdin", "open sesame", 1);
        let login = layer.login_handle();
        login.login("Aladdin", "open sesame".into(), &Peer::default()).await.unwrap();
    };
    for result in ["done", "lost", "failed", "dropped"] {
        let db = Db::new();
        let mut layer = AuthLayer::new(authenticator(), db.clone());
        if result == "dropped" {
            layer = layer.upgrades(no_room);
        }
        log_in(&db, &layer).await;
        match result {
            "lost" => db.set_password("Aladdin", "close sesame", 2),
            "failed" => *db.fails.lock().unwrap() = true,
            _ => {}
        }
        let mut counted = BTreeMap::new();
        while counted.is_empty() {
            tokio::task::yield_now().await;
            counted = recorder.sums(metrics::REHASHES);
        }
        assert_eq!(counted, of([(result, 1.0)]));
        recorder.seen.clear();
        layer.hashing_pool().drain().await;
    }
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn a_pool_shows_who_waits_what_runs_and_what_it_holds() {
    let mut recorder = recorder();
    let mut gauges = || {
        [metrics::QUEUE_LENGTH, metrics::THREADS_BUSY, metrics::MEMORY]
            .map(|name| recorder.sums(name).get("hashing").copied().unwrap_or(0.0))
    };
    let mut limits = PoolLimits::default();
    limits.threads = NonZeroUsize::MIN;
    let pool = Pool::start(limits).unwrap();
    let (end, ended) = mpsc::channel::<()>();
    let job = move |_: &mut _| ended.recv_timeout(Duration::from_secs(60)).is_err();
    let held = tokio::spawn({
        let pool = pool.clone();
        async move { pool.run(Cost::new(3, 1), job).await }
    });
    until(|| pool.load().running == 1).await;
    assert_eq!(gauges(), [0.0, 1.0, 3.0 * 1024.0]);
    let login = AuthLayer::new(authenticator(), Db::new()).pool(pool.clone()).login_handle();
    let logins = [(); 3].map(|()| {
        let login = login.clone();
        tokio::spawn(
            async move { login.login("Aladdin", "open sesame".into(), &Peer::default()).await },
        )
    });
    until(|| pool.load().waiting == 3).await;
    assert_eq!(gauges(), [3.0, 1.0, 3.0 * 1024.0]);
    drop(end);
    held.await.unwrap().unwrap();
    for login in logins {
        login.await.unwrap().unwrap();
    }
    pool.drain().await;
    assert_eq!(gauges(), [0.0, 0.0, 0.0]);
    assert_eq!(recorder.values(metrics::BATCH_SIZE), [1.0, 3.0]);
    assert_eq!(recorder.values(metrics::QUEUE_TIME).len(), 4);
    assert_eq!(recorder.values(metrics::HASH_TIME).len(), 2);
}

/// Who is throttled is counted as such; who is let through, for being known there, by what came of it.
#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "one test at a time")]
async fn the_throttled_are_counted() {
    let mut recorder = recorder();
    let mut limits = ThrottleLimits::default();
    limits.username.burst = NonZeroU32::MIN;
    let layer = AuthLayer::new(authenticator(), Db::new()).throttle(limits);
    let login = layer.login_handle();
    let [home, elsewhere] = [1, 2].map(|host| Peer::from(IpAddr::from([127, 0, 0, host])));
    for (password, peer) in [
        ("open sesame", &home),
        ("wrong", &elsewhere),
        ("wrong", &elsewhere),
        ("open sesame", &elsewhere),
        ("wrong", &home),
        ("open sesame", &home),
    ] {
        let _ = login.login("Aladdin", password.into(), peer).await;
    }
    layer.hashing_pool().drain().await;
    assert_eq!(
        recorder.sums(metrics::AUTHENTICATIONS),
        of([
            ("login denied mismatch", 2.0),
            ("login denied throttled", 2.0),
            ("login granted none", 2.0),
        ])
    );
}
