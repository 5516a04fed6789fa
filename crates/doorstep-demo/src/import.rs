//! Adds users from a dump, a line each. Each line is accepted or refused, and is said to be so once it
//! is in the database, not before. Never prints a hash, nor a line that it could not read.

mod dump;

use std::fmt;
use std::io::{self, BufRead, Write};

use doorstep::password::{Hashers, Refused};
use doorstep::{Credentials, Scopes};
use doorstep_sqlx::{NewUser, SqlStore};

use self::dump::{Dump, Row};
use crate::auth::USERNAME_LEN;

pub(crate) use self::dump::Layout;

/// The longest line, in bytes. A username and the longest stored hash need half of it.
const MAX_LINE: usize = 4096;
/// Lines that are held, and stored in one transaction.
const BATCH: usize = 500;

/// What became of all lines.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) blank: u64,
}

/// Why an import did not come to its end. What was said to be accepted is stored.
#[derive(Debug)]
pub(crate) enum Stopped {
    Io(io::Error),
    Database(doorstep_sqlx::Error),
    /// The first line does not name the columns, so that no other means anything.
    Unnamed,
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Stopped::Io(error)
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stopped::Io(error) => error.fmt(f),
            Stopped::Database(error) => error.fmt(f),
            Stopped::Unnamed => f.write_str("the first line is to name the columns"),
        }
    }
}

/// Why a line is refused.
enum Why {
    TooLong,
    NotUtf8,
    NoColon,
    NoColumn(&'static str),
    OpenQuote,
    Username(&'static str),
    NoHash,
    Hash(Refused),
    Taken,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Why::TooLong => return write!(f, "the line is over {MAX_LINE} bytes"),
            Why::Hash(refused) => return refused.fmt(f),
            Why::NoColumn(name) => return write!(f, "there is no column {name}"),
            Why::NotUtf8 => "the line is not UTF-8",
            Why::NoColon => "there is no colon: username:hash",
            Why::OpenQuote => "a quote is not closed in this line",
            Why::Username(what) => what,
            Why::NoHash => "there is no hash",
            Why::Taken => "the user is there already, and was not overwritten",
        };
        f.write_str(text)
    }
}

struct User {
    username: String,
    hash: Option<String>,
    /// How the hash is written.
    format: &'static str,
}

/// Imports all of `lines`, and reports to `report`.
pub(crate) async fn import(
    store: &SqlStore,
    hashers: &Hashers,
    layout: Layout,
    mut lines: impl BufRead,
    mut report: impl Write,
    counts: &mut Counts,
) -> Result<(), Stopped> {
    let mut number = 0;
    let mut dump = Dump::new(layout);
    let mut line = Vec::with_capacity(MAX_LINE);
    loop {
        let mut batch = Vec::with_capacity(BATCH);
        // What was read before an error is stored and reported all the same.
        let mut end = None;
        while end.is_none() && batch.len() < BATCH {
            match read_line(&mut lines, &mut line) {
                Ok(Line::End) => end = Some(Ok(())),
                Err(error) => end = Some(Err(error.into())),
                Ok(read) => {
                    number += 1;
                    if number == 1 && line.starts_with(b"\xEF\xBB\xBF") {
                        // A byte order mark would become a part of the first username.
                        line.drain(..3);
                    }
                    match read {
                        Line::Whole if line.is_empty() => counts.blank += 1,
                        Line::Whole => {
                            // The one that names the columns is nobody's.
                            if let Some(row) = dump.row(&line).transpose() {
                                batch.push((number, row.and_then(|row| judge(row, hashers))));
                            }
                        }
                        _ => batch.push((number, Err(Why::TooLong))),
                    }
                    if dump.is_unnamed() && !batch.is_empty() {
                        end = Some(Err(Stopped::Unnamed));
                    }
                }
            }
        }
        store_batch(store, batch, &mut report, counts).await?;
        if let Some(end) = end {
            return end;
        }
    }
}

async fn store_batch(
    store: &SqlStore,
    batch: Vec<(u64, Result<User, Why>)>,
    report: &mut impl Write,
    counts: &mut Counts,
) -> Result<(), Stopped> {
    let users = batch.iter().filter_map(|(_, judged)| judged.as_ref().ok());
    let scopes = &Scopes::NONE_ASKED;
    let users: Vec<_> = users
        .map(|user| NewUser { username: &user.username, hash: user.hash.as_deref(), scopes })
        .collect();
    let added = match store.create_users(&users).await {
        Ok(added) => added,
        Err(error) => {
            // None of them is stored, and each of them is said not to be.
            for (number, _) in batch {
                counts.refused += 1;
                writeln!(report, "line {number}: refused: the database failed")?;
            }
            return Err(Stopped::Database(error));
        }
    };
    let mut added = added.into_iter();
    for (number, judged) in batch {
        let judged = judged
            .and_then(|user| if added.next() == Some(true) { Ok(user) } else { Err(Why::Taken) });
        match judged {
            Ok(User { username, format, .. }) => {
                counts.accepted += 1;
                writeln!(report, "line {number}: accepted {username:?}, {format}")?;
            }
            Err(why) => {
                counts.refused += 1;
                writeln!(report, "line {number}: refused: {why}")?;
            }
        }
    }
    report.flush()?;
    Ok(())
}

/// What is wrong with a row, if anything is.
fn judge(Row { username, hash }: Row, hashers: &Hashers) -> Result<User, Why> {
    if username.is_empty() {
        return Err(Why::Username("the username is empty"));
    }
    if username.len() > USERNAME_LEN {
        return Err(Why::Username("the username is over 255 bytes"));
    }
    if Credentials::new(&username, b"").is_err() {
        return Err(Why::Username("there is a control character or a colon in the username"));
    }
    let format = match &hash {
        None => "no password",
        Some(hash) if hash.is_empty() => return Err(Why::NoHash),
        Some(hash) => hashers.inspect(hash).map_err(Why::Hash)?.name(),
    };
    Ok(User { username, hash, format })
}

enum Line {
    Whole,
    TooLong,
    End,
}

/// Reads up to the next line feed, and no more than [`MAX_LINE`] of it into `line`.
fn read_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let (mut any, mut too_long) = (false, false);
    loop {
        let bytes = match lines.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        let feed = bytes.iter().position(|&byte| byte == b'\n');
        let piece = &bytes[..feed.unwrap_or(bytes.len())];
        let ended = feed.is_some() || bytes.is_empty();
        any |= !bytes.is_empty();
        // One more for a carriage return.
        too_long |= line.len() + piece.len() > MAX_LINE + 1;
        if !too_long {
            line.extend_from_slice(piece);
        }
        let consumed = piece.len() + usize::from(feed.is_some());
        lines.consume(consumed);
        if ended {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(match (any, too_long || line.len() > MAX_LINE) {
        (false, _) => Line::End,
        (true, true) => Line::TooLong,
        (true, false) => Line::Whole,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// Lines as they are read, whatever the size of the reader's buffer.
    fn lines(text: &[u8]) -> Vec<Option<Vec<u8>>> {
        let read = |capacity| {
            let mut reader = io::BufReader::with_capacity(capacity, text);
            let (mut line, mut all) = (Vec::new(), Vec::new());
            loop {
                match read_line(&mut reader, &mut line).unwrap() {
                    Line::End => return all,
                    Line::Whole => all.push(Some(line.clone())),
                    Line::TooLong => all.push(None),
                }
                assert!(line.capacity() <= 4 * MAX_LINE);
            }
        };
        let all = read(1);
        assert!([7, 4096, 100_000].into_iter().all(|capacity| read(capacity) == all));
        all
    }

    #[test]
    fn lines_end_as_they_like_and_none_is_lost() {
        let whole = |text: &str| Some(text.as_bytes().to_vec());
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"a\r\n\nb\n"), [whole("a"), whole(""), whole("b")]);
        assert_eq!(lines(b"a\n\r\nb"), [whole("a"), whole(""), whole("b")]);
        assert_eq!(lines(b"a\rb\n\xff"), [whole("a\rb"), Some(vec![0xff])]);
    }

    #[test]
    fn a_line_over_the_limit_takes_no_memory_and_hides_no_other() {
        let long = |len| [b"a\n".to_vec(), vec![b'x'; len], b"\r\nb".to_vec()].concat();
        let whole = |text: &[u8]| Some(text.to_vec());
        assert_eq!(lines(&long(MAX_LINE)), [whole(b"a"), whole(&[b'x'; MAX_LINE]), whole(b"b")]);
        assert_eq!(lines(&long(MAX_LINE + 1)), [whole(b"a"), None, whole(b"b")]);
        assert_eq!(lines(&long(1_000_000)), [whole(b"a"), None, whole(b"b")]);
    }
}
