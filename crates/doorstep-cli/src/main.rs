//! Hashes passwords, verifies them, and says what a stored hash is worth.
//!
//! Passwords come from a prompt without echo or from standard input, byte for byte; never from an
//! argument, which every user of the machine can read. What the exit codes mean is in `--help`.
//!
//! What it is not: it keeps nothing but what it is told to keep and where, and has no options that lift
//! the limits of `doorstep-password`.

mod advice;
mod algorithm;
mod args;
mod audit;
mod calibrate;
mod completions;
#[cfg(feature = "database")]
mod database;
mod dump;
mod hash;
mod htpasswd;
mod input;
mod inspect;
mod man;
mod output;
mod parameters;
mod price;
mod progress;
mod refusal;
#[cfg_attr(windows, path = "terminal_windows.rs")]
mod terminal;
mod verify;
mod wrap;

use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::{Cli, Command};

/// Refused, misused, or not read.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let done = match &cli.command {
        Command::Hash(args) => hash::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Calibrate(args) => calibrate::run(args),
        Command::Htpasswd(args) => htpasswd::run(args),
        Command::Audit(args) => audit::run(args),
        Command::Wrap(args) => wrap::run(args),
        #[cfg(feature = "database")]
        Command::User(args) => database::user::run(args),
        #[cfg(feature = "database")]
        Command::Token(args) => database::token::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    done.unwrap_or_else(|refusal| {
        output::complain(format_args!("{refusal}"));
        ExitCode::from(REFUSED)
    })
}

/// Says what is wrong with the command line, or prints the help that it asks for.
fn explain(error: &clap::Error) -> ExitCode {
    let is_operand = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => !argument.starts_with('-'),
        _ => false,
    };
    if error.kind() == ErrorKind::UnknownArgument && is_operand {
        // It could be a password, and standard error could be a log.
        output::complain(format_args!(
            "an argument too many, which is not shown in case that it is a password; \
             passwords are asked for, or read by --stdin"
        ));
        return ExitCode::from(REFUSED);
    }
    // Nobody may be reading it.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { REFUSED } else { 0 })
}
