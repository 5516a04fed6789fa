//! Lines and their fields. Holds no line: of the field that is wanted, as much as a hash may have.

use std::io::{self, BufRead, ErrorKind};

use super::Layout;
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
    const WHOLE_LINE: Self = Self { before: 0, delimiter: None, to_the_end: true, comments: false };
    const HTPASSWD: Self =
        Self { before: 1, delimiter: Some(b':'), to_the_end: true, comments: true };
    const SHADOW: Self =
        Self { before: 1, delimiter: Some(b':'), to_the_end: false, comments: true };

    /// Of a layout, whose lines may be divided; `None` of CSV, whose records are no lines.
    pub(crate) fn of(layout: Layout, before: Option<usize>, delimiter: Option<u8>) -> Option<Self> {
        match layout {
            Layout::Line if before.is_some() || delimiter.is_some() => Some(Self {
                before: before.unwrap_or(0),
                delimiter: Some(delimiter.unwrap_or(b'\t')),
                to_the_end: false,
                comments: false,
            }),
            Layout::Line => Some(Self::WHOLE_LINE),
            Layout::Htpasswd => Some(Self::HTPASSWD),
            Layout::Shadow => Some(Self::SHADOW),
            Layout::Csv => None,
        }
    }
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
    if line.seeker.has_begun {
        take(Entry { line: number, field: line.field() });
    }
    Ok(())
}

/// A line while it is read.
struct Line {
    seeker: Seeker,
    kept: Kept,
}

impl Line {
    fn new(place: Place, limit: usize) -> Self {
        Self { seeker: Seeker::new(place), kept: Kept::new(limit) }
    }

    /// An empty line in the same memory.
    fn next(mut self) -> Self {
        self.kept.clear();
        Self { seeker: Seeker::new(self.seeker.place), ..self }
    }

    fn push(&mut self, piece: &[u8]) {
        self.kept.push(self.seeker.push(piece));
    }

    fn field(&mut self) -> Field<'_> {
        match self.seeker.found() {
            Found::Skipped => Field::Skipped,
            Found::Missing => Field::Missing,
            Found::Field if self.seeker.is_over => self.kept.field(),
            Found::Field => self.kept.last_field(),
        }
    }
}

/// Finds the field of a line, which may come in pieces.
pub(crate) struct Seeker {
    place: Place,
    /// Delimiters that were passed.
    passed: usize,
    /// Where in the line the field begins, once it is found.
    start: usize,
    /// Whether the delimiter behind the field was seen.
    is_over: bool,
    has_begun: bool,
    /// Whether there was nothing but what can belong to the line's end.
    is_blank: bool,
    is_comment: bool,
}

/// What there is in the place of the field.
pub(crate) enum Found {
    Field,
    /// The line has too few fields.
    Missing,
    /// It is a comment or blank.
    Skipped,
}

impl Seeker {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            passed: 0,
            start: 0,
            is_over: false,
            has_begun: false,
            is_blank: true,
            is_comment: false,
        }
    }

    /// Takes the next piece of the line, without its end, and gives back what of it is the field's.
    pub(crate) fn push<'a>(&mut self, mut piece: &'a [u8]) -> &'a [u8] {
        if let Some(first) = piece.first().filter(|_| !self.has_begun) {
            self.has_begun = true;
            self.is_comment = self.place.comments && *first == b'#';
        }
        self.is_blank &= piece.iter().all(|byte| *byte == b'\r');
        while self.passed < self.place.before {
            let Some(at) = self.delimiter_in(piece) else {
                self.start += piece.len();
                return &[];
            };
            self.passed += 1;
            self.start += at + 1;
            piece = &piece[at + 1..];
        }
        if self.is_over {
            return &[];
        }
        let end = if self.place.to_the_end { None } else { self.delimiter_in(piece) };
        self.is_over = end.is_some();
        &piece[..end.unwrap_or(piece.len())]
    }

    fn delimiter_in(&self, piece: &[u8]) -> Option<usize> {
        let delimiter = self.place.delimiter?;
        piece.iter().position(|byte| *byte == delimiter)
    }

    pub(crate) fn found(&self) -> Found {
        if self.is_comment {
            Found::Skipped
        } else if self.passed < self.place.before {
            // An empty line has no field at all, and is no defect.
            if self.is_blank { Found::Skipped } else { Found::Missing }
        } else {
            Found::Field
        }
    }

    /// Where in the line the field begins.
    pub(crate) fn start(&self) -> usize {
        self.start
    }
}
