//! On an STM32F405, which QEMU calls `netduinoplus2`: prints to the debugger, and ends.

#![no_std]
#![no_main]

mod stack;

use core::fmt::{self, Write};
use core::panic::PanicInfo;

// Its critical section is linked by name alone.
use cortex_m as _;
use cortex_m_rt::entry;
use cortex_m_semihosting::debug::{self, EXIT_FAILURE, EXIT_SUCCESS};
use cortex_m_semihosting::hio::{self, HostStream};
use doorstep_embedded::{demonstrate, heap};

#[entry]
fn main() -> ! {
    heap::init();
    let decided = hio::hstdout().map_err(|()| fmt::Error).and_then(|mut out| run(&mut out));
    debug::exit(if decided == Ok(true) { EXIT_SUCCESS } else { EXIT_FAILURE });
    unreachable!("the debugger has ended it");
}

fn run(out: &mut HostStream) -> Result<bool, fmt::Error> {
    let mut turns = 0;
    let decided = demonstrate(out, || turns += 1)?;
    writeln!(out, "the main loop had {turns} turns meanwhile")?;
    writeln!(out, "heap: {} bytes at most", heap::peak())?;
    writeln!(out, "stack: {} bytes at most", stack::peak())?;
    Ok(decided)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Ok(mut out) = hio::hstdout() {
        let _ = writeln!(out, "{info}");
    }
    loop {
        debug::exit(EXIT_FAILURE);
    }
}
