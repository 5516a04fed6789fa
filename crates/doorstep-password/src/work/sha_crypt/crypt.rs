//! The first twenty steps, which the rounds begin with.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sha2::Digest;
use zeroize::{Zeroize, Zeroizing};

use super::layout::{in_repeats, in_rounds, repeat_blocks, rounds_of};
use super::rounds::Rounds;
use crate::secret::Secret;
use crate::stack;
use crate::work::sha::{Sha, Sha2};
use crate::workspace::Workspace;

pub(crate) struct Crypt<H: Sha2, D: Digest> {
    password: Secret,
    salt: Vec<u8>,
    /// Digest A of step 12.
    digest: H::Block,
    /// Digest DP of steps 13 to 15, while the password goes into it. In a box of its own, by [`fresh`].
    dp: Option<Box<D>>,
    repeats_left: usize,
    rounds: u32,
    /// Once DP is known. Boxed once more, since the room for two words, one of them a mark, would hold
    /// whatever lay on the stack until then.
    under_way: Option<Box<Rounds<H>>>,
}

impl<H: Sha2, D: Digest + Clone> Crypt<H, D> {
    pub(super) fn begin(rounds: u32, password: &[u8], salt: &[u8]) -> Self {
        let dp = fresh::<D>();
        Self {
            password: Secret::new(password),
            salt: salt.to_vec(),
            digest: digest_a::<H, D>(password, salt),
            dp: Some(dp),
            repeats_left: password.len(),
            rounds,
            under_way: None,
        }
    }

    pub(super) fn compressions_left(&self) -> u64 {
        let (password_len, salt_len) = (self.password.len(), self.salt.len());
        let rounds = self.under_way.as_ref().map_or(self.rounds, |rounds| rounds.left());
        in_repeats::<H>(self.repeats_left, password_len)
            + in_rounds::<H>(rounds, password_len, salt_len)
    }

    /// Whether that was the last of it.
    pub(super) fn advance(&mut self, compressions: u64, workspace: &Workspace) -> bool {
        let (password_len, salt_len) = (self.password.len(), self.salt.len());
        let Some((rounds, rest)) = self.set_up(compressions, workspace) else { return false };
        let now = rounds_of::<H>(rest, password_len, salt_len);
        rounds.advance(u32::try_from(now).unwrap_or(u32::MAX), workspace);
        rounds.left() == 0
    }

    /// Brings all of them to their end.
    pub(super) fn finish_together<'a>(all: Vec<&'a mut Self>, workspace: &Workspace) {
        let set_up = |crypt: &'a mut Self| crypt.set_up(u64::MAX, workspace);
        let rounds = all.into_iter().filter_map(set_up).map(|(rounds, _)| rounds);
        Rounds::finish_together(rounds.collect(), workspace);
    }

    /// Steps 13 to 20, for as many compressions. Once the rounds can begin: these, and what is left.
    fn set_up(
        &mut self,
        mut compressions: u64,
        workspace: &Workspace,
    ) -> Option<(&mut Rounds<H>, u64)> {
        // In place: `take` would leave the password's last block behind, where nothing wipes it.
        if let Some(dp) = &mut self.dp {
            let each = repeat_blocks::<H>(self.password.len()).max(1);
            let now = compressions.div_ceil(each).min(self.repeats_left as u64);
            for _ in 0..now {
                dp.update(self.password.expose());
            }
            self.repeats_left -= now as usize;
            if self.repeats_left > 0 {
                return None;
            }
            let dp = Zeroizing::new(digest_of::<H>(D::clone(dp)));
            self.dp = None;
            self.under_way = Some(Box::new(self.lay_out(&dp, workspace)));
            compressions = compressions.saturating_sub(now * each);
        }
        self.under_way.as_mut().map(|rounds| (&mut **rounds, compressions))
    }

    /// Steps 16 to 20.
    fn lay_out(&self, dp: &H::Block, workspace: &Workspace) -> Rounds<H> {
        let cycled =
            |digest: &H::Block, len| Zeroizing::new(cycled(&digest.as_ref()[..H::DIGEST_LEN], len));
        let p = cycled(dp, self.password.len());
        let mut ds = D::new();
        for _ in 0..16 + usize::from(self.digest.as_ref()[0]) {
            ds.update(&self.salt);
        }
        // It tells the first byte of digest A.
        let s = cycled(&digest_of::<H>(ds), self.salt.len());
        Rounds::new(&self.digest, &p, &s, self.rounds, workspace)
    }

    /// The digest of the last round.
    pub(super) fn key(&self) -> Secret {
        match &self.under_way {
            Some(rounds) => rounds.digest(),
            None => unreachable!("`advance` has said that it is done"),
        }
    }
}

impl<H: Sha2, D: Digest> Drop for Crypt<H, D> {
    fn drop(&mut self) {
        self.digest.zeroize();
    }
}

/// A hash of nothing yet. Its buffer is not written before it is used, and so holds whatever lay on the
/// stack where the hash was made: nothing, here.
fn fresh<D: Digest>() -> Box<D> {
    #[inline(never)]
    fn on_a_wiped_stack<D: Digest>() -> Box<D> {
        Box::new(D::new())
    }
    stack::wipe();
    on_a_wiped_stack()
}

/// Steps 1 to 12.
fn digest_a<H: Sha, D: Digest>(password: &[u8], salt: &[u8]) -> H::Block {
    let b =
        digest_of::<H>(D::new().chain_update(password).chain_update(salt).chain_update(password));
    let b = Zeroizing::new(b);
    let b = &b.as_ref()[..H::DIGEST_LEN];
    let mut a = D::new().chain_update(password).chain_update(salt);
    for chunk in 0..password.len().div_ceil(H::DIGEST_LEN) {
        let len = H::DIGEST_LEN.min(password.len() - chunk * H::DIGEST_LEN);
        a.update(&b[..len]);
    }
    let mut bits = password.len();
    while bits > 0 {
        a.update(if bits & 1 != 0 { b } else { password });
        bits >>= 1;
    }
    digest_of::<H>(a)
}

/// The digest at the start of a block of zeros.
fn digest_of<H: Sha>(hash: impl Digest) -> H::Block {
    let mut digest = hash.finalize();
    let mut block = H::ZERO;
    block.as_mut()[..H::DIGEST_LEN].copy_from_slice(&digest);
    digest.as_mut_slice().zeroize();
    block
}

/// `len` bytes of `digest` over and over (steps 16 and 20).
fn cycled(digest: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    bytes.extend(digest.iter().cycle().take(len));
    bytes
}
