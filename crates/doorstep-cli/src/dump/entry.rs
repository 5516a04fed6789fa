//! What a dump holds at one place, however it is read.

/// A line, a record or a row.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// From 1, as editors count lines.
    pub(crate) line: u64,
    pub(crate) field: Field<'a>,
}

/// What stands where the hash should.
#[derive(Clone, Copy)]
pub(crate) enum Field<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// More than a hash may have, which was not kept.
    TooLong,
    /// The line has too few fields.
    Missing,
    /// A comment or a header, which does not count.
    Skipped,
    /// A database's NULL.
    #[cfg(feature = "database")]
    Null,
    /// A database's value of another type than text.
    #[cfg(feature = "database")]
    NotText,
}

/// A field while it is read, of which no more is kept than tells that it is too long.
pub(crate) struct Kept {
    bytes: Vec<u8>,
    limit: usize,
}

impl Kept {
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: Vec::with_capacity(limit + 1), limit }
    }

    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(crate) fn push(&mut self, more: &[u8]) {
        let room = self.limit + 1 - self.bytes.len();
        self.bytes.extend_from_slice(&more[..more.len().min(room)]);
    }

    pub(crate) fn field(&self) -> Field<'_> {
        if self.bytes.len() > self.limit { Field::TooLong } else { Field::Bytes(&self.bytes) }
    }

    /// Without a carriage return at its end, which belongs to the line's.
    pub(crate) fn last_field(&mut self) -> Field<'_> {
        if self.bytes.len() <= self.limit && self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        self.field()
    }
}
