//! The host of the machine: answers each step from the database or on the pool.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::HeaderMap;
use doorstep::password::{Argon2, Bcrypt, Hashers, Limits, Pbkdf2, Secret, ShaCrypt};
use doorstep::{
    Authenticator, Basic, Bearer, Granted, InvalidConfig, Outcome, Refuse, Scopes, Step,
    TokenFormat, UnixTime, Upgrade,
};
use tokio::sync::mpsc;

use crate::answer::Failure;
use crate::pool::{Full, Pool};
use crate::store::{Store, User};

/// The longest user-id, in bytes.
pub(crate) const USERNAME_LEN: usize = 255;

/// Hashes that wait to be renewed. Each holds a password; what does not fit is renewed at the next
/// login.
const UPGRADES: usize = 16;

/// Writes Argon2id and verifies all four. A stored hash that needs more memory than there is would
/// never be verified: it is refused as too costly.
pub(crate) fn hashers(memory_kib: u64) -> Hashers {
    let mut limits = Limits::default();
    limits.argon2_memory_kib =
        limits.argon2_memory_kib.min(u32::try_from(memory_kib).unwrap_or(u32::MAX));
    Hashers::new(Argon2::default())
        .accept(Pbkdf2::default())
        .accept(Bcrypt::default())
        .accept(ShaCrypt::default())
        .limits(limits)
}

pub(crate) struct Auth {
    pub(crate) authenticator: Authenticator,
    pub(crate) store: Store,
    pub(crate) pool: Arc<Pool>,
    pub(crate) tokens: TokenFormat,
    pub(crate) token_lifetime: NonZeroU32,
    upgrades: mpsc::Sender<Upgrade>,
}

impl Auth {
    /// And the upgrades that it leaves for later, for [`renew`].
    pub(crate) fn new(
        authenticator: Authenticator,
        tokens: TokenFormat,
        token_lifetime: NonZeroU32,
        store: Store,
        pool: Arc<Pool>,
    ) -> (Self, mpsc::Receiver<Upgrade>) {
        let (upgrades, later) = mpsc::channel(UPGRADES);
        (Self { authenticator, store, pool, tokens, token_lifetime, upgrades }, later)
    }

    /// Who the request comes from, by its header fields.
    pub(crate) async fn authenticate(&self, headers: &HeaderMap) -> Result<Granted<User>, Failure> {
        let fields = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        self.decide(self.authenticator.begin(fields)).await
    }

    /// Whether this user has this password.
    pub(crate) async fn login(
        &self,
        username: &str,
        password: Secret,
    ) -> Result<Granted<User>, Failure> {
        self.decide(self.authenticator.login(username, password)).await
    }

    async fn decide(&self, mut step: Step<User>) -> Result<Granted<User>, Failure> {
        let outcome = loop {
            step = match step {
                Step::FindUser(ask) => match self.store.find_user(ask.username()).await? {
                    Some((user, account)) => ask.found(user, account),
                    None => ask.not_found(),
                },
                Step::FindToken(ask) => match self.store.find_token(ask.digest()).await? {
                    Some((user, token)) => ask.found(user, token, now()),
                    None => ask.not_found(),
                },
                Step::Verify(work) => match self.pool.reserve(work.cost()) {
                    Ok(place) => place.run(|workspace| work.run_in(workspace)).await?,
                    Err(Full { retry_after }) => work.refuse(Refuse::Overloaded { retry_after }),
                },
                Step::Rehash(work) => {
                    let (outcome, upgrade) = work.defer();
                    // Full: the next login will find the old hash once more.
                    let _ = self.upgrades.try_send(upgrade);
                    Step::Done(outcome)
                }
                // Only a `Rehash` that is run comes here.
                Step::Replace(ask) => {
                    let (username, old, new) = (&ask.user().username, ask.old(), ask.new_hash());
                    let replaced = self.store.replace_hash(username, old, new).await;
                    ask.done(replaced)
                }
                Step::Done(outcome) => break outcome,
            };
        };
        match &outcome {
            Outcome::Granted(granted) => {
                let username = &granted.user().username;
                tracing::info!(scheme = granted.scheme(), ?username, "granted");
            }
            Outcome::Anonymous(_) => tracing::debug!("anonymous"),
            // The user-id may hold anything: `Debug` escapes what would break a line.
            Outcome::Denied(denied) => tracing::info!(
                scheme = denied.scheme(),
                username = ?denied.username(),
                cause = %denied.cause(),
                "denied"
            ),
        }
        Ok(outcome.require(&Scopes::NONE_ASKED)?)
    }
}

/// The authenticator of this host: Basic, and the tokens of this format as `Bearer` or as `Token`.
pub(crate) fn authenticator(
    hashers: Hashers,
    tokens: &TokenFormat,
) -> Result<Authenticator, InvalidConfig> {
    Authenticator::builder("doorstep-demo", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new().format(tokens.clone()))
        .scheme(Bearer::named("Token").format(tokens.clone()))
        .username_len(USERNAME_LEN)
        .build()
}

/// Renews old hashes, one after the other, until nobody is left to send more.
pub(crate) async fn renew(store: Store, pool: Arc<Pool>, mut later: mpsc::Receiver<Upgrade>) {
    while let Some(upgrade) = later.recv().await {
        let username = upgrade.username().to_owned();
        // Those who wait for an answer come first: if they fill the queue, it is for the next login.
        let Ok(place) = pool.reserve(upgrade.cost()) else { continue };
        let Ok(Some(made)) = place.run(|workspace| upgrade.run_in(workspace)).await else {
            tracing::warn!(?username, "no new hash: there was no memory or no entropy");
            continue;
        };
        match store.replace_hash(made.username(), made.old(), made.new_hash()).await {
            Ok(true) => tracing::info!(?username, "renewed the hash"),
            Ok(false) => tracing::info!(?username, "the hash has changed meanwhile; left it alone"),
            Err(error) => tracing::error!(?username, %error, "could not store the new hash"),
        }
    }
}

pub(crate) fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(now.as_secs())
}
