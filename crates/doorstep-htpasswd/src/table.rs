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

/// The content with this hash for this user, and whether the user is new. Every other byte stays.
///
/// Of a user with several lines all are changed, as Apache's program does it: the first counts, and
/// an old password in another would count again once the first is gone.
pub(crate) fn with(content: &[u8], username: &str, hash: &str) -> (Vec<u8>, bool) {
    let mut changed = Vec::with_capacity(content.len() + username.len() + hash.len() + 3);
    let (mut kept, mut is_new) = (0, true);
    for line in lines(content) {
        let Some(fields) = line.fields().filter(|fields| fields.name == username.as_bytes()) else {
            continue;
        };
        changed.extend_from_slice(&content[kept..fields.name_end]);
        changed.push(b':');
        changed.extend_from_slice(hash.as_bytes());
        (kept, is_new) = (fields.hash_at.end, false);
    }
    changed.extend_from_slice(&content[kept..]);
    if is_new {
        if changed.last().is_some_and(|last| *last != b'\n') {
            changed.push(b'\n');
        }
        changed.extend_from_slice(username.as_bytes());
        changed.push(b':');
        changed.extend_from_slice(hash.as_bytes());
        changed.push(b'\n');
    }
    (changed, is_new)
}

/// The content without the lines of this user, if there are any. Every other byte stays.
pub(crate) fn without(content: &[u8], username: &str) -> Option<Vec<u8>> {
    let mut changed = Vec::with_capacity(content.len());
    for line in lines(content) {
        if line.fields().is_none_or(|fields| fields.name != username.as_bytes()) {
            changed.extend_from_slice(&content[line.at..line.end]);
        }
    }
    (changed.len() < content.len()).then_some(changed)
}

/// Whether the user is found by this name again.
pub(crate) fn can_be_found(username: &str) -> bool {
    !username.is_empty()
        && !username.starts_with('#')
        && !username.starts_with(|first: char| first.is_ascii_whitespace())
        && !username.contains(|each: char| each == ':' || each.is_control())
}

struct Line<'a> {
    number: usize,
    /// Where it begins in the file.
    at: usize,
    /// Where the next one begins.
    end: usize,
    bytes: &'a [u8],
}

/// What stands in a line, whatever its encoding.
struct Fields<'a> {
    name: &'a [u8],
    /// Where the name ends in the file.
    name_end: usize,
    /// Where the hash is in the file: nowhere, if there is no colon.
    hash_at: Range<usize>,
    has_colon: bool,
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
        let end = at + bytes.len();
        let text = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let line = Line { number: index + 1, at, end, bytes: text };
        at = end;
        line
    })
}

impl<'a> Line<'a> {
    /// What mod_authn_file makes of it: `user-id:hash`, the hash up to the next colon. `None` for
    /// what is blank or a comment.
    fn fields(&self) -> Option<Fields<'a>> {
        let start = self.at + self.bytes.len() - self.bytes.trim_ascii_start().len();
        let trimmed = self.bytes.trim_ascii();
        if trimmed.is_empty() || trimmed.starts_with(b"#") {
            return None;
        }
        let mut pieces = trimmed.splitn(3, |&byte| byte == b':');
        let (name, hash) = (pieces.next().unwrap_or_default(), pieces.next());
        let name_end = start + name.len();
        let hash_at = match hash {
            Some(hash) => name_end + 1..name_end + 1 + hash.len(),
            None => name_end..name_end,
        };
        Some(Fields { name, name_end, hash_at, has_colon: hash.is_some() })
    }

    /// The same, if it is a user's.
    fn entry(&self) -> Result<Option<UserEntry<'a>>, ProblemKind> {
        let Some(Fields { name, hash_at, has_colon, .. }) = self.fields() else { return Ok(None) };
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| ProblemKind::NotUtf8);
        text(self.bytes)?;
        if !has_colon {
            return Err(ProblemKind::NoColon);
        }
        let hash = &self.bytes[hash_at.start - self.at..hash_at.end - self.at];
        if hash.is_empty() {
            return Err(ProblemKind::NoHash);
        }
        Ok(Some(UserEntry { username: text(name)?, hash: text(hash)?, hash_at }))
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
