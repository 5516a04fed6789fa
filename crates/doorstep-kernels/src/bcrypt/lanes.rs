//! The same rounds for several passwords, in turn: made to be few instructions.
//!
//! The lanes lie in one array, so that one register finds all of them. Words have 32 bits, so that
//! eight lanes fit into the first cache beside all else.

use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{Ordering, compiler_fence};

use zeroize::Zeroize;

use super::{State, Words};

/// The most that are interleaved.
const MOST: usize = 8;

type Tables = [[u32; 256]; 4];

/// The lanes, of which the first are running. What a lane holds lies apart by kind: with all of a
/// lane in one place, each round took 15 % longer.
pub(super) struct Lanes {
    tables: Vec<Tables>,
    subkeys: Vec<Words>,
    jobs: Vec<Job>,
    running: usize,
}

/// What a lane is there for.
#[derive(Clone)]
struct Job {
    key: Words,
    salt: Words,
    rounds_left: u64,
    rounds_done: u64,
    state: usize,
}

impl Lanes {
    /// For as many as `states`.
    pub(super) fn new(states: usize) -> Self {
        let lanes = states.min(MOST);
        let none = Job { key: [0; 18], salt: [0; 18], rounds_left: 0, rounds_done: 0, state: 0 };
        Self {
            tables: vec![[[0; 256]; 4]; lanes],
            subkeys: vec![[0; 18]; lanes],
            jobs: vec![none; lanes],
            running: 0,
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Copies `state`, the one at `index`, into a lane of its own, to do `rounds` of it.
    pub(super) fn take(&mut self, state: &State, index: usize, rounds: u64) {
        let at = self.running;
        state.cipher.store(&mut self.tables[at], &mut self.subkeys[at]);
        let job = &mut self.jobs[at];
        job.key.copy_from_slice(&state.key);
        job.salt.copy_from_slice(&state.salt);
        job.rounds_left = rounds;
        job.rounds_done = 0;
        job.state = index;
        self.running += 1;
    }

    /// Runs all until the first is done.
    pub(super) fn run(&mut self) {
        let jobs = &self.jobs[..self.running];
        let rounds = jobs.iter().map(|job| job.rounds_left).min().unwrap_or(0);
        match self.running {
            2 => self.run_some::<2, 1>(rounds),
            3 => self.run_some::<3, 1>(rounds),
            4 => self.run_some::<4, 1>(rounds),
            5 => self.run_some::<5, 1>(rounds),
            6 => self.run_some::<6, 1>(rounds),
            7 => self.run_some::<7, 1>(rounds),
            8 => self.run_some::<8, 2>(rounds),
            width => unreachable!("{width} lanes"),
        }
    }

    /// `rounds` of the first `WIDTH`. The compiler may mix the instructions of `MIXED` at a time.
    fn run_some<const WIDTH: usize, const MIXED: usize>(&mut self, rounds: u64) {
        let (Some(tables), Some(subkeys), Some(jobs)) = (
            self.tables.first_chunk_mut::<WIDTH>(),
            self.subkeys.first_chunk_mut::<WIDTH>(),
            self.jobs.first_chunk_mut::<WIDTH>(),
        ) else {
            return;
        };
        for _ in 0..rounds {
            mix(subkeys, jobs.iter().map(|job| &job.key));
            expand::<WIDTH, MIXED>(tables, subkeys);
            mix(subkeys, jobs.iter().map(|job| &job.salt));
            expand::<WIDTH, MIXED>(tables, subkeys);
        }
        for job in jobs {
            job.rounds_left -= rounds;
            job.rounds_done += rounds;
        }
    }

    /// Copies those that are done back to their states.
    pub(super) fn give_back_done(&mut self, states: &mut [&mut State]) {
        for at in (0..self.running).rev() {
            if self.jobs[at].rounds_left == 0 {
                self.give_back(at, states);
            }
        }
    }

    /// Copies the last one back before it is done, and says how many rounds of which state remain.
    pub(super) fn give_back_last(&mut self, states: &mut [&mut State]) -> Option<(u64, usize)> {
        let at = self.running.checked_sub(1)?;
        let left = (self.jobs[at].rounds_left, self.jobs[at].state);
        self.give_back(at, states);
        Some(left)
    }

    fn give_back(&mut self, at: usize, states: &mut [&mut State]) {
        let state = &mut *states[self.jobs[at].state];
        state.cipher.load(&self.tables[at], &self.subkeys[at]);
        state.rounds_left -= self.jobs[at].rounds_done;
        self.running -= 1;
        self.tables.swap(at, self.running);
        self.subkeys.swap(at, self.running);
        self.jobs.swap(at, self.running);
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.tables.as_flattened_mut().as_flattened_mut().zeroize();
        self.subkeys.as_flattened_mut().zeroize();
        for job in &mut self.jobs {
            job.key.zeroize();
            job.salt.zeroize();
        }
    }
}

fn mix<'a>(subkeys: &mut [Words], words: impl Iterator<Item = &'a Words>) {
    for (subkeys, words) in subkeys.iter_mut().zip(words) {
        for (subkey, &word) in subkeys.iter_mut().zip(words) {
            *subkey ^= word;
        }
    }
}

#[inline(never)]
fn expand<const WIDTH: usize, const MIXED: usize>(
    tables: &mut [Tables; WIDTH],
    subkeys: &mut [Words; WIDTH],
) {
    let (mut left, mut right) = ([0; WIDTH], [0; WIDTH]);
    for i in 0..9 {
        encrypt::<WIDTH, MIXED>(tables, subkeys, &mut left, &mut right);
        for n in 0..WIDTH {
            subkeys[n][2 * i] = left[n];
            subkeys[n][2 * i + 1] = right[n];
        }
    }
    for i in 0..4 {
        for j in 0..128 {
            encrypt::<WIDTH, MIXED>(tables, subkeys, &mut left, &mut right);
            for n in 0..WIDTH {
                tables[n][i][2 * j] = left[n];
                tables[n][i][2 * j + 1] = right[n];
            }
        }
    }
}

/// One block of each lane. The processor looks far enough ahead to overlap two rounds of one lane
/// with those of its neighbours; the compiler would only run out of registers.
#[inline(always)]
fn encrypt<const WIDTH: usize, const MIXED: usize>(
    tables: &[Tables; WIDTH],
    subkeys: &[Words; WIDTH],
    left: &mut [u32; WIDTH],
    right: &mut [u32; WIDTH],
) {
    for n in 0..WIDTH {
        left[n] ^= subkeys[n][0];
    }
    for i in 0..8 {
        for n in 0..WIDTH {
            // In this order: others cost the compiler moves between registers, 4 % and more.
            let (l, r) = (left[n], right[n]);
            let r = r ^ (subkeys[n][2 * i + 1] ^ substitute(&tables[n], l));
            let l = l ^ (subkeys[n][2 * i + 2] ^ substitute(&tables[n], r));
            (left[n], right[n]) = (l, r);
            // Not an instruction. If it may mix four lanes or more, the compiler puts their look-ups
            // into gathers where the target has them, and those take three times as long.
            if n % MIXED == MIXED - 1 || n == WIDTH - 1 {
                compiler_fence(Ordering::SeqCst);
            }
        }
    }
    for n in 0..WIDTH {
        (left[n], right[n]) = (right[n] ^ subkeys[n][17], left[n]);
    }
}

#[inline(always)]
fn substitute(tables: &Tables, word: u32) -> u32 {
    // Not `to_be_bytes`, which becomes an instruction more before the look-ups.
    let a = tables[0][usize::from((word >> 24) as u8)];
    let b = tables[1][usize::from((word >> 16) as u8)];
    let c = tables[2][usize::from((word >> 8) as u8)];
    let d = tables[3][usize::from(word as u8)];
    (a.wrapping_add(b) ^ c).wrapping_add(d)
}
