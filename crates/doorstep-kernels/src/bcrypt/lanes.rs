//! The same rounds for several passwords, in turn: made to be few instructions.

use alloc::boxed::Box;
use core::sync::atomic::{Ordering, compiler_fence};

use zeroize::Zeroize;

use super::{State, Words};

/// The most that are interleaved: their tables fill 32 KiB of the first cache.
const MOST: usize = 8;

/// The lanes, of which the first are running.
pub(super) struct Lanes {
    cells: Box<Cells>,
    jobs: [Job; MOST],
    running: usize,
}

/// What the lanes compute with: in one place, so that one register finds all of it, and in it apart
/// by kind. With each lane's things together, a round took 15 % longer.
#[repr(align(64))]
struct Cells {
    tables: [Tables; MOST],
    subkeys: [Words; MOST],
    keys: [Words; MOST],
    salts: [Words; MOST],
}

type Tables = [[u32; 256]; 4];

/// What a lane is there for.
#[derive(Clone, Copy)]
struct Job {
    state: usize,
    rounds_left: u64,
    rounds_done: u64,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self {
            cells: Box::new(Cells {
                tables: [[[0; 256]; 4]; MOST],
                subkeys: [[0; 18]; MOST],
                keys: [[0; 18]; MOST],
                salts: [[0; 18]; MOST],
            }),
            jobs: [Job { state: 0, rounds_left: 0, rounds_done: 0 }; MOST],
            running: 0,
        }
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Copies `state`, the one at `index`, into a lane of its own, to do `rounds` of it.
    pub(super) fn take(&mut self, state: &State, index: usize, rounds: u64) {
        let at = self.running;
        state.cipher.store(&mut self.cells.tables[at], &mut self.cells.subkeys[at]);
        self.cells.keys[at].copy_from_slice(&state.key);
        self.cells.salts[at].copy_from_slice(&state.salt);
        self.jobs[at] = Job { state: index, rounds_left: rounds, rounds_done: 0 };
        self.running += 1;
    }

    /// Runs all until the first is done.
    pub(super) fn run(&mut self) {
        let jobs = &mut self.jobs[..self.running];
        let rounds = jobs.iter().map(|job| job.rounds_left).min().unwrap_or(0);
        match jobs.len() {
            2 => self.cells.run::<2>(rounds),
            3 => self.cells.run::<3>(rounds),
            4 => self.cells.run::<4>(rounds),
            5 => self.cells.run::<5>(rounds),
            6 => self.cells.run::<6>(rounds),
            7 => self.cells.run::<7>(rounds),
            8 => self.cells.run::<8>(rounds),
            width => unreachable!("{width} lanes"),
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
        let Job { rounds_left, state, .. } = self.jobs[at];
        self.give_back(at, states);
        Some((rounds_left, state))
    }

    fn give_back(&mut self, at: usize, states: &mut [&mut State]) {
        let Cells { tables, subkeys, keys, salts } = &mut *self.cells;
        let job = self.jobs[at];
        let state = &mut *states[job.state];
        state.cipher.load(&tables[at], &subkeys[at]);
        state.rounds_left -= job.rounds_done;
        // The last one moves into the gap.
        self.running -= 1;
        tables.swap(at, self.running);
        subkeys.swap(at, self.running);
        keys.swap(at, self.running);
        salts.swap(at, self.running);
        self.jobs.swap(at, self.running);
    }
}

impl Cells {
    /// `rounds` of the first `WIDTH` lanes.
    fn run<const WIDTH: usize>(&mut self, rounds: u64) {
        for _ in 0..rounds {
            mix(&mut self.subkeys[..WIDTH], &self.keys);
            self.expand::<WIDTH>();
            mix(&mut self.subkeys[..WIDTH], &self.salts);
            self.expand::<WIDTH>();
        }
    }

    #[inline(never)]
    fn expand<const WIDTH: usize>(&mut self) {
        let (mut left, mut right) = ([0; WIDTH], [0; WIDTH]);
        for i in 0..9 {
            self.encrypt(&mut left, &mut right);
            for n in 0..WIDTH {
                self.subkeys[n][2 * i] = left[n];
                self.subkeys[n][2 * i + 1] = right[n];
            }
        }
        for i in 0..4 {
            for j in 0..128 {
                self.encrypt(&mut left, &mut right);
                for n in 0..WIDTH {
                    self.tables[n][i][2 * j] = left[n];
                    self.tables[n][i][2 * j + 1] = right[n];
                }
            }
        }
    }

    /// One block of each lane. The processor looks far enough ahead to overlap two rounds of a lane
    /// with those of its neighbours; where the compiler does it, it runs out of registers.
    #[inline(always)]
    fn encrypt<const WIDTH: usize>(&self, left: &mut [u32; WIDTH], right: &mut [u32; WIDTH]) {
        for (left, subkeys) in left.iter_mut().zip(&self.subkeys) {
            *left ^= subkeys[0];
        }
        for i in 0..8 {
            for n in 0..WIDTH {
                let (tables, subkeys) = (&self.tables[n], &self.subkeys[n]);
                // In this order: others cost the compiler moves between registers, 4 % and more.
                let (l, r) = (left[n], right[n]);
                let r = r ^ (subkeys[2 * i + 1] ^ substitute(tables, l));
                let l = l ^ (subkeys[2 * i + 2] ^ substitute(tables, r));
                (left[n], right[n]) = (l, r);
                // Not an instruction. Without it the compiler puts the look-ups of several lanes into
                // gathers, where the target has them, and those take three times as long.
                compiler_fence(Ordering::SeqCst);
            }
        }
        for n in 0..WIDTH {
            (left[n], right[n]) = (right[n] ^ self.subkeys[n][17], left[n]);
        }
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        let Cells { tables, subkeys, keys, salts } = &mut *self.cells;
        tables.zeroize();
        subkeys.zeroize();
        keys.zeroize();
        salts.zeroize();
    }
}

#[inline(always)]
fn substitute(tables: &Tables, word: u32) -> u32 {
    // The order is measured as well. `to_be_bytes` becomes an instruction before all look-ups.
    let d = usize::from(word as u8);
    let c = usize::from((word >> 8) as u8);
    let b = usize::from((word >> 16) as u8);
    let a = usize::from((word >> 24) as u8);
    (tables[0][a].wrapping_add(tables[1][b]) ^ tables[2][c]).wrapping_add(tables[3][d])
}

fn mix(subkeys: &mut [Words], words: &[Words]) {
    let subkeys = subkeys.as_flattened_mut().iter_mut();
    subkeys.zip(words.as_flattened()).for_each(|(subkey, &word)| *subkey ^= word);
}
