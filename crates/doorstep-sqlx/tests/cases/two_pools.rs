//! Issue: two processes on one database. Here they are two pools, which share nothing else.

use doorstep::driver::{Store, drive};
use doorstep::{Cause, Outcome, Scopes, Step, TokenFormat};
use doorstep_sqlx::User;

use crate::util::{
    Bed, authenticator, hash, is_up_to_date, logs_in, now, options, outdated_hash, refused,
    to_replace,
};

fn is_granted(step: Step<User>) -> bool {
    matches!(step, Step::Done(Outcome::Granted(_)))
}

pub async fn what_one_does_the_other_sees(bed: &Bed) {
    let (here, there) = (bed.store().await, bed.store().await);
    let id = here.create_user("alice", Some(&hash("a")), &Scopes::NONE_ASKED).await.unwrap();
    assert!(logs_in(&there, "alice", "a").await);

    let format = TokenFormat::new("ds_").unwrap();
    let token = here.create_token(id, &format, Scopes::NONE_ASKED, None).await.unwrap();
    assert_eq!(refused(&there, &token).await, None);
    let listed = there.tokens(id).await.unwrap();
    assert!(there.revoke_token(id, listed[0].id).await.unwrap());
    assert_eq!(refused(&here, &token).await, Some(Cause::TokenRevoked));

    assert!(there.set_password(id, Some(&hash("b"))).await.unwrap());
    assert!(!logs_in(&here, "alice", "a").await);
    assert!(logs_in(&here, "alice", "b").await);
}

pub async fn one_new_hash_comes_of_two_logins(bed: &Bed) {
    let (here, there) = (bed.store().await, bed.store().await);
    let none = Scopes::NONE_ASKED;
    for round in 0..20 {
        let name = format!("user{round}");
        here.create_user(&name, Some(&outdated_hash(&name)), &none).await.unwrap();
        let (one, two) =
            tokio::join!(to_replace(&here, &name, &name), to_replace(&there, &name, &name),);
        let (first, second) =
            tokio::join!(Store::replace_hash(&here, &one), Store::replace_hash(&there, &two));
        // One of them put its hash there, and both are let in.
        assert_ne!(first.unwrap(), second.unwrap(), "{name}");
        for (ask, replaced) in [(one, first), (two, second)] {
            assert!(is_granted(ask.done(replaced)));
        }
        assert!(is_up_to_date(&there, &name, &name).await, "{name}");
    }
    // The same by the loop that hosts use.
    here.create_user("bob", Some(&outdated_hash("b")), &none).await.unwrap();
    let login = || authenticator().login("bob", "b".into());
    let (one, two) = tokio::join!(drive(login(), &here, now()), drive(login(), &there, now()));
    assert!(one.unwrap().granted().is_some() && two.unwrap().granted().is_some());
    assert!(logs_in(&here, "bob", "b").await);
}

pub async fn a_replaced_hash_was_still_the_old_one(bed: &Bed) {
    let (here, there) = (bed.store().await, bed.store().await);
    let old = outdated_hash("old");
    let id = here.create_user("alice", Some(&old), &Scopes::NONE_ASKED).await.unwrap();
    let ask = to_replace(&here, "alice", "old").await;
    assert!(there.set_password(id, Some(&hash("new"))).await.unwrap());
    assert!(!Store::replace_hash(&here, &ask).await.unwrap());
    assert!(logs_in(&here, "alice", "new").await);

    // Compared byte for byte, as user-ids are.
    assert!(there.set_password(id, Some("hash")).await.unwrap());
    for other in ["Hash", "hash ", "h\u{e1}sh", "", "hash\0"] {
        assert!(!here.replace_hash(id, other, "swapped").await.unwrap(), "{other:?}");
    }
    assert!(here.replace_hash(id, "hash", "swapped").await.unwrap());
    // No hash is no hash, and not an empty one.
    assert!(there.set_password(id, None).await.unwrap());
    assert!(!here.replace_hash(id, "", "swapped").await.unwrap());
    assert!(!here.replace_hash(id, "swapped", "again").await.unwrap());
}

pub async fn a_changed_password_outlives_1000_rehashes(bed: &Bed) {
    let (here, there) = (bed.store().await, bed.store().await);
    let (old, new) = (outdated_hash("old"), hash("new"));
    let id = here.create_user("alice", Some(&old), &Scopes::NONE_ASKED).await.unwrap();
    let mut rehashed_first = 0;
    for race in 0..1000 {
        assert!(there.set_password(id, Some(&old)).await.unwrap());
        let ask = to_replace(&here, "alice", "old").await;
        let rehash = Store::replace_hash(&here, &ask);
        let change = there.set_password(id, Some(&new));
        // Whoever is polled first sends first.
        let (replaced, changed) = if race % 2 == 0 {
            tokio::join!(rehash, change)
        } else {
            let (changed, replaced) = tokio::join!(change, rehash);
            (replaced, changed)
        };
        rehashed_first += u32::from(replaced.unwrap());
        assert!(changed.unwrap(), "race {race}");
        assert!(logs_in(&here, "alice", "new").await, "race {race}");
    }
    println!("the rehash came first in {rehashed_first} of 1000 races");
}

pub async fn migrations_run_at_once(bed: &Bed) {
    let connect = || async { options().connect(&bed.url).await.unwrap() };
    let stores = [connect().await, connect().await, connect().await];
    let (one, two, three) =
        tokio::join!(stores[0].migrate(), stores[1].migrate(), stores[2].migrate());
    assert_eq!((one, two, three), (Ok(()), Ok(()), Ok(())));
    // And again, over what is there.
    stores[0].create_user("alice", None, &Scopes::NONE_ASKED).await.unwrap();
    stores[1].migrate().await.unwrap();
    assert!(stores[2].user("alice").await.unwrap().is_some());
}
