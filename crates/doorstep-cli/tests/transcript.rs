//! The README's transcripts, command by command.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Stands for what differs from run to run, up to the line's end; alone on its line, for any number of
/// lines.
const ANYTHING: char = '…';

/// What `calibrate` says where the tests have company.
const BUSY: &str = "doorstep: note: times differ by more than half: something else may be running";

#[test]
fn the_readme_tells_the_truth() {
    for (section, least) in [("## In a minute", 6), ("## A dump of hashes", 4), ("## Wrapping", 3)]
    {
        let readme = include_str!("../README.md");
        let (_, section) = readme.split_once(section).unwrap();
        let (_, block) = section.split_once("```console\n").unwrap();
        let (transcript, _) = block.split_once("\n```").unwrap();
        let count = repeat(transcript);
        assert!(count >= least, "{count} commands");
    }
}

/// Runs each command, and says how many there were.
fn repeat(transcript: &str) -> usize {
    // Empty, as the reader's is: other tests, and earlier runs, leave files by the same names.
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("transcript");
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let programs = Path::new(util::PROGRAM).parent().unwrap();
    let path = env::join_paths(
        [programs.to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
    );
    let path = path.unwrap();
    let mut count = 0;
    for entry in format!("\n{transcript}").split("\n$ ").skip(1) {
        let (command, expected) = entry.split_once('\n').unwrap_or((entry, ""));
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{{ {command}; }} 2>&1")).current_dir(&directory);
        let output = shell.env("PATH", &path).output().unwrap();
        let seen = String::from_utf8(output.stdout).unwrap();
        let seen: Vec<_> = seen.lines().filter(|line| *line != BUSY).collect();
        let expected: Vec<_> = expected.lines().collect();
        let anything = ANYTHING.to_string();
        if let Some(at) = expected.iter().position(|line| *line == anything) {
            let (before, after) = (&expected[..at], &expected[at + 1..]);
            assert!(seen.len() >= before.len() + after.len(), "{command}\n{seen:#?}");
            compare(command, &seen[..at], before);
            compare(command, &seen[seen.len() - after.len()..], after);
        } else {
            compare(command, &seen, &expected);
        }
        count += 1;
    }
    count
}

#[track_caller]
fn compare(command: &str, seen: &[&str], expected: &[&str]) {
    assert_eq!(seen.len(), expected.len(), "{command}\n{seen:#?}");
    for (seen, expected) in seen.iter().zip(expected) {
        let start = expected.split_once(ANYTHING).map(|(start, _)| start);
        // What a unit of work is worth may be measured anew.
        match start.or(expected.starts_with("price ").then_some("price ")) {
            Some(start) => assert!(seen.starts_with(start), "{command}\n{seen}"),
            None => assert_eq!(seen, expected, "{command}"),
        }
    }
}
