//! Lanes that go on together, word by word: the first words of all, then the second of all.

use zeroize::Zeroize;

use super::{Lane, message_bits};
use crate::sha2::{Vector, Word, compress};
use crate::table::MOST;

/// The states of up to [`MOST`] lanes. A column that no lane fills computes on, for nothing.
pub(super) struct Group<W: Word> {
    inner: [[W; MOST]; 8],
    outer: [[W; MOST]; 8],
    u: [[W; MOST]; 8],
    t: [[W; MOST]; 8],
}

impl<W: Word> Group<W> {
    pub(super) fn new(lanes: &[&mut Lane<W>], chosen: &[usize]) -> Self {
        let empty = [[W::default(); MOST]; 8];
        let mut group = Self { inner: empty, outer: empty, u: empty, t: empty };
        for (column, &at) in chosen.iter().enumerate() {
            for word in 0..8 {
                group.inner[word][column] = lanes[at].inner[word];
                group.outer[word][column] = lanes[at].outer[word];
                group.u[word][column] = lanes[at].u[word];
                group.t[word][column] = lanes[at].t[word];
            }
        }
        group
    }

    /// Gives the states back.
    pub(super) fn store(&self, lanes: &mut [&mut Lane<W>], chosen: &[usize]) {
        for (column, &at) in chosen.iter().enumerate() {
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
