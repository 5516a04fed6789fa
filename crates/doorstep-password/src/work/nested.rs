//! A derivation of another's key, under way: the old one first, then the one that is put around it.

use super::derivation::{Derivation, Progress};
use super::goal::OutOfMemory;
use crate::secret::Secret;
use crate::workspace::Workspace;

/// Two derivations in a row. Dropped in either, it wipes what it held.
pub(crate) struct Nested {
    stage: Stage,
    /// The units of the second.
    later: u64,
}

/// What has failed once fails again.
const NO_MEMORY: OutOfMemory = OutOfMemory { memory_kib: 0 };

enum Stage {
    /// Of the password.
    Old(Progress),
    /// Of the old one's key, which an algorithm may want to see again.
    New { key: Secret, progress: Progress },
    /// Neither: there was no memory to begin the second, and no key to be had.
    Neither,
}

impl Nested {
    pub(super) fn begin(
        old: &Derivation,
        later: u64,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<Self, OutOfMemory> {
        Ok(Self { stage: Stage::Old(old.begin(password, workspace)?), later })
    }

    pub(super) fn remaining(&self) -> u64 {
        match &self.stage {
            Stage::Old(progress) => progress.remaining().saturating_add(self.later),
            Stage::New { progress, .. } => progress.remaining(),
            Stage::Neither => 0,
        }
    }

    /// Whether that was the last piece. `new` is the derivation that wraps another.
    pub(super) fn advance(
        &mut self,
        new: &Derivation,
        units: u64,
        password: &[u8],
        workspace: &mut Workspace,
    ) -> Result<bool, OutOfMemory> {
        match core::mem::replace(&mut self.stage, Stage::Neither) {
            Stage::Old(mut progress) => {
                let Some((old, _)) = new.wrapped() else { return Err(NO_MEMORY) };
                if old.advance(&mut progress, units, password, workspace)? {
                    let key = old.finish(progress, workspace);
                    let progress = new.begin_own(key.expose(), workspace)?;
                    self.stage = Stage::New { key, progress };
                } else {
                    self.stage = Stage::Old(progress);
                }
                Ok(false)
            }
            Stage::New { key, mut progress } => {
                let is_last = new.advance(&mut progress, units, key.expose(), workspace)?;
                self.stage = Stage::New { key, progress };
                Ok(is_last)
            }
            Stage::Neither => Err(NO_MEMORY),
        }
    }

    pub(super) fn is_old(&self) -> bool {
        matches!(self.stage, Stage::Old(_))
    }

    pub(super) fn under_way(&mut self) -> Option<&mut Progress> {
        match &mut self.stage {
            Stage::Old(progress) | Stage::New { progress, .. } => Some(progress),
            Stage::Neither => None,
        }
    }

    pub(super) fn finish(self, workspace: &mut Workspace) -> Secret {
        match self.stage {
            Stage::Old(progress) | Stage::New { progress, .. } => progress.finish(workspace),
            Stage::Neither => Secret::new(&[]),
        }
    }
}
