//! What it costs to hash in slices rather than at once.

use std::ops::ControlFlow;

use doorstep_password::{Work, Workspace};

use crate::case::Case;
use crate::compare::{Differs, Effort, judge};
use crate::contender::{DOORSTEP, Key, Mode, work};
use crate::statistics::{median, quantile};
use crate::system::ThreadTime;

/// One hash at once, and in slices.
#[derive(Clone, Debug)]
pub(crate) struct Slicing {
    pub(crate) case: String,
    pub(crate) whole_ms: f64,
    pub(crate) sliced_ms: f64,
    /// How long a slice took, the median.
    pub(crate) slice_us: f64,
    /// How long the slices took of which one in a hundred is longer.
    pub(crate) slice_p99_us: f64,
}

impl Slicing {
    /// The time that slicing adds, as a share of the whole.
    pub(crate) fn added(&self) -> f64 {
        self.sliced_ms / self.whole_ms - 1.0
    }
}

/// Measures slices of so many units, in turns with the whole.
///
/// # Errors
/// [`Differs`] if a key is wrong.
pub(crate) fn slicing(case: &Case, units: u64, effort: Effort) -> Result<Slicing, Differs> {
    let input = &Case::inputs(1)[0];
    let expected = &judge(case, std::slice::from_ref(input))[0];
    let mut workspace = Workspace::new();
    let (mut whole, mut sliced, mut slices) = (Vec::new(), Vec::new(), Vec::new());
    for round in effort.rounds() {
        let begin = ThreadTime::now();
        let key = work(case, input).run_in(&mut workspace);
        let whole_ms = 1e3 * begin.elapsed().as_secs_f64();
        // The clock is read for the whole and, in every other round alone, for each slice: it is a
        // call of the kernel.
        let each = round % 2 == 1;
        let begin = ThreadTime::now();
        let in_slices = slice(work(case, input), units, &mut workspace, each, &mut slices);
        let sliced_ms = 1e3 * begin.elapsed().as_secs_f64();
        if key != *expected || in_slices != *expected {
            return Err(Differs::new(case, DOORSTEP, Mode::One));
        }
        // The first round allocates.
        if !each && round > 0 {
            whole.push(whole_ms);
            sliced.push(sliced_ms);
        }
    }
    Ok(Slicing {
        case: case.name(),
        whole_ms: median(&whole),
        sliced_ms: median(&sliced),
        slice_us: median(&slices),
        slice_p99_us: quantile(&slices, 0.99),
    })
}

fn slice(
    mut work: Work<Key>,
    units: u64,
    workspace: &mut Workspace,
    each: bool,
    slices: &mut Vec<f64>,
) -> Vec<u8> {
    loop {
        let begin = each.then(ThreadTime::now);
        let advanced = work.advance(units, workspace);
        slices.extend(begin.map(|begin| 1e6 * begin.elapsed().as_secs_f64()));
        match advanced {
            ControlFlow::Continue(rest) => work = rest,
            ControlFlow::Break(key) => return key,
        }
    }
}
