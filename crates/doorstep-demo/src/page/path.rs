//! The page's own host of the machine: answers each step as the layer does, and notes it.

use std::time::Duration;

use doorstep::driver::Store;
use doorstep::password::Cost;
use doorstep::{Outcome, Step};
use doorstep_sqlx::User;
use doorstep_tower::pool::Times;

use crate::answer::Failure;
use crate::auth::{Auth, now};

/// The steps that one request took, in their order.
#[derive(Default)]
pub(super) struct Path(pub(super) Vec<Taken>);

pub(super) struct Taken {
    pub(super) stop: Stop,
    /// Whether the pool had no room for it, whoever it was.
    pub(super) refused: bool,
    /// For who was granted. What a wrong password cost would tell whether there is such a user, and
    /// how old their hash is.
    pub(super) figures: Option<Figures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    FindUser,
    FindToken,
    Verify,
    Rehash,
    Replace,
    Granted,
    Denied,
    Anonymous,
}

#[derive(Clone, Copy)]
pub(super) struct Figures {
    pub(super) cost: Cost,
    /// In the pool's queue.
    pub(super) waited: Duration,
    pub(super) ran: Duration,
    /// How many were verified together.
    pub(super) batch: usize,
}

impl Path {
    fn note(&mut self, stop: Stop) {
        self.0.push(Taken { stop, refused: false, figures: None });
    }

    pub(super) fn has(&self, stop: Stop) -> bool {
        self.0.iter().any(|taken| taken.stop == stop)
    }
}

/// Answers every step. Unlike the layer it renews an outdated hash before the response, so that the
/// page can show it; whatever becomes of that, the outcome is granted.
pub(super) async fn drive(
    auth: &Auth,
    mut step: Step<User>,
) -> Result<(Outcome<User>, Path), Failure> {
    let mut path = Path::default();
    let outcome = loop {
        step = match step {
            Step::FindUser(ask) => {
                path.note(Stop::FindUser);
                match auth.store.find_user(&ask).await? {
                    Some((user, account)) => ask.found(user, account),
                    None => ask.not_found(),
                }
            }
            Step::FindToken(ask) => {
                path.note(Stop::FindToken);
                match auth.store.find_token(&ask).await? {
                    Some((user, token)) => ask.found(user, token, now()),
                    None => ask.not_found(),
                }
            }
            Step::Verify(work) => {
                let cost = work.cost();
                let timed = auth.pool.verify_timed(work).await;
                let timed = timed.map_err(|_| Failure::Busy { retry_after: 1 })?;
                let Times { waited, ran, batch, .. } = timed.times;
                let figures = Some(Figures { cost, waited, ran, batch });
                path.0.push(Taken { stop: Stop::Verify, refused: batch == 0, figures });
                timed.result
            }
            Step::Rehash(work) => {
                path.note(Stop::Rehash);
                let (granted, rest) = work.grant_now();
                match auth.pool.run(rest.cost(), |workspace| rest.run_in(workspace)).await {
                    Ok(Step::Replace(ask)) => Step::Replace(ask),
                    _ => Step::Done(granted),
                }
            }
            Step::Replace(ask) => {
                path.note(Stop::Replace);
                let replaced = auth.store.replace_hash(ask.user().id, ask.old(), ask.new_hash());
                let replaced = replaced.await;
                ask.done(replaced)
            }
            Step::Done(outcome) => break outcome,
        };
    };
    path.note(match &outcome {
        Outcome::Granted(_) => Stop::Granted,
        Outcome::Denied(_) => Stop::Denied,
        Outcome::Anonymous(_) => Stop::Anonymous,
    });
    if !matches!(outcome, Outcome::Granted(_)) {
        path.0.iter_mut().for_each(|taken| taken.figures = None);
    }
    Ok((outcome, path))
}

pub(super) fn log(outcome: &Outcome<User>) {
    match outcome {
        // The user-id may hold anything: `Debug` escapes what would break a line.
        Outcome::Granted(granted) => tracing::info!(
            scheme = granted.scheme(),
            username = ?granted.user().username,
            "granted"
        ),
        Outcome::Denied(denied) => tracing::info!(
            scheme = denied.scheme(),
            username = ?denied.username(),
            cause = %denied.cause(),
            "denied"
        ),
        Outcome::Anonymous(_) => tracing::debug!("anonymous"),
    }
}
