//! What the lines say. Opens nothing.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::ops::Range;

use crate::error::{Error, ErrorKind};

/// The users of a file.
#[derive(Default)]
pub(crate) struct Table {
    hashes: HashMap<String, String>,
    pub(crate) problems: Vec<Problem>,
}

/// A line that no user comes of. The others count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub kind: ProblemKind,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// There is no colon.
    NoColon,
    /// There is nothing after the colon.
    NoHash,
    /// It is not UTF-8.
    NotUtf8,
    /// The user-id stands in an earlier line, which counts.
    Duplicate,
}

impl Table {
    pub(crate) fn parse(content: &[u8], line_len: usize) -> Result<Self, Error> {
        let mut table = Self::default();
        for line in lines(content) {
            if line.bytes.len() > line_len {
                return Err(ErrorKind::LineTooLong { line: line.number }.into());
            }
            if let Err(kind) = table.take(&line) {
                table.problems.push(Problem { line: line.number, kind });
            }
        }
        Ok(table)
    }

    pub(crate) fn hash(&self, username: &str) -> Option<&str> {
        self.hashes.get(username).map(String::as_str)
    }

    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    fn take(&mut self, line: &Line<'_>) -> Result<(), ProblemKind> {
        let Some(entry) = line.entry()? else { return Ok(()) };
        match self.hashes.entry(entry.username.to_owned()) {
            Entry::Occupied(_) => Err(ProblemKind::Duplicate),
            Entry::Vacant(vacant) => {
                vacant.insert(entry.hash.to_owned());
                Ok(())
            }
        }
    }
}

/// The content with another hash for this user, if the old one is still there. Every other byte
/// stays.
pub(crate) fn replaced(content: &[u8], username: &str, old: &str, new: &str) -> Option<Vec<u8>> {
    let entry = lines(content)
        .filter_map(|line| line.entry().ok().flatten())
        .find(|entry| entry.username == username)?;
    if entry.hash != old {
        return None;
    }
    let mut changed = Vec::with_capacity(content.len() + new.len());
    changed.extend_from_slice(&content[..entry.hash_at.start]);
    changed.extend_from_slice(new.as_bytes());
    changed.extend_from_slice(&content[entry.hash_at.end..]);
    Some(changed)
}

struct Line<'a> {
    number: usize,
    /// Where it begins in the file.
    at: usize,
    bytes: &'a [u8],
}

struct UserEntry<'a> {
    username: &'a str,
    hash: &'a str,
    /// Where the hash is in the file.
    hash_at: Range<usize>,
}

fn lines(content: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    content.split_inclusive(|&byte| byte == b'\n').enumerate().map(move |(index, bytes)| {
        let line =
            Line { number: index + 1, at, bytes: bytes.strip_suffix(b"\n").unwrap_or(bytes) };
        at += bytes.len();
        line
    })
}

impl<'a> Line<'a> {
    /// What mod_authn_file makes of it: `user-id:hash`, the hash up to the next colon. `None` for
    /// what is blank or a comment.
    fn entry(&self) -> Result<Option<UserEntry<'a>>, ProblemKind> {
        let before = self.bytes.len() - self.bytes.trim_ascii_start().len();
        let trimmed = self.bytes.trim_ascii();
        if trimmed.is_empty() || trimmed.starts_with(b"#") {
            return Ok(None);
        }
        let trimmed = std::str::from_utf8(trimmed).map_err(|_| ProblemKind::NotUtf8)?;
        let (username, rest) = trimmed.split_once(':').ok_or(ProblemKind::NoColon)?;
        let hash = rest.split(':').next().unwrap_or_default();
        if hash.is_empty() {
            return Err(ProblemKind::NoHash);
        }
        let start = self.at + before + username.len() + 1;
        Ok(Some(UserEntry { username, hash, hash_at: start..start + hash.len() }))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said = match self.kind {
            ProblemKind::NoColon => "there is no colon",
            ProblemKind::NoHash => "there is no hash",
            ProblemKind::NotUtf8 => "it is not UTF-8",
            ProblemKind::Duplicate => "an earlier line has this user-id, and counts",
        };
        write!(f, "line {}: {said}", self.line)
    }
}
