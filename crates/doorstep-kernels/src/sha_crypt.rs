//! The rounds of sha256-crypt and sha512-crypt (U. Drepper, "Unix crypt using SHA-256 and SHA-512",
//! 2007, step 21), of one password or of several together. It knows no password: [`Rounds`] begin with
//! what the first twenty steps made of it.

#[cfg(target_arch = "x86_64")]
mod group;
mod kernels;
mod message;

use alloc::vec::Vec;
use core::cmp::Reverse;

use zeroize::Zeroize;

use crate::Processor;
use crate::sha2::Word;
pub use kernels::Kernels;
use message::{CYCLE, Messages};

/// The rounds of sha256-crypt.
pub type Rounds256 = Rounds<u32>;
/// The rounds of sha512-crypt.
pub type Rounds512 = Rounds<u64>;

/// The rounds of one password, between two of them.
///
/// They are wiped when dropped. What a kernel holds in registers, and what the compiler puts on
/// the stack for it, is not.
pub struct Rounds<W: Word> {
    digest: [W; 8],
    messages: Messages<W>,
    round: u32,
    left: u32,
    /// How many rounds are to be left when the call that is under way returns.
    goal: u32,
}

impl<W: Kernels> Rounds<W> {
    /// Begins `rounds` rounds with digest A of step 12 in words, the sequence P of step 16 and the
    /// sequence S of step 20.
    pub fn new(digest: &[W; 8], p: &[u8], s: &[u8], rounds: u32) -> Self {
        let messages = Messages::new(p, s);
        Self { digest: *digest, messages, round: 0, left: rounds, goal: rounds }
    }

    /// Digest C of the last round.
    pub const fn digest(&self) -> &[W; 8] {
        &self.digest
    }

    /// How many rounds are left.
    pub const fn left(&self) -> u32 {
        self.left
    }

    /// How many rounds the call that is under way has to do.
    const fn to_do(&self) -> u32 {
        self.left - self.goal
    }

    /// Does `rounds` of those that are left, or all if they are fewer.
    pub fn advance(&mut self, processor: Processor, rounds: u32) {
        let now = rounds.min(self.left);
        for round in self.round..self.round + now {
            let message = self.messages.with(&self.digest, round);
            self.digest = W::IV;
            W::compress_alone(processor, &mut self.digest, message);
        }
        self.round += now;
        self.left -= now;
    }
}

/// Does `rounds` of those that are left for each password, or all where they are fewer.
///
/// Lengths, counts and the rounds that are done may differ: passwords of like lengths go on together,
/// and one that is done makes room for another.
pub fn advance_together<W: Kernels>(
    processor: Processor,
    passwords: &mut [&mut Rounds<W>],
    rounds: u32,
) {
    for password in passwords.iter_mut() {
        password.goal = password.left.saturating_sub(rounds);
    }
    loop {
        let mut chosen = longest_first(passwords);
        let Some(&longest) = chosen.first() else { break };
        let choice = W::choose(processor, full_lanes(processor, passwords, &chosen));
        if choice.width == 1 {
            let password = &mut *passwords[longest];
            password.advance(processor, password.to_do());
            continue;
        }
        chosen.truncate(choice.width);
        align(processor, passwords, &chosen);
        let now = chosen.iter().map(|&at| passwords[at].to_do()).min().unwrap_or(0);
        if now > 0 {
            W::advance_together(choice.kernel, passwords, &chosen, now);
        }
    }
}

/// Those that have something to do: a lane next to one of the same length wastes nothing.
fn longest_first<W: Kernels>(passwords: &[&mut Rounds<W>]) -> Vec<usize> {
    let mut waiting: Vec<usize> =
        (0..passwords.len()).filter(|&at| passwords[at].to_do() > 0).collect();
    waiting.sort_by_key(|&at| Reverse((passwords[at].messages.in_cycle(), passwords[at].to_do())));
    waiting
}

/// How many lanes would be full if each were as long as the first, of those that fit the processor.
fn full_lanes<W: Kernels>(
    processor: Processor,
    passwords: &[&mut Rounds<W>],
    chosen: &[usize],
) -> usize {
    let mut lens = chosen.iter().map(|&at| passwords[at].messages.in_cycle());
    let total: usize = lens.clone().take(W::choose(processor, usize::MAX).width).sum();
    total / lens.next().unwrap_or(1)
}

/// Brings all to the same round of the cycle, whichever is the nearest for all.
fn align<W: Kernels>(processor: Processor, passwords: &mut [&mut Rounds<W>], chosen: &[usize]) {
    let ahead = |password: &Rounds<W>, phase: u32| (phase + CYCLE - password.round % CYCLE) % CYCLE;
    let phases = chosen.iter().map(|&at| passwords[at].round % CYCLE);
    let nearest = phases
        .min_by_key(|&phase| chosen.iter().map(|&at| ahead(passwords[at], phase)).sum::<u32>());
    for &at in chosen {
        let password = &mut *passwords[at];
        let rounds = ahead(password, nearest.unwrap_or(0)).min(password.to_do());
        password.advance(processor, rounds);
    }
}

impl<W: Word> Drop for Rounds<W> {
    fn drop(&mut self) {
        self.digest.zeroize();
    }
}
