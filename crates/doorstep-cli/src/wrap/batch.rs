//! Lines that are wrapped at the same time, each thread in a memory of its own.

use std::sync::Arc;
use std::thread;

use doorstep_password::{Format, HashError, Workspace, Wrapped};

use super::journal::Counts;
use super::lines::{Holds, Line};
use crate::dump::is_without_password;
use crate::refusal::Refusal;

/// Lines of each thread in a batch: about a third of a second with the default.
const LINES: usize = 32;

pub(super) struct Workers {
    wrapped: Arc<Wrapped>,
    /// One for each thread.
    workspaces: Vec<Workspace>,
}

/// What comes of a line.
enum Outcome {
    Wrapped(String),
    /// Written as it is.
    Before,
    WithoutPassword,
    /// Not written.
    Refused(String),
    /// Nothing can be wrapped any more.
    Stopped(Refusal),
}

impl Workers {
    pub(super) fn new(wrapped: Arc<Wrapped>, jobs: usize) -> Self {
        Self { wrapped, workspaces: (0..jobs).map(|_| Workspace::new()).collect() }
    }

    pub(super) fn batch_len(&self) -> usize {
        LINES * self.workspaces.len()
    }

    /// What is to be written for these lines, in their order.
    ///
    /// # Errors
    /// If there is no memory to hash in: nothing of the batch is to be written.
    pub(super) fn wrap(&mut self, batch: &[Line], counts: &mut Counts) -> Result<Vec<u8>, Refusal> {
        let wrapped = &*self.wrapped;
        let outcomes: Vec<Outcome> = thread::scope(|scope| {
            let pieces = batch.chunks(LINES).zip(&mut self.workspaces);
            let threads: Vec<_> = pieces
                .map(|(lines, workspace)| {
                    scope.spawn(move || -> Vec<_> {
                        lines.iter().map(|line| outcome(line, wrapped, workspace)).collect()
                    })
                })
                .collect();
            // A panic there is one here.
            let outcomes = threads.into_iter().flat_map(|thread| match thread.join() {
                Ok(outcomes) => outcomes,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            outcomes.collect()
        });
        let mut written = Vec::new();
        for (line, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Outcome::Wrapped(new) => {
                    counts.wrapped += 1;
                    let Holds::Hash(place) = &line.holds else { continue };
                    written.extend_from_slice(&line.bytes[..place.start]);
                    written.extend_from_slice(new.as_bytes());
                    written.extend_from_slice(&line.bytes[place.end..]);
                }
                Outcome::Before => {
                    counts.wrapped_before += 1;
                    written.extend_from_slice(&line.bytes);
                }
                Outcome::WithoutPassword => {
                    counts.without_password += 1;
                    written.extend_from_slice(&line.bytes);
                }
                Outcome::Refused(reason) => counts.refuse(line.number, reason),
                Outcome::Stopped(refusal) => return Err(refusal),
            }
        }
        Ok(written)
    }
}

fn outcome(line: &Line, wrapped: &Wrapped, workspace: &mut Workspace) -> Outcome {
    let place = match &line.holds {
        Holds::Hash(place) => place.clone(),
        Holds::Nothing => return Outcome::WithoutPassword,
        Holds::NoField => return Outcome::Refused("the line has too few fields".into()),
        Holds::TooLong => return Outcome::Refused("the line is too long".into()),
    };
    let Ok(old) = str::from_utf8(&line.bytes[place]) else {
        return Outcome::Refused("it is not UTF-8".into());
    };
    if is_without_password(old) {
        return Outcome::WithoutPassword;
    }
    if wrapped.claims(old) {
        // Its parameters are read, so that nothing is passed that could not be verified.
        return match wrapped.parse(old) {
            Ok(_) => Outcome::Before,
            Err(refused) => Outcome::Refused(refused.to_string()),
        };
    }
    let work = match wrapped.wrap(old) {
        Ok(work) => work,
        Err(HashError::Entropy) => {
            return Outcome::Stopped(Refusal::from(HashError::Entropy));
        }
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    match work.run_in(workspace) {
        Ok(new) => Outcome::Wrapped(new),
        Err(error) => Outcome::Stopped(Refusal::from(error)),
    }
}
