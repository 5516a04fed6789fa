//! The host of the machine: answers each step from the store or on the pool. Knows no service.

mod lazy;
mod patience;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use doorstep::driver::Store;
use doorstep::{
    Authenticator, Outcome, Receipt, Refuse, Rehash, RequestLine, Step, UnixTime, Verify,
};
use http::request::Parts;
use tokio::sync::watch;
use tracing::{Instrument, Span, field};

use self::lazy::LazyPool;
use self::patience::{Unanswered, patiently};
use crate::meters::{Meters, Rehashed};
use crate::peer::Origin;
use crate::pool::{NotDone, Panicked, PoolLimits, Timed, Times};
use crate::receipts::Receipts;
use crate::refused::Refused;
use crate::throttle::{Attempt, Throttle, Tried};

pub(crate) struct Host<S> {
    pub(crate) authenticator: Authenticator,
    pub(crate) pool: LazyPool,
    pub(crate) upgrades: LazyPool,
    pub(crate) receipts: Receipts,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) names_users: bool,
    /// How long a call to the store may take.
    pub(crate) patience: Duration,
    meters: Arc<Meters>,
    store: Arc<S>,
    /// Each renewal that is under way listens to it.
    renewing: Arc<watch::Sender<()>>,
}

pub(crate) enum Decision<U> {
    /// And what is to be done after the response.
    Decided(Outcome<U>, Option<Box<Rehash<U>>>),
    Refused(Refused),
}

impl<S> Host<S> {
    pub(crate) fn new(authenticator: Authenticator, store: S) -> Self {
        let meters = Arc::new(Meters::new(&authenticator));
        Self {
            authenticator,
            pool: LazyPool::new("hashing", PoolLimits::default()),
            upgrades: LazyPool::new("upgrades", PoolLimits::for_upgrades()),
            receipts: Receipts::default(),
            throttle: None,
            names_users: false,
            patience: patience::DEFAULT,
            meters,
            store: Arc::new(store),
            renewing: Arc::default(),
        }
    }
}

impl<S: Store> Host<S>
where
    S::User: Clone + Send + Sync + 'static,
    S::Error: fmt::Display,
{
    /// Who a request comes from, by its header fields.
    pub(crate) fn begin(&self, parts: &Parts) -> Step<S::User> {
        let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let line = RequestLine { method: parts.method.as_str(), target: target(parts), now: now() };
        self.authenticator.begin_with(line, fields)
    }

    /// Answers every step of a request's, or of a login's.
    pub(crate) fn decide(
        &self,
        step: Step<S::User>,
        origin: Origin<'_>,
    ) -> impl Future<Output = Decision<S::User>> + Send {
        let span = span();
        self.drive(step, origin, span.clone()).instrument(span)
    }

    /// The same for what the request alone decided: nobody is asked.
    pub(crate) fn decided_at_once(&self, outcome: &Outcome<S::User>) {
        self.record(&span(), outcome);
    }

    #[expect(
        clippy::manual_async_fn,
        reason = "it keeps the step in one place, an `async fn` in two"
    )]
    fn drive(
        &self,
        mut step: Step<S::User>,
        origin: Origin<'_>,
        span: Span,
    ) -> impl Future<Output = Decision<S::User>> + Send {
        async move {
            let (store, patience) = (&*self.store, self.patience);
            let (mut later, mut receipt, mut attempt) = (None, None, None);
            loop {
                step = match step {
                    Step::FindUser(ask) => {
                        let tried = Tried::Password { username: ask.username() };
                        match self.admit(tried, origin, &mut attempt) {
                            Err(why) => ask.refuse(why),
                            Ok(()) => match patiently(patience, store.find_user(&ask)).await {
                                Ok(Some((user, account))) => {
                                    receipt = self.receipts.find(ask.username());
                                    ask.found(user, account)
                                }
                                Ok(None) => ask.not_found(),
                                Err(error) => {
                                    attempt.into_iter().for_each(Attempt::undecided);
                                    return Decision::Refused(self.failed(
                                        &span,
                                        ask.scheme(),
                                        &error,
                                    ));
                                }
                            },
                        }
                    }
                    Step::FindToken(ask) => {
                        match self.admit(Tried::Token(ask.digest()), origin, &mut attempt) {
                            Err(why) => ask.refuse(why),
                            Ok(()) => match patiently(patience, store.find_token(&ask)).await {
                                Ok(Some((user, token))) => ask.found(user, token, now()),
                                Ok(None) => ask.not_found(),
                                Err(error) => {
                                    attempt.into_iter().for_each(Attempt::undecided);
                                    return Decision::Refused(self.failed(
                                        &span,
                                        ask.scheme(),
                                        &error,
                                    ));
                                }
                            },
                        }
                    }
                    Step::Verify(work) => match self.recall(work, receipt.take(), &span) {
                        ControlFlow::Break(next) => next,
                        // In a box: it is rare and large, and would make each request's future larger.
                        ControlFlow::Continue(work) => match Box::pin(self.hash(work, &span)).await
                        {
                            Ok(next) => next,
                            Err(Panicked) => {
                                span.record("outcome", "failed");
                                self.meters.failed("unknown");
                                return Decision::Refused(Refused::broken());
                            }
                        },
                    },
                    Step::Rehash(work) => {
                        let (outcome, rest) = work.grant_now();
                        later = Some(Box::new(rest));
                        Step::Done(outcome)
                    }
                    // Only a `Rehash` that is run comes here.
                    Step::Replace(ask) => {
                        let replaced = patiently(patience, store.replace_hash(&ask)).await;
                        ask.done(replaced)
                    }
                    Step::Done(outcome) => {
                        self.record(&span, &outcome);
                        // What the attempt came to, said before anybody learns it.
                        return match attempt.and_then(|attempt| attempt.decided(&outcome)) {
                            Some(why) => Decision::Refused(Refused::later(why)),
                            None => Decision::Decided(outcome, later),
                        };
                    }
                };
            }
        }
    }

    /// Before anybody is looked up: names and tokens that nobody has are throttled alike.
    fn admit<'t>(
        &'t self,
        tried: Tried<'_>,
        origin: Origin<'_>,
        attempt: &mut Option<Attempt<'t>>,
    ) -> Result<(), Refuse> {
        if let Some(throttle) = &self.throttle {
            *attempt = Some(throttle.begin(tried, &origin.peer())?);
        }
        Ok(())
    }

    /// Skips the hashing for who logged in a moment ago. Whoever is throttled does not come here: with
    /// wrong passwords that cost nothing one could guess as many as one likes.
    fn recall(
        &self,
        work: Verify<S::User>,
        receipt: Option<Receipt>,
        span: &Span,
    ) -> ControlFlow<Step<S::User>, Verify<S::User>> {
        let Some(receipt) = receipt else { return ControlFlow::Continue(work) };
        let next = work.recall(&receipt);
        if next.is_break() {
            span.record("receipt", true);
            self.meters.receipt(true);
        }
        next
    }

    async fn hash(&self, work: Verify<S::User>, span: &Span) -> Result<Step<S::User>, Panicked> {
        let Timed { result, times } = self.pool.started().verify_timed(work).await?;
        record_times(span, times);
        if self.receipts.are_kept() {
            self.meters.receipt(false);
            if let Step::Done(Outcome::Granted(granted)) = &result {
                self.receipts.keep(granted);
            }
        }
        Ok(result)
    }

    fn failed(&self, span: &Span, scheme: &str, error: &Unanswered<S::Error>) -> Refused {
        // `Debug` of the text: what a database says of a value may hold the value.
        tracing::error!(error = ?error.to_string(), "the store failed");
        span.record("scheme", scheme);
        span.record("outcome", "failed");
        self.meters.failed(scheme);
        Refused::store()
    }

    fn record(&self, span: &Span, outcome: &Outcome<S::User>) {
        self.meters.decided(outcome);
        let (outcome, username) = match outcome {
            Outcome::Granted(granted) => {
                span.record("scheme", granted.scheme());
                ("granted", granted.username())
            }
            Outcome::Anonymous(_) => ("anonymous", None),
            Outcome::Denied(denied) => {
                span.record("scheme", denied.scheme());
                span.record("cause", field::display(denied.cause()));
                ("denied", denied.username())
            }
        };
        span.record("outcome", outcome);
        if let Some(username) = username.filter(|_| self.names_users) {
            // `Debug` escapes what would break a line.
            span.record("username", field::debug(username));
        }
    }
}

/// What is said of a decision.
fn span() -> Span {
    tracing::info_span!(
        "authenticate",
        scheme = field::Empty,
        outcome = field::Empty,
        cause = field::Empty,
        username = field::Empty,
        queue_us = field::Empty,
        hash_us = field::Empty,
        receipt = field::Empty,
        batch = field::Empty,
    )
}

impl<S: Store + 'static> Host<S>
where
    S::User: Clone + Send + Sync + 'static,
    S::Error: fmt::Display,
{
    /// Renews a hash on the runtime that this runs on. What does not fit is renewed at the next login.
    pub(crate) fn upgrade(&self, rehash: Box<Rehash<S::User>>) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            tracing::debug!("no new hash: there is no runtime to store it on");
            self.meters.rehashed(Rehashed::Dropped);
            return;
        };
        let (pool, store) = (self.upgrades.started().clone(), self.store.clone());
        let (receipts, meters) = (self.receipts.clone(), self.meters.clone());
        let (renewing, patience) = (self.renewing.subscribe(), self.patience);
        runtime.spawn(async move {
            let _renewing = renewing;
            let made = pool.run(rehash.cost(), |workspace| rehash.run_in(workspace)).await;
            meters.rehashed(match made {
                Ok(Step::Replace(ask)) => {
                    let replaced = patiently(patience, store.replace_hash(&ask)).await;
                    let result = rehashed(&replaced);
                    if let Step::Done(Outcome::Granted(granted)) = ask.done(replaced) {
                        receipts.keep(&granted);
                    }
                    result
                }
                Ok(_) => {
                    tracing::warn!("no new hash: there was no memory or no entropy");
                    Rehashed::Failed
                }
                Err(error) => {
                    tracing::debug!(%error, "no new hash");
                    match error {
                        NotDone::Overloaded { .. } => Rehashed::Dropped,
                        NotDone::Panicked => Rehashed::Failed,
                    }
                }
            });
        });
    }
}

impl<S> Host<S> {
    /// Waits until no renewal is under way.
    pub(crate) async fn renewed(&self) {
        self.renewing.closed().await;
    }
}

fn rehashed(replaced: &Result<bool, impl fmt::Display>) -> Rehashed {
    match replaced {
        Ok(true) => {
            tracing::info!("renewed a hash");
            Rehashed::Done
        }
        Ok(false) => {
            tracing::info!("the hash has changed meanwhile; left it alone");
            Rehashed::Lost
        }
        Err(error) => {
            tracing::error!(error = ?error.to_string(), "could not store a new hash");
            Rehashed::Failed
        }
    }
}

impl<S> Clone for Host<S> {
    fn clone(&self) -> Self {
        Self {
            authenticator: self.authenticator.clone(),
            pool: self.pool.clone(),
            upgrades: self.upgrades.clone(),
            receipts: self.receipts.clone(),
            throttle: self.throttle.clone(),
            names_users: self.names_users,
            patience: self.patience,
            meters: self.meters.clone(),
            store: self.store.clone(),
            renewing: self.renewing.clone(),
        }
    }
}

fn record_times(span: &Span, times: Times) {
    span.record("queue_us", times.waited.as_micros() as u64);
    span.record("hash_us", times.ran.as_micros() as u64);
    span.record("batch", times.batch as u64);
}

/// The request target. axum's nested routers cut what they matched off the URI, and keep the original.
fn target(parts: &Parts) -> &str {
    #[cfg(feature = "axum")]
    let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
    #[cfg(not(feature = "axum"))]
    let uri = &parts.uri;
    match uri.path_and_query() {
        Some(target) => target.as_str(),
        None => uri.authority().map_or("", |authority| authority.as_str()),
    }
}

fn now() -> UnixTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    UnixTime::from_secs(now.as_secs())
}
