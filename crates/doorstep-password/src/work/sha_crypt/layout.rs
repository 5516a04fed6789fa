//! What is hashed in which round, and how many compressions that takes. Holds no secret.

use crate::work::sha::{self, Sha};
use crate::work::templates::Layout;

/// Compressions of so many rounds, counted by the lengths alone.
pub(super) fn in_rounds<H: Sha>(rounds: u32, password_len: usize, salt_len: usize) -> u64 {
    let in_cycle: u64 =
        (0..CYCLE).map(|round| blocks_of::<H>(Layout::of(round), password_len, salt_len)).sum();
    u64::from(rounds).saturating_mul(in_cycle) / u64::from(CYCLE)
}

/// How many rounds so many compressions pay for, at least one.
pub(super) fn rounds_of<H: Sha>(compressions: u64, password_len: usize, salt_len: usize) -> u64 {
    let in_cycle = in_rounds::<H>(CYCLE, password_len, salt_len);
    (compressions.saturating_mul(u64::from(CYCLE)) / in_cycle).max(1)
}

/// Compressions of the set-up that hashes the password once for each of `repeats` bytes.
pub(super) const fn in_repeats<H: Sha>(repeats: usize, password_len: usize) -> u64 {
    repeat_blocks::<H>(password_len).saturating_mul(repeats as u64)
}

/// Compressions that one more repetition of the password costs in the set-up, at least one.
pub(super) const fn repeat_blocks<H: Sha>(password_len: usize) -> u64 {
    password_len.div_ceil(H::BLOCK_LEN) as u64
}

fn blocks_of<H: Sha>(layout: Layout, password_len: usize, salt_len: usize) -> u64 {
    let passwords = 1 + usize::from(layout.password);
    let salts = usize::from(layout.salt);
    let len = H::DIGEST_LEN + passwords * password_len + salts * salt_len;
    sha::padded_blocks::<H>(len) as u64
}

/// The messages repeat after lcm(2, 3, 7) rounds.
const CYCLE: u32 = 42;
