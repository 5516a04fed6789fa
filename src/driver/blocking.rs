//! The loop over a store that blocks. Hashes on the caller's thread.

use doorstep_password::Workspace;

use super::BlockingStore;
use crate::outcome::Outcome;
use crate::step::Step;
use crate::time::UnixTime;

/// Drives `step` to its outcome, here and now, hashing in the memory of `workspace`. `now` is what
/// tokens expire by.
///
/// # Errors
/// The store's error, if a lookup fails. A failed replacement fails nothing.
pub fn drive_blocking<S: BlockingStore>(
    mut step: Step<S::User>,
    store: &mut S,
    workspace: &mut Workspace,
    now: UnixTime,
) -> Result<Outcome<S::User>, S::Error> {
    loop {
        step = match step {
            Step::FindUser(ask) => match store.find_user(&ask)? {
                Some((user, account)) => ask.found(user, account),
                None => ask.not_found(),
            },
            Step::FindToken(ask) => match store.find_token(&ask)? {
                Some((user, token)) => ask.found(user, token, now),
                None => ask.not_found(),
            },
            Step::Verify(work) => work.run_in(workspace),
            Step::Rehash(work) => work.run_in(workspace),
            Step::Replace(ask) => {
                let replaced = store.replace_hash(&ask);
                ask.done(replaced)
            }
            Step::Done(outcome) => return Ok(outcome),
        };
    }
}
