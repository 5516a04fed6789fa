//! SMix gives the bytes of the `yescrypt` crate, on every processor that this one can be taken for and
//! in pieces of each size.
#![allow(missing_docs)]

use doorstep_kernels::Processor;
use doorstep_kernels::yescrypt::Mix;
use hmac::{Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn smix_is_that_of_the_crate(
        password in vec(any::<u8>(), 0..80),
        salt in vec(any::<u8>(), 0..70),
        log_n in 1..10u32,
        r in 1..40usize,
        pieces in vec(0..300u64, 1..5),
    ) {
        let n = 1 << log_n;
        let params = yescrypt::Params::new(yescrypt::Mode::Rw, n, r as u32, 1).expect("in range");
        let mut expected = [0; 32];
        yescrypt::yescrypt(&password, &salt, &params, &mut expected).expect("in range");
        for processor in Processor::levels() {
            let mut pieces = pieces.iter().cycle().copied();
            let found = yescrypt(&password, &salt, n as usize, r, |mix, memory| {
                mix.advance(processor, memory, pieces.next().unwrap_or(0).max(1))
            });
            prop_assert_eq!(found, expected, "{:?}", processor);
        }
    }
}

/// What comes before and after (openwall's yescrypt 1.1, `yescrypt-ref.c`, `yescrypt_kdf_body`).
fn yescrypt(
    password: &[u8],
    salt: &[u8],
    n: usize,
    r: usize,
    mut advance: impl FnMut(&mut Mix, &mut Vec<doorstep_kernels::scrypt::Block>) -> bool,
) -> [u8; 32] {
    let mut b = vec![0; 128 * r];
    pbkdf2_hmac::<Sha256>(&hmac(b"yescrypt", password), salt, 1, &mut b);
    let key: [u8; 32] = b[..32].try_into().expect("32 bytes");
    let mut memory = Vec::with_capacity(Mix::blocks(n, r).expect("in range"));
    let room = memory.capacity();
    let mut mix = Mix::begin(Processor::portable(), n, &mut b, &mut memory);
    let key = hmac(&b[b.len() - 64..], &key);
    assert_eq!(mix.remaining(), Mix::steps(n as u64));
    while !advance(&mut mix, &mut memory) {}
    assert_eq!(memory.capacity(), room, "it never grows");
    mix.finish(&memory, &mut b);
    let mut derived = [0; 32];
    pbkdf2_hmac::<Sha256>(&key, &b, 1, &mut derived);
    Sha256::digest(hmac(&derived, b"Client Key")).into()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[test]
fn no_memory_for_what_is_no_parameter() {
    assert_eq!(Mix::blocks(2, 1), Some(6));
    for (n, r) in [(0, 1), (1, 1), (3, 1), (2, 0), (1 << 31, usize::MAX / 2), (16, usize::MAX)] {
        assert_eq!(Mix::blocks(n, r), None, "{n} {r}");
    }
}
