//! A dump of old hashes.
//!
//! Reads a file and writes another beside it, in the same order. What it wraps is in it as `$wrapped$…`;
//! what it cannot read is not in it. The file that it reads stays as it is.

mod journal;
mod lines;
mod output;

use std::fs::File;
use std::io::{self, BufReader};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::journal::{Counts, Journal};
use self::lines::{Holds, Line, Lines};
use self::output::Output;
use super::SOME_LEFT;
use super::args::Wrap;
use super::read::{Found, Kept, Reader};
use super::workers::Workers;
use crate::dump::Layout;
use crate::dump::lines::Place;
use crate::output::{print, print_outcome};
use crate::progress::Progress;
use crate::refusal::Refusal;

pub(super) fn run(args: &Wrap) -> Result<ExitCode, Refusal> {
    let done = wrap(args);
    if args.json {
        print_outcome(&done)?;
    }
    let counts = done?;
    if !args.json {
        print(format_args!("{counts}"))?;
    }
    Ok(if counts.refused_lines == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_LEFT) })
}

fn wrap(args: &Wrap) -> Result<Counts, Refusal> {
    let place = place(args)?;
    let reader = Reader::new(args)?;
    let from = args.source.file.as_deref().unwrap_or(Path::new("-"));
    let to = args.output.clone().unwrap_or_else(|| beside(from, ".wrapped"));
    let cannot_read = |error: io::Error| cannot("read", from, &error);
    let file = File::open(from).map_err(cannot_read)?;
    let metadata = file.metadata().map_err(cannot_read)?;
    if !metadata.is_file() {
        return Err(Refusal::usage("to be able to go on, wrap reads a file, not a pipe"));
    }

    let journal = Journal::beside(&to, &options(args));
    let (mut output, mut counts) = Output::open(&to, &journal, &metadata, args.restart)?;
    let mut lines = Lines::new(BufReader::new(file), place);
    lines.pass(&counts).map_err(cannot_read)?;
    if !lines.has_passed(&counts) {
        return Err(Refusal::new(
            "changed",
            "the file is not the one that was begun with; --restart begins anew",
        ));
    }

    let (mut workers, mut progress) = (Workers::new(args.jobs), Progress::new());
    loop {
        let batch = lines.take(workers.batch_len()).map_err(cannot_read)?;
        if batch.is_empty() {
            break;
        }
        let written = written(&batch, &reader, &mut workers, &mut counts)?;
        lines.count(&mut counts);
        output.append(&written, &mut counts)?;
        progress.say(|| format!("{} of {} MiB", counts.read >> 20, metadata.len() >> 20));
    }
    output.finish()?;
    Ok(counts)
}

/// What is to be written for these lines, in their order.
fn written(
    batch: &[Line],
    reader: &Reader,
    workers: &mut Workers,
    counts: &mut Counts,
) -> Result<Vec<u8>, Refusal> {
    let mut works = Vec::new();
    let mut plan = Vec::with_capacity(batch.len());
    for Line { number, bytes, holds } in batch {
        let (found, place) = match holds {
            Holds::Hash(place) => (reader.read(&bytes[place.clone()])?, place.clone()),
            Holds::Nothing => (Found::Kept(Kept::WithoutPassword), 0..0),
            Holds::NoField => (Found::Refused("the line has too few fields".into()), 0..0),
            Holds::TooLong => (Found::Refused("the line is too long".into()), 0..0),
        };
        plan.push(match found {
            Found::Old(work) => {
                works.push(work);
                Plan::Wrap(place)
            }
            Found::Kept(kept) => {
                counts.tally.keep(kept);
                Plan::Keep
            }
            Found::Refused(reason) => {
                counts.refuse(*number, reason);
                Plan::Omit
            }
        });
    }
    let mut new = workers.run(works)?.into_iter();
    let mut written = Vec::new();
    for (line, plan) in batch.iter().zip(plan) {
        match plan {
            Plan::Wrap(place) => {
                let new = new.next().ok_or_else(|| Refusal::io("a hash is missing"))?;
                counts.tally.wrapped += 1;
                written.extend_from_slice(&line.bytes[..place.start]);
                written.extend_from_slice(new.as_bytes());
                written.extend_from_slice(&line.bytes[place.end..]);
            }
            Plan::Keep => written.extend_from_slice(&line.bytes),
            Plan::Omit => {}
        }
    }
    Ok(written)
}

/// What becomes of a line.
enum Plan {
    /// The hash that stands here is wrapped.
    Wrap(Range<usize>),
    Keep,
    Omit,
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
