//! How many there were of each kind.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::read::Kept;

/// Of what could not be wrapped, the first so many places are kept.
pub(super) const SHOWN: usize = 100;

/// What came of the hashes that were read. `--json` prints it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) wrapped: u64,
    pub(super) wrapped_before: u64,
    pub(super) up_to_date: u64,
    pub(super) without_password: u64,
}

impl Tally {
    pub(super) fn keep(&mut self, kept: Kept) {
        *match kept {
            Kept::WrappedBefore => &mut self.wrapped_before,
            Kept::UpToDate => &mut self.up_to_date,
            Kept::WithoutPassword => &mut self.without_password,
        } += 1;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "wrapped           {}", self.wrapped)?;
        writeln!(f, "wrapped before    {}", self.wrapped_before)?;
        writeln!(f, "up to date        {}", self.up_to_date)?;
        writeln!(f, "without password  {}", self.without_password)
    }
}

/// Lists the places of what was not wrapped, of which there are `count`.
pub(super) fn list(
    f: &mut fmt::Formatter<'_>,
    places: impl Iterator<Item = String>,
    count: u64,
) -> fmt::Result {
    places.take(SHOWN).try_for_each(|place| write!(f, "\n  {place}"))?;
    match count.saturating_sub(SHOWN as u64) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
    }
}
