//! Lines and their fields. Holds no line: of the field that is wanted, as much as a hash may have.

use std::io::{self, BufRead, ErrorKind};

use super::entry::{Entry, Field, Kept};

/// Where in a line the hash stands.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Fields before it.
    pub(crate) before: usize,
    /// What stands between two fields; `None` if a line is one field.
    pub(crate) delimiter: Option<u8>,
    /// Whether it goes on to the line's end, delimiters or not.
    pub(crate) to_the_end: bool,
    /// Whether lines that begin with `#` do not count.
    pub(crate) comments: bool,
}

impl Place {
    pub(crate) const WHOLE_LINE: Self =
        Self { before: 0, delimiter: None, to_the_end: true, comments: false };
    pub(crate) const HTPASSWD: Self =
        Self { before: 1, delimiter: Some(b':'), to_the_end: true, comments: true };
    pub(crate) const SHADOW: Self =
        Self { before: 1, delimiter: Some(b':'), to_the_end: false, comments: true };
}

/// Shows each line's field to `take`, to the end of `input`.
pub(crate) fn read(
    mut input: impl BufRead,
    place: Place,
    limit: usize,
    mut take: impl FnMut(Entry<'_>),
) -> io::Result<()> {
    // One for a carriage return.
    let mut line = Line::new(place, limit + 1);
    let mut number = 1;
    loop {
        let chunk = match input.fill_buf() {
            Ok(chunk) => chunk,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        if chunk.is_empty() {
            break;
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        line.push(&chunk[..end.unwrap_or(chunk.len())]);
        let consumed = end.map_or(chunk.len(), |end| end + 1);
        input.consume(consumed);
        if end.is_some() {
            take(Entry { line: number, field: line.field() });
            line = line.next();
            number += 1;
        }
    }
    if line.has_begun {
        take(Entry { line: number, field: line.field() });
    }
    Ok(())
}

/// A line while it is read.
struct Line {
    place: Place,
    /// Delimiters that were passed.
    passed: usize,
    kept: Kept,
    /// Whether the delimiter behind the field was seen.
    is_over: bool,
    has_begun: bool,
    is_comment: bool,
}

impl Line {
    fn new(place: Place, limit: usize) -> Self {
        Self {
            place,
            passed: 0,
            kept: Kept::new(limit),
            is_over: false,
            has_begun: false,
            is_comment: false,
        }
    }

    /// An empty line in the same memory.
    fn next(mut self) -> Self {
        self.kept.clear();
        Self { passed: 0, is_over: false, has_begun: false, is_comment: false, ..self }
    }

    fn push(&mut self, mut piece: &[u8]) {
        if let Some(first) = piece.first().filter(|_| !self.has_begun) {
            self.has_begun = true;
            self.is_comment = self.place.comments && *first == b'#';
        }
        while self.passed < self.place.before {
            let Some(at) = self.delimiter_in(piece) else { return };
            self.passed += 1;
            piece = &piece[at + 1..];
        }
        if self.is_over {
            return;
        }
        let end = if self.place.to_the_end { None } else { self.delimiter_in(piece) };
        self.is_over = end.is_some();
        self.kept.push(&piece[..end.unwrap_or(piece.len())]);
    }

    fn delimiter_in(&self, piece: &[u8]) -> Option<usize> {
        let delimiter = self.place.delimiter?;
        piece.iter().position(|byte| *byte == delimiter)
    }

    fn field(&mut self) -> Field<'_> {
        if self.is_comment {
            Field::Skipped
        } else if self.passed < self.place.before {
            // An empty line has no field at all, and is no defect.
            if self.has_begun { Field::Missing } else { Field::Skipped }
        } else if self.is_over {
            self.kept.field()
        } else {
            self.kept.last_field()
        }
    }
}
