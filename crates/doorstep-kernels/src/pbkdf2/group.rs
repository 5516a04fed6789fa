//! Lanes that go on together, word by word: the first words of all, then the second of all.

use zeroize::Zeroize;

use super::{Lane, message_bits};
use crate::sha2::{Vector, Word, compress};

/// No kernel takes more lanes at once.
pub(crate) const MOST: usize = 16;

/// The states of up to [`MOST`] lanes. A column that no lane fills computes on, for nothing.
pub struct Group<W: Word> {
    chosen: [usize; MOST],
    len: usize,
    inner: [[W; MOST]; 8],
    outer: [[W; MOST]; 8],
    u: [[W; MOST]; 8],
    t: [[W; MOST]; 8],
}

impl<W: Word> Group<W> {
    pub(super) fn new() -> Self {
        let empty = [[W::default(); MOST]; 8];
        Self { chosen: [0; MOST], len: 0, inner: empty, outer: empty, u: empty, t: empty }
    }

    /// Takes the `len` lanes that have most to do, and tells how many iterations all of them have.
    pub(super) fn load(&mut self, lanes: &[&mut Lane<W>], len: usize) -> u32 {
        let to_do = |at: usize| lanes[at].left - lanes[at].goal;
        self.len = 0;
        for at in 0..lanes.len() {
            let longer = |&other: &usize| to_do(other) >= to_do(at);
            let place = self.chosen[..self.len].partition_point(longer);
            if place < len {
                self.len = len.min(self.len + 1);
                self.chosen[place..self.len].rotate_right(1);
                self.chosen[place] = at;
            }
        }
        for (column, &at) in self.chosen[..self.len].iter().enumerate() {
            for word in 0..8 {
                self.inner[word][column] = lanes[at].inner[word];
                self.outer[word][column] = lanes[at].outer[word];
                self.u[word][column] = lanes[at].u[word];
                self.t[word][column] = lanes[at].t[word];
            }
        }
        to_do(self.chosen[self.len - 1])
    }

    /// Gives the states back, `iterations` later.
    pub(super) fn store(&self, lanes: &mut [&mut Lane<W>], iterations: u32) {
        for (column, &at) in self.chosen[..self.len].iter().enumerate() {
            lanes[at].left -= iterations;
            for word in 0..8 {
                lanes[at].u[word] = self.u[word][column];
                lanes[at].t[word] = self.t[word][column];
            }
        }
    }

    /// As many iterations of the lanes that fit into one vector.
    #[inline(always)]
    pub(super) fn iterate<V: Vector<Word = W>>(&mut self, token: V::Token, iterations: u32) {
        let load = |rows: &[[W; MOST]; 8]| rows.each_ref().map(|row| V::load(token, row));
        let keyed = [load(&self.inner), load(&self.outer)];
        let mut u = load(&self.u);
        let mut t = load(&self.t);
        let zero = V::splat(token, W::default());
        let padding = V::splat(token, W::PADDING);
        let length = V::splat(token, W::from_u32(message_bits::<W>()));
        for _ in 0..iterations {
            for state in keyed {
                let [u0, u1, u2, u3, u4, u5, u6, u7] = u;
                let w = [
                    u0, u1, u2, u3, u4, u5, u6, u7, padding, zero, zero, zero, zero, zero, zero,
                    length,
                ];
                u = compress(token, state, w);
            }
            for word in 0..8 {
                t[word] = t[word].xor(u[word]);
            }
        }
        for word in 0..8 {
            u[word].store(&mut self.u[word]);
            t[word].store(&mut self.t[word]);
        }
    }
}

impl<W: Word> Drop for Group<W> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
        self.u.zeroize();
        self.t.zeroize();
    }
}
