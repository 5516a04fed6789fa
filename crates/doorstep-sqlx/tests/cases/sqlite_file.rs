//! What can be wrong with a file alone.

use doorstep::Scopes;
use doorstep::driver::drive;
use doorstep_sqlx::ErrorKind;

use crate::cases::layer::alice;
use crate::util::site::Site;
use crate::util::{Bed, authenticator, hash, is_up_to_date, logs_in, now, options, outdated_hash};

pub async fn a_full_disk_lets_in_and_loses_nothing(bed: &Bed) {
    let store = bed.store().await;
    let (id, token) = alice(&store, &outdated_hash("a")).await;
    store.close().await;

    // As many pages as there are: SQLite says of the next one what it says of a full disk.
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect(&bed.url).await.unwrap();
    sqlx::raw_sql("PRAGMA max_page_count = 1").execute(&pool).await.unwrap();
    let full = options().over(pool);
    let error = loop {
        let name = "x".repeat(1000) + &full.users(None, 1000).await.unwrap().len().to_string();
        if let Err(error) = full.create_user(&name, None, &Scopes::NONE_ASKED).await {
            break error;
        }
    };
    assert_eq!((error.kind(), error.code()), (ErrorKind::Refused, Some("13")));

    let site = Site::new(full.clone());
    assert_eq!((site.basic("alice", "a").await, site.bearer(&token).await), (200, 200));
    site.renewed().await;
    // A page that is there can still be written, or not: either hash lets in.
    assert!(logs_in(&full, "alice", "a").await);
    full.close().await;

    let store = bed.store().await;
    assert!(logs_in(&store, "alice", "a").await && is_up_to_date(&store, "alice", "a").await);
    assert!(store.set_password(id, Some(&hash("b"))).await.unwrap());
    assert!(logs_in(&store, "alice", "b").await);
}

/// A table that somebody has made anew, for whose column `Alice` is `alice`.
pub async fn a_column_that_ignores_case_lets_nobody_in(bed: &Bed) {
    let store = bed.store().await;
    alice(&store, &hash("a")).await;
    assert!(logs_in(&store, "alice", "a").await);
    store.close().await;

    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect(&bed.url).await.unwrap();
    let ignore_case = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE COLLATE BINARY', 'UNIQUE COLLATE NOCASE')
            WHERE name = 'doorstep_users';
        PRAGMA writable_schema = RESET;
        REINDEX doorstep_users";
    sqlx::raw_sql(ignore_case).execute(&pool).await.unwrap();
    let store = options().over(pool);
    assert!(logs_in(&store, "alice", "a").await);
    assert_eq!(store.user("ALICE").await.unwrap_err().kind(), ErrorKind::Schema);
    let step = authenticator().login("ALICE", "a".into());
    assert_eq!(drive(step, &store, now()).await.unwrap_err().kind(), ErrorKind::Schema);
    store.close().await;
}

pub async fn what_is_no_database_is_not_available(bed: &Bed) {
    let path = bed.url.strip_prefix("sqlite:").unwrap();
    std::fs::write(path, "no database, and long enough to be asked for its header".repeat(20))
        .unwrap();
    let error = options().connect(&bed.url).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unavailable, Some("26")));

    let mut looking = options();
    looking.create = false;
    let absent = format!("{}-absent", bed.url);
    let error = looking.clone().connect(&absent).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unavailable, Some("14")));
    assert!(!std::fs::exists(format!("{path}-absent")).unwrap());
    options().connect(&absent).await.unwrap().close().await;
    looking.connect(&absent).await.unwrap().close().await;

    let missing = format!("{}-missing/users.db", bed.url);
    let error = options().connect(&missing).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let error = options().connect(&format!("{missing}?mode=ro")).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Unavailable, Some("14")));
}
