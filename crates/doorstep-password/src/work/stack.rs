//! The stack below a piece of work, where an algorithm had its variables.
//!
//! Wipes it by writing over it, as GnuPG's `_gcry_burn_stack` does. What a caller keeps in its own frame,
//! and registers, are out of reach.

/// More than any piece takes on the stack: `tests/memory_stack.rs` would see it.
///
/// A microcontroller has no such stack to spare, and runs the algorithms that take little of it.
const LEN: usize = if cfg!(target_pointer_width = "64") { 24 << 10 } else { 2 << 10 };

/// Writes over what calls before this one left below their caller. Never inlined: its variable is to lie
/// where theirs did.
#[inline(never)]
pub(crate) fn wipe() {
    let mut room = [0u8; LEN];
    // It is written, for all that the compiler knows.
    core::hint::black_box(&mut room);
}
