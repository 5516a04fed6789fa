//! What is counted and measured, through the facade [`metrics`](https://docs.rs/metrics). Its names
//! stand here and nowhere else.
//!
//! | name | kind | unit | labels | |
//! |---|---|---|---|---|
//! | [`doorstep_authentications_total`](AUTHENTICATIONS) | counter | | `scheme`, `outcome`, `cause` | requests and logins that were decided |
//! | [`doorstep_receipts_total`](RECEIPTS) | counter | | `result`: `hit`, `miss` | passwords, where receipts are kept: not hashed, or hashed |
//! | [`doorstep_rehashes_total`](REHASHES) | counter | | `result`: `done`, `lost`, `failed`, `dropped` | outdated hashes: renewed, changed by somebody else meanwhile, not made or not stored, not begun for want of room |
//! | [`doorstep_queue_length`](QUEUE_LENGTH) | gauge | jobs | `pool` | jobs that wait |
//! | [`doorstep_threads_busy`](THREADS_BUSY) | gauge | threads | `pool` | threads that hash |
//! | [`doorstep_memory_bytes`](MEMORY) | gauge | bytes | `pool` | memory of all hashing, what idle threads keep included |
//! | [`doorstep_batch_size`](BATCH_SIZE) | histogram | jobs | `pool` | jobs that a thread did together |
//! | [`doorstep_queue_seconds`](QUEUE_TIME) | histogram | seconds | `pool` | how long each job waited that was begun |
//! | [`doorstep_hash_seconds`](HASH_TIME) | histogram | seconds | `pool` | how long each batch ran |
//!
//! - `scheme` is the name of the scheme that read the credentials: `basic`, `bearer`, …; `login`;
//!   `unknown`, if none could, or if it panicked; `none`, if there were no credentials.
//! - `outcome` is `granted`, `anonymous`, `denied` or `failed`: the store failed or hung, or a
//!   hasher of the host's panicked.
//! - `cause` is `none` unless it was denied. Then it is the [`Cause`](doorstep::Cause) in lower case:
//!   `mismatch`, `unknown_user`, `account_disabled`, …; `throttled` and `overloaded` are of those whom
//!   the host refused.
//! - `pool` is `hashing`, where passwords are verified, or `upgrades`, where hashes are renewed. Pools
//!   of one name add up.
//!
//! No label holds what a client sent: there are as many series as schemes and causes, whatever comes.
//!
//! Install the recorder before the first request: what was counted before it came is lost, and so is
//! what the layers and pools of that time count later.

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// `doorstep_authentications_total`
pub const AUTHENTICATIONS: &str = "doorstep_authentications_total";
/// `doorstep_receipts_total`
pub const RECEIPTS: &str = "doorstep_receipts_total";
/// `doorstep_rehashes_total`
pub const REHASHES: &str = "doorstep_rehashes_total";
/// `doorstep_queue_length`
pub const QUEUE_LENGTH: &str = "doorstep_queue_length";
/// `doorstep_threads_busy`
pub const THREADS_BUSY: &str = "doorstep_threads_busy";
/// `doorstep_memory_bytes`
pub const MEMORY: &str = "doorstep_memory_bytes";
/// `doorstep_batch_size`
pub const BATCH_SIZE: &str = "doorstep_batch_size";
/// `doorstep_queue_seconds`
pub const QUEUE_TIME: &str = "doorstep_queue_seconds";
/// `doorstep_hash_seconds`
pub const HASH_TIME: &str = "doorstep_hash_seconds";

/// Tells the recorder what the names mean, if it wants to know. After it was installed.
pub fn describe() {
    let [jobs, threads] = [Unit::Count; 2];
    describe_counter!(AUTHENTICATIONS, Unit::Count, "requests and logins that were decided");
    describe_counter!(RECEIPTS, Unit::Count, "passwords: not hashed, or hashed");
    describe_counter!(REHASHES, Unit::Count, "outdated hashes, and what became of them");
    describe_gauge!(QUEUE_LENGTH, jobs, "hashing jobs that wait");
    describe_gauge!(THREADS_BUSY, threads, "threads that hash");
    describe_gauge!(MEMORY, Unit::Bytes, "memory of all hashing, that of idle threads included");
    describe_histogram!(BATCH_SIZE, jobs, "hashing jobs that a thread did together");
    describe_histogram!(QUEUE_TIME, Unit::Seconds, "how long a hashing job waited");
    describe_histogram!(HASH_TIME, Unit::Seconds, "how long a batch of hashing jobs ran");
}
