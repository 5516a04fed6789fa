//! `doorstep wrap --table` on SQLite: what it changes, what it leaves, and that neither a kill nor a
//! login in between loses a hash. `servers.rs` does the like on PostgreSQL and MariaDB.

#![cfg(feature = "database")]
#![allow(clippy::unwrap_used, missing_docs)]

mod util;

use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use doorstep_password::{Argon2, Hashers, Secret, Verdict, Wrapped};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _};

use util::{CHEAP, Ran, file, program, ran};

/// Apache's documentation of its password formats: of "myPassword".
const APR1: &str = "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/";
/// passlib's tests: of "secret".
const SSHA: &str = "{SSHA}0H+zTv8o4MR4H43n03eCsvw1luG8LdB7";
/// As good as what `CHEAP` makes.
const NEW: &str =
    "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A database of the test's own, after these statements.
fn database(name: &str, statements: &str) -> String {
    let path = file(&format!("wrap-table-{name}.db"), b"");
    for end in ["-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(format!("{path}{end}"));
    }
    sql(&path, statements);
    path
}

/// Runs statements, and gives the rows of the last.
#[track_caller]
fn sql(path: &str, statements: &str) -> Vec<SqliteRow> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(path);
        let options = options.busy_timeout(Duration::from_secs(60));
        let mut connection = options.connect().await.unwrap();
        let rows = connection.fetch_all(AssertSqlSafe(statements.to_owned())).await;
        connection.close().await.unwrap();
        rows.unwrap()
    })
}

/// The text in the first columns of the rows that a query finds.
#[track_caller]
fn texts<const N: usize>(path: &str, query: &str) -> Vec<[Option<String>; N]> {
    let rows = sql(path, query);
    rows.iter().map(|row| std::array::from_fn(|at| row.get_unchecked(at))).collect()
}

/// `doorstep wrap` of `users`, by its column `id`.
fn command(path: &str, options: &[&str]) -> Command {
    let mut command = program();
    command.args(["wrap", "--table", "users", "--column", "password"]).args(CHEAP).args(options);
    command.env("DOORSTEP_DATABASE", format!("sqlite:{path}"));
    if !options.contains(&"--key") {
        command.args(["--key", "id"]);
    }
    command
}

fn wrap(path: &str, options: &[&str]) -> Ran {
    ran(command(path, options).output().unwrap())
}

#[track_caller]
fn verdict(password: &str, stored: &str) -> Verdict {
    let argon2 = || Argon2::new(8, 1, 1).unwrap();
    let hashers = Hashers::new(argon2()).accept(Wrapped::of_all(argon2()));
    hashers.verify(Secret::from(password), stored).unwrap().run().unwrap()
}

const COUNTS: [&str; 7] = [
    "rows",
    "wrapped",
    "wrapped_before",
    "up_to_date",
    "without_password",
    "changed",
    "refused_rows",
];

#[track_caller]
fn counts(ran: &Ran) -> [u64; 7] {
    let report = ran.json();
    COUNTS.map(|key| report[key].as_u64().unwrap())
}

/// Users with an integer for a key, whose old hashes go where they do by default.
const TABLE: &str = "CREATE TABLE users \
    (id INTEGER PRIMARY KEY, name TEXT, password TEXT, password_original TEXT);";

#[test]
fn each_row_is_wrapped_and_keeps_its_original() {
    let path = database(
        "each",
        &format!(
            "{TABLE} INSERT INTO users (id, password) VALUES (-3, '{APR1}'), (0, NULL), (5, '!'), \
             (6, 'hunter2'), (7, '{SSHA}'), (8, x'00ff'), (9, 12), (10, '{NEW}'), \
             (9223372036854775807, '{APR1}');"
        ),
    );
    let kept = "SELECT id, hex(password) FROM users WHERE id IN (0, 5, 6, 8, 9, 10)";
    let before = texts::<2>(&path, kept);
    let done = wrap(&path, &["--json"]).exits(1);
    assert_eq!(counts(&done), [9, 3, 0, 1, 2, 0, 3]);
    let keys = done.json()["refusals"].as_array().unwrap().clone();
    let keys: Vec<_> = keys.iter().map(|each| each["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["6", "8", "9"]);
    assert!(done.json()["refused"].is_null());

    let wrapped =
        "SELECT id, password, password_original FROM users WHERE password_original NOTNULL";
    let rows = texts::<3>(&path, wrapped);
    assert_eq!(rows.len(), 3);
    for [_, new, old] in &rows {
        let (new, old) = (new.as_deref().unwrap(), old.as_deref().unwrap());
        let password = if old == SSHA { "secret" } else { "myPassword" };
        assert!([APR1, SSHA].contains(&old));
        assert_eq!(verdict(password, new), Verdict::Outdated);
        assert_eq!(verdict("wrong", new), Verdict::Mismatch);
    }
    assert_ne!(rows[0][1], rows[2][1], "each has a salt of its own");
    let after = texts::<2>(&path, kept);
    assert_eq!(after, before, "what cannot be wrapped stays");

    // What is wrapped is not wrapped again.
    let again = wrap(&path, &[]).exits(1);
    for line in ["wrapped           0", "wrapped before    3", "key 6: ", "not wrapped       3"] {
        assert!(again.stdout.contains(line), "{again:?}");
    }
    assert!(!again.stdout.contains("hunter2"), "{again:?}");
    assert_eq!(texts::<3>(&path, wrapped), rows);
}

/// 10 000 rows, killed with SIGKILL over and over: whenever that is, each row has its old hash in one
/// column or the other.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_goes_on_and_loses_nothing() {
    const ROWS: i64 = 10_000;
    let path = database(
        "killed",
        &format!(
            "PRAGMA journal_mode = WAL; {TABLE} WITH RECURSIVE n(i) AS \
             (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) INSERT INTO users \
             SELECT i, 'user' || i, CASE i % 2 WHEN 0 THEN '{APR1}' ELSE '{SSHA}' END, NULL FROM n;"
        ),
    );
    let whole = format!(
        "SELECT count(*) FROM users WHERE name = 'user' || id AND \
         CASE id % 2 WHEN 0 THEN '{APR1}' ELSE '{SSHA}' END = \
         CASE WHEN password GLOB '$wrapped$*' THEN password_original ELSE password END \
         AND (password GLOB '$wrapped$*') = (password_original NOTNULL)"
    );
    let number = |query: &str| sql(&path, query)[0].get::<i64, _>(0);
    let done = "SELECT count(*) FROM users WHERE password_original NOTNULL";
    let (mut kills, mut grown, mut so_far) = (0, 0, 0);
    loop {
        let mut child = command(&path, &["--jobs", "2"]).stdout(Stdio::null()).spawn().unwrap();
        // In its midst, however slow the machine is; and sometimes while it begins.
        while kills % 4 != 0 && number(done) == so_far && child.try_wait().unwrap().is_none() {}
        thread::sleep(Duration::from_millis(7 * (kills % 5)));
        // On Unix this is SIGKILL.
        child.kill().unwrap();
        let is_done = child.wait().unwrap().success();
        assert_eq!(number(&whole), ROWS, "after {kills} kills");
        let now = number(done);
        assert!(now >= so_far);
        if is_done {
            break;
        }
        grown += u64::from(now > so_far && now < ROWS);
        so_far = now;
        kills += 1;
        assert!(kills < 2_000, "it never ends: {now}");
    }
    assert!(kills > 3 && grown > 3, "{kills} {grown}");
    assert_eq!(number(done), ROWS);
    for [old, new] in
        texts::<2>(&path, "SELECT password_original, password FROM users WHERE id % 499 < 2")
    {
        let password = if old.unwrap() == SSHA { "secret" } else { "myPassword" };
        assert_eq!(verdict(password, &new.unwrap()), Verdict::Outdated);
    }
    assert_eq!(counts(&wrap(&path, &["--json"]).exits(0)), [10_000, 0, 10_000, 0, 0, 0, 0]);
    println!("{kills} kills, {grown} of them in the midst of it");
}

/// A trigger that renews the next user's hash while one is wrapped stands for the login between that a
/// row is read and that it is written.
#[test]
fn a_hash_that_was_renewed_meanwhile_stays() {
    let path = database(
        "renewed",
        &format!(
            "{TABLE} INSERT INTO users (id, password) VALUES (1, '{APR1}'), (2, '{APR1}'), \
             (3, '{APR1}'), (4, '{APR1}'); CREATE TRIGGER login BEFORE UPDATE ON users \
             WHEN OLD.id IN (1, 3) BEGIN UPDATE users SET password = \
             CASE OLD.id WHEN 1 THEN '{NEW}' END WHERE id = OLD.id + 1; END;"
        ),
    );
    let done = wrap(&path, &["--json"]).exits(1);
    assert_eq!(counts(&done), [4, 2, 0, 0, 0, 2, 0]);
    let rows =
        texts::<2>(&path, "SELECT password, password_original FROM users WHERE id IN (2, 4)");
    assert_eq!(rows, [[Some(NEW.to_owned()), None], [None, None]]);
    assert_eq!(counts(&wrap(&path, &["--json"]).exits(0)), [4, 0, 2, 1, 1, 0, 0]);
}

/// Logins at the same time, each by the statement that a store has for it: whichever of the two comes
/// second finds that the old hash is gone.
#[test]
fn logins_meanwhile_are_not_undone() {
    const ROWS: i64 = 3_000;
    let path = database(
        "logins",
        &format!(
            "PRAGMA journal_mode = WAL; {TABLE} WITH RECURSIVE n(i) AS \
             (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) \
             INSERT INTO users SELECT i, i, '{APR1}', NULL FROM n;"
        ),
    );
    let mut child: Child =
        command(&path, &["--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut renewed = Vec::new();
    let mut id = 0;
    while child.try_wait().unwrap().is_none() {
        id = (id + 997) % ROWS;
        let login = format!(
            "UPDATE users SET password = '{NEW}' WHERE id = {id} AND password = '{APR1}' RETURNING id"
        );
        renewed.extend(sql(&path, &login).iter().map(|row| row.get::<i64, _>(0)));
    }
    let done = ran(child.wait_with_output().unwrap());
    let [rows, wrapped, before, up_to_date, _, changed, refused] = counts(&done);
    assert_eq!((rows, before, refused), (ROWS as u64, 0, 0), "{done:?}");
    let is_new = format!("SELECT id, password_original FROM users WHERE password = '{NEW}'");
    let new: Vec<_> = sql(&path, &is_new).iter().map(|row| row.get::<i64, _>(0)).collect();
    renewed.sort_unstable();
    assert_eq!(new, renewed, "{done:?}");
    assert_eq!(wrapped, rows - renewed.len() as u64);
    assert!(up_to_date + changed <= renewed.len() as u64);
    println!("{} logins, {changed} between reading and writing", renewed.len());
}

/// Whatever the names are, and whatever the keys.
#[test]
fn names_are_names_and_keys_are_compared_as_they_are() {
    let hostile = "x\"; DROP TABLE users; --`'[$1]?";
    let quoted = format!("`{}`", hostile.replace('`', "``"));
    let path = database(
        "names",
        &format!(
            "{TABLE} INSERT INTO users VALUES (1, 'a', 'b', NULL); CREATE TABLE {quoted} \
             ({quoted} TEXT COLLATE NOCASE PRIMARY KEY, `Pass\"Word` TEXT COLLATE NOCASE, `select` TEXT); \
             INSERT INTO {quoted} VALUES ('', '{APR1}', NULL), ('B', '{APR1}', NULL), \
             ('a', '{APR1}', NULL), ('\u{e4}''\"', '{APR1}', NULL);"
        ),
    );
    let url = format!("sqlite:{path}");
    let base = ["wrap", "--database", &url, "--table", hostile, "--column", "Pass\"Word", "--key"];
    let options = ["--original", "select", "--json"];
    let args = [&base as &[&str], &[hostile], &options, &CHEAP].concat();
    assert_eq!(counts(&util::run(&args).exits(0)), [4, 4, 0, 0, 0, 0, 0]);
    let args = [&base as &[&str], &["rowid", "--schema", "main"], &options, &CHEAP].concat();
    assert_eq!(counts(&util::run(&args).exits(0)), [4, 0, 4, 0, 0, 0, 0]);
    assert_eq!(texts::<1>(&path, "SELECT password FROM users"), [[Some("b".into())]]);

    // More than a page of keys of each kind that there is, in one column.
    let path = database(
        "keys",
        &format!(
            "CREATE TABLE users (id BLOB PRIMARY KEY, password TEXT, password_original TEXT); \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 800) \
             INSERT INTO users SELECT i, '{APR1}', NULL FROM n UNION ALL \
             SELECT 'key' || i, '{APR1}', NULL FROM n UNION ALL \
             SELECT randomblob(16), '{APR1}', NULL FROM n UNION ALL SELECT x'00ff', 'x', NULL;"
        ),
    );
    let done = wrap(&path, &["--json"]).exits(1);
    assert_eq!(counts(&done), [2401, 2400, 0, 0, 0, 0, 1]);
    assert_eq!(done.json()["refusals"][0]["key"], "00FF");
}

/// Nothing is changed, and what is wrong is said.
#[test]
fn what_could_lose_a_hash_is_refused_before_anything_is_written() {
    let rows = format!("INSERT INTO users (id, password) VALUES (1, '{APR1}'), (2, '{APR1}')");
    let path = database(
        "missing",
        &format!("CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password TEXT); {rows}"),
    );
    let before = std::fs::read(&path).unwrap();
    let refused = wrap(&path, &["--json"]).refuses("ALTER TABLE `users` ADD COLUMN");
    assert_eq!(refused.json()["refused"]["reason"], "schema");
    assert_eq!(counts(&refused), [0; 7]);
    wrap(&path, &["--original", "nope"]).refuses("no column `nope`");
    wrap(&path, &["--original", "Password"]).refuses("three columns");
    wrap(&path, &["--original", "email", "--key", "nope"]).refuses("no column `nope`");
    wrap(&path, &["--original", "email", "--key", "id", "--schema", "nope"]).exits(2);
    wrap(&path, &["--original", ""]).refuses("empty");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // What it says makes it go on.
    let (_, statement) = refused.stderr.split_once("this makes it: ").unwrap();
    sql(&path, statement.trim());
    wrap(&path, &[]).exits(0);

    for (name, why, key, rows) in [
        ("twice", "the same in several", "id INTEGER", "(1, 'a'), (2, 'b'), (1, 'c')"),
        ("null", "NULL in a row", "id INTEGER", "(1, 'a'), (NULL, 'b')"),
        ("nocase", "the same in several", "id TEXT COLLATE NOCASE", "('a', 'a'), ('A', 'b')"),
        ("real", "neither integer", "id REAL", "(1.5, 'a')"),
    ] {
        let path = database(
            name,
            &format!(
                "CREATE TABLE users ({key}, password TEXT, password_original TEXT); \
                 INSERT INTO users (id, password) VALUES {rows}; \
                 UPDATE users SET password = '{APR1}';"
            ),
        );
        let before = std::fs::read(&path).unwrap();
        wrap(&path, &[]).refuses(why);
        assert_eq!(std::fs::read(&path).unwrap(), before, "{name}");
    }

    // A column that is somebody else's.
    let path = database("taken", &format!("{TABLE} {rows}; UPDATE users SET name = 'ann';"));
    let done = wrap(&path, &["--original", "name", "--json"]).exits(1);
    assert_eq!(counts(&done), [2, 0, 0, 0, 0, 0, 2]);
    assert_eq!(
        texts::<2>(&path, "SELECT name, password FROM users")[1],
        [Some("ann".to_owned()), Some(APR1.to_owned())]
    );
}

/// What was done stays done, is counted, and is gone on from.
#[test]
fn a_database_that_fails_midway_is_gone_on_with() {
    let path = database(
        "midway",
        &format!(
            "{TABLE} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) \
             INSERT INTO users SELECT i, i, '{APR1}', NULL FROM n; CREATE TRIGGER full \
             BEFORE UPDATE ON users WHEN OLD.id = 700 BEGIN SELECT RAISE(ABORT, 'hunter2'); END;"
        ),
    );
    let failed = wrap(&path, &["--json", "--jobs", "1"]).refuses("the same command goes on");
    assert!(!failed.stderr.contains("hunter2"), "{failed:?}");
    let [rows, wrapped, ..] = counts(&failed);
    assert_eq!(failed.json()["refused"]["reason"], "database");
    let done = "SELECT count(*) FROM users WHERE password_original NOTNULL";
    assert_eq!(sql(&path, done)[0].get::<i64, _>(0) as u64, wrapped);
    assert!(rows == wrapped && (500..700).contains(&wrapped), "{wrapped}");
    sql(&path, "DROP TRIGGER full");
    let rest = wrap(&path, &["--json"]).exits(0);
    assert_eq!(counts(&rest), [1000, 1000 - wrapped, wrapped, 0, 0, 0, 0]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let path = database("usage", TABLE);
    let url = format!("sqlite:{path}");
    wrap(&path, &["--restart"]).exits(2);
    wrap(&path, &["--output", "x"]).exits(2);
    wrap(&path, &["--layout", "shadow"]).exits(2);
    wrap(&path, &[&path]).exits(2);
    wrap(&path, &["--cost", "5"]).refuses("does not belong");
    util::run(&["wrap", "--database", &url]).exits(2);
    util::run(&["wrap", &path, "--database", &url]).exits(2);
    util::run(&["wrap", &path, "--column", "x"]).exits(2);
    util::run(&["wrap", "--database", &url, "--table", "users", "--key", "id"]).exits(2);
    util::run(&["wrap", "--database", &url, "--table", "users", "--column", "id"]).exits(2);
    wrap(&format!("{path}.not"), &[]).refuses("the database refuses");
    wrap(&format!("{path}?mode=ro"), &[]).exits(0);
    assert_eq!(counts(&wrap(&path, &["--json"]).exits(0)), [0; 7]);
    sql(&path, &format!("INSERT INTO users (password) VALUES ('{APR1}')"));
    wrap(&format!("{path}?mode=ro"), &[]).refuses("the database refuses");
    assert!(!std::fs::exists(format!("{path}.not")).unwrap());
}
