//! PBKDF2 with HMAC-SHA-256 and HMAC-SHA-512 (RFC 8018 §5.2), one block of a key at a time or several
//! together. It keys no HMAC and knows no salt: a [`Lane`] begins after the first U.

#[cfg(target_arch = "x86_64")]
mod alone;
#[cfg(target_arch = "x86_64")]
mod group;
mod in_turn;
#[cfg(target_arch = "x86_64")]
mod interleaved;
mod kernels;

use zeroize::Zeroize;

use crate::Processor;
use crate::sha2::Word;
use crate::table::MOST;
pub use kernels::Kernels;

/// A block of a key under way, with HMAC-SHA-256.
pub type Lane256 = Lane<u32>;
/// A block of a key under way, with HMAC-SHA-512.
pub type Lane512 = Lane<u64>;

/// The function F of RFC 8018 §5.2 for one block of one key, between two iterations.
///
/// It is wiped when dropped. What a kernel holds in registers, and what the compiler puts on
/// the stack for it, is not.
pub struct Lane<W: Word> {
    inner: [W; 8],
    outer: [W; 8],
    u: [W; 8],
    t: [W; 8],
    left: u32,
    /// How many iterations are to be left when the call that is under way returns.
    goal: u32,
}

impl<W: Kernels> Lane<W> {
    /// Begins after the first iteration.
    ///
    /// `inner` and `outer` are HMAC's states after its two padded keys (RFC 2104 §4), `first` is
    /// U_1, and `left` is how many iterations follow it: the iteration count less one.
    pub const fn new(inner: &[W; 8], outer: &[W; 8], first: &[W; 8], left: u32) -> Self {
        Self::resume(inner, outer, first, first, left)
    }

    /// Goes on where `u` is the last U and `t` the xor of all so far.
    pub const fn resume(inner: &[W; 8], outer: &[W; 8], u: &[W; 8], t: &[W; 8], left: u32) -> Self {
        Self { inner: *inner, outer: *outer, u: *u, t: *t, left, goal: left }
    }

    /// The last U.
    pub const fn u(&self) -> &[W; 8] {
        &self.u
    }

    /// The xor of all U so far: the block of the key, once no iteration is left.
    pub const fn t(&self) -> &[W; 8] {
        &self.t
    }

    /// How many iterations are left.
    pub const fn left(&self) -> u32 {
        self.left
    }

    /// How many iterations the call that is under way has to do.
    const fn to_do(&self) -> u32 {
        self.left - self.goal
    }

    /// Does `iterations` of those that are left, or all if they are fewer.
    pub fn advance(&mut self, processor: Processor, iterations: u32) {
        advance_together(processor, &mut [self], iterations);
    }
}

/// Does `iterations` of those that are left in each lane, or all where they are fewer.
///
/// The counts may differ: a lane that is done makes room for another, and whoever has most to do
/// begins.
pub fn advance_together<W: Kernels>(
    processor: Processor,
    lanes: &mut [&mut Lane<W>],
    iterations: u32,
) {
    for lane in lanes.iter_mut() {
        lane.goal = lane.left.saturating_sub(iterations);
    }
    loop {
        let waiting = lanes.iter().filter(|lane| lane.to_do() > 0).count();
        let choice = W::choose(processor, waiting);
        let mut places = [0; MOST];
        let chosen = longest(lanes, &mut places[..choice.width.min(waiting)]);
        let Some(&shortest) = chosen.last() else { break };
        let now = lanes[shortest].to_do();
        W::iterate(choice, lanes, chosen, now);
        chosen.iter().for_each(|&at| lanes[at].left -= now);
    }
}

/// Those that have most to do, as many as there are places, the longest first.
fn longest<'a, W: Kernels>(lanes: &[&mut Lane<W>], places: &'a mut [usize]) -> &'a [usize] {
    let mut taken = 0;
    for at in 0..lanes.len() {
        let longer = |&other: &usize| lanes[other].to_do() >= lanes[at].to_do();
        let place = places[..taken].partition_point(longer);
        if place < places.len() {
            taken = places.len().min(taken + 1);
            places[place..taken].rotate_right(1);
            places[place] = at;
        }
    }
    &places[..taken]
}

/// The length of HMAC's messages: the padded key, which is a block, and a U, half as long.
const fn message_bits<W: Word>() -> u32 {
    8 * (16 + 8) * W::LEN as u32
}

impl<W: Word> Drop for Lane<W> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
        self.u.zeroize();
        self.t.zeroize();
    }
}
