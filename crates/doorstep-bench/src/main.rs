//! Measures doorstep's password hashing on one core: against what else there is, in slices between
//! other tasks, and in batches.
//!
//! It judges nothing: it prints what it measured, says how, and refuses to time an output that is
//! wrong. C is called in the one module `system`, which alone may be unsafe.

mod args;
mod case;
mod compare;
mod contender;
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
use crate::case::Case;
use crate::compare::{Effort, compare};

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
        Command::Peers => Ok(report::peers(out)?),
    }
}

fn run_compare(args: &Compare, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let cases = cases(&args.common)?;
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
        let compared = compare(case, effort)?;
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

/// Those that were asked for, or all.
fn cases(common: &Common) -> Result<Vec<Case>, Box<dyn Error>> {
    let mut cases = Case::all(common.sizes())?;
    let known: Vec<_> = cases.iter().map(Case::name).collect();
    if let Some(unknown) = common.cases.iter().find(|name| !known.contains(name)) {
        return Err(format!("no case {unknown}; there are {}", known.join(", ")).into());
    }
    cases.retain(|case| common.cases.is_empty() || common.cases.contains(&case.name()));
    Ok(cases)
}
