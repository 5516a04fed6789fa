//! `doorstep htpasswd`: what it writes Apache reads, and what Apache wrote it verifies. Which bytes of
//! a file change is tested in doorstep-htpasswd.

#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use util::{Ran, program, ran, run, with_stdin};

/// Users of which nobody's password is made here.
const OTHERS: &str = "# the staff\n\nbob:$apr1$QyUUHUXy$TRaN85JpUbyP4e1iWfdmx/:Bob\nno colon\n";

/// A directory with a file of that name.
fn bed(name: &str) -> (PathBuf, String) {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("htpasswd").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("users");
    fs::write(&file, OTHERS).unwrap();
    (directory, file.into_os_string().into_string().unwrap())
}

fn htpasswd(flags: &[&str], operands: &[&str], password: &[u8]) -> Ran {
    with_stdin(&[&["htpasswd"], flags, operands].concat(), password)
}

/// Sets a password that is quick to hash.
#[track_caller]
fn set(file: &str, username: &str, password: &[u8]) {
    htpasswd(&["-iC4"], &[file, username], password).exits(0);
}

fn verify(file: &str, username: &str, password: &[u8]) -> i32 {
    htpasswd(&["-iv"], &[file, username], password).code.unwrap()
}

fn is_alone(directory: &PathBuf) -> bool {
    fs::read_dir(directory).unwrap().count() == 1
}

#[test]
fn a_user_is_added_changed_verified_and_deleted() {
    let (directory, file) = bed("life");
    let added = htpasswd(&["-iC4"], &[&file, "alice"], b"first").exits(0);
    assert!(added.stderr.contains("added a user"), "{added:?}");
    assert_eq!(added.stdout, "");
    assert_eq!((verify(&file, "alice", b"first"), verify(&file, "alice", b"second")), (0, 1));
    let changed = htpasswd(&["-iC4"], &[&file, "alice"], b"second").exits(0);
    assert!(changed.stderr.contains("changed the password"), "{changed:?}");
    assert_eq!((verify(&file, "alice", b"first"), verify(&file, "alice", b"second")), (1, 0));
    let content = fs::read_to_string(&file).unwrap();
    assert!(content.starts_with(&format!("{OTHERS}alice:$2y$04$")), "{content}");
    htpasswd(&["-D"], &[&file, "alice"], b"").exits(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), OTHERS);
    htpasswd(&["-D"], &[&file, "alice"], b"").exits(1);
    assert_eq!(verify(&file, "alice", b"second"), 1);
    assert!(is_alone(&directory));
}

#[test]
fn flags_choose_the_algorithm() {
    for (flags, prefix) in [
        (&[] as &[&str], "alice:$2y$10$"),
        (&["-B"], "alice:$2y$10$"),
        (&["-B", "-C", "5"], "alice:$2y$05$"),
        (&["-BC12"], "alice:$2y$12$"),
        (&["-2"], "alice:$5$rounds=535000$"),
        (&["-5"], "alice:$6$rounds=656000$"),
        (&["-2r1000"], "alice:$5$rounds=1000$"),
        (&["-5", "-r", "5001"], "alice:$6$rounds=5001$"),
    ] {
        let line = htpasswd(&[flags, &["-ni"]].concat(), &["alice"], b"x").exits(0).stdout;
        assert!(line.starts_with(prefix) && line.lines().count() == 1, "{flags:?}: {line}");
    }
    let weak = htpasswd(&["-niC9"], &["alice"], b"x").exits(0);
    assert!(weak.stderr.contains("weaker than the OWASP"), "{weak:?}");
}

/// One line end does not count, as with Apache's -i.
#[test]
fn the_password_is_a_line() {
    let (_directory, file) = bed("line");
    for (typed, meant) in [
        (b"pw" as &[u8], b"pw" as &[u8]),
        (b"pw\n", b"pw"),
        (b"pw\r\n", b"pw"),
        (b" p w ", b" p w "),
    ] {
        set(&file, "alice", typed);
        for tried in [meant, &[meant, b"\n"].concat(), &[meant, b"\r\n"].concat()] {
            assert_eq!(verify(&file, "alice", tried), 0, "{typed:?} {tried:?}");
        }
    }
    for refused in [b"p\nw" as &[u8], b"pw\n\n", b"pw\0", b"\x1bpw", b"p\x7fw"] {
        htpasswd(&["-niC4"], &["alice"], refused).refuses("control character");
    }
    htpasswd(&["-niC4"], &["alice"], &[b'x'; 73]).refuses("longer than the 72 bytes");
    htpasswd(&["-ni5r1000"], &["alice"], &[b'x'; 255]).exits(0);
    htpasswd(&["-ni5r1000"], &["alice"], &[b'x'; 256]).refuses("longer than 255 bytes");
    htpasswd(&["-ni5r1000"], &["alice"], &vec![b'x'; 3_000_000]).refuses("longer than 4096 bytes");
    assert!(htpasswd(&["-niC4"], &["alice"], b"\n").exits(0).stderr.contains("is empty"));
}

#[test]
fn what_apache_does_and_this_does_not() {
    let (_directory, file) = bed("refused");
    for (flags, operands, why) in [
        (&["-b"] as &[&str], &[&file as &str, "alice", "hunter2"] as &[&str], "every user of the"),
        (&["-nb"], &["alice", "hunter2"], "every user of the machine"),
        (&["-bB"], &[&file, "alice", "hunter2"], "every user of the machine"),
        (&["-m"], &[&file, "alice"], "rounds of MD5"),
        (&["-d"], &[&file, "alice"], "eight characters"),
        (&["-s"], &[&file, "alice"], "SHA-1 without a salt"),
        (&["-p"], &[&file, "alice"], "would have the password"),
        (&["-i"], &[&file, "alice", "hunter2"], "an argument too many"),
        (&["-ni"], &[&file, "hunter2"], "an argument too many"),
        (&["-i"], &["alice"], "an argument is missing: FILE USERNAME"),
        (&["-i"], &[], "required"),
        (&["-iB5"], &[&file, "alice"], "cannot be used with"),
        (&["-i25"], &[&file, "alice"], "cannot be used with"),
        (&["-icn"], &[&file, "alice"], "cannot be used with"),
        (&["-icD"], &[&file, "alice"], "cannot be used with"),
        (&["-iDv"], &[&file, "alice"], "cannot be used with"),
        (&["-i5", "-C", "10"], &[&file, "alice"], "cannot be used with"),
        (&["-i", "-r", "5000"], &[&file, "alice"], "-r belongs to -2 and -5"),
        (&["-i", "-C", "3"], &[&file, "alice"], "-C from 4"),
        (&["-i", "-C", "17"], &[&file, "alice"], "bcrypt_cost is 16"),
        (&["-i5", "-r", "999"], &[&file, "alice"], "-r from 1000"),
        (&["-i5", "-r", "10000001"], &[&file, "alice"], "sha_crypt_rounds is 10000000"),
    ] {
        let refused = htpasswd(flags, operands, b"x").refuses(why);
        assert!(!(refused.stdout + &refused.stderr).contains("hunter2"), "{flags:?}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), OTHERS);
}

#[test]
fn names_that_would_not_be_found_again_are_refused() {
    let (_directory, file) = bed("names");
    for name in ["", ":", "a:b", "a\nroot:x", "a\r", "\x1b[2J", "a\u{85}", "#a", " a", "\ta"] {
        for flags in [&["-i"] as &[&str], &["-D"], &["-iv"], &["-ic"]] {
            let refused = htpasswd(flags, &[&file, name], b"x").exits(2);
            assert!(!refused.stderr.contains("\x1b"), "{refused:?}");
        }
        htpasswd(&["-ni"], &[name], b"x").exits(2);
    }
    htpasswd(&["-i"], &[&file, &"x".repeat(256)], b"x").refuses("longer than 255 bytes");
    let bytes = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
    let mut command = program();
    command.args(["htpasswd", "-ni"]).arg::<&std::ffi::OsStr>(bytes).stdin(Stdio::null());
    ran(command.output().unwrap()).refuses("not UTF-8");
    assert_eq!(fs::read_to_string(&file).unwrap(), OTHERS);
    for name in ["k\u{e4}the", "a b", "-", "a#", "\u{202e}a", &"x".repeat(255)] {
        htpasswd(&["-iC4"], &["--", &file, name], b"x").exits(0);
        assert_eq!(htpasswd(&["-iv"], &["--", &file, name], b"x").code, Some(0), "{name:?}");
    }
}

#[test]
fn a_file_is_made_only_when_asked_for() {
    let (directory, file) = bed("create");
    let other = format!("{file}.new");
    htpasswd(&["-iC4"], &[&other, "alice"], b"x").refuses("-c makes it");
    assert!(is_alone(&directory));
    htpasswd(&["-icC4"], &[&other, "alice"], b"x").exits(0);
    assert_eq!(verify(&other, "alice", b"x"), 0);
    assert_eq!(fs::metadata(&other).unwrap().permissions().mode() & 0o137, 0);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let said = htpasswd(&["-icC4"], &[&file, "alice"], b"x").exits(0);
    assert!(said.stderr.contains("drops what is in the file"), "{said:?}");
    assert!(fs::read_to_string(&file).unwrap().starts_with("alice:$2y$04$"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn links_devices_and_directories() {
    let (directory, file) = bed("links");
    let link = format!("{file}.link");
    symlink("users", &link).unwrap();
    set(&link, "alice", b"x");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(verify(&file, "alice", b"x"), 0);
    for flags in [&["-i"] as &[&str], &["-ic"], &["-D"]] {
        for path in ["/dev/null", "/dev/full", directory.to_str().unwrap()] {
            htpasswd(flags, &[path, "alice"], b"x").refuses("not a regular file");
        }
    }
    fs::remove_file(&file).unwrap();
    htpasswd(&["-ic"], &[&link, "alice"], b"x").exits(2);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

/// Twenty at once: none waits for a password while it holds the lock.
#[test]
fn runs_at_once_lose_no_line() {
    let (directory, file) = bed("together");
    let mut running: Vec<_> = (0..20)
        .map(|user| {
            let mut command = program();
            command.args(["htpasswd", "-iC4", &file, &format!("user{user}")]);
            command.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    // All of them are there before the first has its password.
    for child in &mut running {
        child.stdin.take().unwrap().write_all(b"x").unwrap();
    }
    assert!(running.iter_mut().all(|child| child.wait().unwrap().success()));
    let content = fs::read_to_string(&file).unwrap();
    assert!(content.starts_with(OTHERS));
    for user in 0..20 {
        assert!(content.contains(&format!("\nuser{user}:$2y$04$")), "{user}");
    }
    assert!(is_alone(&directory));
}

/// A file that may not grow: a disk that is full.
#[test]
fn a_full_disk_changes_nothing() {
    let (directory, file) = bed("full");
    let script = "trap '' XFSZ; ulimit -f 0; printf x | \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh", util::PROGRAM, "htpasswd", "-iC4", &file, "alice"]);
    // Its output goes through pipes, which have no size.
    ran(command.output().unwrap()).refuses("the password file: ");
    assert_eq!(fs::read_to_string(&file).unwrap(), OTHERS);
    assert!(is_alone(&directory));

    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = program();
    command.args(["htpasswd", "-niC4", "alice"]).stdin(Stdio::null()).stdout(full);
    ran(command.stderr(Stdio::piped()).output().unwrap()).refuses("cannot write");
}

/// A reader who left is no error.
#[test]
fn nobody_reads_the_output() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program();
    command.args(["htpasswd", "-niC4", "alice"]).stdin(Stdio::null()).stdout(writer);
    ran(command.stderr(Stdio::piped()).output().unwrap()).exits(0);
}

/// Nobody may write there, and the file is as it was.
#[test]
fn a_directory_that_is_read_only() {
    let (directory, file) = bed("read_only");
    // Permissions are nothing to root.
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout == b"0\n" {
        return println!("skipped: root may write everywhere");
    }
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o555)).unwrap();
    let refused = htpasswd(&["-iC4"], &[&file, "alice"], b"x");
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    refused.refuses("permission denied");
    assert_eq!(fs::read_to_string(&file).unwrap(), OTHERS);
    assert!(is_alone(&directory));
}

/// What Apache's program says, if it is here.
fn apache(args: &[&str]) -> Option<Ran> {
    match Command::new("htpasswd").args(args).output() {
        Ok(output) => Some(ran(output)),
        Err(_) => {
            println!("skipped: there is no htpasswd of Apache's (apache2-utils)");
            None
        }
    }
}

#[test]
fn apache_verifies_what_is_written_here() {
    let (_directory, file) = bed("to_apache");
    // A line without a colon is no file of htpasswd's own.
    fs::write(&file, OTHERS.replace("no colon\n", "")).unwrap();
    let longest = "x".repeat(72);
    for password in ["open sesame", "p\u{e4}ssword", "", &longest] {
        for flags in ["-iBC4", "-iC5", "-i2r1000", "-i5r1000"] {
            htpasswd(&[flags], &[&file, "alice"], password.as_bytes()).exits(0);
            let wrong = format!("{password}x").replacen("xx", "xy", 1);
            let Some(right) = apache(&["-vb", &file, "alice", password]) else { return };
            right.exits(0);
            assert_eq!(apache(&["-vb", &file, "alice", &wrong]).unwrap().code, Some(3));
        }
    }
    // It finds the file in order, and changes it.
    apache(&["-bB", &file, "carol", "x"]).unwrap().exits(0);
    assert_eq!((verify(&file, "carol", b"x"), verify(&file, "alice", longest.as_bytes())), (0, 0));
}

#[test]
fn what_apache_wrote_is_verified_here() {
    let (_directory, file) = bed("from_apache");
    for flag in ["-B", "-2", "-5", "-m", "-s", "-d"] {
        for password in ["sesame", "p\u{e4}ss"] {
            let Some(made) = apache(&["-nb", flag, "alice", password]) else { return };
            fs::write(&file, made.exits(0).stdout).unwrap();
            assert_eq!(verify(&file, "alice", password.as_bytes()), 0, "{flag}");
            assert_eq!(verify(&file, "alice", b"sesamf"), 1, "{flag}");
        }
    }
    // Plain text is no hash, and is not shown.
    fs::write(&file, "alice:open-sesame\n").unwrap();
    let refused = htpasswd(&["-iv"], &[&file, "alice"], b"open-sesame").exits(2);
    assert!(!refused.stderr.contains("sesame"), "{refused:?}");
}

#[test]
fn help_says_what_is_refused() {
    let help = run(&["htpasswd", "--help"]).exits(0).stdout;
    for wanted in ["Examples:\n  doorstep ", "Exit codes: 0 ", "-b is refused"] {
        assert!(help.contains(wanted), "no {wanted:?}");
    }
    assert!(!help.contains("MD5"), "a flag that is refused");
}
