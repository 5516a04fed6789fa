//! Changing a password file: one user's lines and no other byte, at once or not at all.

#![allow(missing_docs, clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use doorstep_htpasswd::{Edit, ErrorKind, Htpasswd};
use tempfile::TempDir;

const HASH: &str = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

fn bed(content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users");
    fs::write(&path, content).unwrap();
    (directory, path)
}

#[track_caller]
fn set(content: impl AsRef<[u8]>, username: &str) -> (Vec<u8>, bool) {
    let (_directory, path) = bed(content);
    let mut edit = Edit::open(&path).unwrap();
    let is_new = edit.set(username, "HASH").unwrap();
    edit.save().unwrap();
    (fs::read(&path).unwrap(), is_new)
}

#[track_caller]
fn removed(content: impl AsRef<[u8]>, username: &str) -> (Vec<u8>, bool) {
    let (_directory, path) = bed(content);
    let mut edit = Edit::open(&path).unwrap();
    let was_there = edit.remove(username);
    edit.save().unwrap();
    (fs::read(&path).unwrap(), was_there)
}

fn entries(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

/// `mod_authn_file` trims lines, skips `#`, and reads up to the second colon.
#[test]
fn one_users_lines_change_and_no_other_byte() {
    for (content, username, expected, is_new) in [
        ("" as &str, "a", "a:HASH\n", true),
        ("b:x", "a", "b:x\na:HASH\n", true),
        ("b:x\n", "a", "b:x\na:HASH\n", true),
        ("b:x\r\n", "a", "b:x\r\na:HASH\n", true),
        ("a:x\nb:y\n", "a", "a:HASH\nb:y\n", false),
        ("b:y\na:x", "a", "b:y\na:HASH", false),
        ("a:x\r\nb:y\r\n", "a", "a:HASH\r\nb:y\r\n", false),
        // What follows a second colon, and blanks around a line.
        (" \ta:x:Ann:1\t \n", "a", " \ta:HASH:Ann:1\t \n", false),
        // Of two lines the first counts, until it is gone.
        ("a:x\nb:y\na:z\n", "a", "a:HASH\nb:y\na:HASH\n", false),
        // Apache finds these users too: without a hash nobody logs in as them.
        ("a:\nb:y\n", "a", "a:HASH\nb:y\n", false),
        ("a\nb:y\n", "a", "a:HASH\nb:y\n", false),
        ("#a:x\n# a:y\n\n \n", "a", "#a:x\n# a:y\n\n \na:HASH\n", true),
        ("A:x\naa:x\n a b:x\n", "a", "A:x\naa:x\n a b:x\na:HASH\n", true),
        ("käthe:x\n", "käthe", "käthe:HASH\n", false),
        ("a :x\n", "a ", "a :HASH\n", false),
    ] {
        let changed = set(content, username);
        assert_eq!(changed, (expected.into(), is_new), "{content:?}");
    }
    // Not UTF-8: no user to this crate, and one to Apache.
    let (changed, is_new) = set(b"\xff:x\n\0\x80\na:\xff\nb:\xff", "a");
    assert_eq!((&changed[..], is_new), (b"\xff:x\n\0\x80\na:HASH\nb:\xff" as &[u8], false));
}

#[test]
fn a_removed_user_is_in_no_line() {
    for (content, expected, was_there) in [
        ("a:x\n" as &str, "", true),
        ("b:y\na:x", "b:y\n", true),
        ("a:x\r\nb:y\r\n", "b:y\r\n", true),
        ("a:x\n#a:x\na:z\n\nb\n", "#a:x\n\nb\n", true),
        ("a\n a:\nA:x\n", "A:x\n", true),
        ("aa:x\n", "aa:x\n", false),
        ("", "", false),
    ] {
        assert_eq!(removed(content, "a"), (expected.into(), was_there), "{content:?}");
    }
}

#[test]
fn what_is_set_is_found_again() {
    for username in ["alice", "käthe", "a b", "-", "*", "a#", "'\"$", "\u{2028}", &"x".repeat(255)]
    {
        let (_directory, path) = bed("alice:x\n");
        let mut edit = Edit::open(&path).unwrap();
        edit.set(username, HASH).unwrap();
        edit.save().unwrap();
        let store = Htpasswd::open(&path).unwrap();
        assert_eq!(store.hash(username).unwrap().as_deref(), Some(HASH), "{username:?}");
        assert_eq!(store.problems().unwrap(), []);
    }
}

#[test]
fn what_would_not_be_found_again_is_refused() {
    let (directory, path) = bed("b:y\n");
    let mut edit = Edit::open(&path).unwrap();
    for username in ["", "a:b", ":", "a\nb", "a\r", "#a", " a", "\ta", "a\0", "a\x7f", "a\u{85}"] {
        let refused = edit.set(username, HASH).unwrap_err().kind();
        assert_eq!(refused, ErrorKind::InvalidUsername, "{username:?}");
        assert!(!edit.remove(username), "{username:?}");
    }
    for hash in ["", "x:y", "x\ny", "x y", "ä", "\0"] {
        let refused = edit.set("a", hash).unwrap_err().kind();
        assert_eq!(refused, ErrorKind::InvalidHash, "{hash:?}");
    }
    let refused = edit.set("a", &"x".repeat(8192)).unwrap_err().kind();
    assert_eq!(refused, ErrorKind::LineTooLong { line: 2 });
    edit.save().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"b:y\n");
    assert_eq!(entries(directory.path()), 1);
}

#[test]
fn what_is_dropped_changes_nothing() {
    let (directory, path) = bed("b:y\n");
    let mut edit = Edit::open(&path).unwrap();
    edit.set("a", HASH).unwrap();
    assert!(edit.remove("b"));
    drop(edit);
    let mut edit = Edit::create(&path).unwrap();
    edit.set("a", HASH).unwrap();
    drop(edit);
    assert_eq!((fs::read(&path).unwrap(), entries(directory.path())), (b"b:y\n".into(), 1));
}

#[test]
fn a_new_file_is_not_for_everybody() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("users");
    assert_eq!(Edit::open(&path).unwrap_err().kind(), ErrorKind::Io(std::io::ErrorKind::NotFound));
    let mut edit = Edit::create(&path).unwrap();
    edit.set("a", "HASH").unwrap();
    edit.save().unwrap();
    assert_eq!((fs::read(&path).unwrap(), entries(directory.path())), (b"a:HASH\n".into(), 1));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o137, 0);
    }
}

#[cfg(unix)]
#[test]
fn permissions_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let (directory, path) = bed("a:x\n");
    let link = directory.path().join("link");
    symlink("users", &link).unwrap();
    for mode in [0o600, 0o644, 0o660] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let mut edit = if mode == 0o644 { Edit::create(&link) } else { Edit::open(&link) }.unwrap();
        edit.set("a", "HASH").unwrap();
        edit.save().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        assert_eq!(fs::read(&path).unwrap(), b"a:HASH\n");
    }
    // A link into nothing is not replaced by a file.
    fs::remove_file(&path).unwrap();
    let refused = Edit::create(&link).unwrap_err().kind();
    assert_eq!(refused, ErrorKind::Io(std::io::ErrorKind::NotFound));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

/// As root, a rename would put a file in the place of the device.
#[cfg(unix)]
#[test]
fn only_files_are_changed() {
    let directory = tempfile::tempdir().unwrap();
    for path in [Path::new("/dev/null"), directory.path()] {
        assert_eq!(Edit::open(path).unwrap_err().kind(), ErrorKind::NotAFile, "{path:?}");
        assert_eq!(Edit::create(path).unwrap_err().kind(), ErrorKind::NotAFile, "{path:?}");
    }
    for path in ["", ".", "..", "/"] {
        assert!(Edit::create(path).is_err(), "{path:?}");
    }
}

/// Somebody without the lock, such as Apache's htpasswd, wrote meanwhile.
#[test]
fn what_others_wrote_is_not_overwritten() {
    let (directory, path) = bed("a:x\n");
    let mut edit = Edit::open(&path).unwrap();
    edit.set("a", HASH).unwrap();
    fs::write(&path, "a:another\n").unwrap();
    assert_eq!(edit.save().unwrap_err().kind(), ErrorKind::Changing);

    let new = directory.path().join("new");
    let mut edit = Edit::create(&new).unwrap();
    edit.set("a", HASH).unwrap();
    fs::write(&new, "a:another\n").unwrap();
    assert_eq!(edit.save().unwrap_err().kind(), ErrorKind::Changing);
    for path in [path, new] {
        assert_eq!(fs::read(&path).unwrap(), b"a:another\n");
    }
    assert_eq!(entries(directory.path()), 2);
}

#[test]
fn concurrent_changes_lose_no_line() {
    let (_directory, path) = bed("# kept\n");
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let path = &path;
            scope.spawn(move || {
                for user in 0..10 {
                    let mut edit = Edit::open(path).unwrap();
                    assert!(edit.set(&format!("user{thread}-{user}"), HASH).unwrap());
                    edit.save().unwrap();
                }
            });
        }
    });
    let content = fs::read_to_string(&path).unwrap();
    assert_eq!(content.lines().count(), 81);
    let store = Htpasswd::open(&path).unwrap();
    for user in 0..80 {
        let name = format!("user{}-{}", user / 10, user % 10);
        assert_eq!(store.hash(&name).unwrap().as_deref(), Some(HASH), "{name}");
    }
}
