//! How far a run is, in a file that is replaced as a whole.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::beside;
use crate::wrap::tally::{SHOWN, Tally, list};

/// What was done so far. `--json` prints it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) lines: u64,
    #[serde(flatten)]
    pub(super) tally: Tally,
    /// Lines that are not written.
    pub(super) refused_lines: u64,
    /// The first of them, and why.
    pub(super) refusals: Vec<RefusedLine>,
    /// Bytes of the file that is read, and their digest.
    pub(super) read: u64,
    pub(super) sha256: String,
    /// Bytes of the file that is written.
    pub(super) written: u64,
}

/// A line that is not written.
#[derive(Serialize, Deserialize)]
pub(super) struct RefusedLine {
    pub(super) line: u64,
    pub(super) reason: String,
}

impl Counts {
    pub(super) fn refuse(&mut self, line: u64, reason: String) {
        self.refused_lines += 1;
        if self.refusals.len() < SHOWN {
            self.refusals.push(RefusedLine { line, reason });
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "lines             {}", self.lines)?;
        write!(f, "{}not written       {}", self.tally, self.refused_lines)?;
        let places = self.refusals.iter();
        let places = places.map(|RefusedLine { line, reason }| format!("line {line}: {reason}"));
        list(f, places, self.refused_lines)
    }
}

/// Where the counts are kept until all is done.
pub(super) struct Journal {
    path: PathBuf,
    options: String,
}

#[derive(Serialize, Deserialize)]
struct Entry<C> {
    options: String,
    counts: C,
}

impl Journal {
    /// That of the run that writes to `output`, with these options.
    pub(super) fn beside(output: &Path, options: &str) -> Self {
        Self { path: beside(output, ".journal"), options: options.into() }
    }

    /// What an earlier run has noted; `None` if there was none.
    pub(super) fn read(&self) -> io::Result<Option<Counts>> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let entry: Entry<Counts> = serde_json::from_slice(&text)?;
        if entry.options != self.options {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "it was begun with other options; --restart begins anew",
            ));
        }
        Ok(Some(entry.counts))
    }

    /// Notes `counts`, so that they or the earlier ones are there after a crash.
    pub(super) fn write(&self, counts: &Counts) -> io::Result<()> {
        let entry = Entry { options: self.options.clone(), counts };
        let new = beside(&self.path, ".new");
        let mut file = File::create(&new)?;
        file.write_all(&serde_json::to_vec(&entry)?)?;
        file.sync_data()?;
        fs::rename(&new, &self.path)
    }

    pub(super) fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
