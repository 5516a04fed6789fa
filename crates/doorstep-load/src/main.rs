//! Measures what `doorstep-tower` does on one core beside other servers: `scripts/load` runs it.
//!
//! Everything is bounded in count and time and stays on the loopback.

mod args;
mod client;
mod closed;
mod kernels;
mod latencies;
mod probe;
mod report;
mod run;
mod seed;
mod serve;
mod servers;
mod storm;
mod timing;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;

use crate::args::{Ask, Cli, Command};
use crate::client::{basic, get, token};
use crate::seed::{PASSWORD, USERNAMES};

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
        Command::Seeds(args) => {
            for (_, hash) in seed::Seeds::new(&args.hash)?.users {
                println!("{hash}");
            }
            Ok(())
        }
        Command::Kernels(args) => {
            let time = Duration::from_secs_f64(args.seconds);
            println!("{:.1}", kernels::rate(&args.hash, time)?);
            Ok(())
        }
        Command::Ask(args) => ask(&args),
        Command::Run(args) => run::run(&args),
    }
}

fn ask(args: &Ask) -> Result<(), Box<dyn Error>> {
    let names = USERNAMES.iter().cycle().take(args.connections);
    let requests = names.map(|name| match &*args.with {
        "login" => get(&args.path, Some(&basic(name, PASSWORD))),
        "token" => get(&args.path, Some(&token())),
        _ => get(&args.path, None),
    });
    let time = Duration::from_secs_f64(args.seconds);
    let counted = closed::closed(args.address, requests.collect(), time)?;
    let ms = |share| 1e3 * counted.latencies.quantile(share).unwrap_or_default().as_secs_f64();
    println!(
        "{:.1}/s, p50 {:.3} ms, p99 {:.3} ms, {:?}, client idle {:.0} %",
        counted.rate,
        ms(0.5),
        ms(0.99),
        counted.statuses,
        100.0 * counted.idle
    );
    Ok(())
}
