//! Counts and measures. Looks each counter up once, since its labels would be allocated each time.

use std::sync::OnceLock;
use std::time::Duration;

use doorstep::{Authenticator, Cause, Outcome, Refuse};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

use crate::metrics as names;
use crate::pool::Load;

/// Those of a layer.
pub(crate) struct Meters {
    /// The authenticator's schemes, and what else stands for one.
    schemes: Vec<Scheme>,
    receipts: [OnceLock<Counter>; 2],
    rehashes: [OnceLock<Counter>; 4],
}

struct Scheme {
    name: String,
    /// Denials by [`CAUSES`], then what has no cause.
    decided: [OnceLock<Counter>; CAUSES.len() + 3],
}

const GRANTED: usize = CAUSES.len();
const ANONYMOUS: usize = CAUSES.len() + 1;
const FAILED: usize = CAUSES.len() + 2;

/// What became of an outdated hash.
#[derive(Clone, Copy)]
pub(crate) enum Rehashed {
    Done,
    Lost,
    Failed,
    Dropped,
}

/// Labels of causes. The last is of those that this version does not know.
const CAUSES: [&str; 19] = [
    "malformed",
    "duplicate",
    "ambiguous",
    "too_long",
    "foreign_token",
    "unknown_user",
    "no_password",
    "account_disabled",
    "unusable_hash",
    "mismatch",
    "stale",
    "unknown_token",
    "another_token",
    "token_expired",
    "token_revoked",
    "throttled",
    "overloaded",
    "out_of_memory",
    "other",
];

/// The place of a cause among [`CAUSES`].
fn index(cause: Cause) -> usize {
    match cause {
        Cause::Malformed(_) => 0,
        Cause::Duplicate => 1,
        Cause::Ambiguous => 2,
        Cause::TooLong => 3,
        Cause::ForeignToken => 4,
        Cause::UnknownUser => 5,
        Cause::NoPassword => 6,
        Cause::AccountDisabled => 7,
        Cause::UnusableHash(_) => 8,
        Cause::Mismatch => 9,
        Cause::Stale => 10,
        Cause::UnknownToken => 11,
        Cause::AnotherToken => 12,
        Cause::TokenExpired => 13,
        Cause::TokenRevoked => 14,
        Cause::Refused(Refuse::Throttled { .. }) => 15,
        Cause::Refused(Refuse::Overloaded { .. }) => 16,
        Cause::OutOfMemory(_) => 17,
        _ => CAUSES.len() - 1,
    }
}

impl Meters {
    pub(crate) fn new(authenticator: &Authenticator) -> Self {
        let mut schemes: Vec<Scheme> = Vec::new();
        for name in authenticator.schemes().chain(["login", "unknown", "none"]) {
            // One name may have two fields.
            if !schemes.iter().any(|scheme| scheme.name == name) {
                schemes.push(Scheme { name: name.into(), decided: Default::default() });
            }
        }
        Self { schemes, receipts: Default::default(), rehashes: Default::default() }
    }

    pub(crate) fn decided<U>(&self, outcome: &Outcome<U>) {
        match outcome {
            Outcome::Granted(granted) => self.count(granted.scheme(), "granted", GRANTED),
            Outcome::Anonymous(_) => self.count("none", "anonymous", ANONYMOUS),
            Outcome::Denied(denied) => self.count(denied.scheme(), "denied", index(denied.cause())),
        }
    }

    pub(crate) fn failed(&self, scheme: &str) {
        self.count(scheme, "failed", FAILED);
    }

    fn count(&self, scheme: &str, outcome: &'static str, place: usize) {
        let Some(scheme) = self.schemes.iter().find(|known| known.name == scheme) else { return };
        let register = || {
            let (scheme, cause) =
                (scheme.name.clone(), CAUSES.get(place).copied().unwrap_or("none"));
            let name = names::AUTHENTICATIONS;
            counter!(name, "scheme" => scheme, "outcome" => outcome, "cause" => cause)
        };
        scheme.decided[place].get_or_init(register).increment(1);
    }

    pub(crate) fn receipt(&self, hit: bool) {
        let result = if hit { "hit" } else { "miss" };
        let register = || counter!(names::RECEIPTS, "result" => result);
        self.receipts[usize::from(hit)].get_or_init(register).increment(1);
    }

    pub(crate) fn rehashed(&self, result: Rehashed) {
        let name = match result {
            Rehashed::Done => "done",
            Rehashed::Lost => "lost",
            Rehashed::Failed => "failed",
            Rehashed::Dropped => "dropped",
        };
        let register = || counter!(names::REHASHES, "result" => name);
        self.rehashes[result as usize].get_or_init(register).increment(1);
    }
}

/// Those of a pool, which its first job registers.
pub(crate) struct PoolMeters {
    pool: &'static str,
    handles: OnceLock<Handles>,
}

struct Handles {
    waiting: Gauge,
    running: Gauge,
    memory: Gauge,
    batch: Histogram,
    waited: Histogram,
    ran: Histogram,
}

impl PoolMeters {
    pub(crate) fn new(pool: &'static str) -> Self {
        Self { pool, handles: OnceLock::new() }
    }

    /// What has changed: pools of one name add up.
    pub(crate) fn load(&self, before: Load, now: Load) {
        let Handles { waiting, running, memory, .. } = self.handles();
        let change = |gauge: &Gauge, before: f64, now: f64| {
            if now != before {
                gauge.increment(now - before);
            }
        };
        change(waiting, before.waiting as f64, now.waiting as f64);
        change(running, before.running as f64, now.running as f64);
        change(memory, before.memory_kib as f64 * 1024.0, now.memory_kib as f64 * 1024.0);
    }

    /// A job of a batch is begun.
    pub(crate) fn begun(&self, waited: Duration) {
        self.handles().waited.record(waited);
    }

    /// A batch has run.
    pub(crate) fn ran(&self, batch: usize, ran: Duration) {
        let handles = self.handles();
        handles.batch.record(batch as f64);
        handles.ran.record(ran);
    }

    fn handles(&self) -> &Handles {
        let pool = self.pool;
        self.handles.get_or_init(|| Handles {
            waiting: gauge!(names::QUEUE_LENGTH, "pool" => pool),
            running: gauge!(names::THREADS_BUSY, "pool" => pool),
            memory: gauge!(names::MEMORY, "pool" => pool),
            batch: histogram!(names::BATCH_SIZE, "pool" => pool),
            waited: histogram!(names::QUEUE_TIME, "pool" => pool),
            ran: histogram!(names::HASH_TIME, "pool" => pool),
        })
    }
}
