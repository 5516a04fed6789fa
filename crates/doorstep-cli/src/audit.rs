//! `doorstep audit`: what a dump of stored hashes holds.
//!
//! Reads it once, piece by piece, and keeps counts, line numbers and bits of salts. Hashes no password,
//! and shows nothing of a line but where it stands. What it costs in memory does not depend on what is
//! in the dump.

pub(crate) mod args;
mod csv;
#[cfg(feature = "database")]
mod database;
mod plot;
mod program;
mod refusals;
mod report;
mod salts;
mod sample;
mod tally;

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;
use std::process::ExitCode;

use doorstep_password::Limits;

use self::args::Audit;
use self::csv::{Column, Stopped};
use self::plot::Plot;
use self::report::Report;
use self::tally::Tally;
use crate::dump::lines::{self, Place};
use crate::dump::{Layout, MARK};
use crate::input::{fill, unbuffered_stdin};
use crate::output::{print, print_outcome};
use crate::progress::Watched;
use crate::refusal::Refusal;

/// Some hashes would be refused.
const SOME_REFUSED: u8 = 1;

/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

pub(crate) fn run(args: &Audit) -> Result<ExitCode, Refusal> {
    let audited = audit(args);
    if args.json {
        print_outcome(&audited)?;
    }
    let report = audited?;
    if !args.json {
        print(format_args!("{report}"))?;
    }
    Ok(if report.refused_lines == 0 { ExitCode::SUCCESS } else { ExitCode::from(SOME_REFUSED) })
}

fn audit(args: &Audit) -> Result<Report, Refusal> {
    let mut tally = Tally::new(&args.formats);
    read(args, &mut tally)?;
    let report = Report::of(tally);
    if let Some(path) = &args.plot {
        fs::write(path, Plot(&report).to_string()).map_err(|error| {
            Refusal::io(format!("cannot write a plot to {}: {error}", path.display()))
        })?;
    }
    Ok(report)
}

fn read(args: &Audit, tally: &mut Tally) -> Result<(), Refusal> {
    #[cfg(feature = "database")]
    if let Some(query) = &args.dump.query {
        return database::read(&args.database, query, |entry| tally.take(entry));
    }
    let path = args.dump.file.as_deref().unwrap_or(Path::new("-"));
    read_file(path, Where::of(args)?, tally)
}

/// Where in a line or a record the hash stands.
enum Where {
    InLine(Place),
    InRecord(Column, u8),
}

impl Where {
    fn of(args: &Audit) -> Result<Self, Refusal> {
        let Audit { layout, field, delimiter, column, .. } = args;
        let before = field.map(|field| field.get() - 1);
        let is_stray = column.is_some() && *layout != Layout::Csv;
        let is_fixed = matches!(layout, Layout::Htpasswd | Layout::Shadow);
        if is_stray || (is_fixed && (before.is_some() || delimiter.is_some())) {
            return Err(Refusal::usage(
                "--field and --delimiter belong to the layouts line and csv, --column to csv alone",
            ));
        }
        if let Some(place) = Place::of(*layout, before, *delimiter) {
            return Ok(Self::InLine(place));
        }
        let column = match column {
            Some(name) => Column::Named(name.clone()),
            None => Column::At(before.unwrap_or(0)),
        };
        Ok(Self::InRecord(column, delimiter.unwrap_or(b',')))
    }
}

fn read_file(path: &Path, place: Where, tally: &mut Tally) -> Result<(), Refusal> {
    let cannot = |error: io::Error| {
        Refusal::io(format!("cannot read hashes from {}: {error}", path.display()))
    };
    let file = if path == Path::new("-") { unbuffered_stdin() } else { File::open(path) };
    let file = file.map_err(cannot)?;
    let len = file.metadata().ok().filter(|it| it.is_file()).map(|it| it.len());
    let input = without_mark(Watched::new(file, len)).map_err(cannot)?;
    let input = BufReader::with_capacity(CHUNK, input);
    let limit = Limits::default().stored_len;
    match place {
        Where::InLine(place) => {
            lines::read(input, place, limit, |entry| tally.take(entry)).map_err(cannot)
        }
        Where::InRecord(column, delimiter) => {
            let read = csv::read(input, column, delimiter, limit, |entry| tally.take(entry));
            read.map_err(|stopped| match stopped {
                Stopped::Io(error) => cannot(error),
                Stopped::NoColumn => Refusal::usage("the first record has no such column"),
            })
        }
    }
}

/// The same without a byte order mark, which would belong to the first hash.
fn without_mark(mut source: impl Read) -> io::Result<impl Read> {
    let mut head = [0; MARK.len()];
    let len = fill(&mut source, &mut head)?;
    let kept = if head == MARK { 0 } else { len };
    Ok(Cursor::new(head).take(kept as u64).chain(source))
}
