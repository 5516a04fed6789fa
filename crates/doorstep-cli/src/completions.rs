//! `doorstep completions`: what a shell needs to complete this program's arguments.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::args::Cli;
use crate::output::print;
use crate::refusal::Refusal;

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

const HELP: &str = "\
Examples:
  doorstep completions bash > ~/.local/share/bash-completion/completions/doorstep
  doorstep completions fish > ~/.config/fish/completions/doorstep.fish
  doorstep completions zsh > ~/.zfunc/_doorstep

Exit codes: 0 printed; 2 a wrong command line.";

pub(crate) fn run(args: &Completions) -> Result<ExitCode, Refusal> {
    let (mut command, mut script) = (Cli::command(), Vec::new());
    generate(args.shell, &mut command, "doorstep", &mut script);
    print(format_args!("{}", String::from_utf8_lossy(&script).trim_end()))?;
    Ok(ExitCode::SUCCESS)
}
