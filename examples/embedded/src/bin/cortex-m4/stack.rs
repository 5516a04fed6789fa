//! How deep the stack was. cortex-m-rt paints it before `main`, and what was used is another colour.

#![allow(unsafe_code)]

use core::ptr;

use cortex_m_rt::STACK_PAINT_VALUE;

/// The most bytes that were in use at once, since the machine started.
pub(crate) fn peak() -> usize {
    unsafe extern "C" {
        // Where the stack may reach down to, and where it begins: addresses, and nothing is there.
        static _stack_end: u32;
        static _stack_start: u32;
    }
    let (mut at, start) = (&raw const _stack_end, &raw const _stack_start);
    // SAFETY: between the two addresses is the stack, aligned memory that can be read. It was painted
    // whole, and the part in use is never reached, since the values in it differ.
    while at < start && unsafe { ptr::read_volatile(at) } == STACK_PAINT_VALUE {
        at = at.wrapping_add(1);
    }
    start as usize - at as usize
}
