//! bcrypt's kernels against published answers and the `blowfish` crate: one at a time, in slices and
//! in company.
#![allow(clippy::unwrap_used, missing_docs)]

use base64::alphabet;
use base64::engine::general_purpose::{NO_PAD, STANDARD};
use base64::engine::{Engine, GeneralPurpose};
use blowfish::Blowfish;
use doorstep_kernels::bcrypt::{State, TAG_LEN, advance_together, run_together};
use doorstep_test_alloc::{Watching, watch};
use proptest::collection::vec;
use proptest::prelude::*;

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Published hashes; each line names its source.
const ANSWERS: &str = include_str!("../../doorstep-password/tests/vectors/passwords.tsv");

/// The dearest that a test should do, as 2^cost rounds.
const DEAREST: u32 = 6;

/// What a stored hash says.
struct Answer {
    key: Vec<u8>,
    salt: [u8; 16],
    cost: u32,
    tag: Vec<u8>,
    matches: bool,
}

impl Answer {
    fn begin(&self) -> Box<State> {
        State::begin(&self.key, &self.salt, 1 << self.cost)
    }

    /// `tag` is as long as what is stored: the last byte is dropped.
    #[track_caller]
    fn judge(&self, tag: [u8; TAG_LEN]) {
        assert_eq!(tag[..23] == self.tag, self.matches, "{:02x?}", self.key);
    }
}

#[test]
fn published_answers() {
    let answers = answers();
    assert_eq!(answers.len(), 129);
    for answer in &answers {
        answer.judge(answer.begin().finish());
    }
}

#[test]
fn published_answers_together() {
    let answers = answers();
    let mut states: Vec<_> = answers.iter().map(Answer::begin).collect();
    run_together(&mut states.iter_mut().map(|state| &mut **state).collect::<Vec<_>>());
    for (answer, state) in answers.iter().zip(&mut states) {
        assert_eq!(state.remaining(), 0);
        answer.judge(state.finish());
    }
}

fn answers() -> Vec<Answer> {
    let alphabet = GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD);
    ANSWERS
        .lines()
        .filter_map(|line| {
            let [_, password, stored, verdict, ..] = *line.split('\t').collect::<Vec<_>>() else {
                return None;
            };
            let ["", "2a" | "2b" | "2y", cost, digits] = *stored.split('$').collect::<Vec<_>>()
            else {
                return None;
            };
            let cost = cost.parse().ok().filter(|&cost| cost <= DEAREST)?;
            let salt = alphabet.decode(digits.get(..22)?).ok()?.try_into().ok()?;
            let tag = alphabet.decode(digits.get(22..)?).ok()?;
            // A NUL inside is refused by policy, which is not known here.
            let mut key = STANDARD.decode(password).ok().filter(|key| !key.contains(&0))?;
            key.push(0);
            let matches = verdict == "match";
            // What is refused as it is written is no answer.
            (matches || verdict == "mismatch").then_some(Answer { key, salt, cost, tag, matches })
        })
        .collect()
}

#[test]
fn rounds_are_counted() {
    let mut state = State::begin(b"count\0", &[1; 16], 16);
    assert_eq!(state.remaining(), 16);
    assert!(!state.advance(0));
    assert!(!state.advance(15));
    assert_eq!(state.remaining(), 1);
    advance_together(&mut [&mut state], 0);
    assert_eq!(state.remaining(), 1);
    assert!(state.advance(2));
    assert!(state.advance(1));
    assert_eq!(state.remaining(), 0);
}

/// A key beyond 72 bytes is cut there, as all implementations do since 2014's `$2b$`.
#[test]
fn keys_are_cut_at_72_bytes() {
    let key: Vec<u8> = (1..=80).collect();
    let tag = |key: &[u8]| State::begin(key, &[2; 16], 4).finish();
    assert_eq!(tag(&key), tag(&key[..72]));
    assert_ne!(tag(&key), tag(&key[..71]));
}

#[test]
#[should_panic(expected = "at least its NUL")]
fn a_key_is_never_empty() {
    State::begin(&[], &[0; 16], 1);
}

/// A hash to make, and how many rounds of it are done before it joins the others.
#[derive(Debug)]
struct Case {
    key: Vec<u8>,
    salt: [u8; 16],
    rounds: u64,
    alone: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let rounds = prop_oneof![(0..40u64), (4..=DEAREST).prop_map(|cost| 1 << cost)];
    (vec(any::<u8>(), 1..80), any::<[u8; 16]>(), rounds, 0..20u64)
        .prop_map(|(key, salt, rounds, alone)| Case { key, salt, rounds, alone })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn slices_are_the_whole(case in case(), slices in vec(0..9u64, 0..9)) {
        let mut state = State::begin(&case.key, &case.salt, case.rounds);
        for rounds in slices {
            let before = state.remaining();
            let done = state.advance(rounds);
            prop_assert_eq!(state.remaining(), before.saturating_sub(rounds));
            prop_assert_eq!(done, state.remaining() == 0);
        }
        prop_assert_eq!(state.finish(), reference(&case));
    }

    /// Up to 20 of any rounds, some of them begun; first a slice of each, then all that is left.
    #[test]
    fn company_changes_nothing(cases in vec(case(), 0..20), slice in 0..20u64) {
        let mut states: Vec<_> = cases
            .iter()
            .map(|case| {
                let mut state = State::begin(&case.key, &case.salt, case.rounds);
                state.advance(case.alone);
                state
            })
            .collect();
        let mut together: Vec<_> = states.iter_mut().map(|state| &mut **state).collect();
        advance_together(&mut together, slice);
        for (state, case) in together.iter().zip(&cases) {
            prop_assert_eq!(state.remaining(), case.rounds.saturating_sub(case.alone + slice));
        }
        run_together(&mut together);
        for (state, case) in states.iter_mut().zip(&cases) {
            prop_assert_eq!(state.remaining(), 0);
            prop_assert_eq!(state.finish(), reference(case));
        }
    }
}

/// Every width, with all lanes done at once.
#[test]
fn as_many_as_you_like() {
    let cases: Vec<_> =
        (0..40).map(|n| Case { key: vec![n, 0], salt: [n; 16], rounds: 3, alone: 0 }).collect();
    let references: Vec<_> = cases.iter().map(reference).collect();
    for n in 0..=cases.len() {
        let mut states: Vec<_> = cases[..n]
            .iter()
            .map(|case| State::begin(&case.key, &case.salt, case.rounds))
            .collect();
        run_together(&mut states.iter_mut().map(|state| &mut **state).collect::<Vec<_>>());
        let tags: Vec<_> = states.iter_mut().map(|state| state.finish()).collect();
        assert_eq!(tags, references[..n]);
    }
}

fn reference(case: &Case) -> [u8; TAG_LEN] {
    let key = &case.key[..case.key.len().min(72)];
    let mut cipher = Blowfish::bc_init_state();
    cipher.salted_expand_key(&case.salt, key);
    for _ in 0..case.rounds {
        cipher.bc_expand_key(key);
        cipher.bc_expand_key(&case.salt);
    }
    let mut tag = [0; TAG_LEN];
    for (text, tag) in b"OrpheanBeholderScryDoubt".chunks(8).zip(tag.chunks_mut(8)) {
        let word = |at: usize| u32::from_be_bytes(text[at..at + 4].try_into().unwrap());
        let block = (0..64).fold([word(0), word(4)], |block, _| cipher.bc_encrypt(block));
        tag[..4].copy_from_slice(&block[0].to_be_bytes());
        tag[4..].copy_from_slice(&block[1].to_be_bytes());
    }
    tag
}

/// DESIGN §3: a cancelled slice leaves no block of the password or of the state.
#[test]
fn nothing_is_left_in_freed_memory() {
    let key = b"correct horse battery staple\0";
    // Over and over, as the key schedule takes it.
    let repeated: Vec<u8> = key.iter().copied().cycle().take(72).collect();
    let secrets: [&[u8]; 2] = [key, &repeated];

    let left = |run: &dyn Fn(&mut [Box<State>])| {
        let (_, seen) = watch(&secrets, || {
            let mut states: Vec<_> =
                (0..11).map(|n| State::begin(key, &[n; 16], 4 + u64::from(n) % 3)).collect();
            run(&mut states);
        });
        assert!(seen.frees > 11, "they are freed inside");
        assert_eq!((seen.leaks, seen.unwiped), (0, 0), "{seen:?}");
    };
    left(&|_| {});
    left(&|states| {
        states[0].advance(1);
        states[1].finish();
    });
    left(&|states| {
        let mut together: Vec<_> = states.iter_mut().map(|state| &mut **state).collect();
        advance_together(&mut together, 3);
    });
    left(&|states| {
        run_together(&mut states.iter_mut().map(|state| &mut **state).collect::<Vec<_>>());
    });
}
