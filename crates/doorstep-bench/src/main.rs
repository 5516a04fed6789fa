//! Measures doorstep's password hashing on one core: against what else there is, in slices between
//! other tasks, and in batches.
//!
//! It judges nothing: it prints what it measured, says how, and refuses to time an output that is
//! wrong. C is called in the one module `system`, which alone may be unsafe.

mod args;
mod batch;
mod case;
mod compare;
mod contender;
mod latency;
mod peers;
mod plot;
mod report;
mod statistics;
mod system;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command, Common, Compare};
use crate::batch::{Extent, batch};
use crate::case::Case;
use crate::compare::{Effort, compare};
use crate::latency::{Load, latency, slicing};

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli.command, &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "doorstep-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    match command {
        Command::Compare(args) => run_compare(args, out),
        Command::Latency(args) => run_latency(args, out),
        Command::Batch(args) => run_batch(args, out),
        Command::Peers => Ok(report::peers(out)?),
    }
}

fn run_compare(args: &Compare, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let cases = cases(&args.common, |_| true)?;
    let machine = report::Machine::prepare();
    let effort = match (args.common.tiny, args.quick) {
        (true, _) => Effort::TINY,
        (false, true) => Effort::QUICK,
        (false, false) => Effort::FULL,
    };
    if args.tsv {
        report::tsv_header(out)?;
    } else {
        report::compare_header(out, &machine)?;
    }
    let mut all = Vec::new();
    for case in &cases {
        let compared = compare(case, args.avx2, effort)?;
        if args.tsv {
            report::tsv(out, &compared)?;
        } else {
            report::table(out, &compared)?;
        }
        out.flush()?;
        all.push(compared);
    }
    if !args.tsv {
        report::peers(out)?;
    }
    if let Some(path) = &args.common.plot {
        let processor = &machine.processor;
        plot::write(&plot::CompareFigure { compared: &all, processor }, path)?;
    }
    Ok(())
}

fn run_latency(args: &args::Latency, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    // One that fills memory, one that fills a cache, one that does neither.
    let cases = cases(&args.common, |name| {
        ["argon2id", "bcrypt", "pbkdf2-sha256"].iter().any(|algorithm| name.starts_with(algorithm))
            && !["argon2id-65536-3-1", "-fresh"].iter().any(|end| name.ends_with(end))
    })?;
    let machine = report::Machine::prepare();
    let load = Load::new(args.common.sizes(), args.slice);
    report::latency_header(out, &machine, &load)?;
    let mut all = Vec::new();
    for case in &cases {
        let latency = latency(case, &load, machine.other_core)?;
        report::latency(out, &latency)?;
        out.flush()?;
        all.push(latency);
    }
    report::slicing_header(out, args.slice)?;
    let effort = if args.common.tiny { Effort::TINY } else { Effort::QUICK };
    for case in &cases {
        report::slicing(out, &slicing(case, args.slice, effort)?)?;
        out.flush()?;
    }
    if let Some(path) = &args.common.plot {
        let figure =
            plot::LatencyFigure { latencies: &all, load: &load, processor: &machine.processor };
        plot::write(&figure, path)?;
    }
    Ok(())
}

fn run_batch(args: &args::Batch, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let cases = cases(&args.common, |name| {
        ["bcrypt", "pbkdf2-sha512"].iter().any(|algorithm| name.starts_with(algorithm))
    })?;
    let machine = report::Machine::prepare();
    report::batch_header(out, &machine)?;
    let extent = Extent::new(args.common.sizes());
    let mut all = Vec::new();
    for case in &cases {
        let batched = batch(case, args.wait, extent)?;
        report::batch(out, &batched)?;
        out.flush()?;
        all.push(batched);
    }
    if let Some(path) = &args.common.plot {
        let processor = &machine.processor;
        plot::write(&plot::BatchFigure { batched: &all, processor }, path)?;
    }
    Ok(())
}

/// Those that were asked for, or those that the command takes by itself.
fn cases(common: &Common, by_itself: impl Fn(&str) -> bool) -> Result<Vec<Case>, Box<dyn Error>> {
    let mut cases = Case::all(common.sizes())?;
    let known: Vec<_> = cases.iter().map(Case::name).collect();
    if let Some(unknown) = common.cases.iter().find(|name| !known.contains(name)) {
        return Err(format!("no case {unknown}; there are {}", known.join(", ")).into());
    }
    cases.retain(|case| match &common.cases[..] {
        [] => by_itself(&case.name()),
        asked => asked.contains(&case.name()),
    });
    Ok(cases)
}
