//! The stack below a call that knew secrets: a piece of work, the reading of a stored hash or of a header.
//!
//! What is left there would be carried along into the room that the variants of an enum leave, and with
//! it to the heap.
//!
//! Wipes it by writing over it, as GnuPG's `_gcry_burn_stack` does. What a caller keeps in its own frame,
//! and registers, are out of reach.

/// More than any piece takes on the stack: `tests/memory_stack.rs` would see it.
///
/// A microcontroller has no such stack to spare, and runs the algorithms that take little of it.
const LEN: usize = if cfg!(target_pointer_width = "64") { 24 << 10 } else { 2 << 10 };

/// Calls `secretive`, and writes over its variables.
pub(crate) fn wiping<T>(secretive: impl FnOnce() -> T) -> T {
    wiping_if(secretive, |_| true)
}

/// The same, if it knew a secret, as its result shows. It is public for `doorstep`.
pub fn wiping_if<T>(secretive: impl FnOnce() -> T, knew: impl FnOnce(&T) -> bool) -> T {
    let result = call(secretive);
    if knew(&result) {
        wipe();
    }
    result
}

/// Never inlined: the variables are to be below the caller.
#[inline(never)]
fn call<T>(secretive: impl FnOnce() -> T) -> T {
    secretive()
}

/// Writes over what calls before this one left below their caller. Never inlined: its variable is to lie
/// where theirs did.
#[inline(never)]
pub(crate) fn wipe() {
    let mut room = [0u8; LEN];
    // It is written, for all that the compiler knows.
    core::hint::black_box(&mut room);
}
