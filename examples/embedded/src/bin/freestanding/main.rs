//! On x86-64, as a process of Linux's without a C library: what it needs of the system is to print and
//! to end.

#![no_std]
#![no_main]

mod system;

use core::fmt::Write;
use core::panic::PanicInfo;

use doorstep_embedded::{demonstrate, heap};
use system::{Stdout, exit};

fn main() -> ! {
    heap::init();
    let mut turns = 0;
    let decided = demonstrate(&mut Stdout, || turns += 1);
    let printed = writeln!(Stdout, "the main loop had {turns} turns meanwhile")
        .and_then(|()| writeln!(Stdout, "heap: {} bytes at most", heap::peak()));
    exit(if decided == Ok(true) && printed.is_ok() { 0 } else { 1 })
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let _ = writeln!(Stdout, "{info}");
    exit(1)
}
