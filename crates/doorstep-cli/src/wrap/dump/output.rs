//! What is written: at first beside its place, and put there when it is whole.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::journal::{Counts, Journal};
use super::{beside, cannot};
use crate::refusal::Refusal;

pub(super) struct Output<'a> {
    file: File,
    /// Where it is until it is whole.
    part: PathBuf,
    path: &'a Path,
    journal: &'a Journal,
}

impl<'a> Output<'a> {
    /// Goes on where the journal says that an earlier run was, or begins.
    pub(super) fn open(
        path: &'a Path,
        journal: &'a Journal,
        source: &Metadata,
        restart: bool,
    ) -> Result<(Self, Counts), Refusal> {
        let part = beside(path, ".part");
        let cannot_write = |error: io::Error| cannot("write", &part, &error);
        if fs::exists(path).map_err(cannot_write)? {
            return Err(Refusal::usage(format!("{} is there already", path.display())));
        }
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&part)
            .map_err(cannot_write)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Refusal::new("busy", "another run is at it"));
            }
            Err(TryLockError::Error(error)) => return Err(cannot_write(error)),
        }
        // Whoever may read the old hashes may read the new.
        file.set_permissions(source.permissions()).map_err(cannot_write)?;
        let noted = if restart { None } else { Some(journal.read()) };
        let noted = noted.transpose().map_err(|error| cannot("use", journal.path(), &error))?;
        let counts = noted.flatten().unwrap_or_default();
        let len = file.metadata().map_err(cannot_write)?.len();
        if len < counts.written {
            return Err(Refusal::new(
                "changed",
                "what an earlier run has written is gone; --restart begins anew",
            ));
        }
        // What was written after the last note is written again.
        file.set_len(counts.written).map_err(cannot_write)?;
        file.seek(SeekFrom::End(0)).map_err(cannot_write)?;
        Ok((Self { file, part, path, journal }, counts))
    }

    /// Appends whole lines, and notes that they are there.
    pub(super) fn append(&mut self, lines: &[u8], counts: &mut Counts) -> Result<(), Refusal> {
        let written = self.file.write_all(lines).and_then(|()| self.file.sync_data());
        written.map_err(|error| cannot("write", &self.part, &error))?;
        counts.written += lines.len() as u64;
        let noted = self.journal.write(counts);
        noted.map_err(|error| cannot("write", self.journal.path(), &error))
    }

    /// Puts it in its place.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        let done = self.file.sync_all().and_then(|()| fs::rename(&self.part, self.path));
        done.and_then(|()| self.journal.remove())
            .map_err(|error| cannot("write", self.path, &error))
    }
}
