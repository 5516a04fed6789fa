//! What a program can ask of the valgrind that runs it: its client requests. To a processor they are nothing.
//!
//! The sequence is that of `valgrind/valgrind.h`, the codes those of `memcheck.h` and `callgrind.h`.

#![allow(unsafe_code)]

use std::hint::black_box;

/// `VG_USERREQ__RUNNING_ON_VALGRIND`
const RUNNING_ON_VALGRIND: usize = 0x1001;
/// `VG_USERREQ__MAKE_MEM_UNDEFINED`
const MAKE_MEM_UNDEFINED: usize = tool(b"MC") | 1;
/// `VG_USERREQ__MAKE_MEM_DEFINED`
const MAKE_MEM_DEFINED: usize = tool(b"MC") | 2;
/// `VG_USERREQ__TOGGLE_COLLECT`
const TOGGLE_COLLECT: usize = tool(b"CT") | 2;

/// `VG_USERREQ_TOOL_BASE`
const fn tool(id: &[u8; 2]) -> usize {
    (id[0] as usize) << 24 | (id[1] as usize) << 16
}

/// Whether valgrind runs this program.
pub(crate) fn is_running() -> bool {
    request([RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0]) != 0
}

/// Begins or ends to count instructions, under callgrind.
pub(crate) fn toggle_collect() {
    request([TOGGLE_COLLECT, 0, 0, 0, 0, 0]);
}

/// Has memcheck report whatever branches or is addressed by these bytes, or by what is computed of them.
pub(crate) fn make_secret(bytes: &mut [u8]) {
    request([MAKE_MEM_UNDEFINED, bytes.as_mut_ptr().expose_provenance(), bytes.len(), 0, 0, 0]);
    // Whatever they were before, the compiler is not to count on it.
    black_box(bytes);
}

/// The opposite, of a value itself and not of what it points to.
pub(crate) fn make_public<T>(value: &mut T) {
    let address = (&raw mut *value).expose_provenance();
    request([MAKE_MEM_DEFINED, address, size_of::<T>(), 0, 0, 0]);
    black_box(value);
}

#[cfg(target_arch = "x86_64")]
fn request(arguments: [usize; 6]) -> usize {
    let mut answer = 0usize;
    // SAFETY: to a processor, these are four rotations of a register by 128 bits in all, and an exchange
    // of a register with itself: nothing. Valgrind reads `arguments`, writes `answer`, and changes no
    // byte of what the arguments point to, only what it knows of it.
    unsafe {
        core::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") answer,
            options(nostack),
        );
    }
    answer
}

/// Elsewhere the sequence is another; the checks ask [`is_running`] before they rely on one.
#[cfg(not(target_arch = "x86_64"))]
fn request(_: [usize; 6]) -> usize {
    0
}
