//! `doorstep wrap`: old hashes, each with a new one around it, without any password. A dump is written
//! anew beside the old one; a table is changed where it is.
//!
//! What has no password, is wrapped already or is as good as a new hash stays as it was. It may be ended
//! at any moment, by whatever means, and goes on when it is run again.

pub(crate) mod args;
mod dump;
mod read;
#[cfg(feature = "database")]
mod table;
mod tally;
mod workers;

use std::process::ExitCode;

use self::args::Wrap;
use crate::refusal::Refusal;

/// Some were not wrapped.
const SOME_LEFT: u8 = 1;

pub(crate) fn run(args: &Wrap) -> Result<ExitCode, Refusal> {
    #[cfg(feature = "database")]
    if let Some(table) = &args.source.table {
        return table::run(args, table);
    }
    dump::run(args)
}
