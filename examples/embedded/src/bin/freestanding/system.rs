//! Where the kernel enters, and the two calls that are made of it (the x86-64 psABI, appendix A.2).

#![allow(unsafe_code)]

use core::arch::{asm, naked_asm};
use core::fmt;

const WRITE: usize = 1;
const EXIT: usize = 60;

/// Where the process begins, with no return address on the stack and the stack as the kernel left it.
///
/// # Safety
/// The kernel alone enters here, once.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!(
        "xor ebp, ebp",  // the outermost frame
        "and rsp, -16",  // as a call expects it
        "call {main}",
        "ud2",
        main = sym begin,
    )
}

extern "C" fn begin() -> ! {
    // One thread without signal handlers: nothing can come in between.
    critical_section::set_impl!(OneThread);
    super::main()
}

struct OneThread;

// SAFETY: no other thread and no signal handler exists, so that every section is alone.
unsafe impl critical_section::Impl for OneThread {
    unsafe fn acquire() -> critical_section::RawRestoreState {}

    unsafe fn release((): critical_section::RawRestoreState) {}
}

/// File descriptor 1.
pub(crate) struct Stdout;

impl fmt::Write for Stdout {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // SAFETY: `write` reads `rest.len()` bytes from there, and changes no memory.
            let written = unsafe { call(WRITE, 1, rest.as_ptr() as usize, rest.len()) };
            rest = rest.get(written..).filter(|_| written != 0).ok_or(fmt::Error)?;
        }
        Ok(())
    }
}

/// Ends the process.
pub(crate) fn exit(status: usize) -> ! {
    loop {
        // SAFETY: `exit` touches no memory, and does not come back.
        unsafe { call(EXIT, status, 0, 0) };
    }
}

/// What the kernel answers; its errors are the topmost 4095 numbers, more than any length.
///
/// # Safety
/// What the call of this number does with these arguments is to be sound.
unsafe fn call(number: usize, first: usize, second: usize, third: usize) -> usize {
    let answer;
    // SAFETY: the kernel keeps every register but these, and the stack; the rest is the caller's.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => answer,
            in("rdi") first,
            in("rsi") second,
            in("rdx") third,
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    answer
}
