//! The lives of the threads. A panic of a job ends neither.

use std::panic::{AssertUnwindSafe, catch_unwind};

use doorstep::password::Workspace;

use super::queue::{Batch, Shared};

/// Hashes, until there is no more to hash.
pub(super) fn hash(shared: &Shared) {
    let mut workspace = Workspace::new();
    while let Some(batch) = shared.next(&mut workspace) {
        let charged_kib = batch.charged_kib();
        if caught(|| run(batch, &mut workspace)) {
            workspace = Workspace::new();
        }
        workspace.shrink_to(shared.limits.keep_kib);
        shared.ended(charged_kib, workspace.memory_kib());
    }
}

/// Those whose waiters left between the queue and here are not begun.
fn run(batch: Batch, workspace: &mut Workspace) {
    let waited = batch.waited();
    let Batch { first, others, .. } = batch;
    let mut all = std::iter::once(first).chain(others).filter(|queued| !queued.job.is_abandoned());
    if let Some(first) = all.next() {
        first.job.run(all.collect(), waited, workspace);
    }
}

/// Refuses those who have waited for too long, until nobody will wait any more.
pub(super) fn expire(shared: &Shared) {
    while let Some((queued, why)) = shared.next_expired() {
        // What it drops is the host's, and may panic.
        caught(|| queued.job.refuse(why));
    }
}

/// Whether it panicked.
fn caught(run: impl FnOnce()) -> bool {
    let panicked = catch_unwind(AssertUnwindSafe(run)).is_err();
    if panicked {
        tracing::error!("a hashing job panicked");
    }
    panicked
}
