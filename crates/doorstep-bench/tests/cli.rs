//! The program as it is called, on parameters that take no time.

#![allow(missing_docs)]

use std::process::{Command, Output};

fn bench(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorstep-bench"));
    command.args(args).output().expect("the program was built")
}

#[track_caller]
fn stdout(args: &[&str]) -> String {
    let output = bench(args);
    let (out, err) = (output.stdout, String::from_utf8_lossy(&output.stderr).into_owned());
    assert!(output.status.success(), "{args:?}: {err}");
    String::from_utf8(out).expect("what is printed is UTF-8")
}

#[track_caller]
fn refused(args: &[&str], code: i32, why: &str) {
    let output = bench(args);
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {err}");
    assert!(err.contains(why), "{args:?}: {err}");
    assert!(output.stdout.is_empty(), "{args:?} was measured first");
}

/// Issue 4 §3: a header line, then case, mode, who and ms.
#[test]
fn tsv_has_a_line_for_each_case_mode_and_contender() {
    let out = stdout(&["compare", "--quick", "--tsv", "--tiny"]);
    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("case\tmode\twho\tms"));
    let rows: Vec<Vec<_>> = lines.map(|line| line.split('\t').collect()).collect();
    for row in &rows {
        let [_, mode, _, ms] = row[..] else { panic!("{row:?}") };
        assert!(["one", "together"].contains(&mode), "{row:?}");
        assert!(ms.parse::<f64>().is_ok_and(|ms| ms > 0.0), "{row:?}");
    }
    let mut cases: Vec<_> = rows.iter().map(|row| row[0]).collect();
    cases.dedup();
    assert_eq!(cases.len(), 8, "{cases:?}");
    for case in cases {
        let of_case = rows.iter().filter(|row| row[0] == case);
        let who: Vec<_> = of_case.clone().map(|row| (row[1], row[2])).collect();
        for mode in ["one", "together"] {
            for doorstep in ["doorstep", "doorstep-portable"] {
                let times = who.iter().filter(|one| **one == (mode, doorstep)).count();
                assert_eq!(times, 1, "{case}: {doorstep} {mode}");
            }
            let peers = who.iter().filter(|one| one.0 == mode && !one.1.starts_with("doorstep"));
            assert!(peers.count() >= 1, "{case}: no peer");
        }
    }
}

#[test]
fn a_table_says_where_it_was_measured_and_what_the_peers_are() {
    let out = stdout(&["compare", "--tiny", "--case", "bcrypt-4"]);
    assert!(out.starts_with("processor: "), "{out}");
    assert!(out.contains("pinned to"), "{out}");
    assert!(out.contains("bcrypt-4") && !out.contains("sha512-crypt"), "{out}");
    assert!(out.contains(&stdout(&["peers"])), "{out}");
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_measured() {
    refused(&[], 2, "Usage");
    refused(&["compare", "--slow"], 2, "--slow");
    refused(&["compare", "--tiny", "--plot", "plot.pdf"], 2, ".svg or .png");
    refused(&["compare", "--tiny", "--plot", "svg"], 2, ".svg or .png");
    refused(
        &["compare", "--tiny", "--case", "bcrypt-5"],
        1,
        "no case bcrypt-5; there are argon2id",
    );
}
