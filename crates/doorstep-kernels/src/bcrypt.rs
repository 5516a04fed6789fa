//! bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", 1999): one password in slices
//! of whole rounds, or up to eight interleaved on one core.
//!
//! A round of Blowfish is a chain: four look-ups, whose addresses are the result of the round before.
//! One password leaves most of a core idle, and the idle part can work for others. Nothing here needs
//! vector instructions, so that there is one kernel for every processor.
//!
//! Look-ups at secret addresses are what bcrypt is made of: it is not constant in time for whoever
//! shares the cache.

mod blowfish;
mod lanes;
mod pi;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use self::blowfish::Blowfish;
use self::lanes::Lanes;
use crate::table;

/// Bytes of the result, of which stored strings keep all but the last.
pub const TAG_LEN: usize = 24;

/// Bytes of a key that count.
pub const KEY_LEN: usize = 72;

/// "OrpheanBeholderScryDoubt", which is encrypted 64 times over.
const PLAINTEXT: [[u32; 2]; 3] =
    [[0x4f72_7068, 0x6561_6e42], [0x6568_6f6c, 0x6465_7253], [0x6372_7944, 0x6f75_6274]];

/// Words of a subkey, or of a key or a salt repeated to that length.
type Words = [u32; 18];

/// One password's hashing between two pieces of it.
///
/// It lives in a box, since whatever moves it would leave a copy behind; it is wiped when dropped.
pub struct State {
    cipher: Blowfish,
    key: Words,
    salt: Words,
    rounds_left: u64,
}

impl State {
    /// Takes `key`, the password and the NUL that ends it, and does the first, salted, expansion.
    /// `rounds` are still to do: 2^cost. What goes beyond [`KEY_LEN`] bytes of the key is ignored.
    ///
    /// # Panics
    /// If `key` is empty: then there is not even a NUL.
    pub fn begin(key: &[u8], salt: &[u8; 16], rounds: u64) -> Box<Self> {
        // In place: on the stack there is only the empty one.
        let mut state = Box::new(Self {
            cipher: Blowfish::EMPTY,
            key: [0; 18],
            salt: [0; 18],
            rounds_left: rounds,
        });
        repeat(key, &mut state.key);
        repeat(salt, &mut state.salt);
        let Self { cipher, key, salt, .. } = &mut *state;
        cipher.begin(key, salt);
        state
    }

    /// Rounds that are still to do.
    pub fn remaining(&self) -> u64 {
        self.rounds_left
    }

    /// Does as many as `rounds`, and says whether that was the last of them.
    pub fn advance(&mut self, rounds: u64) -> bool {
        let rounds = rounds.min(self.rounds_left);
        for _ in 0..rounds {
            self.cipher.expand(&self.key);
            self.cipher.expand(&self.salt);
        }
        self.rounds_left -= rounds;
        self.rounds_left == 0
    }

    /// Does what remains, and gives the result.
    pub fn finish(&mut self) -> [u8; TAG_LEN] {
        self.advance(u64::MAX);
        let mut tag = [0; TAG_LEN];
        for (block, bytes) in PLAINTEXT.into_iter().zip(tag.chunks_exact_mut(8)) {
            let [left, right] = (0..64).fold(block, |block, _| self.cipher.encrypt(block));
            bytes[..4].copy_from_slice(&left.to_be_bytes());
            bytes[4..].copy_from_slice(&right.to_be_bytes());
        }
        tag
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.cipher.wipe();
        self.key.zeroize();
        self.salt.zeroize();
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("rounds_left", &self.rounds_left).finish_non_exhaustive()
    }
}

/// Does all that remains of all `states`, interleaved.
///
/// Their rounds need not be the same: a lane that is done takes the next state. On the way there is a
/// copy of up to eight of them, which is wiped.
pub fn run_together(states: &mut [&mut State]) {
    advance_together(states, u64::MAX);
}

/// Does as many as `rounds` of each of `states`, interleaved.
pub fn advance_together(states: &mut [&mut State], rounds: u64) {
    let mut waiting: Vec<(u64, usize)> = states
        .iter()
        .enumerate()
        .map(|(index, state)| (state.rounds_left.min(rounds), index))
        .filter(|&(rounds, _)| rounds > 0)
        .collect();
    // The dearest are taken first: what is left to the end runs in the least company.
    waiting.sort_unstable();
    // The last one has the core to itself.
    if let Some((rounds, index)) = interleave(states, waiting) {
        states[index].advance(rounds);
    }
}

/// Does so many rounds of those states, and gives back the last one, as soon as it is alone.
fn interleave(states: &mut [&mut State], mut waiting: Vec<(u64, usize)>) -> Option<(u64, usize)> {
    if waiting.len() < 2 {
        return waiting.pop();
    }
    let mut lanes = Lanes::new();
    while waiting.len() + lanes.running() > 1 {
        let width = table::bcrypt(waiting.len() + lanes.running());
        while lanes.running() < width
            && let Some((rounds, index)) = waiting.pop()
        {
            lanes.take(states[index], index, rounds);
        }
        lanes.run();
        lanes.give_back_done(states);
    }
    lanes.give_back_last(states).or_else(|| waiting.pop())
}

/// Fills `words` with `bytes` over and over.
fn repeat(bytes: &[u8], words: &mut Words) {
    assert!(!bytes.is_empty(), "a key has at least its NUL");
    let mut bytes = bytes.iter().cycle();
    for word in words {
        *word = bytes.by_ref().take(4).fold(0, |word, &byte| word << 8 | u32::from(byte));
    }
}
