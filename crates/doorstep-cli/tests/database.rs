//! `doorstep user` and `doorstep token` on SQLite: whom the program makes an authenticator lets in, and
//! nobody else.

#![cfg(feature = "database")]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::path::PathBuf;
use std::process::Stdio;

use doorstep::driver::drive;
use doorstep::password::{Argon2, Bcrypt, Hashers, Secret};
use doorstep::{Authenticator, Basic, Bearer, Cause, Outcome, Scopes, UnixTime};
use doorstep_sqlx::{SqlStore, User};
use serde_json::{Value, json};

use util::{CHEAP, Ran, program, ran, run, with_stdin};

/// The directory of a test's own, and the URL of a database that is not there yet.
fn bed(name: &str) -> (PathBuf, String) {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("database").join(name);
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).unwrap();
    let url = format!("sqlite:{}", directory.join("users.db").display());
    (directory, url)
}

fn doorstep(url: &str, args: &[&str], stdin: &[u8]) -> Ran {
    with_stdin(&[args, &["--database", url]].concat(), stdin)
}

/// Adds a user with a hash that is quick to make.
#[track_caller]
fn add(url: &str, username: &str, password: &[u8]) {
    let args = ["user", "--database", url, "add", "--stdin"];
    with_stdin(&[&args as &[&str], &CHEAP, &["--", username]].concat(), password).exits(0);
}

/// Makes a token, and gives it.
#[track_caller]
fn token(url: &str, username: &str, options: &[&str]) -> String {
    let made = doorstep(url, &[&["token", "new", username], options].concat(), b"").exits(0);
    assert_eq!(made.stdout.lines().count(), 1, "{made:?}");
    made.stdout.trim_end().to_owned()
}

fn list(url: &str) -> Vec<Value> {
    let listed = doorstep(url, &["user", "list", "--json"], b"").exits(0);
    listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn tokens(url: &str, username: &str) -> Vec<Value> {
    let listed = doorstep(url, &["token", "list", username, "--json"], b"").exits(0);
    listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn authenticator() -> Authenticator {
    let hashers = Hashers::new(Argon2::new(8, 1, 1).unwrap()).accept(Bcrypt::default());
    Authenticator::builder("test", hashers)
        .scheme(Basic::new())
        .scheme(Bearer::new())
        .build()
        .unwrap()
}

fn now() -> UnixTime {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    UnixTime::from_secs(now.as_secs())
}

/// With a runtime for as long as it takes, since the program is run between.
fn with_store<T>(url: &str, work: impl AsyncFnOnce(&SqlStore) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = SqlStore::connect(url).await.unwrap();
        store.migrate().await.unwrap();
        let done = work(&store).await;
        store.close().await;
        done
    })
}

/// What becomes of a login by password.
fn login(url: &str, username: &str, password: &[u8]) -> Result<Scopes, Cause> {
    let step = authenticator().login(username, Secret::new(password));
    with_store(url, async |store| outcome(drive(step, store, now()).await.unwrap()))
}

/// What becomes of a request with a token.
fn bear(url: &str, token: &str) -> Result<Scopes, Cause> {
    let value = format!("Bearer {token}");
    let step = authenticator().begin([("authorization", value.as_bytes())]);
    with_store(url, async |store| outcome(drive(step, store, now()).await.unwrap()))
}

fn outcome(outcome: Outcome<User>) -> Result<Scopes, Cause> {
    match outcome {
        Outcome::Granted(granted) => Ok(granted.scopes().clone()),
        Outcome::Denied(denied) => Err(denied.cause()),
        Outcome::Anonymous(_) => unreachable!("there are credentials"),
    }
}

#[test]
fn whom_it_adds_an_authenticator_lets_in() {
    let (directory, url) = bed("add");
    let args = ["user", "add", "alice", "--stdin", "--scopes", "read write"];
    let added = doorstep(&url, &[&args as &[&str], &CHEAP].concat(), b"open sesame").exits(0);
    assert_eq!(added.stdout, "");
    assert!(added.stderr.contains("added a user"), "{added:?}");
    assert_eq!(login(&url, "alice", b"open sesame"), Ok(Scopes::parse("read write").unwrap()));
    assert_eq!(login(&url, "alice", b"open sesamf"), Err(Cause::Mismatch));
    assert_eq!(login(&url, "Alice", b"open sesame"), Err(Cause::UnknownUser));

    // Nobody's password is overwritten.
    let again = doorstep(&url, &["user", "add", "alice", "--stdin"], b"another").exits(1);
    assert!(again.stderr.contains("the user-id is taken"), "{again:?}");
    assert_eq!(login(&url, "alice", b"another"), Err(Cause::Mismatch));

    #[cfg(unix)]
    for file in std::fs::read_dir(directory).unwrap() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "who reads it can guess passwords");
    }
}

#[test]
fn a_password_is_changed_and_taken_away() {
    let (_directory, url) = bed("passwd");
    add(&url, "alice", b"first");
    let (one, two) = (token(&url, "alice", &[]), token(&url, "alice", &[]));
    let args = [&["user", "passwd", "alice", "--stdin"], &CHEAP as &[&str]].concat();
    doorstep(&url, &args, b"second").exits(0);
    assert_eq!(login(&url, "alice", b"first"), Err(Cause::Mismatch));
    assert!(login(&url, "alice", b"second").is_ok() && bear(&url, &one).is_ok());

    let done = doorstep(&url, &[&args as &[&str], &["--revoke-tokens"]].concat(), b"3").exits(0);
    assert!(done.stderr.contains("revoked 2 tokens"), "{done:?}");
    assert_eq!(
        (bear(&url, &one), bear(&url, &two)),
        (Err(Cause::TokenRevoked), Err(Cause::TokenRevoked))
    );

    doorstep(&url, &["user", "passwd", "alice", "--no-password"], b"").exits(0);
    assert!(login(&url, "alice", b"3").is_err() && login(&url, "alice", b"").is_err());
    doorstep(&url, &["user", "passwd", "bob", "--stdin"], b"x").exits(1);
}

#[test]
fn an_account_is_disabled_enabled_and_removed() {
    let (_directory, url) = bed("disable");
    add(&url, "alice", b"x");
    add(&url, "bob", b"y");
    let borne = token(&url, "alice", &["--scopes", "read"]);
    for _ in 0..2 {
        doorstep(&url, &["user", "disable", "alice"], b"").exits(0);
        assert_eq!(login(&url, "alice", b"x"), Err(Cause::AccountDisabled));
        assert_eq!(bear(&url, &borne), Err(Cause::AccountDisabled));
    }
    doorstep(&url, &["user", "enable", "alice"], b"").exits(0);
    assert!(login(&url, "alice", b"x").is_ok());
    assert_eq!(bear(&url, &borne), Ok(Scopes::parse("read").unwrap()));

    doorstep(&url, &["user", "remove", "alice"], b"").exits(0);
    assert_eq!(login(&url, "alice", b"x"), Err(Cause::UnknownUser));
    assert_eq!(bear(&url, &borne), Err(Cause::UnknownToken));
    assert!(login(&url, "bob", b"y").is_ok());
    for command in ["disable", "enable", "remove"] {
        let missing = doorstep(&url, &["user", command, "alice"], b"").exits(1);
        assert!(missing.stderr.contains("no such user"), "{missing:?}");
    }
}

#[test]
fn tokens_are_made_listed_and_revoked() {
    let (directory, url) = bed("tokens");
    add(&url, "alice", b"x");
    add(&url, "bob", b"y");
    let first = token(&url, "alice", &["--scopes", "read write", "--expires", "1h"]);
    let second = token(&url, "alice", &["--expires", "never", "--prefix", "acme_"]);
    assert!(first.starts_with("ds_") && second.starts_with("acme_"), "{first} {second}");
    assert_eq!(bear(&url, &first), Ok(Scopes::parse("read write").unwrap()));
    assert!(bear(&url, &second).is_ok());

    // Its digest is what is stored.
    for file in std::fs::read_dir(directory).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        for token in [&first, &second] {
            let secret = &token.as_bytes()[token.len() - 36..];
            assert!(!bytes.windows(16).any(|window| window == &secret[..16]), "stored");
        }
    }

    let listed = tokens(&url, "alice");
    let keys: Vec<_> = listed[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["created", "expires", "id", "last_used", "revoked", "scopes", "state"]);
    assert_eq!(listed.len(), 2);
    assert_eq!((&listed[0]["expires"], &listed[0]["scopes"]), (&Value::Null, &json!([])));
    assert_eq!(
        (&listed[1]["state"], &listed[1]["scopes"]),
        (&json!("good"), &json!(["read", "write"]))
    );
    let secs = |value: &Value| value.as_u64().unwrap();
    assert!((3600..3660).contains(&(secs(&listed[1]["expires"]) - secs(&listed[1]["created"]))));
    let text = doorstep(&url, &["token", "list", "alice"], b"").exits(0).stdout;
    assert!(!text.contains(&first[3..10]) && text.lines().count() == 2, "{text}");
    assert!(text.contains("  good      made 2") && text.contains("  (read write)"), "{text}");

    // By its id, which is the user's own; and by the token itself.
    let id = listed[1]["id"].to_string();
    doorstep(&url, &["token", "revoke", "bob", &id], b"").exits(1);
    assert!(bear(&url, &first).is_ok());
    doorstep(&url, &["token", "revoke", "alice", &id], b"").exits(0);
    assert_eq!(bear(&url, &first), Err(Cause::TokenRevoked));
    doorstep(&url, &["token", "revoke", "alice", &id], b"").exits(1);
    for (typed, code) in
        [(second.clone() + "x", 1), (second.clone() + "\n", 0), (second.clone(), 1)]
    {
        doorstep(&url, &["token", "revoke", "--stdin"], typed.as_bytes()).exits(code);
    }
    assert_eq!(bear(&url, &second), Err(Cause::TokenRevoked));
    assert!(tokens(&url, "alice").iter().all(|token| token["state"] == "revoked"));

    let third = token(&url, "alice", &[]);
    doorstep(&url, &["token", "revoke", "alice", "--all"], b"").exits(0);
    doorstep(&url, &["token", "revoke", "alice", "--all"], b"").exits(0);
    assert_eq!(bear(&url, &third), Err(Cause::TokenRevoked));
    for args in [["new", "carol"], ["list", "carol"]] {
        doorstep(&url, &[&["token"] as &[&str], &args].concat(), b"").exits(1);
    }
    doorstep(&url, &["token", "revoke", "carol", "1"], b"").exits(1);
}

/// A token that nobody saw lets nobody in.
#[cfg(target_os = "linux")]
#[test]
fn a_token_that_cannot_be_shown_is_revoked() {
    let (_directory, url) = bed("unseen");
    add(&url, "alice", b"x");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    for stdout in [Stdio::from(full), Stdio::from(closed)] {
        let mut command = program();
        command.args(["token", "new", "alice", "--database", &url]).stdout(stdout);
        ran(command.stderr(Stdio::piped()).output().unwrap()).refuses("cannot write");
    }
    let states: Vec<_> = tokens(&url, "alice").iter().map(|token| token["state"].clone()).collect();
    assert_eq!(states, ["revoked", "revoked"]);
}

#[test]
fn a_list_shows_what_hashes_are_and_no_hash() {
    let (_directory, url) = bed("list");
    add(&url, "alice", b"x");
    doorstep(&url, &["user", "add", "robot", "--no-password", "--scopes", "read"], b"").exits(0);
    let bcrypt = "$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let dear = "$argon2id$v=19$m=4294967295,t=3,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI";
    with_store(&url, async |store| {
        for (name, hash) in [("bob", bcrypt), ("dear", dear), ("old", "plain text")] {
            store.create_user(name, Some(hash), &Scopes::NONE_ASKED).await.unwrap();
        }
    });
    doorstep(&url, &["user", "disable", "bob"], b"").exits(0);
    let mut listed = list(&url);
    let created = listed[0]["created"].take();
    assert!(created.as_u64().unwrap() > 1_700_000_000);
    assert_eq!(
        listed[0],
        json!({
            "id": 1,
            "username": "alice",
            "scopes": [],
            "created": null,
            "disabled": null,
            "has_password": true,
            "format": "argon2",
            "parameters": {"variant": "id", "v": 19, "m": 8, "t": 1, "p": 1},
            "refused": null,
        })
    );
    assert_eq!((&listed[1]["has_password"], &listed[1]["format"]), (&json!(false), &Value::Null));
    assert_eq!(
        (&listed[2]["parameters"], listed[2]["disabled"].is_u64()),
        (&json!({"cost": 10}), true)
    );
    assert_eq!(listed[3]["parameters"]["m"], 4_294_967_295_u32);
    assert_eq!(listed[4]["refused"]["reason"], "unknown_format");

    let text = doorstep(&url, &["user", "list"], b"").exits(0).stdout;
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].ends_with("  \"alice\"  argon2 variant=id v=19 m=8 t=1 p=1"), "{text}");
    assert!(lines[1].ends_with("  \"robot\"  no password  (read)"), "{text}");
    assert!(lines[2].contains("  disabled  2") && lines[2].ends_with("bcrypt cost=10"), "{text}");
    assert!(lines[4].contains("\"old\"  unreadable: "), "{text}");
    for secret in ["CCCC", "E5YP", "CTFh", "plain text", "c29t"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// More than are asked for at once; none twice.
#[test]
fn a_list_is_as_long_as_the_table() {
    let (_directory, url) = bed("long");
    with_store(&url, async |store| {
        let names: Vec<_> = (0..1201).map(|number| format!("user{number}")).collect();
        let users: Vec<_> = names
            .iter()
            .map(|name| doorstep_sqlx::NewUser {
                username: name,
                hash: None,
                scopes: &Scopes::NONE_ASKED,
            })
            .collect();
        store.create_users(&users).await.unwrap();
    });
    let names: Vec<_> = list(&url).into_iter().map(|user| user["username"].clone()).collect();
    let expected: Vec<_> = (0..1201).map(|number| json!(format!("user{number}"))).collect();
    assert_eq!(names, expected);
    // A reader who left is no error.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = program();
    command.args(["user", "list", "--database", &url]).stdout(writer).stderr(Stdio::piped());
    ran(command.output().unwrap()).exits(0);
}

/// Names that somebody else put there are shown, and turn no line or terminal.
#[test]
fn hostile_names() {
    let (_directory, url) = bed("hostile");
    let long = "x".repeat(1025);
    for (name, why) in [
        ("", "is empty"),
        ("a:b", "a colon or a control"),
        ("a\nb", "a colon or a control"),
        ("\x1b[2J", "a colon or a control"),
        (&long, "longer than 1024 bytes"),
    ] {
        let args = [&["user", "--database", &url, "add", "--stdin", "--"] as &[&str], &[name]];
        let refused = with_stdin(&args.concat(), b"x").refuses(why);
        assert!(!refused.stderr.contains('\x1b'), "{refused:?}");
    }
    let names = ["-", "--help", "a'b", "k\u{e4}the", "' OR 1=1 --", "%", &long[..1024]];
    for name in names {
        add(&url, name, b"x");
        assert!(login(&url, name, b"x").is_ok(), "{name:?}");
    }
    let stored = ["a\x1b[2Jb", "a\nb", "\u{9b}2J", "\u{202e}evil", "a\x7f", "\u{e0001}", "\"a\"\\"];
    with_store(&url, async |store| {
        for name in stored {
            store.create_user(name, None, &Scopes::NONE_ASKED).await.unwrap();
        }
    });
    let listed = list(&url);
    for (user, name) in listed.iter().zip(names.iter().chain(&stored)) {
        assert_eq!(user["username"], **name);
    }
    for options in [&[] as &[&str], &["--json"]] {
        let shown = doorstep(&url, &[&["user", "list"], options].concat(), b"").exits(0).stdout;
        assert_eq!(shown.lines().count(), listed.len());
        let is_plain = |each: char| each == '\n' || each == '\u{e4}' || (' '..='~').contains(&each);
        assert!(shown.chars().all(is_plain), "{shown:?}");
    }
    for name in stored {
        let args = ["user", "--database", &url, "remove", "--", name];
        run(&args).exits(0);
    }
}

#[test]
fn what_could_never_log_in_is_refused() {
    let (_directory, url) = bed("never");
    for (password, why) in [
        (b"x\n" as &[u8], "ends with a line feed"),
        (b"x\ny", "a control character"),
        (b"\xff", "is not UTF-8"),
        (&[b'x'; 4097], "longer than 4096 bytes"),
        (&vec![b'x'; 3_000_000], "longer than 4096 bytes"),
    ] {
        doorstep(&url, &["user", "add", "alice", "--stdin"], password).refuses(why);
    }
    let bcrypt = ["user", "add", "alice", "--stdin", "--algorithm", "bcrypt"];
    doorstep(&url, &bcrypt, &[b'x'; 73]).refuses("longer than the 72 bytes");
    doorstep(&url, &["user", "add", "alice", "--cost", "5"], b"").refuses("does not belong");
    doorstep(&url, &["user", "add", "alice", "--scopes", "a  b"], b"").exits(2);
    doorstep(&url, &["user", "add", "alice", "--scopes", &"s".repeat(2049)], b"").exits(2);
    doorstep(&url, &["user", "add", "alice", "hunter2"], b"").refuses("an argument too many");
    for expires in ["0s", "soon", "-1d", "99999999999999999999y"] {
        doorstep(&url, &["token", "new", "alice", "--expires", expires], b"").exits(2);
    }
    doorstep(&url, &["token", "new", "alice", "--prefix", "a b"], b"").exits(2);
    for args in [&["revoke"] as &[&str], &["revoke", "alice"], &["revoke", "alice", "1", "--all"]] {
        doorstep(&url, &[&["token"], args].concat(), b"").exits(2);
    }
    assert_eq!(list(&url), [] as [Value; 0]);
}

/// Twenty at once for one name, on a database that none of them finds: one makes it.
#[test]
fn runs_at_once_add_a_name_once() {
    let (_directory, url) = bed("together");
    let mut running: Vec<_> = (0..20)
        .map(|number| {
            let name = ["alice".to_owned(), format!("user{number}")][number % 2].clone();
            let mut command = program();
            command.args(["user", "add", "--no-password", &name, "--database", &url]);
            (number % 2, command.stderr(Stdio::null()).spawn().unwrap())
        })
        .collect();
    let codes: Vec<_> =
        running.iter_mut().map(|(kind, child)| (*kind, child.wait().unwrap().code())).collect();
    assert_eq!(codes.iter().filter(|ended| **ended == (0, Some(0))).count(), 1, "{codes:?}");
    assert_eq!(codes.iter().filter(|ended| **ended == (0, Some(1))).count(), 9, "{codes:?}");
    assert_eq!(codes.iter().filter(|ended| **ended == (1, Some(0))).count(), 10, "{codes:?}");
    assert_eq!(list(&url).len(), 11);
}

#[test]
fn which_database() {
    let (directory, url) = bed("which");
    // By the variable, which the option goes before.
    let mut command = program();
    command.args(["user", "add", "alice", "--no-password"]).env("DOORSTEP_DATABASE", &url);
    ran(command.output().unwrap()).exits(0);
    assert_eq!(list(&url).len(), 1);
    let mut command = program();
    command.args(["user", "list", "--database", &url]).env("DOORSTEP_DATABASE", "sqlite:/nowhere");
    ran(command.output().unwrap()).exits(0);
    let mut command = program();
    command.args(["user", "list"]).env_remove("DOORSTEP_DATABASE");
    ran(command.output().unwrap()).refuses("--database URL, or DOORSTEP_DATABASE");

    // A path that was mistyped is no new database.
    let missing = format!("{url}.mistyped");
    for args in [
        &["user", "list"] as &[&str],
        &["user", "passwd", "alice", "--no-password"],
        &["user", "disable", "alice"],
        &["user", "remove", "alice"],
        &["token", "new", "alice"],
        &["token", "list", "alice"],
    ] {
        doorstep(&missing, args, b"").refuses("cannot open the sqlite database");
    }
    assert!(!std::fs::exists(directory.join("users.db.mistyped")).unwrap());
    let read_only = format!("{url}?mode=ro");
    doorstep(&read_only, &["user", "list"], b"").exits(0);
    doorstep(&read_only, &["user", "add", "bob", "--no-password"], b"").exits(2);

    for other in ["hunter2", "hunter2:x", "", ":", "http://a:hunter2@b", "oracle:hunter2"] {
        let refused = doorstep(other, &["user", "list"], b"").refuses("begins with sqlite:");
        assert!(!refused.stderr.replace("can see the password", "").contains("hunter2"));
    }
    // Nothing listens there. The password is visible, which is said, and not said again.
    let server = "postgres://alice:hunter2@127.0.0.1:1/users";
    let refused = doorstep(server, &["user", "list"], b"").refuses("cannot open the postgres");
    assert!(refused.stderr.contains("can see the password in --database"), "{refused:?}");
    assert!(!refused.stderr.contains("hunter2"), "{refused:?}");
    let mut command = program();
    command.args(["user", "list"]).env("DOORSTEP_DATABASE", server);
    let refused = ran(command.output().unwrap()).refuses("cannot open the postgres");
    assert!(!refused.stderr.contains("can see the password"), "{refused:?}");
}

/// Nothing is asked for that is in vain: there is no terminal here to ask at.
#[cfg(target_os = "linux")]
#[test]
fn nothing_is_asked_in_vain() {
    let (_directory, url) = bed("vain");
    add(&url, "alice", b"x");
    for (code, args) in
        [(1, ["user", "add", "alice"]), (1, ["user", "passwd", "bob"]), (2, ["user", "add", "a:b"])]
    {
        let mut command = std::process::Command::new("setsid");
        command.args(["--wait", util::PROGRAM]).args(args).args(["--database", &url]);
        let ended = ran(command.stdin(Stdio::null()).output().unwrap()).exits(code);
        assert!(!ended.stderr.contains("no terminal"), "{ended:?}");
    }
}
