//! How the linker lays out each of the programs.

use std::env;

fn main() {
    let directory = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=memory.x");
    println!("cargo::rerun-if-changed=riscv32.x");
    // `link.x` is cortex-m-rt's, and reads `memory.x`; riscv-rt's has the same name, and reads nothing.
    println!("cargo::rustc-link-search={directory}");
    println!("cargo::rustc-link-arg-bin=cortex-m4=-Tlink.x");
    println!("cargo::rustc-link-arg-bin=riscv32=-Triscv32.x");
    println!("cargo::rustc-link-arg-bin=riscv32=-Tlink.x");
    // Nobody is there to relocate it, before it runs.
    println!("cargo::rustc-link-arg-bin=freestanding=--no-pie");
}
