//! The store on SQLite and a few tables in memory are told and asked the same, and always agree: who
//! there is, with which hash, which tokens, and what of them is still good.

#![no_main]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use doorstep::{Scopes, TokenDigest, TokenRecord, UnixTime};
use doorstep_sqlx::{ErrorKind, NewUser, Options, SqlStore, UserId};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

#[derive(Arbitrary, Debug)]
enum Call<'a> {
    CreateUser(&'a str, Option<Hash<'a>>),
    CreateUsers([(&'a str, Option<Hash<'a>>); 2]),
    ReplaceHash(Which, Hash<'a>, Hash<'a>),
    /// From the hash that is there.
    Renew(Which, Hash<'a>),
    SetPassword(Which, Option<Hash<'a>>),
    SetDisabled(Which, bool),
    DeleteUser(Which),
    InsertToken(Which, u8, Option<u8>, bool),
    RevokeDigest(u8),
    RevokeTokens(Which),
    DeleteExpired(u8),
    Tick(u8),
    Named(&'a str),
}

/// One of those who were made, the deleted ones too.
type Which = u8;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Hash<'a> {
    Some(u8),
    Any(&'a str),
}

#[derive(Clone, Debug, Default, PartialEq)]
struct User {
    username: String,
    hash: Option<String>,
    created: u64,
    disabled: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Token {
    owner: i64,
    expires: Option<u64>,
    revoked: Option<u64>,
}

#[derive(Default)]
struct Model {
    /// Keys that were given, the ones of deleted users too.
    keys: Vec<i64>,
    users: BTreeMap<i64, User>,
    tokens: BTreeMap<u8, Token>,
}

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_all().build().expect("a runtime"));

/// One database for all inputs: to make one takes longer than what is done with it.
static STORE: LazyLock<SqlStore> = LazyLock::new(|| {
    let mut options = Options::default();
    options.clock = || UnixTime::from_secs(NOW.get());
    RUNTIME.block_on(async {
        let store = options.connect("sqlite::memory:").await.expect("a database in memory");
        store.migrate().await.expect("its tables");
        store
    })
});

fuzz_target!(|calls: Vec<Call<'_>>| {
    // By itself, not within the block below, which would block on it.
    LazyLock::force(&STORE);
    RUNTIME.block_on(async {
        let mut model = Model::default();
        NOW.set(100);
        for call in calls.iter().take(24) {
            call.make(&mut model).await;
        }
        model.agrees().await;
        model.forget().await;
    });
});

impl Call<'_> {
    async fn make(&self, model: &mut Model) {
        let (store, now) = (&*STORE, NOW.get());
        match *self {
            Call::CreateUser(username, hash) => {
                let hash = hash.map(|hash| hash.text());
                let made = store.create_user(username, hash.as_deref(), &Scopes::NONE_ASKED).await;
                match made {
                    Ok(id) => {
                        assert!(model.is_free(username) && is_storable(username, &hash));
                        model.add(id.as_i64(), username, hash);
                    }
                    Err(error) => match error.kind() {
                        ErrorKind::Taken => assert!(!model.is_free(username)),
                        _ => assert!(!is_storable(username, &hash), "{error:?} of {self:?}"),
                    },
                }
            }
            Call::CreateUsers(batch) => {
                let scopes = Scopes::NONE_ASKED;
                let batch = batch.map(|(username, hash)| (username, hash.map(|hash| hash.text())));
                let new = batch.each_ref().map(|(username, hash)| NewUser {
                    username,
                    hash: hash.as_deref(),
                    scopes: &scopes,
                });
                let are_storable = batch.iter().all(|(username, hash)| is_storable(username, hash));
                let Ok(made) = store.create_users(&new).await else {
                    assert!(!are_storable, "{self:?}");
                    return;
                };
                assert!(are_storable);
                for ((username, hash), made) in batch.into_iter().zip(made) {
                    assert_eq!(made, model.is_free(username));
                    if made {
                        let user = store.user(username).await.expect("asked").expect("made");
                        model.add(user.id.as_i64(), username, hash);
                    }
                }
            }
            Call::ReplaceHash(which, old, new) => {
                let (old, new) = (old.text(), new.text());
                model.replace(which, &old, &new).await;
            }
            Call::Renew(which, new) => {
                let there = model.user(which).and_then(|(_, user)| user.hash.clone());
                model.replace(which, &there.unwrap_or_default(), &new.text()).await;
            }
            Call::SetPassword(which, hash) => {
                let hash = hash.map(|hash| hash.text());
                let Some(id) = model.key(which) else { return };
                match store.set_password(UserId::from_i64(id), hash.as_deref()).await {
                    Ok(set) => {
                        assert_eq!(set, model.users.contains_key(&id));
                        model.users.entry(id).and_modify(|user| user.hash = hash);
                    }
                    Err(error) => assert!(!is_storable("x", &hash), "{error:?} of {self:?}"),
                }
            }
            Call::SetDisabled(which, disabled) => {
                let Some(id) = model.key(which) else { return };
                let set = store.set_disabled(UserId::from_i64(id), disabled).await.expect("set");
                assert_eq!(set, model.users.contains_key(&id));
                model.users.entry(id).and_modify(|user| {
                    user.disabled = disabled.then_some(user.disabled.unwrap_or(now));
                });
            }
            Call::DeleteUser(which) => {
                let Some(id) = model.key(which) else { return };
                let deleted = store.delete_user(UserId::from_i64(id)).await.expect("deleted");
                assert_eq!(deleted, model.users.remove(&id).is_some());
                model.tokens.retain(|_, token| token.owner != id);
            }
            Call::InsertToken(which, token, expires, revoked) => {
                let Some(id) = model.key(which) else { return };
                let mut record = TokenRecord::new(TokenDigest::of(&[token]));
                record.expires = expires.map(|secs| UnixTime::from_secs(secs.into()));
                record.revoked = revoked;
                match store.insert_token(UserId::from_i64(id), &record).await {
                    Ok(()) => {
                        assert!(model.users.contains_key(&id));
                        let token_of = Token {
                            owner: id,
                            expires: expires.map(u64::from),
                            revoked: revoked.then_some(now),
                        };
                        assert_eq!(model.tokens.insert(token, token_of), None);
                    }
                    Err(error) => match error.kind() {
                        ErrorKind::NoSuchUser => assert!(!model.users.contains_key(&id)),
                        ErrorKind::Taken => assert!(model.tokens.contains_key(&token)),
                        _ => panic!("{error:?} of {self:?}"),
                    },
                }
            }
            Call::RevokeDigest(token) => {
                let revoked = store.revoke_digest(&TokenDigest::of(&[token])).await;
                let known = model.tokens.get_mut(&token).filter(|token| token.revoked.is_none());
                assert_eq!(revoked.expect("revoked"), known.is_some());
                if let Some(token) = known {
                    token.revoked = Some(now);
                }
            }
            Call::RevokeTokens(which) => {
                let Some(id) = model.key(which) else { return };
                let revoked = store.revoke_tokens(UserId::from_i64(id)).await.expect("revoked");
                let mut count = 0;
                for token in model.tokens.values_mut().filter(|token| token.owner == id) {
                    count += u64::from(token.revoked.is_none());
                    token.revoked = token.revoked.or(Some(now));
                }
                assert_eq!(revoked, count);
            }
            Call::DeleteExpired(before) => {
                let secs = UnixTime::from_secs(before.into());
                let deleted = store.delete_expired_tokens(secs).await.expect("deleted");
                let len = model.tokens.len();
                let is_kept = |token: &Token| token.expires.is_none_or(|at| at >= before.into());
                model.tokens.retain(|_, token| is_kept(token));
                assert_eq!(deleted, (len - model.tokens.len()) as u64);
            }
            Call::Tick(secs) => NOW.set(now + u64::from(secs)),
            Call::Named(username) => {
                let user = store.user(username).await.expect("asked");
                let known = model.users.iter().find(|(_, user)| user.username == username);
                assert_eq!(user.map(|user| user.id.as_i64()), known.map(|(id, _)| *id));
            }
        }
    }
}

impl Model {
    fn key(&self, which: Which) -> Option<i64> {
        self.keys.get(usize::from(which) % self.keys.len().max(1)).copied()
    }

    fn user(&self, which: Which) -> Option<(i64, &User)> {
        let id = self.key(which)?;
        Some((id, self.users.get(&id)?))
    }

    fn is_free(&self, username: &str) -> bool {
        self.users.values().all(|user| user.username != username)
    }

    fn add(&mut self, id: i64, username: &str, hash: Option<String>) {
        // No key comes twice, also after its user was deleted.
        assert!(!self.keys.contains(&id));
        self.keys.push(id);
        let (username, created) = (username.into(), NOW.get());
        self.users.insert(id, User { username, hash, created, disabled: None });
    }

    async fn replace(&mut self, which: Which, old: &str, new: &str) {
        let Some(id) = self.key(which) else { return };
        let there = self.users.get(&id).and_then(|user| user.hash.as_deref());
        match STORE.replace_hash(UserId::from_i64(id), old, new).await {
            Ok(replaced) => {
                assert_eq!(replaced, there == Some(old));
                if replaced {
                    self.users.entry(id).and_modify(|user| user.hash = Some(new.into()));
                }
            }
            Err(error) => assert!(!is_storable("x", &Some(new.into())), "{error:?}"),
        }
    }

    /// All that the store lists is what is known here.
    async fn agrees(&self) {
        let mut listed = Vec::new();
        // In pages of two, for their borders.
        loop {
            let after = listed.last().map(|(id, _)| UserId::from_i64(*id));
            let page = STORE.stored_users(after, 2).await.expect("a page");
            if page.is_empty() {
                break;
            }
            listed.extend(page.into_iter().map(|stored| {
                assert_eq!(stored.info.has_password, stored.hash.is_some());
                let user = User {
                    username: stored.info.username,
                    hash: stored.hash,
                    created: stored.info.created.as_secs(),
                    disabled: stored.info.disabled.map(UnixTime::as_secs),
                };
                (stored.info.id.as_i64(), user)
            }));
        }
        assert_eq!(listed, self.users.clone().into_iter().collect::<Vec<_>>());
        for &id in self.users.keys() {
            let tokens = STORE.tokens(UserId::from_i64(id)).await.expect("tokens").into_iter();
            let mut stored: Vec<_> = tokens
                .map(|token| {
                    (token.expires.map(UnixTime::as_secs), token.revoked.map(UnixTime::as_secs))
                })
                .collect();
            let own = self.tokens.values().filter(|token| token.owner == id);
            let mut known: Vec<_> = own.map(|token| (token.expires, token.revoked)).collect();
            stored.sort_unstable();
            known.sort_unstable();
            assert_eq!(stored, known);
        }
    }

    async fn forget(&self) {
        for &id in self.users.keys() {
            assert!(STORE.delete_user(UserId::from_i64(id)).await.expect("deleted"));
        }
        assert!(STORE.users(None, 1).await.expect("a page").is_empty());
    }
}

impl Hash<'_> {
    fn text(self) -> String {
        match self {
            Hash::Some(number) => format!("$some${}", number % 4),
            Hash::Any(text) => text.into(),
        }
    }
}

/// What is kept as it is by every database: no NUL, and no more than its column takes.
fn is_storable(username: &str, hash: &Option<String>) -> bool {
    let fits = |text: &str, len| text.len() <= len && !text.contains('\0');
    fits(username, SqlStore::MAX_USERNAME_LEN)
        && hash.as_ref().is_none_or(|hash| fits(hash, SqlStore::MAX_HASH_LEN))
}
