//! Issue: "reads what Apache writes, reloads on change, never half-read; read-only unless asked;
//! writes atomically".

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use doorstep::driver::{BlockingStore, drive_blocking};
use doorstep::password::{Bcrypt, Hashers, Pbkdf2, Prf, ShaCrypt, Workspace};
use doorstep::{Authenticator, Basic, Bearer, Cause, Outcome, UnixTime};
use doorstep_htpasswd::{ErrorKind, Htpasswd, Options, Problem, ProblemKind};

/// Made by htpasswd of apache2-utils 2.4.71-1~deb12u1 of the password `open sesame`, with -nb and
/// -B -C 5, -2 -r 5000, -5 -r 5000, -m, -s, -d (of its first eight characters) and -p. It writes a
/// blank line after each.
const APACHE: &str = "\
bcrypt:$2y$05$HRis0W7IcybyFT4DSjgvjeWGKwkmOT8SX/Dhocx94hGQTIO.ctfBi

sha256:$5$rounds=5000$GSwCN2YYi7mBWPNG$uiMElFTAdcEkddmGaXR8c8SlSQZm6s85ltE/1r6/B.1

sha512:$6$rounds=5000$IieiMwwlfR24e8MF$qrQAqMmtwAXJyYi4i.Oza/8VadvU6tXvAuo.Xq7Dv2W8FtqiNiRU52ymQO9DNJVZ61JehPR3HeClvMuj0/TKE.

apr1:$apr1$QyUUHUXy$TRaN85JpUbyP4e1iWfdmx/

sha1:{SHA}W8r/fyL/UzygmbNAjq2HbA67qac=

crypt:qeeLIFNUbsso2

plain:open sesame

";

struct Bed {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl Bed {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users");
        fs::write(&path, content).unwrap();
        Self { _directory: directory, path }
    }

    fn write(&self, content: impl AsRef<[u8]>) {
        fs::write(&self.path, content).unwrap();
    }

    /// Looks at the file each time, and takes what is there.
    fn store(&self) -> Htpasswd {
        eager().open(&self.path).unwrap()
    }
}

fn eager() -> Options {
    let mut options = Options::default();
    options.check_every = Duration::ZERO;
    options.settle = Duration::ZERO;
    options.writable = true;
    options
}

fn authenticator() -> Authenticator {
    let hashers = Hashers::new(Bcrypt::new(4).unwrap())
        .accept(ShaCrypt::default())
        .accept(Pbkdf2::new(Prf::Sha256, 1).unwrap());
    Authenticator::builder("test", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .build()
        .unwrap()
}

fn outdated_hash(password: &str) -> String {
    let hashers = Hashers::new(Pbkdf2::new(Prf::Sha256, 1).unwrap());
    hashers.hash(password.into()).unwrap().run().unwrap()
}

/// Why this password is refused, if it is.
fn refused(store: &Htpasswd, username: &str, password: &str) -> Option<Cause> {
    let step = authenticator().login(username, password.into());
    let now = UnixTime::from_secs(1_700_000_000);
    match drive_blocking(step, &mut store.clone(), &mut Workspace::new(), now).unwrap() {
        Outcome::Granted(granted) => {
            assert_eq!(granted.user(), username);
            None
        }
        Outcome::Denied(denied) => Some(denied.cause()),
        Outcome::Anonymous(_) => unreachable!("there is a password"),
    }
}

fn hash(store: &Htpasswd, username: &str) -> Option<String> {
    store.hash(username).unwrap()
}

fn names(directory: &Path) -> Vec<String> {
    let names = fs::read_dir(directory).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_apache_writes_is_read_and_unknown_formats_are_refused_alone() {
    let bed = Bed::new(APACHE);
    let mut options = Options::default();
    options.check_every = Duration::ZERO;
    let store = options.open(&bed.path).unwrap();
    assert_eq!(store.problems().unwrap(), []);
    for name in ["bcrypt", "sha256", "sha512"] {
        assert_eq!(refused(&store, name, "open sesame"), None, "{name}");
        assert_eq!(refused(&store, name, "Open sesame"), Some(Cause::Mismatch), "{name}");
    }
    // Also to whoever knows what stands there.
    for name in ["apr1", "sha1", "crypt", "plain"] {
        for password in ["open sesame", "opensesa", "", &hash(&store, name).unwrap()] {
            let cause = refused(&store, name, password);
            assert!(matches!(cause, Some(Cause::UnusableHash(_))), "{name}: {cause:?}");
        }
    }
    assert_eq!(refused(&store, "nobody", "open sesame"), Some(Cause::UnknownUser));
    // Nothing was asked to be written.
    assert_eq!(fs::read_to_string(&bed.path).unwrap(), APACHE);
}

/// As mod_authn_file and ap_cfg_getline read them.
#[test]
fn lines_are_read_as_apache_reads_them() {
    let bed = Bed::new(
        b"# admin:comment\n \t\n  \t# comment: too\n\tblanks:around \t\r\nadmin :inside\nadmin:first:more\nAdmin:other\n\
          admin:second\nnocolon\nnohash:\n:nobody\n\xff:latin\nz\xc3\xab:utf8\nlast:without line feed",
    );
    let store = bed.store();
    for (name, expected) in [
        ("blanks", Some("around")),
        ("admin ", Some("inside")),
        ("admin", Some("first")),
        ("Admin", Some("other")),
        ("", Some("nobody")),
        ("z\u{eb}", Some("utf8")),
        ("ze\u{308}", None),
        ("# admin", None),
        ("nocolon", None),
        ("nohash", None),
        ("last", Some("without line feed")),
    ] {
        assert_eq!(hash(&store, name).as_deref(), expected, "{name:?}");
    }
    let problems = store.problems().unwrap();
    let found: Vec<_> = problems.iter().map(|&Problem { line, kind, .. }| (line, kind)).collect();
    let expected = [
        (8, ProblemKind::Duplicate),
        (9, ProblemKind::NoColon),
        (10, ProblemKind::NoHash),
        (12, ProblemKind::NotUtf8),
    ];
    assert_eq!(found, expected);
    let said: String = problems.iter().map(ToString::to_string).collect();
    assert!(!said.contains("admin") && !said.contains("second") && !said.contains("nocolon"));
}

#[test]
fn files_and_lines_are_bounded() {
    let bed = Bed::new(format!("alice:a\nbob:{}\n", "b".repeat(100)));
    let mut options = eager();
    options.line_len = 104;
    assert!(options.clone().open(&bed.path).is_ok());
    options.line_len = 103;
    let error = options.clone().open(&bed.path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LineTooLong { line: 2 });
    assert!(!error.to_string().contains('b'.to_string().repeat(3).as_str()));
    options.line_len = 1000;
    options.file_len = fs::metadata(&bed.path).unwrap().len();
    let store = options.clone().open(&bed.path).unwrap();
    // One that grows too long is none.
    bed.write(format!("alice:a\nbob:{}\n", "b".repeat(101)));
    assert_eq!(store.hash("alice").unwrap_err().kind(), ErrorKind::FileTooLong);
    let error = options.open(&bed.path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLong);
}

#[test]
fn a_change_is_seen_and_a_file_that_is_gone_grants_nobody() {
    let bed = Bed::new("alice:one\n");
    let store = bed.store();
    assert_eq!(hash(&store, "alice").as_deref(), Some("one"));
    // Of other lengths, since all of this may happen in one tick of the file system's clock.
    bed.write("alice:second\n");
    assert_eq!(hash(&store, "alice").as_deref(), Some("second"));
    bed.write("bob:two\n");
    assert_eq!(hash(&store, "alice"), None);

    fs::remove_file(&bed.path).unwrap();
    let gone = ErrorKind::Io(std::io::ErrorKind::NotFound);
    assert_eq!(store.hash("bob").unwrap_err().kind(), gone);
    let step = authenticator().login("bob", "two".into());
    let now = UnixTime::from_secs(0);
    let outcome = drive_blocking(step, &mut store.clone(), &mut Workspace::new(), now);
    assert_eq!(outcome.unwrap_err().kind(), gone);
    bed.write("carol:three\n");
    assert_eq!(hash(&store, "carol").as_deref(), Some("three"));
}

#[test]
fn a_file_is_looked_at_no_more_often_than_it_says() {
    let bed = Bed::new("alice:one\n");
    let mut options = eager();
    options.check_every = Duration::from_secs(3600);
    let store = options.open(&bed.path).unwrap();
    bed.write("alice:two\n");
    assert_eq!(hash(&store, "alice").as_deref(), Some("one"));
}

/// htpasswd copies the new content over the old, in place.
#[test]
fn what_is_being_written_is_not_read() {
    let bed = Bed::new("alice:one\nbob:one\n");
    let mut options = eager();
    options.settle = Duration::from_secs(3600);
    // It is as young as that: it counts, and is read again once it is quiet.
    let store = options.open(&bed.path).unwrap();
    for half in ["", "ali", "alice:t", "alice:two\n", "alice:two\nbob:tw"] {
        bed.write(half);
        assert_eq!(hash(&store, "alice").as_deref(), Some("one"), "{half:?}");
        assert_eq!(hash(&store, "bob").as_deref(), Some("one"), "{half:?}");
    }
    // Without waiting, the half would have been read.
    bed.write("alice:t");
    assert_eq!(hash(&bed.store(), "bob"), None);
}

#[test]
fn concurrent_rewrites_are_seen_whole() {
    let whole = |word: &str| {
        let lines = (0..2000).map(|number| format!("user{number}:{word}\n"));
        lines.collect::<String>()
    };
    let (one, two) = (whole("one"), whole("two, which is longer"));
    let bed = Bed::new(&one);
    let (store, done) = (bed.store(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..300 {
                let beside = bed.path.with_extension("new");
                fs::write(&beside, if round % 2 == 0 { &two } else { &one }).unwrap();
                fs::rename(&beside, &bed.path).unwrap();
            }
            done.store(true, Ordering::Release);
        });
        while !done.load(Ordering::Acquire) {
            // All of one content: who reads a mixture of both finds a line that is neither's.
            assert_eq!(store.problems().unwrap(), []);
            assert!(hash(&store, "user1999").is_some());
            let debug = format!("{store:?}");
            assert!(debug.contains("Ok(2000)"), "{debug}");
        }
    });
}

#[test]
fn it_writes_only_if_it_was_asked_to() {
    let old = outdated_hash("a");
    let content = format!("alice:{old}\n");
    let bed = Bed::new(&content);
    let store = Htpasswd::open(&bed.path).unwrap();
    let error = store.replace_hash("alice", &old, "$2b$new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly);
    assert_eq!(refused(&store, "alice", "a"), None, "a failed replacement fails no login");
    assert_eq!(fs::read_to_string(&bed.path).unwrap(), content);
}

#[test]
fn a_renewal_changes_one_hash_and_no_other_byte() {
    let (old, other) = (outdated_hash("a"), outdated_hash("b"));
    let before = format!("# users\r\n\n \talice:{old}:note \nbob:{other}\nalice:{old}\nnocolon");
    let bed = Bed::new(&before);
    let store = bed.store();
    assert_eq!(refused(&store, "alice", "a"), None);
    let new = hash(&store, "alice").unwrap();
    assert!(new.starts_with("$2b$04$"), "{new}");
    assert_eq!(fs::read_to_string(&bed.path).unwrap(), before.replacen(&old, &new, 1));
    assert_eq!(refused(&store, "alice", "a"), None);
    assert_eq!(refused(&store, "alice", "b"), Some(Cause::Mismatch));
    assert_eq!(names(bed.path.parent().unwrap()), ["users"], "nothing stays behind");
}

#[test]
fn a_hash_is_replaced_only_where_the_old_one_still_is() {
    let bed = Bed::new("alice:changed\nbob:hash\n");
    let store = bed.store();
    for (name, old) in [("alice", "old"), ("alice", "Changed"), ("nobody", "hash"), ("alice", "")] {
        assert!(!store.replace_hash(name, old, "renewed").unwrap());
    }
    assert_eq!(fs::read_to_string(&bed.path).unwrap(), "alice:changed\nbob:hash\n");
    // What would be another line, or the end of the hash.
    for new in ["a\nmallory:m", "a:b", "a b", "", "\u{eb}", "a\r", "a\0"] {
        let error = store.replace_hash("bob", "hash", new).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidHash, "{new:?}");
    }
    assert!(store.replace_hash("bob", "hash", "$2b$x").unwrap());
    assert_eq!(fs::read_to_string(&bed.path).unwrap(), "alice:changed\nbob:$2b$x\n");
}

#[test]
fn concurrent_renewals_lose_none_and_win_once() {
    let lines: String = (0..8).map(|number| format!("user{number}:old\n")).collect();
    let bed = Bed::new(lines + "shared:old\n");
    let won = std::thread::scope(|scope| {
        let renewals: Vec<_> = (0..8)
            .map(|number| {
                let store = bed.store(); // as another process would
                scope.spawn(move || {
                    let name = format!("user{number}");
                    for round in 0..10 {
                        let (old, new) = (hash(&store, &name).unwrap(), format!("new{round}"));
                        assert!(store.replace_hash(&name, &old, &new).unwrap());
                    }
                    store.replace_hash("shared", "old", &format!("by{number}")).unwrap()
                })
            })
            .collect();
        renewals.into_iter().map(|renewal| renewal.join().unwrap()).filter(|&won| won).count()
    });
    assert_eq!(won, 1);
    let content = fs::read_to_string(&bed.path).unwrap();
    assert_eq!(content.matches(":new9\n").count(), 8, "{content}");
    assert_eq!(content.matches("shared:by").count(), 1, "{content}");
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let bed = Bed::new("alice:old\n");
    fs::set_permissions(&bed.path, fs::Permissions::from_mode(0o640)).unwrap();
    let link = bed.path.with_file_name("link");
    symlink(&bed.path, &link).unwrap();
    let store = eager().open(&link).unwrap();
    assert!(store.replace_hash("alice", "old", "new").unwrap());
    assert!(link.is_symlink());
    assert_eq!(fs::metadata(&bed.path).unwrap().permissions().mode() & 0o7777, 0o640);
    assert_eq!(fs::read_to_string(&bed.path).unwrap(), "alice:new\n");
    assert_eq!(hash(&store, "alice").as_deref(), Some("new"));
}

#[test]
fn it_is_a_store_of_both_kinds_and_knows_no_tokens() {
    fn is_store<S: doorstep::driver::Store + BlockingStore + 'static>(_: &S) {}
    let bed = Bed::new(APACHE);
    let store = bed.store();
    is_store(&store);
    let step = authenticator().begin([("authorization", &b"Bearer abc"[..])]);
    let now = UnixTime::from_secs(0);
    let outcome = drive_blocking(step, &mut store.clone(), &mut Workspace::new(), now).unwrap();
    let Outcome::Denied(denied) = outcome else { panic!("there is no such token") };
    assert_eq!(denied.cause(), Cause::UnknownToken);
    assert!(!format!("{store:?}").contains("bcrypt"));
}
