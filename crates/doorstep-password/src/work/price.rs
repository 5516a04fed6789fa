//! What work costs, in units that compare across algorithms.

/// The price of a piece of work, known before any of it is done.
///
/// Hosts admit, queue or refuse by it: so many KiB at once, so many units in the queue.
///
/// ```
/// use doorstep_password::{Argon2, Hashers, Secret};
///
/// let work = Hashers::new(Argon2::default()).hash(Secret::from("correct horse"))?;
/// let cost = work.cost();
/// assert_eq!(cost.memory_kib, 19 * 1024);
/// // Two passes over 19 MiB: some milliseconds.
/// assert!((1_000..100_000).contains(&cost.units));
/// # Ok::<(), doorstep_password::HashError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// Memory that is held while the work is under way, in KiB.
    pub memory_kib: u64,
    /// Time, in units of about one microsecond of one core of a server of 2024.
    pub units: u64,
}

impl Cost {
    /// A cost of so many KiB and units, for a [`Kdf`](crate::Kdf) of the host's own.
    pub const fn new(memory_kib: u64, units: u64) -> Self {
        Self { memory_kib, units }
    }
}

/// The time that one step of an algorithm takes, in nanoseconds: what turns steps into units.
///
/// Each algorithm names its own constant; the benchmark `units` holds them within a factor of two.
#[derive(Clone, Copy)]
pub(crate) struct StepTime(pub(crate) u64);

impl StepTime {
    /// The units that `steps` are worth, rounded up.
    pub(crate) const fn units(self, steps: u64) -> u64 {
        steps.saturating_mul(self.0).div_ceil(1000)
    }

    /// How many steps `units` pay for: at least one, so that every piece makes progress.
    pub(crate) const fn steps(self, units: u64) -> u64 {
        match units.saturating_mul(1000) / self.0 {
            0 => 1,
            steps => steps,
        }
    }
}
