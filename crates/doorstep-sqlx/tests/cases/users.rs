//! Issue: "User-ids are unique and compared byte for byte on all three"; RFC 7617 §2 leaves the
//! comparison to the host.

use doorstep::{Cause, Scopes, TokenFormat};
use doorstep_sqlx::{ErrorKind, NewUser, SqlStore};

use crate::util::{Bed, hash, later, logs_in, now, refused};

/// What collations take for `admin`: another case, a blank at the end, a dotless i, an accent in
/// one character and in two, full width, an ignorable character, and other endings.
const ADMINS: [&str; 16] = [
    "admin",
    "Admin",
    "ADMIN",
    "admin ",
    "Admin ",
    "admin  ",
    "admin\t",
    "adm\u{131}n",
    "\u{e4}dmin",
    "a\u{308}dmin",
    "\u{ff41}dmin",
    "ad\u{ad}min",
    " admin",
    "admin\u{1f464}",
    "admin\u{1f465}",
    "admin?",
];

pub async fn user_ids_are_compared_byte_for_byte(bed: &Bed) {
    let store = bed.store().await;
    for (at, name) in ADMINS.iter().enumerate() {
        for absent in &ADMINS[at..] {
            assert!(store.user(absent).await.unwrap().is_none(), "{absent:?} after {name:?}");
        }
        store.create_user(name, Some(&hash(name)), &Scopes::NONE_ASKED).await.unwrap();
    }
    for name in ADMINS {
        assert_eq!(store.user(name).await.unwrap().unwrap().username, name);
    }
    for (name, other) in ADMINS.iter().zip(ADMINS.iter().cycle().skip(1)) {
        // A control character is refused before any lookup (RFC 7617 §2).
        if !name.contains('\t') {
            assert!(logs_in(&store, name, name).await, "{name:?}");
        }
        assert!(!logs_in(&store, name, other).await, "{name:?}");
    }
}

pub async fn a_user_id_is_taken_once(bed: &Bed) {
    let store = bed.store().await;
    let first =
        store.create_user("alice", Some(&hash("first")), &Scopes::NONE_ASKED).await.unwrap();
    let second = store.create_user("alice", Some(&hash("second")), &Scopes::NONE_ASKED).await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::Taken);
    assert!(logs_in(&store, "alice", "first").await);
    assert!(!logs_in(&store, "alice", "second").await);
    assert_eq!(store.user("alice").await.unwrap().unwrap().id, first);
}

pub async fn what_not_every_database_stores_is_refused(bed: &Bed) {
    let store = bed.store().await;
    let none = Scopes::NONE_ASKED;
    let kind = |error: doorstep_sqlx::Error| error.kind();
    // PostgreSQL's text holds no NUL; MySQL outside of its strict mode cuts what is too long.
    let long = "a".repeat(SqlStore::MAX_USERNAME_LEN);
    for name in ["nul\0", "\0", "a\0b", &format!("{long}b")] {
        let made = store.create_user(name, None, &none).await;
        assert_eq!(made.map_err(kind), Err(ErrorKind::InvalidUsername));
        assert!(store.user(name).await.unwrap().is_none());
    }
    store.create_user(&long, None, &none).await.unwrap();
    store.create_user("", None, &none).await.unwrap();
    assert!(store.user(&long).await.unwrap().is_some());
    assert!(store.user("").await.unwrap().is_some());

    let id = store.create_user("bob", Some(&hash("b")), &none).await.unwrap();
    for hash in ["$2b$\0", &"h".repeat(SqlStore::MAX_HASH_LEN + 1)] {
        let set = store.set_password(id, Some(hash)).await;
        assert_eq!(set.map_err(kind), Err(ErrorKind::InvalidHash));
        let swapped = store.replace_hash(id, "old", hash).await;
        assert_eq!(swapped.map_err(kind), Err(ErrorKind::InvalidHash));
        assert!(!store.replace_hash(id, hash, "new").await.unwrap());
    }
    let scopes = Scopes::parse(&"s".repeat(SqlStore::MAX_SCOPES_LEN + 1)).unwrap();
    let set = store.set_scopes(id, &scopes).await;
    assert_eq!(set.map_err(kind), Err(ErrorKind::InvalidScopes));
    assert!(logs_in(&store, "bob", "b").await);
}

pub async fn a_batch_overwrites_nobody_and_is_all_or_nothing(bed: &Bed) {
    let store = bed.store().await;
    let new = |username, hash| NewUser { username, hash, scopes: &Scopes::NONE_ASKED };
    let (one, two) = (hash("one"), hash("two"));
    store.create_user("carol", Some(&one), &Scopes::NONE_ASKED).await.unwrap();
    let batch = [new("dave", Some(&one)), new("carol", Some(&two)), new("dave", Some(&two))];
    assert_eq!(store.create_users(&batch).await.unwrap(), [true, false, false]);
    assert!(logs_in(&store, "carol", "one").await);
    assert!(logs_in(&store, "dave", "one").await);

    let failed = store.create_users(&[new("erin", None), new("nul\0", None)]).await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::InvalidUsername);
    assert!(store.user("erin").await.unwrap().is_none());
    assert!(store.create_users(&[]).await.unwrap().is_empty());
}

pub async fn users_are_listed_in_pages(bed: &Bed) {
    let store = bed.store().await;
    let scopes = Scopes::parse("read write").unwrap();
    for name in ["zoe", "Adam", "eve"] {
        store.create_user(name, None, &scopes).await.unwrap();
    }
    let first = store.users(None, 2).await.unwrap();
    let rest = store.users(Some(first[1].id), 2).await.unwrap();
    let names: Vec<_> = first.iter().chain(&rest).map(|user| &user.username[..]).collect();
    assert_eq!(names, ["zoe", "Adam", "eve"]);
    assert!(store.users(Some(rest[0].id), 2).await.unwrap().is_empty());
    assert_eq!((&first[0].scopes, first[0].created), (&scopes, now()));
    assert!(!first[0].has_password && first[0].disabled.is_none());

    // And with their hashes, which `{:?}` does not show.
    let stored = hash("e");
    assert!(store.set_password(rest[0].id, Some(&stored)).await.unwrap());
    let page = store.stored_users(Some(first[0].id), 9).await.unwrap();
    assert_eq!(page.len(), 2);
    assert_eq!((&page[0].info, &page[0].hash), (&first[1], &None));
    assert_eq!((page[1].info.id, page[1].hash.as_deref()), (rest[0].id, Some(&stored[..])));
    assert!(!format!("{page:?}").contains(&stored[..8]));

    assert!(store.set_scopes(first[0].id, &Scopes::NONE_ASKED).await.unwrap());
    assert!(store.user("zoe").await.unwrap().unwrap().scopes.is_empty());
}

pub async fn a_disabled_account_is_denied_and_so_are_its_tokens(bed: &Bed) {
    let store = bed.store().await;
    let id = store.create_user("mallory", Some(&hash("m")), &Scopes::NONE_ASKED).await.unwrap();
    let format = TokenFormat::new("ds_").unwrap();
    let token = store.create_token(id, &format, Scopes::NONE_ASKED, None).await.unwrap();
    assert!(logs_in(&store, "mallory", "m").await && refused(&store, &token).await.is_none());

    let since = now();
    assert!(store.set_disabled(id, true).await.unwrap());
    assert!(!logs_in(&store, "mallory", "m").await);
    assert_eq!(refused(&store, &token).await, Some(Cause::AccountDisabled));
    // Disabling it again does not change since when.
    later(10);
    assert!(store.set_disabled(id, true).await.unwrap());
    assert_eq!(store.user("mallory").await.unwrap().unwrap().disabled, Some(since));

    assert!(store.set_disabled(id, false).await.unwrap());
    assert!(logs_in(&store, "mallory", "m").await && refused(&store, &token).await.is_none());
}

pub async fn a_deleted_user_leaves_no_token_behind(bed: &Bed) {
    let store = bed.store().await;
    let id = store.create_user("trent", Some(&hash("t")), &Scopes::NONE_ASKED).await.unwrap();
    let format = TokenFormat::new("ds_").unwrap();
    let token = store.create_token(id, &format, Scopes::NONE_ASKED, None).await.unwrap();
    assert!(store.delete_user(id).await.unwrap());
    assert_eq!(refused(&store, &token).await, Some(Cause::UnknownToken));

    // Nor does the next of that name get anything of the first one's.
    let next = store.create_user("trent", Some(&hash("n")), &Scopes::NONE_ASKED).await.unwrap();
    assert_ne!(next, id);
    assert!(!store.delete_user(id).await.unwrap());
    assert!(!store.set_disabled(id, true).await.unwrap());
    assert!(!store.set_password(id, Some(&hash("x"))).await.unwrap());
    assert_eq!(refused(&store, &token).await, Some(Cause::UnknownToken));
    let orphan = store.create_token(id, &format, Scopes::NONE_ASKED, None).await;
    assert_eq!(orphan.unwrap_err().kind(), ErrorKind::NoSuchUser);
}

pub async fn a_user_without_a_password_logs_in_with_none(bed: &Bed) {
    let store = bed.store().await;
    let id = store.create_user("robot", None, &Scopes::NONE_ASKED).await.unwrap();
    assert!(!logs_in(&store, "robot", "").await);
    assert!(store.set_password(id, Some(&hash("r"))).await.unwrap());
    assert!(logs_in(&store, "robot", "r").await);
    assert!(store.set_password(id, None).await.unwrap());
    assert!(!logs_in(&store, "robot", "r").await);
}
