//! What many timings say.

/// The middle one; of an even number, the mean of the two in the middle.
///
/// # Panics
/// If there is none.
pub(crate) fn median(samples: &[f64]) -> f64 {
    let sorted = sorted(samples);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// The smallest sample that at least `share` of all do not exceed (the nearest rank).
///
/// # Panics
/// If there is none.
pub(crate) fn quantile(samples: &[f64], share: f64) -> f64 {
    let sorted = sorted(samples);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// How far the middle half of the samples is apart, as a share of the median: what a busy machine
/// shows.
pub(crate) fn spread(samples: &[f64]) -> f64 {
    (quantile(samples, 0.75) - quantile(samples, 0.25)) / median(samples)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_no_outlier_moves_it() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[5.0, 1.0, 900.0]), 5.0);
        assert_eq!(median(&[4.0, 1.0, 900.0, 2.0]), 3.0);
    }

    #[test]
    fn a_quantile_is_a_sample() {
        let hundred: Vec<_> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&hundred, 0.0), 1.0);
        assert_eq!(quantile(&hundred, 0.5), 50.0);
        assert_eq!(quantile(&hundred, 0.99), 99.0);
        assert_eq!(quantile(&hundred, 1.0), 100.0);
        assert_eq!(quantile(&[7.0, 8.0], 0.99), 8.0);
    }

    #[test]
    fn the_spread_is_that_of_the_middle_half() {
        assert_eq!(spread(&[2.0, 2.0, 2.0]), 0.0);
        assert_eq!(spread(&[1.0, 9.0, 10.0, 11.0, 90.0]), 0.2);
    }
}
