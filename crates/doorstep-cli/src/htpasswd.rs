//! `doorstep htpasswd`: users of a password file of Apache's, with Apache's flags. Writes no weak hash
//! and takes no password from its arguments.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use doorstep_htpasswd::{Edit, ErrorKind, Htpasswd as File};
use doorstep_password::{Bcrypt, DesCrypt, Hasher, Hashers, InvalidParameters, Secret, ShaCrypt};

use crate::algorithm::accept_all;
use crate::args::Source;
use crate::hash::{make, note_oddities};
use crate::input::Password;
use crate::output::{note, print};
use crate::refusal::Refusal;

#[derive(clap::Args)]
#[command(
    override_usage = "doorstep htpasswd [-ciB25Dv] [-C COST] [-r ROUNDS] FILE USERNAME\n       \
                      doorstep htpasswd -n[iB25] [-C COST] [-r ROUNDS] USERNAME",
    after_help = HELP
)]
pub(crate) struct Htpasswd {
    /// The password file; with -n there is none.
    #[arg(value_name = "FILE", required = true)]
    first: OsString,
    /// The user-id: at most 255 bytes, without a colon.
    #[arg(value_name = "USERNAME")]
    second: Option<OsString>,
    /// Make a new file; what is in it, if it is there already, is dropped.
    #[arg(short = 'c', conflicts_with_all = ["print", "delete", "verify"])]
    create: bool,
    /// Change no file: print the line.
    #[arg(short = 'n', conflicts_with_all = ["delete", "verify"])]
    print: bool,
    /// Read the password from standard input; one line end does not count.
    #[arg(short = 'i', conflicts_with = "delete")]
    stdin: bool,
    /// Hash by bcrypt, which is the default here.
    #[arg(short = 'B', conflicts_with_all = ["sha256", "sha512", "rounds"])]
    bcrypt: bool,
    /// Hash by SHA-256 crypt.
    #[arg(short = '2', conflicts_with_all = ["sha512", "cost"])]
    sha256: bool,
    /// Hash by SHA-512 crypt.
    #[arg(short = '5', conflicts_with = "cost")]
    sha512: bool,
    /// bcrypt's cost, the binary logarithm of its rounds, from 4 to 16 [default: 10].
    #[arg(short = 'C', value_name = "COST", conflicts_with = "rounds")]
    cost: Option<u32>,
    /// Rounds of SHA-256 or SHA-512 crypt, from 1000 [default: 535000 or 656000].
    #[arg(short = 'r', value_name = "ROUNDS")]
    rounds: Option<u32>,
    /// Delete the user.
    #[arg(short = 'D', conflicts_with = "verify")]
    delete: bool,
    /// Tell whether the password is the user's.
    #[arg(short = 'v')]
    verify: bool,

    // Apache's other flags, which are refused.
    #[arg(short = 'b', hide = true)]
    batch: bool,
    #[arg(short = 'm', hide = true)]
    md5: bool,
    #[arg(short = 'd', hide = true)]
    crypt: bool,
    #[arg(short = 's', hide = true)]
    sha1: bool,
    #[arg(short = 'p', hide = true)]
    plain: bool,
    /// The password of -b.
    #[arg(hide = true)]
    rest: Vec<OsString>,
}

const HELP: &str = "\
Without -n, -D and -v the user's password is set: the user is added, or changed if there is one.
Every other byte of the file stays. The file is replaced at once, keeps its owner and its mode, and
is on the disk when the program ends; programs that run at the same time lose nothing of one another.

Apache hashes with every request: a dear hash is paid for each time, so that the least cost that
OWASP advises is the default.

Of Apache's flags, -b is refused (every user of the machine could read the password), and so are -m,
-d, -s and -p (what they write is guessed quickly, or is the password itself); -v verifies what they
wrote.

Examples:
  doorstep htpasswd -c /etc/apache2/users alice
  printf %s \"$PASSWORD\" | doorstep htpasswd -i /etc/apache2/users alice
  doorstep htpasswd -n -5 alice
  doorstep htpasswd -D /etc/apache2/users alice

Exit codes: 0 done, or a match; 1 no match, or no such user; 2 refused or a wrong command line.";

/// No such user, or not the user's password.
const MISMATCH: u8 = 1;
/// What htpasswd lets in of a name and of a password, in bytes. Some crypt(3) take little more.
const MOST: usize = 255;
/// The least of OWASP, since Apache hashes with every request.
const COST: u32 = crate::advice::BCRYPT_COST;

pub(crate) fn run(args: &Htpasswd) -> Result<ExitCode, Refusal> {
    args.refuse()?;
    if args.print {
        let [username] = args.operands(["USERNAME"])?;
        let username = checked(username)?;
        let hash = args.new_hash()?;
        print(format_args!("{username}:{hash}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let [file, username] = args.operands(["FILE", "USERNAME"])?;
    let (file, username) = (Path::new(file), checked(username)?);
    if args.delete {
        return delete(file, username);
    }
    if args.verify {
        return args.verify(file, username);
    }
    if !args.create {
        // Before a password is asked for. Nobody is kept waiting meanwhile.
        drop(open(file)?);
    }
    let hash = args.new_hash()?;
    let mut edit = if args.create { create(file)? } else { open(file)? };
    let is_new = edit.set(username, &hash)?;
    edit.save()?;
    note(format_args!("{} a user", if is_new { "added" } else { "changed the password of" }));
    Ok(ExitCode::SUCCESS)
}

impl Htpasswd {
    /// What Apache's program would do and this one does not.
    fn refuse(&self) -> Result<(), Refusal> {
        let why = if self.batch {
            "-b: every user of the machine could read the password among the arguments; -i reads it \
             from standard input"
        } else if self.md5 {
            "-m: apr1 is a thousand rounds of MD5, which are guessed quickly; leave it away for bcrypt"
        } else if self.crypt {
            "-d: crypt cuts a password after eight characters; leave it away for bcrypt"
        } else if self.sha1 {
            "-s: SHA-1 without a salt is guessed quickly; leave it away for bcrypt"
        } else if self.plain {
            "-p: who reads the file would have the password; leave it away for bcrypt"
        } else if self.rounds.is_some() && !(self.sha256 || self.sha512) {
            "-r belongs to -2 and -5"
        } else {
            return Ok(());
        };
        Err(Refusal::usage(why))
    }

    /// As many as there are names.
    fn operands<const N: usize>(&self, names: [&str; N]) -> Result<[&OsString; N], Refusal> {
        let given: Vec<_> =
            [&self.first].into_iter().chain(&self.second).chain(&self.rest).collect();
        let len = given.len();
        given.try_into().map_err(|_| {
            Refusal::usage(if len < N {
                format!("an argument is missing: {}", names.join(" "))
            } else {
                format!(
                    "an argument too many, which is not shown in case that it is a password: {}",
                    names.join(" ")
                )
            })
        })
    }

    fn new_hash(&self) -> Result<String, Refusal> {
        let hashers = Hashers::new(self.hasher()?);
        hashers.can_hash(b"")?;
        let Password { secret, from_stdin } = Password::read_new(&self.source(), &hashers)?;
        let secret = without_line_end(secret, from_stdin);
        if secret.len() > MOST {
            return Err(Refusal::new(
                "password_too_long",
                format!("the password is longer than {MOST} bytes, which not every Apache takes"),
            ));
        }
        // RFC 7617 §2.
        if secret.expose().iter().any(u8::is_ascii_control) {
            return Err(Refusal::new(
                "password",
                "the password holds a control character, which Basic cannot send",
            ));
        }
        note_oddities(&secret, false);
        let hash = make(&hashers, secret)?;
        // The same of all that is hashed here, by the name that Apache's bcrypt knows.
        Ok(match hash.strip_prefix("$2b$") {
            Some(rest) => format!("$2y${rest}"),
            None => hash,
        })
    }

    fn hasher(&self) -> Result<Arc<dyn Hasher>, Refusal> {
        let sha_crypt = |default: ShaCrypt| -> Result<Arc<dyn Hasher>, Refusal> {
            let rounds = self.rounds.unwrap_or(default.params().rounds());
            let made = ShaCrypt::new(default.params().variant(), rounds);
            let made = made.map_err(|InvalidParameters| Refusal::usage("-r from 1000"))?;
            Ok(Arc::new(made))
        };
        match (self.sha256, self.sha512) {
            (true, _) => sha_crypt(ShaCrypt::SHA256),
            (_, true) => sha_crypt(ShaCrypt::SHA512),
            _ => {
                let made = Bcrypt::new(self.cost.unwrap_or(COST));
                Ok(Arc::new(made.map_err(|InvalidParameters| Refusal::usage("-C from 4 to 16"))?))
            }
        }
    }

    fn verify(&self, file: &Path, username: &str) -> Result<ExitCode, Refusal> {
        let Some(stored) = File::open(file)?.hash(username)? else {
            note(format_args!("there is no such user"));
            return Ok(ExitCode::from(MISMATCH));
        };
        // Without a prefix, a hash in such a file is crypt(3)'s.
        let hashers = accept_all(Arc::new(Bcrypt::default())).accept(DesCrypt);
        hashers.inspect(&stored)?;
        let Password { secret, from_stdin } = Password::read(&self.source(), &hashers)?;
        let secret = without_line_end(secret, from_stdin);
        let is_match = hashers.verify(secret, &stored)?.run()?.is_match();
        print(format_args!("{}", if is_match { "match" } else { "mismatch" }))?;
        Ok(if is_match { ExitCode::SUCCESS } else { ExitCode::from(MISMATCH) })
    }

    fn source(&self) -> Source {
        Source { stdin: self.stdin }
    }
}

fn delete(file: &Path, username: &str) -> Result<ExitCode, Refusal> {
    let mut edit = open(file)?;
    if !edit.remove(username) {
        note(format_args!("there is no such user"));
        return Ok(ExitCode::from(MISMATCH));
    }
    edit.save()?;
    note(format_args!("deleted a user"));
    Ok(ExitCode::SUCCESS)
}

fn open(file: &Path) -> Result<Edit, Refusal> {
    Edit::open(file).map_err(|error| match error.kind() {
        ErrorKind::Io(std::io::ErrorKind::NotFound) => {
            Refusal::io("there is no such password file; -c makes it")
        }
        _ => error.into(),
    })
}

fn create(file: &Path) -> Result<Edit, Refusal> {
    if let Ok(there) = std::fs::metadata(file)
        && there.len() > 0
    {
        note(format_args!("-c drops what is in the file"));
    }
    Ok(Edit::create(file)?)
}

/// The user-id, if it can be one.
fn checked(username: &OsString) -> Result<&str, Refusal> {
    let refused = |why: &'static str| Err(Refusal::new("username", why));
    match username.to_str() {
        None => refused("the user-id is not UTF-8"),
        Some("") => refused("the user-id is empty"),
        Some(name) if name.len() > MOST => refused("the user-id is longer than 255 bytes"),
        Some(name) if name.contains(':') => refused("there is a colon in the user-id"),
        Some(name) if name.contains(char::is_control) => {
            refused("there is a control character in the user-id")
        }
        Some(name) if Edit::check_username(name).is_err() => {
            refused("the user-id begins as a comment or with a blank, and would not be found again")
        }
        Some(name) => Ok(name),
    }
}

/// What `echo` adds, which Apache's -i leaves away too.
fn without_line_end(secret: Secret, from_stdin: bool) -> Secret {
    let bytes = secret.expose();
    match bytes.strip_suffix(b"\n") {
        Some(line) if from_stdin => Secret::new(line.strip_suffix(b"\r").unwrap_or(line)),
        _ => secret,
    }
}
