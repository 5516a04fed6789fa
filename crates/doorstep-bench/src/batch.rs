//! How many logins a core takes by the second, and how long they wait, if it takes several at once.
//!
//! What a batch of each size takes is measured. How batches form is simulated on those times: logins
//! arrive at random, one core serves them, and a policy says whom it takes.

mod simulation;

use doorstep_password::{Work, Workspace};

use crate::case::{Case, Sizes};
use crate::compare::{Differs, Effort, judge};
use crate::contender::{DOORSTEP, Mode, work};
use crate::statistics::median;
use crate::system::ThreadTime;

pub(crate) use simulation::{Outcome, Policy, simulate};

/// One case: measured batches, simulated logins.
#[derive(Clone, Debug)]
pub(crate) struct Batched {
    pub(crate) case: String,
    /// Milliseconds of a batch of one, of two, and so on.
    pub(crate) batch_ms: Vec<f64>,
    pub(crate) policies: [Policy; 3],
    pub(crate) points: Vec<Point>,
}

/// What becomes of logins that arrive at one rate.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    /// Logins by the second.
    pub(crate) rate: f64,
    /// In the order of the policies; none where more arrive than are served.
    pub(crate) outcomes: [Option<Outcome>; 3],
}

/// Shares of what the core can take at most.
const SHARES: [f64; 12] = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95];

/// How much is measured and simulated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) effort: Effort,
    /// Logins that are simulated for each point.
    pub(crate) logins: usize,
}

impl Extent {
    pub(crate) fn new(sizes: Sizes) -> Self {
        match sizes {
            Sizes::Real => Self { effort: Effort::QUICK, logins: 20_000 },
            Sizes::Tiny => Self { effort: Effort::TINY, logins: 500 },
        }
    }
}

/// Measures all batches, then simulates. A login waits for company for `wait_ms` at most, or for as
/// long as one hash takes.
///
/// # Errors
/// [`Differs`] if a key is wrong.
pub(crate) fn batch(case: &Case, wait_ms: Option<f64>, extent: Extent) -> Result<Batched, Differs> {
    let batch_ms = measure(case, extent.effort)?;
    let wait_ms = wait_ms.unwrap_or(batch_ms[0]);
    let policies = [Policy::Alone, Policy::WhoIsThere, Policy::Wait(wait_ms)];
    let most = most_per_second(&batch_ms);
    let point = |share| {
        let rate = share * most;
        let outcome = |policy| simulate(&batch_ms, policy, rate, extent.logins);
        Point { rate, outcomes: policies.map(outcome) }
    };
    Ok(Batched { case: case.name(), points: SHARES.map(point).to_vec(), policies, batch_ms })
}

impl Batched {
    /// Logins by the second in batches of `size`, if there is always somebody.
    pub(crate) fn per_second(&self, size: usize) -> f64 {
        1e3 * size as f64 / self.batch_ms[size - 1]
    }

    /// The largest share of the core that `this` policy leaves idle and `that` one does not, and the
    /// rate at which.
    pub(crate) fn saves_most(&self, this: usize, that: usize) -> (f64, f64) {
        let saved = self.points.iter().filter_map(|point| {
            let [this, that] = [this, that].map(|index| point.outcomes[index].as_ref());
            Some((that?.busy - this?.busy, point.rate))
        });
        saved.fold((0.0, 0.0), |most, one| if one.0 > most.0 { one } else { most })
    }

    /// The lowest rate from which on `this` policy's slowest logins wait less than `that` one's.
    pub(crate) fn pays_from(&self, this: usize, that: usize) -> Option<f64> {
        // A percent is noise.
        let pays = |point: &Point| match (&point.outcomes[this], &point.outcomes[that]) {
            (Some(this), Some(that)) => this.p99_ms < 0.99 * that.p99_ms,
            (this, _) => this.is_some(),
        };
        self.points.iter().rev().take_while(|point| pays(point)).last().map(|point| point.rate)
    }
}

/// The most logins by the second that any size of batch serves.
pub(crate) fn most_per_second(batch_ms: &[f64]) -> f64 {
    let sizes = batch_ms.iter().enumerate();
    sizes.map(|(index, ms)| 1e3 * (index + 1) as f64 / ms).fold(0.0, f64::max)
}

fn measure(case: &Case, effort: Effort) -> Result<Vec<f64>, Differs> {
    let inputs = Case::inputs(case.batch);
    let expected = judge(case, &inputs);
    let mut workspace = Workspace::new();
    let mut samples = vec![Vec::new(); case.batch];
    for round in effort.rounds() {
        for turn in 0..case.batch {
            let size = 1 + (turn + round) % case.batch;
            let works = inputs[..size].iter().map(|input| work(case, input)).collect();
            let begin = ThreadTime::now();
            let keys = Work::run_together(works, &mut workspace);
            samples[size - 1].push(1e3 * begin.elapsed().as_secs_f64());
            if keys != expected[..size] {
                return Err(Differs::new(case, DOORSTEP, Mode::Together));
            }
        }
    }
    Ok(samples.iter().map(|samples| median(samples)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_pays_from_where_it_stays_better() {
        let outcome = |p99_ms| {
            let busy = p99_ms / 100.0;
            Some(Outcome { p50_ms: 1.0, p99_ms, busy, mean_batch: 1.0 })
        };
        let point = |rate, alone, there| Point { rate, outcomes: [alone, there, None] };
        let points = vec![
            point(1.0, outcome(20.0), outcome(10.0)),
            point(2.0, outcome(20.0), outcome(20.0)),
            point(3.0, outcome(20.0), outcome(19.0)),
            point(4.0, None, outcome(50.0)),
        ];
        let policies = [Policy::Alone, Policy::WhoIsThere, Policy::Wait(1.0)];
        let batched = Batched { case: "case".into(), batch_ms: vec![10.0, 12.5], policies, points };
        assert_eq!(batched.pays_from(1, 0), Some(3.0));
        assert_eq!(batched.pays_from(2, 1), None);
        assert_eq!(batched.saves_most(1, 0), (0.1, 1.0));
        assert_eq!(batched.saves_most(2, 1), (0.0, 0.0));
        assert_eq!(batched.per_second(1), 100.0);
        assert_eq!(most_per_second(&batched.batch_ms), 160.0);
    }
}
