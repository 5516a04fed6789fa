//! Times, and what is said of many of them.

use std::time::Duration;

#[derive(Clone, Debug, Default)]
pub(crate) struct Latencies {
    sorted: Vec<Duration>,
}

impl Latencies {
    /// The time that this share of all stays within.
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        let last = self.sorted.len().checked_sub(1)?;
        self.sorted.get((last as f64 * share).round() as usize).copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }
}

impl From<Vec<Duration>> for Latencies {
    fn from(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self { sorted: all }
    }
}

/// The one in the middle, or nothing of nothing.
pub(crate) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted() {
        let all: Vec<_> = (0..=100).rev().map(Duration::from_millis).collect();
        let latencies = Latencies::from(all);
        assert_eq!(latencies.quantile(0.99), Some(Duration::from_millis(99)));
        assert_eq!(latencies.quantile(0.5), Some(Duration::from_millis(50)));
        assert_eq!(Latencies::default().quantile(0.5), None);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}
