//! What this host decides once: which hashes it takes and makes, and by which schemes users come.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use doorstep::password::{Hasher, Hashers, Limits, hashers, imports};
use doorstep::{Authenticator, Basic, Bearer, InvalidConfig, TokenFormat, UnixTime};
use doorstep_sqlx::SqlStore;
use doorstep_tower::{AuthLayer, Login, Pool};

/// The longest user-id, in bytes.
pub(crate) const USERNAME_LEN: usize = 255;

/// Writes with `preferred`, and verifies all that is built in, other systems' hashes included. A stored
/// hash that needs more memory than there is would never be verified: it is refused as too costly.
pub(crate) fn accept_all(preferred: Arc<dyn Hasher>, memory_kib: u64) -> Hashers {
    let mut limits = Limits::default();
    limits.argon2_memory_kib =
        limits.argon2_memory_kib.min(u32::try_from(memory_kib).unwrap_or(u32::MAX));
    limits.other_memory_kib = limits.other_memory_kib.min(memory_kib);
    let own = hashers().fold(Hashers::new(preferred), Hashers::accept);
    imports().fold(own, Hashers::accept).limits(limits)
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

/// What the routes know.
pub(crate) struct Auth {
    pub(crate) authenticator: Authenticator,
    pub(crate) store: SqlStore,
    pub(crate) pool: Pool,
    pub(crate) login: Login<SqlStore>,
    pub(crate) tokens: TokenFormat,
    pub(crate) token_lifetime: NonZeroU32,
}

impl Auth {
    /// With the layer's own pool and login: one budget for all that hashes.
    pub(crate) fn new<F: Clone>(
        authenticator: Authenticator,
        layer: &AuthLayer<SqlStore, F>,
        store: SqlStore,
        tokens: TokenFormat,
        token_lifetime: NonZeroU32,
    ) -> Self {
        let (pool, login) = (layer.hashing_pool().clone(), layer.login_handle());
        Self { authenticator, store, pool, login, tokens, token_lifetime }
    }
}

pub(crate) fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(now.as_secs())
}
