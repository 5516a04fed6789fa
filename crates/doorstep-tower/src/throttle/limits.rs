//! How much may fail.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::Quota;

use crate::proxies::Proxies;

/// How many attempts may fail before more are refused.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use doorstep_tower::{Failures, Proxies, ThrottleLimits};
///
/// let mut limits = ThrottleLimits::default();
/// limits.username = Failures { burst: NonZeroU32::new(5).unwrap(), one_each: Duration::from_secs(300) };
/// limits.proxies = Proxies::forwarded(["10.0.0.0/8"])?;
/// # Ok::<(), doorstep_tower::InvalidPrefix>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ThrottleLimits {
    /// By user-id, from everywhere together: 40, then one each 90 seconds, unless told. So no more than
    /// 80 fail in any hour; and 100 with those of one address where the user is
    /// [known](Self::known), which is what OWASP's ASVS 4.0.3 §2.2.1 allows for an account. (NIST
    /// SP 800-63B §5.2.2 allows 100 in a row.) A user with more undecided logins at once than the burst
    /// is asked to try again in a second: who sends passwords with every request, and many at once,
    /// wants [receipts](crate::AuthLayer::receipts) or a token.
    pub username: Failures,
    /// By address, whatever the user-id: 100, then one each 6 seconds, unless told. It is wider, since
    /// a whole office may share an address, and still lets one address try a common password on no
    /// more than 700 names in the first hour.
    pub address: Failures,
    /// By user and address, where that user was granted from that address before: 10, then one each 6
    /// minutes, unless told. It serves those who are throttled for what others fail.
    pub known: Failures,
    /// How many names, addresses and pairs of both are told apart: 131 072, unless told. They take 50
    /// bytes each, from the start.
    pub slots: usize,
    /// Whose word on a client's address is taken: nobody's, unless told. All clients of a proxy that is
    /// not named have one address, and share its quota.
    pub proxies: Proxies,
}

impl Default for ThrottleLimits {
    fn default() -> Self {
        let failures = |burst: u32, seconds| Failures {
            burst: NonZeroU32::MIN.saturating_add(burst - 1),
            one_each: Duration::from_secs(seconds),
        };
        Self {
            username: failures(40, 90),
            address: failures(100, 6),
            known: failures(10, 360),
            slots: 1 << 17,
            proxies: Proxies::default(),
        }
    }
}

/// So many at once, then one in each so much time; in the same time one is forgiven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// At once.
    pub burst: NonZeroU32,
    /// Then.
    pub one_each: Duration,
}

impl Failures {
    /// Nobody waits for longer, and no clock's arithmetic overflows.
    const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

    /// As many times as much.
    pub(super) fn times(self, factor: NonZeroU32) -> Self {
        Self { burst: self.burst.saturating_mul(factor), one_each: self.one_each / factor.get() }
    }

    pub(super) fn quota(self) -> Quota {
        let one_each = self.one_each.clamp(Duration::from_nanos(1), Self::LONGEST);
        let most = Self::LONGEST.as_nanos() / one_each.as_nanos();
        let most = NonZeroU32::new(u32::try_from(most).unwrap_or(u32::MAX));
        let burst = self.burst.min(most.unwrap_or(NonZeroU32::MIN));
        Quota::with_period(one_each).expect("not 0").allow_burst(burst)
    }
}
