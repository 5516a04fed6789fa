//! Issue: "tokens by digest with expiry, revocation, scopes, last use (coarse, not a write per
//! request)".

use std::time::Duration;

use doorstep::driver::drive;
use doorstep::password::Secret;
use doorstep::{Cause, Scopes, TokenDigest, TokenFormat, UnixTime};
use doorstep_sqlx::{SqlStore, UserId};
use tokio::time::timeout;

use crate::util::{Bed, authenticator, later, now, refused};

async fn user(store: &SqlStore, name: &str) -> UserId {
    store.create_user(name, None, &Scopes::NONE_ASKED).await.unwrap()
}

async fn token(store: &SqlStore, user: UserId, scopes: &str, secs: Option<u64>) -> Secret {
    let expires = secs.map(|secs| UnixTime::from_secs(now().as_secs() + secs));
    let format = TokenFormat::new("ds_").unwrap();
    store.create_token(user, &format, Scopes::parse(scopes).unwrap(), expires).await.unwrap()
}

pub async fn a_token_is_granted_what_it_was_made_for(bed: &Bed) {
    let store = bed.store().await;
    let alice = user(&store, "alice").await;
    let made = token(&store, alice, "read write", None).await;
    let value = [b"Bearer ", made.expose()].concat();
    let step = authenticator().begin([("authorization", &value[..])]);
    let granted = drive(step, &store, now()).await.unwrap().granted().unwrap();
    assert_eq!((granted.user().id, &granted.user().username[..]), (alice, "alice"));
    assert_eq!(granted.scopes().as_str(), "read write");

    let listed = store.tokens(alice).await.unwrap();
    assert_eq!(granted.user().token, Some(listed[0].id));
    assert_eq!((listed[0].scopes.as_str(), listed[0].created), ("read write", now()));
    assert_eq!(refused(&store, &"nobodys".into()).await, Some(Cause::UnknownToken));
}

pub async fn a_token_is_revoked_by_its_owner_alone(bed: &Bed) {
    let store = bed.store().await;
    let (alice, bob) = (user(&store, "alice").await, user(&store, "bob").await);
    let first = token(&store, alice, "", None).await;
    let second = token(&store, alice, "", None).await;
    let other = token(&store, bob, "", None).await;
    let [newer, older] = &store.tokens(alice).await.unwrap()[..] else { panic!("there are two") };

    assert!(!store.revoke_token(bob, older.id).await.unwrap());
    assert_eq!(refused(&store, &first).await, None);
    assert!(store.revoke_token(alice, older.id).await.unwrap());
    assert!(!store.revoke_token(alice, older.id).await.unwrap(), "it is revoked already");
    assert_eq!(refused(&store, &first).await, Some(Cause::TokenRevoked));
    assert_eq!(refused(&store, &second).await, None);

    assert!(store.revoke_digest(&TokenDigest::of(second.expose())).await.unwrap());
    assert_eq!(refused(&store, &second).await, Some(Cause::TokenRevoked));
    let listed = store.tokens(alice).await.unwrap();
    assert_eq!((listed[0].id, listed[0].revoked), (newer.id, Some(now())));

    token(&store, alice, "", None).await;
    assert_eq!(store.revoke_tokens(alice).await.unwrap(), 1);
    assert_eq!(refused(&store, &other).await, None);
}

pub async fn a_token_expires(bed: &Bed) {
    let store = bed.store().await;
    let alice = user(&store, "alice").await;
    let short = token(&store, alice, "", Some(60)).await;
    let long = token(&store, alice, "", None).await;
    later(59);
    assert_eq!(refused(&store, &short).await, None);
    later(1);
    assert_eq!(refused(&store, &short).await, Some(Cause::TokenExpired));
    assert_eq!(store.delete_expired_tokens(now()).await.unwrap(), 0);
    later(1);
    assert_eq!(store.delete_expired_tokens(now()).await.unwrap(), 1);
    assert_eq!(refused(&store, &short).await, Some(Cause::UnknownToken));
    assert_eq!(refused(&store, &long).await, None);
}

pub async fn the_last_use_is_written_once_an_hour(bed: &Bed) {
    let store = bed.store().await;
    let alice = user(&store, "alice").await;
    let token = token(&store, alice, "", None).await;
    let last_used = async || store.tokens(alice).await.unwrap()[0].last_used;
    // It is written beside the request, and passed over while another is being written: until it is
    // there.
    let is_noted = async || {
        while last_used().await != Some(now()) {
            assert_eq!(refused(&store, &token).await, None);
        }
    };
    let minute = Duration::from_secs(60);
    assert_eq!(last_used().await, None);
    timeout(minute, is_noted()).await.unwrap();

    later(3599);
    for _ in 0..3 {
        assert_eq!(refused(&store, &token).await, None);
    }
    // Had that been noted, this would not be: it is a second later.
    later(1);
    timeout(minute, is_noted()).await.unwrap();

    // A refused token was not used.
    store.revoke_tokens(alice).await.unwrap();
    let last = now();
    later(7200);
    assert_eq!(refused(&store, &token).await, Some(Cause::TokenRevoked));
    assert_eq!(last_used().await, Some(last));
}
