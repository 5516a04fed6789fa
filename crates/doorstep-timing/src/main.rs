//! Looks for secrets in time, in branches and addresses, and in counts of instructions.
//!
//! `scripts/assure dudect`, `ctgrind` and `failures` run it: it is a program, since a test must not assert a
//! duration, and since valgrind is not everywhere.

mod case;
mod ctgrind;
mod dudect;
mod failures;
mod valgrind;
mod welch;

use std::error::Error;
use std::process::ExitCode;

const USAGE: &str = "usage: doorstep-timing dudect [--samples NUMBER] [CASE...]
       doorstep-timing ctgrind [CASE...]
       doorstep-timing failures [--in-process]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("doorstep-timing: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether what was promised holds.
fn run(arguments: &[&str]) -> Result<bool, Box<dyn Error>> {
    match *arguments {
        ["dudect", "--samples", samples, ref names @ ..] => {
            Ok(dudect::judge(samples.parse()?, names))
        }
        ["dudect", ref names @ ..] => Ok(dudect::judge(1_000_000, names)),
        ["ctgrind", ref names @ ..] => ctgrind::judge(names),
        ["failures"] => failures::judge(true),
        ["failures", "--in-process"] => failures::judge(false),
        // What valgrind runs.
        ["secret", case, kernels] => ctgrind::run(case, kernels).map(|()| true),
        ["failure", class] => failures::fail(class).map(|()| true),
        ["serve", class] => failures::serve(class).map(|()| true),
        _ => Err(USAGE.into()),
    }
}
