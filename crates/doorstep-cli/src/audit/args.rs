//! The command line of `audit`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::algorithm::bare_names;
#[cfg(feature = "database")]
use crate::database::Database;
use crate::dump::{Layout, one_byte};

#[derive(Args)]
#[command(after_help = AUDIT_HELP)]
#[cfg_attr(feature = "database", command(mut_arg("url", |url| url.requires("query").conflicts_with("file"))))]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) dump: Dump,
    #[cfg(feature = "database")]
    #[command(flatten)]
    pub(crate) database: Database,
    /// Where in a line the hash stands.
    #[arg(long, value_enum, value_name = "NAME", default_value_t = Layout::Line)]
    pub(crate) layout: Layout,
    /// The field that holds the hash, from 1, as cut(1) counts them; or of a record of CSV.
    #[arg(long, value_name = "N", conflicts_with = "column")]
    pub(crate) field: Option<NonZeroUsize>,
    /// The character between two fields [default: a tab; of CSV a comma].
    #[arg(long, value_name = "C", value_parser = one_byte)]
    pub(crate) delimiter: Option<u8>,
    /// The column of CSV that holds the hash, by its name in the first record.
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<String>,
    /// Read this format too, which no prefix tells from others. May be given more than once.
    #[arg(long = "format", value_name = "NAME", value_parser = PossibleValuesParser::new(bare_names()))]
    pub(crate) formats: Vec<String>,
    /// Write a bar chart of formats, parameters and strength too, as SVG.
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    /// Print one line of JSON, whose shape is documented and stable.
    #[arg(long)]
    pub(crate) json: bool,
}

const AUDIT_HELP: &str = "\
Shows no hash, and of a line that it cannot read no more than its number. The samples for
`Hashers::shares` have their digests replaced by zeros, and their salts as far as that can be.

Examples:
  doorstep audit hashes.txt
  doorstep audit --layout shadow /etc/shadow
  doorstep audit --layout htpasswd .htpasswd
  doorstep audit --layout csv --column password --plot users.svg users.csv
  psql -Atc 'SELECT password FROM auth_user' | doorstep audit --json -
  doorstep audit --field 4 --delimiter : --format nthash pwdump.txt
  doorstep audit --database sqlite:app.db --query 'SELECT password FROM auth_user'

Exit codes: 0 each line is read, or has no password; 1 some would be refused; 2 nothing was audited.";

/// Where the hashes come from.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Dump {
    /// A file with a hash on each line, or `-` for standard input.
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// A query of a database instead, whose first column of text is the hash; NULL is no password.
    /// Nothing is written.
    #[cfg(feature = "database")]
    #[arg(
        long,
        value_name = "SQL",
        conflicts_with_all = ["layout", "field", "delimiter", "column"]
    )]
    pub(crate) query: Option<String>,
}
