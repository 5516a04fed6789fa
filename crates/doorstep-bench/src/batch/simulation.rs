//! Logins at random, one core, and whom it takes next. Reads no clock: the same seed, the same logins.

use super::most_per_second;
use crate::statistics::quantile;

/// Whom the core takes when it is free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Policy {
    /// The first in the queue.
    Alone,
    /// All in the queue, up to the largest batch.
    WhoIsThere,
    /// The same, but not before the batch is full or the first has waited for so many milliseconds.
    Wait(f64),
}

/// How the logins fared.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// From arrival to verdict, the median.
    pub(crate) p50_ms: f64,
    /// The time that one login in a hundred exceeds.
    pub(crate) p99_ms: f64,
    /// The share of the time in which the core hashed.
    pub(crate) busy: f64,
    /// Logins to a batch.
    pub(crate) mean_batch: f64,
}

impl Policy {
    pub(crate) fn name(self) -> String {
        match self {
            Policy::Alone => "one at a time".into(),
            Policy::WhoIsThere => "who is there".into(),
            Policy::Wait(ms) => format!("waits {ms:.0} ms"),
        }
    }
}

/// Serves `logins` that arrive at `rate` by the second, where a batch of n takes `batch_ms[n - 1]`.
/// None if they arrive faster than they can be served.
pub(crate) fn simulate(
    batch_ms: &[f64],
    policy: Policy,
    rate: f64,
    logins: usize,
) -> Option<Outcome> {
    let batch_ms = if policy == Policy::Alone { &batch_ms[..1] } else { batch_ms };
    if rate >= most_per_second(batch_ms) {
        return None;
    }
    let arrivals = arrivals(rate, logins);
    let (mut latencies, mut batches) = (Vec::with_capacity(logins), 0);
    let (mut free_at, mut busy) = (0.0_f64, 0.0);
    let mut next = 0;
    while next < logins {
        let first = arrivals[next];
        let full = arrivals.get(next + batch_ms.len() - 1).copied();
        let ready = match policy {
            Policy::Wait(ms) => full.unwrap_or(f64::INFINITY).min(first + ms),
            Policy::Alone | Policy::WhoIsThere => first,
        };
        let begin = free_at.max(ready);
        let there = arrivals[next..].iter().take(batch_ms.len());
        let size = there.take_while(|arrival| **arrival <= begin).count();
        free_at = begin + batch_ms[size - 1];
        busy += batch_ms[size - 1];
        latencies.extend(arrivals[next..next + size].iter().map(|arrival| free_at - arrival));
        batches += 1;
        next += size;
    }
    Some(Outcome {
        p50_ms: quantile(&latencies, 0.5),
        p99_ms: quantile(&latencies, 0.99),
        busy: busy / free_at,
        mean_batch: logins as f64 / f64::from(batches),
    })
}

/// Moments in milliseconds, with gaps of which none knows of another (a Poisson process).
fn arrivals(rate: f64, logins: usize) -> Vec<f64> {
    let mut random = Random(0x5eed);
    let mut now = 0.0;
    let next = || {
        now -= 1e3 / rate * (1.0 - random.next()).ln();
        now
    };
    std::iter::repeat_with(next).take(logins).collect()
}

/// SplitMix64 (Steele, Lea, Flood, 2014): enough for arrivals, and the same on every machine.
struct Random(u64);

impl Random {
    /// From 0 to below 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Four cost as much as one.
    const FREE_COMPANY: [f64; 4] = [10.0; 4];

    #[test]
    fn arrivals_have_the_rate_and_the_spread_of_a_poisson_process() {
        let arrivals = arrivals(50.0, 20_000);
        let gaps: Vec<_> = arrivals.windows(2).map(|two| two[1] - two[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let squares = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>();
        let deviation = (squares / gaps.len() as f64).sqrt();
        assert!((mean - 20.0).abs() < 0.5, "{mean}");
        assert!((deviation - 20.0).abs() < 1.0, "{deviation}");
    }

    #[test]
    fn who_comes_to_an_idle_core_waits_for_nobody_but_by_policy() {
        let rate = 0.01;
        let alone = simulate(&FREE_COMPANY, Policy::Alone, rate, 1000).unwrap();
        let there = simulate(&FREE_COMPANY, Policy::WhoIsThere, rate, 1000).unwrap();
        let waits = simulate(&FREE_COMPANY, Policy::Wait(25.0), rate, 1000).unwrap();
        assert!((alone.p50_ms - 10.0).abs() < 1e-6, "{alone:?}");
        assert!((there.p50_ms - 10.0).abs() < 1e-6, "{there:?}");
        assert!((waits.p50_ms - 35.0).abs() < 1e-6, "{waits:?}");
    }

    /// An M/D/1 queue: the mean wait is ρ/(2(1-ρ)) services (Pollaczek and Khinchine), so at ρ = 0.5
    /// half the logins wait less than that.
    #[test]
    fn one_at_a_time_is_the_queue_of_the_books() {
        let outcome = simulate(&FREE_COMPANY, Policy::Alone, 50.0, 20_000).unwrap();
        assert!((outcome.busy - 0.5).abs() < 0.02, "{outcome:?}");
        assert_eq!(outcome.mean_batch, 1.0);
        assert!(outcome.p50_ms >= 10.0 && outcome.p50_ms < 15.0, "{outcome:?}");
    }

    #[test]
    fn company_serves_what_one_at_a_time_cannot() {
        assert!(simulate(&FREE_COMPANY, Policy::Alone, 150.0, 2000).is_none());
        let there = simulate(&FREE_COMPANY, Policy::WhoIsThere, 150.0, 2000).unwrap();
        assert!(there.mean_batch > 1.0 && there.mean_batch <= 4.0, "{there:?}");
        assert!(there.p99_ms < 50.0, "{there:?}");
        assert!(simulate(&FREE_COMPANY, Policy::WhoIsThere, 400.0, 2000).is_none());
    }

    /// Nobody is kept longer than the policy says: the first's wait, a batch that is under way, and
    /// its own.
    #[test]
    fn a_wait_is_bounded_and_saves_work() {
        let there = simulate(&FREE_COMPANY, Policy::WhoIsThere, 80.0, 5000).unwrap();
        let waits = simulate(&FREE_COMPANY, Policy::Wait(20.0), 80.0, 5000).unwrap();
        assert!(waits.p99_ms <= 20.0 + 10.0 + 10.0, "{waits:?}");
        assert!(waits.busy < there.busy, "{waits:?} {there:?}");
        assert!(waits.mean_batch > there.mean_batch, "{waits:?} {there:?}");
    }
}
