//! The command line of `wrap`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::algorithm::bare_names;
use crate::args::Making;
use crate::dump::{Layout, one_byte};

#[derive(Args)]
#[command(after_help = WRAP_HELP)]
pub(crate) struct Wrap {
    /// A file with a hash on each line. It is read and left as it is.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Where to write [default: FILE with `.wrapped` behind its name]. It must not be there yet.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Where in a line the hash stands: line, htpasswd or shadow.
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Layout::Line)]
    pub(crate) layout: Layout,
    /// The field that holds the hash, from 1, as cut(1) counts them.
    #[arg(long, value_name = "N")]
    pub(crate) field: Option<NonZeroUsize>,
    /// The character between two fields [default: a tab].
    #[arg(long, value_name = "C", value_parser = one_byte)]
    pub(crate) delimiter: Option<u8>,
    /// Wrap this format too, which no prefix tells from others. May be given more than once.
    #[arg(long = "format", value_name = "NAME", value_parser = PossibleValuesParser::new(bare_names()))]
    pub(crate) formats: Vec<String>,
    /// Threads, each with the memory of one hash [default: as many as there are cores].
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Forget what an earlier run has written, and begin anew.
    #[arg(long)]
    pub(crate) restart: bool,
    /// Print one line of JSON, whose shape is documented and stable.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten, next_help_heading = "The new hash")]
    pub(crate) making: Making,
}

const WRAP_HELP: &str = "\
Until it is done, it writes to FILE.wrapped.part, and keeps in FILE.wrapped.journal how far it is: run
it again with the same options to go on after a crash. Lines that cannot be read are counted and not
written; their numbers are printed, never their contents.

A host reads the result with `Wrapped::of_all(Argon2::default())` among what it accepts. Delete the old
file when nothing depends on it any more: as long as it is there, nothing is gained.

Examples:
  doorstep wrap hashes.txt
  doorstep wrap --layout htpasswd .htpasswd --output new.htpasswd
  doorstep wrap --field 2 users.tsv --memory 65536 --passes 3

Exit codes: 0 every line was written; 1 some were not; 2 nothing came of it.";
