//! Issue: "a slow or failing database gives a typed error and a 503, never a granted request and
//! never a lost password", as requests meet it.

use std::time::Duration;

use doorstep::Scopes;
use doorstep::password::Secret;
use doorstep::{TokenFormat, UnixTime};
use doorstep_sqlx::{ErrorKind, SqlStore, UserId};

use crate::util::lock::Lock;
use crate::util::site::Site;
use crate::util::{Bed, hash, is_up_to_date, logs_in, options, outdated_hash};

/// Alice, whose password is "a", and a token of hers.
pub async fn alice(store: &SqlStore, hash: &str) -> (UserId, Secret) {
    let id = store.create_user("alice", Some(hash), &Scopes::NONE_ASKED).await.unwrap();
    let format = TokenFormat::new("ds_").unwrap();
    let never = None::<UnixTime>;
    (id, store.create_token(id, &format, Scopes::NONE_ASKED, never).await.unwrap())
}

pub async fn without_tables_every_request_is_503(bed: &Bed) {
    let store = options().connect(&bed.url).await.unwrap();
    let site = Site::new(store.clone());
    let token = "ds_nobodys".into();
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (503, 503));

    store.migrate().await.unwrap();
    let (_, token) = alice(&store, &hash("a")).await;
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (200, 200));
    assert_eq!((site.basic("alice", "b").await, site.basic("bob", "b").await), (401, 401));

    store.close().await;
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (503, 503));
}

pub async fn without_a_free_connection_every_request_is_503(bed: &Bed) {
    let store = bed.store().await;
    let (id, token) = alice(&store, &hash("a")).await;
    let mut options = options();
    options.max_connections = 1;
    options.acquire_timeout = Duration::from_secs(2);
    let small = options.connect(&bed.url).await.unwrap();
    let site = Site::new(small.clone());

    // The one connection waits for a lock.
    let lock = Lock::hold(&bed.url, id.as_i64()).await;
    let change = tokio::spawn(async move { small.set_password(id, Some(&hash("b"))).await });
    while site.basic("alice", "a").await == 200 {}
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (503, 503));
    assert_eq!(site.basic("alice", "wrong").await, 503);

    lock.release().await;
    assert!(change.await.unwrap().unwrap());
    assert_eq!((site.basic("alice", "b").await, site.bearer(&token).await), (200, 200));
    assert_eq!(site.basic("alice", "a").await, 401);
}

pub async fn a_hash_that_cannot_be_renewed_lets_in_and_stays(bed: &Bed) {
    let store = bed.store().await;
    let (id, _) = alice(&store, &outdated_hash("a")).await;
    let mut options = options();
    options.statement_timeout = Duration::from_millis(300);
    let site = Site::new(options.connect(&bed.url).await.unwrap());

    let lock = Lock::hold(&bed.url, id.as_i64()).await;
    assert_eq!(site.basic("alice", "a").await, 200);
    site.renewed().await;
    lock.release().await;
    assert!(!is_up_to_date(&store, "alice", "a").await);

    assert_eq!(site.basic("alice", "a").await, 200);
    site.renewed().await;
    assert!(is_up_to_date(&store, "alice", "a").await);
}

pub async fn a_read_only_database_lets_in_and_changes_nothing(bed: &Bed) {
    let store = bed.store().await;
    let (id, token) = alice(&store, &outdated_hash("a")).await;
    let reader = options().connect(&bed.read_only().await).await.unwrap();
    let site = Site::new(reader.clone());
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (200, 200));
    assert_eq!(site.basic("alice", "b").await, 401);
    site.renewed().await;

    let refused = reader.set_password(id, Some(&hash("b"))).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    let refused = reader.create_user("bob", None, &Scopes::NONE_ASKED).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    let refused = reader.revoke_tokens(id).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Refused, "{refused}");
    assert!(logs_in(&reader, "alice", "a").await && !is_up_to_date(&store, "alice", "a").await);
    assert_eq!(store.tokens(id).await.unwrap()[0].last_used, None);
}
