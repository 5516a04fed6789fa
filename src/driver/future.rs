//! The loop over a store that is awaited. Needs no runtime; hashes in slices between which other
//! tasks run.

use core::future::poll_fn;
use core::ops::ControlFlow;
use core::task::Poll;

use doorstep_password::Workspace;

use super::LocalStore;
use crate::outcome::Outcome;
use crate::step::Step;
use crate::time::UnixTime;

/// Units of hashing between two yields: about a millisecond.
const SLICE: u64 = 1000;

/// Drives `step` to its outcome. The future is `Send` if the store's are.
///
/// Hashing runs on the executor's thread in slices of about a millisecond, with a yield after each;
/// memory is allocated for each hash. That suits one thread with few logins. A server with many moves
/// `Verify` and `Rehash` to threads of its own, in a loop of its own.
///
/// # Errors
/// The store's error, if a lookup fails. A failed replacement fails nothing.
pub async fn drive<S: LocalStore>(
    mut step: Step<S::User>,
    store: &S,
    now: UnixTime,
) -> Result<Outcome<S::User>, S::Error> {
    let mut workspace = Workspace::new();
    loop {
        step = match step {
            Step::FindUser(ask) => match store.find_user(&ask).await? {
                Some((user, account)) => ask.found(user, account),
                None => ask.not_found(),
            },
            Step::FindToken(ask) => match store.find_token(&ask).await? {
                Some((user, token)) => ask.found(user, token, now),
                None => ask.not_found(),
            },
            Step::Verify(work) => match work.advance(SLICE, &mut workspace) {
                ControlFlow::Continue(rest) => later(Step::Verify(rest)).await,
                ControlFlow::Break(next) => next,
            },
            Step::Rehash(work) => match work.advance(SLICE, &mut workspace) {
                ControlFlow::Continue(rest) => later(Step::Rehash(rest)).await,
                ControlFlow::Break(next) => next,
            },
            Step::Replace(ask) => {
                let replaced = store.replace_hash(&ask).await;
                ask.done(replaced)
            }
            Step::Done(outcome) => return Ok(outcome),
        };
    }
}

/// Lets other tasks run first.
async fn later<T>(value: T) -> T {
    let mut yielded = false;
    poll_fn(|context| {
        if core::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
    value
}
