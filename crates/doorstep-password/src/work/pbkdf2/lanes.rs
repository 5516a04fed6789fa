//! F for several keys at once. The one place that knows who computes it.

#[cfg(feature = "kernels")]
use alloc::vec::Vec;

#[cfg(feature = "kernels")]
use doorstep_kernels::pbkdf2::{Lane, advance_together};

use super::function::Function;
use crate::work::sha::{Sha, Sha1, Sha2};
use crate::workspace::Workspace;

/// A hash whose functions may go on together.
pub(crate) trait InLanes: Sha {
    /// At most so many iterations of each: one after another, where there is no kernel.
    fn iterate(functions: &mut [&mut Function<Self>], rounds: u32, workspace: &Workspace) {
        let _ = workspace;
        functions.iter_mut().for_each(|function| function.iterate(rounds));
    }
}

impl InLanes for Sha1 {}

#[cfg(not(feature = "kernels"))]
impl<H: Sha2> InLanes for H {}

#[cfg(feature = "kernels")]
impl<H: Sha2> InLanes for H {
    fn iterate(functions: &mut [&mut Function<Self>], rounds: u32, workspace: &Workspace) {
        let Some(processor) = workspace.processor() else {
            return functions.iter_mut().for_each(|function| function.iterate(rounds));
        };
        if let [function] = functions {
            let mut lane = lane(function);
            lane.advance(processor, rounds);
            return store(function, &lane);
        }
        let mut lanes: Vec<_> = functions.iter().map(|function| lane(function)).collect();
        advance_together(processor, &mut lanes.iter_mut().collect::<Vec<_>>(), rounds);
        for (function, lane) in functions.iter_mut().zip(&lanes) {
            store(function, lane);
        }
    }
}

#[cfg(feature = "kernels")]
fn lane<H: Sha2>(function: &Function<H>) -> Lane<H::Word> {
    let Function { inner, outer, u, t, left, .. } = function;
    Lane::resume(inner, outer, u, t, *left)
}

#[cfg(feature = "kernels")]
fn store<H: Sha2>(function: &mut Function<H>, lane: &Lane<H::Word>) {
    (function.u, function.t, function.left) = (*lane.u(), *lane.t(), lane.left());
}
