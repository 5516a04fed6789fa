//! pwxform, and BlockMix with it: four lanes of two words, by multiplication and by look-ups.

use fearless_simd::{prelude::*, u64x2};

use super::boxes::{Boxes, Sbox, Turned};
use super::{row, words};
use crate::scrypt::{Block, State};

/// What a state is xored with before it is mixed.
pub(super) enum With<'a> {
    Nothing,
    /// One of V.
    Read(&'a [Block]),
    /// One of V, where the sum is put.
    Written(&'a mut [Block]),
}

/// BlockMix_pwxform of `x` xor `with`, into `x`.
#[inline(always)]
pub(super) fn block_mix<S: Simd>(simd: S, boxes: &mut Boxes, x: &mut [Block], mut with: With<'_>) {
    let mut boxes = boxes.lend(x.len());
    let Some(last) = x.len().checked_sub(1) else { return };
    let mut state = Lanes::load(simd, &x[last]);
    if let With::Read(&[.., ref v]) | With::Written(&mut [.., ref v]) = with {
        state = state.xor(Lanes::load(simd, v));
    }
    for (at, block) in x.iter_mut().enumerate() {
        let mut input = Lanes::load(simd, block);
        match &mut with {
            With::Nothing => {}
            With::Read(v) => input = input.xor(Lanes::load(simd, &v[at])),
            With::Written(v) => {
                input = input.xor(Lanes::load(simd, &v[at]));
                input.store(&mut v[at]);
            }
        }
        state = state.xor(input).pwxform(simd, &mut boxes);
        state.store(block);
    }
    State::load(simd, &x[last]).salsa20::<1>().store(&mut x[last]);
}

/// A block in vectors, one for each lane.
#[derive(Clone, Copy)]
struct Lanes<S: Simd>([u64x2<S>; 4]);

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    fn load(simd: S, block: &Block) -> Self {
        Self(block.0.each_ref().map(
            #[inline(always)]
            |row| u64x2::load_array(simd, words(row)),
        ))
    }

    #[inline(always)]
    fn store(self, block: &mut Block) {
        for (lane, words) in self.0.into_iter().zip(&mut block.0) {
            *words = row(lane.to_array());
        }
    }

    #[inline(always)]
    fn xor(self, Self([e, f, g, h]): Self) -> Self {
        let Self([a, b, c, d]) = self;
        Self([a ^ e, b ^ f, c ^ g, d ^ h])
    }

    /// Six rounds, of which the four in the middle are written to S2.
    #[inline(always)]
    fn pwxform(self, simd: S, boxes: &mut Turned<'_>) -> Self {
        let (s0, s1) = (&*boxes.s0, &*boxes.s1);
        let mut lanes = self.round(simd, s0, s1);
        for round in &mut boxes.s2[boxes.group % 16] {
            lanes = lanes.round(simd, s0, s1);
            for (lane, words) in lanes.0.into_iter().zip(round) {
                lane.store_array(words);
            }
        }
        lanes = lanes.round(simd, s0, s1);
        boxes.turn();
        lanes
    }

    #[inline(always)]
    fn round(self, simd: S, s0: &Sbox, s1: &Sbox) -> Self {
        Self(self.0.map(
            #[inline(always)]
            |lane| {
                let [first, _] = lane.to_array();
                let s0 = u64x2::load_array_ref(simd, entry(s0, first));
                let s1 = u64x2::load_array_ref(simd, entry(s1, first >> 32));
                ((lane >> 32) * (lane & u64::from(u32::MAX)) + s0) ^ s1
            },
        ))
    }
}

/// The entry that bits 4 to 11 name.
#[inline(always)]
fn entry(sbox: &Sbox, bits: u64) -> &[u64; 2] {
    &sbox.as_flattened().as_flattened()[usize::from((bits >> 4) as u8)]
}
