//! What several tests share: a store that can be told to fail, and requests.

#![allow(dead_code, unreachable_pub)]

pub mod counted;
pub mod faulty;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorstep::driver::Store;
use doorstep::password::{Hashers, Pbkdf2, Prf};
use doorstep::{
    Account, ApiKey, Authenticator, Basic, Bearer, Builder, FindToken, FindUser, Replace, Scopes,
    TokenDigest, TokenRecord,
};
use http_body_util::BodyExt as _;

pub type User = String;

/// Cheap, since the layer is what is tested; 2 rounds are preferred, 1 is outdated.
pub fn hashers(rounds: u32) -> Hashers {
    Hashers::new(Pbkdf2::new(Prf::Sha256, rounds).unwrap())
}

pub fn builder() -> Builder {
    Authenticator::builder("example", hashers(2))
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .scheme(ApiKey::in_field("x-api-key"))
}

pub fn authenticator() -> Authenticator {
    builder().build().unwrap()
}

#[derive(Default)]
pub struct Row {
    pub hash: String,
    pub disabled: bool,
}

/// Accounts in memory. Aladdin may read with his password, and read and write with his token.
#[derive(Clone, Default)]
pub struct Db {
    pub users: Arc<Mutex<BTreeMap<String, Row>>>,
    pub asked: Arc<AtomicUsize>,
    pub fails: Arc<Mutex<bool>>,
}

pub const TOKEN: &str = "mF_9.B5f-4.1JqM";

impl Db {
    /// With Aladdin, whose password is "open sesame".
    pub fn new() -> Self {
        let db = Self::default();
        db.set_password("Aladdin", "open sesame", 2);
        db
    }

    pub fn set_password(&self, username: &str, password: &str, rounds: u32) {
        let hash = hashers(rounds).hash(password.into()).unwrap().run().unwrap();
        self.users.lock().unwrap().insert(username.into(), Row { hash, disabled: false });
    }

    pub fn disable(&self, username: &str) {
        self.users.lock().unwrap().get_mut(username).unwrap().disabled = true;
    }

    pub fn hash(&self, username: &str) -> String {
        self.users.lock().unwrap()[username].hash.clone()
    }

    /// Puts the new hash where the old one still is, and says whether it was there.
    pub fn swap(&self, username: &str, old: &str, new: &str) -> bool {
        let mut users = self.users.lock().unwrap();
        let Some(row) = users.get_mut(username) else { return false };
        let still_there = row.hash == old;
        if still_there {
            row.hash = new.into();
        }
        still_there
    }

    pub fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }

    fn check(&self) -> Result<(), Failed> {
        self.asked.fetch_add(1, Relaxed);
        if *self.fails.lock().unwrap() { Err(Failed) } else { Ok(()) }
    }
}

#[derive(Debug)]
pub struct Failed;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the disk is full")
    }
}

impl Store for Db {
    type User = User;
    type Error = Failed;

    async fn find_user(&self, ask: &FindUser<User>) -> Result<Option<(User, Account)>, Failed> {
        self.check()?;
        let users = self.users.lock().unwrap();
        Ok(users.get(ask.username()).map(|row| {
            let account = match row.disabled {
                true => Account::disabled(),
                false => Account::from(&*row.hash).with_scopes(Scopes::parse("read").unwrap()),
            };
            (ask.username().to_owned(), account)
        }))
    }

    async fn find_token(
        &self,
        ask: &FindToken<User>,
    ) -> Result<Option<(User, TokenRecord)>, Failed> {
        self.check()?;
        let mut record = TokenRecord::new(TokenDigest::of(TOKEN.as_bytes()));
        record.scopes = Scopes::parse("read write").unwrap();
        Ok((*ask.digest() == record.digest).then(|| ("Aladdin".into(), record)))
    }

    async fn replace_hash(&self, ask: &Replace<User>) -> Result<bool, Failed> {
        self.check()?;
        Ok(self.swap(ask.user(), ask.old(), ask.new_hash()))
    }
}

pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

pub fn bearer() -> String {
    format!("Bearer {TOKEN}")
}

pub fn get(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let request = fields
        .iter()
        .fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    request.body(Body::empty()).unwrap()
}

/// Status, then the field lines in question, then the body.
pub async fn shown(response: Response<Body>, fields: &[&str]) -> String {
    let (parts, body) = response.into_parts();
    let mut shown = parts.status.as_u16().to_string();
    for name in fields {
        for value in parts.headers.get_all(*name) {
            shown += &format!("\n{name}: {}", value.to_str().unwrap());
        }
    }
    let body = body.collect().await.unwrap().to_bytes();
    if !body.is_empty() {
        shown += &format!("\n\n{}", String::from_utf8_lossy(&body));
    }
    shown
}
