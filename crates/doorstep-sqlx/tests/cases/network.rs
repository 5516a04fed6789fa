//! Issue: "a slow or failing database gives a typed error and a 503, never a granted request and
//! never a lost password", where the database is at the other end of a network.

use std::time::Duration;

use doorstep_sqlx::{ErrorKind, SqlStore};
use tokio::time::timeout;

use crate::cases::layer::alice;
use crate::util::lock::{self, Lock};
use crate::util::proxy::{Proxy, Way};
use crate::util::site::Site;
use crate::util::{Bed, hash, is_up_to_date, logs_in, options, outdated_hash};

const CONNECTIONS: u32 = 3;

/// A store that waits three seconds for a connection, and longer for an answer: as long as a busy
/// machine may take for what is well.
async fn impatient(url: &str) -> SqlStore {
    let mut options = options();
    options.max_connections = CONNECTIONS;
    options.acquire_timeout = Duration::from_secs(3);
    options.statement_timeout = Duration::from_secs(8);
    options.connect(url).await.unwrap()
}

/// Asks until there is an answer again, which must be the right one.
async fn comes_back(site: &Site) {
    let come_back = async {
        while site.basic("alice", "a").await != 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(60), come_back).await.expect("it does not come back");
}

pub async fn a_server_that_is_gone_is_503_until_it_is_back(bed: &Bed) {
    let direct = bed.store().await;
    let (id, token) = alice(&direct, &hash("a")).await;
    let proxy = Proxy::to(&bed.url).await;
    let store = impatient(&proxy.url).await;
    let site = Site::new(store.clone());
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (200, 200));

    // It goes while requests are under way.
    let asking: Vec<_> = ["a", "wrong", "a", "wrong"]
        .into_iter()
        .map(|password| {
            let site = site.clone();
            tokio::spawn(async move {
                let right = if password == "a" { 200 } else { 401 };
                let mut answers = 0;
                loop {
                    match site.basic("alice", password).await {
                        503 => return answers,
                        status => assert_eq!(status, right, "{password}"),
                    }
                    answers += 1;
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    proxy.is(Way::Cut);
    for asking in asking {
        asking.await.unwrap();
    }
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (503, 503));
    let error = store.set_password(id, Some(&hash("b"))).await.unwrap_err();
    assert!([ErrorKind::Unavailable, ErrorKind::Timeout].contains(&error.kind()), "{error}");

    proxy.is(Way::Open);
    comes_back(&site).await;
    assert_eq!((site.basic("alice", "wrong").await, site.bearer(&token).await), (401, 200));
}

pub async fn a_network_that_swallows_is_503_and_keeps_no_connection(bed: &Bed) {
    let direct = bed.store().await;
    let (id, token) = alice(&direct, &hash("a")).await;
    let proxy = Proxy::to(&bed.url).await;
    let store = impatient(&proxy.url).await;
    let site = Site::new(store.clone());
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (200, 200));

    // Every connection is in use when nothing arrives any more, and then their clients hang up.
    let lock = Lock::hold(&bed.url, id.as_i64()).await;
    let changes: Vec<_> = (0..CONNECTIONS)
        .map(|_| store.clone())
        .map(|store| tokio::spawn(async move { store.set_password(id, Some(&hash("b"))).await }))
        .collect();
    while site.basic("alice", "a").await == 200 {}
    proxy.is(Way::Swallow);
    changes.iter().for_each(|change| change.abort());
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (503, 503));
    let error = store.set_password(id, Some(&hash("b"))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let migration = timeout(Duration::from_secs(90), store.migrate()).await;
    assert!(migration.expect("it has no deadline").is_err());

    lock.release().await;
    assert!(direct.set_password(id, Some(&hash("a"))).await.unwrap());
    proxy.is(Way::Open);
    comes_back(&site).await;
}

/// The server's own word, as it says it to everybody when it shuts down.
pub async fn a_terminated_connection_is_a_typed_error_and_the_next_one_works(bed: &Bed) {
    let store = bed.store().await;
    let (id, token) = alice(&store, &hash("a")).await;
    let site = Site::new(store.clone());
    let lock = Lock::hold(&bed.url, id.as_i64()).await;
    let change = tokio::spawn(async move { store.set_password(id, Some(&hash("b"))).await });
    while !lock::terminate(&bed.url, "UPDATE doorstep_users SET hash").await {}
    let error = change.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    lock.release().await;
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (200, 200));
    assert_eq!(site.basic("alice", "b").await, 401);
}

pub async fn a_server_that_goes_during_a_rehash_keeps_the_password(bed: &Bed) {
    let direct = bed.store().await;
    let (id, _) = alice(&direct, &hash("a")).await;
    let mut renewed = 0;
    for round in 0..20 {
        direct.set_password(id, Some(&outdated_hash("a"))).await.unwrap();
        let proxy = Proxy::to(&bed.url).await;
        let site = Site::new(impatient(&proxy.url).await);
        assert_eq!(site.basic("alice", "a").await, 200);
        // Sooner or later while the hash is renewed.
        tokio::time::sleep(Duration::from_micros(200 * round)).await;
        proxy.is(Way::Cut);
        site.renewed().await;
        // Before `logs_in` renews it.
        renewed += u32::from(is_up_to_date(&direct, "alice", "a").await);
        assert!(logs_in(&direct, "alice", "a").await, "round {round}");
    }
    println!(
        "the server went {} times before the new hash was stored, {renewed} after",
        20 - renewed
    );
}
