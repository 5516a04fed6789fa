//! Hashes that are wrapped at the same time, each thread in a memory of its own.

use std::num::NonZeroUsize;
use std::thread;

use doorstep_password::{OutOfMemory, Work, Workspace, Wrapping};

use crate::refusal::Refusal;

/// Hashes of each thread in a batch: about a third of a second with the default.
const EACH: usize = 32;

pub(super) struct Workers {
    /// One for each thread.
    workspaces: Vec<Workspace>,
}

impl Workers {
    /// `jobs` threads, or as many as there are cores.
    pub(super) fn new(jobs: Option<NonZeroUsize>) -> Self {
        let jobs = jobs.or_else(|| thread::available_parallelism().ok());
        let jobs = jobs.map_or(1, NonZeroUsize::get);
        Self { workspaces: (0..jobs).map(|_| Workspace::new()).collect() }
    }

    /// How many hashes there may be at once.
    pub(super) fn batch_len(&self) -> usize {
        EACH * self.workspaces.len()
    }

    /// The wrapped hashes, in their order.
    ///
    /// # Errors
    /// If there is no memory to hash in.
    pub(super) fn run(&mut self, works: Vec<Work<Wrapping>>) -> Result<Vec<String>, Refusal> {
        let each = works.len().div_ceil(self.workspaces.len());
        let mut works = works.into_iter();
        let done: Result<Vec<String>, OutOfMemory> = thread::scope(|scope| {
            let threads: Vec<_> = self
                .workspaces
                .iter_mut()
                .map(|workspace| {
                    let works: Vec<_> = works.by_ref().take(each).collect();
                    scope.spawn(move || Work::run_together(works, workspace))
                })
                .collect();
            // A panic there is one here.
            let done = threads.into_iter().flat_map(|thread| match thread.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            done.collect()
        });
        Ok(done?)
    }
}
