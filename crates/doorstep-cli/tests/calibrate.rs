//! `doorstep calibrate`: what it advises can be used, and is never weaker than OWASP's least. That it
//! finds the strongest within a time is tested beside the search, without a clock.

#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use serde_json::{Value, json};

use util::{Ran, hash, program, ran, run};

/// OWASP's least of these takes some hundredths of a second.
const CHEAPEST: [&str; 4] = ["--algorithm", "pbkdf2_sha512", "--target", "1s"];

fn calibrate(options: &[&str]) -> Ran {
    run(&[&["calibrate", "--json"], options].concat())
}

/// What the options that it prints make.
fn made_with(report: &Value) -> Value {
    let options: Vec<_> = report["options"].as_array().unwrap().iter().map(text).collect();
    run(&["inspect", "--json", "--", &hash(b"x", &options)]).exits(0).json()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn its_options_make_what_it_found() {
    for (algorithm, rust) in [
        ("argon2", "let hashers = Hashers::new(Argon2::new("),
        ("bcrypt", "let hashers = Hashers::new(Bcrypt::new("),
        ("pbkdf2_sha256", "let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, "),
    ] {
        let ran = calibrate(&["--algorithm", algorithm, "--target", "150ms"]);
        let report = ran.json();
        // On a slow machine there is nothing to be found.
        assert_eq!(ran.code, Some(i32::from(report["met"] == false)), "{ran:?}");
        assert_eq!(report["format"], algorithm);
        assert!(text(&report["rust"]).starts_with(rust), "{report}");
        let made = made_with(&report);
        assert_eq!(made["parameters"], report["parameters"]);
        assert_eq!(made["strength"], report["strength"]);
        assert_ne!(made["strength"]["verdict"], "below", "{report}");

        let measured = report["measured"].as_array().unwrap();
        let row = measured.iter().find(|row| row["parameters"] == report["parameters"]).unwrap();
        assert_eq!(row["median_us"], report["median_us"]);
        for row in measured {
            let time = |name: &str| row[name].as_u64().unwrap();
            assert!(time("fastest_us") <= time("median_us"), "{row}");
            assert!(time("median_us") <= time("slowest_us"), "{row}");
            assert!(time("runs") >= 3 && time("runs") % 2 == 1, "{row}");
        }
    }
}

/// Nobody computes a thousand rounds of bcrypt in a millisecond.
#[test]
fn what_cannot_be_met_is_said() {
    let ran = calibrate(&["--algorithm", "bcrypt", "--target", "1ms"]).exits(1);
    assert!(ran.stderr.contains("it cannot be met: the least that the OWASP"), "{ran:?}");
    let mut report = ran.json();
    let (least, median) = (report["measured"][0].take(), report["median_us"].take());
    assert!(median.as_u64().unwrap() > 1000);
    assert_eq!((&least["median_us"], &least["parameters"]), (&median, &json!({"cost": 10})));
    assert_eq!(
        report,
        json!({
            "target_us": 1000,
            "met": false,
            "format": "bcrypt",
            "parameters": {"cost": 10},
            "median_us": null,
            "strength": {
                "verdict": "legacy",
                "source": "OWASP Password Storage Cheat Sheet",
                "as_of": "2026-06-25",
                "reasons": ["bcrypt is for systems that have neither Argon2 nor scrypt"],
            },
            "rust": "let hashers = Hashers::new(Bcrypt::new(10)?);",
            "options": ["--algorithm", "bcrypt", "--cost", "10"],
            "measured": [null],
            "refused": null,
        })
    );
}

#[test]
fn argon2_stays_within_the_memory() {
    let report = calibrate(&["--target", "100ms", "--memory", "8192"]).json();
    let parameters = &report["parameters"];
    assert!(parameters["m"].as_u64().unwrap() <= 8192, "{report}");
    // With less than 9216 KiB, five passes are the least.
    assert!(parameters["t"].as_u64().unwrap() >= 5, "{report}");
    assert_eq!(parameters["p"], 1);
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (options, why) in [
        (&["--target", "50"] as &[&str], "time unit needed"),
        (&["--target", "soon"], "expected number"),
        (&["--target", "0ms"], "from 1ms to 5s"),
        (&["--target", "999us"], "from 1ms to 5s"),
        (&["--target", "5s 1us"], "from 1ms to 5s"),
        (&["--target", "99999999999999999999s"], "too large"),
        (&["--target", "1s", "--memory", "7167"], "--memory from 7168 KiB"),
        (&["--target", "1s", "--memory", "262145"], "to 262144"),
        (&["--target", "1s", "--algorithm", "md5_crypt"], "md5_crypt"),
        (&["--target", "1s", "--algorithm", "bcrypt", "--memory", "65536"], "--memory does not"),
        (&[], "--target"),
    ] {
        let refused = run(&[&["calibrate"], options].concat()).refuses(why);
        assert_eq!(refused.stdout, "", "{options:?}");
    }
    let report = calibrate(&["--target", "1s", "--memory", "1"]).exits(2).json();
    assert_eq!(report["refused"]["reason"], "usage");
    assert_eq!((&report["met"], &report["measured"]), (&Value::Null, &json!([])));
}

#[test]
fn a_person_gets_a_table() {
    let ran = run(&[&["calibrate"], &CHEAPEST as &[&str]].concat());
    let what = if ran.code == Some(0) { "found" } else { "least" };
    let lines: Vec<_> = ran.stdout.lines().collect();
    let [head, rows @ .., found, rust, hashing] = &lines[..] else { panic!("{ran:?}") };
    assert!(head.starts_with("measured ") && head.ends_with("  runs"), "{head}");
    assert!(rows.iter().all(|row| row.starts_with("prf=sha512 rounds=")), "{ran:?}");
    assert!(found.starts_with(&format!("{what}     pbkdf2_sha512 prf=sha512 rounds=")), "{found}");
    assert!(found.ends_with(" of 1000.0 ms"), "{found}");
    assert!(rust.starts_with("rust      let hashers = "), "{rust}");
    let options = hashing.strip_prefix("hash      doorstep hash ").unwrap();
    let stored = hash(b"x", &options.split(' ').collect::<Vec<_>>());
    assert!(stored.starts_with("$pbkdf2-sha512$"), "{stored}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = program();
    command.arg("calibrate").args(CHEAPEST).stdout(full);
    ran(command.stderr(std::process::Stdio::piped()).output().unwrap()).refuses("cannot write");
}
