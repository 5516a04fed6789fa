//! What a piece of work leaves on the stack, and what of the stack goes along into boxes: nothing of the
//! password and of the key.
//!
//! The stack is filled with a marker first, so that chance does not decide what lies in the room between
//! two fields, or in that which a variant of an enum does not use.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "import", feature = "unicode", feature = "sha-crypt"))]

mod util;

use std::hint::black_box;

use doorstep_password::{Hashers, Secret, Work, Workspace};
use doorstep_test_alloc::{STACK_MARKER, Stack, Watching, watch};
use util::paths::{Case, cases};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Runs `work` on a stack of markers, with the kernels and without, for each format.
#[track_caller]
fn nothing_is_left(work: impl Fn(Vec<Work<doorstep_password::Verifying>>, &mut Workspace)) {
    let mut stack = Stack::new();
    let mut failures = Vec::new();
    let cases = cases();
    for (Case { name, hashers, stored, password, secrets, .. }, portable) in
        cases.iter().flat_map(|case| [(case, false), (case, true)])
    {
        let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
        let mut workspace = if portable { Workspace::portable() } else { Workspace::new() };
        let ((), seen) = watch(&[STACK_MARKER], || {
            let batch = (0..3).map(|_| verification(hashers, password, stored)).collect();
            Stack::fill();
            work(batch, &mut workspace);
            stack.take();
        });
        let leaks = stack.leaks(&secrets);
        if (leaks, seen.leaks) != (0, 0) {
            failures.push(format!("{leaks} on the stack, {seen:?}, portable {portable}: {name}"));
        }
    }
    assert!(failures.is_empty(), "left:\n{}", failures.join("\n"));
}

fn verification(
    hashers: &Hashers,
    password: &[u8],
    stored: &str,
) -> Work<doorstep_password::Verifying> {
    hashers.verify(Secret::new(password), stored).unwrap()
}

/// The tests of the test: a variable is found on the stack, and a part of the marker in a freed block.
#[test]
fn what_is_left_is_found() {
    #[inline(never)]
    fn copy(secret: &[u8; 32]) -> u8 {
        black_box(&mut { *secret })[7]
    }
    let mut stack = Stack::new();
    let secret = black_box(*b"the quick brown fox jumps over t");
    Stack::fill();
    black_box(copy(&secret));
    stack.take();
    // But for what the copying itself wrote over.
    assert!(stack.leaks(&[&secret]) >= 8);
    Stack::fill();
    stack.take();
    assert_eq!(stack.leaks(&[&secret]), 0);

    let (_, seen) = watch(&[STACK_MARKER], || drop(black_box(STACK_MARKER[3..11].to_vec())));
    assert_eq!(seen.leaks, 1, "{seen:?}");
}

#[test]
fn nothing_is_left_of_a_verification() {
    nothing_is_left(|batch, workspace| {
        for work in batch {
            let _ = work.run_in(workspace).unwrap();
        }
    });
}

#[test]
fn nothing_is_left_of_its_first_pieces() {
    for pieces in [1, 2, 17] {
        nothing_is_left(|batch, workspace| {
            for work in batch {
                let _ = util::dropped_after_in(work, pieces, 0, workspace);
            }
        });
    }
}

#[test]
fn nothing_is_left_of_a_batch() {
    nothing_is_left(|batch, workspace| {
        let verdicts = Work::run_together(batch, workspace);
        assert!(verdicts.iter().all(|verdict| verdict.unwrap().is_match()));
    });
}
