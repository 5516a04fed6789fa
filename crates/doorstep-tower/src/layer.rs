//! The layer: decides who each request comes from, and lets it through with the answer.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use doorstep::driver::Store;
use doorstep::{Authenticator, Outcome, Step};
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::caching;
use crate::granted::Granted;
use crate::host::{Decision, Host};
use crate::login::Login;
use crate::peer::Origin;
use crate::pool::{Pool, PoolLimits};
use crate::receipts::{ReceiptLimits, Receipts};
use crate::refused::{EmptyBody, OnRefusal, Refused, reshape};
use crate::throttle::Throttle;

/// Decides who each request comes from, by its header fields, and lets it through.
///
/// A granted request has a [`Granted`] in its extensions. An anonymous one passes, too: routes say
/// with [`Require`](crate::Require) or an extractor whom they serve. Credentials that are refused are
/// answered here, with the status and fields of [`doorstep::Refusal`], also where nobody asks for any;
/// so are throttling, overload (503) and a store that fails or hangs (503, and never a grant). A store
/// that panics ends its request as a handler that panics does, and nothing else.
///
/// Request and response bodies are not touched, upgrades pass, and trailers are never read.
///
/// A store's user must be `Clone`, since the grant and a [`Replace`](doorstep::Replace) after the
/// response both hold it; its errors are logged, so that their `Display` must show no secret.
pub struct AuthLayer<S, F = EmptyBody> {
    host: Host<S>,
    on_refusal: F,
}

impl<S: Store> AuthLayer<S> {
    /// A layer that asks `store`, and hashes on a [`Pool`] of its own with the default limits.
    pub fn new(authenticator: Authenticator, store: S) -> Self {
        Self { host: Host::new(authenticator, store), on_refusal: EmptyBody }
    }
}

impl<S, F> AuthLayer<S, F> {
    /// Hashes on this pool: one of other limits, or one that several layers share.
    pub fn pool(mut self, pool: Pool) -> Self {
        self.host.pool.set(pool);
        self
    }

    /// Renews outdated hashes, after the response, within these limits instead of
    /// [`PoolLimits::for_upgrades`].
    pub fn upgrades(mut self, limits: PoolLimits) -> Self {
        self.host.upgrades.limit(limits);
        self
    }

    /// Keeps [receipts](doorstep::Receipt), so that the same password is not hashed anew with each
    /// request: of users who logged in a moment ago, within [`ReceiptLimits`]. There are none unless
    /// the authenticator [makes them](Authenticator::makes_receipts).
    ///
    /// The store is asked with each request all the same: a new password and a disabled account end a
    /// receipt at once, and so does a restart.
    pub fn receipts(mut self, limits: ReceiptLimits) -> Self {
        if !self.host.authenticator.makes_receipts() {
            tracing::warn!("the layer is to keep receipts, and its authenticator makes none");
        }
        self.host.receipts = Receipts::new(limits);
        self
    }

    /// Answers 429 to who fails too often, by user-id and by address, before the store is asked and a
    /// hash computed: with these [limits](crate::ThrottleLimits), or by a [`Throttle`] that several
    /// layers share. Otherwise anybody may guess as fast as the pool hashes.
    ///
    /// The server must tell addresses, as axum's does when it is asked to; and behind a proxy, the
    /// proxy must be [named](crate::ThrottleLimits::proxies). What counts, and why, is said in
    /// [`throttle`](crate::throttle).
    ///
    /// ```no_run
    /// use std::net::SocketAddr;
    ///
    /// use axum::Router;
    /// use doorstep_tower::{AuthLayer, Proxies, ThrottleLimits};
    /// use tokio::net::TcpListener;
    ///
    /// # async fn run<S>(layer: AuthLayer<S>, app: Router) -> Result<(), Box<dyn std::error::Error>>
    /// # where
    /// #     S: doorstep::driver::Store<User = String, Error: std::fmt::Display> + 'static,
    /// # {
    /// let mut limits = ThrottleLimits::default();
    /// limits.proxies = Proxies::x_forwarded_for(["10.0.0.0/8"])?;
    /// let app = app.layer(layer.throttle(limits));
    /// let listener = TcpListener::bind("[::]:8080").await?;
    /// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn throttle(mut self, throttle: impl Into<Throttle>) -> Self {
        self.host.throttle = Some(throttle.into());
        self
    }

    /// Waits for so long for each answer of the store: 15 seconds, unless told. What takes longer is
    /// dropped and answered as a store that fails, with 503; of a new hash it is not known whether it
    /// was stored, and the next login looks.
    ///
    /// It is for what has no end of its own. A store whose timeouts are shorter says more: those of
    /// `doorstep-sqlx` are, unless told.
    pub fn store_timeout(mut self, timeout: Duration) -> Self {
        self.host.patience = timeout;
        self
    }

    /// Names users in spans: the user-id as it was sent, escaped. Otherwise spans hold none.
    pub fn with_usernames(mut self) -> Self {
        self.host.names_users = true;
        self
    }

    /// Gives refusals a body, those of routes below included. Its status and the refusal's own fields
    /// cannot be changed.
    ///
    /// ```
    /// # use doorstep_tower::{AuthLayer, OnRefusal, Refused};
    /// use http::Response;
    ///
    /// # fn shaped<S>(layer: AuthLayer<S>) -> impl Sized {
    /// layer.on_refusal(|refused: &Refused| {
    ///     let body = format!("{{\"error\": {}}}\n", refused.status().as_u16());
    ///     Response::builder().header("content-type", "application/json").body(body).unwrap()
    /// })
    /// # }
    /// ```
    pub fn on_refusal<G>(self, on_refusal: G) -> AuthLayer<S, G> {
        AuthLayer { host: self.host, on_refusal }
    }

    /// Logins for handlers that read user-id and password themselves. To be taken when all else is
    /// said: it keeps the pool and the limits that the layer has now.
    pub fn login_handle(&self) -> Login<S> {
        Login::new(self.host.clone())
    }

    /// The pool that it hashes on, for what else is to be hashed within its budget.
    pub fn hashing_pool(&self) -> &Pool {
        self.host.pool.started()
    }

    /// Waits until the hashes that are being renewed are stored or given up: for a server that has
    /// answered its last request, before it ends the runtime.
    pub async fn renewed(&self) {
        self.host.renewed().await;
    }
}

impl<S, F: Clone> Clone for AuthLayer<S, F> {
    fn clone(&self) -> Self {
        Self { host: self.host.clone(), on_refusal: self.on_refusal.clone() }
    }
}

impl<S, F> fmt::Debug for AuthLayer<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayer")
            .field("authenticator", &self.host.authenticator)
            .finish_non_exhaustive()
    }
}

impl<S, F: Clone, I> Layer<I> for AuthLayer<S, F> {
    type Service = Auth<I, S, F>;

    fn layer(&self, inner: I) -> Auth<I, S, F> {
        let vary = caching::vary(&self.host.authenticator);
        let shared = Shared { host: self.host.clone(), on_refusal: self.on_refusal.clone(), vary };
        Auth { inner, shared: Arc::new(shared) }
    }
}

/// The service of [`AuthLayer`].
pub struct Auth<I, S, F = EmptyBody> {
    inner: I,
    shared: Arc<Shared<S, F>>,
}

struct Shared<S, F> {
    host: Host<S>,
    on_refusal: F,
    vary: Option<HeaderValue>,
}

type ResponseFuture<B, E> = Pin<Box<dyn Future<Output = Result<Response<B>, E>> + Send>>;

impl<I, S, F, A, B> Service<Request<A>> for Auth<I, S, F>
where
    I: Service<Request<A>, Response = Response<B>> + Clone + Send + 'static,
    I::Future: Send,
    S: Store + 'static,
    S::User: Clone + Send + Sync + 'static,
    S::Error: fmt::Display,
    F: OnRefusal<B>,
    A: Send + 'static,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = ResponseFuture<B, I::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), I::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let shared = self.shared.clone();
        let step = match shared.host.begin(&parts) {
            Step::Done(outcome) => {
                shared.host.decided_at_once(&outcome);
                // Nothing to wait for, so that the service itself can be called, and not a clone.
                return match shared.pass(outcome, &mut parts) {
                    Ok(keep_private) => {
                        let response = self.inner.call(Request::from_parts(parts, body));
                        Box::pin(async move { Ok(shared.finish(response.await?, keep_private)) })
                    }
                    Err(refused) => Box::pin(async move { Ok(refused.shaped(&shared.on_refusal)) }),
                };
            }
            step => step,
        };
        let next = self.inner.clone();
        // The one that is ready.
        let mut inner = std::mem::replace(&mut self.inner, next);
        Box::pin(async move {
            let decided = Box::pin(shared.host.decide(step, Origin::Request(&parts))).await;
            let passed = match decided {
                Decision::Decided(outcome, later) => {
                    shared.pass(outcome, &mut parts).map(|keep_private| (keep_private, later))
                }
                Decision::Refused(refused) => Err(refused),
            };
            let (keep_private, later) = match passed {
                Ok(passed) => passed,
                Err(refused) => return Ok(refused.shaped(&shared.on_refusal)),
            };
            let response = inner.call(Request::from_parts(parts, body)).await?;
            if let Some(rehash) = later {
                shared.host.upgrade(rehash);
            }
            Ok(shared.finish(response, keep_private))
        })
    }
}

impl<S: Store, F> Shared<S, F>
where
    S::User: Send + Sync + 'static,
{
    /// Leaves in the request who it comes from. Says whether the response is for this user alone.
    fn pass(&self, outcome: Outcome<S::User>, parts: &mut Parts) -> Result<bool, Refused> {
        match outcome {
            Outcome::Granted(granted) => {
                let granted = Granted::grant(granted, &mut parts.extensions);
                Ok(!granted.field().is_some_and(caching::is_authorization))
            }
            Outcome::Anonymous(anonymous) => {
                Granted::<S::User>::anonymous(anonymous, &mut parts.extensions);
                Ok(false)
            }
            Outcome::Denied(denied) => Err(denied.refusal(&doorstep::Scopes::NONE_ASKED).into()),
        }
    }

    fn finish<B>(&self, response: Response<B>, keep_private: bool) -> Response<B>
    where
        F: OnRefusal<B>,
    {
        let mut response = reshape(response, &self.on_refusal);
        if keep_private {
            caching::keep_private(response.headers_mut());
        }
        if let Some(vary) = &self.vary {
            caching::add_vary(response.headers_mut(), vary);
        }
        response
    }
}

impl<I: Clone, S, F> Clone for Auth<I, S, F> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), shared: self.shared.clone() }
    }
}

impl<I: fmt::Debug, S, F> fmt::Debug for Auth<I, S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").field("inner", &self.inner).finish_non_exhaustive()
    }
}
