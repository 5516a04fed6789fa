//! Measures what `doorstep-tower` does on one core beside other servers: `scripts/load` runs it.
//!
//! Everything is bounded in count and time and stays on the loopback.

mod args;
mod client;
mod kernels;
mod logins;
mod seed;
mod serve;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::args::{Cli, Command};

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("doorstep-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Serve(args) => serve::serve(args),
        Command::Kernels(args) => {
            let time = Duration::from_secs_f64(args.seconds);
            println!("{:.1}", kernels::rate(&args.hash, time)?);
            Ok(())
        }
        Command::Logins(args) => {
            let time = Duration::from_secs_f64(args.seconds);
            let counted = logins::logins(args.address, args.connections, time)?;
            let median = counted.latencies.get(counted.latencies.len() / 2);
            let median = median.copied().unwrap_or_default().as_secs_f64() * 1e3;
            println!("{:.1}/s, median {median:.1} ms, {:?}", counted.rate, counted.statuses);
            Ok(())
        }
    }
}
