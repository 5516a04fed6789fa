//! The comparison: who is how fast, one at a time and together.
//!
//! Everything runs in one process. In each round, each contender runs once, and each round begins
//! with another one: what disturbs the machine disturbs all of them. Medians count, of the time that
//! the thread had on the core; all hash on the thread that calls them. Before anything is timed, each output is held against that of the first crate among the peers, and the outputs
//! that are timed are held against it again.

use std::fmt;
use std::time::{Duration, Instant};

use crate::case::{Case, Input};
use crate::contender::{Contender, Mode};
use crate::statistics::{median, spread};
use crate::system::ThreadTime;

/// How long is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// For one case; what is under way is finished.
    budget: Duration,
    /// At least so many, and if that takes longer than the budget.
    least_rounds: usize,
    most_rounds: usize,
}

impl Effort {
    /// For figures that are published.
    pub(crate) const FULL: Self =
        Self { budget: Duration::from_secs(20), least_rounds: 9, most_rounds: 101 };
    /// For a look: all cases take less than a minute.
    pub(crate) const QUICK: Self =
        Self { budget: Duration::from_secs(2), least_rounds: 3, most_rounds: 25 };
    /// For tests.
    pub(crate) const TINY: Self = Self { budget: Duration::ZERO, least_rounds: 5, most_rounds: 5 };
}

impl Effort {
    /// Counts the rounds, until the budget is spent.
    pub(crate) fn rounds(self) -> impl Iterator<Item = usize> {
        let begin = Instant::now();
        let is_left =
            move |round: &usize| *round < self.least_rounds || begin.elapsed() < self.budget;
        (0..self.most_rounds).take_while(is_left)
    }
}

/// What was measured of one case.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    pub(crate) case: String,
    pub(crate) rows: Vec<Row>,
}

/// One contender's time.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) who: &'static str,
    pub(crate) mode: Mode,
    /// How many hashes ran at once.
    pub(crate) batch: usize,
    /// Milliseconds for each hash, the median of all rounds.
    pub(crate) ms: f64,
    /// How far the middle half of the rounds is apart, as a share of the median.
    pub(crate) spread: f64,
}

impl Compared {
    /// All who took part, each once.
    pub(crate) fn contenders(&self) -> impl Iterator<Item = &'static str> {
        self.rows.iter().filter(|row| row.mode == Mode::One).map(|row| row.who)
    }

    /// How `who` did in `mode`.
    pub(crate) fn row(&self, who: &str, mode: Mode) -> Option<&Row> {
        self.rows.iter().find(|row| row.who == who && row.mode == mode)
    }

    /// The time of `who` in `mode`.
    pub(crate) fn ms(&self, who: &str, mode: Mode) -> Option<f64> {
        self.row(who, mode).map(|row| row.ms)
    }

    /// The fastest of those who are not doorstep.
    pub(crate) fn fastest_peer(&self, mode: Mode) -> Option<&Row> {
        let of_mode = self.rows.iter().filter(|row| row.mode == mode);
        let peers = of_mode.filter(|row| !row.who.starts_with("doorstep"));
        peers.min_by(|a, b| a.ms.total_cmp(&b.ms))
    }
}

/// Checks and measures one case, the kernels of a processor without AVX-512 too, if asked for.
///
/// # Errors
/// [`Differs`] if not all compute the same.
pub(crate) fn compare(case: &Case, with_avx2: bool, effort: Effort) -> Result<Compared, Differs> {
    let mut contenders = Contender::all(case, with_avx2);
    let inputs = Case::inputs(contenders.iter().map(|one| one.batch).max().unwrap_or(1));
    let expected = judge(case, &inputs);
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); contenders.len()];
    for contender in &mut contenders {
        let keys = contender.hash(&inputs);
        check(case, contender, &keys, &expected)?;
    }

    for round in effort.rounds() {
        for turn in 0..contenders.len() {
            let index = (turn + round) % contenders.len();
            let contender = &mut contenders[index];
            let begin = ThreadTime::now();
            let keys = contender.hash(&inputs);
            let elapsed = begin.elapsed();
            check(case, contender, &keys, &expected)?;
            samples[index].push(1e3 * elapsed.as_secs_f64() / contender.batch as f64);
        }
    }

    let rows = contenders.iter().zip(&samples).map(|(contender, samples)| Row {
        who: contender.who,
        mode: contender.mode,
        batch: contender.batch,
        ms: median(samples),
        spread: spread(samples),
    });
    Ok(Compared { case: case.name(), rows: rows.collect() })
}

/// The keys as a peer computes them that is not on trial.
pub(crate) fn judge(case: &Case, inputs: &[Input]) -> Vec<Vec<u8>> {
    let mut judge = crate::peers::all(case).swap_remove(0);
    inputs.iter().map(|input| (judge.hash)(input)).collect()
}

fn check(
    case: &Case,
    contender: &Contender,
    keys: &[Vec<u8>],
    expected: &[Vec<u8>],
) -> Result<(), Differs> {
    if keys == &expected[..contender.batch] {
        return Ok(());
    }
    Err(Differs::new(case, contender.who, contender.mode))
}

/// An output is not what it must be: nothing of this case is worth timing.
#[derive(Debug)]
pub(crate) struct Differs {
    case: String,
    who: &'static str,
    mode: Mode,
}

impl Differs {
    pub(crate) fn new(case: &Case, who: &'static str, mode: Mode) -> Self {
        Self { case: case.name(), who, mode }
    }
}

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, who, mode } = self;
        write!(f, "{case}: the output of {who} ({mode}) differs from the reference")
    }
}

impl std::error::Error for Differs {}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::case::Sizes;

    #[test]
    fn a_wrong_output_is_an_error_and_no_row() {
        let case = &Case::all(Sizes::Tiny).unwrap()[0];
        let mut contenders = Contender::all(case, true);
        let inputs = Case::inputs(case.batch);
        let mut expected = judge(case, &inputs);
        let keys = contenders[2].hash(&inputs);
        check(case, &contenders[2], &keys, &expected).unwrap();

        // The last of the batch, by one bit.
        expected[case.batch - 1][31] ^= 1;
        let error = check(case, &contenders[2], &keys, &expected).unwrap_err();
        assert!(error.to_string().contains("doorstep (together) differs"), "{error}");
    }

    #[test]
    fn the_fastest_peer_is_never_doorstep() {
        let row = |who, mode, ms| Row { who, mode, batch: 1, ms, spread: 0.0 };
        let rows = vec![
            row("doorstep", Mode::One, 1.0),
            row("a", Mode::One, 3.0),
            row("b", Mode::One, 2.0),
            row("a", Mode::Together, 1.5),
        ];
        let compared = Compared { case: "case".into(), rows };
        assert_eq!(compared.fastest_peer(Mode::One).unwrap().who, "b");
        assert_eq!(compared.fastest_peer(Mode::Together).unwrap().who, "a");
        assert_eq!(compared.ms("doorstep", Mode::One), Some(1.0));
        assert_eq!(compared.ms("doorstep", Mode::Together), None);
    }
}
