//! Issue: "a slow or failing database gives a typed error and a 503, never a granted request and
//! never a lost password"; and an error holds no secret.

use std::time::Duration;

use doorstep::driver::drive;
use doorstep::{Scopes, TokenFormat};
use doorstep_sqlx::ErrorKind;

use crate::util::lock::Lock;
use crate::util::{Bed, authenticator, hash, logs_in, now, options};

pub async fn without_tables_there_is_a_word_for_it(bed: &Bed) {
    let store = options().connect(&bed.url).await.unwrap();
    assert_eq!(store.check().await.unwrap_err().kind(), ErrorKind::Schema);
    assert_eq!(store.user("alice").await.unwrap_err().kind(), ErrorKind::Schema);
    store.migrate().await.unwrap();
    store.check().await.unwrap();
}

pub async fn a_closed_pool_grants_nobody(bed: &Bed) {
    let store = bed.store().await;
    let id = store.create_user("alice", Some(&hash("a")), &Scopes::NONE_ASKED).await.unwrap();
    let format = TokenFormat::new("ds_").unwrap();
    let token = store.create_token(id, &format, Scopes::NONE_ASKED, None).await.unwrap();
    assert!(logs_in(&store, "alice", "a").await);
    store.close().await;
    let login = drive(authenticator().login("alice", "a".into()), &store, now()).await;
    assert_eq!(login.unwrap_err().kind(), ErrorKind::Unavailable);
    let value = [b"Bearer ", token.expose()].concat();
    let step = authenticator().begin([("authorization", &value[..])]);
    assert_eq!(drive(step, &store, now()).await.unwrap_err().kind(), ErrorKind::Unavailable);
}

pub async fn an_error_cites_nobody(bed: &Bed) {
    let store = bed.store().await;
    let (name, stored) = ("cited-user-id", hash("cited"));
    store.create_user(name, Some(&stored), &Scopes::NONE_ASKED).await.unwrap();
    let error = store.create_user(name, Some(&stored), &Scopes::NONE_ASKED).await.unwrap_err();
    let said = format!("{error} {error:?} {store:?}");
    // The servers' own messages have it: "Duplicate entry 'cited-user-id' for key …".
    assert!(!said.contains("cited") && !said.contains(&stored[..7]), "{said}");
    assert!(error.code().is_some(), "{said}");

    let url = bed.url.replace("://doorstep:", "://somebody:");
    let url = if url == bed.url { "sqlite:/cited/cited.db".to_owned() } else { url };
    let mut options = options();
    options.acquire_timeout = Duration::from_secs(2);
    let error = options.connect(&url).await.unwrap_err();
    let said = format!("{error} {error:?}");
    assert!(
        !said.contains("cited") && !said.contains("somebody") && !said.contains(&url),
        "{said}"
    );
}

pub async fn a_held_lock_is_a_timeout_and_no_lost_connection(bed: &Bed) {
    let store = bed.store().await;
    let id = store.create_user("alice", Some(&hash("a")), &Scopes::NONE_ASKED).await.unwrap();
    let mut options = options();
    options.statement_timeout = Duration::from_millis(300);
    options.max_connections = 1;
    let impatient = options.connect(&bed.url).await.unwrap();

    let lock = Lock::hold(&bed.url, id.as_i64()).await;
    for _ in 0..3 {
        let error = impatient.set_password(id, Some(&hash("b"))).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
        // The database said so: nothing will be changed later.
        assert!(error.code().is_some());
    }
    lock.release().await;
    assert!(logs_in(&impatient, "alice", "a").await);
    assert!(impatient.set_password(id, Some(&hash("b"))).await.unwrap());
    assert!(logs_in(&store, "alice", "b").await);
}
