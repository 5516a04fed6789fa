//! Argon2 on every kernel that this processor has: published vectors, and the `argon2` crate.

#![allow(clippy::unwrap_used, missing_docs)]

use std::cell::Cell;

use doorstep_kernels::Processor;
use doorstep_kernels::argon2::{Block, Fill, Inputs, Params, Variant, Version, wipe};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

const RAW: &str = include_str!("vectors/argon2_raw.tsv");

/// RFC 9106 §5, and the reference implementation's answers to every variant and version.
#[test]
fn every_vector_on_every_kernel() {
    let mut counts = Vec::new();
    for processor in Processor::levels() {
        let mut rows = 0;
        for row in RAW.lines().skip(1) {
            let column: Vec<&str> = row.split('\t').collect();
            let [password, salt, secret, associated_data, tag] =
                [2, 3, 4, 5, 10].map(|i| unhex(column[i]));
            let [memory_kib, passes, lanes, tag_len] =
                [6, 7, 8, 9].map(|i| column[i].parse().unwrap());
            let variant = match column[0] {
                "argon2d" => Variant::D,
                "argon2i" => Variant::I,
                "argon2id" => Variant::Id,
                other => panic!("{other}"),
            };
            let version = match column[1] {
                "16" => Version::V0x10,
                "19" => Version::V0x13,
                other => panic!("{other}"),
            };
            let params = Params::new(variant, version, memory_kib, passes, lanes, tag_len).unwrap();
            let inputs = Inputs {
                password: &password,
                salt: &salt,
                secret: &secret,
                associated_data: &associated_data,
            };
            let mut memory = vec![Block::ZERO; params.blocks()];
            let computed = tag_in_pieces(params, &inputs, &mut memory, || (u64::MAX, processor));
            assert_eq!(computed, tag, "{processor:?}: {row}");
            rows += 1;
        }
        counts.push((processor, rows));
    }
    println!("argon2 vectors: {counts:?}");
    assert!(counts.iter().all(|&(_, rows)| rows == 30), "{counts:?}");
}

/// Each kernel alone in one piece, then in pieces of any size with any kernel for each, in a memory
/// that another hash left: all say what the crate says.
#[test]
fn every_kernel_agrees_with_the_crate() {
    let config = ProptestConfig {
        cases: 256,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(9106),
        ..ProptestConfig::default()
    };
    let levels: Vec<Processor> = Processor::levels().collect();
    let compared = Cell::new([0_u32; 2]);
    let pieces = prop::collection::vec((1..200_u64, prop::sample::select(levels.clone())), 1..20);
    TestRunner::new(config)
        .run(&(params(), inputs(), pieces), |(params, inputs, pieces)| {
            let [password, salt, secret, associated_data] = &inputs;
            let inputs = Inputs { password, salt, secret, associated_data };
            let expected = by_the_crate(&params, &inputs);
            let mut memory = vec![Block::ZERO; params.blocks()];
            for &processor in &levels {
                let tag = tag_in_pieces(params, &inputs, &mut memory, || (u64::MAX, processor));
                prop_assert_eq!(&tag, &expected, "{:?}", processor);
            }
            let mut taken = 0;
            let mut pieces = pieces.into_iter().cycle();
            let tag = tag_in_pieces(params, &inputs, &mut memory, || {
                taken += 1;
                pieces.next().unwrap()
            });
            prop_assert_eq!(tag, expected);
            let [hashes, all_pieces] = compared.get();
            compared.set([hashes + levels.len() as u32 + 1, all_pieces + taken]);
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
    let [hashes, pieces] = compared.get();
    println!("argon2: {hashes} hashes as the crate has them, on {levels:?} and in {pieces} pieces");
}

/// What a caller budgets with: blocks in all passes, but for the two of each lane that `begin` fills.
#[test]
fn remaining_counts_down_to_the_tag() {
    let params = Params::new(Variant::Id, Version::V0x13, 100, 3, 2, 32).unwrap();
    assert_eq!(params.blocks(), 96);
    let mut memory = vec![Block::ZERO; params.blocks()];
    let mut fill = Fill::begin(params, &INPUTS, &mut memory).unwrap();
    let mut remaining = 3 * 96 - 2 * 2;
    assert_eq!(fill.remaining(), remaining);
    while remaining > 0 {
        assert!(!fill.advance(Processor::portable(), &mut memory, 0), "no block is not the last");
        assert_eq!(fill.remaining(), remaining);
        let done = fill.advance(Processor::detect(), &mut memory, 5);
        remaining = remaining.saturating_sub(5);
        assert_eq!((fill.remaining(), done), (remaining, remaining == 0));
    }
    assert!(fill.advance(Processor::detect(), &mut memory, 5), "done is done");
    fill.finish(&memory, &mut [0; 32]);
}

/// RFC 9106 §3.1.
#[test]
fn parameters_out_of_range_are_none() {
    let params = |memory_kib, passes, lanes, tag_len| {
        Params::new(Variant::Id, Version::V0x13, memory_kib, passes, lanes, tag_len)
    };
    assert!(params(8, 1, 1, 4).is_some());
    assert!(params(7, 1, 1, 4).is_none());
    assert!(params(8, 0, 1, 4).is_none());
    assert!(params(8, 1, 0, 4).is_none());
    assert!(params(8, 1, 1, 3).is_none());
    assert!(params(16, 1, 2, 4).is_some());
    assert!(params(15, 1, 2, 4).is_none());
    assert!(params(u32::MAX, 1, (1 << 24) - 1, 4).is_some());
    assert!(params(u32::MAX, 1, 1 << 24, 4).is_none());
    let largest = params(u32::MAX, u32::MAX, 1, u32::MAX).unwrap();
    assert_eq!(largest.blocks(), u32::MAX as usize - 3);
}

#[test]
fn wiped_memory_holds_nothing() {
    let params = Params::new(Variant::Id, Version::V0x13, 8, 1, 1, 32).unwrap();
    let mut memory = vec![Block::ZERO; params.blocks()];
    let _ = tag_in_pieces(params, &INPUTS, &mut memory, || (u64::MAX, Processor::detect()));
    assert!(memory.iter().all(|block| *block != Block::ZERO));
    wipe(&mut memory);
    assert!(memory.iter().all(|block| *block == Block::ZERO));
}

#[test]
#[should_panic = "the memory has another number of blocks"]
fn another_memory_is_a_mistake() {
    let params = Params::new(Variant::Id, Version::V0x13, 8, 1, 1, 32).unwrap();
    let _ = Fill::begin(params, &INPUTS, &mut [Block::ZERO]);
}

#[test]
#[should_panic = "blocks remain to be filled"]
fn to_finish_early_is_a_mistake() {
    let params = Params::new(Variant::Id, Version::V0x13, 8, 1, 1, 32).unwrap();
    let mut memory = vec![Block::ZERO; params.blocks()];
    let fill = Fill::begin(params, &INPUTS, &mut memory).unwrap();
    fill.finish(&memory, &mut [0; 32]);
}

#[test]
#[should_panic = "the tag has another length"]
fn a_tag_of_another_length_is_a_mistake() {
    let params = Params::new(Variant::Id, Version::V0x13, 8, 1, 1, 32).unwrap();
    let mut memory = vec![Block::ZERO; params.blocks()];
    let mut fill = Fill::begin(params, &INPUTS, &mut memory).unwrap();
    assert!(fill.advance(Processor::detect(), &mut memory, u64::MAX));
    fill.finish(&memory, &mut [0; 31]);
}

const INPUTS: Inputs<'static> =
    Inputs { password: b"password", salt: b"somesalt", secret: b"", associated_data: b"" };

/// The tag, filled in pieces of as many blocks as `next` says, each by the processor that it says.
fn tag_in_pieces(
    params: Params,
    inputs: &Inputs<'_>,
    memory: &mut [Block],
    mut next: impl FnMut() -> (u64, Processor),
) -> Vec<u8> {
    let mut fill = Fill::begin(params, inputs, memory).unwrap();
    loop {
        let (blocks, processor) = next();
        if fill.advance(processor, memory, blocks) {
            break;
        }
    }
    let mut tag = vec![0; params.tag_len() as usize];
    fill.finish(memory, &mut tag);
    tag
}

fn by_the_crate(params: &Params, inputs: &Inputs<'_>) -> Vec<u8> {
    let algorithm = match params.variant() {
        Variant::D => argon2::Algorithm::Argon2d,
        Variant::I => argon2::Algorithm::Argon2i,
        Variant::Id => argon2::Algorithm::Argon2id,
    };
    let version = match params.version() {
        Version::V0x10 => argon2::Version::V0x10,
        Version::V0x13 => argon2::Version::V0x13,
    };
    let settings = argon2::ParamsBuilder::new()
        .m_cost(params.memory_kib())
        .t_cost(params.passes())
        .p_cost(params.lanes())
        .output_len(params.tag_len() as usize)
        .data(argon2::AssociatedData::new(inputs.associated_data).unwrap())
        .build()
        .unwrap();
    let argon2 =
        argon2::Argon2::new_with_secret(inputs.secret, algorithm, version, settings).unwrap();
    let mut tag = vec![0; params.tag_len() as usize];
    argon2.hash_password_into(inputs.password, inputs.salt, &mut tag).unwrap();
    tag
}

fn params() -> impl Strategy<Value = Params> {
    let variant = prop::sample::select(vec![Variant::D, Variant::I, Variant::Id]);
    let version = prop::sample::select(vec![Version::V0x10, Version::V0x13]);
    // Segments of more than 128 blocks need more than one block of addresses.
    let memory_kib = prop_oneof![3 => 0..100_u32, 1 => 500..1500_u32];
    (variant, version, memory_kib, 1..=3_u32, 1..=4_u32, 4..=200_u32).prop_map(
        |(variant, version, memory_kib, passes, lanes, tag_len)| {
            Params::new(variant, version, 8 * lanes + memory_kib, passes, lanes, tag_len).unwrap()
        },
    )
}

/// Password, salt, secret and associated data, in the lengths that the crate takes.
fn inputs() -> impl Strategy<Value = [Vec<u8>; 4]> {
    let bytes = |len| prop::collection::vec(any::<u8>(), len);
    (bytes(0..150), bytes(8..150), bytes(0..40), bytes(0..32)).prop_map(|(p, s, k, x)| [p, s, k, x])
}

fn unhex(text: &str) -> Vec<u8> {
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    pairs
        .iter()
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
