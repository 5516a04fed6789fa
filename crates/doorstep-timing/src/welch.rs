//! Welch's t-test between two classes of timings, as dudect applies it (Reparaz, Balasch and Verbauwhede,
//! "Dude, is my code constant time?", DATE 2017): to all timings, and to those below each of a hundred limits.
//! The largest |t| of these counts, so that no limit is chosen to fit. Its test of second order is not made.

/// Timings of two classes, and the largest |t| of any way to look at them.
pub(crate) struct Comparison {
    /// Above which timings are cropped: an interrupt is longer than any secret.
    limits: Vec<f64>,
    /// A test for each limit, and one without.
    tests: Vec<Test>,
    /// As many timings as the limits are taken from.
    first: Vec<(bool, f64)>,
}

/// Timings before the limits are known. They are not tested.
const FIRST: usize = 10_000;
/// From the 7th percentile up, ever denser.
const LIMITS: usize = 100;

impl Comparison {
    pub(crate) fn new() -> Self {
        Self { limits: Vec::new(), tests: vec![Test::default(); LIMITS + 1], first: Vec::new() }
    }

    pub(crate) fn push(&mut self, is_second: bool, timing: f64) {
        if self.limits.is_empty() {
            self.first.push((is_second, timing));
            if self.first.len() == FIRST {
                self.limits = limits(&self.first);
            }
            return;
        }
        for (test, limit) in self.tests.iter_mut().zip(&self.limits) {
            if timing < *limit {
                test.push(is_second, timing);
            }
        }
        self.tests[LIMITS].push(is_second, timing);
    }

    /// The largest |t| of a test with enough timings to mean something, by dudect's measure.
    pub(crate) fn t(&self) -> f64 {
        let tests =
            self.tests.iter().filter(|test| test.classes.iter().all(|c| c.count > 10_000.0));
        tests.map(|test| test.t().abs()).fold(0.0, f64::max)
    }

    /// The difference of the means, uncropped, and the mean of all.
    pub(crate) fn difference(&self) -> (f64, f64) {
        let [first, second] = &self.tests[LIMITS].classes;
        (second.mean - first.mean, (first.mean + second.mean) / 2.0)
    }
}

/// dudect's `prepare_percentiles`: at the shares 1 - 0.5^(10 (i + 1) / 100).
fn limits(timings: &[(bool, f64)]) -> Vec<f64> {
    let mut sorted: Vec<f64> = timings.iter().map(|(_, timing)| *timing).collect();
    sorted.sort_by(f64::total_cmp);
    let share = |index: usize| 1.0 - 0.5f64.powf(10.0 * (index + 1) as f64 / LIMITS as f64);
    let at = |index| (share(index) * sorted.len() as f64) as usize;
    (0..LIMITS).map(|index| sorted[at(index).min(sorted.len() - 1)]).collect()
}

#[derive(Clone, Default)]
struct Test {
    classes: [Moments; 2],
}

impl Test {
    fn push(&mut self, is_second: bool, timing: f64) {
        self.classes[usize::from(is_second)].push(timing);
    }

    fn t(&self) -> f64 {
        let [first, second] = &self.classes;
        let error = first.variance() / first.count + second.variance() / second.count;
        if error == 0.0 { 0.0 } else { (first.mean - second.mean) / error.sqrt() }
    }
}

/// Mean and variance in one pass (Welford 1962).
#[derive(Clone, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn push(&mut self, value: f64) {
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
    }

    fn variance(&self) -> f64 {
        self.squares / (self.count - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first example of Wikipedia's "Welch's t-test", A1 and A2: t = -2.46.
    #[test]
    fn the_example_of_equal_variances() {
        let first = [
            27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7,
            21.4,
        ];
        let second = [
            27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5,
            24.4,
        ];
        let mut test = Test::default();
        first.iter().for_each(|&value| test.push(false, value));
        second.iter().for_each(|&value| test.push(true, value));
        assert!((test.t() + 2.46).abs() < 0.01, "{}", test.t());
    }

    /// Classes that differ by a tenth of their spread are told apart, and the same class is not.
    #[test]
    fn what_differs_is_found_below_the_outliers() {
        let mut state = 1u64;
        let mut uniform = || {
            // Steele and Vigna's multiplier for a 64-bit congruential generator.
            state = state.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let (mut same, mut other) = (Comparison::new(), Comparison::new());
        for _ in 0..400_000 {
            let is_second = uniform() < 0.5;
            let outlier = if uniform() < 0.01 { 1e6 * uniform() } else { 0.0 };
            let timing = 100.0 + uniform() + outlier;
            same.push(is_second, timing);
            other.push(is_second, timing + if is_second { 0.1 } else { 0.0 });
        }
        assert!(same.t() < 4.5, "{}", same.t());
        assert!(other.t() > 50.0, "{}", other.t());
    }
}
