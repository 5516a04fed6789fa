//! What calls leave on the stack below their caller.

use std::ptr;

use crate::windows::Windows;

/// How far below the caller is looked: more than any work takes.
const LEN: usize = 96 << 10;

/// How far it is filled: farther, since the frames that do both are not the same.
const FILLED_LEN: usize = LEN + 1024;

/// What [`Stack::fill`] writes, over and over: eight bytes, so that each window of it is one of these.
pub const STACK_MARKER: &[u8; 16] = b"<marker><marker>";

/// A copy of the stack below a caller, to be taken after a call and searched.
///
/// A value that is moved into a box takes along what lies between its fields, and in the room that a
/// variant of an enum does not use: bytes of the stack, where a secret may have been. Which one lies
/// where is chance; with a marker everywhere, chance is taken out of it.
#[derive(Debug)]
pub struct Stack {
    copy: Box<[u8]>,
}

impl Stack {
    /// With room for the copy, so that taking it allocates nothing.
    #[expect(clippy::new_without_default, reason = "a room is no default")]
    pub fn new() -> Self {
        Self { copy: vec![0; LEN].into_boxed_slice() }
    }

    /// Fills the stack below the caller with [`STACK_MARKER`].
    #[inline(never)]
    pub fn fill() {
        let mut room = [*STACK_MARKER; FILLED_LEN / STACK_MARKER.len()];
        // Written, for all that the compiler knows.
        std::hint::black_box(&mut room);
    }

    /// Copies what lies below the caller.
    #[inline(never)]
    pub fn take(&mut self) {
        let here = 0u8;
        let end = (&raw const here).expose_provenance();
        let begin = ptr::with_exposed_provenance::<u8>(end - self.copy.len());
        // SAFETY: a thread's stack is far larger, and `fill` has touched this part of it. Nobody writes
        // it meanwhile, since it is below every frame that is alive. That its bytes belong to no value
        // any more is the point: they are copied as bytes, and nothing is concluded from them but
        // whether a test fails.
        unsafe { ptr::copy_nonoverlapping(begin, self.copy.as_mut_ptr(), self.copy.len()) };
    }

    /// How many windows of `secrets` the copy holds.
    pub fn leaks(&self, secrets: &[&[u8]]) -> usize {
        Windows::of(secrets).count_in(self.copy.len(), |at| self.copy[at])
    }
}
