//! What `audit` promises: that its counts add up, that it shows no hash, that nothing that a dump can
//! hold breaks it, and that what it suggests is Rust that works.

#![allow(clippy::unwrap_used, missing_docs)]

mod util;

/// What the program prints, pasted.
mod suggested {
    include!("audit/suggested.rs");

    pub(crate) fn call(secret: Secret) -> Result<Hashers, InvalidShares> {
        hashers(secret)
    }
}

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use doorstep_password::{Argon2, BuiltIn, Hashers, Secret, bare_formats, hashers, imports};
use serde_json::{Value, json};

use util::{file, run, unescape, with_stdin};

/// `U*U` (passlib 1.7.4, `passlib/tests/test_handlers_bcrypt.py`).
const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[test]
fn counts_add_up_to_lines() {
    let hashes = published();
    let dump = file("published", hashes.join("\n").as_bytes());
    let report = run(&["audit", "--json", &dump]).exits(1).json();
    let number = |key: &str| report[key].as_u64().unwrap();
    let sum = |key: &str| -> u64 {
        report[key].as_array().unwrap().iter().map(|row| row["count"].as_u64().unwrap()).sum()
    };
    assert_eq!(number("lines"), hashes.len() as u64);
    let parts = ["hashes", "without_password", "refused_lines", "skipped"].map(number);
    assert_eq!(number("lines"), parts.iter().sum::<u64>());
    assert_eq!(number("hashes"), sum("formats"));
    assert_eq!(number("refused_lines"), sum("refusals"));
    let opinions = ["meets", "legacy", "not_listed", "below", "weak"];
    let opinions = opinions.map(|opinion| report["strength"][opinion].as_u64().unwrap());
    assert_eq!(number("hashes"), opinions.iter().sum::<u64>());

    // The library's own reading is the judge of what is read.
    let all = all_with_a_prefix();
    let is_read = |stored: &&String| all.inspect(stored).is_ok();
    assert_eq!(number("hashes"), hashes.iter().filter(is_read).count() as u64);
    println!("{} lines, of which {} are read", hashes.len(), number("hashes"));
}

/// Of each hash that is read, what is long enough to be a salt or a digest; of those that are refused
/// too, though nothing of them should ever be shown.
#[test]
fn nothing_of_a_hash_is_shown() {
    let hashes = published();
    let dump = file("secret", hashes.join("\n").as_bytes());
    let mut args = vec!["audit", dump.as_str()];
    args.extend(bare_formats().flat_map(BuiltIn::names).flat_map(|name| ["--format", name]));
    let text = run(&args).exits(1);
    args.push("--json");
    let json = run(&args).exits(1);
    let shown = [text.stdout, text.stderr, json.stdout, json.stderr].concat();
    let mut count = 0;
    for stored in &hashes {
        for piece in pieces(stored) {
            assert!(!shown.contains(piece), "{piece} of {stored}");
            count += 1;
        }
    }
    println!("{count} pieces of {} strings", hashes.len());
    assert!(count > 1500, "{count}");
}

/// Samples are read as what they stand for, with a digest of zeros, and `shares` takes all of them.
#[test]
fn samples_stand_for_their_format() {
    let dump = file("samples", published().join("\n").as_bytes());
    let report = run(&["audit", "--json", &dump]).exits(1).json();
    let all = all_with_a_prefix();
    let (mut samples, mut without) = (Vec::new(), Vec::new());
    for row in report["formats"].as_array().unwrap() {
        let Some(sample) = row["sample"].as_str() else {
            without.push(row["format"].as_str().unwrap());
            continue;
        };
        let hash = all.inspect(sample).unwrap();
        assert_eq!(hash.name(), row["format"], "{sample}");
        assert!(hash.digest().iter().all(|byte| *byte == 0), "{sample}");
        let parameters = hash.parameters().len();
        assert_eq!(parameters, row["parameters"].as_object().unwrap().len(), "{sample}");
        for parameter in hash.parameters() {
            let value = &row["parameters"][parameter.name];
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            assert_eq!(value, parameter.value, "{sample}");
        }
        samples.push((sample, row["share"].as_f64().unwrap()));
    }
    println!("{} samples; none of {without:?}", samples.len());
    assert!(without.is_empty(), "{without:?}");
    all.shares(Secret::from("sixteen bytes or"), samples).unwrap();
}

#[test]
fn exit_codes_and_refusals() {
    let good = file("good", BCRYPT.as_bytes());
    let bad = file("bad", b"$2a$05$CCCC");
    run(&["audit", &good]).exits(0);
    run(&["audit", &bad]).exits(1);
    run(&["audit"]).exits(2);
    run(&["audit", &(good.clone() + ".not")]).refuses("cannot read hashes from");
    run(&["audit", env!("CARGO_TARGET_TMPDIR")]).refuses("cannot read hashes from");
    run(&["audit", "--column", "x", &good]).refuses("--column to csv alone");
    run(&["audit", "--layout", "shadow", "--field", "3", &good]).refuses("belong to the layouts");
    run(&["audit", "--layout", "csv", "--column", "no", &good]).refuses("no such column");
    run(&["audit", "--field", "0", &good]).exits(2);
    run(&["audit", "--format", "bcrypt", &good]).exits(2);
    assert_eq!(with_stdin(&["audit", "--json", "-"], BCRYPT.as_bytes()).json()["hashes"], 1);

    let failed = run(&["audit", "--json", &(good.clone() + ".not")]).exits(2).json();
    let report = run(&["audit", "--json", &good]).exits(0).json();
    assert_eq!(keys(&failed), keys(&report));
    assert!(report["refused"].is_null());
    assert_eq!(failed["refused"]["reason"], "io");
    assert!(keys(&failed).iter().all(|key| key == "refused" || failed[key].is_null()));
}

/// Line ends, what is between them, and what a dump should not hold.
#[test]
fn any_bytes_are_read() {
    let counts = |bytes: &[u8]| {
        let report = with_stdin(&["audit", "--json", "-"], bytes).json();
        ["lines", "hashes", "without_password", "refused_lines"]
            .map(|key| report[key].as_u64().unwrap())
    };
    let lines = |parts: &[&[u8]]| parts.concat();
    let hash = BCRYPT.as_bytes();
    assert_eq!(counts(b""), [0, 0, 0, 0]);
    assert_eq!(counts(b"\n"), [1, 0, 1, 0]);
    assert_eq!(counts(hash), [1, 1, 0, 0]);
    assert_eq!(counts(&lines(&[hash, b"\n"])), [1, 1, 0, 0]);
    assert_eq!(counts(&lines(&[hash, b"\r\n", hash, b"\r\n"])), [2, 2, 0, 0]);
    assert_eq!(counts(&lines(&[hash, b"\n\n", hash])), [3, 2, 1, 0]);
    assert_eq!(counts(&lines(&[b"\xEF\xBB\xBF", hash, b"\n"])), [1, 1, 0, 0]);
    assert_eq!(counts(b"\xEF\xBB\xBF"), [0, 0, 0, 0]);
    assert_eq!(counts(b"\xEF\xBB"), [1, 0, 0, 1]);
    // The mark is one at the beginning alone.
    assert_eq!(counts(&lines(&[b"\n\xEF\xBB\xBF", hash])), [2, 0, 1, 1]);
    assert_eq!(counts(&lines(&[hash, b"\0\n\0\n\xff\xfe\n", hash])), [4, 1, 0, 3]);
    assert_eq!(counts(&lines(&[hash, b" \n \n", hash, b"\r"])), [3, 1, 0, 2]);
    // 1024 bytes are the most; what comes behind them is on another line.
    assert_eq!(counts(&lines(&[&[b'!'; 1024], b"\r\n", hash])), [2, 1, 1, 0]);
    assert_eq!(counts(&lines(&[&[b'$'; 3_000_000], b"\n", hash])), [2, 1, 0, 1]);
    assert_eq!(counts(&[0; 3_000_000]), [1, 0, 0, 1]);
}

#[test]
fn refused_lines_are_numbered_by_reason() {
    let mut dump = vec![BCRYPT, "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"];
    dump.extend(["plain text"; 23]);
    dump.extend([
        BCRYPT,
        "$2a$05$CCCC",
        "$2a$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    ]);
    let ran = with_stdin(&["audit", "--json", "-"], dump.join("\n").as_bytes()).exits(1);
    let refusals = ran.json()["refusals"].clone();
    let of = |reason: &str| {
        let refusals = refusals.as_array().unwrap();
        refusals.iter().find(|refusal| refusal["reason"] == reason).unwrap().clone()
    };
    let unknown = of("unknown_format");
    assert_eq!(unknown["count"], 23);
    assert_eq!(unknown["lines"], json!((3..23).collect::<Vec<_>>()));
    assert_eq!(of("unsupported")["lines"], json!([2]));
    assert_eq!(of("malformed")["lines"], json!([27]));
    assert_eq!(of("too_costly")["lines"], json!([28]));
    let text = with_stdin(&["audit", "-"], dump.join("\n").as_bytes()).stdout;
    assert!(text.contains("22 and 3 more\n"), "{text}");
}

/// What passwd(5), shadow(5), Apache, PostgreSQL and Django write where there is no password, and
/// MySQL's own hash, which begins like some of them.
#[test]
fn accounts_without_a_password() {
    let locked = ["!", "!!", "*", "*LK*", "!$6$salt$digest", "\\N", "NULL", "", "*0"];
    let report = with_stdin(&["audit", "--json", "-"], locked.join("\n").as_bytes()).exits(0);
    assert_eq!(report.json()["without_password"], locked.len());
    let mysql = "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19";
    let report = with_stdin(&["audit", "--json", "-"], mysql.as_bytes()).exits(1);
    assert_eq!(report.json()["refused_lines"], 1);
}

#[test]
fn layouts() {
    let counts = |args: &[&str], dump: &str| {
        let ran = with_stdin(&[&["audit", "--json"], args, &["-"]].concat(), dump.as_bytes());
        let report = ran.json();
        ["hashes", "without_password", "refused_lines", "skipped"]
            .map(|key| report[key].as_u64().unwrap())
    };
    let shadow =
        format!("# comment\nroot:{BCRYPT}:19000:0:99999:7:::\ndaemon:*:1::\nbob::1::\nx\n");
    assert_eq!(counts(&["--layout", "shadow"], &shadow), [1, 2, 1, 1]);
    let werkzeug = "pbkdf2:sha256:1000$saltsalt$\
                    8a7fee7a2fff3802e9f7b899276b421312645329f497c0da267869559610aaad";
    let htpasswd = format!("# comment\n\nalice:{BCRYPT}\r\nbob:{werkzeug}\nnobody\n");
    assert_eq!(counts(&["--layout", "htpasswd"], &htpasswd), [2, 0, 1, 2]);
    // A blank line is blank with either line end.
    let htpasswd = htpasswd.replace('\r', "").replace('\n', "\r\n");
    assert_eq!(counts(&["--layout", "htpasswd"], &htpasswd), [2, 0, 1, 2]);

    let tabs = format!("1\tx\t{BCRYPT}\n2\ty\t\\N\tmore\n3\n");
    assert_eq!(counts(&["--field", "3"], &tabs), [1, 1, 1, 0]);
    let colons = format!("1:{BCRYPT}:\n");
    assert_eq!(counts(&["--field", "2", "--delimiter", ":"], &colons), [1, 0, 0, 0]);
    // What stands before the field may be as long as it likes.
    let long = format!("{}\t{BCRYPT}\n", "x".repeat(3_000_000));
    assert_eq!(counts(&["--field", "2"], &long), [1, 0, 0, 0]);

    let argon2 =
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAphArZwWTO04rPI";
    let csv = format!(
        "id,bio,password\r\n1,\"two\nlines, \"\"quoted\"\"\",\"{argon2}\"\r\n2,,{BCRYPT}\r\n3,,\r\n4\r\n"
    );
    assert_eq!(counts(&["--layout", "csv", "--column", "password"], &csv), [2, 1, 1, 1]);
    assert_eq!(counts(&["--layout", "csv", "--field", "3"], &csv), [2, 1, 2, 0]);
    let semicolons = csv.replace(",password", ";password").replace("\",\"", "\";\"");
    let semicolons = semicolons.lines().next().unwrap().to_owned() + &format!("\n1,;{BCRYPT}\n");
    let args = ["--layout", "csv", "--delimiter", ";", "--column", "password"];
    assert_eq!(counts(&args, &semicolons), [1, 0, 0, 1]);
    let long = format!("{},{BCRYPT}\nx,{}\n", "x".repeat(100_000), "y".repeat(100_000));
    assert_eq!(counts(&["--layout", "csv", "--field", "2"], &long), [1, 0, 1, 0]);
}

/// The lines of CSV are those of an editor, though a record can have several.
#[test]
fn lines_of_csv_are_numbered_as_in_the_file() {
    let csv = format!("a,b\n\"1\n2\n3\",{BCRYPT}\n4,plain\n");
    let args = ["audit", "--json", "--layout", "csv", "--column", "b", "-"];
    let report = with_stdin(&args, csv.as_bytes()).exits(1).json();
    assert_eq!(report["refusals"][0]["lines"], json!([5]));
}

#[test]
fn what_has_no_prefix_is_read_if_it_is_named() {
    // hashcat's module 1000, and dotnet/aspnetcore's `PasswordHasherTest.cs`.
    let nthash = "b4b9b02e6f09a9bd760f388b67351e2b";
    let aspnet = "AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg==";
    let dump = [nthash, aspnet].join("\n");
    let hashes = |args: &[&str]| {
        let args = [&["audit", "--json"], args, &["-"]].concat();
        with_stdin(&args, dump.as_bytes()).json()["hashes"].as_u64().unwrap()
    };
    assert_eq!(hashes(&[]), 0);
    assert_eq!(hashes(&["--format", "nthash"]), 1);
    assert_eq!(hashes(&["--format", "nthash", "--format", "aspnet_v2"]), 2);

    let verify = |args: &[&str]| {
        let args = [&["verify", "--stdin"], args, &["--", nthash]].concat();
        with_stdin(&args, b"hashcat").code
    };
    assert_eq!(verify(&[]), Some(2));
    assert_eq!(verify(&["--format", "nthash"]), Some(0));
    assert_eq!(verify(&["--format", "hex_md5"]), Some(1));
}

#[test]
fn shared_salts_are_counted() {
    let dump = [
        BCRYPT,
        BCRYPT,
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
        "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a",
        "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=",
    ];
    let report = with_stdin(&["audit", "--json", "-"], dump.join("\n").as_bytes()).exits(0).json();
    let salts = &report["salts"];
    assert_eq!(
        (&salts["sharing"], &salts["shared"], &salts["largest"]),
        (&3.into(), &1.into(), &3.into())
    );
    assert_eq!((&salts["unsalted"], &salts["one_in"]), (&1.into(), &1.into()));
}

/// From Django's tests, hashcat's modules and passlib's tests; two are of one format, one has no prefix.
const SUGGESTED_FOR: [&str; 5] = [
    "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
    "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c=",
    "b4b9b02e6f09a9bd760f388b67351e2b",
    "sha1$seasalt$cff36ea83f5706ce9aa7454e63e431fc726b2dc8",
    BCRYPT,
];

/// It compiles, accepts what it is for, and its decoys are those of the samples.
#[test]
fn the_suggested_rust_works() {
    let dump = SUGGESTED_FOR.join("\n");
    let args = ["audit", "--json", "--format", "nthash", "-"];
    let report = with_stdin(&args, dump.as_bytes()).exits(0).json();
    assert_eq!(report["rust"], include_str!("audit/suggested.rs"));
    let hashers = suggested::call(Secret::from("sixteen bytes or")).unwrap();
    for stored in SUGGESTED_FOR {
        assert!(hashers.inspect(stored).is_ok(), "{stored}");
        assert!(hashers.needs_update(stored).unwrap(), "{stored}");
    }
    // The shares are a fifth each, so that no unknown name gets a new hash's work.
    let decoys = (0..200).map(|name| format!("{:?}", hashers.decoy(&name.to_string()).plan(b"x")));
    let decoys: BTreeSet<_> = decoys.collect();
    assert_eq!(decoys.len(), 5, "{decoys:?}");
}

#[test]
fn a_plot_has_a_bar_for_each_kind_and_no_hash() {
    let dump = file("plotted", published().join("\n").as_bytes());
    let plot = file("plot.svg", b"");
    run(&["audit", "--plot", &plot, &dump]).exits(1);
    let svg = fs::read_to_string(&plot).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
    for part in ["<title>", "bcrypt <tspan", "cost=5", "more kinds", "weak algorithm"] {
        assert!(svg.contains(part), "no {part} in {svg}");
    }
    // Bars, their legend and the background.
    assert_eq!(svg.matches("<rect ").count(), 25 + 5 + 1);
    published().iter().flat_map(|stored| pieces(stored)).for_each(|piece| {
        assert!(!svg.contains(piece), "{piece}");
    });
    let nothing = file("nothing", b"");
    run(&["audit", "--plot", &plot, &nothing]).exits(0);
    assert!(fs::read_to_string(&plot).unwrap().ends_with("</svg>"));
    run(&["audit", "--plot", "/no/such/directory/x.svg", &nothing]).refuses("cannot write a plot");
}

/// The system refuses it more than 128 MiB, which the peak of a million lines leaves half of.
#[cfg(target_os = "linux")]
#[test]
fn many_lines_in_little_memory() {
    audit_generated(100_000);
}

/// To be measured, with `--release`: `time` this, or the program over the file that it leaves.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes a while without optimisation"]
fn a_million_lines() {
    println!("{}", audit_generated(1_000_000));
}

fn audit_generated(lines: usize) -> String {
    let mut rng = Rng(0x2545_f491_4f6c_dd1d);
    let mut dump = String::new();
    for _ in 0..lines {
        generate(&mut rng, &mut dump);
    }
    let path = file(&format!("generated-{lines}"), dump.as_bytes());
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -v 131072; exec \"$0\" audit --json \"$1\"", util::PROGRAM, &path]);
    let report = util::ran(shell.output().unwrap()).exits(1).json();
    assert_eq!(report["lines"], lines);
    let number = |key: &str| report[key].as_u64().unwrap() as usize;
    assert!(number("hashes") > lines / 10 * 9, "{report}");
    assert!(number("refused_lines") > 0 && number("without_password") > 0, "{report}");
    path
}

/// One line, as a table that was migrated several times has them. Digests are of nothing.
fn generate(rng: &mut Rng, dump: &mut String) {
    const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const CRYPT: &str = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const HEX: &str = "0123456789abcdef";
    // What a template has for so many characters; the last of a digest has bits that are zero.
    let (alphabet, template) = match rng.below(100) {
        0..40 => (BASE64, "pbkdf2_sha256$390000$:22:$:42:A="),
        40..60 => (CRYPT, "$2b$12$:21:.:30:."),
        60..75 => (BASE64, "$argon2id$v=19$m=65536,t=3,p=4$:21:A$:42:A"),
        75..82 => (CRYPT, "$6$:16:$:85:."),
        82..86 => (CRYPT, "$1$:8:$:21:."),
        86..89 => (BASE64, "{SSHA}:37:A=="),
        89..92 => (CRYPT, "$P$B:8::21:."),
        92..94 => (HEX, "pbkdf2_sha1$36000$:12:$"),
        94..96 => (CRYPT, "{bcrypt}$2a$10$:21:.:30:."),
        96 => (BASE64, "!:40:"),
        97 => (BASE64, "{SHA}:26:A="),
        98 => (BASE64, ":20:"),
        _ => (HEX, "$sha1$40000$:8:$"),
    };
    for (place, piece) in template.split(':').enumerate() {
        let len = if place % 2 == 0 { None } else { piece.parse::<usize>().ok() };
        match len {
            Some(len) => (0..len).for_each(|_| {
                let at = rng.below(alphabet.len() as u64) as usize;
                dump.push(char::from(alphabet.as_bytes()[at]));
            }),
            None => dump.push_str(piece),
        }
    }
    let _ = writeln!(dump);
}

/// Marsaglia's xorshift: the same lines each time.
struct Rng(u64);

impl Rng {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// A published string on each line, those that are to be refused too. None has a line feed in it.
fn published() -> Vec<String> {
    let vectors =
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../doorstep-password/tests/vectors"));
    let mut files: Vec<_> = fs::read_dir(vectors.join("import"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tsv"))
        .collect();
    files.push(vectors.join("passwords.tsv"));
    files.sort();
    let tables = files.iter().map(|path| fs::read_to_string(path).unwrap());
    let hashes: Vec<_> = tables
        .flat_map(|table| {
            let rows = table.lines().skip(1).map(|row| unescape(row.split('\t').nth(2).unwrap()));
            rows.filter(|stored| !stored.contains(['\n', '\r'])).collect::<Vec<_>>()
        })
        .collect();
    assert!(hashes.len() > 1500, "{}", hashes.len());
    hashes
}

/// What could be a salt or a digest: 11 characters or more, not all of them one.
fn pieces(stored: &str) -> impl Iterator<Item = &str> {
    let is_in = |c: char| c.is_ascii_alphanumeric() || "+/.".contains(c);
    let pieces = stored.split(move |c| !is_in(c)).filter(|piece| piece.len() >= 11);
    let words = ["SpringSecurity", "credentialData", "additionalParameters", "hashIterations"];
    pieces.filter(move |piece| {
        let first = piece.chars().next();
        !piece.chars().all(|c| Some(c) == first) && !words.contains(piece)
    })
}

fn all_with_a_prefix() -> Hashers {
    let own = hashers().fold(Hashers::new(Argon2::default()), Hashers::accept);
    imports().fold(own, Hashers::accept)
}

fn keys(object: &Value) -> Vec<String> {
    object.as_object().unwrap().keys().cloned().collect()
}
