//! Throttling: who fails too often is answered 429 before the store is asked and a hash computed.
//!
//! # What counts
//!
//! Failed attempts: a password that does not match, for whatever reason that depends on the account,
//! and a token that nobody holds. Grants count nothing, however many there are. Nor does what was not
//! decided: an overloaded pool, a store that failed. A token that has expired or was revoked is no
//! guess.
//!
//! - By user-id: [`ThrottleLimits::username`]. The same for names that nobody has, by the same table
//!   and before anybody is looked up, so that 429 tells nothing. Names that differ in case alone share
//!   a quota, lest a lookup that ignores case give guesses away.
//! - By address: [`ThrottleLimits::address`], for passwords and for tokens apart: a client with a
//!   deleted token does not keep its neighbours from logging in. An IPv4 address counts alone, also in
//!   its forms in IPv6 (RFC 4291 §2.5.5.2, RFC 6052 §2.1); of IPv6 the /64, which is the least that a
//!   site is given (RFC 6177), and the /48, with sixteen quotas, since many are given that much.
//! - Without an address, by user-id alone.
//!
//! # When it counts
//!
//! The check is before the hash and the verdict after it, and a thousand guesses may come between. So
//! an attempt takes a *place* in each of its quotas while it is undecided. There are only as many
//! places as failures may still come: at no time do failures and places together exceed the quota,
//! whatever the order. Where places alone stand in the way, `Retry-After` is a second. Charging first
//! and giving back would do the same at first sight; but a quota refills, and what to give back of a
//! charge that has begun to refill is guesswork.
//!
//! Tokens take no places, since nobody guesses 128 bits: their quota spares the store.
//!
//! Who hangs up before the verdict has learnt nothing, and so the user-id is given back: browsers hang
//! up all day. The address is charged, since a hash may have been computed for it, unless this user
//! has logged in from there before.
//!
//! # No weapon
//!
//! Anybody can fail in another's name until it is throttled. So who has logged in from an address
//! before has a quota of one's own there, [`ThrottleLimits::known`], when the user-id or the address is
//! throttled. A right password passes by it. A wrong one is answered as all others are, with the same
//! 429: 401 would tell those behind the same address who has logged in from there. Its time may still
//! tell them, for there was a hash, and so may a 503 in its place; nobody elsewhere can see as much. The same holds for tokens that
//! were granted there before.
//!
//! Pairs of user and address are remembered in sets of eight, chosen by the user. Only grants enter a
//! set, so that nobody is pushed out by guesses, and one account can push out little but its own.
//! A restart forgets all pairs, and all failures.
//!
//! Without addresses there are no pairs, and anybody locks out anybody: a throttle that is told none
//! says so once, as a warning. axum's servers
//! [are asked for them](https://docs.rs/axum/0.8/axum/struct.Router.html#method.into_make_service_with_connect_info),
//! others put a `SocketAddr` into the request's extensions. On a Unix socket that is one of the
//! loopback, which is then named as the proxy at its other end.
//!
//! # In which memory
//!
//! As much as at the start. Each quota keeps its names in a fixed table (a blocked count-min sketch): a
//! keyed hash, random for each process, leads to one slot in each of two rows, and a name is throttled
//! when both are full. Who shares a slot adds to it, and nobody takes anything away: no flood of other
//! names, were it a million, makes the table forget what failed in one. Maps with eviction do, or
//! grow. What a flood can do is fill slots, and a name is throttled for the failures of others only if
//! both of its slots are full: that takes a large part of the table's worth of failed logins, each of
//! them hashed, and the key keeps anybody from aiming. [`ThrottleLimits::slots`] sets the size.
//!
//! The algorithm is GCRA, governor's. Of governor's own stores those with keys grow without bound.
//!
//! Each process counts for itself: of several behind a balancer, each grants the quotas.

mod address;
mod known;
mod limiter;
mod limits;
mod table;
#[cfg(test)]
mod tests;
mod time;

use std::fmt;
use std::hash::{BuildHasher as _, Hash, Hasher, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Once};
use std::time::Duration;

use doorstep::{Cause, Outcome, Refuse, TokenDigest};

use self::address::Source;
use self::known::{Known, Pair};
use self::limiter::{Limiter, Place};
pub use self::limits::{Failures, ThrottleLimits};
use self::time::Time;
use crate::peer::Peer;

/// Counts failed attempts, and says when there were too many. Cheap to clone; all clones are one, which
/// may serve several layers: otherwise each of them grants its own quotas.
///
/// ```
/// use doorstep_tower::{AuthLayer, Throttle, ThrottleLimits};
///
/// let throttle = Throttle::new(ThrottleLimits::default());
/// # fn both<S>(one: AuthLayer<S>, other: AuthLayer<S>, throttle: Throttle) -> [AuthLayer<S>; 2] {
/// [one.throttle(throttle.clone()), other.throttle(throttle)]
/// # }
/// ```
#[derive(Clone)]
pub struct Throttle {
    shared: Arc<Shared>,
}

struct Shared {
    limits: ThrottleLimits,
    keys: RandomState,
    usernames: Limiter,
    addresses: Limiter,
    sites: Limiter,
    pairs: Limiter,
    known: Known,
    warning: Once,
}

impl Throttle {
    /// A /48 has as many quotas as this.
    const SITE: NonZeroU32 = NonZeroU32::new(16).expect("not 0");

    /// Nothing has failed yet.
    pub fn new(limits: ThrottleLimits) -> Self {
        Self::at(limits, Time::monotonic())
    }

    fn at(limits: ThrottleLimits, time: Time) -> Self {
        let limiter = |failures, slots| Limiter::new(failures, slots, time.clone());
        let shared = Shared {
            keys: RandomState::new(),
            usernames: limiter(limits.username, limits.slots),
            addresses: limiter(limits.address, limits.slots),
            sites: limiter(limits.address.times(Self::SITE), limits.slots / 4),
            pairs: limiter(limits.known, limits.slots / 4),
            known: Known::new(limits.slots),
            warning: Once::new(),
            limits,
        };
        Self { shared: Arc::new(shared) }
    }

    /// The limits that it keeps.
    pub fn limits(&self) -> &ThrottleLimits {
        &self.shared.limits
    }

    /// How much memory it takes, in bytes, however many names there are.
    pub fn memory(&self) -> usize {
        let Shared { usernames, addresses, sites, pairs, known, .. } = &*self.shared;
        let limiters = [usernames, addresses, sites, pairs];
        limiters.map(Limiter::memory).iter().sum::<usize>() + known.memory()
    }

    /// May this be tried?
    pub(crate) fn begin(&self, tried: Tried<'_>, peer: &Peer) -> Result<Attempt<'_>, Refuse> {
        let client = self.shared.limits.proxies.client(peer);
        if client.is_none() {
            self.shared.warning.call_once(|| {
                tracing::warn!("throttling by user-id alone: the server tells no client's address");
            });
        }
        self.shared.begin(tried, client)
    }
}

impl From<ThrottleLimits> for Throttle {
    fn from(limits: ThrottleLimits) -> Self {
        Self::new(limits)
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").field("limits", self.limits()).finish_non_exhaustive()
    }
}

/// What is tried.
#[derive(Clone, Copy)]
pub(crate) enum Tried<'a> {
    Password { username: &'a str },
    Token(&'a TokenDigest),
}

impl Hash for Tried<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Password { username } => {
                username.chars().flat_map(char::to_lowercase).for_each(|char| char.hash(state));
            }
            Self::Token(digest) => digest.as_bytes().hash(state),
        }
    }
}

impl Shared {
    fn begin(&self, tried: Tried<'_>, client: Option<IpAddr>) -> Result<Attempt<'_>, Refuse> {
        let user = self.keys.hash_one(tried);
        let source = client.map(Source::of);
        let pair = source.map(|source| Pair { user, tag: self.keys.hash_one((user, source)) });
        let is_token = matches!(tried, Tried::Token(_));
        let (lane, wait) = self.usual(user, source, is_token);
        let lane = match wait {
            None => lane,
            Some(wait) => {
                drop(lane);
                let otherwise = Refuse::Throttled { retry_after: seconds(wait) };
                let pair = pair.filter(|pair| self.known.holds(*pair)).ok_or(otherwise)?;
                let place = enter(&self.pairs, pair.tag, is_token).map_err(|_| otherwise)?;
                Lane::Known { place, otherwise }
            }
        };
        Ok(Attempt { shared: self, pair, is_token, lane, verdict: Verdict::HungUp })
    }

    /// The places that there are, and how long to wait if one is missing.
    fn usual(
        &self,
        user: u64,
        source: Option<Source>,
        is_token: bool,
    ) -> (Lane<'_>, Option<Duration>) {
        let prefixes = [
            source.map(|source| (&self.addresses, source.host())),
            source.and_then(|source| Some((&self.sites, source.site()?))),
        ];
        let username = (!is_token).then(|| self.usernames.enter(user));
        let addresses = prefixes.map(|prefix| {
            let (limiter, prefix) = prefix?;
            Some(enter(limiter, self.keys.hash_one((is_token, prefix)), is_token))
        });
        let mut wait = None;
        let mut place = |entered: Option<Result<_, Duration>>| match entered? {
            Ok(place) => Some(place),
            Err(time) => {
                wait = wait.max(Some(time));
                None
            }
        };
        let (username, addresses) = (place(username), addresses.map(place));
        (Lane::Usual { username, addresses }, wait)
    }
}

/// Nobody guesses tokens: they take no place.
fn enter(limiter: &Limiter, key: u64, is_token: bool) -> Result<Place<'_>, Duration> {
    if is_token { limiter.look(key) } else { limiter.enter(key) }
}

/// What may be tried. Dropped without a verdict, the client has hung up.
pub(crate) struct Attempt<'t> {
    shared: &'t Shared,
    pair: Option<Pair>,
    is_token: bool,
    lane: Lane<'t>,
    verdict: Verdict,
}

enum Lane<'t> {
    Usual {
        username: Option<Place<'t>>,
        addresses: [Option<Place<'t>>; 2],
    },
    /// Throttled but for what was granted from there before.
    Known {
        place: Place<'t>,
        otherwise: Refuse,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Granted,
    Failed,
    Undecided,
    HungUp,
}

impl Attempt<'_> {
    /// What came of it. If there is an answer, it is the one to give: who would have been throttled
    /// does not learn that this time there was a verdict.
    pub(crate) fn decided<U>(mut self, outcome: &Outcome<U>) -> Option<Refuse> {
        self.verdict = match outcome {
            Outcome::Granted(_) => Verdict::Granted,
            Outcome::Anonymous(_) => Verdict::Undecided,
            Outcome::Denied(denied) => self.verdict(denied.cause()),
        };
        match self.lane {
            Lane::Known { otherwise, .. } if self.verdict == Verdict::Failed => Some(otherwise),
            _ => None,
        }
    }

    /// Nothing came of it, and nobody is to blame.
    pub(crate) fn undecided(mut self) {
        self.verdict = Verdict::Undecided;
    }

    /// All causes that depend on an account are one, as they are in the response.
    fn verdict(&self, cause: Cause) -> Verdict {
        match cause {
            Cause::UnknownToken => Verdict::Failed,
            Cause::UnknownUser
            | Cause::NoPassword
            | Cause::AccountDisabled
            | Cause::UnusableHash(_)
            | Cause::Mismatch
                if !self.is_token =>
            {
                Verdict::Failed
            }
            _ => Verdict::Undecided,
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let known = &self.shared.known;
        match (self.verdict, &mut self.lane) {
            (Verdict::Undecided, _) => {}
            (Verdict::Granted, _) => self.pair.into_iter().for_each(|pair| known.remember(pair)),
            (Verdict::Failed, Lane::Usual { username, addresses }) => {
                username.iter_mut().chain(addresses.iter_mut().flatten()).for_each(Place::charge);
            }
            (Verdict::HungUp, Lane::Usual { addresses, .. }) => {
                if !self.pair.is_some_and(|pair| known.holds(pair)) {
                    addresses.iter_mut().flatten().for_each(Place::charge);
                }
            }
            (Verdict::Failed | Verdict::HungUp, Lane::Known { place, .. }) => place.charge(),
        }
    }
}

/// Whole seconds, never too few, never 0.
fn seconds(wait: Duration) -> u32 {
    let seconds = wait.as_nanos().div_ceil(1_000_000_000).max(1);
    u32::try_from(seconds).unwrap_or(u32::MAX)
}
