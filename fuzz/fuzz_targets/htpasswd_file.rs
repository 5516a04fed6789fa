//! A password file, changed any number of times, says what a table in memory says, and keeps every
//! byte that nobody changed. What is read of it is what a slow second reader makes of its lines.

#![no_main]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs, process};

use doorstep_htpasswd::{Edit, Htpasswd, Options};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    content: &'a [u8],
    changes: Vec<Change<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Change<'a> {
    Set(&'a str, &'a str),
    Remove(&'a str),
    /// Where the first is there: by the user that the first line names, or by another.
    Replace(Option<&'a str>, Option<&'a str>, &'a str),
}

fuzz_target!(|input: Input<'_>| {
    let path = path();
    fs::write(&path, input.content).expect("a file for the content");
    let Ok(store) = open(&path) else {
        let too_long = |line: &[u8]| line.len() > 8192;
        assert!(input.content.split(|&byte| byte == b'\n').any(too_long));
        return;
    };
    drop(store);
    agrees(&path);
    for change in input.changes.iter().take(8) {
        let before = fs::read(&path).expect("the file");
        let users = users(&before);
        change.apply(&path, &users);
        let after = fs::read(&path).expect("the file");
        // Lines of nobody whom the change names stay, in their order.
        let kept = |content: &[u8]| -> Vec<Vec<u8>> {
            let lines = content.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
            let of_others = lines.filter(|line| name(line) != Some(change.username(&users)));
            of_others.map(<[u8]>::to_vec).collect()
        };
        assert_eq!(kept(&before), kept(&after), "{change:?}");
        agrees(&path);
    }
});

impl Change<'_> {
    fn username<'b>(&'b self, users: &'b [(String, String)]) -> &'b [u8] {
        match self {
            Change::Set(username, _) | Change::Remove(username) => username.as_bytes(),
            Change::Replace(username, ..) => {
                let first = users.first().map(|(username, _)| username.as_str());
                username.or(first).unwrap_or("nobody").as_bytes()
            }
        }
    }

    /// Changes the file, and checks that it says so.
    fn apply(&self, path: &PathBuf, users: &[(String, String)]) {
        let username = std::str::from_utf8(self.username(users)).expect("it was text");
        let known: HashMap<&str, &str> =
            users.iter().rev().map(|(username, hash)| (&**username, &**hash)).collect();
        match *self {
            Change::Set(_, hash) => {
                let mut edit = Edit::open(path).expect("it was read");
                let is_fit = Edit::check_username(username).is_ok() && can_stand_in_line(hash);
                match edit.set(username, hash) {
                    Ok(is_new) => {
                        assert!(is_fit && !(is_new && known.contains_key(username)));
                        edit.save().expect("saved");
                        let store = open(path).expect("it is read again");
                        // Behind a line that is not UTF-8 a hash can be set, and is not read.
                        let found = store.hash(username).expect("read");
                        assert!(found.as_deref() == Some(hash) || !is_new, "{self:?}");
                    }
                    Err(_) => assert!(!is_fit || username.len() + hash.len() > 4096),
                }
            }
            Change::Remove(_) => {
                let mut edit = Edit::open(path).expect("it was read");
                let removed = edit.remove(username);
                assert!(removed || !known.contains_key(username));
                edit.save().expect("saved");
                assert_eq!(open(path).expect("read again").hash(username), Ok(None));
            }
            Change::Replace(_, old, new) => {
                let store = open(path).expect("it is read");
                let there = known.get(username).copied();
                let old = old.or(there).unwrap_or("");
                match store.replace_hash(username, old, new) {
                    Ok(replaced) => {
                        assert_eq!(replaced, there == Some(old), "{self:?}");
                        let now = if replaced { Some(new) } else { there };
                        assert_eq!(store.hash(username).expect("read").as_deref(), now);
                    }
                    Err(_) => assert!(!can_stand_in_line(new) || new.len() > 4096),
                }
            }
        }
    }
}

/// The store finds whom the second reader finds, and nobody else.
fn agrees(path: &PathBuf) {
    let users = users(&fs::read(path).expect("the file"));
    let store = open(path).expect("it is read");
    for (at, (username, _)) in users.iter().enumerate() {
        // The first line of a user-id counts.
        let first = users[..=at].iter().find(|(earlier, _)| earlier == username).expect("itself");
        assert_eq!(store.hash(username), Ok(Some(first.1.clone())));
    }
    let debug = format!("{store:?}");
    let count =
        users.iter().map(|(username, _)| username).collect::<std::collections::HashSet<_>>();
    assert!(debug.contains(&format!("Ok({})", count.len())), "{debug}");
}

/// mod_authn_file, from what its documentation says: blank lines and comments aside, a user-id up to
/// the first colon and a hash up to the next.
fn users(content: &[u8]) -> Vec<(String, String)> {
    let lines = content.split(|&byte| byte == b'\n');
    let text = lines.filter_map(|line| std::str::from_utf8(line).ok());
    text.filter_map(|line| {
        let line = line.trim_matches(|c: char| " \t\r\x0c".contains(c));
        let (username, rest) = line.split_once(':')?;
        let hash = rest.split(':').next()?;
        let is_user = !line.starts_with('#') && !hash.is_empty();
        is_user.then(|| (username.into(), hash.into()))
    })
    .collect()
}

fn name(line: &[u8]) -> Option<&[u8]> {
    let line = line.trim_ascii();
    let name = line.split(|&byte| byte == b':').next()?;
    (!line.is_empty() && !line.starts_with(b"#")).then_some(name)
}

fn can_stand_in_line(hash: &str) -> bool {
    !hash.is_empty() && !hash.contains(':') && hash.chars().all(|c| c.is_ascii_graphic())
}

fn open(path: &PathBuf) -> Result<Htpasswd, doorstep_htpasswd::Error> {
    let mut options = Options::default();
    options.writable = true;
    options.check_every = Duration::ZERO;
    options.settle = Duration::ZERO;
    options.open(path)
}

/// In memory, where there is such a directory: the disk is not what is fuzzed.
fn path() -> PathBuf {
    let shared_memory = PathBuf::from("/dev/shm");
    let directory = if shared_memory.is_dir() { shared_memory } else { env::temp_dir() };
    directory.join(format!("doorstep-fuzz-{}", process::id()))
}
