//! One lane alone, by the compression function of one block.

use zeroize::Zeroize;

use super::{Lane, message_bits};
use crate::sha2::{Word, write};

pub(super) fn iterate<W: Word>(lane: &mut Lane<W>, iterations: u32) {
    // U fills the half in front; the padding behind it stays.
    let mut block = W::ZERO;
    let bytes = block.as_mut();
    write(&lane.u, bytes);
    bytes[8 * W::LEN] = 0x80;
    write(&[W::from_u32(message_bits::<W>())], &mut bytes[15 * W::LEN..]);
    for _ in 0..iterations {
        for keyed in [&lane.inner, &lane.outer] {
            lane.u = *keyed;
            W::compress(&mut lane.u, core::slice::from_ref(&block));
            write(&lane.u, block.as_mut());
        }
        for (t, &u) in lane.t.iter_mut().zip(&lane.u) {
            *t = t.xor(u);
        }
    }
    block.zeroize();
}
