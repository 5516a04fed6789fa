//! The command line of `wrap`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::algorithm::bare_names;
use crate::args::Making;
#[cfg(feature = "database")]
use crate::database::Database;
use crate::dump::{Layout, one_byte};

#[derive(Args)]
#[command(after_help = WRAP_HELP)]
#[cfg_attr(feature = "database", command(mut_arg("url", |url| url.requires("table").conflicts_with("file"))))]
pub(crate) struct Wrap {
    #[command(flatten)]
    pub(crate) source: Source,
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
    /// Forget what an earlier run has written, and begin anew.
    #[arg(long)]
    pub(crate) restart: bool,
    /// Wrap this format too, which no prefix tells from others. May be given more than once.
    #[arg(long = "format", value_name = "NAME", value_parser = PossibleValuesParser::new(bare_names()))]
    pub(crate) formats: Vec<String>,
    /// Threads, each with the memory of one hash [default: as many as there are cores].
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Print one line of JSON, whose shape is documented and stable.
    #[arg(long)]
    pub(crate) json: bool,
    #[cfg(feature = "database")]
    #[command(flatten, next_help_heading = "Where a table is")]
    pub(crate) database: Database,
    #[cfg(feature = "database")]
    #[command(flatten)]
    pub(crate) columns: Columns,
    #[command(flatten, next_help_heading = "The new hash")]
    pub(crate) making: Making,
}

/// Where the old hashes are.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Source {
    /// A file with a hash on each line. It is read and left as it is.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A table of a database instead, by its name as it is. It is changed row by row.
    #[cfg(feature = "database")]
    #[arg(
        long,
        value_name = "NAME",
        requires_all = ["column", "key"],
        conflicts_with_all = ["output", "layout", "field", "delimiter", "restart"]
    )]
    pub(crate) table: Option<String>,
}

/// What is where in a table. Names are taken as they are, and never for SQL.
#[cfg(feature = "database")]
#[derive(Args)]
pub(crate) struct Columns {
    /// The schema or database that the table is in [default: where the database looks for it].
    #[arg(long, value_name = "NAME", requires = "table")]
    pub(crate) schema: Option<String>,
    /// The column that holds the hash.
    #[arg(long, value_name = "NAME", requires = "table")]
    pub(crate) column: Option<String>,
    /// The column that tells rows apart, such as the primary key: integers, text, UUIDs or bytes.
    #[arg(long, value_name = "NAME", requires = "table")]
    pub(crate) key: Option<String>,
    /// The column that keeps the old hash, which is NULL until then [default: the name of the hash's
    /// column with `_original` behind it].
    #[arg(long, value_name = "NAME", requires = "table")]
    pub(crate) original: Option<String>,
}

const WRAP_HELP: &str = "\
Of a file: until it is done, it writes to FILE.wrapped.part, and keeps in FILE.wrapped.journal how far
it is: run it again with the same options to go on after a crash. Lines that cannot be read are counted
and not written; their numbers are printed, never their contents.

Of a table: the old hash goes into the column of --original and the new one into its place, in one
statement that leaves alone what somebody else has changed meanwhile. The database may serve logins all
the while, if who verifies them reads wrapped hashes. After a crash, run it again. Rows that cannot be
read are counted and left as they are; their keys are printed, never their hashes.

A host reads the result with `Wrapped::of_all(Argon2::default())` among what it accepts. Delete the old
file, or the column of the old hashes, when nothing depends on it any more: as long as it is there,
nothing is gained.

Examples:
  doorstep wrap hashes.txt
  doorstep wrap --layout htpasswd .htpasswd --output new.htpasswd
  doorstep wrap --field 2 users.tsv --memory 65536 --passes 3
  doorstep wrap --database sqlite:app.db --table auth_user --column password --key id

Exit codes: 0 all was wrapped that has to be; 1 some lines or rows were not; 2 it is not done.";
