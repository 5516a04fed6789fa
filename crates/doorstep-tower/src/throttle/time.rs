//! What time it is: the system's monotonic clock, or a test's.

use std::sync::Arc;
use std::time::Instant;

use governor::clock::Clock;
use governor::nanos::Nanos;

#[derive(Clone)]
pub(super) struct Time(Arc<dyn Clock<Instant = Nanos> + Send + Sync>);

impl Time {
    pub(super) fn monotonic() -> Self {
        Self::of(Monotonic { start: Instant::now() })
    }

    pub(super) fn of(clock: impl Clock<Instant = Nanos> + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }
}

impl Clock for Time {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.now()
    }
}

struct Monotonic {
    start: Instant,
}

impl Clock for Monotonic {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.start.elapsed().into()
    }
}
