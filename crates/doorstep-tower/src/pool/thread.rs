//! The lives of the threads. A panic of a job ends neither.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use doorstep::password::Workspace;

use super::job::Queued;
use super::queue::{Answered, Batch, Shared};

/// Hashes, until there is no more to hash.
pub(super) fn hash(shared: &Shared) {
    let mut workspace = Workspace::new();
    let mut answered = None;
    while let Some(batch) = shared.next(&mut workspace, answered) {
        let charged_kib = batch.charged_kib();
        let (company, begun) = (batch.company(), Instant::now());
        if caught(|| run(shared, batch, &mut workspace)) {
            workspace = Workspace::new();
        }
        answered = company.map(|size| Answered { size, ran: begun.elapsed() });
        workspace.shrink_to(shared.limits.keep_kib);
        shared.ended(charged_kib, workspace.memory_kib());
    }
}

/// Those whose waiters left between the queue and here are not begun.
fn run(shared: &Shared, batch: Batch, workspace: &mut Workspace) {
    let begun = Instant::now();
    let waited = |queued: &Queued| begun.saturating_duration_since(queued.since);
    let Batch { first, others, .. } = batch;
    let mut all: VecDeque<_> =
        std::iter::once(first).chain(others).filter(|queued| !queued.job.is_abandoned()).collect();
    all.iter().for_each(|queued| shared.meters.begun(waited(queued)));
    let size = all.len();
    let in_company = all.iter().filter(|queued| queued.company.is_some());
    let units = in_company.map(|queued| queued.cost.units).fold(0, u64::saturating_add);
    let Some(first) = all.pop_front() else { return };
    let first_waited = waited(&first);
    first.job.run(all.into(), first_waited, workspace);
    let ran = begun.elapsed();
    if units > 0 {
        shared.gained(units, ran);
    }
    shared.meters.ran(size, ran);
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
