//! Looks for the strongest parameters within a time. Knows no clock and no algorithm.

use std::time::Duration;

use crate::calibrate::dial::{Dial, Setting};
use crate::refusal::Refusal;

/// Parameters that are tried at most: a time in proportion to the work needs three.
const MOST_ROWS: usize = 8;

/// What was measured of parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) setting: Setting,
    pub(crate) runs: usize,
    pub(crate) median: Duration,
    pub(crate) fastest: Duration,
    pub(crate) slowest: Duration,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Found {
    /// Whether `best` is within the time. If not, it is the least that is advised.
    pub(crate) met: bool,
    pub(crate) best: Row,
    /// All that was measured, in that order.
    pub(crate) rows: Vec<Row>,
}

/// Measures, from the least that is advised upwards, until nothing stronger is within `target` or
/// `measure` has had enough.
pub(crate) fn search(
    dial: &Dial,
    target: Duration,
    mut measure: impl FnMut(Setting) -> Result<Option<Row>, Refusal>,
) -> Result<Found, Refusal> {
    let Some(least) = measure(dial.least())? else {
        return Err(Refusal::new("too_costly", "there was no time to measure anything"));
    };
    let mut found = Found { met: least.median <= target, best: least, rows: vec![least] };
    // The least work that took too long.
    let mut too_much = u64::MAX;
    while found.met && found.rows.len() < MOST_ROWS {
        let last = found.rows[found.rows.len() - 1];
        let best = found.best.setting.work();
        let mut next = dial.fit(affordable(&last, target));
        if next.work() >= too_much || next.work() < best {
            // One of the two was disturbed while it was measured.
            next = dial.fit(best.midpoint(too_much.min(best.saturating_mul(2))));
        }
        if next.work() >= too_much || found.rows.iter().any(|row| row.setting == next) {
            break;
        }
        let Some(row) = measure(next)? else { break };
        if row.median <= target {
            found.best = row;
        } else {
            too_much = row.setting.work();
        }
        found.rows.push(row);
    }
    Ok(found)
}

/// The work that would take `target`, if the time is in proportion to it.
fn affordable(row: &Row, target: Duration) -> u64 {
    let work = u128::from(row.setting.work()) * target.as_nanos() / row.median.as_nanos().max(1);
    u64::try_from(work).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use doorstep_password::names;

    use super::{MOST_ROWS, Row, search};
    use crate::calibrate::dial::{Dial, Setting};

    /// A machine on which a unit of work takes so many nanoseconds, the first of `disturbed` rows
    /// more.
    fn machine(nanos: f64, disturbed: usize) -> impl FnMut(Setting) -> Row {
        let mut count = 0;
        move |setting| {
            count += 1;
            let factor = if count <= disturbed { 1.5 } else { 1.0 };
            let time = Duration::from_nanos((setting.work() as f64 * nanos * factor) as u64);
            Row { setting, runs: 1, median: time, fastest: time, slowest: time }
        }
    }

    fn dials() -> impl Iterator<Item = Dial> {
        names().filter_map(|name| Dial::of(name, None).ok())
    }

    #[test]
    fn it_finds_the_strongest_within_the_time() {
        for dial in dials() {
            let target = Duration::from_millis(300);
            for factor in [1.01, 1.3, 3.0, 20.0] {
                let nanos = 3e8 / (dial.least().work() as f64 * factor);
                let mut machine = machine(nanos, 0);
                let found = search(&dial, target, |setting| Ok(Some(machine(setting))));
                let found = found.unwrap();
                assert!(found.met && found.best.median <= target, "{found:?}");
                assert!(found.rows.len() <= 4, "{found:?}");
                // A percent for the sake of the numbers' last digits.
                let ideal = dial.fit((3e8 / nanos * 0.99) as u64);
                assert!(found.best.setting.work() >= ideal.work(), "{ideal:?} {found:?}");
            }
        }
    }

    #[test]
    fn it_never_goes_below_the_least() {
        for dial in dials() {
            let mut machine = machine(1e6, 0);
            let found = search(&dial, Duration::from_millis(1), |it| Ok(Some(machine(it))));
            let found = found.unwrap();
            assert!(!found.met);
            assert_eq!((found.best.setting, found.rows.len()), (dial.least(), 1));
        }
    }

    /// What was measured while something else ran is measured again with other parameters.
    #[test]
    fn it_gets_over_a_disturbance() {
        for dial in dials() {
            for disturbed in [1, 2, 3] {
                let nanos = 3e8 / (dial.least().work() as f64 * 8.0);
                let mut machine = machine(nanos, disturbed);
                let target = Duration::from_millis(300);
                let found = search(&dial, target, |it| Ok(Some(machine(it)))).unwrap();
                assert!(found.met && found.rows.len() <= MOST_ROWS, "{found:?}");
                let work = found.best.setting.work() as f64 * nanos;
                assert!(work > 1e8 && work <= 3e8 + nanos, "{found:?}");
            }
        }
    }

    #[test]
    fn it_ends_when_there_is_no_more_time() {
        let dial = Dial::Bcrypt;
        let mut machine = machine(1.0, 0);
        let mut left = 1;
        let found = search(&dial, Duration::from_secs(1), |setting| {
            left -= 1;
            Ok((left >= 0).then(|| machine(setting)))
        });
        assert_eq!(found.unwrap().rows.len(), 1);
    }
}
