//! Comma-separated values, RFC 4180. Holds no record: of the field that is wanted, as much as a hash
//! may have.

use std::io::{self, BufRead, ErrorKind};

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

use crate::dump::entry::{Entry, Field, Kept};

/// Which field of a record is the hash.
pub(crate) enum Column {
    /// So many fields stand before it.
    At(usize),
    /// What the first record calls so.
    Named(String),
}

/// Why the records were not read to their end.
pub(crate) enum Stopped {
    Io(io::Error),
    /// The first record has no such column.
    NoColumn,
}

/// Shows each record's field to `take`, to the end of `input`.
pub(crate) fn read(
    mut input: impl BufRead,
    column: Column,
    delimiter: u8,
    limit: usize,
    mut take: impl FnMut(Entry<'_>),
) -> Result<(), Stopped> {
    let (mut wanted, name) = match column {
        Column::At(at) => (Some(at), None),
        Column::Named(name) => (None, Some(name)),
    };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    // A name is compared, a hash is kept, and what is longer is neither.
    let limit = limit.max(name.as_ref().map_or(0, String::len));
    let mut kept = Kept::new(limit);
    let (mut at, mut line, mut found) = (0, 1, None);
    let mut is_header = name.is_some();
    loop {
        let mut piece = [0; 4096];
        let (result, len) = match step(&mut reader, &mut input, &mut piece) {
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Stopped::Io(error)),
        };
        let is_wanted = is_header || wanted == Some(at);
        if is_wanted {
            kept.push(&piece[..len]);
        }
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            ReadFieldResult::Field { record_end } => {
                let is_named =
                    |bytes: &[u8]| name.as_ref().is_some_and(|name| bytes == name.as_bytes());
                if is_header {
                    if matches!(kept.field(), Field::Bytes(bytes) if is_named(bytes)) {
                        wanted = wanted.or(Some(at));
                    }
                    kept.clear();
                } else if is_wanted {
                    found = Some(());
                }
                at += 1;
                if record_end {
                    let field = match found {
                        _ if is_header => Field::Skipped,
                        Some(()) => kept.field(),
                        None => Field::Missing,
                    };
                    take(Entry { line, field });
                    if wanted.is_none() {
                        return Err(Stopped::NoColumn);
                    }
                    is_header = false;
                    kept.clear();
                    (at, found, line) = (0, None, reader.line());
                }
            }
            ReadFieldResult::End => {
                return if wanted.is_none() { Err(Stopped::NoColumn) } else { Ok(()) };
            }
        }
    }
}

/// The next piece of a field, which is written to `piece`, and its length.
fn step(
    reader: &mut Reader,
    input: &mut impl BufRead,
    piece: &mut [u8],
) -> io::Result<(ReadFieldResult, usize)> {
    let chunk = input.fill_buf()?;
    let (result, read, written) = reader.read_field(chunk, piece);
    input.consume(read);
    Ok((result, written))
}
