//! Who computes: doorstep, alone and in company, and the peers, one hash after another.

use doorstep_password::{Algorithm, Goal, OutOfMemory, Secret, Work, Workspace};

use crate::case::{Case, Input, Memory};
use crate::peers::{self, Peer};

/// One who computes a case, and how.
pub(crate) struct Contender {
    pub(crate) who: &'static str,
    pub(crate) mode: Mode,
    /// How many hashes are computed at once.
    pub(crate) batch: usize,
    hash: Hash,
}

/// One hash at a time, or a batch on one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    One,
    Together,
}

type Hash = Box<dyn FnMut(&[Input]) -> Vec<Vec<u8>>>;

impl Contender {
    /// All who compute `case`, doorstep first.
    pub(crate) fn all(case: &Case, with_avx2: bool) -> Vec<Self> {
        // Who shares nothing runs one after another. Two tell as much of that as a full batch, except
        // where the first finds its memory out of the cache and the others do not.
        let in_turn = if let Algorithm::Argon2(_) = case.algorithm { case.batch } else { 2 };
        let mut doorstep = vec![
            Self::alone(case, DOORSTEP, Workspace::new),
            Self::alone(case, PORTABLE, Workspace::portable),
            Self::together(case, DOORSTEP, case.batch, Workspace::new()),
            Self::together(case, PORTABLE, in_turn, Workspace::portable()),
        ];
        if with_avx2 && has_more_than_avx2() {
            doorstep.push(Self::alone(case, AVX2, avx2));
            doorstep.push(Self::together(case, AVX2, case.batch, avx2()));
        }
        let alone = peers::all(case).into_iter().map(|peer| Self::peer(peer, Mode::One, 1));
        let together =
            peers::all(case).into_iter().map(|peer| Self::peer(peer, Mode::Together, in_turn));
        doorstep.into_iter().chain(alone).chain(together).collect()
    }

    /// The keys of the first inputs, as many as the batch has.
    pub(crate) fn hash(&mut self, inputs: &[Input]) -> Vec<Vec<u8>> {
        (self.hash)(&inputs[..self.batch])
    }

    fn alone(case: &Case, who: &'static str, workspace: fn() -> Workspace) -> Self {
        let case = case.clone();
        let mut kept = workspace();
        let hash = move |inputs: &[Input]| {
            let work = work(&case, &inputs[0]);
            vec![match case.memory {
                Memory::Reused => work.run_in(&mut kept),
                Memory::Fresh => work.run_in(&mut workspace()),
            }]
        };
        Self { who, mode: Mode::One, batch: 1, hash: Box::new(hash) }
    }

    /// In memory that is kept, also where the others' is fresh: that is how a batch is run.
    fn together(case: &Case, who: &'static str, batch: usize, mut kept: Workspace) -> Self {
        let case = case.clone();
        let hash = move |inputs: &[Input]| {
            let batch = inputs.iter().map(|input| work(&case, input)).collect();
            Work::run_together(batch, &mut kept)
        };
        Self { who, mode: Mode::Together, batch, hash: Box::new(hash) }
    }

    /// A peer has no other way with several than one after another.
    fn peer(peer: Peer, mode: Mode, batch: usize) -> Self {
        let Peer { who, mut hash } = peer;
        let hash = move |inputs: &[Input]| inputs.iter().map(&mut hash).collect();
        Self { who, mode, batch, hash: Box::new(hash) }
    }
}

/// With the fastest code that the processor runs.
pub(crate) const DOORSTEP: &str = "doorstep";
/// Over the RustCrypto crates.
pub(crate) const PORTABLE: &str = "doorstep-portable";

/// With the kernels of a processor that has no AVX-512.
const AVX2: &str = "doorstep-avx2";

/// Whether this processor runs them, and others by itself.
fn has_more_than_avx2() -> bool {
    avx2().vectors() != Workspace::new().vectors()
}

fn avx2() -> Workspace {
    let avx2 = |workspace: &Workspace| workspace.vectors() == Some("avx2");
    Workspace::all().find(avx2).unwrap_or_default()
}

/// Work whose outcome is the derived key.
pub(crate) fn work(case: &Case, input: &Input) -> Work<Key> {
    Work::new(case.derivation(input), Key(Secret::new(&input.password)))
}

/// The goal of having the key itself, of which no login has any use.
pub(crate) struct Key(Secret);

impl Goal for Key {
    type Output = Vec<u8>;

    fn password(&self) -> &[u8] {
        self.0.expose()
    }

    fn conclude(self, key: Result<&[u8], OutOfMemory>) -> Vec<u8> {
        key.expect("there is memory for a benchmark").to_vec()
    }
}
