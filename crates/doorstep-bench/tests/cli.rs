//! The program as it is called, on parameters that take no time.

#![allow(missing_docs)]

use std::path::PathBuf;
use std::process::{self, Command, Output};
use std::{env, fs};

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

/// Issue 4 §3: light tasks' p50 and p99 with logins inline, on a thread, and in slices.
#[test]
fn latency_has_a_line_for_each_place_and_the_cost_of_slices() {
    let out = stdout(&["latency", "--tiny", "--case", "bcrypt-4", "--slice", "7"]);
    for place in ["no logins", "inline", "thread, same core", "slices"] {
        let line = out.lines().find(|line| line.starts_with(&format!("  {place} ")));
        let line = line.unwrap_or_else(|| panic!("no {place} in {out}"));
        let figures = line.split_whitespace().filter(|word| word.parse::<f64>().is_ok());
        assert_eq!(figures.count(), if place == "no logins" { 3 } else { 5 }, "{line}");
    }
    assert!(out.contains("slices of 7 units"), "{out}");
    assert!(out.lines().last().is_some_and(|line| line.contains('%')), "{out}");
}

/// Issue 4 §3: logins per second and latency against batch size and arrival rate.
#[test]
fn batch_has_a_line_for_each_size_and_rate_and_says_where_waiting_pays() {
    let out = stdout(&["batch", "--tiny", "--case", "pbkdf2-sha512-210", "--wait", "3"]);
    assert_eq!(out.lines().filter(|line| line.starts_with("  batch of ")).count(), 8, "{out}");
    assert!(out.contains("waits 3 ms"), "{out}");
    let rates = out.lines().filter(|line| line.matches(" | ").count() == 3);
    assert_eq!(rates.count(), 1 + 12, "{out}");
    assert!(out.contains("by p99, company pays "), "{out}");
}

#[test]
fn a_plot_is_an_svg_with_a_title_or_a_png() {
    let folder = TempDir::new("plot");
    for command in ["compare", "latency", "batch"] {
        let svg = folder.0.join(format!("{command}.svg"));
        let png = folder.0.join(format!("{command}.png"));
        for file in [&svg, &png] {
            let file = file.to_str().expect("the folder's name is UTF-8");
            stdout(&[command, "--tiny", "--case", "bcrypt-4", "--plot", file]);
        }
        let svg = fs::read_to_string(svg).expect("an SVG was written");
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
        assert!(svg.contains("<title>") && svg.contains("bcrypt-4"), "{svg}");
        assert_eq!(unclosed(&svg), Vec::<&str>::new());
        let png = fs::read(png).expect("a PNG was written");
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        assert_eq!(png[12..16], *b"IHDR");
    }
}

/// The tags of `xml` that are open at its end, or closed without having been opened.
fn unclosed(xml: &str) -> Vec<&str> {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        match tag.strip_prefix('/') {
            Some(name) if open.last() == Some(&name) => drop(open.pop()),
            Some(name) => open.push(name),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split_whitespace().next().unwrap_or_default()),
        }
    }
    open
}

/// A folder that goes with its owner.
struct TempDir(PathBuf);

impl TempDir {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("doorstep-bench-{name}-{}", process::id()));
        fs::create_dir_all(&path).expect("there is room for a folder");
        Self(path)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
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
