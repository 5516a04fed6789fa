//! Timings of two classes of secrets, in random order, as dudect takes them (Reparaz, Balasch and
//! Verbauwhede, "Dude, is my code constant time?", DATE 2017).
//!
//! The crate `dudect-bencher` takes them too. It prints its figures and gives them to no caller, so that no
//! bound can be held against them.

mod cases;

use std::hint::black_box;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::case::named;
use crate::welch::Comparison;
use cases::CASES;

/// The bound for |t| of Goodwill, Jun, Jaffe and Rohatgi, "A testing methodology for side-channel resistance
/// validation", 2011.
const BOUND: f64 = 4.5;
/// What a leak is to show at least.
const CONTROL: f64 = 100.0;
/// Of the classes and of the secrets.
const SEED: u64 = 1;

/// How many timings are to be taken, and where classes and secrets come from.
struct Sampler {
    samples: usize,
    rng: ChaCha8Rng,
}

impl Sampler {
    /// `timed` is given what `prepare` made for the class, the first for `false`. `prepare` is to do the same
    /// for both, or the memory that it leaves behind would tell them apart.
    fn compare<T>(
        mut self,
        mut prepare: impl FnMut(bool, &mut ChaCha8Rng) -> T,
        mut timed: impl FnMut(T),
    ) -> Comparison {
        let mut comparison = Comparison::new();
        for _ in 0..self.samples {
            let is_second = self.rng.next_u32() & 1 != 0;
            let input = prepare(is_second, &mut self.rng);
            let begin = Instant::now();
            timed(black_box(input));
            comparison.push(is_second, begin.elapsed().as_nanos() as f64);
        }
        comparison
    }
}

/// Times every case, or those that are named. Prints the figure, and says whether all are within their bounds.
pub(crate) fn judge(samples: usize, names: &[&str]) -> bool {
    println!("{samples} timings each, seed {SEED}");
    let (mut is_within, mut largest) = (true, (0.0, ""));
    let (mut count, mut controls) = (0, Vec::new());
    for case in named(CASES, names) {
        let comparison = (case.run)(Sampler { samples, rng: ChaCha8Rng::seed_from_u64(SEED) });
        let t = comparison.t();
        let (difference, mean) = comparison.difference();
        println!("{:22} |t| {t:8.2}  {difference:+8.2} ns of {mean:9.1}", case.name);
        is_within &= if case.leaks { t > CONTROL } else { t < BOUND };
        if case.leaks {
            controls.push(format!("{t:.0}"));
        } else {
            count += 1;
            largest = if t > largest.0 { (t, case.name) } else { largest };
        }
    }
    let (t, name) = largest;
    println!(
        "figure: dudect: {count} comparisons, {samples} timings each: |t| at most {t:.2} ({name}) of {BOUND}; \
         {} of the control",
        controls.join(" and ")
    );
    is_within
}
