//! Every built-in format on every path: right and wrong, whole, dropped after each piece, in company, with
//! the kernels and without. Nothing of a password or a key is left in freed memory, and nothing at all of
//! Argon2's.
//!
//! `tests/memory.rs` says what is out of reach, and tests the test.

#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(all(feature = "getrandom", feature = "import", feature = "unicode", feature = "sha-crypt"))]

mod util;

use doorstep_password::{Algorithm, Secret, Verdict, Verifying, Work, Workspace};
use doorstep_test_alloc::{Watching, watch};
use util::paths::{Case, cases};

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Runs `path` for each format with the right password and with the wrong one.
#[track_caller]
fn nothing_is_left(path: impl Fn(&Case, &[u8], &mut Workspace)) {
    let mut failures = Vec::new();
    let cases = cases();
    assert!(cases.len() > 60, "{}", cases.len());
    for case in &cases {
        let secrets: Vec<&[u8]> = case.secrets.iter().map(Vec::as_slice).collect();
        for (portable, password) in [
            (false, &case.password),
            (false, &case.wrong),
            (true, &case.password),
            (true, &case.wrong),
        ] {
            let ((), seen) = watch(&secrets, || {
                let mut workspace = if portable { Workspace::portable() } else { Workspace::new() };
                path(case, password, &mut workspace);
            });
            assert!(seen.frees > 0, "{}: nothing was watched", case.name);
            let is_dirty = match case.algorithm() {
                Algorithm::Argon2(_) => seen.dirtiest > 0,
                _ => seen.unwiped > 0,
            };
            if seen.leaks > 0 || is_dirty {
                failures.push(format!("{seen:?}, portable {portable}: {}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "left in freed memory:\n{}", failures.join("\n"));
}

fn verification(case: &Case, password: &[u8]) -> Work<Verifying> {
    case.hashers.verify(Secret::new(password), &case.stored).unwrap()
}

#[test]
fn nothing_is_left_of_a_verification() {
    nothing_is_left(|case, password, workspace| {
        let verdict = verification(case, password).run_in(workspace).unwrap();
        assert_eq!(verdict.is_match(), password == case.password, "{}", case.name);
    });
}

/// Nor of what was read and never verified, or shown without its digest.
#[test]
fn nothing_is_left_of_what_is_never_run() {
    nothing_is_left(|case, password, _| {
        drop(verification(case, password).abandon());
        drop(case.hashers.blank(&case.stored));
        drop(case.hashers.inspect(&case.stored).unwrap());
    });
}

/// After each piece, where there are few; after the first and the last ones, where there are many.
#[test]
fn nothing_is_left_of_one_dropped_after_any_piece() {
    nothing_is_left(|case, password, workspace| {
        let units = verification(case, password).cost().units;
        // The smallest pieces of what is short, and forty pieces of what is not.
        for pieces in 0.. {
            let work = verification(case, password);
            if util::dropped_after_in(work, pieces, units / 40, workspace).is_some() {
                break;
            }
        }
    });
}

#[test]
fn nothing_is_left_of_the_smallest_pieces() {
    nothing_is_left(|case, password, workspace| {
        for pieces in [1, 2, 3, 19, 20, 21, 40] {
            let work = verification(case, password);
            let _ = util::dropped_after_in(work, pieces, 0, workspace);
        }
    });
}

#[test]
fn nothing_is_left_of_right_and_wrong_in_company() {
    nothing_is_left(|case, password, workspace| {
        let batch = [password, &case.password, &case.wrong, password, &case.wrong];
        let batch = batch.map(|password| verification(case, password));
        let verdicts = Work::run_together(batch.into(), workspace);
        let verdicts: Vec<_> = verdicts.into_iter().map(|verdict| verdict.unwrap()).collect();
        assert!(verdicts[1].is_match(), "{}", case.name);
        assert_eq!(verdicts[2], Verdict::Mismatch, "{}", case.name);
        assert_eq!(verdicts[0], verdicts[3]);
    });
}

/// A goal that unwinds when it has its key.
#[test]
fn nothing_is_left_where_the_verdict_panics() {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use doorstep_password::{Check, Goal, OutOfMemory};

    struct Panics(Secret, Check);

    impl Goal for Panics {
        type Output = ();

        fn password(&self) -> &[u8] {
            self.0.expose()
        }

        fn conclude(self, key: Result<&[u8], OutOfMemory>) {
            let _ = self.1.verdict(key.unwrap());
            // Without the hook, which prints.
            std::panic::resume_unwind(Box::new(()));
        }
    }

    nothing_is_left(|case, password, workspace| {
        let plan = case.hashers.plan(&case.stored, password).unwrap();
        let work = plan.work(|check| Panics(Secret::new(password), check));
        assert!(catch_unwind(AssertUnwindSafe(|| work.run_in(workspace))).is_err());
    });
}
