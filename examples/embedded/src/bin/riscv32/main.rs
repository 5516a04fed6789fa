//! On a 32-bit RISC-V, as QEMU's `virt` board has it: prints to the debugger, and ends.

#![no_std]
#![no_main]

use core::fmt::{self, Write};
use core::panic::PanicInfo;

use doorstep_embedded::{demonstrate, heap};
// Its critical section is linked by name alone.
use riscv as _;
use riscv_rt::entry;
use semihosting::io::{self, Stdout, Write as _};
use semihosting::process::ExitCode;

#[entry]
fn main() -> ! {
    heap::init();
    let decided = Debugger::open().and_then(|mut out| run(&mut out));
    if decided == Ok(true) { ExitCode::SUCCESS } else { ExitCode::FAILURE }.exit_process()
}

fn run(out: &mut Debugger) -> Result<bool, fmt::Error> {
    let mut turns = 0;
    let decided = demonstrate(out, || turns += 1)?;
    writeln!(out, "the main loop had {turns} turns meanwhile")?;
    writeln!(out, "heap: {} bytes at most", heap::peak())?;
    Ok(decided)
}

/// The debugger's, or the emulator's, standard output.
struct Debugger(Stdout);

impl Debugger {
    fn open() -> Result<Self, fmt::Error> {
        io::stdout().map(Self).map_err(|_| fmt::Error)
    }
}

impl Write for Debugger {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if let Ok(mut out) = Debugger::open() {
        let _ = writeln!(out, "{info}");
    }
    ExitCode::FAILURE.exit_process()
}
