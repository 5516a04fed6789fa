//! Logins in a handler, which read user-id and password themselves, from a form or a body.

use std::fmt;
use std::sync::Arc;

use doorstep::driver::Store;
use doorstep::password::Secret;
use doorstep::{Granted, Outcome, Scopes};

use crate::host::{Decision, Host};
use crate::peer::{Origin, Peer};
use crate::refused::Refused;

/// Logs users in by user-id and password, for a handler that reads them from a form or a body: with
/// the authenticator, the store, the pool and the limits of the [`AuthLayer`](crate::AuthLayer) that
/// it was [taken from](crate::AuthLayer::login_handle). The route need not be below that layer, and
/// asks for no credentials of its own.
///
/// Cheap to clone, so that it can be axum's state:
///
/// ```
/// use axum::extract::State;
/// use doorstep::driver::Store;
/// use doorstep_tower::{Login, Peer, Refused};
///
/// // The body is `username:password`, as a form would be in a real one.
/// async fn log_in<S>(State(login): State<Login<S>>, peer: Peer, body: String) -> Result<String, Refused>
/// where
///     S: Store<User = String, Error: std::fmt::Display> + 'static,
/// {
///     let (username, password) = body.split_once(':').unwrap_or_default();
///     let granted = login.login(username, password.into(), &peer).await?;
///     // Here a session begins, or a token is made: that is the host's.
///     Ok(format!("hello {}", granted.user()))
/// }
/// # fn app<S: Store<User = String, Error: std::fmt::Display> + 'static>(login: Login<S>) -> axum::Router {
/// #     axum::Router::new().route("/login", axum::routing::post(log_in::<S>)).with_state(login)
/// # }
/// ```
///
/// Who is refused is answered 401 with a challenge of each of the authenticator's schemes, as
/// RFC 9110 §15.5.2 asks for; a browser shows its own dialogue for `Basic`. Pages for people take the
/// login from a layer whose authenticator does without, or answer from [`decide`](Self::decide).
pub struct Login<S> {
    host: Arc<Host<S>>,
}

impl<S> Login<S> {
    pub(crate) fn new(host: Host<S>) -> Self {
        Self { host: Arc::new(host) }
    }
}

impl<S: Store + 'static> Login<S>
where
    S::User: Clone + Send + Sync + 'static,
    S::Error: fmt::Display,
{
    /// The user with this user-id and password. An outdated hash is renewed meanwhile.
    ///
    /// `peer` says where the request came from, for throttling by address.
    ///
    /// # Errors
    /// What to answer: 401 to wrong credentials, 429, 503. Nothing in it tells whether there is such a
    /// user; whoever may know asks [`decide`](Self::decide).
    pub async fn login(
        &self,
        username: &str,
        password: Secret,
        peer: &Peer,
    ) -> Result<Granted<S::User>, Refused> {
        let outcome = self.decide(username, password, peer).await?;
        Ok(outcome.require(&Scopes::NONE_ASKED)?)
    }

    /// The same, with [`cause`](doorstep::Denied::cause) and user-id of a denial, for the host alone.
    ///
    /// # Errors
    /// If nothing could be decided: the store failed, or a hasher of the host's panicked.
    pub async fn decide(
        &self,
        username: &str,
        password: Secret,
        peer: &Peer,
    ) -> Result<Outcome<S::User>, Refused> {
        let step = self.host.authenticator.login(username, password);
        match self.host.decide(step, Origin::Peer(peer)).await {
            Decision::Decided(outcome, later) => {
                if let Some(rehash) = later {
                    self.host.upgrade(rehash);
                }
                Ok(outcome)
            }
            Decision::Refused(refused) => Err(refused),
        }
    }
}

impl<S> Clone for Login<S> {
    fn clone(&self) -> Self {
        Self { host: self.host.clone() }
    }
}

impl<S> fmt::Debug for Login<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("authenticator", &self.host.authenticator)
            .finish_non_exhaustive()
    }
}
