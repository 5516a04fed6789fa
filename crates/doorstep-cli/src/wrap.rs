//! `doorstep wrap`: a dump of old hashes, each with a new one around it, without any password.
//!
//! Reads a file and writes another beside it, in the same order. What it wraps is in it as `$wrapped$…`;
//! what has no password, or is wrapped already, as it was; what it cannot read is not in it. The file
//! that it reads stays as it is. It may be ended at any moment, by whatever means, and goes on when it is
//! run again.

pub(crate) mod args;
mod batch;
mod journal;
mod lines;
mod output;

use std::fs::File;
use std::io::{self, BufReader};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use doorstep_password::Wrapped;

use self::args::Wrap;
use self::batch::Workers;
use self::journal::{Counts, Journal};
use self::lines::Lines;
use self::output::Output;
use crate::algorithm::{bare, hasher};
use crate::dump::Layout;
use crate::dump::lines::Place;
use crate::output::{print, print_outcome};
use crate::progress::Progress;
use crate::refusal::Refusal;

/// Some lines were not written.
const SOME_REFUSED: u8 = 1;

pub(crate) fn run(args: &Wrap) -> Result<ExitCode, Refusal> {
    let done = wrap(args);
    if args.json {
        print_outcome(&done)?;
    }
    let counts = done?;
    if !args.json {
        print(format_args!("{counts}"))?;
    }
    Ok(if counts.refused_lines == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_REFUSED) })
}

fn wrap(args: &Wrap) -> Result<Counts, Refusal> {
    let place = place(args)?;
    let named = args.formats.iter().flat_map(|name| bare(name));
    let wrapped = named.fold(Wrapped::of_all(hasher(&args.making)?), |wrapped, built_in| {
        wrapped.of(built_in.format())
    });
    let path = args.output.clone().unwrap_or_else(|| beside(&args.file, ".wrapped"));
    let cannot_read = |error: io::Error| cannot("read", &args.file, &error);
    let file = File::open(&args.file).map_err(cannot_read)?;
    let metadata = file.metadata().map_err(cannot_read)?;
    if !metadata.is_file() {
        return Err(Refusal::usage("to be able to go on, wrap reads a file, not a pipe"));
    }

    let journal = Journal::beside(&path, &options(args));
    let (mut output, counts) = Output::open(&path, &journal, &metadata, args.restart)?;
    let mut lines = Lines::new(BufReader::new(file), place);
    lines.pass(&counts).map_err(cannot_read)?;
    if !lines.has_passed(&counts) {
        return Err(Refusal::new(
            "changed",
            "the file is not the one that was begun with; --restart begins anew",
        ));
    }

    let jobs = args.jobs.or_else(|| thread::available_parallelism().ok());
    let mut workers = Workers::new(Arc::new(wrapped), jobs.map_or(1, NonZeroUsize::get));
    let (mut counts, mut progress) = (counts, Progress::new());
    loop {
        let batch = lines.take(workers.batch_len()).map_err(cannot_read)?;
        if batch.is_empty() {
            break;
        }
        let written = workers.wrap(&batch, &mut counts)?;
        lines.count(&mut counts);
        output.append(&written, &mut counts)?;
        progress.say(|| format!("{} of {} MiB", counts.read >> 20, metadata.len() >> 20));
    }
    output.finish()?;
    Ok(counts)
}

/// Where in a line the hash stands.
fn place(args: &Wrap) -> Result<Place, Refusal> {
    let Wrap { layout, field, delimiter, .. } = args;
    let is_divided = field.is_some() || delimiter.is_some();
    if is_divided && *layout != Layout::Line {
        return Err(Refusal::usage("--field and --delimiter belong to the layout line"));
    }
    // A wrapped hash has letters, digits and these.
    let can_be_held = |byte: &u8| byte.is_ascii_alphanumeric() || b"$=,+/.-".contains(byte);
    if delimiter.as_ref().is_some_and(can_be_held) {
        return Err(Refusal::usage("a wrapped hash can hold this delimiter"));
    }
    Place::of(*layout, field.map(|field| field.get() - 1), *delimiter).ok_or_else(|| {
        Refusal::usage(
            "a wrapped hash holds commas: have the table written with tabs, and use --field",
        )
    })
}

/// What a run that goes on must have in common with the one that began.
fn options(args: &Wrap) -> String {
    let Wrap { layout, field, delimiter, formats, .. } = args;
    format!("{layout:?} {field:?} {delimiter:?} {formats:?}")
}

/// The same path with `end` after its last component.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn cannot(what: &str, path: &Path, why: &dyn std::fmt::Display) -> Refusal {
    Refusal::io(format!("cannot {what} {}: {why}", path.display()))
}
