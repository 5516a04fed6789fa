//! Lanes in turn, by the compression function of one block.
//!
//! The processor looks far enough ahead to begin the block of one lane while another's is under way.

use zeroize::Zeroize;

use super::{Lane, message_bits};
use crate::sha2::{Word, write};

/// As many iterations of all.
pub(super) fn iterate<W: Word, const N: usize>(mut lanes: [&mut Lane<W>; N], iterations: u32) {
    // U fills the half in front; the padding behind it stays.
    let mut blocks = lanes.each_ref().map(|lane| {
        let mut block = W::ZERO;
        let bytes = block.as_mut();
        write(&lane.u, bytes);
        bytes[8 * W::LEN] = 0x80;
        write(&[W::from_u32(message_bits::<W>())], &mut bytes[15 * W::LEN..]);
        block
    });
    for _ in 0..iterations {
        for (lane, block) in lanes.iter_mut().zip(&mut blocks) {
            lane.u = lane.inner;
            compress(&mut lane.u, block);
        }
        for (lane, block) in lanes.iter_mut().zip(&mut blocks) {
            lane.u = lane.outer;
            compress(&mut lane.u, block);
            for (t, &u) in lane.t.iter_mut().zip(&lane.u) {
                *t = t.xor(u);
            }
        }
    }
    blocks.iter_mut().for_each(Zeroize::zeroize);
}

/// One call of the compression function, whose result is the next block's half in front.
#[inline]
fn compress<W: Word>(state: &mut [W; 8], block: &mut W::Block) {
    W::compress(state, core::slice::from_ref(block));
    write(state, block.as_mut());
}
