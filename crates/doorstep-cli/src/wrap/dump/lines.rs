//! Lines with the place of their hash, from a file that may have been read in part before.

use std::io::{self, BufRead, Read};
use std::ops::Range;

use sha2::{Digest, Sha256};

use super::journal::Counts;
use crate::dump::MARK;
use crate::dump::lines::{Found, Place, Seeker};

/// A longer line, in bytes, is not held, and refused.
const LINE_LEN: usize = 1 << 16;

/// What stands on a line.
pub(super) struct Line {
    /// From 1.
    pub(super) number: u64,
    /// With its end, if it has one.
    pub(super) bytes: Vec<u8>,
    pub(super) holds: Holds,
}

pub(super) enum Holds {
    /// A hash, or what should be one.
    Hash(Range<usize>),
    /// A comment, or nothing.
    Nothing,
    /// Too few fields.
    NoField,
    /// More bytes than are looked at.
    TooLong,
}

/// What is left of a file.
pub(super) struct Lines<R> {
    source: R,
    place: Place,
    /// Bytes and lines that were taken, and the digest of all of them.
    read: u64,
    lines: u64,
    digest: Sha256,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(source: R, place: Place) -> Self {
        Self { source, place, read: 0, lines: 0, digest: Sha256::new() }
    }

    /// Passes what an earlier run has done.
    pub(super) fn pass(&mut self, done: &Counts) -> io::Result<()> {
        let mut left = done.read;
        while left > 0 {
            let chunk = self.source.fill_buf()?;
            let len = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            if len == 0 {
                break;
            }
            self.digest.update(&chunk[..len]);
            self.source.consume(len);
            (left, self.read) = (left - len as u64, self.read + len as u64);
        }
        self.lines = done.lines;
        Ok(())
    }

    /// Whether what was passed is what that run has read.
    pub(super) fn has_passed(&self, done: &Counts) -> bool {
        self.read == done.read && (done.read == 0 || self.sha256() == done.sha256)
    }

    /// Notes how far it is.
    pub(super) fn count(&self, counts: &mut Counts) {
        counts.read = self.read;
        counts.lines = self.lines;
        counts.sha256 = self.sha256();
    }

    fn sha256(&self) -> String {
        let digest = self.digest.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The next lines, up to `count`; none at the end.
    pub(super) fn take(&mut self, count: usize) -> io::Result<Vec<Line>> {
        let mut lines = Vec::with_capacity(count);
        while lines.len() < count
            && let Some(line) = self.next()?
        {
            lines.push(line);
        }
        Ok(lines)
    }

    fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let limit = LINE_LEN as u64 + 1;
        self.source.by_ref().take(limit).read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.read += bytes.len() as u64;
        self.lines += 1;
        self.digest.update(&bytes);
        let holds = if bytes.len() > LINE_LEN {
            if !bytes.ends_with(b"\n") {
                self.pass_line()?;
            }
            bytes.clear();
            Holds::TooLong
        } else {
            // It stays where it is, and is none of the hash.
            let is_marked = self.lines == 1 && bytes.starts_with(&MARK);
            held(&bytes, if is_marked { MARK.len() } else { 0 }, self.place)
        };
        Ok(Some(Line { number: self.lines, bytes, holds }))
    }

    /// Passes the rest of a line without holding it.
    fn pass_line(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.source.fill_buf()?;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let len = end.map_or(chunk.len(), |at| at + 1);
            self.digest.update(&chunk[..len]);
            self.source.consume(len);
            self.read += len as u64;
            if end.is_some() || len == 0 {
                return Ok(());
            }
        }
    }
}

/// Where the hash of a line stands, which begins at `start`.
fn held(line: &[u8], start: usize, place: Place) -> Holds {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let mut seeker = Seeker::new(place);
    let field = seeker.push(&text[start..]);
    match seeker.found() {
        Found::Field => {
            let start = start + seeker.start();
            Holds::Hash(start..start + field.len())
        }
        Found::Missing => Holds::NoField,
        Found::Skipped => Holds::Nothing,
    }
}
