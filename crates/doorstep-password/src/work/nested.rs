//! A derivation of another's key, under way: the old one first, then the one that is put around it.

use super::derivation::{Derivation, Progress};
use super::goal::OutOfMemory;
use crate::secret::Secret;
use crate::workspace::Workspace;

/// Two derivations in a row. Dropped in either, it wipes what it held.
///
/// Fields instead of variants: the room that a variant does not use would hold whatever lay on the stack.
pub(crate) struct Nested {
    /// The one that is at work. `None` if there was no memory to begin the second: there is no key to be
    /// had.
    progress: Option<Progress>,
    /// Empty while the first is at work; then its key, which an algorithm may want to see again.
    key: Secret,
    is_old: bool,
}

/// What has failed once fails again.
const NO_MEMORY: OutOfMemory = OutOfMemory { memory_kib: 0 };

impl Nested {
    pub(super) fn begin(
        old: &Derivation,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<Self, OutOfMemory> {
        let progress = Some(old.begin(password, workspace)?);
        Ok(Self { progress, key: Secret::new(&[]), is_old: true })
    }

    /// The units that are left, with those of the second, which are `later`.
    pub(super) fn remaining(&self, later: u64) -> u64 {
        let now = self.progress.as_ref().map_or(0, Progress::remaining);
        if self.is_old() { now.saturating_add(later) } else { now }
    }

    /// Whether that was the last piece. `new` is the derivation that wraps another.
    pub(super) fn advance(
        &mut self,
        new: &Derivation,
        units: u64,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<bool, OutOfMemory> {
        let mut progress = self.progress.take().ok_or(NO_MEMORY)?;
        if !self.is_old {
            let is_last = new.advance(&mut progress, units, self.key.expose(), workspace)?;
            self.progress = Some(progress);
            return Ok(is_last);
        }
        let Some((old, _)) = new.wrapped() else { return Err(NO_MEMORY) };
        if old.advance(&mut progress, units, password, workspace)? {
            self.key = old.finish(progress, workspace);
            self.is_old = false;
            progress = new.begin_own(self.key.expose(), workspace)?;
        }
        self.progress = Some(progress);
        Ok(false)
    }

    pub(super) fn is_old(&self) -> bool {
        self.is_old && self.progress.is_some()
    }

    pub(super) fn under_way(&mut self) -> Option<&mut Progress> {
        self.progress.as_mut()
    }

    pub(super) fn finish(self, workspace: &mut Workspace) -> Secret {
        self.progress.map_or(Secret::new(&[]), |progress| progress.finish(workspace))
    }
}
