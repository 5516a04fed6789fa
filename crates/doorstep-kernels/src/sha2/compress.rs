//! The compression function in vectors (FIPS 180-4 §6.2.2 and §6.4.2).

use super::{Vector, Word, each_of_sixteen};

/// `state` after the block of words `w`, in every lane.
///
/// The first two rows of rounds stand apart from the loop: what a caller's blocks have in common, as
/// their padding, is then computed by the compiler.
#[inline(always)]
pub(crate) fn compress<V: Vector>(token: V::Token, state: [V; 8], mut w: [V; 16]) -> [V; 8] {
    let [first, second, others @ ..] = <V::Word as Word>::K else { return state };
    let mut s = sixteen_rounds(token, state, &w, first);
    schedule(&mut w);
    s = sixteen_rounds(token, s, &w, second);
    for row in others {
        schedule(&mut w);
        s = sixteen_rounds(token, s, &w, row);
    }
    for i in 0..8 {
        s[i] = s[i].add(state[i]);
    }
    s
}

#[inline(always)]
fn sixteen_rounds<V: Vector>(
    token: V::Token,
    mut s: [V; 8],
    w: &[V; 16],
    k: &[V::Word; 16],
) -> [V; 8] {
    each_of_sixteen(
        #[inline(always)]
        |t| s = round(s, w[t].add(V::splat(token, k[t]))),
    );
    s
}

/// The next sixteen W_t, in the place of the last.
#[inline(always)]
fn schedule<V: Vector>(w: &mut [V; 16]) {
    let [sigma0, sigma1] = <V::Word as Word>::SMALL_SIGMA;
    each_of_sixteen(
        #[inline(always)]
        |t| {
            let (ago_2, ago_7, ago_15) = (w[(t + 14) % 16], w[(t + 9) % 16], w[(t + 1) % 16]);
            w[t] = w[t].add(ago_7).add(ago_15.small_sigma(sigma0)).add(ago_2.small_sigma(sigma1));
        },
    );
}

/// One round, with the sum of K_t and W_t.
#[inline(always)]
fn round<V: Vector>([a, b, c, d, e, f, g, h]: [V; 8], kw: V) -> [V; 8] {
    let [sigma0, sigma1] = <V::Word as Word>::BIG_SIGMA;
    let choice = g.xor(e.and(f.xor(g)));
    let majority = a.majority(b, c);
    // `e` and its sum come last: the next round waits for them.
    let t1 = h.add(kw).add(choice).add(e.big_sigma(sigma1));
    [t1.add(a.big_sigma(sigma0).add(majority)), a, b, c, d.add(t1), e, f, g]
}
