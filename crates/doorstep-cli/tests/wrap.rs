//! `doorstep wrap`: what it writes, what it leaves, and that a run that was killed goes on.

#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use doorstep_password::{Argon2, Hashers, NtHash, Secret, Verdict, Wrapped};
use util::{CHEAP, Ran, program, ran};

/// Of "password": des-crypt, md5-crypt, Django's salted SHA-1, LDAP's.
const MD5: &str = "$1$abcdefgh$G//4keteveJp0qb8z2DxG/";
/// Apache's documentation of its password formats: of "myPassword".
const APR1: &str = "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/";
/// passlib's tests: of "secret".
const SSHA: &str = "{SSHA}0H+zTv8o4MR4H43n03eCsvw1luG8LdB7";

/// A folder of the test's own, empty.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wrap-{name}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

fn wrap(dump: &Path, options: &[&str]) -> Ran {
    ran(program().arg("wrap").arg(dump).args(CHEAP).args(options).output().unwrap())
}

fn wrapped_path(dump: &Path) -> PathBuf {
    let mut name = dump.as_os_str().to_owned();
    name.push(".wrapped");
    name.into()
}

/// No half-done file is left behind.
#[track_caller]
fn assert_whole(dump: &Path) {
    for end in [".part", ".journal", ".journal.new"] {
        let mut name = wrapped_path(dump).into_os_string();
        name.push(end);
        assert!(!Path::new(&name).exists(), "{}", name.display());
    }
}

fn hashers() -> Hashers {
    let argon2 = || Argon2::new(8, 1, 1).unwrap();
    Hashers::new(argon2()).accept(Wrapped::of_all(argon2()).of(NtHash::BARE))
}

#[track_caller]
fn verdict(password: &str, stored: &str) -> Verdict {
    hashers().verify(Secret::from(password), stored).unwrap().run().unwrap()
}

#[test]
fn each_hash_is_wrapped_and_verifies() {
    let dump = folder("each").join("dump");
    let old = format!("{APR1}\n\n!\n{SSHA}\r\n{APR1}");
    fs::write(&dump, &old).unwrap();
    let report = wrap(&dump, &["--json"]).exits(0).json();
    assert_eq!((&report["lines"], &report["wrapped"]), (&5.into(), &3.into()));
    assert_eq!((&report["without_password"], &report["refused_lines"]), (&2.into(), &0.into()));
    assert_eq!(fs::read_to_string(&dump).unwrap(), old, "the dump stays as it is");
    let new = fs::read_to_string(wrapped_path(&dump)).unwrap();
    let lines: Vec<_> = new.split('\n').collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(&lines[1..3], ["", "!"]);
    assert_eq!(verdict("myPassword", lines[0]), Verdict::Outdated);
    assert_eq!(verdict("secret", lines[3].strip_suffix('\r').unwrap()), Verdict::Outdated);
    assert_eq!(verdict("wrong", lines[4]), Verdict::Mismatch);
    assert_ne!(lines[0], lines[4], "each has a salt of its own");
    assert_whole(&dump);

    // What is wrapped is not wrapped again.
    let again = wrapped_path(&dump);
    let report = wrap(&again, &["--json"]).exits(0).json();
    assert_eq!((&report["wrapped"], &report["wrapped_before"]), (&0.into(), &3.into()));
    assert_eq!(fs::read_to_string(wrapped_path(&again)).unwrap(), new);
}

/// The program itself reads what it has written.
#[test]
fn verify_inspect_and_audit_read_it() {
    let dump = folder("read").join("dump");
    fs::write(&dump, APR1).unwrap();
    wrap(&dump, &[]).exits(0);
    let stored = fs::read_to_string(wrapped_path(&dump)).unwrap();
    assert_eq!(util::verify(b"myPassword", &stored), 0);
    assert_eq!(util::verify(b"wrong", &stored), 1);
    let inspected = util::run(&["inspect", "--json", "--", &stored]).exits(0).json();
    assert_eq!(inspected["format"], "wrapped");
    assert!(inspected["parameters"]["old"].as_str().unwrap().starts_with("apr_md5_crypt"));
    let audited = util::run(&["audit", "--json", wrapped_path(&dump).to_str().unwrap()]);
    assert!(audited.exits(0).stdout.contains("wrapped"));
}

/// The other fields stay as they are, byte for byte.
#[test]
fn it_knows_where_in_a_line_the_hash_stands() {
    let dump = folder("fields").join("dump");
    fs::write(&dump, format!("# users\nann:{APR1}\nbob:{SSHA}\n")).unwrap();
    wrap(&dump, &["--layout", "htpasswd"]).exits(0);
    let new = fs::read_to_string(wrapped_path(&dump)).unwrap();
    let lines: Vec<_> = new.lines().collect();
    assert_eq!(lines[0], "# users");
    assert_eq!(verdict("myPassword", lines[1].strip_prefix("ann:").unwrap()), Verdict::Outdated);

    let dump = folder("shadow").join("dump");
    fs::write(&dump, format!("ann:{MD5}:19000:0:99999:7:::\nbin:*:19000::::::\n")).unwrap();
    wrap(&dump, &["--layout", "shadow"]).exits(0);
    let new = fs::read_to_string(wrapped_path(&dump)).unwrap();
    assert!(new.starts_with("ann:$wrapped$old="), "{new}");
    assert!(new.ends_with(":19000:0:99999:7:::\nbin:*:19000::::::\n"), "{new}");

    let dump = folder("tabs").join("dump");
    let nthash = "8846f7eaee8fb117ad06bdd830b7586c";
    fs::write(&dump, [b"1\t\xff\t", nthash.as_bytes(), b"\tlast\n"].concat()).unwrap();
    wrap(&dump, &["--field", "3", "--format", "nthash"]).exits(0);
    let new = fs::read(wrapped_path(&dump)).unwrap();
    assert!(new.starts_with(b"1\t\xff\t$wrapped$") && new.ends_with(b"\tlast\n"));
    let field = new.split(|byte| *byte == b'\t').nth(2).unwrap();
    assert_eq!(verdict("password", str::from_utf8(field).unwrap()), Verdict::Outdated);
}

/// Which editors of Windows put before a text, and which `audit` does not count either.
#[test]
fn a_byte_order_mark_is_none_of_the_first_hash() {
    let dump = folder("mark").join("dump");
    for (line, layout) in [(APR1.to_owned(), "line"), (format!("ann:{APR1}"), "htpasswd")] {
        let _ = fs::remove_file(wrapped_path(&dump));
        fs::write(&dump, format!("\u{feff}{line}\n{line}\n")).unwrap();
        wrap(&dump, &["--layout", layout]).exits(0);
        let new = fs::read_to_string(wrapped_path(&dump)).unwrap();
        let lines: Vec<_> = new.strip_prefix('\u{feff}').unwrap().lines().collect();
        assert_eq!(lines.len(), 2);
        for line in lines {
            let stored = line.strip_prefix("ann:").unwrap_or(line);
            assert_eq!(verdict("myPassword", stored), Verdict::Outdated);
        }
    }
    // A comment is one behind it too; and it is a mark in no other place.
    let _ = fs::remove_file(wrapped_path(&dump));
    fs::write(&dump, "\u{feff}# users\n\u{feff}# ann:x\n").unwrap();
    let done = wrap(&dump, &["--layout", "htpasswd"]).exits(1);
    assert!(done.stdout.contains("line 2: "), "{done:?}");
    assert_eq!(fs::read_to_string(wrapped_path(&dump)).unwrap(), "\u{feff}# users\n");
}

/// A hash that is as good as the new one gains nothing by it.
#[test]
fn what_is_up_to_date_stays() {
    let dump = folder("up-to-date").join("dump");
    let new = util::hash(b"myPassword", &CHEAP);
    fs::write(&dump, format!("{new}\n{APR1}\n")).unwrap();
    let report = wrap(&dump, &["--json"]).exits(0).json();
    assert_eq!((&report["wrapped"], &report["up_to_date"]), (&1.into(), &1.into()));
    let lines = fs::read_to_string(wrapped_path(&dump)).unwrap();
    assert_eq!(lines.lines().next(), Some(&*new));
    fs::remove_file(wrapped_path(&dump)).unwrap();
    // A weaker one does.
    let stronger = ["--json", "--memory", "16", "--passes", "1"];
    let report = ran(program().arg("wrap").arg(&dump).args(stronger).output().unwrap());
    assert_eq!(report.exits(0).json()["wrapped"], 2);
}

/// Never a line that it could not read; the numbers of those, and nothing of them.
#[test]
fn what_it_cannot_read_is_not_written() {
    let dump = folder("refused").join("dump");
    let long = "x".repeat(100_000);
    let dear = "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let old = format!("{APR1}\nhunter2\n{}\n{long}\n{dear}\n\u{fffd}\n{APR1}", &APR1[..20]);
    let old = old.replace('\u{fffd}', "\u{0}");
    fs::write(&dump, &old).unwrap();
    let ran = wrap(&dump, &[]).exits(1);
    for number in [2, 3, 4, 5, 6] {
        assert!(ran.stdout.contains(&format!("line {number}: ")), "{ran:?}");
    }
    for content in ["hunter2", &APR1[6..14], &dear[7..20]] {
        assert!(!ran.stdout.contains(content) && !ran.stderr.contains(content), "{ran:?}");
    }
    let new = fs::read_to_string(wrapped_path(&dump)).unwrap();
    assert_eq!(new.lines().count(), 2);
    assert!(new.lines().all(|line| verdict("myPassword", line) == Verdict::Outdated));
    assert_eq!(fs::read_to_string(&dump).unwrap(), old);
}

/// 10 000 rows, killed with SIGKILL over and over: in the end each is there once and in its place.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_goes_on_and_loses_nothing() {
    const ROWS: usize = 10_000;
    let dump = folder("killed").join("dump");
    let user = |row: usize| format!("user{row:05}");
    let old: String = (0..ROWS).map(|row| format!("{}:{APR1}\n", user(row))).collect();
    fs::write(&dump, &old).unwrap();
    // The journal would show that nothing was done in between.
    let part = || fs::metadata(wrapped_path(&dump).with_extension("wrapped.part"));
    let (mut kills, mut grown) = (0, 0);
    loop {
        let mut child = program()
            .arg("wrap")
            .arg(&dump)
            .args(CHEAP)
            .args(["--layout", "htpasswd", "--jobs", "2"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(20 + 37 * (kills % 7)));
        // On Unix this is SIGKILL.
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        kills += 1;
        let len = part().map_or(0, |part| part.len());
        grown += u64::from(len > 0);
        assert!(kills < 2_000, "it never ends: {len}");
    }
    assert!(kills > 3 && grown > 3, "{kills} {grown}");
    let new = fs::read_to_string(wrapped_path(&dump)).unwrap();
    assert_eq!(new.lines().count(), ROWS);
    for (row, line) in new.lines().enumerate() {
        let (name, stored) = line.split_once(':').unwrap();
        assert_eq!(name, user(row));
        // That each is whole; and of some, that they are right.
        hashers().inspect(stored).unwrap();
        if row % 500 == 0 {
            assert_eq!(verdict("myPassword", stored), Verdict::Outdated);
        }
    }
    assert_eq!(fs::read_to_string(&dump).unwrap(), old);
    assert_whole(&dump);
    println!("{kills} kills, {grown} of them after something was written");
}

/// What was begun with another file or in another way is not gone on with.
#[test]
fn another_file_or_other_options_are_refused() {
    let dump = folder("changed").join("dump");
    fs::write(&dump, format!("{APR1}\n{APR1}\n")).unwrap();
    let out = wrapped_path(&dump);
    let journal = out.with_extension("wrapped.journal");
    let part = out.with_extension("wrapped.part");
    let counts = |read: u64, sha256: &str, written: u64| {
        format!(
            "{{\"options\":\"Line None None []\",\"counts\":{{\"lines\":1,\"wrapped\":1,\
             \"wrapped_before\":0,\"up_to_date\":0,\"without_password\":0,\"refused_lines\":0,\"refusals\":[],\
             \"read\":{read},\"sha256\":\"{sha256}\",\"written\":{written}}}}}"
        )
    };
    // Another beginning than the dump's.
    fs::write(&part, b"").unwrap();
    fs::write(&journal, counts(10, "00", 0)).unwrap();
    wrap(&dump, &[]).refuses("--restart begins anew");
    // More than there is.
    fs::write(&journal, counts(1_000_000, "00", 0)).unwrap();
    wrap(&dump, &[]).refuses("--restart begins anew");
    // What was written is gone.
    fs::write(&journal, counts(0, "", 500)).unwrap();
    wrap(&dump, &[]).refuses("--restart begins anew");
    // Another layout.
    wrap(&dump, &["--layout", "htpasswd"]).refuses("--restart begins anew");
    // No journal of this program.
    fs::write(&journal, b"{\"options\":").unwrap();
    wrap(&dump, &[]).refuses("journal");
    wrap(&dump, &["--restart"]).exits(0);
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 2);
    assert_whole(&dump);
    wrap(&dump, &[]).refuses("is there already");
}

/// Bytes behind the last note are of a run that was killed before it could note them.
#[test]
fn what_was_written_and_not_noted_is_written_again() {
    let dump = folder("torn").join("dump");
    fs::write(&dump, format!("{APR1}\n")).unwrap();
    let part = wrapped_path(&dump).with_extension("wrapped.part");
    fs::write(&part, b"$wrapped$old=half a li").unwrap();
    wrap(&dump, &[]).exits(0);
    let new = fs::read_to_string(wrapped_path(&dump)).unwrap();
    assert_eq!(verdict("myPassword", new.trim_end()), Verdict::Outdated);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let dump = folder("usage").join("dump");
    fs::write(&dump, APR1).unwrap();
    wrap(&dump, &["--layout", "csv"]).refuses("--field");
    wrap(&dump, &["--layout", "shadow", "--field", "2"]).refuses("belong to the layout line");
    wrap(&dump, &["--delimiter", "$"]).refuses("delimiter");
    wrap(&dump, &["--jobs", "0"]).exits(2);
    wrap(&dump.with_extension("missing"), &[]).refuses("cannot read");
    wrap(dump.parent().unwrap(), &[]).refuses("not a pipe");
    let report = wrap(dump.parent().unwrap(), &["--json"]).exits(2).json();
    assert_eq!((&report["lines"], &report["refused"]["reason"]), (&().into(), &"usage".into()));
    wrap(&dump, &["--output", "/nowhere/out"]).refuses("cannot write");
    assert!(!wrapped_path(&dump).exists());
    // An empty dump has an empty answer.
    fs::write(&dump, b"").unwrap();
    wrap(&dump, &[]).exits(0);
    assert_eq!(fs::read(wrapped_path(&dump)).unwrap(), b"");
}

/// The new file is for the same eyes as the old one.
#[cfg(unix)]
#[test]
fn it_has_the_permissions_of_the_dump() {
    use std::os::unix::fs::PermissionsExt;

    let dump = folder("mode").join("dump");
    fs::write(&dump, APR1).unwrap();
    fs::set_permissions(&dump, fs::Permissions::from_mode(0o600)).unwrap();
    wrap(&dump, &[]).exits(0);
    let mode = fs::metadata(wrapped_path(&dump)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
