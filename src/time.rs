//! Time as an argument. Reads no clock.

/// Seconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// ```
/// use std::time::{SystemTime, UNIX_EPOCH};
/// use doorstep::UnixTime;
///
/// let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
/// let now = UnixTime::from_secs(now.as_secs());
/// assert!(now > UnixTime::from_secs(1_700_000_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// So many seconds since 1970.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since 1970.
    pub const fn as_secs(self) -> u64 {
        self.0
    }
}
