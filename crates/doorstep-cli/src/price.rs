//! A price in words: how much memory, how long.

use std::fmt;

use doorstep_password::{Cost, StoredHash};
use serde::Serialize;

/// The password that prices are for: sha-crypt's grow with it.
pub(crate) const PASSWORD_LEN: usize = 16;

/// What verifying a password of [`PASSWORD_LEN`] bytes costs.
#[derive(Debug, Serialize)]
pub(crate) struct Price {
    memory_kib: u64,
    units: u64,
    password_len: usize,
}

impl Price {
    pub(crate) fn of(stored: &StoredHash) -> Self {
        let Cost { memory_kib, units, .. } = stored.cost(PASSWORD_LEN);
        Self { memory_kib, units, password_len: PASSWORD_LEN }
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_kib, units, .. } = self;
        let (memory, time) = (memory(*memory_kib), time(*units));
        write!(f, "{memory}, {units} units: about {time} of one core")
    }
}

/// So many KiB in words.
pub(crate) fn memory(kib: u64) -> String {
    rounded(kib, &[("KiB", 1024), ("MiB", 1024), ("GiB", 1024), ("TiB", 0)])
}

/// So many microseconds in words.
pub(crate) fn time(units: u64) -> String {
    const SCALE: [(&str, u64); 7] = [
        ("µs", 1000),
        ("ms", 1000),
        ("s", 60),
        ("min", 60),
        ("h", 24),
        ("days", 365),
        ("years", 0),
    ];
    rounded(units, &SCALE)
}

/// `value` in the first of `scale` in which it stays below the next; halves are rounded up.
fn rounded(value: u64, scale: &[(&str, u64)]) -> String {
    let mut divisor = 1;
    for (name, next) in scale {
        let shown = (value.saturating_add(divisor / 2)) / divisor;
        if *next == 0 || shown < *next {
            return format!("{shown} {name}");
        }
        divisor *= next;
    }
    value.to_string()
}
