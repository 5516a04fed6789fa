//! The command line.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::case::Sizes;

/// Measures doorstep's password hashing on one core: against what else there is, in slices between
/// other tasks, and in batches.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Compares one hash at a time and several together with the peers, in milliseconds per hash.
    ///
    /// The exit code is 1 if any output differs from the reference.
    Compare(Compare),
    /// Shows how late a single-threaded executor's light tasks are while logins are hashed inline, on
    /// a thread, and in slices; and what slicing costs.
    Latency(Latency),
    /// Shows how many logins a core serves in batches, and how long they wait: measured batches,
    /// simulated arrivals.
    Batch(Batch),
    /// Says what each peer is, and how it was built.
    Peers,
}

#[derive(Args)]
pub(crate) struct Compare {
    /// Fewer rounds: less than a minute for everything.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Lines of case, mode, who and ms, separated by tabs, instead of a table for people.
    #[arg(long)]
    pub(crate) tsv: bool,
    /// Also the kernels of a processor without AVX-512, as `doorstep-avx2`.
    #[arg(long)]
    pub(crate) avx2: bool,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args)]
pub(crate) struct Latency {
    /// How large a slice is, in units of about a microsecond.
    #[arg(long, value_name = "UNITS", default_value_t = 50)]
    pub(crate) slice: u64,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args)]
pub(crate) struct Batch {
    /// How long the first of a batch waits for company, where it does [default: the time of one hash].
    #[arg(long, value_name = "MS", value_parser = milliseconds)]
    pub(crate) wait: Option<f64>,
    #[command(flatten)]
    pub(crate) common: Common,
}

#[derive(Args)]
pub(crate) struct Common {
    /// Draws a plot too: an SVG or a PNG, as the name ends.
    #[arg(long, value_name = "FILE.svg|png", value_parser = plot_file)]
    pub(crate) plot: Option<PathBuf>,
    /// Only this case; may be repeated.
    #[arg(long = "case", value_name = "NAME")]
    pub(crate) cases: Vec<String>,
    /// Tiny parameters, for tests of this program.
    #[arg(long, hide = true)]
    pub(crate) tiny: bool,
}

impl Common {
    pub(crate) fn sizes(&self) -> Sizes {
        if self.tiny { Sizes::Tiny } else { Sizes::Real }
    }
}

/// Before anything is measured: a minute later would be late to say so.
fn plot_file(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    match path.extension().and_then(OsStr::to_str) {
        Some("svg" | "png") => Ok(path),
        _ => Err("the name of a plot ends with .svg or .png".into()),
    }
}

fn milliseconds(number: &str) -> Result<f64, String> {
    match number.parse() {
        Ok(ms) if (0.0..=1e6).contains(&ms) => Ok(ms),
        _ => Err("a number of milliseconds from 0 to 1000000".into()),
    }
}
