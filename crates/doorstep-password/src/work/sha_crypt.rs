//! sha256-crypt and sha512-crypt (U. Drepper, "Unix crypt using SHA-256 and SHA-512", 2007), a
//! round at a time.
//!
//! A round hashes one of eight messages, which differ in where the last digest, the password and
//! the salt stand. All eight are laid out once with their padding; a round then fills in the digest
//! and compresses. The step numbers below are those of the specification.

use alloc::boxed::Box;
use alloc::vec::Vec;

use sha2::Digest;
use zeroize::{Zeroize, Zeroizing};

use super::parameters::InvalidParameters;
use super::price::StepTime;
use super::sha::{self, Sha, Sha256, Sha512};
use crate::secret::Secret;

/// Which of the two: `$5$` or `$6$`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShaCryptVariant {
    /// `$5$`, passlib's `sha256_crypt`: 32 bytes.
    Sha256,
    /// `$6$`, passlib's `sha512_crypt`: 64 bytes.
    Sha512,
}

impl ShaCryptVariant {
    pub(crate) const fn digest_len(self) -> usize {
        match self {
            ShaCryptVariant::Sha256 => Sha256::DIGEST_LEN,
            ShaCryptVariant::Sha512 => Sha512::DIGEST_LEN,
        }
    }

    /// The time of one compression.
    const fn step_time(self) -> StepTime {
        match self {
            ShaCryptVariant::Sha256 => StepTime(50),
            ShaCryptVariant::Sha512 => StepTime(130),
        }
    }
}

/// sha-crypt's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShaCryptParams {
    variant: ShaCryptVariant,
    rounds: u32,
}

impl ShaCryptParams {
    /// `rounds` from 1 000 to 999 999 999.
    ///
    /// # Errors
    /// [`InvalidParameters`] outside of that: `crypt()` would silently take the nearest.
    pub const fn new(variant: ShaCryptVariant, rounds: u32) -> Result<Self, InvalidParameters> {
        if rounds < 1000 || rounds > 999_999_999 {
            return Err(InvalidParameters);
        }
        Ok(Self { variant, rounds })
    }

    /// Which of the two.
    pub const fn variant(&self) -> ShaCryptVariant {
        self.variant
    }

    /// The number of rounds.
    pub const fn rounds(&self) -> u32 {
        self.rounds
    }

    /// The cost grows with the password: in the rounds by its length, in the set-up by the square.
    pub(crate) fn units(&self, password_len: usize, salt_len: usize) -> u64 {
        let rounds = self.rounds;
        let compressions = match self.variant {
            ShaCryptVariant::Sha256 => in_repeats::<Sha256>(password_len, password_len)
                .saturating_add(in_rounds::<Sha256>(rounds, password_len, salt_len)),
            ShaCryptVariant::Sha512 => in_repeats::<Sha512>(password_len, password_len)
                .saturating_add(in_rounds::<Sha512>(rounds, password_len, salt_len)),
        };
        self.variant.step_time().units(compressions)
    }

    /// The templates' memory.
    pub(crate) fn memory_kib(&self, password_len: usize) -> u64 {
        (8 * (2 * password_len + 3 * self.variant.digest_len())).div_ceil(1024) as u64
    }
}

/// Compressions of so many rounds, counted by the lengths alone.
fn in_rounds<H: Sha>(rounds: u32, password_len: usize, salt_len: usize) -> u64 {
    let in_cycle: u64 =
        (0..CYCLE).map(|round| blocks_of::<H>(Layout::of(round), password_len, salt_len)).sum();
    u64::from(rounds).saturating_mul(in_cycle) / u64::from(CYCLE)
}

/// Compressions of the set-up that hashes the password once for each of `repeats` bytes.
const fn in_repeats<H: Sha>(repeats: usize, password_len: usize) -> u64 {
    repeat_blocks::<H>(password_len).saturating_mul(repeats as u64)
}

/// Compressions that one more repetition of the password costs in the set-up, at least one.
const fn repeat_blocks<H: Sha>(password_len: usize) -> u64 {
    password_len.div_ceil(H::BLOCK_LEN) as u64
}

fn blocks_of<H: Sha>(layout: Layout, password_len: usize, salt_len: usize) -> u64 {
    let passwords = 1 + usize::from(layout.password);
    let salts = usize::from(layout.salt);
    let len = H::DIGEST_LEN + passwords * password_len + salts * salt_len;
    sha::padded_blocks::<H>(len) as u64
}

/// The messages repeat after lcm(2, 3, 7) rounds.
const CYCLE: u32 = 42;

/// What stands in a round's message (steps 21 b to e).
#[derive(Clone, Copy)]
struct Layout {
    /// The round is odd: the password first and the digest last, not the other way round.
    digest_last: bool,
    /// The round is not divisible by 3.
    salt: bool,
    /// The round is not divisible by 7.
    password: bool,
}

impl Layout {
    const fn of(round: u32) -> Self {
        Self {
            digest_last: !round.is_multiple_of(2),
            salt: !round.is_multiple_of(3),
            password: !round.is_multiple_of(7),
        }
    }

    const fn index(self) -> usize {
        self.digest_last as usize | (self.salt as usize) << 1 | (self.password as usize) << 2
    }

    const fn from_index(index: usize) -> Self {
        Self { digest_last: index & 1 != 0, salt: index & 2 != 0, password: index & 4 != 0 }
    }
}

/// Each in a box of its own size: the slack of a shared one would carry whatever stood on the stack.
pub(crate) enum State {
    Sha256(Box<Crypt<Sha256, sha2::Sha256>>),
    Sha512(Box<Crypt<Sha512, sha2::Sha512>>),
}

impl State {
    pub(crate) fn begin(params: &ShaCryptParams, password: &[u8], salt: &[u8]) -> Self {
        match params.variant {
            ShaCryptVariant::Sha256 => {
                State::Sha256(Box::new(Crypt::begin(params.rounds, password, salt)))
            }
            ShaCryptVariant::Sha512 => {
                State::Sha512(Box::new(Crypt::begin(params.rounds, password, salt)))
            }
        }
    }

    pub(crate) fn remaining(&self) -> u64 {
        match self {
            State::Sha256(c) => ShaCryptVariant::Sha256.step_time().units(c.compressions_left()),
            State::Sha512(c) => ShaCryptVariant::Sha512.step_time().units(c.compressions_left()),
        }
    }

    /// Whether that was the last of it.
    pub(crate) fn advance(&mut self, units: u64) -> bool {
        match self {
            State::Sha256(c) => c.advance(ShaCryptVariant::Sha256.step_time().steps(units)),
            State::Sha512(c) => c.advance(ShaCryptVariant::Sha512.step_time().steps(units)),
        }
    }

    /// By reference, since moving the state out of its box would leave an unwiped copy there.
    pub(crate) fn finish(&self) -> Secret {
        match self {
            State::Sha256(c) => c.key(),
            State::Sha512(c) => c.key(),
        }
    }
}

pub(crate) struct Crypt<H: Sha, D: Digest> {
    password: Secret,
    salt: Vec<u8>,
    /// Digest A of step 12, then C of the last round.
    digest: H::Block,
    /// Digest DP of steps 13 to 15, while the password goes into it.
    dp: Option<D>,
    repeats_left: usize,
    /// The eight messages, once DP is known.
    templates: Vec<Template<H>>,
    round: u32,
    rounds: u32,
}

struct Template<H: Sha> {
    blocks: Vec<H::Block>,
    /// Where the last digest goes.
    digest_at: usize,
}

impl<H: Sha, D: Digest + Clone> Crypt<H, D> {
    fn begin(rounds: u32, password: &[u8], salt: &[u8]) -> Self {
        Self {
            password: Secret::new(password),
            salt: salt.to_vec(),
            digest: digest_a::<H, D>(password, salt),
            dp: Some(D::new()),
            repeats_left: password.len(),
            templates: Vec::new(),
            round: 0,
            rounds,
        }
    }

    fn compressions_left(&self) -> u64 {
        let (password_len, salt_len) = (self.password.len(), self.salt.len());
        in_repeats::<H>(self.repeats_left, password_len)
            + in_rounds::<H>(self.rounds - self.round, password_len, salt_len)
    }

    fn advance(&mut self, mut compressions: u64) -> bool {
        // In place: `take` would leave the password's last block behind, where nothing wipes it.
        if let Some(dp) = &mut self.dp {
            let each = repeat_blocks::<H>(self.password.len()).max(1);
            let now = (compressions.div_ceil(each)).min(self.repeats_left as u64);
            for _ in 0..now {
                dp.update(self.password.expose());
            }
            self.repeats_left -= now as usize;
            if self.repeats_left > 0 {
                return false;
            }
            let dp = Zeroizing::new(digest_of::<H>(dp.clone()));
            self.dp = None;
            self.lay_out(&dp);
            compressions = compressions.saturating_sub(now * each).max(1);
        }
        let mut spent = 0;
        while self.round < self.rounds && spent < compressions {
            spent += self.run_round();
        }
        self.round == self.rounds
    }

    /// Steps 16 to 20, then the eight messages.
    fn lay_out(&mut self, dp: &H::Block) {
        let password_len = self.password.len();
        let p: Zeroizing<Vec<u8>> =
            Zeroizing::new(cycled(&dp.as_ref()[..H::DIGEST_LEN], password_len));
        let mut ds = D::new();
        for _ in 0..16 + usize::from(self.digest.as_ref()[0]) {
            ds.update(&self.salt);
        }
        // It tells the first byte of digest A.
        let s =
            Zeroizing::new(cycled(&digest_of::<H>(ds).as_ref()[..H::DIGEST_LEN], self.salt.len()));
        let hole = H::ZERO;
        let hole = &hole.as_ref()[..H::DIGEST_LEN];
        self.templates = (0..8)
            .map(|index| {
                let layout = Layout::from_index(index);
                let middle_salt: &[u8] = if layout.salt { &s } else { &[] };
                let middle_password: &[u8] = if layout.password { &p } else { &[] };
                let middle = middle_salt.len() + middle_password.len();
                let (first, last, digest_at): (&[u8], &[u8], usize) = if layout.digest_last {
                    (&p, hole, password_len + middle)
                } else {
                    (hole, &p, 0)
                };
                let parts = [first, middle_salt, middle_password, last];
                Template { blocks: sha::pad::<H>(0, &parts), digest_at }
            })
            .collect();
    }

    /// Step 21, and how many compressions it took.
    fn run_round(&mut self) -> u64 {
        let template = &mut self.templates[Layout::of(self.round).index()];
        let digest = &self.digest.as_ref()[..H::DIGEST_LEN];
        write_at::<H>(&mut template.blocks, template.digest_at, digest);
        let mut state = H::IV;
        H::compress(&mut state, &template.blocks);
        H::write_digest(&state, &mut self.digest.as_mut()[..H::DIGEST_LEN]);
        self.round += 1;
        template.blocks.len() as u64
    }

    fn key(&self) -> Secret {
        Secret::new(&self.digest.as_ref()[..H::DIGEST_LEN])
    }
}

impl<H: Sha, D: Digest> Drop for Crypt<H, D> {
    fn drop(&mut self) {
        self.digest.zeroize();
        for template in &mut self.templates {
            template.blocks.iter_mut().for_each(Zeroize::zeroize);
        }
    }
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

fn write_at<H: Sha>(blocks: &mut [H::Block], mut at: usize, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let (block, offset) = (at / H::BLOCK_LEN, at % H::BLOCK_LEN);
        let len = bytes.len().min(H::BLOCK_LEN - offset);
        let (now, rest) = bytes.split_at(len);
        blocks[block].as_mut()[offset..offset + len].copy_from_slice(now);
        bytes = rest;
        at += len;
    }
}
