//! What logins do to everything else that a single-threaded executor has to do.
//!
//! The executor is simulated, its time and its work are not: timers wake a thousand light tasks
//! again and again, each of which computes for a few microseconds, while logins arrive that take
//! half of the core. How late a light task is done, is what its users wait.

mod executor;
mod slicing;

use std::time::Duration;

use crate::case::{Case, Sizes};
use crate::compare::Differs;
use crate::statistics::quantile;

pub(crate) use executor::run;
pub(crate) use slicing::{Slicing, slicing};

/// What the executor has to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// How many light tasks there are.
    pub(crate) tasks: u32,
    /// How often each of them is woken.
    pub(crate) period: Duration,
    /// How many logins arrive, evenly spread, at twice the time that one takes.
    pub(crate) logins: u32,
    /// Units of a slice.
    pub(crate) units: u64,
}

impl Load {
    pub(crate) fn new(sizes: Sizes, units: u64) -> Self {
        let (tasks, logins) = if sizes == Sizes::Real { (1000, 20) } else { (100, 5) };
        Self { tasks, period: Duration::from_millis(100), logins, units }
    }
}

/// Where the logins' hashes are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// There are no logins: what the machine does by itself.
    Nowhere,
    /// In the executor, each from beginning to end.
    Inline,
    /// On another thread that shares the executor's core.
    Thread,
    /// On another thread that has a core of its own, this one.
    Core(usize),
    /// In the executor, in slices between the tasks that are due.
    Slices,
}

impl Place {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Place::Nowhere => "no logins",
            Place::Inline => "inline",
            Place::Thread => "thread, same core",
            Place::Core(_) => "thread, another core",
            Place::Slices => "slices",
        }
    }
}

/// How late everybody was.
#[derive(Clone, Debug)]
pub(crate) struct Lateness {
    pub(crate) place: Place,
    /// From the moment a light task is due until it is done, in microseconds.
    pub(crate) light_us: Vec<f64>,
    /// From the arrival of a login until its verdict, in milliseconds.
    pub(crate) logins_ms: Vec<f64>,
}

/// All places, for one case.
#[derive(Clone, Debug)]
pub(crate) struct Latency {
    pub(crate) case: String,
    pub(crate) places: Vec<Lateness>,
}

/// Runs the executor once for each place.
///
/// # Errors
/// [`Differs`] if a login's key is wrong.
pub(crate) fn latency(
    case: &Case,
    load: &Load,
    other_core: Option<usize>,
) -> Result<Latency, Differs> {
    let places = [Place::Nowhere, Place::Inline, Place::Thread]
        .into_iter()
        .chain(other_core.map(Place::Core))
        .chain([Place::Slices])
        .map(|place| run(case, load, place));
    Ok(Latency { case: case.name(), places: places.collect::<Result<_, _>>()? })
}

impl Lateness {
    pub(crate) fn light_quantile_us(&self, share: f64) -> f64 {
        quantile(&self.light_us, share)
    }

    /// None if there were no logins.
    pub(crate) fn login_quantile_ms(&self, share: f64) -> Option<f64> {
        (!self.logins_ms.is_empty()).then(|| quantile(&self.logins_ms, share))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_login_is_done_at_every_place() {
        let load = Load::new(Sizes::Tiny, 50);
        let case = &Case::all(Sizes::Tiny).unwrap()[3];
        assert_eq!(case.name(), "bcrypt-4");
        let latency = latency(case, &load, None).unwrap();
        for lateness in &latency.places {
            let logins = if lateness.place == Place::Nowhere { 0 } else { load.logins as usize };
            assert_eq!(lateness.logins_ms.len(), logins, "{:?}", lateness.place);
            assert!(!lateness.light_us.is_empty(), "{:?}", lateness.place);
            assert!(lateness.light_us.iter().all(|late| *late > 0.0), "{:?}", lateness.place);
        }
        assert_eq!(latency.places.last().unwrap().place, Place::Slices);
    }
}
