//! `doorstep man`: pages for man(1), made of what `--help` says.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args::Cli;
use crate::output::print;
use crate::refusal::Refusal;

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Manual {
    /// The command whose page it is, such as `hash` or `user add` [default: the program's].
    #[arg(value_name = "COMMAND")]
    path: Vec<String>,
    /// Write all pages into this directory, over those that are there.
    #[arg(long, value_name = "DIR", conflicts_with = "path")]
    dir: Option<PathBuf>,
}

const HELP: &str = "\
Examples:
  doorstep man | man -l -
  doorstep man user add | man -l -
  doorstep man --dir ~/.local/share/man/man1

Exit codes: 0 printed; 2 a wrong command line, or a directory that cannot be written.";

pub(crate) fn run(args: &Manual) -> Result<ExitCode, Refusal> {
    let mut program = Cli::command();
    // Names the commands below it in full.
    program.build();
    if let Some(directory) = &args.dir {
        write(&program, directory)
            .map_err(|error| Refusal::io(format!("cannot write the pages: {error}")))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut command = &program;
    for name in &args.path {
        let found = command.find_subcommand(name).filter(|found| is_shown(found));
        command = found.ok_or_else(|| Refusal::usage("there is no such command"))?;
    }
    let page =
        page(command).map_err(|error| Refusal::io(format!("cannot make the page: {error}")))?;
    print(format_args!("{}", page.trim_end()))?;
    Ok(ExitCode::SUCCESS)
}

/// The page of a command, and of those below it.
fn write(command: &Command, directory: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or(command.get_name());
    fs::write(directory.join(format!("{name}.1")), page(command)?)?;
    command
        .get_subcommands()
        .filter(|below| is_shown(below))
        .try_for_each(|below| write(below, directory))
}

fn is_shown(command: &Command) -> bool {
    // clap's own, which says what the pages say.
    !command.is_hide_set() && command.get_name() != "help"
}

fn page(command: &Command) -> io::Result<String> {
    let man = Man::new(command.clone());
    let mut rendered = Vec::new();
    man.render_name_section(&mut rendered)?;
    man.render_synopsis_section(&mut rendered)?;
    man.render_description_section(&mut rendered)?;
    man.render_options_section(&mut rendered)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut rendered)?;
    }
    if let Some(help) = command.get_after_help() {
        remarks(&help.to_string()).to_writer(&mut rendered)?;
    }
    let rendered = String::from_utf8(rendered).map_err(io::Error::other)?;
    // Each section brings the first two lines along, and breaks that formatters warn of.
    let rendered = rendered.replace(APOSTROPHE, "").replace("\n.br\n\n.br\n", "\n.sp\n");
    let name = command.get_display_name().unwrap_or(command.get_name());
    let day = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let day = day.get(..10).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    Ok(format!(
        ".TH {name} 1 {day} \"doorstep {version}\" \"User Commands\"\n{APOSTROPHE}{rendered}"
    ))
}

/// How `roff` has formatters write an apostrophe that is no quotation mark.
const APOSTROPHE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// What stands at the end of the help: paragraphs, under the headings that man(1) has for them, with
/// commands on lines of their own.
fn remarks(help: &str) -> Roff {
    let mut roff = Roff::new();
    let mut section = "";
    let mut head = |roff: &mut Roff, name: &'static str| {
        if name == section {
            roff.control("PP", []);
        } else {
            roff.control("SH", [name]);
            section = name;
        }
    };
    for paragraph in help.split("\n\n") {
        let text = if let Some(examples) = paragraph.strip_prefix("Examples:\n") {
            head(&mut roff, "EXAMPLES");
            examples
        } else if let Some(codes) = paragraph.strip_prefix("Exit codes:") {
            head(&mut roff, "EXIT STATUS");
            codes.trim_start()
        } else {
            head(&mut roff, "NOTES");
            paragraph
        };
        let is_literal = text.lines().all(|line| line.starts_with("  ")) || text.contains("\n  ");
        if is_literal {
            roff.control("nf", []);
        }
        for line in text.lines() {
            roff.text([roman(line.trim_start())]);
        }
        if is_literal {
            roff.control("fi", []);
        }
    }
    roff
}
